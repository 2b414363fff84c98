//! A folder of an FTP server as a destination.

use latarnik_destinations::{
    Content, Destination, FailureCode, Ftp, FtpSecurity, FtpSettings, ObjectName, Secret,
    Verification, Verified, Written, conformance, probe,
};
use latarnik_test_servers::{
    SmallDisk, free_port,
    ftp::{Encryption, FtpServer, PASSWORD, READER, USER},
};
use std::{fs, sync::Arc};

#[path = "ftp/faults.rs"]
mod faults;
#[path = "ftp/network.rs"]
mod network;

/// Without TLS.
fn plain(port: u16, user: &str) -> FtpSettings {
    FtpSettings {
        host: "127.0.0.1".to_owned(),
        port: Some(port),
        user: user.to_owned(),
        password: Secret::new(PASSWORD),
        path: "backups".to_owned(),
        security: FtpSecurity::None,
        ca_certificate: None,
        certificate_fingerprint: None,
        timeout_seconds: 60,
    }
}

fn encrypted(server: &FtpServer, user: &str, security: FtpSecurity) -> FtpSettings {
    FtpSettings {
        security,
        ca_certificate: Some(server.certificates().authority.clone()),
        ..plain(server.port(), user)
    }
}

fn name(name: &str) -> ObjectName {
    ObjectName::new(name).expect("a name")
}

async fn must_conform(server: &FtpServer, settings: FtpSettings) {
    let destination = Arc::new(Ftp::new(settings).expect("settings that make sense"));
    if let Err(violation) = conformance::check(destination).await {
        panic!("{violation}\n{}", server.log());
    }
}

/// Why a destination with these settings cannot be used.
async fn problem(settings: FtpSettings) -> Option<FailureCode> {
    let ftp = Ftp::new(settings).expect("settings that make sense");
    probe(&ftp).await.problem.map(|problem| problem.code)
}

#[tokio::test]
async fn vsftpd_conforms() {
    let server = FtpServer::vsftpd(Encryption::None, "").unwrap();
    must_conform(&server, plain(server.port(), "anonymous")).await;
}

#[tokio::test]
async fn vsftpd_conforms_with_tls_sessions_that_must_be_resumed() {
    let server = FtpServer::vsftpd(Encryption::Explicit, "").unwrap();
    let settings = encrypted(&server, "anonymous", FtpSecurity::Explicit);
    must_conform(&server, settings).await;
}

#[tokio::test]
async fn vsftpd_can_be_used_with_implicit_tls() {
    let server = FtpServer::vsftpd(Encryption::Implicit, "").unwrap();
    let settings = encrypted(&server, "anonymous", FtpSecurity::Implicit);
    assert_eq!(problem(settings).await, None, "{}", server.log());
}

#[tokio::test]
async fn pyftpdlib_conforms_with_tls() {
    let server = FtpServer::pyftpdlib(Encryption::Explicit, &[]).unwrap();
    let settings = encrypted(&server, USER, FtpSecurity::Explicit);
    must_conform(&server, settings).await;
}

#[tokio::test]
async fn a_server_of_the_last_century_conforms() {
    let words = ["no-overwriting", "no-extensions", "unreachable-address"];
    let server = FtpServer::pyftpdlib(Encryption::None, &words).unwrap();
    must_conform(&server, plain(server.port(), USER)).await;
}

#[tokio::test]
async fn what_may_not_be_written_to_is_told() {
    let denied = Some(FailureCode::PermissionDenied);
    let server = FtpServer::pyftpdlib(Encryption::None, &[]).unwrap();
    assert_eq!(problem(plain(server.port(), READER)).await, denied);
    fs::create_dir(server.data().join("backups")).unwrap();
    assert_eq!(problem(plain(server.port(), READER)).await, denied);
    let clerk = Ftp::new(plain(server.port(), USER)).unwrap();
    let config = name("config");
    clerk.write(&config, Content::from(vec![1])).await.unwrap();
    let reader = Ftp::new(plain(server.port(), READER)).unwrap();
    assert_eq!(reader.read(&config).await.unwrap(), vec![1]);
    let removal = reader.remove(&config).await.unwrap_err();
    assert_eq!(Some(removal.code), denied);
    let write = reader.write(&config, Content::from(vec![2])).await;
    assert_eq!(Some(write.unwrap_err().code), denied);
    assert_eq!(clerk.read(&config).await.unwrap(), vec![1]);
}

