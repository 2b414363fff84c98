//! Which client certificates pass the handshake.
//!
//! More of them than count: a certificate that has ended, or whose authority was replaced, passes
//! too, so that its owner hears a code and not just a broken connection. The endpoints refuse it.

use crate::{authorities::Standing, gateway::GatewayError};
use latarnik_protocol::Fingerprint;
use rustls::{
    CertificateError, DigitallySignedStruct, DistinguishedName, Error, RootCertStore,
    SignatureScheme,
    client::danger::HandshakeSignatureValid,
    crypto::CryptoProvider,
    server::{
        WebPkiClientVerifier,
        danger::{ClientCertVerified, ClientCertVerifier},
    },
};
use rustls_pki_types::{CertificateDer, UnixTime};
use std::{sync::Arc, time::Duration};

/// Verifies client certificates of our authorities, present, next and past.
#[derive(Debug)]
pub(super) struct ClientVerifier {
    /// All of them.
    any: Arc<dyn ClientCertVerifier>,
    /// Each by itself.
    each: Vec<(Fingerprint, Arc<dyn ClientCertVerifier>)>,
}

impl ClientVerifier {
    pub(super) fn new(
        standing: &Standing,
        provider: &Arc<CryptoProvider>,
    ) -> Result<Self, GatewayError> {
        let certificates: Vec<_> = standing
            .trusted()
            .map(|authority| authority.certificate())
            .chain(&standing.retired)
            .collect();
        let each = certificates
            .iter()
            .map(|certificate| {
                let verifier = verifier(&[certificate], provider)?;
                Ok((Fingerprint::of(certificate), verifier))
            })
            .collect::<Result<_, GatewayError>>()?;
        Ok(Self {
            any: verifier(&certificates, provider)?,
            each,
        })
    }

    /// Which authority signed a certificate that was verified.
    pub(super) fn signer(
        &self,
        certificate: &CertificateDer<'_>,
        now: UnixTime,
    ) -> Option<Fingerprint> {
        if let [(only, _)] = self.each.as_slice() {
            return Some(*only);
        }
        self.each
            .iter()
            .find(|(_, verifier)| verify(&**verifier, certificate, now).is_ok())
            .map(|(authority, _)| *authority)
    }
}

fn verifier(
    certificates: &[&CertificateDer<'static>],
    provider: &Arc<CryptoProvider>,
) -> Result<Arc<dyn ClientCertVerifier>, GatewayError> {
    let mut roots = RootCertStore::empty();
    for certificate in certificates {
        roots
            .add((*certificate).clone())
            .map_err(GatewayError::Tls)?;
    }
    WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider.clone())
        .allow_unauthenticated()
        .build()
        .map_err(GatewayError::Verifier)
}

/// Verifies a certificate without intermediates; one that has ended is judged by its last second.
fn verify(
    verifier: &dyn ClientCertVerifier,
    certificate: &CertificateDer<'_>,
    now: UnixTime,
) -> Result<ClientCertVerified, Error> {
    let verified = verifier.verify_client_cert(certificate, &[], now);
    match verified {
        Err(Error::InvalidCertificate(
            CertificateError::Expired | CertificateError::ExpiredContext { .. },
        )) => match last_second(certificate) {
            Some(last) => verifier.verify_client_cert(certificate, &[], last),
            None => verified,
        },
        verified => verified,
    }
}

fn last_second(certificate: &CertificateDer<'_>) -> Option<UnixTime> {
    let (_, certificate) = x509_parser::parse_x509_certificate(certificate).ok()?;
    let seconds = u64::try_from(certificate.validity().not_after.timestamp()).ok()?;
    Some(UnixTime::since_unix_epoch(Duration::from_secs(seconds)))
}

impl ClientCertVerifier for ClientVerifier {
    fn client_auth_mandatory(&self) -> bool {
        false
    }

    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        self.any.root_hint_subjects()
    }

    /// Our authorities sign agents' certificates themselves: what a client sends behind its own
    /// certificate plays no part.
    fn verify_client_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        verify(&*self.any, end_entity, now)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.any
            .verify_tls12_signature(message, certificate, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.any
            .verify_tls13_signature(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.any.supported_verify_schemes()
    }
}
