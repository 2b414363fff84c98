//! From a token to an identity.

use crate::{
    MachineState, ServerClock,
    connection::{
        CallError, Credentials, DeviceKey, GatewayClient, GatewayTrust, InvalidCredentials,
        UnusableAuthorities,
    },
    ports::FactsError,
    state::{Identity, State, StateError},
};
use latarnik_model::{Clock, DeviceId};
use latarnik_protocol::{EnrollmentToken, PROTOCOL_VERSION, RegisterRequest};
use std::sync::Arc;

/// Whether a machine that is enrolled may be enrolled again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Existing {
    /// No: it stays what it is.
    Keep,
    /// Yes: it becomes another device, and reports of the old one that were not delivered are
    /// dropped.
    Replace,
}

/// Why the machine could not be enrolled.
#[derive(Debug, thiserror::Error)]
pub enum EnrollError {
    /// It is enrolled.
    #[error("this machine is enrolled already, as device {0}")]
    AlreadyEnrolled(DeviceId),
    /// The state cannot be used.
    #[error("the agent's state cannot be used")]
    State(#[source] StateError),
    /// The machine cannot be described.
    #[error("the machine cannot be described")]
    Facts(#[source] FactsError),
    /// No key could be made, or the answer does not fit to it.
    #[error("the agent's key or certificate is not usable")]
    Credentials(#[source] InvalidCredentials),
    /// The gateway did not register the machine.
    #[error("the gateway did not register this machine")]
    Call(#[source] CallError),
    /// The gateway's answer names nobody to trust.
    #[error("the gateway's answer names nobody to trust")]
    Authorities(#[source] UnusableAuthorities),
}

/// Registers this machine. Safe to repeat: until an answer is kept, the same key is used, and the
/// server gives the same device to the same key.
///
/// # Errors
/// [`EnrollError`]; the state is then as before, but for the key.
pub async fn enroll(
    state: &State,
    token: &EnrollmentToken,
    machine: &dyn MachineState,
    clock: Arc<dyn Clock>,
    existing: Existing,
) -> Result<Identity, EnrollError> {
    if let Some(identity) = state.identity().map_err(EnrollError::State)?
        && existing == Existing::Keep
    {
        return Err(EnrollError::AlreadyEnrolled(identity.device_id));
    }
    let new_key = DeviceKey::generate().map_err(EnrollError::Credentials)?;
    let key = state.pending_key(&new_key).map_err(EnrollError::State)?;
    let signing_request = key
        .parse::<DeviceKey>()
        .and_then(|key| key.signing_request())
        .map_err(EnrollError::Credentials)?;
    let request = RegisterRequest {
        protocol_version: PROTOCOL_VERSION,
        secret: token.secret.reveal(),
        signing_request,
        facts: machine.facts().map_err(EnrollError::Facts)?,
    };

    let clock = Arc::new(ServerClock::new(clock));
    let trust = GatewayTrust::pinned(token.authority, clock.clone());
    let client =
        GatewayClient::new(&token.gateway, &trust, None).map_err(EnrollError::Credentials)?;
    let answer = client.register(&request).await.map_err(EnrollError::Call)?;
    clock.learn(answer.server_time);

    let identity = Identity {
        device_id: answer.device_id,
        gateway: token.gateway.clone(),
        key,
        certificate: answer.certificate,
        authorities: answer.authorities,
        issued_at: answer.server_time,
        expires_at: answer.expires_at,
    };
    check(&identity, clock.clone())?;
    state.become_device(&identity).map_err(EnrollError::State)?;
    state
        .set_learned_time(clock.learned())
        .map_err(EnrollError::State)?;
    Ok(identity)
}

/// An identity that cannot be used is refused now and not at the next start.
fn check(identity: &Identity, clock: Arc<ServerClock>) -> Result<(), EnrollError> {
    let trust = GatewayTrust::authorities(&identity.authorities, clock)
        .map_err(EnrollError::Authorities)?;
    let credentials = Credentials::from_pem(&identity.certificate, &identity.key)
        .map_err(EnrollError::Credentials)?;
    GatewayClient::new(&identity.gateway, &trust, Some(credentials))
        .map_err(EnrollError::Credentials)?;
    Ok(())
}
