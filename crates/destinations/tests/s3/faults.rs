//! Networks and services that fail.

use crate::{MIB, bucket, bytes, object, settings};
use latarnik_destinations::{
    Bandwidth, Content, Destination as _, FailureCode, Retries, Retrying, S3, S3Settings,
};
use latarnik_test_servers::{Fault, Proxy, S3Fault, S3Server};
use std::{future::Future, num::NonZeroU64, sync::Arc, time::Duration};
use tokio::time::timeout;

const LONG: Duration = Duration::from_secs(20);

fn impatient(port: u16) -> S3 {
    S3::new(S3Settings {
        timeout_seconds: 1,
        ..settings(port)
    })
    .unwrap()
}

fn eager() -> Retries {
    Retries {
        attempts: 1_000,
        first_pause: Duration::from_millis(1),
        longest_pause: Duration::from_millis(5),
    }
}

/// Lets others work until something is so.
async fn until(what: &str, is_so: impl Fn() -> bool) {
    let wait = async {
        while !is_so() {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    };
    timeout(LONG, wait)
        .await
        .unwrap_or_else(|_| panic!("{what}"));
}

async fn soon<F: Future>(future: F) -> F::Output {
    timeout(LONG, future).await.expect("in time")
}

#[tokio::test]
async fn a_connection_that_is_cut_in_the_middle_leaves_the_old_file() {
    let server = S3Server::start().await.unwrap();
    let proxy = Proxy::start(server.port()).await.unwrap();
    let destination = S3::new(settings(proxy.port())).unwrap();
    let kept = object("data/kept");
    let old = Content::from(b"old".to_vec());
    destination.write(&kept, old).await.unwrap();
    for length in [3 * MIB, 11 * MIB] {
        // Connections that exist have sent something already; a new one is cut in the middle.
        proxy.cut();
        proxy.set(Fault::CutAfter(2 * MIB as u64));
        let content = Content::from(bytes(length));
        for name in [&kept, &object("data/fresh")] {
            let failure = destination.write(name, content.clone()).await.unwrap_err();
            assert_eq!(failure.code, FailureCode::ConnectionLost, "{failure:?}");
        }
        assert_eq!(server.object("data/kept").unwrap(), b"old");
        assert_eq!(server.object("data/fresh"), None);

        proxy.set(Fault::None);
        destination.remove_leftovers().await.unwrap();
        assert_eq!(server.uploads(), Vec::<String>::new());
        let fresh = object(&format!("data/{length}"));
        destination.write(&fresh, content).await.unwrap();
        assert_eq!(destination.read(&fresh).await.unwrap(), bytes(length));
    }
}

#[tokio::test]
async fn idle_connections_that_were_cut_are_made_anew() {
    let server = S3Server::start().await.unwrap();
    let proxy = Proxy::start(server.port()).await.unwrap();
    let destination = S3::new(settings(proxy.port())).unwrap();
    let name = object("file");
    for _ in 0..5 {
        let content = Content::from(bytes(1000));
        // The first may meet a connection whose end is not known yet.
        if let Err(failure) = destination.write(&name, content.clone()).await {
            assert_eq!(failure.code, FailureCode::ConnectionLost, "{failure:?}");
            destination.write(&name, content).await.unwrap();
        }
        proxy.cut();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_tried_again_outlasts_a_network_that_is_down() {
    let server = S3Server::start().await.unwrap();
    let proxy = Proxy::start(server.port()).await.unwrap();
    let inner = Arc::new(S3::new(settings(proxy.port())).unwrap());
    let destination = Arc::new(Retrying::new(inner, eager()));
    destination.prepare().await.unwrap();
    proxy.set(Fault::Down);
    let before = proxy.connections();
    let writing = tokio::spawn({
        let destination = Arc::clone(&destination);
        async move {
            let content = Content::from(bytes(7 * MIB));
            destination.write(&object("file"), content).await
        }
    });
    until("nothing is tried again", || {
        proxy.connections() > before + 3
    })
    .await;
    proxy.set(Fault::None);
    soon(writing).await.unwrap().unwrap();
    assert_eq!(server.object("file").unwrap(), bytes(7 * MIB));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_tried_again_outlasts_a_service_that_is_busy() {
    let server = S3Server::start().await.unwrap();
    let destination = Arc::new(Retrying::new(Arc::new(bucket(&server)), eager()));
    server.set(S3Fault::Refuse {
        operation: None,
        status: 503,
        code: "SlowDown",
    });
    let writing = tokio::spawn({
        let destination = Arc::clone(&destination);
        async move {
            let content = Content::from(bytes(7 * MIB));
            destination.write(&object("file"), content).await
        }
    });
    until("nothing is tried again", || server.requests() > 3).await;
    server.set(S3Fault::None);
    soon(writing).await.unwrap().unwrap();
    assert_eq!(server.object("file").unwrap(), bytes(7 * MIB));
}

#[tokio::test]
async fn a_refusal_before_all_is_sent_is_told_as_what_it_is() {
    let server = S3Server::start().await.unwrap();
    let destination = bucket(&server);
    for (operation, length) in [("PutObject", 5 * MIB), ("UploadPart", 11 * MIB)] {
        for (status, code, expected) in [
            (503, "SlowDown", FailureCode::ServerBusy),
            (403, "AccessDenied", FailureCode::PermissionDenied),
            (403, "QuotaExceeded", FailureCode::QuotaExceeded),
            (507, "XMinioStorageFull", FailureCode::NoSpace),
        ] {
            server.set(S3Fault::Refuse {
                operation: Some(operation),
                status,
                code,
            });
            let content = Content::from(bytes(length));
            let failure = destination.write(&object("file"), content).await;
            let failure = failure.unwrap_err();
            // The service may close the connection before its answer is read.
            assert!(
                [expected, FailureCode::ConnectionLost].contains(&failure.code),
                "{operation} {code}: {failure:?}"
            );
            let content = Content::from(bytes(length.min(1000)));
            let small = destination.write(&object("file"), content).await;
            if operation == "PutObject" {
                assert_eq!(small.unwrap_err().code, expected);
            }
        }
        server.set(S3Fault::None);
        until("an upload is left", || server.uploads().is_empty()).await;
    }
}

#[tokio::test]
async fn a_full_service_keeps_the_old_file() {
    let server = S3Server::start().await.unwrap();
    let destination = bucket(&server);
    let name = object("file");
    let old = Content::from(b"old".to_vec());
    destination.write(&name, old).await.unwrap();
    server.set_capacity(8 * MIB as u64);
    for length in [9 * MIB, 30 * MIB] {
        let content = Content::from(bytes(length));
        let failure = destination.write(&name, content).await.unwrap_err();
        assert_eq!(failure.code, FailureCode::NoSpace, "{failure:?}");
        assert!(!failure.code.is_worth_retrying());
        assert_eq!(server.object("file").unwrap(), b"old");
        assert_eq!(server.uploads(), Vec::<String>::new());
    }
}

#[tokio::test]
async fn success_that_turns_into_failure_is_no_success() {
    let server = S3Server::start().await.unwrap();
    server.set(S3Fault::FailToFinish);
    let destination = bucket(&server);
    let content = Content::from(bytes(7 * MIB));
    let failure = destination.write(&object("file"), content).await;
    assert_eq!(failure.unwrap_err().code, FailureCode::ServerBusy);
    assert_eq!(server.object("file"), None);
    assert_eq!(server.uploads(), Vec::<String>::new());
}

#[tokio::test]
async fn an_upload_that_is_dropped_is_given_up() {
    let server = S3Server::start().await.unwrap();
    let destination = bucket(&server);
    let pace = Arc::new(Bandwidth::new(NonZeroU64::new(6 * MIB as u64).unwrap()));
    let content = Content::from(bytes(20 * MIB)).paced(pace);
    let name = object("file");
    tokio::select! {
        written = destination.write(&name, content) => panic!("{written:?}"),
        () = until("no upload begins", || !server.uploads().is_empty()) => {}
    }
    until("the upload is left", || server.uploads().is_empty()).await;
    assert_eq!(server.object("file"), None);
}

#[tokio::test]
async fn a_service_that_hangs_is_given_up() {
    let server = S3Server::start().await.unwrap();
    server.set(S3Fault::Hang);
    let destination = impatient(server.port());
    let name = object("file");
    let large = Content::from(bytes(7 * MIB));
    let (prepared, read, written) = soon(async {
        tokio::join!(
            destination.prepare(),
            destination.read(&name),
            destination.write(&name, large)
        )
    })
    .await;
    assert_eq!(prepared.unwrap_err().code, FailureCode::TimedOut);
    assert_eq!(read.unwrap_err().code, FailureCode::TimedOut);
    assert_eq!(written.unwrap_err().code, FailureCode::TimedOut);
    server.set(S3Fault::None);
    destination.prepare().await.unwrap();
}

#[tokio::test]
async fn a_network_that_swallows_is_given_up() {
    let server = S3Server::start().await.unwrap();
    let proxy = Proxy::start(server.port()).await.unwrap();
    let destination = impatient(proxy.port());
    proxy.set(Fault::Swallow);
    let content = Content::from(bytes(3 * MIB));
    let written = soon(destination.write(&object("file"), content)).await;
    assert_eq!(written.unwrap_err().code, FailureCode::TimedOut);
}

#[tokio::test]
async fn a_slow_service_is_waited_for_as_long_as_something_moves() {
    let server = S3Server::start().await.unwrap();
    let proxy = Proxy::start(server.port()).await.unwrap();
    let destination = impatient(proxy.port());
    // In pieces of up to 64 KiB: over a second there, and over a second back.
    proxy.set(Fault::Delay(Duration::from_millis(150)));
    let name = object("file");
    let content = Content::from(bytes(MIB / 2));
    destination.write(&name, content).await.unwrap();
    assert_eq!(destination.read(&name).await.unwrap(), bytes(MIB / 2));
}

#[tokio::test]
async fn a_bandwidth_limit_is_not_taken_for_silence() {
    let server = S3Server::start().await.unwrap();
    let destination = impatient(server.port());
    // The second piece of 64 KiB may leave after 1.3 seconds.
    let pace = Arc::new(Bandwidth::new(NonZeroU64::new(50_000).unwrap()));
    let content = Content::from(bytes(70_000)).paced(pace);
    destination.write(&object("file"), content).await.unwrap();
}

#[tokio::test]
async fn what_a_policy_forbids_is_told() {
    let server = S3Server::start().await.unwrap();
    let destination = bucket(&server);
    let name = object("file");
    let content = Content::from(bytes(10));
    destination.write(&name, content).await.unwrap();
    server.set(S3Fault::Refuse {
        operation: Some("DeleteObject"),
        status: 403,
        code: "AccessDenied",
    });
    let failure = destination.remove(&name).await.unwrap_err();
    assert_eq!(failure.code, FailureCode::PermissionDenied);
    assert_eq!(destination.size(&name).await.unwrap(), Some(10));
}
