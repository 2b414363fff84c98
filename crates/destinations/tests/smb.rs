//! Shares of a real Samba server as destinations.
#![cfg(unix)]

use bytes::Bytes;
use latarnik_destinations::{
    Bandwidth, Content, Destination, FailureCode, ObjectName, Retries, Retrying, Secret, Smb,
    SmbEncryption, SmbSettings, Verification, Verified, conformance, probe,
};
use latarnik_test_servers::{Fault, Proxy, Samba, SambaOptions, free_port};
use std::{
    fs,
    num::NonZeroU64,
    os::unix::fs::PermissionsExt as _,
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    time::Instant,
};

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

fn retrying(destination: Smb) -> Retrying {
    let retries = Retries {
        attempts: 8,
        first_pause: Duration::from_millis(50),
        longest_pause: Duration::from_millis(400),
    };
    Retrying::new(Arc::new(destination), retries)
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

/// Passes connections on, and keeps what clients send.
struct Line {
    port: u16,
    sent: Arc<Mutex<Vec<u8>>>,
}

impl Line {
    async fn listen(server: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let sent = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&sent);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let kept = Arc::clone(&kept);
                tokio::spawn(async move {
                    let server = TcpStream::connect(("127.0.0.1", server)).await?;
                    let (mut from_client, mut to_client) = client.into_split();
                    let (mut from_server, mut to_server) = server.into_split();
                    let there = async {
                        let mut buffer = vec![0; 65_536];
                        loop {
                            let read = from_client.read(&mut buffer).await?;
                            let bytes = buffer.get(..read).unwrap_or_default();
                            if bytes.is_empty() {
                                return std::io::Result::Ok(());
                            }
                            kept.lock().expect("not poisoned").extend_from_slice(bytes);
                            to_server.write_all(bytes).await?;
                        }
                    };
                    let back = tokio::io::copy(&mut from_server, &mut to_client);
                    tokio::try_join!(there, back).map(drop)
                });
            }
        });
        Self { port, sent }
    }

    fn saw(&self, text: &[u8]) -> bool {
        let sent = self.sent.lock().expect("not poisoned");
        sent.windows(text.len()).any(|window| window == text)
    }
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
async fn a_full_disk_is_told_and_leaves_nothing() {
    let server = Samba::start_with(&SambaOptions {
        largest_file_kib: Some(4096),
        ..SambaOptions::default()
    })
    .unwrap();
    let destination = smb(settings(server.port()));
    destination.prepare().await.unwrap();
    let file = name("data/ab/file");
    let failure = destination
        .write(&file, in_pieces(&big(6 * 1024 * 1024)))
        .await
        .unwrap_err();
    assert_eq!(failure.code, FailureCode::NoSpace, "{}", failure.chain());
    assert_eq!(destination.size(&file).await.unwrap(), None);
    let small = big(1024 * 1024);
    destination.write(&file, in_pieces(&small)).await.unwrap();
    assert_eq!(destination.read(&file).await.unwrap(), small);
    // What was not finished is removed in the background, and before that by this.
    destination.remove_leftovers().await.unwrap();
    let left = fs::read_dir(server.files().join("office/pc-1/tmp")).unwrap();
    assert_eq!(left.count(), 0);
}

