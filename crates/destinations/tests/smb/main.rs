//! Shares of a real Samba server as destinations.

mod faults;
mod line;

use bytes::Bytes;
use latarnik_destinations::{
    Content, Destination, FailureCode, ObjectName, Secret, Smb, SmbEncryption, SmbSettings,
    conformance, probe,
};
use latarnik_test_servers::{Proxy, Samba, SambaOptions, free_port};
use line::Line;
use std::{fs, os::unix::fs::PermissionsExt as _, sync::Arc};

fn settings(port: u16) -> SmbSettings {
    SmbSettings {
        server: "127.0.0.1".to_owned(),
        share: "backups".to_owned(),
        path: "office/pc-1".to_owned(),
        port,
        user: Samba::USER.to_owned(),
        domain: String::new(),
        password: Secret::new(Samba::PASSWORD),
        encryption: SmbEncryption::WhenOffered,
        timeout_seconds: 20,
    }
}

fn smb(settings: SmbSettings) -> Smb {
    Smb::new(settings).expect("settings of a share")
}

fn name(name: &str) -> ObjectName {
    ObjectName::new(name).expect("a name")
}

fn big(bytes: usize) -> Vec<u8> {
    (0..bytes).map(|place| (place % 241) as u8).collect()
}

fn in_pieces(bytes: &[u8]) -> Content {
    let pieces: Vec<Bytes> = bytes.chunks(65_536).map(Bytes::copy_from_slice).collect();
    Content::from(pieces)
}

