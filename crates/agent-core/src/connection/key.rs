//! The agent's own key and certificate.

use rcgen::{CertificateParams, KeyPair};
use rustls_pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject};
use std::{fmt, str::FromStr};

/// The agent's private key (ECDSA on P-256). It never leaves the device.
pub struct DeviceKey(KeyPair);

/// What the agent shows to the gateway: its certificate chain and the key to it.
pub struct Credentials {
    pub(super) chain: Vec<CertificateDer<'static>>,
    pub(super) key: PrivateKeyDer<'static>,
}

/// The key or the certificate cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum InvalidCredentials {
    /// A key could not be made or read.
    #[error("the agent's key is not usable")]
    Key(#[source] rcgen::Error),
    /// The PEM text of the certificate or key is damaged.
    #[error("the agent's certificate or key is damaged")]
    Pem(#[source] rustls_pki_types::pem::Error),
    /// There is no certificate in the PEM text.
    #[error("the agent's certificate is missing")]
    Missing,
    /// Certificate and key do not belong together, or the TLS library takes neither.
    #[error("the agent's certificate and key do not fit")]
    Mismatch(#[source] rustls::Error),
}

impl DeviceKey {
    /// A new key, from the operating system's randomness.
    ///
    /// # Errors
    /// [`InvalidCredentials::Key`] if the system has no randomness to give.
    pub fn generate() -> Result<Self, InvalidCredentials> {
        KeyPair::generate()
            .map(Self)
            .map_err(InvalidCredentials::Key)
    }

    /// The key as PKCS#8 in PEM: a secret.
    #[must_use]
    pub fn to_pem(&self) -> String {
        self.0.serialize_pem()
    }

    /// A certificate signing request in PEM. It names nobody: the server decides whose it is.
    ///
    /// # Errors
    /// [`InvalidCredentials::Key`] if the key cannot sign.
    pub fn signing_request(&self) -> Result<String, InvalidCredentials> {
        let mut parameters = CertificateParams::default();
        parameters.distinguished_name = rcgen::DistinguishedName::new();
        let request = parameters
            .serialize_request(&self.0)
            .map_err(InvalidCredentials::Key)?;
        request.pem().map_err(InvalidCredentials::Key)
    }
}

impl FromStr for DeviceKey {
    type Err = InvalidCredentials;
    fn from_str(pem: &str) -> Result<Self, InvalidCredentials> {
        KeyPair::from_pem(pem)
            .map(Self)
            .map_err(InvalidCredentials::Key)
    }
}

impl fmt::Debug for DeviceKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DeviceKey(…)")
    }
}

impl Credentials {
    /// From PEM texts.
    ///
    /// # Errors
    /// [`InvalidCredentials`] if one of them is damaged or empty.
    pub fn from_pem(certificate: &str, key: &str) -> Result<Self, InvalidCredentials> {
        let chain = CertificateDer::pem_slice_iter(certificate.as_bytes())
            .collect::<Result<Vec<_>, _>>()
            .map_err(InvalidCredentials::Pem)?;
        if chain.is_empty() {
            return Err(InvalidCredentials::Missing);
        }
        let key = PrivateKeyDer::from_pem_slice(key.as_bytes()).map_err(InvalidCredentials::Pem)?;
        Ok(Self { chain, key })
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Credentials(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn key_survives_its_text_form() {
        let key = DeviceKey::generate().unwrap();
        let again: DeviceKey = key.to_pem().parse().unwrap();
        assert_eq!(key.to_pem(), again.to_pem());
    }

    #[test]
    fn key_is_not_printed() {
        let key = DeviceKey::generate().unwrap();
        assert_eq!(format!("{key:?}"), "DeviceKey(…)");
    }

    #[test]
    fn damaged_credentials_are_refused() {
        let key = DeviceKey::generate().unwrap().to_pem();
        assert!(matches!(
            Credentials::from_pem("", &key),
            Err(InvalidCredentials::Missing)
        ));
        assert!("-----BEGIN".parse::<DeviceKey>().is_err());
    }
}
