//! TLS 1.3 with our own authority on both sides.

mod client;
mod leaf;

use crate::{authorities::Standing, gateway::GatewayError};
use client::ClientVerifier;
use latarnik_app::App;
use latarnik_protocol::Fingerprint;
use leaf::LeafResolver;
use rustls::{
    ServerConfig, crypto::ring, server::NoServerSessionStorage, time_provider::TimeProvider,
};
use rustls_pki_types::{CertificateDer, UnixTime};
use std::{fmt, sync::Arc, time::Duration};

/// Protocol names for ALPN.
pub(crate) const HTTP2: &[u8] = b"h2";
const HTTP1: &[u8] = b"http/1.1";

/// What new connections get, for one standing of the authorities.
pub(crate) struct Tls {
    pub(crate) config: Arc<ServerConfig>,
    clients: Arc<ClientVerifier>,
    leaf: Arc<LeafResolver>,
    clock: Arc<AppClock>,
}

impl Tls {
    /// What the listener offers: TLS 1.3 only, a client certificate of one of our authorities or
    /// none at all (the endpoints ask for it), no resumption: every connection proves its
    /// certificate again. The gateway's own certificate is taken over from `before` as long as its
    /// authority is in force.
    pub(crate) fn new(
        app: &App,
        standing: &Standing,
        host: &str,
        before: Option<&Self>,
    ) -> Result<Self, GatewayError> {
        let provider = Arc::new(ring::default_provider());
        let clients = Arc::new(ClientVerifier::new(standing, &provider)?);
        let leaf = match before {
            Some(before) if before.leaf.is_of(&standing.present) => before.leaf.clone(),
            _ => Arc::new(LeafResolver::new(
                app.clone(),
                standing.present.clone(),
                host.to_owned(),
            )?),
        };
        let clock = Arc::new(AppClock(app.clone()));
        let mut config = ServerConfig::builder_with_details(provider, clock.clone())
            .with_protocol_versions(&[&rustls::version::TLS13])
            .map_err(GatewayError::Tls)?
            .with_client_cert_verifier(clients.clone())
            .with_cert_resolver(leaf.clone());
        config.alpn_protocols = vec![HTTP2.to_vec(), HTTP1.to_vec()];
        config.session_storage = Arc::new(NoServerSessionStorage {});
        config.send_tls13_tickets = 0;
        Ok(Self {
            config: Arc::new(config),
            clients,
            leaf,
            clock,
        })
    }

    /// Which authority signed a certificate that passed the handshake.
    pub(crate) fn signer(&self, certificate: &CertificateDer<'_>) -> Option<Fingerprint> {
        self.clients.signer(certificate, self.clock.current_time()?)
    }
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
