//! What one device or address asks for too much of is refused to it, and to nobody else.

use crate::support::{
    Agent, Device, Http, Server, facts, in_time, ok, refused, register_request, signing_request,
};
use latarnik_model::TaskId;
use latarnik_protocol::{CheckInRequest, ProblemCode, RenewRequest, RenewResponse, paths};
use rcgen::KeyPair;
use reqwest::{Body, Response, StatusCode, header::HeaderMap};
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU32, Ordering},
    },
    time::Duration,
};
use tokio::io::AsyncReadExt;

const TOO_MANY: (StatusCode, ProblemCode) =
    (StatusCode::TOO_MANY_REQUESTS, ProblemCode::TooManyRequests);

/// One more connection of a device.
fn connection(server: &Server, device: &Device) -> Agent {
    let own = Some((device.certificate.as_str(), &device.key));
    server.client(server.authority.certificate_pem(), own)
}

async fn check_in(agent: &Agent) -> Response {
    let request = CheckInRequest {
        sent_at: "2026-11-23T12:00:00Z".parse().unwrap(),
        boot_id: "boot-1".to_owned(),
        booted_at: None,
        facts: Some(facts()),
        scan: None,
        updates: None,
        restart: None,
        last_restart: None,
        needs: None,
    };
    agent.post_json(paths::METRICS, &request).await
}

/// Asks until there is a refusal; what that says.
async fn until_refused(agent: &Agent) -> Response {
    in_time(async {
        loop {
            let response = agent.get(paths::CONFIG).await;
            if response.status() != StatusCode::OK {
                break response;
            }
        }
    })
    .await
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> &'a str {
    headers[name].to_str().unwrap()
}

/// Checks that a refusal names this policy, and says twice alike when to come back.
fn assert_limited_by(response: &Response, name: &str, policy: &str) {
    let headers = response.headers();
    assert_eq!(text(headers, "ratelimit-policy"), policy);
    let wait: u64 = text(headers, "retry-after").parse().unwrap();
    let limit = text(headers, "ratelimit");
    assert!(limit.starts_with(&format!("\"{name}\";r=")), "{limit}");
    assert!(limit.ends_with(&format!(";t={wait}")), "{limit} and {wait}");
    assert!(wait > 0);
}

async fn device_with_task(server: &Server) -> (Device, TaskId) {
    let device = server.device().await;
    server.ask_for_scan(device.id, &device.id.to_string()).await;
    let task = device.agent.tasks(0).await.tasks[0].id;
    (device, task)
}

#[tokio::test]
async fn refusal_says_by_which_limit_and_until_when() {
    let server = Server::start_with(|settings| settings.requests_per_second = 1).await;
    let device = server.device().await;
    let response = until_refused(&device.agent).await;
    assert_limited_by(&response, "requests", "\"requests\";q=2;w=2");
    assert_eq!(refused(response).await, TOO_MANY);
}

