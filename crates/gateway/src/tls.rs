//! TLS 1.3 with our own authority on both sides.

mod leaf;

use crate::{authority::Authority, gateway::GatewayError};
use latarnik_app::App;
use leaf::LeafResolver;
use rustls::{
    RootCertStore, ServerConfig,
    crypto::ring,
    server::{NoServerSessionStorage, WebPkiClientVerifier},
    time_provider::TimeProvider,
};
use rustls_pki_types::UnixTime;
use std::{fmt, sync::Arc, time::Duration};

/// Protocol names for ALPN.
pub(crate) const HTTP2: &[u8] = b"h2";
const HTTP1: &[u8] = b"http/1.1";

/// What the listener offers: TLS 1.3 only, a client certificate of our authority or none at all
/// (the endpoints ask for it), no resumption: every connection proves its certificate again.
pub(crate) fn server_config(
    app: &App,
    authority: &Arc<Authority>,
    host: &str,
) -> Result<ServerConfig, GatewayError> {
    let provider = Arc::new(ring::default_provider());
    let mut roots = RootCertStore::empty();
    roots
        .add(authority.certificate().clone())
        .map_err(GatewayError::Tls)?;
    let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider.clone())
        .allow_unauthenticated()
        .build()
        .map_err(GatewayError::Verifier)?;
    let leaf = LeafResolver::new(app.clone(), authority.clone(), host.to_owned())?;
    let clock = Arc::new(AppClock(app.clone()));
    let mut config = ServerConfig::builder_with_details(provider, clock)
        .with_protocol_versions(&[&rustls::version::TLS13])
        .map_err(GatewayError::Tls)?
        .with_client_cert_verifier(verifier)
        .with_cert_resolver(Arc::new(leaf));
    config.alpn_protocols = vec![HTTP2.to_vec(), HTTP1.to_vec()];
    config.session_storage = Arc::new(NoServerSessionStorage {});
    config.send_tls13_tickets = 0;
    Ok(config)
}

/// The application's clock, for the validity of client certificates.
struct AppClock(App);

impl TimeProvider for AppClock {
    fn current_time(&self) -> Option<UnixTime> {
        let seconds = u64::try_from(self.0.now().as_second()).ok()?;
        Some(UnixTime::since_unix_epoch(Duration::from_secs(seconds)))
    }
}

impl fmt::Debug for AppClock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AppClock")
    }
}
