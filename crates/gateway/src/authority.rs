//! The built-in certificate authority.

mod folder;
mod signing_request;

pub(crate) use signing_request::{SigningRequest, SigningRequestInvalid};

use folder::Files;
use jiff::{SignedDuration, Timestamp};
use latarnik_app::AgentIdentity;
use latarnik_protocol::Fingerprint;
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa,
    Issuer, KeyPair, KeyUsagePurpose, SerialNumber,
};
use rustls_pki_types::{CertificateDer, PrivatePkcs8KeyDer, pem::PemObject};
use std::path::{Path, PathBuf};

const AUTHORITY_LIFETIME: SignedDuration = SignedDuration::from_hours(10 * 365 * 24);
const LEAF_LIFETIME: SignedDuration = SignedDuration::from_hours(90 * 24);
/// Certificates begin earlier than now, for peers whose clock is off by a day.
const BACKDATING: SignedDuration = SignedDuration::from_hours(48);

/// Signs the certificates of agents and of the gateway itself: ECDSA P-256.
pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    certificate: CertificateDer<'static>,
    certificate_pem: String,
    fingerprint: Fingerprint,
}

/// The authority cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum AuthorityError {
    /// Its folder could not be created.
    #[error("cannot create the authority in {folder}")]
    Create {
        /// The folder.
        folder: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A file could not be read.
    #[error(
        "cannot read {path}; the authority needs both key.pem and certificate.pem, restore them \
         from a backup"
    )]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The key is open to other users.
    #[error(
        "{path} is readable for other users (mode {mode:o}); run `chmod 600` on it, and if others \
         may have read it, replace the authority and enroll the agents again"
    )]
    KeyExposed {
        /// The file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// A file holds something else.
    #[error("{path} does not hold what it should; restore it from a backup")]
    Damaged {
        /// The file.
        path: PathBuf,
    },
    /// Key and certificate are of different authorities.
    #[error("{folder}: key.pem does not belong to certificate.pem; restore both from one backup")]
    Mismatch {
        /// The folder.
        folder: PathBuf,
    },
    /// The authority's certificate is over.
    #[error(
        "the authority in {folder} ended at {ended_at}; replace it and enroll the agents again"
    )]
    Ended {
        /// The folder.
        folder: PathBuf,
        /// When.
        ended_at: Timestamp,
    },
    /// A certificate could not be made.
    #[error("cannot sign a certificate")]
    Sign(#[source] rcgen::Error),
}

/// A certificate for an agent, fresh from the authority.
pub(crate) struct Issued {
    pub(crate) pem: String,
    pub(crate) fingerprint: Fingerprint,
    pub(crate) serial: Vec<u8>,
    pub(crate) not_before: Timestamp,
    pub(crate) not_after: Timestamp,
}

/// A key and certificate for the gateway's own listener.
pub(crate) struct GatewayLeaf {
    pub(crate) chain: Vec<CertificateDer<'static>>,
    pub(crate) key: PrivatePkcs8KeyDer<'static>,
    pub(crate) not_after: Timestamp,
}

impl Authority {
    /// Loads the authority from its folder (`key.pem`, `certificate.pem`), or makes one there if
    /// the folder does not exist. Of several processes that start at once, one makes it and the
    /// others load it.
    ///
    /// # Errors
    /// [`AuthorityError`], whose text says what to do.
    pub fn open_or_create(folder: &Path, now: Timestamp) -> Result<Self, AuthorityError> {
        let files = match Files::read(folder)? {
            Some(files) => files,
            None => create(now)?.write(folder)?,
        };
        Self::load(folder, &files, now)
    }

    /// SHA-256 of the authority's certificate: what enrollment tokens carry.
    #[must_use]
    pub const fn fingerprint(&self) -> Fingerprint {
        self.fingerprint
    }

    /// The authority's certificate in PEM.
    #[must_use]
    pub fn certificate_pem(&self) -> &str {
        &self.certificate_pem
    }

