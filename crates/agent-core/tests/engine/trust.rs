//! Whom the agent registers with.

use crate::{
    authority::{Authority, Validity},
    gateway::{Gateway, SECRET},
    harness::{WrongClock, enroll},
    machine::Machine,
};
use jiff::SignedDuration;
use latarnik_agent_core::{
    connection::CallError,
    enrollment::{self, EnrollError, Existing},
    state::State,
};
use latarnik_protocol::Secret;
use std::sync::Arc;

const VALID: Validity = Validity {
    from: -1,
    until: 30,
};

#[tokio::test]
async fn a_gateway_of_another_authority_learns_no_secret() {
    let (gateway, other) = (Gateway::start().await, Gateway::start().await);
    let mut token = gateway.token();
    token.gateway = other.token().gateway;
    let folder = tempfile::tempdir().unwrap();
    let state = State::open(folder.path()).unwrap();
    let machine = Machine::default();
    let clock = Arc::new(WrongClock::default());
    let refused = enrollment::enroll(&state, &token, &machine, clock, Existing::Keep).await;
    assert!(
        matches!(refused, Err(EnrollError::Call(CallError::Untrusted { .. }))),
        "{refused:?}"
    );
    assert!(other.script().seen.registrations.is_empty());
    assert!(state.identity().unwrap().is_none());
}

#[tokio::test]
async fn a_gateway_with_another_name_is_refused() {
    let gateway = Gateway::with(Authority::new(), &["elsewhere.example"], &VALID).await;
    let folder = tempfile::tempdir().unwrap();
    let refused = enroll(&gateway, folder.path(), WrongClock::default()).await;
    assert!(
        matches!(refused, Err(EnrollError::Call(CallError::Untrusted { .. }))),
        "{refused:?}"
    );
    assert!(gateway.script().seen.registrations.is_empty());
}

#[tokio::test]
async fn a_gateway_whose_certificate_ended_long_ago_is_refused() {
    let ended = Validity {
        from: -90,
        until: -10,
    };
    let gateway = Gateway::with(Authority::new(), &["127.0.0.1"], &ended).await;
    let folder = tempfile::tempdir().unwrap();
    let refused = enroll(&gateway, folder.path(), WrongClock::default()).await;
    assert!(
        matches!(refused, Err(EnrollError::Call(CallError::Untrusted { .. }))),
        "{refused:?}"
    );
}

#[tokio::test]
async fn a_machine_whose_clock_is_a_day_behind_can_register_with_a_new_gateway() {
    let fresh = Validity { from: 0, until: 90 };
    let gateway = Gateway::with(Authority::new(), &["127.0.0.1"], &fresh).await;
    let folder = tempfile::tempdir().unwrap();
    let behind = WrongClock(SignedDuration::from_hours(-24));
    enroll(&gateway, folder.path(), behind).await.unwrap();
}

#[tokio::test]
async fn a_registration_carries_the_secret_and_the_facts() {
    let gateway = Gateway::start().await;
    let folder = tempfile::tempdir().unwrap();
    enroll(&gateway, folder.path(), WrongClock::default())
        .await
        .unwrap();
    let script = gateway.script();
    assert_eq!(
        script.seen.registrations[0].secret,
        Secret::new(SECRET).reveal()
    );
    assert_eq!(script.seen.registrations[0].facts.hostname, "machine");
}

#[tokio::test]
async fn an_enrolled_machine_is_not_enrolled_again_by_accident() {
    let gateway = Gateway::start().await;
    let folder = tempfile::tempdir().unwrap();
    enroll(&gateway, folder.path(), WrongClock::default())
        .await
        .unwrap();
    let again = enroll(&gateway, folder.path(), WrongClock::default()).await;
    assert!(matches!(again, Err(EnrollError::AlreadyEnrolled(_))));
    assert_eq!(gateway.script().seen.registrations.len(), 1);
}

#[tokio::test]
async fn a_registration_whose_answer_got_lost_is_repeated_with_the_same_key() {
    use crate::gateway::Fault;
    let gateway = Gateway::start().await;
    gateway.fault(latarnik_protocol::paths::REGISTER, Fault::LoseAnswer);
    let folder = tempfile::tempdir().unwrap();
    enroll(&gateway, folder.path(), WrongClock::default())
        .await
        .unwrap_err();
    enroll(&gateway, folder.path(), WrongClock::default())
        .await
        .unwrap();
    let script = gateway.script();
    let keys: Vec<_> = script
        .seen
        .registrations
        .iter()
        .map(|r| {
            rcgen::CertificateSigningRequestParams::from_pem(&r.signing_request)
                .map(|request| rcgen::PublicKeyData::der_bytes(&request.public_key).to_vec())
                .unwrap()
        })
        .collect();
    assert_eq!(keys.len(), 2);
    assert_eq!(keys[0], keys[1]);
}
