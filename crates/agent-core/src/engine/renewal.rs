//! A new key and certificate at two thirds of the old one's life, and when the server trusts other
//! authorities than it did when it issued the old one.

use super::{
    connect,
    shared::{Shared, chain, pause_until},
};
use crate::{
    connection::{CallError, DeviceKey, InvalidCredentials},
    state::{Identity, StateError},
    take_up_at, two_thirds,
};
use jiff::Timestamp;
use latarnik_model::Clock;
use latarnik_protocol::{RenewRequest, Trust};
use tokio::time::timeout;

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
    let mut config = shared.config.subscribe();
    // What a renewal has answered already: should the server still name other authorities than it
    // sends, asking again and again would help nobody.
    let mut taken_up: Option<Trust> = None;
    loop {
        let trust = config.borrow_and_update().trust.clone();
        let news = trust
            .clone()
            .filter(|trust| taken_up.as_ref() != Some(trust));
        let now = shared.clock.now();
        let due = due_at(&shared.identity(), news.as_ref());
        if now < due {
            // Whether the time is over or there is a new configuration: look again.
            let _ = timeout(pause_until(now, Some(due)), config.changed()).await;
            continue;
        }
        match renew(shared).await {
            Ok(()) => {
                backoff.reset();
                taken_up = trust;
            }
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

fn due_at(identity: &Identity, news: Option<&Trust>) -> Timestamp {
    let by_age = two_thirds(identity.issued_at, identity.expires_at);
    news.and_then(|trust| take_up_at(identity.device_id, &identity.authorities, trust))
        .map_or(by_age, |take_up| take_up.min(by_age))
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
