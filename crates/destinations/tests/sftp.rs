//! A folder of an OpenSSH server as a destination.

use latarnik_destinations::{
    Content, Destination, FailureCode, ObjectName, Secret, Sftp, SftpSettings, Verification,
    Verified, Written, conformance, probe,
};
use latarnik_test_servers::{
    Proxy, SmallDisk, free_port,
    ssh::{SshOptions, SshServer, new_private_key},
    ssh_password::{Asking, PASSWORD, SFTP_SERVER, SshPasswordServer, USER},
};
use std::{fs, os::unix::fs::PermissionsExt as _, path::Path, process::Command, sync::Arc};
use tokio::{io::AsyncWriteExt as _, net::TcpListener};

#[path = "sftp/faults.rs"]
mod faults;

/// How the server is reached by whoever knows all about it.
fn settings(server: &SshServer, port: u16) -> SftpSettings {
    SftpSettings {
        user: server.user().to_owned(),
        path: server.data().join("backups").display().to_string(),
        private_key: Some(Secret::new(server.private_key())),
        ..without_credentials(port)
    }
}

fn with_password(port: u16, folder: &Path, password: &str) -> SftpSettings {
    SftpSettings {
        user: USER.to_owned(),
        path: folder.display().to_string(),
        password: Some(Secret::new(password)),
        ..without_credentials(port)
    }
}

fn without_credentials(port: u16) -> SftpSettings {
    SftpSettings {
        host: "127.0.0.1".to_owned(),
        port,
        user: "nobody-knows".to_owned(),
        path: String::new(),
        password: None,
        private_key: None,
        passphrase: None,
        host_key: None,
        timeout_seconds: 60,
    }
}

fn name(name: &str) -> ObjectName {
    ObjectName::new(name).expect("a name")
}

/// Why a destination with these settings cannot be prepared.
async fn problem(settings: SftpSettings) -> Option<FailureCode> {
    let sftp = Sftp::new(settings).expect("settings that make sense");
    probe(&sftp).await.problem.map(|problem| problem.code)
}

#[tokio::test]
async fn an_openssh_server_conforms() {
    let server = SshServer::start().unwrap();
    let proxy = Proxy::start(server.port()).await.unwrap();
    let destination = Arc::new(Sftp::new(settings(&server, proxy.port())).unwrap());
    if let Err(violation) = conformance::check(destination).await {
        panic!("{violation}\n{}", server.log());
    }
    // Four, and one more for each write that was dropped and each read beyond a file's end.
    assert!(proxy.connections() <= 8, "{}", proxy.connections());
}

#[tokio::test]
async fn a_server_without_extensions_conforms_in_a_folder_relative_to_its_start() {
    let server = SshServer::start_with(SshOptions {
        sftp_arguments: "-P posix-rename,fsync,statvfs,limits",
        ..SshOptions::default()
    })
    .unwrap();
    let settings = SftpSettings {
        path: "backups".to_owned(),
        ..settings(&server, server.port())
    };
    let destination = Arc::new(Sftp::new(settings).unwrap());
    destination.prepare().await.unwrap();
    assert!(server.data().join("backups").is_dir());
    assert_eq!(destination.space().await.unwrap(), None);
    if let Err(violation) = conformance::check(destination).await {
        panic!("{violation}\n{}", server.log());
    }
}

#[tokio::test]
async fn a_probe_tells_room_latency_and_the_key_to_keep() {
    let server = SshServer::start().unwrap();
    let sftp = Sftp::new(settings(&server, server.port())).unwrap();
    assert_eq!(sftp.server_key(), None);
    let report = probe(&sftp).await;
    assert_eq!(report.problem, None);
    assert!(report.latency_ms.is_some());
    assert!(report.space.unwrap().free_bytes > 0);
    let key = report.server_key.unwrap();
    let [ed25519, _] = server.host_keys();
    assert!(ed25519.starts_with(&key.key), "{key:?} is not {ed25519}");
    assert!(key.fingerprint.starts_with("SHA256:"));
    for host_key in [key.key, key.fingerprint] {
        let settings = SftpSettings {
            host_key: Some(host_key),
            ..settings(&server, server.port())
        };
        assert_eq!(problem(settings).await, None);
    }
}