#[tokio::test]
async fn wrong_settings_are_told_by_their_codes() {
    let open = FtpServer::pyftpdlib(Encryption::None, &[]).unwrap();
    let closed = FtpServer::pyftpdlib(Encryption::Explicit, &[]).unwrap();
    let right = plain(open.port(), USER);
    let right_with_tls = encrypted(&closed, USER, FtpSecurity::Explicit);
    let other = FtpServer::pyftpdlib(Encryption::Explicit, &[]).unwrap();
    let code = |code, settings| (code, settings);
    for (code, settings) in [
        code(
            FailureCode::NameNotResolved,
            FtpSettings {
                host: "no-such-host.invalid".to_owned(),
                ..right.clone()
            },
        ),
        code(
            FailureCode::ConnectionRefused,
            FtpSettings {
                port: Some(free_port().unwrap()),
                ..right.clone()
            },
        ),
        code(
            FailureCode::Credentials,
            FtpSettings {
                password: Secret::new("battery staple"),
                ..right.clone()
            },
        ),
        code(
            FailureCode::Credentials,
            FtpSettings {
                user: "stranger".to_owned(),
                ..right_with_tls.clone()
            },
        ),
        code(
            FailureCode::NoSuchContainer,
            FtpSettings {
                path: "a/b".to_owned(),
                ..right.clone()
            },
        ),
        // A server without TLS, one that insists on it, and one whose certificate is unknown.
        code(
            FailureCode::Tls,
            FtpSettings {
                port: Some(open.port()),
                ..right_with_tls.clone()
            },
        ),
        code(
            FailureCode::Tls,
            FtpSettings {
                security: FtpSecurity::None,
                ..right_with_tls.clone()
            },
        ),
        code(
            FailureCode::Tls,
            FtpSettings {
                ca_certificate: None,
                ..right_with_tls.clone()
            },
        ),
        code(
            FailureCode::Tls,
            FtpSettings {
                ca_certificate: Some(other.certificates().authority.clone()),
                ..right_with_tls.clone()
            },
        ),
        code(
            FailureCode::Tls,
            FtpSettings {
                ca_certificate: None,
                certificate_fingerprint: Some("00".repeat(32)),
                ..right_with_tls.clone()
            },
        ),
        // Implicit TLS with a server that speaks first.
        code(
            FailureCode::Tls,
            FtpSettings {
                security: FtpSecurity::Implicit,
                ..right_with_tls.clone()
            },
        ),
    ] {
        let description = format!("{settings:?}");
        assert_eq!(problem(settings).await, Some(code), "{description}");
    }
    assert_eq!(problem(right).await, None);
    assert_eq!(problem(right_with_tls).await, None);
}

#[tokio::test]
async fn a_certificate_that_was_shown_once_is_enough_to_know_the_server() {
    let server = FtpServer::pyftpdlib(Encryption::Explicit, &["only-tls-1-3"]).unwrap();
    let unknown = FtpSettings {
        ca_certificate: None,
        ..encrypted(&server, USER, FtpSecurity::Explicit)
    };
    let report = probe(&Ftp::new(unknown.clone()).unwrap()).await;
    assert_eq!(report.problem.unwrap().code, FailureCode::Tls);
    let shown = report.server_key.unwrap();
    let by_certificate = FtpSettings {
        ca_certificate: Some(shown.key),
        ..unknown.clone()
    };
    let by_fingerprint = FtpSettings {
        certificate_fingerprint: Some(shown.fingerprint),
        ..unknown
    };
    assert_eq!(problem(by_certificate).await, None);
    assert_eq!(problem(by_fingerprint).await, None);
}

