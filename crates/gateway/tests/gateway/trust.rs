//! Who may speak to the gateway.

use crate::support::{Server, in_time, refused};
use jiff::SignedDuration;
use latarnik_gateway::Authorities;
use latarnik_model::Clock;
use latarnik_protocol::{ProblemCode, paths};
use rcgen::{CertificateParams, KeyPair};
use reqwest::{Method, StatusCode};

const REJECTED: (StatusCode, ProblemCode) =
    (StatusCode::UNAUTHORIZED, ProblemCode::CertificateRejected);

#[tokio::test]
async fn without_a_certificate_only_registration_answers() {
    let server = Server::start().await;
    let anonymous = server.anonymous();
    let log = format!("{}/00000000-0000-0000-0000-000000000000", paths::TASK_LOG);
    for (method, path) in [
        (Method::POST, paths::RENEW),
        (Method::GET, paths::CONFIG),
        (Method::POST, paths::METRICS),
        (Method::GET, paths::TASKS),
        (Method::POST, paths::TASK_RESULT),
        (Method::PUT, log.as_str()),
    ] {
        let refusal = refused(anonymous.call(method, path).send().await.unwrap()).await;
        let expected = (StatusCode::UNAUTHORIZED, ProblemCode::CertificateRequired);
        assert_eq!(refusal, expected, "{path}");
    }
}

#[tokio::test]
async fn certificate_of_another_authority_ends_in_the_handshake() {
    let server = Server::start().await;
    let key = KeyPair::generate().unwrap();
    let foreign = CertificateParams::default()
        .self_signed(&key)
        .unwrap()
        .pem();
    let agent = server.client(server.authority.certificate_pem(), Some((&foreign, &key)));
    let error = agent
        .call(Method::GET, paths::CONFIG)
        .send()
        .await
        .unwrap_err();
    assert_eq!(error.status(), None);
}

#[tokio::test]
async fn agent_that_trusts_another_authority_does_not_speak_to_this_gateway() {
    let server = Server::start().await;
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path().join("authority");
    let other = Authorities::open_or_create(&folder, server.clock.now()).unwrap();
    let agent = server.client(other.present().certificate_pem(), None);
    let error = agent
        .call(Method::GET, paths::CONFIG)
        .send()
        .await
        .unwrap_err();
    assert!(error.is_connect(), "{error:?}");
}

#[tokio::test]
async fn certificate_that_was_never_recorded_is_rejected() {
    let (one, other) = (Server::start().await, Server::start().await);
    let device = one.device().await;
    // The same authority, another database: as after a restore from an old backup.
    let agent = other.client(
        other.authority.certificate_pem(),
        Some((&device.certificate, &device.key)),
    );
    assert!(agent.call(Method::GET, paths::CONFIG).send().await.is_err());
    let removed = other.device().await;
    other
        .app
        .remove_device(&other.operator, removed.id)
        .await
        .unwrap();
    let fresh = other.client(
        other.authority.certificate_pem(),
        Some((&removed.certificate, &removed.key)),
    );
    assert_eq!(refused(fresh.get(paths::CONFIG).await).await, REJECTED);
}

#[tokio::test]
async fn removed_device_is_out_at_once_and_so_is_its_open_poll() {
    let server = Server::start().await;
    let (device, other) = (server.device().await, server.device().await);
    let (poll, other_poll) = (device.agent.poll(0), other.agent.poll(0));
    server.polls_wait(2).await;
    server
        .app
        .remove_device(&server.operator, device.id)
        .await
        .unwrap();
    assert_eq!(refused(in_time(poll).await.unwrap()).await, REJECTED);
    assert_eq!(
        refused(device.agent.get(paths::CONFIG).await).await,
        REJECTED
    );
    assert_eq!(
        other.agent.get(paths::CONFIG).await.status(),
        StatusCode::OK
    );
    assert_eq!(server.gateway.waiting_polls(), 1);
    other_poll.abort();
}

#[tokio::test]
async fn certificate_that_ended_is_rejected_on_open_connections_too() {
    let server = Server::start().await;
    let device = server.device().await;
    assert_eq!(
        device.agent.get(paths::CONFIG).await.status(),
        StatusCode::OK
    );
    server.clock.advance(SignedDuration::from_hours(91 * 24));
    assert_eq!(
        refused(device.agent.get(paths::CONFIG).await).await,
        REJECTED
    );
}

#[tokio::test]
async fn gateway_certificate_is_renewed_while_the_process_runs() {
    let server = Server::start().await;
    for _ in 0..5 {
        server.clock.advance(SignedDuration::from_hours(80 * 24));
        let response = server.anonymous().get(paths::CONFIG).await;
        assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
    }
}

#[tokio::test]
async fn one_connection_cannot_ask_without_limit() {
    let server = Server::start_with(|settings| settings.requests_per_second = 1).await;
    let device = server.device().await;
    let mut statuses = Vec::new();
    for _ in 0..5 {
        statuses.push(device.agent.get(paths::CONFIG).await.status());
    }
    assert_eq!(statuses.first(), Some(&StatusCode::OK));
    assert_eq!(statuses.last(), Some(&StatusCode::TOO_MANY_REQUESTS));
}

#[tokio::test]
async fn connection_without_a_certificate_is_refused_beyond_their_number() {
    let server = Server::start_with(|settings| settings.anonymous_connections = 1).await;
    let first = server.anonymous();
    assert_eq!(
        first.get("/agent/unknown").await.status(),
        StatusCode::NOT_FOUND
    );
    assert!(
        server
            .anonymous()
            .call(Method::GET, paths::CONFIG)
            .send()
            .await
            .is_err()
    );
    assert_eq!(
        first.get("/agent/unknown").await.status(),
        StatusCode::NOT_FOUND
    );
}