#[tokio::test]
async fn any_of_the_servers_keys_may_be_the_known_one_and_no_other() {
    let server = SshServer::start().unwrap();
    let other = SshServer::start().unwrap();
    let [_, ecdsa] = server.host_keys();
    let ecdsa_alone = SftpSettings {
        host_key: Some(ecdsa),
        ..settings(&server, server.port())
    };
    let sftp = Sftp::new(ecdsa_alone.clone()).unwrap();
    assert_eq!(probe(&sftp).await.problem, None);
    // The server would rather show its Ed25519 key, and a fingerprint does not say which it is of.
    let fingerprint = sftp.server_key().unwrap().fingerprint;
    for host_key in [fingerprint, ecdsa_alone.host_key.unwrap()] {
        let known = |server, port| SftpSettings {
            host_key: Some(host_key.clone()),
            ..settings(server, port)
        };
        assert_eq!(problem(known(&server, server.port())).await, None);
        let changed = Some(FailureCode::HostKeyChanged);
        assert_eq!(problem(known(&other, other.port())).await, changed);
    }
}

#[tokio::test]
async fn the_first_key_counts_for_all_later_connections() {
    let server = SshServer::start().unwrap();
    let other = SshServer::start().unwrap();
    let switch = Switch::start(server.port()).await;
    let sftp = Sftp::new(settings(&server, switch.port)).unwrap();
    assert_eq!(probe(&sftp).await.problem, None);
    switch.turn_to(other.port());
    let report = loop {
        let report = probe(&sftp).await;
        match report.problem.as_ref().map(|problem| problem.code) {
            None | Some(FailureCode::ConnectionLost) => {}
            Some(_) => break report,
        }
    };
    assert_eq!(report.problem.unwrap().code, FailureCode::HostKeyChanged);
    let [shown, _] = other.host_keys();
    assert!(shown.starts_with(&report.server_key.unwrap().key));
}

/// A port behind which lies first one server, then another.
struct Switch {
    port: u16,
    target: tokio::sync::watch::Sender<u16>,
}

impl Switch {
    async fn start(target: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let (sender, target) = tokio::sync::watch::channel(target);
        tokio::spawn(async move {
            while let Ok((mut client, _)) = listener.accept().await {
                let mut target = target.clone();
                tokio::spawn(async move {
                    let port = *target.borrow_and_update();
                    let mut server = tokio::net::TcpStream::connect(("127.0.0.1", port))
                        .await
                        .expect("the server listens");
                    tokio::select! {
                        _ = tokio::io::copy_bidirectional(&mut client, &mut server) => {}
                        _ = target.changed() => {}
                    }
                });
            }
        });
        Self {
            port,
            target: sender,
        }
    }

    fn turn_to(&self, port: u16) {
        self.target.send_replace(port);
    }
}

#[tokio::test]
async fn wrong_settings_are_told_by_their_codes() {
    let server = SshServer::start().unwrap();
    let right = settings(&server, server.port());
    let no_ssh = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let no_ssh_port = no_ssh.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = no_ssh.accept().await {
            stream.write_all(&[b'x'; 4096]).await.ok();
        }
    });
    let cases = [
        (
            FailureCode::NameNotResolved,
            SftpSettings {
                host: "no-such-host.invalid".to_owned(),
                ..right.clone()
            },
        ),
        (
            FailureCode::ConnectionRefused,
            SftpSettings {
                port: free_port().unwrap(),
                ..right.clone()
            },
        ),
        (
            FailureCode::Protocol,
            SftpSettings {
                port: no_ssh_port,
                ..right.clone()
            },
        ),
        (
            FailureCode::Credentials,
            SftpSettings {
                private_key: Some(Secret::new(new_private_key("ed25519", "").unwrap())),
                ..right.clone()
            },
        ),
        (
            FailureCode::Credentials,
            SftpSettings {
                user: "root".to_owned(),
                ..right.clone()
            },
        ),
        (
            FailureCode::NoSuchContainer,
            SftpSettings {
                path: server.data().join("a/b").display().to_string(),
                ..right.clone()
            },
        ),
        (
            FailureCode::PermissionDenied,
            SftpSettings {
                path: "/latarnik-may-not".to_owned(),
                ..right.clone()
            },
        ),
    ];
    for (code, settings) in cases {
        let description = format!("{settings:?}");
        assert_eq!(problem(settings).await, Some(code), "{description}");
    }
}

#[tokio::test]
async fn without_its_root_nothing_is_there() {
    let server = SshServer::start().unwrap();
    let destination = Sftp::new(settings(&server, server.port())).unwrap();
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
        assert_eq!(code, FailureCode::NoSuchContainer);
    }
    assert_eq!(fs::read_dir(server.data()).unwrap().count(), 0);
}

