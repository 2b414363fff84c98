//! The built-in certificate authority.

mod folder;
mod generations;
mod signing_request;

pub(crate) use generations::{Generations, Layout, Successor};
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
    made_at: Timestamp,
    ends_at: Timestamp,
    /// This authority's key, certified by the one before: agents that know only that one follow it
    /// far enough to be told that they are out.
    bridge: Option<CertificateDer<'static>>,
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
         may have read it, replace the authority with `latarnik authority rotate` and `finish`"
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
        "the authority in {folder} ended at {ended_at}, so nobody trusts it any more; move the \
         folder `authority` away to begin with a new one, and enroll the agents again"
    )]
    Ended {
        /// The folder.
        folder: PathBuf,
        /// When.
        ended_at: Timestamp,
    },
    /// The folder's content could not be listed.
    #[error("cannot list {folder}, where the authority and its successors are")]
    List {
        /// The folder.
        folder: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// There is a next authority already.
    #[error(
        "a rotation is under way: authority {next} waits to take over since {since}; see how far \
         the devices are with `latarnik authority show`, and end it with `latarnik authority finish`"
    )]
    UnderWay {
        /// The next authority.
        next: Fingerprint,
        /// Since when.
        since: Timestamp,
    },
    /// There is no next authority.
    #[error("no rotation is under way; begin one with `latarnik authority rotate`")]
    NotUnderWay,
    /// The next authority could not take over.
    #[error("cannot put the next authority in force in {folder}")]
    TakeOver {
        /// The folder.
        folder: PathBuf,
        /// What the system said.
        source: std::io::Error,
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

    /// When it was made.
    #[must_use]
    pub const fn made_at(&self) -> Timestamp {
        self.made_at
    }

    /// When its certificate ends.
    #[must_use]
    pub const fn ends_at(&self) -> Timestamp {
        self.ends_at
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
        let instant = |time: x509_parser::time::ASN1Time| {
            Timestamp::from_second(time.timestamp()).map_err(|_| damaged(folder::CERTIFICATE))
        };
        let ends_at = instant(parsed.validity().not_after)?;
        if ends_at <= now {
            return Err(AuthorityError::Ended {
                folder: folder.to_owned(),
                ended_at: ends_at,
            });
        }
        let begin = instant(parsed.validity().not_before)?;
        let bridge = files
            .bridge
            .as_ref()
            .map(|pem| CertificateDer::from_pem_slice(pem.as_bytes()))
            .transpose()
            .map_err(|_| damaged(folder::BRIDGE))?;
        let issuer = Issuer::from_ca_cert_der(&certificate, key)
            .map_err(|_| damaged(folder::CERTIFICATE))?;
        Ok(Self {
            issuer,
            certificate_pem: files.certificate.clone(),
            fingerprint: Fingerprint::of(&certificate),
            certificate,
            made_at: begin.checked_add(BACKDATING).unwrap_or(begin),
            ends_at,
            bridge,
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
        let mut chain = vec![certificate.der().clone(), self.certificate.clone()];
        chain.extend(self.bridge.clone());
        Ok(GatewayLeaf {
            chain,
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

/// The files of an authority to be; `before` is the one that it follows.
fn create(now: Timestamp, before: Option<(&Authority, u32)>) -> Result<Files, AuthorityError> {
    let key = KeyPair::generate().map_err(AuthorityError::Sign)?;
    let name = match before {
        None => "Latarnik authority".to_owned(),
        Some((_, generation)) => format!("Latarnik authority {}", generation.saturating_add(1)),
    };
    let mut parameters = CertificateParams::default();
    parameters.distinguished_name = DistinguishedName::new();
    parameters.distinguished_name.push(DnType::CommonName, name);
    parameters.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    parameters.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    parameters.not_before = calendar(begin(now));
    parameters.not_after = calendar(end(now, AUTHORITY_LIFETIME));
    let certificate = parameters.self_signed(&key).map_err(AuthorityError::Sign)?;
    let bridge = before
        .map(|(before, _)| {
            parameters.use_authority_key_identifier_extension = true;
            parameters.signed_by(&key, &before.issuer)
        })
        .transpose()
        .map_err(AuthorityError::Sign)?;
    Ok(Files {
        key: key.serialize_pem(),
        certificate: certificate.pem(),
        bridge: bridge.map(|bridge| bridge.pem()),
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
