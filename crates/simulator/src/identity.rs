//! Who a simulated agent is: its key and certificate, kept over restarts of the simulator.

use crate::random::Random;
use anyhow::{Context, Result};
use jiff::Timestamp;
use latarnik_agent_core::{
    ServerClock,
    connection::{CallError, Credentials, DeviceKey, GatewayClient, GatewayTrust},
    take_up_at,
};
use latarnik_model::DeviceId;
use latarnik_protocol::{
    EnrollmentToken, Facts, PROTOCOL_VERSION, RegisterRequest, RegisterResponse, RenewRequest,
    Trust,
};
use serde::{Deserialize, Serialize};
use std::{
    collections::BTreeSet,
    fs::{self, OpenOptions},
    io::Write,
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

/// Most attempts at a registration that fails for reasons of the moment.
const ATTEMPTS: u32 = 8;

/// What an agent keeps.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Identity {
    /// The device's id; nil in identities of earlier versions.
    #[serde(default = "nil")]
    device_id: DeviceId,
    key: String,
    certificate: String,
    authorities: String,
    expires_at: Timestamp,
    /// Keys of updates that were installed.
    #[serde(default)]
    pub(crate) installed: BTreeSet<String>,
    /// How often the machine was restarted.
    #[serde(default)]
    pub(crate) restarts: u32,
}

fn nil() -> DeviceId {
    DeviceId(uuid::Uuid::nil())
}

impl Identity {
    /// Reads an identity that an earlier run left.
    pub(crate) fn load(path: &Path) -> Result<Option<Self>> {
        match fs::read(path) {
            Ok(bytes) => serde_json::from_slice(&bytes)
                .with_context(|| format!("{} is damaged; delete it", path.display()))
                .map(Some),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error).with_context(|| format!("cannot read {}", path.display())),
        }
    }

    /// Writes it, as a whole or not at all, for nobody else to read.
    pub(crate) fn save(&self, path: &Path) -> Result<()> {
        let write = || -> Result<()> {
            let staging = path.with_extension("new");
            let mut file = OpenOptions::new()
                .write(true)
                .create(true)
                .truncate(true)
                .mode(0o600)
                .open(&staging)?;
            file.write_all(&serde_json::to_vec(self)?)?;
            Ok(fs::rename(staging, path)?)
        };
        write().with_context(|| format!("cannot write {}", path.display()))
    }

    /// Gets an identity with the enrollment token.
    pub(crate) async fn register(
        token: &EnrollmentToken,
        clock: &Arc<ServerClock>,
        facts: Facts,
        random: &mut Random,
    ) -> Result<Self> {
        let key = DeviceKey::generate()?;
        let trust = GatewayTrust::pinned(token.authority, clock.clone());
        let client = GatewayClient::new(&token.gateway, &trust, None)?;
        let request = RegisterRequest {
            protocol_version: PROTOCOL_VERSION,
            secret: token.secret.reveal(),
            signing_request: key.signing_request()?,
            facts,
        };
        let answer = patiently(random, || client.register(&request))
            .await
            .context("the registration failed")?;
        let RegisterResponse {
            device_id,
            certificate,
            authorities,
            expires_at,
            server_time,
            ..
        } = answer;
        clock.learn(server_time);
        Ok(Self {
            device_id,
            key: key.to_pem(),
            certificate,
            authorities,
            expires_at,
            installed: BTreeSet::new(),
            restarts: 0,
        })
    }

    /// Takes over the certificate of a renewed copy, and nothing else of it.
    pub(crate) fn take_certificate(&mut self, renewed: Self) {
        self.key = renewed.key;
        self.certificate = renewed.certificate;
        self.authorities = renewed.authorities;
        self.expires_at = renewed.expires_at;
    }

    /// A client with this identity.
    pub(crate) fn client(&self, gateway: &str, clock: &Arc<ServerClock>) -> Result<GatewayClient> {
        let trust = GatewayTrust::authorities(&self.authorities, clock.clone())?;
        let credentials = Credentials::from_pem(&self.certificate, &self.key)?;
        Ok(GatewayClient::new(gateway, &trust, Some(credentials))?)
    }

    /// Whether it is time for a new certificate: less than a third of the 90 days is left, or the
    /// server trusts other authorities than it did.
    pub(crate) fn is_due(&self, now: Timestamp, trust: Option<&Trust>) -> bool {
        let left = self.expires_at.duration_since(now);
        let take_up = trust.and_then(|trust| take_up_at(self.device_id, &self.authorities, trust));
        left <= jiff::SignedDuration::from_hours(30 * 24) || take_up.is_some_and(|at| at <= now)
    }

    /// Asks for a new certificate.
    pub(crate) async fn renew(&mut self, client: &GatewayClient) -> Result<()> {
        let key: DeviceKey = self.key.parse()?;
        let request = RenewRequest {
            signing_request: key.signing_request()?,
        };
        let answer = client.renew(&request).await?;
        self.certificate = answer.certificate;
        self.authorities = answer.authorities;
        self.expires_at = answer.expires_at;
        Ok(())
    }
}

/// The file of one agent.
pub(crate) fn path(folder: &Path, index: u32) -> PathBuf {
    folder.join(format!("agent-{index:05}.json"))
}

/// Repeats a call that fails for reasons of the moment, with growing pauses.
pub(crate) async fn patiently<T, F: Future<Output = Result<T, CallError>>>(
    random: &mut Random,
    mut call: impl FnMut() -> F,
) -> Result<T, CallError> {
    for attempt in 1.. {
        match call().await {
            Err(error) if error.is_temporary() && attempt < ATTEMPTS => {
                tokio::time::sleep(pause(random, attempt, &error)).await;
            }
            result => return result,
        }
    }
    unreachable!("the last attempt returns")
}

/// The pause after so many failures in a row: 0.5 s doubled each time up to a minute, of which at
/// least half is waited.
pub(crate) fn pause(random: &mut Random, failures: u32, error: &CallError) -> Duration {
    let longest = 500_u64 << failures.clamp(1, 8).saturating_sub(1);
    let pause = Duration::from_millis(random.between(longest / 2, longest.min(60_000)));
    error.retry_after().map_or(pause, |wait| wait + pause)
}
