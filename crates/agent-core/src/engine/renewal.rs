//! A new key and certificate at two thirds of the old one's life.

use super::{
    connect,
    shared::{Shared, chain, pause_until},
};
use crate::{
    connection::{CallError, DeviceKey, InvalidCredentials},
    state::{Identity, StateError},
};
use jiff::Timestamp;
use latarnik_model::Clock;
use latarnik_protocol::RenewRequest;

#[derive(Debug, thiserror::Error)]
enum RenewalError {
    #[error("the gateway did not renew")]
    Call(#[source] CallError),
    #[error("no new key could be made")]
    Key(#[source] InvalidCredentials),
    #[error("the renewed certificate is not usable")]
    Unusable(#[source] super::EngineError),
    #[error("the renewed certificate cannot be kept")]
    State(#[source] StateError),
}

pub(super) async fn run(shared: &Shared) {
    let mut backoff = shared.backoff();
    loop {
        let (now, due) = (shared.clock.now(), due_at(&shared.identity()));
        if now < due {
            tokio::time::sleep(pause_until(now, Some(due))).await;
            continue;
        }
        match renew(shared).await {
            Ok(()) => backoff.reset(),
            Err(RenewalError::Call(error)) => {
                shared.failed(&error).await;
                shared.wait(backoff.after(&error)).await;
            }
            Err(error) => {
                tracing::error!(error = chain(&error), "the certificate cannot be renewed");
                tokio::time::sleep(shared.pace.rejected_retry).await;
            }
        }
    }
}

/// Two thirds of the certificate's life.
fn due_at(identity: &Identity) -> Timestamp {
    let life = identity.expires_at.duration_since(identity.issued_at);
    identity
        .issued_at
        .checked_add(life / 3 * 2)
        .unwrap_or(identity.expires_at)
}

async fn renew(shared: &Shared) -> Result<(), RenewalError> {
    let key = DeviceKey::generate().map_err(RenewalError::Key)?;
    let signing_request = key.signing_request().map_err(RenewalError::Key)?;
    let answer = shared
        .client()
        .renew(&RenewRequest { signing_request })
        .await
        .map_err(RenewalError::Call)?;
    let old = shared.identity();
    let identity = Identity {
        key: key.to_pem(),
        certificate: answer.certificate,
        authorities: answer.authorities,
        issued_at: shared.clock.now(),
        expires_at: answer.expires_at,
        ..Identity::clone(&old)
    };
    let client = connect(&identity, &shared.clock).map_err(RenewalError::Unusable)?;
    let kept = identity.clone();
    shared
        .with_state(move |state| state.renew_identity(&kept))
        .await
        .map_err(RenewalError::State)?;
    let expires_at = identity.expires_at;
    shared.set_identity(identity, client);
    tracing::info!(%expires_at, "the certificate was renewed");
    shared
        .write_status(|status| status.certificate_expires_at = expires_at)
        .await;
    Ok(())
}
