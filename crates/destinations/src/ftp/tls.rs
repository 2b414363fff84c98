//! TLS for FTP: which server is the right one, and sessions that are resumed.

use crate::{Failure, FailureCode, Operation, ServerKey};
use async_trait::async_trait;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use rustls::{
    AlertDescription, CertificateError, ClientConfig, DigitallySignedStruct, Error as TlsError,
    RootCertStore, SignatureScheme, SupportedProtocolVersion,
    client::{
        Resumption, WebPkiServerVerifier,
        danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    },
    crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature},
    pki_types::{CertificateDer, ServerName, UnixTime, pem::PemObject as _},
    version::{TLS12, TLS13},
};
use sha2::{Digest as _, Sha256};
use std::{
    io,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};
use suppaftp::{
    FtpError, FtpResult,
    tokio::{AsyncRustlsStream, AsyncTlsConnector},
};
use tokio::net::TcpStream;

/// Sessions that are kept for one control connection and its data connections.
const KEPT_SESSIONS: usize = 32;

type Seen = Arc<Mutex<Option<Vec<u8>>>>;

/// What TLS connections to one server have in common.
///
/// Servers want the control connection's session resumed on each data connection. A session of
/// TLS 1.3 can be resumed once for each ticket, and tickets run out; one of TLS 1.2 can be resumed
/// for as long as it is known. So 1.2 is spoken with servers that do.
#[derive(Debug)]
pub(super) struct Tls {
    resumable: ClientConfig,
    newest: ClientConfig,
    wants_newest: AtomicBool,
    seen: Seen,
}

impl Tls {
    /// Trusts a server by a certificate's fingerprint, by the authorities or server certificates
    /// of a PEM text, or else by the authorities that the system trusts.
    pub(super) fn new(
        certificates: Option<&str>,
        fingerprint: Option<&str>,
    ) -> Result<Self, Failure> {
        let provider = Arc::new(ring::default_provider());
        let seen = Seen::default();
        let known = known_certificates(certificates)?;
        let judge = Arc::new(Judge {
            fingerprint: fingerprint.map(parse_fingerprint).transpose()?,
            authorities: authorities(&known, &provider),
            own: if certificates.is_some() {
                known
            } else {
                Vec::new()
            },
            provider: Arc::clone(&provider),
            seen: Arc::clone(&seen),
        });
        let config = |versions: &[&'static SupportedProtocolVersion]| {
            ClientConfig::builder_with_provider(Arc::clone(&provider))
                .with_protocol_versions(versions)
                .map(|builder| {
                    builder
                        .dangerous()
                        .with_custom_certificate_verifier(Arc::clone(&judge) as _)
                        .with_no_client_auth()
                })
                .map_err(|error| invalid().caused_by(error))
        };
        Ok(Self {
            resumable: config(&[&TLS12])?,
            newest: config(&[&TLS13])?,
            wants_newest: AtomicBool::new(false),
            seen,
        })
    }

    /// Speaks the newer TLS from now on, when that is why a connection failed.
    pub(super) fn change_version(&self, connector: &Connector) -> bool {
        connector.is_other_version() && !self.wants_newest.swap(true, Ordering::Relaxed)
    }

    /// The certificate that the server showed last.
    pub(super) fn seen(&self) -> Option<ServerKey> {
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let certificate = seen.as_deref()?;
        let encoded = STANDARD.encode(certificate);
        let lines: Vec<&str> = encoded
            .as_bytes()
            .chunks(64)
            .filter_map(|line| std::str::from_utf8(line).ok())
            .collect();
        let hash: Vec<String> = Sha256::digest(certificate)
            .iter()
            .map(|byte| format!("{byte:02X}"))
            .collect();
        Some(ServerKey {
            key: format!(
                "-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n",
                lines.join("\n")
            ),
            fingerprint: format!("SHA256:{}", hash.join(":")),
        })
    }

    /// For one control connection: servers that want its session resumed on data connections
    /// keep their sessions apart as well.
    pub(super) fn connector(&self) -> Connector {
        let mut config = if self.wants_newest.load(Ordering::Relaxed) {
            self.newest.clone()
        } else {
            self.resumable.clone()
        };
        config.resumption = Resumption::in_memory_sessions(KEPT_SESSIONS);
        Connector {
            config: Arc::new(config),
            problem: Arc::default(),
            other_version: Arc::default(),
        }
    }
}

/// Makes the TLS connections of one control connection.
#[derive(Debug, Clone)]
pub(super) struct Connector {
    config: Arc<ClientConfig>,
    problem: Arc<Mutex<Option<FailureCode>>>,
    other_version: Arc<AtomicBool>,
}

impl Connector {
    /// Why the last connection failed; the FTP library keeps only a text.
    pub(super) fn problem(&self) -> FailureCode {
        self.problem
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take()
            .unwrap_or(FailureCode::Tls)
    }

    fn is_other_version(&self) -> bool {
        self.other_version.load(Ordering::Relaxed)
    }
}

#[async_trait]
impl AsyncTlsConnector for Connector {
    type Stream = AsyncRustlsStream;

