//! One run to all kinds of destinations at once, each of which restores by itself.

use crate::scene::{PASSWORD, Scene, assert_same, furnish, noise};
use latarnik_backup::{
    MemberState, NoProgress, Place, RestoreRequest, RunKind, VerificationDepth,
    VerificationRequest,
    destinations::{
        FtpSecurity, FtpSettings, LocalSettings, Options, S3Settings, Secret, Settings,
        SftpSettings, SmbEncryption, SmbSettings, connect,
    },
};
use latarnik_test_servers::{
    S3Server, Samba,
    ftp::{Encryption, FtpServer},
    ssh::SshServer,
};
use std::{fs, path::PathBuf, process::Command, sync::Arc};

/// A server of each kind.
struct Servers {
    s3: S3Server,
    ssh: SshServer,
    ftp: FtpServer,
    samba: Samba,
}

impl Servers {
    fn start(scene: &Scene) -> Self {
        Self {
            s3: scene.block_on(S3Server::start()).unwrap(),
            ssh: SshServer::start().unwrap(),
            ftp: FtpServer::vsftpd(Encryption::None, "").unwrap(),
            samba: Samba::start().unwrap(),
        }
    }

    fn settings(&self, scene: &Scene) -> Vec<(&'static str, Settings)> {
        let (id, secret) = S3Server::KEY;
        let endpoint = format!("http://127.0.0.1:{}", self.s3.port());
        let mut s3 = S3Settings::new(endpoint, S3Server::BUCKET, id, secret);
        S3Server::REGION.clone_into(&mut s3.region);
        s3.prefix = "office".to_owned();
        let sftp = SftpSettings {
            host: "127.0.0.1".to_owned(),
            port: self.ssh.port(),
            user: self.ssh.user().to_owned(),
            path: self.ssh.data().join("engine").display().to_string(),
            password: None,
            private_key: Some(Secret::new(self.ssh.private_key())),
            passphrase: None,
            host_key: None,
            timeout_seconds: 60,
        };
        let ftp = FtpSettings {
            host: "127.0.0.1".to_owned(),
            port: Some(self.ftp.port()),
            user: "anonymous".to_owned(),
            password: Secret::new("anonymous"),
            path: "engine".to_owned(),
            security: FtpSecurity::None,
            ca_certificate: None,
            certificate_fingerprint: None,
            timeout_seconds: 60,
        };
        let smb = SmbSettings {
            server: "127.0.0.1".to_owned(),
            share: "backups".to_owned(),
            path: "engine".to_owned(),
            port: self.samba.port(),
            user: Samba::USER.to_owned(),
            domain: String::new(),
            password: Secret::new(Samba::PASSWORD),
            encryption: SmbEncryption::WhenOffered,
            timeout_seconds: 60,
        };
        vec![
            (
                "local",
                Settings::Local(LocalSettings {
                    path: scene.at("local"),
                }),
            ),
            ("s3", Settings::S3(Box::new(s3))),
            ("sftp", Settings::Sftp(sftp)),
            ("ftp", Settings::Ftp(ftp)),
            ("smb", Settings::Smb(smb)),
        ]
    }

    fn places(&self, scene: &Scene) -> Vec<Place> {
        self.settings(scene)
            .into_iter()
            .map(|(name, settings)| Place {
                name: name.to_owned(),
                destination: connect(settings, &Options::default()).unwrap().destination,
            })
            .collect()
    }

    /// What restic calls each of them: a folder of the server's disk, or the service itself.
    fn repositories(&self, scene: &Scene) -> Vec<String> {
        let folder = |path: PathBuf| path.display().to_string();
        vec![
            folder(scene.at("local")),
            format!(
                "s3:http://127.0.0.1:{}/{}/office",
                self.s3.port(),
                S3Server::BUCKET
            ),
            folder(self.ssh.data().join("engine")),
            folder(self.ftp.data().join("engine")),
            folder(self.samba.files().join("engine")),
        ]
    }
}

fn restic_checks(repository: &str) {
    let (id, secret) = S3Server::KEY;
    let output = Command::new("restic")
        .args(["--no-cache", "check", "--read-data", "--repo", repository])
        .env("RESTIC_PASSWORD", PASSWORD)
        .env("AWS_ACCESS_KEY_ID", id)
        .env("AWS_SECRET_ACCESS_KEY", secret)
        .env("AWS_DEFAULT_REGION", S3Server::REGION)
        .output()
        .unwrap();
    assert!(output.status.success(), "{repository}: {output:?}");
}

#[test]
fn every_kind_of_destination_holds_a_whole_repository() {
    let scene = Scene::new();
    furnish(&scene);
    scene.write("books/large.bin", noise(20_000_000, 8));
    let servers = Servers::start(&scene);
    let mut repository = scene.open(servers.places(&scene)).unwrap();
    repository.run(scene.request(RunKind::Full)).unwrap();
    scene.write("letters/later.txt", "later");
    scene.later(60);
    let report = repository.run(scene.request(RunKind::Incremental)).unwrap();
    for member in &report.destinations {
        assert_eq!(member.state, MemberState::InStep, "{member:?}");
    }
    let reports = repository
        .verify(&VerificationRequest {
            depth: VerificationDepth::Full,
            seed: 0,
            progress: Arc::new(NoProgress),
        })
        .unwrap();
    assert_eq!(reports.len(), 5);
    for report in reports {
        assert_eq!(report.named_damages, [], "{}", report.destination);
    }
    drop(repository);
    for repository in servers.repositories(&scene) {
        restic_checks(&repository);
    }
    for place in servers.places(&scene) {
        let name = place.name.clone();
        // A machine that never saw the job.
        let mut surroundings = scene.surroundings();
        surroundings.state_folder = scene.at(&format!("state-of-{name}"));
        let target = scene.at(&format!("from-{name}"));
        let report = scene
            .open_in(vec![place], surroundings)
            .unwrap()
            .restore(&RestoreRequest::latest("books", &target))
            .unwrap();
        assert_eq!(report.findings, 0, "{name}: {report:?}");
        let restored = target.join(scene.source().strip_prefix("/").unwrap());
        assert_same(&scene.source(), &restored);
        fs::remove_dir_all(target).unwrap();
    }
}