#[tokio::test]
async fn passwords_are_told_or_answered() {
    let folder = tempfile::tempdir().unwrap();
    for asking in [Asking::Password, Asking::Question] {
        let server = SshPasswordServer::start(asking, || Command::new(SFTP_SERVER))
            .await
            .unwrap();
        let right = with_password(server.port(), folder.path(), PASSWORD);
        assert_eq!(problem(right).await, None, "{asking:?}");
        let wrong = with_password(server.port(), folder.path(), "battery staple");
        let refused = Some(FailureCode::Credentials);
        assert_eq!(problem(wrong).await, refused, "{asking:?}");
    }
}

#[tokio::test]
async fn keys_may_be_rsa_and_encrypted() {
    let key = new_private_key("rsa", "open sesame").unwrap();
    let settings = |passphrase: Option<&str>| SftpSettings {
        private_key: Some(Secret::new(&*key)),
        passphrase: passphrase.map(Secret::new),
        ..without_credentials(22)
    };
    for wrong in [None, Some("open barley")] {
        let failure = Sftp::new(settings(wrong)).unwrap_err();
        assert_eq!(failure.code, FailureCode::InvalidSettings);
    }
    let server = SshServer::start().unwrap();
    server.admit(&key, "open sesame").unwrap();
    let settings = SftpSettings {
        passphrase: Some(Secret::new("open sesame")),
        private_key: Some(Secret::new(&*key)),
        ..self::settings(&server, server.port())
    };
    assert_eq!(problem(settings).await, None);
}

#[tokio::test]
async fn what_may_not_be_written_to_is_told() {
    let denied = Some(FailureCode::PermissionDenied);
    let reader = SshServer::start_with(SshOptions {
        sftp_arguments: "-R",
        ..SshOptions::default()
    })
    .unwrap();
    fs::create_dir(reader.data().join("backups")).unwrap();
    assert_eq!(problem(settings(&reader, reader.port())).await, denied);

    let server = SshServer::start().unwrap();
    let sftp = Sftp::new(settings(&server, server.port())).unwrap();
    sftp.prepare().await.unwrap();
    let root = server.data().join("backups");
    fs::set_permissions(&root, fs::Permissions::from_mode(0o555)).unwrap();
    let problem = probe(&sftp).await.problem.unwrap();
    assert_eq!(Some(problem.code), denied);
}

#[tokio::test]
async fn what_changed_behind_our_back_is_noticed() {
    let server = SshServer::start().unwrap();
    let sftp = Arc::new(Sftp::new(settings(&server, server.port())).unwrap());
    sftp.prepare().await.unwrap();
    let verified = Verified::new(sftp.clone(), Verification::Checksum);
    let config = name("config");
    let content = Content::from(b"whole".to_vec());
    let written = verified.write(&config, content).await.unwrap();
    assert_eq!(written, Written::Confirmed);
    let path = server.data().join("backups/config");
    fs::write(&path, "wh").unwrap();
    let cut_short = sftp.read_range(&config, 0..5).await.unwrap_err();
    assert_eq!(cut_short.code, FailureCode::Protocol);
    fs::write(&path, "hole!").unwrap();
    assert_eq!(sftp.read(&config).await.unwrap(), "hole!");
    fs::remove_file(&path).unwrap();
    let deleted = sftp.read(&config).await.unwrap_err();
    assert_eq!(deleted.code, FailureCode::NotFound);
    assert_eq!(sftp.size(&config).await.unwrap(), None);
}

#[tokio::test]
async fn a_full_disk_is_told_and_nothing_is_left_there() {
    let folder = tempfile::tempdir().unwrap();
    let disk = Arc::new(SmallDisk::mount(folder.path(), 4 * 1024 * 1024).unwrap());
    let starter = Arc::clone(&disk);
    let server = SshPasswordServer::start(Asking::Password, move || starter.command(SFTP_SERVER))
        .await
        .unwrap();
    let sftp = Sftp::new(with_password(server.port(), folder.path(), PASSWORD)).unwrap();
    sftp.prepare().await.unwrap();
    let space = sftp.space().await.unwrap().unwrap();
    assert_eq!(space.total_bytes, Some(4 * 1024 * 1024));
    let kept = name("data/kept");
    sftp.write(&kept, Content::from(vec![1; 1000]))
        .await
        .unwrap();
    for target in [&kept, &name("data/large")] {
        let failure = sftp
            .write(target, Content::from(vec![2; 6 * 1024 * 1024]))
            .await
            .unwrap_err();
        assert_eq!(failure.code, FailureCode::NoSpace, "{}", failure.chain());
    }
    assert_eq!(sftp.read(&kept).await.unwrap(), vec![1; 1000]);
    assert_eq!(sftp.list(None).await.unwrap().len(), 1);
    assert_eq!(sftp.remove_leftovers().await.unwrap(), 0);
}
