//! Whom a connection belongs to.

use crate::{gateway::Inner, rate::TokenBucket, refusal::Refusal};
use axum::{extract::FromRequestParts, http::request::Parts};
use jiff::Timestamp;
use latarnik_app::{AgentIdentity, agents};
use latarnik_model::{DeviceId, TaskId};
use latarnik_protocol::{Fingerprint, ProblemCode};
use rustls_pki_types::CertificateDer;
use std::{
    net::IpAddr,
    sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError},
    time::Duration,
};
use tokio::time::Instant;

/// A remembered identity is asked for again after this, whatever events say or fail to say.
const REMEMBERED_FOR: Duration = Duration::from_secs(300);

/// The other end of a connection.
#[derive(Debug)]
pub(crate) struct Peer {
    address: IpAddr,
    certificate: Option<PeerCertificate>,
    device: OnceLock<DeviceId>,
    memory: Mutex<Memory>,
}

/// A certificate that TLS verified: signed by our authority, in force when the connection began.
#[derive(Debug, Clone, Copy)]
struct PeerCertificate {
    fingerprint: Fingerprint,
    not_after: Timestamp,
}

#[derive(Debug)]
struct Memory {
    known: Option<(AgentIdentity, Instant)>,
    requests: TokenBucket,
    /// Cancelled tasks that this connection has been told of already.
    told_cancelled: Vec<TaskId>,
}

impl Peer {
    /// The peer at `address`, with the certificate that it proved to have, if any.
    pub(crate) fn new(
        address: IpAddr,
        certificate: Option<&CertificateDer<'_>>,
        requests_per_second: u32,
    ) -> Self {
        let rate = requests_per_second.max(1) as f32;
        Self {
            address,
            certificate: certificate.and_then(PeerCertificate::read),
            device: OnceLock::new(),
            memory: Mutex::new(Memory {
                known: None,
                requests: TokenBucket::new(rate, 2.0 * rate, Instant::now()),
                told_cancelled: Vec::new(),
            }),
        }
    }

    /// Whether it came without a certificate.
    pub(crate) const fn is_anonymous(&self) -> bool {
        self.certificate.is_none()
    }

    /// Where it comes from.
    pub(crate) const fn address(&self) -> IpAddr {
        self.address
    }

    /// Its device, once known.
    pub(crate) fn device(&self) -> Option<DeviceId> {
        self.device.get().copied()
    }

    /// Notes whom it belongs to; says whether that is the first time.
    pub(crate) fn remember(&self, identity: AgentIdentity) -> bool {
        self.memory().known = Some((identity, Instant::now()));
        self.device.set(identity.device_id).is_ok()
    }

    /// The next request asks the application again.
    pub(crate) fn forget(&self) {
        self.memory().known = None;
    }

    /// Whether there is a cancellation among these that it has not been told of; it counts as told
    /// from now on.
    pub(crate) fn is_news(&self, cancelled: &[TaskId]) -> bool {
        let mut memory = self.memory();
        let news = cancelled
            .iter()
            .any(|task| !memory.told_cancelled.contains(task));
        if memory.told_cancelled != cancelled {
            memory.told_cancelled = cancelled.to_vec();
        }
        news
    }

    fn remembered(&self) -> Option<AgentIdentity> {
        let (identity, since) = self.memory().known?;
        (since.elapsed() < REMEMBERED_FOR).then_some(identity)
    }

    fn memory(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl PeerCertificate {
    fn read(der: &CertificateDer<'_>) -> Option<Self> {
        let (_, certificate) = x509_parser::parse_x509_certificate(der).ok()?;
        let not_after = certificate.validity().not_after.timestamp();
        Some(Self {
            fingerprint: Fingerprint::of(der),
            not_after: Timestamp::from_second(not_after).ok()?,
        })
    }
}

/// Whom the peer's certificate belongs to now.
pub(crate) async fn identify(inner: &Inner, peer: &Arc<Peer>) -> Result<AgentIdentity, Refusal> {
    let certificate = peer.certificate.ok_or(ProblemCode::CertificateRequired)?;
    if certificate.not_after < inner.app.now() {
        return Err(Refusal::new(ProblemCode::CertificateRejected)
            .with_detail("the certificate ended; register again"));
    }
    if let Some(identity) = peer.remembered() {
        return Ok(identity);
    }
    loop {
        let removals = inner.hub.removals();
        let fingerprint = *certificate.fingerprint.as_bytes();
        let identity = agents::authenticate(&inner.app, fingerprint)
            .await?
            .ok_or(ProblemCode::CertificateRejected)?;
        if inner.hub.join(identity, peer, removals) {
            return Ok(identity);
        }
    }
}

/// The agent that sent the request. Extracting it refuses everyone else, and agents that ask too
/// often.
#[derive(Debug, Clone)]
pub(crate) struct Agent {
    pub(crate) identity: AgentIdentity,
    pub(crate) peer: Arc<Peer>,
}

impl FromRequestParts<Arc<Inner>> for Agent {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, inner: &Arc<Inner>) -> Result<Self, Refusal> {
        let peer = peer(parts)?;
        peer.memory()
            .requests
            .take(Instant::now())
            .map_err(Refusal::too_many_requests)?;
        let identity = identify(inner, &peer).await?;
        Ok(Self { identity, peer })
    }
}

/// The peer of a request that needs no certificate.
#[derive(Debug, Clone)]
pub(crate) struct AnyPeer(pub(crate) Arc<Peer>);

impl<S: Sync> FromRequestParts<S> for AnyPeer {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refusal> {
        peer(parts).map(Self)
    }
}

fn peer(parts: &Parts) -> Result<Arc<Peer>, Refusal> {
    parts
        .extensions
        .get::<Arc<Peer>>()
        .cloned()
        .ok_or(ProblemCode::CertificateRequired.into())
}
