//! Whom the agent takes for its gateway.

use super::{Credentials, InvalidCredentials};
use crate::ServerClock;
use latarnik_protocol::Fingerprint;
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme,
    client::{
        Resumption, WebPkiServerVerifier,
        danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    },
    crypto::CryptoProvider,
};
use rustls_pki_types::{CertificateDer, ServerName, UnixTime, pem::PemObject};
use std::{collections::BTreeSet, sync::Arc, time::Duration};

/// How far a certificate's validity may miss the agent's clock. Before the first contact nothing
/// has told the agent that its clock is off, and a clock that is off by a day (a wrong time zone or
/// date) must not keep a machine from registering.
const CLOCK_TOLERANCE: Duration = Duration::from_secs(2 * 24 * 60 * 60);

/// Whom to accept as the gateway. Cheap to clone, and shareable between any number of clients.
#[derive(Debug, Clone)]
pub struct GatewayTrust {
    provider: Arc<CryptoProvider>,
    verifier: Arc<dyn ServerCertVerifier>,
    clock: Arc<ServerClock>,
}

/// The authorities' certificates cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum UnusableAuthorities {
    /// The PEM text is damaged.
    #[error("the authorities' certificates are damaged")]
    Pem(#[source] rustls_pki_types::pem::Error),
    /// A certificate is not one that can sign others.
    #[error("an authority's certificate is not usable")]
    Certificate(#[source] rustls::Error),
    /// There is none.
    #[error("there is no authority to trust")]
    Missing,
}

impl GatewayTrust {
    /// Trusts what an enrollment token names: a chain that ends in the certificate with this
    /// fingerprint, which the gateway has to send along.
    #[must_use]
    pub fn pinned(authority: Fingerprint, clock: Arc<ServerClock>) -> Self {
        let provider = provider();
        let verifier = Arc::new(PinnedVerifier {
            authority,
            provider: provider.clone(),
        });
        Self {
            provider,
            verifier,
            clock,
        }
    }

    /// Trusts these authorities, in PEM, one after the other.
    ///
    /// # Errors
    /// [`UnusableAuthorities`] if there is none or one cannot be read.
    pub fn authorities(pem: &str, clock: Arc<ServerClock>) -> Result<Self, UnusableAuthorities> {
        let mut roots = RootCertStore::empty();
        for certificate in CertificateDer::pem_slice_iter(pem.as_bytes()) {
            let certificate = certificate.map_err(UnusableAuthorities::Pem)?;
            roots
                .add(certificate)
                .map_err(UnusableAuthorities::Certificate)?;
        }
        if roots.is_empty() {
            return Err(UnusableAuthorities::Missing);
        }
        let provider = provider();
        let inner = verifier(roots, &provider).map_err(|_| UnusableAuthorities::Missing)?;
        Ok(Self {
            provider,
            verifier: Arc::new(TolerantVerifier(inner)),
            clock,
        })
    }

    /// TLS 1.3 and HTTP/2 and nothing else. Sessions are not resumed, so that every connection
    /// proves both identities anew.
    pub(super) fn tls(
        &self,
        credentials: Option<Credentials>,
    ) -> Result<ClientConfig, InvalidCredentials> {
        let builder = ClientConfig::builder_with_details(self.provider.clone(), self.clock.clone())
            .with_protocol_versions(&[&rustls::version::TLS13])
            .map_err(InvalidCredentials::Mismatch)?
            .dangerous()
            .with_custom_certificate_verifier(self.verifier.clone());
        let mut config = match credentials {
            None => builder.with_no_client_auth(),
            Some(Credentials { chain, key }) => builder
                .with_client_auth_cert(chain, key)
                .map_err(InvalidCredentials::Mismatch)?,
        };
        config.alpn_protocols = vec![b"h2".to_vec()];
        config.resumption = Resumption::disabled();
        Ok(config)
    }
}

/// The fingerprints of authorities in PEM; unreadable ones are left out.
pub(crate) fn fingerprints(pem: &str) -> BTreeSet<Fingerprint> {
    CertificateDer::pem_slice_iter(pem.as_bytes())
        .filter_map(Result::ok)
        .map(|certificate| Fingerprint::of(&certificate))
        .collect()
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(rustls::crypto::ring::default_provider())
}

fn verifier(
    roots: RootCertStore,
    provider: &Arc<CryptoProvider>,
) -> Result<Arc<WebPkiServerVerifier>, rustls::Error> {
    WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider.clone())
        .build()
        .map_err(|error| rustls::Error::General(error.to_string()))
}

/// Full verification (chain, purpose, name), with the tolerance for clocks.
#[derive(Debug)]
struct TolerantVerifier(Arc<WebPkiServerVerifier>);

impl ServerCertVerifier for TolerantVerifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let verify = |now| {
            self.0
                .verify_server_cert(end_entity, intermediates, name, ocsp, now)
        };
        verify(now).or_else(|error| match clock_error(&error) {
            Some(ClockError::TooEarly) => verify(later(now)),
            Some(ClockError::TooLate) => verify(earlier(now)),
            None => Err(error),
        })
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.0
            .verify_tls12_signature(message, certificate, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.0
            .verify_tls13_signature(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.supported_verify_schemes()
    }
}

enum ClockError {
    TooEarly,
    TooLate,
}

fn clock_error(error: &rustls::Error) -> Option<ClockError> {
    let rustls::Error::InvalidCertificate(error) = error else {
        return None;
    };
    match error {
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            Some(ClockError::TooEarly)
        }
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
            Some(ClockError::TooLate)
        }
        _ => None,
    }
}

fn later(now: UnixTime) -> UnixTime {
    let seconds = now.as_secs().saturating_add(CLOCK_TOLERANCE.as_secs());
    UnixTime::since_unix_epoch(Duration::from_secs(seconds))
}

fn earlier(now: UnixTime) -> UnixTime {
    let seconds = now.as_secs().saturating_sub(CLOCK_TOLERANCE.as_secs());
    UnixTime::since_unix_epoch(Duration::from_secs(seconds))
}

/// Knows only a fingerprint: finds the authority among the certificates that the gateway sent, and
/// then verifies as fully as ever.
#[derive(Debug)]
struct PinnedVerifier {
    authority: Fingerprint,
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for PinnedVerifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let authority = intermediates
            .iter()
            .find(|certificate| Fingerprint::of(certificate) == self.authority)
            .ok_or(rustls::Error::InvalidCertificate(
                CertificateError::UnknownIssuer,
            ))?;
        let mut roots = RootCertStore::empty();
        roots.add(authority.clone().into_owned())?;
        TolerantVerifier(verifier(roots, &self.provider)?).verify_server_cert(
            end_entity,
            intermediates,
            name,
            ocsp,
            now,
        )
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        rustls::crypto::verify_tls12_signature(message, certificate, signature, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        rustls::crypto::verify_tls13_signature(message, certificate, signature, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider
            .signature_verification_algorithms
            .supported_schemes()
    }
}
