//! Whom destinations with TLS trust.

use rustls::{ClientConfig, RootCertStore, crypto::CryptoProvider};
use rustls_pki_types::{CertificateDer, pem::PemObject as _};
use rustls_platform_verifier::BuilderVerifierExt as _;
use std::sync::Arc;

/// Why no TLS can be spoken with these settings.
#[derive(Debug, thiserror::Error)]
pub(crate) enum UnusableTrust {
    /// The PEM text is damaged.
    #[error("the certificate of the authority is not readable PEM")]
    Pem(#[source] rustls_pki_types::pem::Error),
    /// A certificate is not one that can sign others.
    #[error("the certificate of the authority cannot be used")]
    Certificate(#[source] rustls::Error),
    /// The text has no certificate.
    #[error("there is no certificate in the text that should have one")]
    Missing,
    /// The machine's own certificates cannot be used.
    #[error("the machine's certificates cannot be used")]
    Platform(#[source] rustls::Error),
}

/// TLS 1.2 and 1.3 with servers that the given authorities vouch for, in PEM, one after the other;
/// without any, with those whom the machine trusts.
pub(crate) fn client_config(authorities: Option<&str>) -> Result<ClientConfig, UnusableTrust> {
    let provider: Arc<CryptoProvider> = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(UnusableTrust::Platform)?;
    let builder = match authorities {
        Some(pem) => builder.with_root_certificates(roots(pem)?),
        None => builder
            .with_platform_verifier()
            .map_err(UnusableTrust::Platform)?,
    };
    Ok(builder.with_no_client_auth())
}

fn roots(pem: &str) -> Result<RootCertStore, UnusableTrust> {
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(pem.as_bytes()) {
        let certificate = certificate.map_err(UnusableTrust::Pem)?;
        roots.add(certificate).map_err(UnusableTrust::Certificate)?;
    }
    if roots.is_empty() {
        return Err(UnusableTrust::Missing);
    }
    Ok(roots)
}
