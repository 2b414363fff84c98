//! Replacing the authority.

use crate::support::{
    Agent, Device, Server, in_time, ok, refused, register_request, signing_request,
};
use latarnik_gateway::Refresh;
use latarnik_model::Clock;
use latarnik_protocol::{
    AgentConfig, EnrollmentToken, ProblemCode, RegisterResponse, RenewRequest, RenewResponse,
    TaskBatch, paths,
};
use rcgen::KeyPair;
use reqwest::{Method, StatusCode};
use std::time::Duration;

const REJECTED: (StatusCode, ProblemCode) =
    (StatusCode::UNAUTHORIZED, ProblemCode::CertificateRejected);

/// Begins a rotation, as a command does, and lets the gateway take it up.
async fn rotate(server: &Server) {
    server.authorities.rotate(server.clock.now()).unwrap();
    assert_eq!(
        server.gateway.refresh_authorities().unwrap(),
        Refresh::Changed
    );
}

async fn finish(server: &Server) {
    server.authorities.finish(server.clock.now()).unwrap();
    assert_eq!(
        server.gateway.refresh_authorities().unwrap(),
        Refresh::Changed
    );
}

/// The device with a renewed certificate, trusting what came with it.
async fn renewed(server: &Server, device: &Device) -> (Agent, String) {
    let key = KeyPair::generate().unwrap();
    let request = RenewRequest {
        signing_request: signing_request(&key),
    };
    let answer: RenewResponse = ok(device.agent.post_json(paths::RENEW, &request).await).await;
    let agent = server.client(&answer.authorities, Some((&answer.certificate, &key)));
    (agent, answer.authorities)
}

async fn status(agent: &Agent) -> StatusCode {
    agent.get(paths::CONFIG).await.status()
}

async fn uncovered(server: &Server) -> (u64, usize) {
    let next = server.authorities.next().unwrap().fingerprint();
    let context = latarnik_app::Context::command_line();
    let coverage = server
        .app
        .authority_coverage(&context, *next.as_bytes())
        .await
        .unwrap();
    (coverage.devices, coverage.uncovered.len())
}

#[tokio::test]
async fn during_a_rotation_old_and_renewed_certificates_both_count() {
    let server = Server::start().await;
    let device = server.device().await;
    rotate(&server).await;
    let (agent, authorities) = renewed(&server, &device).await;
    assert_eq!(authorities.matches("BEGIN CERTIFICATE").count(), 2);
    assert_eq!(status(&agent).await, StatusCode::OK);
    assert_eq!(status(&device.agent).await, StatusCode::OK);
    // A connection that begins now, with the old certificate and the old trust.
    let own = Some((device.certificate.as_str(), &device.key));
    let fresh = server.client(server.authority.certificate_pem(), own);
    assert_eq!(status(&fresh).await, StatusCode::OK);
}

#[tokio::test]
async fn agents_learn_of_a_rotation_by_the_tag_of_their_configuration() {
    let server = Server::start().await;
    let device = server.device().await;
    let before = device.agent.get(paths::CONFIG).await.headers()["etag"].clone();
    rotate(&server).await;
    let response = device.agent.get(paths::CONFIG).await;
    assert_ne!(response.headers()["etag"], before);
    let trust = ok::<AgentConfig>(response).await.trust.unwrap();
    let next = server.authorities.next().unwrap();
    let both = [server.authority.fingerprint(), next.fingerprint()];
    assert_eq!(trust.authorities, both);
    assert_eq!(trust.since, next.made_at());
    assert_eq!(trust.renewal_spread_seconds, 3600);
}

#[tokio::test]
async fn tokens_work_until_the_rotation_is_finished() {
    let server = Server::start().await;
    let early = server.token(None).await.token;
    rotate(&server).await;
    let during = server.token(None).await.token;
    let pinned = |token: &str| token.parse::<EnrollmentToken>().unwrap().authority;
    assert_eq!(pinned(&during), server.authority.fingerprint());
    let key = KeyPair::generate().unwrap();
    let answer: RegisterResponse = ok(server
        .anonymous()
        .register(&register_request(&early, &key))
        .await)
    .await;
    assert_eq!(answer.authority_fingerprints.len(), 2);
    let agent = server.client(&answer.authorities, Some((&answer.certificate, &key)));
    finish(&server).await;
    assert_eq!(
        status(&agent).await,
        StatusCode::OK,
        "signed by the next one"
    );
    let present = server.authorities.present().fingerprint();
    assert_ne!(
        pinned(&during),
        present,
        "the gateway shows another authority"
    );
    assert_eq!(pinned(&server.token(None).await.token), present);
}

#[tokio::test]
async fn device_counts_as_arrived_when_it_connects_with_its_new_certificate_and_not_before() {
    let server = Server::start().await;
    let (device, _other) = (server.device().await, server.device().await);
    rotate(&server).await;
    let (agent, _) = renewed(&server, &device).await;
    assert_eq!(uncovered(&server).await, (2, 2), "it may not have arrived");
    assert_eq!(status(&agent).await, StatusCode::OK);
    assert_eq!(status(&agent).await, StatusCode::OK);
    assert_eq!(uncovered(&server).await, (2, 1));
}

