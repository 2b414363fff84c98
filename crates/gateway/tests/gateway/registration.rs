//! Getting a certificate, and a new one.

use crate::support::{Server, facts, ok, refused, register_request, signing_request};
use jiff::SignedDuration;
use latarnik_app::Context;
use latarnik_protocol::{
    Fingerprint, ProblemCode, RegisterResponse, RenewRequest, RenewResponse, Secret, limits, paths,
};
use rcgen::{CertificateParams, KeyPair};
use reqwest::StatusCode;
use rustls_pki_types::{CertificateDer, pem::PemObject};

#[tokio::test]
async fn token_and_key_become_a_device_with_a_certificate() {
    let server = Server::start().await;
    let (token, key) = (server.token(None).await, KeyPair::generate().unwrap());
    let request = register_request(&token.token, &key);
    let answer: RegisterResponse = ok(server.anonymous().register(&request).await).await;
    assert_eq!(answer.authorities, server.authority.certificate_pem());
    assert_eq!(
        answer.authority_fingerprints,
        [server.authority.fingerprint()]
    );
    assert_eq!(answer.expires_at.to_string(), "2027-02-21T12:00:00Z");
    let context = Context::command_line();
    let device = server
        .app
        .read_device(&context, answer.device_id)
        .await
        .unwrap();
    assert_eq!(device.record.facts.hostname, facts().hostname);
    let agent = server.client(&answer.authorities, Some((&answer.certificate, &key)));
    assert_eq!(agent.get(paths::CONFIG).await.status(), StatusCode::OK);
}

#[tokio::test]
async fn token_that_is_wrong_expired_used_up_or_revoked_is_refused_with_its_code() {
    let server = Server::start().await;
    let key = KeyPair::generate().unwrap();
    let anonymous = server.anonymous();
    let used_up = server.token(Some(1)).await.token;
    let first = register_request(&used_up, &KeyPair::generate().unwrap());
    ok::<RegisterResponse>(anonymous.register(&first).await).await;
    let revoked = server.token(None).await;
    server
        .app
        .revoke_enrollment_token(&server.operator, revoked.record.id)
        .await
        .unwrap();
    let valid = server.token(None).await.token;
    let mut wrong = register_request(&valid, &key);
    wrong.secret = Secret::new([7; 24]).reveal();
    let mut garbage = register_request(&valid, &key);
    garbage.secret = "garbage".to_owned();
    for (request, code) in [
        (register_request(&used_up, &key), ProblemCode::TokenUsedUp),
        (
            register_request(&revoked.token, &key),
            ProblemCode::TokenRevoked,
        ),
        (wrong, ProblemCode::TokenUnknown),
        (garbage, ProblemCode::TokenUnknown),
    ] {
        let refusal = refused(anonymous.register(&request).await).await;
        assert_eq!(refusal, (StatusCode::FORBIDDEN, code));
    }
    server.clock.advance(SignedDuration::from_hours(25));
    let refusal = refused(anonymous.register(&register_request(&valid, &key)).await).await;
    assert_eq!(refusal, (StatusCode::FORBIDDEN, ProblemCode::TokenExpired));
}

#[tokio::test]
async fn repeated_registration_with_the_same_key_is_the_same_device_and_takes_no_further_use() {
    let server = Server::start().await;
    let (token, key) = (
        server.token(Some(1)).await.token,
        KeyPair::generate().unwrap(),
    );
    let anonymous = server.anonymous();
    let first: RegisterResponse =
        ok(anonymous.register(&register_request(&token, &key)).await).await;
    let second: RegisterResponse =
        ok(anonymous.register(&register_request(&token, &key)).await).await;
    assert_eq!(first.device_id, second.device_id);
    for certificate in [&first.certificate, &second.certificate] {
        let agent = server.client(&first.authorities, Some((certificate, &key)));
        assert_eq!(agent.get(paths::CONFIG).await.status(), StatusCode::OK);
    }
}

