//! Whom a connection belongs to.

use crate::{
    gateway::Inner,
    hub::Join,
    rate::{Budget, Policy, TokenBucket},
    refusal::Refusal,
};
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
    budget: OnceLock<Arc<Budget>>,
    memory: Mutex<Memory>,
}

/// A certificate that TLS verified: one of our authorities, present, next or past, signed it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PeerCertificate {
    pub(crate) fingerprint: Fingerprint,
    /// Who signed it.
    signer: Fingerprint,
    not_after: Timestamp,
}

#[derive(Debug)]
struct Memory {
    known: Option<(AgentIdentity, Instant)>,
    /// Whether it is written down that the device has a certificate of the next authority.
    noted_signer: Option<Fingerprint>,
    /// Requests as long as it is not known whose they are.
    requests: TokenBucket,
    /// Cancelled tasks that this connection has been told of already.
    told_cancelled: Vec<TaskId>,
}

impl Peer {
    /// The peer at `address`, with the certificate that it proved to have, if any.
    pub(crate) fn new(
        address: IpAddr,
        certificate: Option<PeerCertificate>,
        requests: &Policy,
    ) -> Self {
        Self {
            address,
            certificate,
            device: OnceLock::new(),
            budget: OnceLock::new(),
            memory: Mutex::new(Memory {
                known: None,
                noted_signer: None,
                requests: TokenBucket::new(requests, Instant::now()),
                told_cancelled: Vec::new(),
            }),
        }
    }

    /// Where it comes from.
    pub(crate) const fn address(&self) -> IpAddr {
        self.address
    }

    /// Its device, once known.
    pub(crate) fn device(&self) -> Option<DeviceId> {
        self.device.get().copied()
    }

    /// The budget of its device, once known.
    pub(crate) fn budget(&self) -> Option<Arc<Budget>> {
        self.budget.get().cloned()
    }

    /// Notes whom it belongs to.
    pub(crate) fn remember(&self, identity: AgentIdentity) {
        self.memory().known = Some((identity, Instant::now()));
        // A certificate belongs to one device for ever.
        let _ = self.device.set(identity.device_id);
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
    /// Reads a certificate that passed the handshake.
    pub(crate) fn read(der: &CertificateDer<'_>, signer: Fingerprint) -> Option<Self> {
        let (_, certificate) = x509_parser::parse_x509_certificate(der).ok()?;
        let not_after = certificate.validity().not_after.timestamp();
        Some(Self {
            fingerprint: Fingerprint::of(der),
            signer,
            not_after: Timestamp::from_second(not_after).ok()?,
        })
    }

    /// Whether it counts at all, whomever it belongs to.
    pub(crate) fn check(&self, inner: &Inner) -> Result<(), Refusal> {
        let rejected = |detail| Refusal::new(ProblemCode::CertificateRejected).with_detail(detail);
        if self.not_after < inner.app.now() {
            return Err(rejected("the certificate ended; register again"));
        }
        if !inner.standing().trusts(self.signer) {
            return Err(rejected(
                "the certificate's authority was replaced; register again",
            ));
        }
        Ok(())
    }
}

/// Whom the peer's certificate belongs to now.
pub(crate) async fn identify(inner: &Inner, peer: &Arc<Peer>) -> Result<AgentIdentity, Refusal> {
    let certificate = peer.certificate.ok_or(ProblemCode::CertificateRequired)?;
    if let Some(identity) = peer.remembered()
        && certificate.not_after >= inner.app.now()
    {
        return Ok(identity);
    }
    let identity = loop {
        let removals = inner.hub.removals();
        certificate.check(inner)?;
        let fingerprint = *certificate.fingerprint.as_bytes();
        let identity = agents::authenticate(&inner.app, fingerprint)
            .await?
            .ok_or(ProblemCode::CertificateRejected)?;
        let most = inner.settings.connections_per_device;
        match inner.hub.join(identity, peer, removals, most) {
            Join::Joined => break identity,
            Join::Outdated => {}
            Join::Full => return Err(Refusal::too_many_connections()),
        }
    };
    note_signer(inner, peer, &identity, certificate.signer).await;
    Ok(identity)
}

/// While an authority is replaced, writes down who has a certificate of the next one: shown here, not
/// only handed out. Failing that is made up for when the agent is asked again.
async fn note_signer(inner: &Inner, peer: &Peer, identity: &AgentIdentity, signer: Fingerprint) {
    let is_next = inner
        .standing()
        .next
        .as_ref()
        .is_some_and(|next| next.fingerprint() == signer);
    if !is_next || peer.memory().noted_signer == Some(signer) {
        return;
    }
    match agents::note_authority(&inner.app, identity, *signer.as_bytes()).await {
        Ok(()) => peer.memory().noted_signer = Some(signer),
        Err(error) => tracing::warn!(
            device = %identity.device_id,
            error = &error as &dyn std::error::Error,
            "cannot write down that a device has a certificate of the next authority"
        ),
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
        if let Some(budget) = peer.budget.get() {
            budget.take_request(Instant::now())?;
            let identity = identify(inner, &peer).await?;
            return Ok(Self { identity, peer });
        }
        let now = Instant::now();
        peer.memory().requests.take(&inner.requests, 1.0, now)?;
        let identity = identify(inner, &peer).await?;
        let budget = inner.budgets.of(identity.device_id, now);
        peer.budget.get_or_init(|| budget).take_request(now)?;
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
