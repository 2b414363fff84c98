//! The gateway's own certificate, renewed while the process runs.

use crate::{
    authority::{Authority, AuthorityError},
    gateway::GatewayError,
};
use jiff::{SignedDuration, Timestamp};
use latarnik_app::App;
use rustls::{
    crypto::ring,
    server::{ClientHello, ResolvesServerCert},
    sign::CertifiedKey,
};
use rustls_pki_types::PrivateKeyDer;
use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

/// A new certificate is made when the present one has less than this left.
const RENEW_BEFORE: SignedDuration = SignedDuration::from_hours(30 * 24);
/// A renewal that failed is tried again after this.
const RETRY_AFTER: SignedDuration = SignedDuration::from_mins(5);

/// Hands out the gateway's certificate, with the authority behind it so that agents can pin that.
pub(super) struct LeafResolver {
    app: App,
    authority: Arc<Authority>,
    host: String,
    current: Mutex<Leaf>,
}

struct Leaf {
    key: Arc<CertifiedKey>,
    renew_at: Timestamp,
}

impl LeafResolver {
    pub(super) fn new(
        app: App,
        authority: Arc<Authority>,
        host: String,
    ) -> Result<Self, GatewayError> {
        let leaf = make(&app, &authority, &host)?;
        Ok(Self {
            app,
            authority,
            host,
            current: Mutex::new(leaf),
        })
    }

    /// Whether this authority signs its certificates.
    pub(super) fn is_of(&self, authority: &Authority) -> bool {
        self.authority.fingerprint() == authority.fingerprint()
    }

    fn certificate(&self) -> Arc<CertifiedKey> {
        let now = self.app.now();
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        if now >= current.renew_at {
            match make(&self.app, &self.authority, &self.host) {
                Ok(leaf) => {
                    tracing::info!(renew_at = %leaf.renew_at, "made a new gateway certificate");
                    *current = leaf;
                }
                Err(error) => {
                    tracing::error!(
                        error = &error as &dyn std::error::Error,
                        "cannot renew the gateway certificate"
                    );
                    current.renew_at = now.checked_add(RETRY_AFTER).unwrap_or(now);
                }
            }
        }
        current.key.clone()
    }
}

fn make(app: &App, authority: &Authority, host: &str) -> Result<Leaf, GatewayError> {
    let mut serial = [0; 16];
    app.random(&mut serial);
    let leaf = authority
        .sign_gateway(host, app.now(), serial)
        .map_err(|error| match error {
            AuthorityError::Sign(source) => GatewayError::Address {
                address: host.to_owned(),
                source: Some(source),
            },
            other => GatewayError::Authority(other),
        })?;
    let key =
        ring::sign::any_ecdsa_type(&PrivateKeyDer::Pkcs8(leaf.key)).map_err(GatewayError::Tls)?;
    let renew_at = leaf
        .not_after
        .checked_sub(RENEW_BEFORE)
        .unwrap_or(leaf.not_after);
    Ok(Leaf {
        key: Arc::new(CertifiedKey::new(leaf.chain, key)),
        renew_at,
    })
}

impl ResolvesServerCert for LeafResolver {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.certificate())
    }
}

impl fmt::Debug for LeafResolver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LeafResolver")
            .field("host", &self.host)
            .finish_non_exhaustive()
    }
}