#[tokio::test]
async fn unusable_signing_request_is_refused() {
    let server = Server::start().await;
    let (token, key) = (server.token(None).await.token, KeyPair::generate().unwrap());
    let foreign = CertificateParams::default()
        .self_signed(&key)
        .unwrap()
        .pem();
    for signing_request in ["garbage".to_owned(), foreign, String::new()] {
        let mut request = register_request(&token, &key);
        request.signing_request = signing_request;
        let refusal = refused(server.anonymous().register(&request).await).await;
        assert_eq!(
            refusal,
            (StatusCode::BAD_REQUEST, ProblemCode::SigningRequestInvalid)
        );
    }
}

#[tokio::test]
async fn newer_protocol_is_refused() {
    let server = Server::start().await;
    let (token, key) = (server.token(None).await.token, KeyPair::generate().unwrap());
    let mut request = register_request(&token, &key);
    request.protocol_version += 1;
    let refusal = refused(server.anonymous().register(&request).await).await;
    assert_eq!(
        refusal,
        (
            StatusCode::UPGRADE_REQUIRED,
            ProblemCode::ProtocolUnsupported
        )
    );
}

#[tokio::test]
async fn malformed_and_oversize_bodies_are_refused() {
    let server = Server::start().await;
    let anonymous = server.anonymous();
    for body in ["", "{", "[]", r#"{"protocol_version":1}"#] {
        let refusal = refused(anonymous.post(paths::REGISTER, body).await).await;
        assert_eq!(
            refusal,
            (StatusCode::BAD_REQUEST, ProblemCode::MalformedBody),
            "{body}"
        );
    }
    let large = " ".repeat(limits::JSON_BODY_BYTES + 1);
    let refusal = refused(anonymous.post(paths::REGISTER, large).await).await;
    assert_eq!(
        refusal,
        (StatusCode::PAYLOAD_TOO_LARGE, ProblemCode::BodyTooLarge)
    );
}

#[tokio::test]
async fn unknown_fields_are_ignored() {
    let server = Server::start().await;
    let (token, key) = (server.token(None).await.token, KeyPair::generate().unwrap());
    let mut request = serde_json::to_value(register_request(&token, &key)).unwrap();
    request["news"] = serde_json::json!({"of": "a newer agent"});
    request["facts"]["shoe_size"] = 43.into();
    let response = server
        .anonymous()
        .post(paths::REGISTER, request.to_string())
        .await;
    ok::<RegisterResponse>(response).await;
}

#[tokio::test]
async fn guessing_tokens_is_slowed_down() {
    let server = Server::start().await;
    let (token, key) = (server.token(None).await.token, KeyPair::generate().unwrap());
    let mut guess = register_request(&token, &key);
    guess.secret = Secret::new([1; 24]).reveal();
    let anonymous = server.anonymous();
    for _ in 0..20 {
        assert_eq!(
            anonymous.register(&guess).await.status(),
            StatusCode::FORBIDDEN
        );
    }
    let response = anonymous.register(&guess).await;
    assert!(response.headers().contains_key("retry-after"));
    let refusal = refused(response).await;
    assert_eq!(
        refusal,
        (StatusCode::TOO_MANY_REQUESTS, ProblemCode::TooManyRequests)
    );
}

#[tokio::test]
async fn renewed_certificate_works_beside_the_old_one() {
    let server = Server::start().await;
    let device = server.device().await;
    server.clock.advance(SignedDuration::from_hours(60 * 24));
    let key = KeyPair::generate().unwrap();
    let request = RenewRequest {
        signing_request: signing_request(&key),
    };
    let answer: RenewResponse = ok(device.agent.post_json(paths::RENEW, &request).await).await;
    assert_eq!(answer.expires_at.to_string(), "2027-04-22T12:00:00Z");
    let renewed = server.client(&answer.authorities, Some((&answer.certificate, &key)));
    assert_eq!(renewed.get(paths::CONFIG).await.status(), StatusCode::OK);
    assert_eq!(
        device.agent.get(paths::CONFIG).await.status(),
        StatusCode::OK
    );
    let der = |pem: &str| CertificateDer::from_pem_slice(pem.as_bytes()).unwrap();
    let [old, new] =
        [&device.certificate, &answer.certificate].map(|pem| Fingerprint::of(&der(pem)));
    assert_ne!(old, new);
}
