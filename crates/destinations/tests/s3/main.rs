//! Buckets as destinations, against a service that verifies signatures.
#![expect(clippy::unwrap_used, reason = "what surprises a test is to end it")]

mod faults;
mod integrity;
mod wrong_settings;

use latarnik_destinations::{
    Addressing, Content, Destination, Entry, ObjectName, S3, S3Settings, Secret, Settings,
    conformance, open, probe,
};
use latarnik_test_servers::{Proxy, S3Server};
use std::sync::Arc;

const MIB: usize = 1024 * 1024;

/// Settings for the test service, or for a proxy in front of it.
fn settings(port: u16) -> S3Settings {
    let (id, secret) = S3Server::KEY;
    let endpoint = format!("http://127.0.0.1:{port}");
    let mut settings = S3Settings::new(endpoint, S3Server::BUCKET, id, secret);
    S3Server::REGION.clone_into(&mut settings.region);
    settings.multipart_threshold_bytes = 6 * MIB as u64;
    settings.part_bytes = 5 * MIB as u64;
    settings.timeout_seconds = 20;
    settings
}

fn bucket(server: &S3Server) -> S3 {
    S3::new(settings(server.port())).unwrap()
}

fn object(name: &str) -> ObjectName {
    ObjectName::new(name).unwrap()
}

fn bytes(length: usize) -> Vec<u8> {
    (0..length).map(|place| (place % 251) as u8).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bucket_conforms() {
    let server = S3Server::start().await.unwrap();
    let proxy = Proxy::start(server.port()).await.unwrap();
    let destination = Arc::new(S3::new(settings(proxy.port())).unwrap());
    conformance::check(destination).await.unwrap();
    assert_eq!(server.uploads(), Vec::<String>::new());
    // There were more than 3,000 requests.
    assert!(proxy.connections() < 300, "{}", proxy.connections());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_of_a_bucket_conforms_over_tls_and_with_virtual_hosts() {
    let server = S3Server::start_with_tls().await.unwrap();
    server.put("client-12/data/theirs", b"theirs");
    let destination = S3::new(S3Settings {
        endpoint: format!("https://localhost:{}", server.port()),
        addressing: Addressing::VirtualHost,
        ca_certificate: server.authority().map(str::to_owned),
        prefix: "/client-1/".to_owned(),
        ..settings(server.port())
    })
    .unwrap();
    assert_eq!(
        destination.location(),
        format!("s3:https://localhost:{}/backups/client-1", server.port())
    );
    conformance::check(Arc::new(destination)).await.unwrap();
    assert_eq!(server.object("client-12/data/theirs").unwrap(), b"theirs");
}

#[tokio::test]
async fn what_lies_outside_of_the_prefix_is_neither_seen_nor_touched() {
    let server = S3Server::start().await.unwrap();
    for key in [
        "ab/data/1",
        "a",
        "a/",
        "data/1",
        "a/data/zażółć",
        "a/data/x y",
    ] {
        server.put(key, b"theirs");
    }
    server.begin_upload("ab/data/2");
    server.begin_upload("data/2");
    let ours = S3::new(S3Settings {
        prefix: "a".to_owned(),
        ..settings(server.port())
    })
    .unwrap();
    ours.write(&object("data/1"), Content::from(b"ours".to_vec()))
        .await
        .unwrap();
    server.begin_upload("a/data/2");

    let expected = vec![Entry {
        name: object("data/1"),
        bytes: 4,
    }];
    assert_eq!(ours.list(None).await.unwrap(), expected);
    assert_eq!(ours.list(Some(&object("data"))).await.unwrap(), expected);
    assert_eq!(ours.remove_leftovers().await.unwrap(), 1);
    assert_eq!(server.uploads(), ["ab/data/2", "data/2"]);
    ours.remove(&object("data/1")).await.unwrap();
    assert_eq!(server.object("data/1").unwrap(), b"theirs");
    assert_eq!(server.object("ab/data/1").unwrap(), b"theirs");
    assert_eq!(server.object("a/data/1"), None);
}

#[tokio::test]
async fn all_leftovers_are_removed_however_many() {
    let server = S3Server::start().await.unwrap();
    for number in 0..1_005 {
        server.begin_upload(&format!("data/{}", number % 7));
    }
    let destination = bucket(&server);
    assert_eq!(destination.remove_leftovers().await.unwrap(), 1_005);
    assert_eq!(server.uploads(), Vec::<String>::new());
    assert_eq!(destination.remove_leftovers().await.unwrap(), 0);
}

#[tokio::test]
async fn files_of_any_size_go_to_the_storage_class() {
    let server = S3Server::start().await.unwrap();
    let destination = S3::new(S3Settings {
        storage_class: Some("STANDARD_IA".to_owned()),
        ..settings(server.port())
    })
    .unwrap();
    for (name, length) in [("small", 10), ("large", 6 * MIB + 1)] {
        let content = Content::from(bytes(length));
        destination.write(&object(name), content).await.unwrap();
        assert_eq!(server.storage_class(name).unwrap(), "STANDARD_IA");
    }
}

#[tokio::test]
async fn temporary_keys_come_with_their_token() {
    let server = S3Server::start().await.unwrap();
    let (id, secret) = S3Server::TEMPORARY;
    let destination = S3::new(S3Settings {
        access_key_id: id.to_owned(),
        secret_access_key: Secret::new(secret),
        session_token: Some(Secret::new(S3Server::TOKEN)),
        ..settings(server.port())
    })
    .unwrap();
    assert_eq!(probe(&destination).await.problem, None);
}

#[tokio::test]
async fn a_probe_tells_latency_and_leaves_no_file() {
    let server = S3Server::start().await.unwrap();
    let destination = bucket(&server);
    let report = probe(&destination).await;
    assert_eq!(report.problem, None);
    assert!(report.latency_ms.is_some());
    assert_eq!(report.space, None);
    assert_eq!(destination.list(None).await.unwrap(), []);
}

#[test]
fn a_description_needs_an_endpoint_a_bucket_and_keys() {
    let json = r#"{
        "kind": "s3",
        "endpoint": "https://s3.example.test",
        "bucket": "b",
        "access_key_id": "id",
        "secret_access_key": "hush"
    }"#;
    let settings: Settings = serde_json::from_str(json).unwrap();
    let expected = S3Settings::new("https://s3.example.test", "b", "id", "hush");
    assert_eq!(settings, Settings::S3(Box::new(expected)));
    let again = serde_json::to_string(&settings).unwrap();
    assert_eq!(serde_json::from_str::<Settings>(&again).unwrap(), settings);
    let misspelt = json.replace("endpoint", "endpiont");
    assert!(serde_json::from_str::<Settings>(&misspelt).is_err());

    let destination = open(settings.clone()).unwrap();
    assert_eq!(destination.location(), "s3:https://s3.example.test/b");
    for text in [format!("{settings:?}"), format!("{destination:?}")] {
        assert!(!text.contains("hush"), "{text}");
    }
}