    async fn connect(&self, host: &str, stream: TcpStream) -> FtpResult<Self::Stream> {
        let name = ServerName::try_from(host.to_owned())
            .map_err(|error| FtpError::SecureError(error.to_string()))?;
        let connector = tokio_rustls::TlsConnector::from(Arc::clone(&self.config));
        connector
            .connect(name, stream)
            .await
            .map(AsyncRustlsStream::from)
            .map_err(|error| {
                *self.problem.lock().unwrap_or_else(PoisonError::into_inner) = Some(code(&error));
                self.other_version
                    .store(is_about_version(&error), Ordering::Relaxed);
                FtpError::SecureError(error.to_string())
            })
    }
}

fn tls_error(error: &io::Error) -> Option<&TlsError> {
    error.get_ref()?.downcast_ref()
}

fn code(error: &io::Error) -> FailureCode {
    match FailureCode::of_io(error) {
        _ if tls_error(error).is_some() => FailureCode::Tls,
        FailureCode::Other => FailureCode::Tls,
        code => code,
    }
}

fn is_about_version(error: &io::Error) -> bool {
    matches!(
        tls_error(error),
        Some(
            TlsError::PeerIncompatible(_)
                | TlsError::AlertReceived(
                    AlertDescription::ProtocolVersion | AlertDescription::HandshakeFailure
                )
        )
    )
}

fn invalid() -> Failure {
    Failure::new(Operation::Connect, FailureCode::InvalidSettings)
}

fn known_certificates(pem: Option<&str>) -> Result<Vec<CertificateDer<'static>>, Failure> {
    let Some(pem) = pem else {
        return Ok(rustls_native_certs::load_native_certs().certs);
    };
    let certificates = CertificateDer::pem_slice_iter(pem.as_bytes())
        .collect::<Result<Vec<_>, _>>()
        .map_err(|error| invalid().caused_by(error))?;
    if certificates.is_empty() {
        return Err(invalid());
    }
    Ok(certificates)
}

fn authorities(
    known: &[CertificateDer<'static>],
    provider: &Arc<CryptoProvider>,
) -> Option<Arc<WebPkiServerVerifier>> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(known.iter().cloned());
    WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(provider))
        .build()
        .ok()
}

/// Reads 32 bytes in hexadecimal, with or without colons and `SHA256:`.
fn parse_fingerprint(text: &str) -> Result<[u8; 32], Failure> {
    let text = text.trim();
    let digits: Vec<u8> = text
        .strip_prefix("SHA256:")
        .unwrap_or(text)
        .chars()
        .filter(|character| *character != ':')
        .map(|digit| {
            digit
                .to_digit(16)
                .and_then(|digit| u8::try_from(digit).ok())
        })
        .collect::<Option<_>>()
        .ok_or_else(invalid)?;
    let bytes: Vec<u8> = digits
        .chunks_exact(2)
        .map(|pair| pair.iter().fold(0, |byte, digit| byte << 4 | digit))
        .collect();
    <[u8; 32]>::try_from(bytes)
        .ok()
        .filter(|_| digits.len() == 64)
        .ok_or_else(invalid)
}

/// Decides whether a server is the right one, and remembers what it showed.
#[derive(Debug)]
struct Judge {
    fingerprint: Option<[u8; 32]>,
    /// Certificates of servers, which prove nothing about other servers.
    own: Vec<CertificateDer<'static>>,
    authorities: Option<Arc<WebPkiServerVerifier>>,
    provider: Arc<CryptoProvider>,
    seen: Seen,
}

impl ServerCertVerifier for Judge {
    fn verify_server_cert(
        &self,
        shown: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, TlsError> {
        *self.seen.lock().unwrap_or_else(PoisonError::into_inner) = Some(shown.to_vec());
        let refused = TlsError::InvalidCertificate(CertificateError::UnknownIssuer);
        if let Some(fingerprint) = self.fingerprint {
            return if <[u8; 32]>::from(Sha256::digest(shown)) == fingerprint {
                Ok(ServerCertVerified::assertion())
            } else {
                Err(refused)
            };
        }
        if self.own.iter().any(|own| own == shown) {
            return Ok(ServerCertVerified::assertion());
        }
        let authorities = self.authorities.as_ref().ok_or(refused)?;
        authorities.verify_server_cert(shown, intermediates, name, ocsp_response, now)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, TlsError> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signature, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, TlsError> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signature, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider
            .signature_verification_algorithms
            .supported_schemes()
    }
}

#[cfg(test)]
mod tests {
    use super::{Tls, parse_fingerprint};
    use crate::FailureCode;

    #[test]
    fn fingerprints_are_read_as_tools_print_them() {
        let plain = "00ff".repeat(16);
        let colons = vec!["00:FF"; 16].join(":");
        let expected = parse_fingerprint(&plain).unwrap();
        assert_eq!(expected[..2], [0, 255]);
        for text in [&colons, &format!("SHA256:{colons}")] {
            assert_eq!(parse_fingerprint(text).unwrap(), expected);
        }
        for text in [
            "",
            "SHA256:",
            "00:ff",
            &format!("{plain}0"),
            &"xy".repeat(32),
        ] {
            assert!(parse_fingerprint(text).is_err(), "{text}");
        }
    }

    #[test]
    fn what_is_no_certificate_is_refused_before_anything_is_connected() {
        for pem in ["", "no PEM", "-----BEGIN CERTIFICATE-----\nAA"] {
            let failure = Tls::new(Some(pem), None).unwrap_err();
            assert_eq!(failure.code, FailureCode::InvalidSettings, "{pem}");
        }
    }
}
