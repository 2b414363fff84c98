//! What of a certificate signing request is used: its key, once the request proves that its
//! sender has the private half.

use latarnik_protocol::Fingerprint;
use rcgen::SubjectPublicKeyInfo;
use rustls_pki_types::{CertificateSigningRequestDer, pem::PemObject};
use x509_parser::{certification_request::X509CertificationRequest, prelude::FromDer};

/// Longest signing request that is looked at, in bytes of PEM.
const LONGEST: usize = 16 * 1024;

/// A signing request whose own signature was verified.
#[derive(Debug)]
pub(crate) struct SigningRequest {
    key: SubjectPublicKeyInfo,
    key_fingerprint: Fingerprint,
}

/// Why a signing request was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum SigningRequestInvalid {
    /// It is not one request in PEM.
    #[error("the signing request is not a PKCS #10 request in PEM")]
    Malformed,
    /// Its key is of another kind.
    #[error("the signing request's key is neither ECDSA P-256 nor Ed25519")]
    KeyKind,
    /// It was not signed with its own key.
    #[error("the signing request's signature does not fit its key")]
    Signature,
}

impl SigningRequest {
    /// Reads and verifies a request.
    pub(crate) fn parse(pem: &str) -> Result<Self, SigningRequestInvalid> {
        let malformed = SigningRequestInvalid::Malformed;
        if pem.len() > LONGEST {
            return Err(malformed);
        }
        let der =
            CertificateSigningRequestDer::from_pem_slice(pem.as_bytes()).map_err(|_| malformed)?;
        let (rest, request) = X509CertificationRequest::from_der(&der).map_err(|_| malformed)?;
        if !rest.is_empty() {
            return Err(malformed);
        }
        let key_der = request.certification_request_info.subject_pki.raw;
        let key =
            SubjectPublicKeyInfo::from_der(key_der).map_err(|_| SigningRequestInvalid::KeyKind)?;
        let kind = rcgen::PublicKeyData::algorithm(&key);
        if kind != &rcgen::PKCS_ECDSA_P256_SHA256 && kind != &rcgen::PKCS_ED25519 {
            return Err(SigningRequestInvalid::KeyKind);
        }
        request
            .verify_signature()
            .map_err(|_| SigningRequestInvalid::Signature)?;
        Ok(Self {
            key,
            key_fingerprint: Fingerprint::of(key_der),
        })
    }

    /// The verified key.
    pub(super) const fn key(&self) -> &SubjectPublicKeyInfo {
        &self.key
    }

    /// SHA-256 of the key (SubjectPublicKeyInfo in DER).
    pub(crate) const fn key_fingerprint(&self) -> Fingerprint {
        self.key_fingerprint
    }
}