#[tokio::test]
async fn without_its_root_nothing_is_there() {
    let vsftpd = FtpServer::vsftpd(Encryption::None, "").unwrap();
    let pyftpdlib = FtpServer::pyftpdlib(Encryption::None, &[]).unwrap();
    for (server, user) in [(&vsftpd, "anonymous"), (&pyftpdlib, USER)] {
        let destination = Ftp::new(plain(server.port(), user)).unwrap();
        let name = name("config");
        for code in [
            destination
                .write(&name, Content::from(vec![1]))
                .await
                .unwrap_err()
                .code,
            destination.read(&name).await.unwrap_err().code,
            destination.size(&name).await.unwrap_err().code,
            destination.remove(&name).await.unwrap_err().code,
            destination.list(None).await.unwrap_err().code,
            destination.space().await.unwrap_err().code,
        ] {
            assert_eq!(code, FailureCode::NoSuchContainer, "{}", server.log());
        }
        assert_eq!(fs::read_dir(server.data()).unwrap().count(), 0);
    }
}

#[tokio::test]
async fn a_server_with_no_room_for_another_client_is_busy() {
    let server = FtpServer::pyftpdlib(Encryption::None, &["one-connection"]).unwrap();
    let first = Ftp::new(plain(server.port(), USER)).unwrap();
    // The connection that found it listening may still be there.
    while let Err(failure) = first.prepare().await {
        assert_eq!(failure.code, FailureCode::ServerBusy);
    }
    let second = Ftp::new(plain(server.port(), USER)).unwrap();
    let failure = second.prepare().await.unwrap_err();
    assert_eq!(failure.code, FailureCode::ServerBusy, "{}", failure.chain());
}

#[tokio::test]
async fn what_changed_behind_our_back_is_noticed() {
    let server = FtpServer::pyftpdlib(Encryption::None, &[]).unwrap();
    let ftp = Arc::new(Ftp::new(plain(server.port(), USER)).unwrap());
    ftp.prepare().await.unwrap();
    let verified = Verified::new(ftp.clone(), Verification::Checksum);
    let config = name("config");
    let content = Content::from(b"whole".to_vec());
    let written = verified.write(&config, content).await.unwrap();
    assert_eq!(written, Written::Confirmed);
    let path = server.data().join("backups/config");
    fs::write(&path, "wh").unwrap();
    let cut_short = ftp.read_range(&config, 0..5).await.unwrap_err();
    assert_eq!(cut_short.code, FailureCode::Protocol);
    fs::write(&path, "hole!").unwrap();
    assert_eq!(ftp.read(&config).await.unwrap(), "hole!");
    fs::remove_file(&path).unwrap();
    let deleted = ftp.read(&config).await.unwrap_err();
    assert_eq!(deleted.code, FailureCode::NotFound);
}

#[tokio::test]
async fn a_full_disk_is_told_and_nothing_is_left_there() {
    let folder = tempfile::tempdir().unwrap();
    let disk = SmallDisk::mount(folder.path(), 4 * 1024 * 1024).unwrap();
    let server = FtpServer::vsftpd_on(&disk, folder.path()).unwrap();
    let ftp = Ftp::new(plain(server.port(), "anonymous")).unwrap();
    ftp.prepare().await.unwrap();
    let kept = name("data/kept");
    ftp.write(&kept, Content::from(vec![1; 1000]))
        .await
        .unwrap();
    for target in [&kept, &name("data/large")] {
        let failure = ftp
            .write(target, Content::from(vec![2; 6 * 1024 * 1024]))
            .await
            .unwrap_err();
        assert_eq!(
            failure.code,
            FailureCode::NoSpace,
            "{}\n{}",
            failure.chain(),
            server.log()
        );
    }
    assert_eq!(ftp.read(&kept).await.unwrap(), vec![1; 1000]);
    assert_eq!(ftp.list(None).await.unwrap().len(), 1);
    assert_eq!(ftp.remove_leftovers().await.unwrap(), 0);
}