    /// The authority's certificate in DER.
    pub(crate) const fn certificate(&self) -> &CertificateDer<'static> {
        &self.certificate
    }

    fn load(folder: &Path, files: &Files, now: Timestamp) -> Result<Self, AuthorityError> {
        let damaged = |name: &str| AuthorityError::Damaged {
            path: folder.join(name),
        };
        let key = KeyPair::from_pem(&files.key).map_err(|_| damaged(folder::KEY))?;
        let certificate = CertificateDer::from_pem_slice(files.certificate.as_bytes())
            .map_err(|_| damaged(folder::CERTIFICATE))?;
        let (_, parsed) = x509_parser::parse_x509_certificate(&certificate)
            .map_err(|_| damaged(folder::CERTIFICATE))?;
        if parsed.public_key().subject_public_key.data != key.public_key_raw() {
            return Err(AuthorityError::Mismatch {
                folder: folder.to_owned(),
            });
        }
        let ended_at = Timestamp::from_second(parsed.validity().not_after.timestamp())
            .map_err(|_| damaged(folder::CERTIFICATE))?;
        if ended_at <= now {
            return Err(AuthorityError::Ended {
                folder: folder.to_owned(),
                ended_at,
            });
        }
        let issuer = Issuer::from_ca_cert_der(&certificate, key)
            .map_err(|_| damaged(folder::CERTIFICATE))?;
        Ok(Self {
            issuer,
            certificate_pem: files.certificate.clone(),
            fingerprint: Fingerprint::of(&certificate),
            certificate,
        })
    }

    /// Signs a certificate for an agent's key: client authentication, 90 days.
    pub(crate) fn sign_client(
        &self,
        request: &SigningRequest,
        identity: &AgentIdentity,
        now: Timestamp,
        serial: [u8; 16],
    ) -> Result<Issued, AuthorityError> {
        let mut name = DistinguishedName::new();
        name.push(DnType::CommonName, identity.device_id.to_string());
        name.push(DnType::OrganizationName, identity.tenant_id.to_string());
        let serial = positive(serial);
        let mut parameters = leaf_parameters(name, now, ExtendedKeyUsagePurpose::ClientAuth);
        parameters.serial_number = Some(SerialNumber::from_slice(&serial));
        let certificate = parameters
            .signed_by(request.key(), &self.issuer)
            .map_err(AuthorityError::Sign)?;
        Ok(Issued {
            pem: certificate.pem(),
            fingerprint: Fingerprint::of(certificate.der()),
            serial: serial.to_vec(),
            not_before: begin(now),
            not_after: end(now, LEAF_LIFETIME),
        })
    }

    /// Makes a key and a certificate for the gateway: server authentication, 90 days, for `host`
    /// and for the loopback names.
    pub(crate) fn sign_gateway(
        &self,
        host: &str,
        now: Timestamp,
        serial: [u8; 16],
    ) -> Result<GatewayLeaf, AuthorityError> {
        let mut hosts = vec![
            "localhost".to_owned(),
            "127.0.0.1".to_owned(),
            "::1".to_owned(),
        ];
        if !hosts.iter().any(|known| known == host) {
            hosts.insert(0, host.to_owned());
        }
        let mut name = DistinguishedName::new();
        name.push(DnType::CommonName, "Latarnik gateway");
        let mut parameters = leaf_parameters(name, now, ExtendedKeyUsagePurpose::ServerAuth);
        parameters.subject_alt_names = CertificateParams::new(hosts)
            .map_err(AuthorityError::Sign)?
            .subject_alt_names;
        parameters.serial_number = Some(SerialNumber::from_slice(&positive(serial)));
        let key = KeyPair::generate().map_err(AuthorityError::Sign)?;
        let certificate = parameters
            .signed_by(&key, &self.issuer)
            .map_err(AuthorityError::Sign)?;
        Ok(GatewayLeaf {
            chain: vec![certificate.der().clone(), self.certificate.clone()],
            key: PrivatePkcs8KeyDer::from(key.serialize_der()),
            not_after: end(now, LEAF_LIFETIME),
        })
    }
}

impl std::fmt::Debug for Authority {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Authority")
            .field("fingerprint", &self.fingerprint)
            .finish_non_exhaustive()
    }
}

fn create(now: Timestamp) -> Result<Files, AuthorityError> {
    let key = KeyPair::generate().map_err(AuthorityError::Sign)?;
    let mut parameters = CertificateParams::default();
    parameters.distinguished_name = DistinguishedName::new();
    parameters
        .distinguished_name
        .push(DnType::CommonName, "Latarnik authority");
    parameters.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    parameters.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    parameters.not_before = calendar(begin(now));
    parameters.not_after = calendar(end(now, AUTHORITY_LIFETIME));
    let certificate = parameters.self_signed(&key).map_err(AuthorityError::Sign)?;
    Ok(Files {
        key: key.serialize_pem(),
        certificate: certificate.pem(),
    })
}

fn leaf_parameters(
    name: DistinguishedName,
    now: Timestamp,
    usage: ExtendedKeyUsagePurpose,
) -> CertificateParams {
    let mut parameters = CertificateParams::default();
    parameters.distinguished_name = name;
    parameters.not_before = calendar(begin(now));
    parameters.not_after = calendar(end(now, LEAF_LIFETIME));
    parameters.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    parameters.extended_key_usages = vec![usage];
    parameters.use_authority_key_identifier_extension = true;
    parameters
}

/// Serial numbers are positive and have no leading zero byte.
const fn positive(mut serial: [u8; 16]) -> [u8; 16] {
    let [first, ..] = &mut serial;
    *first = (*first & 0x7f) | 0x40;
    serial
}

fn begin(now: Timestamp) -> Timestamp {
    whole_second(now.checked_sub(BACKDATING).unwrap_or(now))
}

fn end(now: Timestamp, lifetime: SignedDuration) -> Timestamp {
    whole_second(now.checked_add(lifetime).unwrap_or(now))
}

/// Certificates know whole seconds only.
fn whole_second(instant: Timestamp) -> Timestamp {
    Timestamp::from_second(instant.as_second()).unwrap_or(instant)
}

fn calendar(instant: Timestamp) -> time::OffsetDateTime {
    time::OffsetDateTime::from_unix_timestamp(instant.as_second())
        .unwrap_or(time::OffsetDateTime::UNIX_EPOCH)
}

#[cfg(test)]
mod tests;
