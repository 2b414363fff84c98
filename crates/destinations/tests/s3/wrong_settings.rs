//! Every setting that is wrong has its code.

use crate::{bytes, object, settings};
use latarnik_destinations::{
    Addressing, Content, Destination as _, FailureCode, S3, S3Settings, Secret, probe,
};
use latarnik_test_servers::{Certificates, S3Server, free_port};
use std::sync::Arc;

/// What every operation fails with.
async fn code_of(settings: S3Settings) -> FailureCode {
    let destination = S3::new(settings).unwrap();
    let name = object("file");
    let content = Content::from(bytes(10));
    let prepared = destination.prepare().await.unwrap_err();
    for failure in [
        destination.write(&name, content).await.unwrap_err(),
        destination.read(&name).await.unwrap_err(),
        destination.read_range(&name, 0..1).await.unwrap_err(),
        destination.list(None).await.unwrap_err(),
        destination.size(&name).await.unwrap_err(),
        destination.remove(&name).await.unwrap_err(),
        destination.remove_leftovers().await.unwrap_err(),
    ] {
        assert_eq!(failure.code, prepared.code, "{}", failure.chain());
    }
    let problem = probe(&destination).await.problem.unwrap();
    assert_eq!(problem.code, prepared.code, "{problem:?}");
    prepared.code
}

#[tokio::test]
async fn a_host_that_has_no_address_is_named() {
    let wrong = S3Settings {
        endpoint: "http://nowhere.invalid:9000".to_owned(),
        ..settings(0)
    };
    assert_eq!(code_of(wrong).await, FailureCode::NameNotResolved);
}

#[tokio::test]
async fn a_port_where_nobody_listens_refuses() {
    let wrong = settings(free_port().unwrap());
    assert_eq!(code_of(wrong).await, FailureCode::ConnectionRefused);
}

#[tokio::test]
async fn only_the_right_authority_is_trusted() {
    let server = S3Server::start_with_tls().await.unwrap();
    let endpoint = format!("https://127.0.0.1:{}", server.port());
    let stranger = Certificates::new(&["127.0.0.1"]).unwrap();
    for ca_certificate in [Some(stranger.authority().to_owned()), None] {
        let wrong = S3Settings {
            endpoint: endpoint.clone(),
            ca_certificate,
            ..settings(0)
        };
        assert_eq!(code_of(wrong).await, FailureCode::Tls);
    }
    let right = S3Settings {
        endpoint,
        ca_certificate: server.authority().map(str::to_owned),
        ..settings(0)
    };
    S3::new(right).unwrap().prepare().await.unwrap();
}

#[tokio::test]
async fn a_certificate_for_another_name_is_not_trusted() {
    let server = S3Server::start_with_tls().await.unwrap();
    let wrong = S3Settings {
        endpoint: format!("https://a.b.localhost:{}", server.port()),
        ca_certificate: server.authority().map(str::to_owned),
        ..settings(0)
    };
    assert_eq!(code_of(wrong).await, FailureCode::Tls);
}

#[tokio::test]
async fn a_service_without_tls_is_not_spoken_to_with_tls() {
    let server = S3Server::start().await.unwrap();
    let wrong = S3Settings {
        endpoint: format!("https://127.0.0.1:{}", server.port()),
        ..settings(0)
    };
    assert_eq!(code_of(wrong).await, FailureCode::Tls);
}

#[tokio::test]
async fn wrong_keys_are_told_from_missing_rights() {
    let server = S3Server::start().await.unwrap();
    let (temporary, temporary_secret) = S3Server::TEMPORARY;
    let right = settings(server.port());
    let token = |token: &str| S3Settings {
        access_key_id: temporary.to_owned(),
        secret_access_key: Secret::new(temporary_secret),
        session_token: Some(Secret::new(token)),
        ..right.clone()
    };
    for wrong in [
        S3Settings {
            access_key_id: "AKIANOBODY".to_owned(),
            ..right.clone()
        },
        S3Settings {
            secret_access_key: Secret::new("wrong"),
            ..right.clone()
        },
        token(S3Server::EXPIRED_TOKEN),
        token("made up"),
    ] {
        assert_eq!(code_of(wrong).await, FailureCode::Credentials);
    }
}

#[tokio::test]
async fn a_key_that_may_only_read_is_told_so() {
    let server = S3Server::start().await.unwrap();
    server.put("file", b"theirs");
    let (id, secret) = S3Server::READER;
    let destination = S3::new(S3Settings {
        access_key_id: id.to_owned(),
        secret_access_key: Secret::new(secret),
        ..settings(server.port())
    })
    .unwrap();
    let name = object("file");
    destination.prepare().await.unwrap();
    assert_eq!(destination.read(&name).await.unwrap(), "theirs");
    for length in [10, 7 * crate::MIB] {
        let content = Content::from(bytes(length));
        let failure = destination.write(&name, content).await.unwrap_err();
        assert_eq!(failure.code, FailureCode::PermissionDenied);
    }
    let failure = destination.remove(&name).await.unwrap_err();
    assert_eq!(failure.code, FailureCode::PermissionDenied);
    let problem = probe(&destination).await.problem.unwrap();
    assert_eq!(problem.code, FailureCode::PermissionDenied);
}