#[tokio::test]
async fn a_cut_in_the_middle_of_a_write_leaves_the_old_file() {
    let server = Samba::start().unwrap();
    let proxy = Proxy::start(server.port()).await.unwrap();
    let destination = smb(settings(proxy.port()));
    destination.prepare().await.unwrap();
    let file = name("data/ab/file");
    let new = big(8 * 1024 * 1024);
    for old in [None, Some(big(1000))] {
        if let Some(old) = &old {
            destination.write(&file, in_pieces(old)).await.unwrap();
        }
        // It counts for each connection from its start, so there has to be a new one.
        proxy.set(Fault::CutAfter(2 * 1024 * 1024));
        proxy.cut();
        destination.size(&file).await.ok();
        let failure = destination.write(&file, in_pieces(&new)).await.unwrap_err();
        assert_eq!(
            failure.code,
            FailureCode::ConnectionLost,
            "{}",
            failure.chain()
        );
        proxy.set(Fault::None);
        // The connection that was cut may be found out by one more operation.
        let found = match destination.size(&file).await {
            Err(_) => destination.size(&file).await.unwrap(),
            Ok(found) => found,
        };
        assert_eq!(found, old.as_ref().map(|old| old.len() as u64));
        if let Some(old) = old {
            assert_eq!(destination.read(&file).await.unwrap(), old);
        }
    }
    destination.write(&file, in_pieces(&new)).await.unwrap();
    assert_eq!(destination.read(&file).await.unwrap(), new);
    destination.remove_leftovers().await.unwrap();
    assert_eq!(destination.list(None).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_connection_that_was_cut_while_idle_is_made_anew() {
    let server = Samba::start().unwrap();
    let proxy = Proxy::start(server.port()).await.unwrap();
    let destination = retrying(smb(settings(proxy.port())));
    destination.prepare().await.unwrap();
    let file = name("config");
    destination.write(&file, in_pieces(&[1])).await.unwrap();
    let made = proxy.connections();
    proxy.cut();
    let started = Instant::now();
    while proxy.connections() == made {
        assert_eq!(destination.read(&file).await.unwrap(), [1].as_slice());
        assert!(started.elapsed() < Duration::from_secs(20));
    }
}

#[tokio::test]
async fn a_server_that_hangs_is_given_up() {
    let server = Samba::start().unwrap();
    let proxy = Proxy::start(server.port()).await.unwrap();
    let destination = smb(SmbSettings {
        timeout_seconds: 1,
        ..settings(proxy.port())
    });
    destination.prepare().await.unwrap();
    let file = name("config");
    destination.write(&file, in_pieces(&[1])).await.unwrap();
    proxy.set(Fault::Swallow);
    let started = Instant::now();
    // Once on a connection that was fine, once while a new one is made.
    for _ in 0..2 {
        let failure = destination.read(&file).await.unwrap_err();
        assert_eq!(failure.code, FailureCode::TimedOut, "{}", failure.chain());
    }
    let failure = destination
        .write(&file, in_pieces(&big(3 * 1024 * 1024)))
        .await
        .unwrap_err();
    assert_eq!(failure.code, FailureCode::TimedOut, "{}", failure.chain());
    assert!(
        started.elapsed() < Duration::from_secs(15),
        "{:?}",
        started.elapsed()
    );
    proxy.set(Fault::None);
    assert_eq!(destination.read(&file).await.unwrap(), [1].as_slice());
}

#[tokio::test]
async fn a_slow_transfer_is_no_silent_one() {
    let server = Samba::start().unwrap();
    let proxy = Proxy::start(server.port()).await.unwrap();
    let destination = smb(SmbSettings {
        timeout_seconds: 1,
        ..settings(proxy.port())
    });
    destination.prepare().await.unwrap();
    proxy.set(Fault::Delay(Duration::from_millis(40)));
    let file = name("data/ab/file");
    let bytes = big(1024 * 1024);
    let started = Instant::now();
    destination.write(&file, in_pieces(&bytes)).await.unwrap();
    assert_eq!(destination.read(&file).await.unwrap(), bytes);
    assert!(started.elapsed() > Duration::from_secs(1));
}

#[tokio::test]
async fn a_server_that_comes_back_is_used_again() {
    let server = Samba::start().unwrap();
    let port = server.port();
    let destination = smb(settings(port));
    destination.prepare().await.unwrap();
    let file = name("config");
    destination.write(&file, in_pieces(&[1])).await.unwrap();
    drop(server);
    // The connection's end may be found out by this one.
    destination.size(&file).await.unwrap_err();
    let failure = destination.size(&file).await.unwrap_err();
    assert_eq!(
        failure.code,
        FailureCode::ConnectionRefused,
        "{}",
        failure.chain()
    );
    let destination = retrying(destination);
    let (written, server) = tokio::join!(
        async {
            destination.prepare().await?;
            destination.write(&file, in_pieces(&[2])).await
        },
        tokio::task::spawn_blocking(move || Samba::start_with(&SambaOptions {
            port: Some(port),
            ..SambaOptions::default()
        })),
    );
    written.unwrap();
    let server = server.unwrap().unwrap();
    assert_eq!(
        fs::read(server.files().join("office/pc-1/config")).unwrap(),
        [2]
    );
}

#[tokio::test]
async fn a_file_that_was_changed_behind_our_back_is_found() {
    let server = Samba::start().unwrap();
    let destination = Arc::new(smb(settings(server.port())));
    destination.prepare().await.unwrap();
    let file = name("data/ab/file");
    let verified = Verified::new(Arc::clone(&destination) as _, Verification::Checksum);
    let bytes = big(100_000);
    verified.write(&file, in_pieces(&bytes)).await.unwrap();
    let path = server.files().join("office/pc-1/data/ab/file");
    assert_eq!(fs::read(&path).unwrap(), bytes);

    fs::write(&path, &bytes[..50_000]).unwrap();
    assert_eq!(destination.size(&file).await.unwrap(), Some(50_000));
    let failure = destination
        .read_range(&file, 49_000..51_000)
        .await
        .unwrap_err();
    assert_eq!(failure.code, FailureCode::Protocol);
    fs::remove_file(&path).unwrap();
    let failure = destination.read(&file).await.unwrap_err();
    assert_eq!(failure.code, FailureCode::NotFound);
}

#[tokio::test]
async fn a_dropped_write_removes_what_it_left() {
    let server = Samba::start().unwrap();
    let destination = smb(settings(server.port()));
    destination.prepare().await.unwrap();
    let pace = Arc::new(Bandwidth::new(NonZeroU64::new(1024 * 1024).unwrap()));
    let content = in_pieces(&big(4 * 1024 * 1024)).paced(pace);
    let file = name("data/ab/file");
    let unfinished = server.files().join("office/pc-1/tmp");
    let mut writing = Box::pin(destination.write(&file, content));
    let has_leftover = || fs::read_dir(&unfinished).is_ok_and(|mut folder| folder.next().is_some());
    while !has_leftover() {
        tokio::select! {
            written = &mut writing => panic!("written at once: {written:?}"),
            () = tokio::task::yield_now() => {}
        }
    }
    drop(writing);
    let started = Instant::now();
    while has_leftover() {
        assert!(started.elapsed() < Duration::from_secs(20));
        tokio::task::yield_now().await;
    }
    assert_eq!(destination.size(&file).await.unwrap(), None);
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
