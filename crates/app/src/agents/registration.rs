//! How a machine becomes a device.

use super::{AgentError, AgentIdentity, Certificate};
use crate::{
    App, Event, SecretsError,
    audit::Entry,
    context::{Mutation, Target},
};
use latarnik_model::{DeviceId, Scope};
use latarnik_store::{DeviceFacts, EnrollmentTokenRecord, NewDevice, StoreError, Transaction};

/// A machine that wants to register.
#[derive(Debug, Clone)]
pub struct Registration {
    /// SHA-256 of the token's secret.
    pub secret_hash: [u8; 32],
    /// SHA-256 of the machine's public key, whose possession was proved.
    pub key_fingerprint: [u8; 32],
    /// What the machine is.
    pub facts: DeviceFacts,
}

/// Why a machine may not register.
#[derive(Debug, thiserror::Error)]
pub enum RegisterError {
    /// There is no such token.
    #[error("unknown enrollment token")]
    TokenUnknown,
    /// Its time is over.
    #[error("expired enrollment token")]
    TokenExpired,
    /// All of its uses are taken.
    #[error("used-up enrollment token")]
    TokenUsedUp,
    /// It was revoked.
    #[error("revoked enrollment token")]
    TokenRevoked,
    /// Database or keys failed; the agent should try again.
    #[error("the registration could not be written")]
    Unavailable(#[from] SecretsError),
}

impl From<StoreError> for RegisterError {
    fn from(error: StoreError) -> Self {
        Self::Unavailable(error.into())
    }
}

const REGISTER: Mutation = Mutation {
    permission: None,
    action: "register_device",
    target_kind: "device",
};
const RENEW: Mutation = Mutation {
    permission: None,
    action: "renew_certificate",
    target_kind: "device",
};

/// What an agent did.
fn by_agent(mutation: &Mutation, device: DeviceId, target: Target) -> Entry {
    Entry {
        actor_kind: "agent",
        actor_id: Some(device.0),
        actor_name: target.name.clone().unwrap_or_default(),
        ..Entry::by_system(mutation, target)
    }
}

/// Registers a machine. The same key with the same token again is the same device and takes no
/// further use, so that an agent may repeat a call whose answer was lost.
///
/// # Errors
/// [`RegisterError`].
pub async fn register(
    app: &App,
    registration: Registration,
) -> Result<AgentIdentity, RegisterError> {
    let now = app.now();
    // Which tenant it is, only the token says.
    let transaction = app.store().begin(&Scope::Everything).await?;
    let token = transaction
        .enrollment_token_by_secret(&Scope::Everything, registration.secret_hash)
        .await?
        .ok_or(RegisterError::TokenUnknown)?;
    let tenant = app
        .store()
        .tenant(&Scope::one(token.tenant_id), token.tenant_id)
        .await?;
    if tenant.is_none_or(|tenant| tenant.deletion.is_some()) {
        return Err(RegisterError::TokenUnknown);
    }
    if token.revoked_at.is_some() {
        return Err(RegisterError::TokenRevoked);
    }
    if now >= token.expires_at {
        return Err(RegisterError::TokenExpired);
    }
    if let Some((tenant_id, device_id, with)) = transaction
        .device_of_key(registration.key_fingerprint)
        .await?
    {
        // A key that came in through another token keeps its device, but this token is not for it.
        if with != token.id {
            return Err(RegisterError::TokenUnknown);
        }
        return Ok(AgentIdentity {
            device_id,
            tenant_id,
        });
    }
    if !transaction
        .use_enrollment_token(token.tenant_id, token.id)
        .await?
    {
        return Err(RegisterError::TokenUsedUp);
    }
    let agent = add_device(app, &transaction, &token, registration).await?;
    transaction.commit().await?;
    app.events().publish(Event::DeviceChanged {
        device_id: agent.device_id,
        tenant_id: agent.tenant_id,
    });
    Ok(agent)
}

async fn add_device(
    app: &App,
    transaction: &Transaction,
    token: &EnrollmentTokenRecord,
    registration: Registration,
) -> Result<AgentIdentity, SecretsError> {
    let now = app.now();
    let device = NewDevice {
        id: DeviceId::generate(now, &app.ids()),
        tenant_id: token.tenant_id,
        group_id: token.group_id,
        enrollment_token_id: token.id,
        key_fingerprint: registration.key_fingerprint,
        facts: bounded(registration.facts),
        enrolled_at: now,
    };
    transaction.insert_device(&device).await?;
    let hostname = device.facts.hostname.as_str();
    let target = Target::new(device.tenant_id, device.id, hostname)
        .with("enrollment_token", token.name.as_str());
    app.write_audit(transaction, by_agent(&REGISTER, device.id, target))
        .await?;
    Ok(AgentIdentity {
        device_id: device.id,
        tenant_id: device.tenant_id,
    })
}

/// Longest text of a fact, in characters.
const LONGEST_FACT: usize = 255;

/// Cuts what a machine says about itself to sensible lengths and drops control characters.
pub(super) fn bounded(facts: DeviceFacts) -> DeviceFacts {
    let cut = |text: String| -> String {
        text.chars()
            .filter(|c| !c.is_control())
            .take(LONGEST_FACT)
            .collect()
    };
    DeviceFacts {
        hostname: cut(facts.hostname),
        os_family: facts.os_family,
        os_name: cut(facts.os_name),
        os_version: cut(facts.os_version),
        architecture: cut(facts.architecture),
        agent_version: cut(facts.agent_version),
        time_zone: facts.time_zone.map(cut),
    }
}

/// Keeps a certificate that the authority gave to a device.
///
/// # Errors
/// [`AgentError::Unavailable`]; then the certificate must not be handed out.
pub async fn record_certificate(
    app: &App,
    agent: &AgentIdentity,
    certificate: Certificate,
) -> Result<(), AgentError> {
    let scope = Scope::one(agent.tenant_id);
    let device = app.store().device(&scope, agent.device_id).await?;
    let transaction = app.store().begin(&scope).await?;
    let is_first = transaction
        .insert_certificate(agent.tenant_id, agent.device_id, &certificate)
        .await?;
    if !is_first {
        let hostname = device.map(|device| device.facts.hostname);
        let target = Target::new(
            agent.tenant_id,
            agent.device_id,
            hostname.unwrap_or_default(),
        )
        .with("expires_at", certificate.not_after);
        app.write_audit(&transaction, by_agent(&RENEW, agent.device_id, target))
            .await?;
    }
    Ok(transaction.commit().await?)
}

/// The device behind a certificate; `None` if the certificate is unknown or the device was removed.
///
/// # Errors
/// [`AgentError::Unavailable`].
pub async fn authenticate(
    app: &App,
    certificate_fingerprint: [u8; 32],
) -> Result<Option<AgentIdentity>, AgentError> {
    let device = app
        .store()
        .device_of_certificate(certificate_fingerprint)
        .await?;
    Ok(device.map(|(tenant_id, device_id)| AgentIdentity {
        device_id,
        tenant_id,
    }))
}