#[tokio::test]
async fn a_bucket_that_does_not_exist_is_not_made() {
    let server = S3Server::start().await.unwrap();
    let wrong = S3Settings {
        bucket: "bakcups".to_owned(),
        ..settings(server.port())
    };
    assert_eq!(code_of(wrong).await, FailureCode::NoSuchContainer);
}

#[tokio::test]
async fn another_region_is_named() {
    let server = S3Server::start().await.unwrap();
    let wrong = S3Settings {
        region: "us-west-2".to_owned(),
        ..settings(server.port())
    };
    assert_eq!(code_of(wrong.clone()).await, FailureCode::InvalidSettings);
    let failure = S3::new(wrong).unwrap().prepare().await.unwrap_err();
    let chain = failure.chain();
    assert!(chain.ends_with("region is eu-central-1"), "{chain}");
}

#[tokio::test]
async fn a_clock_that_is_off_is_told_from_wrong_keys() {
    let server = S3Server::start().await.unwrap();
    #[expect(
        clippy::disallowed_methods,
        reason = "the service compares with the time of this machine"
    )]
    let now = jiff::Timestamp::now;
    for (minutes, code) in [
        (-20, Some(FailureCode::ClockSkew)),
        (20, Some(FailureCode::ClockSkew)),
        (5, None),
    ] {
        let off = move || now() + jiff::SignedDuration::from_mins(minutes);
        let destination = S3::with_clock(settings(server.port()), Arc::new(off)).unwrap();
        let prepared = destination.prepare().await;
        assert_eq!(prepared.err().map(|failure| failure.code), code);
    }
}

#[tokio::test]
async fn a_storage_class_that_the_service_lacks_is_told() {
    let server = S3Server::start().await.unwrap();
    let destination = S3::new(S3Settings {
        storage_class: Some("GOLD".to_owned()),
        ..settings(server.port())
    })
    .unwrap();
    for length in [10, 7 * crate::MIB] {
        let content = Content::from(bytes(length));
        let failure = destination.write(&object("file"), content).await;
        assert_eq!(failure.unwrap_err().code, FailureCode::InvalidSettings);
    }
}

#[tokio::test]
async fn a_server_that_is_none_of_s3_is_told() {
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0))
        .await
        .unwrap();
    let port = listener.local_addr().unwrap().port();
    let server = tokio::spawn(async move {
        use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
        while let Ok((mut socket, _)) = listener.accept().await {
            let mut request = [0; 4096];
            if socket.read(&mut request).await.is_ok_and(|read| read > 0) {
                let head = "HTTP/1.1 200 OK\r\nContent-Length: 13\r\nConnection: close";
                let page = format!("{head}\r\n\r\n<html></html>");
                socket.write_all(page.as_bytes()).await.ok();
            }
        }
    });
    let destination = S3::new(settings(port)).unwrap();
    let failure = destination.prepare().await.unwrap_err();
    assert_eq!(failure.code, FailureCode::Protocol, "{failure:?}");
    server.abort();
}

#[test]
fn settings_that_make_no_sense_are_refused_at_once() {
    let right = settings(9000);
    for wrong in [
        S3Settings {
            endpoint: "s3.example.test".to_owned(),
            ..right.clone()
        },
        S3Settings {
            bucket: "a/b".to_owned(),
            ..right.clone()
        },
        S3Settings {
            region: String::new(),
            ..right.clone()
        },
        S3Settings {
            access_key_id: String::new(),
            ..right.clone()
        },
        S3Settings {
            secret_access_key: Secret::default(),
            ..right.clone()
        },
        S3Settings {
            prefix: "../theirs".to_owned(),
            ..right.clone()
        },
        S3Settings {
            addressing: Addressing::VirtualHost,
            ..right.clone()
        },
        S3Settings {
            ca_certificate: Some("no PEM".to_owned()),
            ..right.clone()
        },
        S3Settings {
            part_bytes: 1,
            ..right.clone()
        },
        S3Settings {
            multipart_threshold_bytes: u64::MAX,
            ..right.clone()
        },
        S3Settings {
            timeout_seconds: 0,
            ..right.clone()
        },
    ] {
        let failure = S3::new(wrong.clone()).unwrap_err();
        assert_eq!(failure.code, FailureCode::InvalidSettings, "{wrong:?}");
    }
    S3::new(right).unwrap();
}

#[tokio::test]
async fn no_secret_is_in_what_fails() {
    let server = S3Server::start().await.unwrap();
    for fault in [None, Some(free_port().unwrap())] {
        let port = fault.unwrap_or(server.port());
        let destination = S3::new(S3Settings {
            secret_access_key: Secret::new("hush-secret"),
            session_token: Some(Secret::new("hush-token")),
            ..settings(port)
        })
        .unwrap();
        let name = object("file");
        let content = Content::from(bytes(10));
        let failure = destination.write(&name, content).await.unwrap_err();
        for text in [failure.chain(), format!("{failure:?} {destination:?}")] {
            assert!(!text.contains("hush"), "{text}");
        }
    }
}