async fn problem(settings: SmbSettings) -> Option<FailureCode> {
    let report = probe(&smb(settings)).await;
    report.problem.map(|problem| problem.code)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_share_conforms() {
    let server = Samba::start().unwrap();
    let proxy = Proxy::start(server.port()).await.unwrap();
    let destination = Arc::new(smb(settings(proxy.port())));
    conformance::check(destination).await.unwrap();
    assert!(proxy.connections() <= 8, "{}", proxy.connections());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_oldest_version_without_encryption_conforms() {
    let server = Samba::start_with(&SambaOptions {
        max_protocol: Some("SMB2_02"),
        ..SambaOptions::default()
    })
    .unwrap();
    let mut settings = settings(server.port());
    settings.path = String::new();
    conformance::check(Arc::new(smb(settings))).await.unwrap();
}

#[tokio::test]
async fn a_probe_tells_room_and_latency_and_leaves_no_file() {
    let server = Samba::start().unwrap();
    let destination = smb(settings(server.port()));
    let report = probe(&destination).await;
    assert_eq!(report.problem, None);
    assert!(report.latency_ms.is_some());
    let space = report.space.unwrap();
    assert!(space.free_bytes > 0 && space.total_bytes.unwrap() > space.free_bytes);
    assert_eq!(destination.list(None).await.unwrap(), []);
    assert_eq!(
        report.location,
        format!(
            "smb://backup@127.0.0.1:{}/backups/office/pc-1",
            server.port()
        )
    );
}

#[tokio::test]
async fn what_is_wrong_has_its_code() {
    let server = Samba::start().unwrap();
    let right = || settings(server.port());
    for (wrong, code) in [
        (
            SmbSettings {
                server: "host.invalid".to_owned(),
                ..right()
            },
            FailureCode::NameNotResolved,
        ),
        (
            SmbSettings {
                port: free_port().unwrap(),
                ..right()
            },
            FailureCode::ConnectionRefused,
        ),
        (
            SmbSettings {
                password: Secret::new("wrong"),
                ..right()
            },
            FailureCode::Credentials,
        ),
        (
            SmbSettings {
                user: "nobody-known".to_owned(),
                ..right()
            },
            FailureCode::Credentials,
        ),
        (
            SmbSettings {
                share: "absent".to_owned(),
                ..right()
            },
            FailureCode::NoSuchContainer,
        ),
        (
            SmbSettings {
                share: "closed".to_owned(),
                ..right()
            },
            FailureCode::PermissionDenied,
        ),
        (
            SmbSettings {
                share: "archive".to_owned(),
                ..right()
            },
            FailureCode::ReadOnly,
        ),
    ] {
        assert_eq!(problem(wrong.clone()).await, Some(code), "{wrong:?}");
    }
}

#[tokio::test]
async fn a_wrong_account_is_no_guest() {
    let server = Samba::start_with(&SambaOptions {
        welcomes_guests: true,
        ..SambaOptions::default()
    })
    .unwrap();
    assert_eq!(problem(settings(server.port())).await, None);
    let mut stranger = settings(server.port());
    stranger.user = "nobody-known".to_owned();
    assert_eq!(problem(stranger).await, Some(FailureCode::Credentials));
}

#[tokio::test]
async fn required_encryption_is_kept_or_refused() {
    let required = |port, share: &str| SmbSettings {
        encryption: SmbEncryption::Required,
        share: share.to_owned(),
        ..settings(port)
    };
    for protocol in [None, Some("SMB3_00")] {
        let server = Samba::start_with(&SambaOptions {
            max_protocol: protocol,
            ..SambaOptions::default()
        })
        .unwrap();
        for share in ["backups", "sealed"] {
            assert_eq!(problem(required(server.port(), share)).await, None);
        }
    }
    for options in [
        SambaOptions {
            without_encryption: true,
            ..SambaOptions::default()
        },
        SambaOptions {
            max_protocol: Some("SMB2_10"),
            ..SambaOptions::default()
        },
    ] {
        let server = Samba::start_with(&options).unwrap();
        let refused = problem(required(server.port(), "backups")).await;
        assert_eq!(refused, Some(FailureCode::Unsupported), "{options:?}");
        assert_eq!(problem(settings(server.port())).await, None);
    }
}

/// Whether these bytes were seen between a client that writes them and a server.
async fn is_seen_on_the_line(options: &SambaOptions) -> bool {
    let server = Samba::start_with(options).expect("Samba");
    let line = Line::listen(server.port()).await;
    let destination = smb(settings(line.port));
    destination.prepare().await.expect("a root");
    let text = b"what nobody else may read".repeat(100);
    let written = destination.write(&name("config"), in_pieces(&text)).await;
    written.expect("a file");
    line.saw(&text)
}

#[tokio::test]
async fn what_is_written_is_encrypted_where_the_server_can() {
    assert!(!is_seen_on_the_line(&SambaOptions::default()).await);
    let without = SambaOptions {
        without_encryption: true,
        ..SambaOptions::default()
    };
    assert!(is_seen_on_the_line(&without).await);
}

#[tokio::test]
async fn a_missing_root_is_no_missing_file() {
    let server = Samba::start().unwrap();
    let destination = smb(settings(server.port()));
    let file = name("data/ab/file");
    for code in [
        destination
            .write(&file, Content::from(vec![1]))
            .await
            .unwrap_err()
            .code,
        destination.read(&file).await.unwrap_err().code,
        destination.size(&file).await.unwrap_err().code,
        destination.remove(&file).await.unwrap_err().code,
        destination.list(None).await.unwrap_err().code,
        destination
            .list(Some(&name("data")))
            .await
            .unwrap_err()
            .code,
    ] {
        assert_eq!(code, FailureCode::NoSuchContainer);
    }
    assert_eq!(fs::read_dir(server.files()).unwrap().count(), 0);
}

#[tokio::test]
async fn a_root_that_is_a_file_is_no_container() {
    let server = Samba::start().unwrap();
    fs::write(server.files().join("office"), "not a folder").unwrap();
    assert_eq!(
        problem(settings(server.port())).await,
        Some(FailureCode::NoSuchContainer)
    );
}

/// Root may do everything everywhere, so this is told by the modes alone when it does not.
#[tokio::test]
async fn a_folder_without_the_right_to_write_is_told() {
    let server = Samba::start().unwrap();
    let destination = smb(settings(server.port()));
    destination.prepare().await.unwrap();
    let folder = server.files().join("office/pc-1");
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o555)).unwrap();
    let is_root = fs::write(folder.join("probe"), "").is_ok();
    let written = destination
        .write(&name("config"), Content::from(vec![1]))
        .await;
    let code = written.err().map(|failure| failure.code);
    assert_eq!(code, (!is_root).then_some(FailureCode::PermissionDenied));
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o755)).unwrap();
}

#[tokio::test]
async fn no_secret_is_shown() {
    let settings = settings(1);
    let shown = format!("{settings:?}");
    assert!(!shown.contains(Samba::PASSWORD), "{shown}");
    let destination = smb(settings);
    let failure = destination.prepare().await.unwrap_err();
    for shown in [
        format!("{destination:?}"),
        destination.location(),
        failure.chain(),
        format!("{failure:?}"),
    ] {
        assert!(!shown.contains(Samba::PASSWORD), "{shown}");
    }
}