#[tokio::test]
async fn connections_of_one_device_share_its_budget() {
    let server = Server::start_with(|settings| settings.requests_per_second = 1).await;
    let device = server.device().await;
    // A budget of its own would answer the first request of every new connection.
    in_time(async {
        loop {
            until_refused(&device.agent).await;
            let fresh = connection(&server, &device);
            if fresh.get(paths::CONFIG).await.status() == StatusCode::TOO_MANY_REQUESTS {
                break;
            }
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn noisy_device_is_throttled_and_others_are_answered_as_ever() {
    let server = Server::start().await;
    let (noisy, other) = (server.device().await, server.device().await);
    let stop = Arc::new(AtomicBool::new(false));
    let (answers, refusals) = (Arc::new(AtomicU32::new(0)), Arc::new(AtomicU32::new(0)));
    let hammers: Vec<_> = (0..8)
        .map(|_| {
            let agent = connection(&server, &noisy);
            let (stop, answers, refusals) = (stop.clone(), answers.clone(), refusals.clone());
            tokio::spawn(async move {
                while !stop.load(Ordering::Relaxed) {
                    let count = match check_in(&agent).await.status() {
                        StatusCode::OK => &answers,
                        StatusCode::TOO_MANY_REQUESTS => &refusals,
                        status => panic!("{status}"),
                    };
                    count.fetch_add(1, Ordering::Relaxed);
                }
            })
        })
        .collect();
    for round in 1..=20 {
        in_time(async {
            while refusals.load(Ordering::Relaxed) < 5 * round {
                tokio::task::yield_now().await;
            }
        })
        .await;
        assert_eq!(check_in(&other.agent).await.status(), StatusCode::OK);
    }
    stop.store(true, Ordering::Relaxed);
    for hammer in hammers {
        in_time(hammer).await.unwrap();
    }
    assert!(
        answers.load(Ordering::Relaxed) >= 200,
        "its budget is its own to use"
    );
}

#[tokio::test]
async fn device_that_sends_too_many_bytes_of_logs_is_told_before_it_sends_more() {
    let server = Server::start_with(|settings| settings.bytes_per_second = 1024).await;
    let ((noisy, task), (other, other_task)) = (
        device_with_task(&server).await,
        device_with_task(&server).await,
    );
    let log = vec![b'x'; 200 * 1024];
    let first = noisy.agent.put_log(task, log.clone()).await;
    assert_eq!(first.status(), StatusCode::NO_CONTENT);
    for agent in [noisy.agent.clone(), connection(&server, &noisy)] {
        let response = agent.put_log(task, log.clone()).await;
        let policy = "\"bytes\";q=262144;w=256;qu=\"content-bytes\"";
        assert_limited_by(&response, "bytes", policy);
        assert_eq!(refused(response).await, TOO_MANY);
    }
    let check_in = check_in(&noisy.agent).await;
    assert_eq!(
        check_in.status(),
        StatusCode::OK,
        "there is room for little ones"
    );
    let others = other.agent.put_log(other_task, log).await;
    assert_eq!(others.status(), StatusCode::NO_CONTENT);
}

#[tokio::test]
async fn log_of_unknown_length_is_cut_off_where_the_budget_ends() {
    let server = Server::start_with(|settings| settings.bytes_per_second = 1024).await;
    let (device, task) = device_with_task(&server).await;
    let pieces = (0..40).map(|_| Ok::<_, std::io::Error>(vec![b'x'; 10 * 1024]));
    let log = Body::wrap_stream(futures_util::stream::iter(pieces));
    assert_eq!(
        refused(device.agent.put_log(task, log).await).await,
        TOO_MANY
    );
    let log = server.app.read_task_log(&server.operator, task).await;
    assert!(log.is_err(), "half a log is none");
}

#[tokio::test]
async fn bodies_of_all_calls_count_as_bytes() {
    let server = Server::start_with(|settings| settings.bytes_per_second = 16).await;
    let device = server.device().await;
    let large = format!("{{\"unknown\":\"{}\"}}", "x".repeat(3000));
    let first = device.agent.post(paths::METRICS, large.clone()).await;
    assert_eq!(first.status(), StatusCode::BAD_REQUEST);
    let response = device.agent.post(paths::METRICS, large).await;
    let policy = "\"bytes\";q=4096;w=256;qu=\"content-bytes\"";
    assert_limited_by(&response, "bytes", policy);
}

#[tokio::test]
async fn certificates_are_not_handed_out_without_end() {
    let server = Server::start().await;
    let (device, other) = (server.device().await, server.device().await);
    let request = RenewRequest {
        signing_request: signing_request(&KeyPair::generate().unwrap()),
    };
    for _ in 0..10 {
        ok::<RenewResponse>(device.agent.post_json(paths::RENEW, &request).await).await;
    }
    let response = connection(&server, &device)
        .post_json(paths::RENEW, &request)
        .await;
    assert_limited_by(&response, "renewals", "\"renewals\";q=10;w=3600");
    assert_eq!(refused(response).await, TOO_MANY);
    ok::<RenewResponse>(other.agent.post_json(paths::RENEW, &request).await).await;
}

#[tokio::test]
async fn registrations_of_one_address_are_limited_even_if_they_would_succeed() {
    let server = Server::start_with(|settings| settings.registrations_per_second = 1).await;
    let token = server.token(None).await.token;
    let anonymous = server.anonymous();
    let request = register_request(&token, &KeyPair::generate().unwrap());
    let response = in_time(async {
        loop {
            let response = anonymous.register(&request).await;
            if response.status() != StatusCode::OK {
                break response;
            }
        }
    })
    .await;
    assert_limited_by(&response, "registrations", "\"registrations\";q=50;w=50");
    assert_eq!(refused(response).await, TOO_MANY);
}

#[tokio::test]
async fn signing_requests_that_are_none_count_as_failed_registrations() {
    let server = Server::start().await;
    let token = server.token(None).await.token;
    let mut request = register_request(&token, &KeyPair::generate().unwrap());
    request.signing_request = "garbage".to_owned();
    let anonymous = server.anonymous();
    for _ in 0..20 {
        let status = anonymous.register(&request).await.status();
        assert_eq!(status, StatusCode::BAD_REQUEST);
    }
    let response = anonymous.register(&request).await;
    let policy = "\"failed-registrations\";q=20;w=200";
    assert_limited_by(&response, "failed-registrations", policy);
}

#[tokio::test]
async fn device_takes_no_more_than_its_number_of_connections() {
    let server = Server::start_with(|settings| settings.connections_per_device = 2).await;
    let (device, other) = (server.device().await, server.device().await);
    let second = connection(&server, &device);
    for agent in [&device.agent, &second] {
        assert_eq!(agent.get(paths::CONFIG).await.status(), StatusCode::OK);
    }
    let third = connection(&server, &device);
    let broken = third.call(reqwest::Method::GET, paths::CONFIG).send().await;
    assert!(broken.is_err(), "{broken:?}");
    // With another certificate it is the same device.
    let key = KeyPair::generate().unwrap();
    let request = RenewRequest {
        signing_request: signing_request(&key),
    };
    let answer: RenewResponse = ok(second.post_json(paths::RENEW, &request).await).await;
    let renewed = server.client(&answer.authorities, Some((&answer.certificate, &key)));
    let response = renewed.get(paths::CONFIG).await;
    assert_eq!(text(response.headers(), "retry-after"), "60");
    assert_eq!(refused(response).await, TOO_MANY);
    assert_eq!(
        other.agent.get(paths::CONFIG).await.status(),
        StatusCode::OK
    );
    drop(second);
    in_time(async {
        while renewed.get(paths::CONFIG).await.status() != StatusCode::OK {
            tokio::task::yield_now().await;
        }
    })
    .await;
}

#[tokio::test]
async fn connection_that_shows_a_certificate_and_asks_for_nothing_is_closed() {
    let brief = Duration::from_millis(500);
    let server = Server::start_with(|settings| settings.anonymous_lifetime = brief).await;
    let device = server.device().await;
    let own = Some((device.certificate.as_str(), &device.key));
    let tls = server.tls(Http::One, server.authority.certificate_pem(), own);
    let mut silent = server.connect(tls).await;
    let mut heard = Vec::new();
    // Closed, with or without a farewell of TLS.
    let _ = in_time(silent.read_to_end(&mut heard)).await;
    assert!(heard.is_empty());
    let poll = device.agent.poll(0);
    server.polls_wait(1).await;
    server.ask_for_scan(device.id, "scan").await;
    assert_eq!(in_time(poll).await.unwrap().status(), StatusCode::OK);
}