#[tokio::test]
async fn removed_device_is_not_waited_for() {
    let server = Server::start().await;
    let device = server.device().await;
    rotate(&server).await;
    assert_eq!(uncovered(&server).await, (1, 1));
    let removed = server.app.remove_device(&server.operator, device.id).await;
    removed.unwrap();
    assert_eq!(uncovered(&server).await, (0, 0));
}

#[tokio::test]
async fn end_of_a_rotation_cuts_no_connection_of_a_renewed_device() {
    let server = Server::start().await;
    let device = server.device().await;
    rotate(&server).await;
    let (agent, _) = renewed(&server, &device).await;
    let poll = agent.poll(0);
    server.polls_wait(1).await;
    finish(&server).await;
    server.polls_wait(1).await;
    server.ask_for_scan(device.id, "after").await;
    let batch: TaskBatch = ok(in_time(poll).await.unwrap()).await;
    assert_eq!(batch.tasks.len(), 1);
}

#[tokio::test]
async fn end_of_a_rotation_ends_old_certificates_on_open_connections_and_waiting_polls_too() {
    let server = Server::start().await;
    let device = server.device().await;
    rotate(&server).await;
    let poll = device.agent.poll(0);
    server.polls_wait(1).await;
    finish(&server).await;
    assert_eq!(refused(in_time(poll).await.unwrap()).await, REJECTED);
    assert_eq!(
        refused(device.agent.get(paths::CONFIG).await).await,
        REJECTED
    );
}

#[tokio::test]
async fn agent_that_missed_a_rotation_hears_why_it_is_out() {
    let server = Server::start().await;
    let device = server.device().await;
    rotate(&server).await;
    finish(&server).await;
    let own = Some((device.certificate.as_str(), &device.key));
    // It knows the old authority alone, and still verifies who answers.
    let late = server.client(server.authority.certificate_pem(), own);
    let response = late.get(paths::CONFIG).await;
    let problem: latarnik_protocol::Problem = response.json().await.unwrap();
    assert_eq!(problem.code, ProblemCode::CertificateRejected);
    assert!(problem.detail.unwrap().contains("authority was replaced"));
}

#[tokio::test]
async fn certificate_that_does_not_count_gives_no_more_room_than_none() {
    let server = Server::start_with(|settings| settings.anonymous_connections = 1).await;
    let device = server.device().await;
    rotate(&server).await;
    finish(&server).await;
    let own = Some((device.certificate.as_str(), &device.key));
    let late = || server.client(server.authority.certificate_pem(), own);
    let first = late();
    in_time(async {
        // The connection of the registration may not have ended yet.
        while first.call(Method::GET, paths::CONFIG).send().await.is_err() {
            tokio::task::yield_now().await;
        }
    })
    .await;
    assert!(
        late()
            .call(Method::GET, paths::CONFIG)
            .send()
            .await
            .is_err()
    );
}

#[tokio::test]
async fn second_rotation_follows_the_first() {
    let server = Server::start().await;
    let device = server.device().await;
    let mut agent = device.agent.clone();
    for _ in 0..2 {
        rotate(&server).await;
        let key = KeyPair::generate().unwrap();
        let request = RenewRequest {
            signing_request: signing_request(&key),
        };
        let answer: RenewResponse = ok(agent.post_json(paths::RENEW, &request).await).await;
        agent = server.client(&answer.authorities, Some((&answer.certificate, &key)));
        assert_eq!(status(&agent).await, StatusCode::OK);
        finish(&server).await;
        assert_eq!(status(&agent).await, StatusCode::OK);
    }
    let own = Some((device.certificate.as_str(), &device.key));
    let late = server.client(server.authorities.present().certificate_pem(), own);
    assert_eq!(refused(late.get(paths::CONFIG).await).await, REJECTED);
}

#[tokio::test]
async fn running_server_takes_up_by_itself_what_a_command_did() {
    let server = Server::start_with(|settings| {
        settings.authorities_check = Duration::from_millis(10);
        settings.requests_per_second = 1_000_000;
    })
    .await;
    let device = server.device().await;
    let beside = server.authorities_of_a_command();
    beside.rotate(server.clock.now()).unwrap();
    in_time(async {
        loop {
            let config: AgentConfig = ok(device.agent.get(paths::CONFIG).await).await;
            if config.trust.unwrap().authorities.len() == 2 {
                break;
            }
        }
    })
    .await;
    beside.finish(server.clock.now()).unwrap();
    in_time(async { while status(&device.agent).await == StatusCode::OK {} }).await;
    let present = server.authorities.present().fingerprint();
    assert_eq!(present, beside.present().fingerprint());
}

#[tokio::test]
async fn folder_that_became_unusable_changes_nothing_for_a_running_server() {
    let server = Server::start().await;
    let device = server.device().await;
    std::fs::create_dir(server.authority_folder().join("next")).unwrap();
    server.gateway.refresh_authorities().unwrap_err();
    assert_eq!(status(&device.agent).await, StatusCode::OK);
}
