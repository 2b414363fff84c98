//! The recovery kit: what is in the file and on the page, and that stock restic needs nothing else.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on should fail at once"
)]

mod access;
mod codes;
mod file;
mod page;
mod with_restic;

#[path = "../stock_restic/mod.rs"]
mod stock_restic;

use jiff::{Timestamp, tz::TimeZoneDatabase};
use latarnik_backup::recovery_kit::{
    FtpEncryption, KeyStanding, KitDestination, KitPlace, OlderRepository, RecoveryKit,
    RepositoryKey, S3Addressing,
};
use latarnik_destinations::Secret;

pub(crate) fn key(generation: u32, password: &str, standing: KeyStanding) -> RepositoryKey {
    RepositoryKey {
        generation,
        password: Secret::new(password),
        standing,
    }
}

pub(crate) fn destination(name: &str, place: KitPlace) -> KitDestination {
    KitDestination {
        name: name.to_owned(),
        place,
    }
}

pub(crate) fn s3() -> KitPlace {
    KitPlace::S3 {
        endpoint: "https://s3.eu-central-2.wasabisys.com".to_owned(),
        bucket: "kopie-kancelaria".to_owned(),
        prefix: "serwer-01/dokumenty".to_owned(),
        region: Some("eu-central-2".to_owned()),
        access_key: "EXAMPLEACCESSKEY0001".to_owned(),
        secret_key: Secret::new("example/Secret+Key0123456789abcdefghijkl"),
        session_token: None,
        addressing: S3Addressing::Path,
        authority: None,
    }
}

pub(crate) fn smb() -> KitPlace {
    KitPlace::Smb {
        host: "nas.kancelaria.example".to_owned(),
        share: "Kopie".to_owned(),
        path: r"Serwer 01\dokumenty".to_owned(),
        user: "latarnik".to_owned(),
        domain: Some("KANCELARIA".to_owned()),
        password: Secret::new("nas pa$$ 'word'"),
    }
}

pub(crate) fn sftp() -> KitPlace {
    KitPlace::Sftp {
        host: "backup.example".to_owned(),
        port: 2222,
        user: "latarnik".to_owned(),
        path: "/srv/kopie dokumentów".to_owned(),
        password: Some(Secret::new("sftp-password")),
        private_key: None,
        host_key: Some("SHA256:uNiVztksCsDhcc0u9e8BrMXbuRjTPWvIxkRr0FLPRX0".to_owned()),
    }
}

pub(crate) fn sftp_with_key() -> KitPlace {
    KitPlace::Sftp {
        host: "2001:db8::7".to_owned(),
        port: 22,
        user: "latarnik".to_owned(),
        path: "kopie".to_owned(),
        password: None,
        private_key: Some(Secret::new(
            "-----BEGIN OPENSSH PRIVATE KEY-----\nZXhhbXBsZQ==\n-----END OPENSSH PRIVATE KEY-----\n",
        )),
        host_key: None,
    }
}

pub(crate) fn ftp(encryption: FtpEncryption) -> KitPlace {
    KitPlace::Ftp {
        host: "ftp.example".to_owned(),
        port: 21,
        user: "kopie@example".to_owned(),
        password: Secret::new("-ftp\"password"),
        path: "/kopie".to_owned(),
        encryption,
        authority: None,
    }
}

pub(crate) fn local(path: &str) -> KitPlace {
    KitPlace::Local {
        path: path.to_owned(),
    }
}

/// A law office with two destinations.
pub(crate) fn office() -> RecoveryKit {
    let zone = TimeZoneDatabase::bundled().get("Europe/Warsaw").unwrap();
    let made_at: Timestamp = "2026-11-27T13:05:00Z".parse().unwrap();
    RecoveryKit {
        made_at: made_at.to_zoned_datetime(zone),
        organization: "Kancelaria Żółć & Wspólnicy".to_owned(),
        device: "SERWER-01".to_owned(),
        job: "Dokumenty i bazy danych".to_owned(),
        repository_id: "5f2a1c0b9e8d7c6b5a4f3e2d1c0b9a8f7e6d5c4b3a2f1e0d9c8b7a6f5e4d3c2b"
            .to_owned(),
        keys: vec![key(
            2,
            "mK7q0Vx3TzR9bWc2Hn5LpYs8Dj4FgE6uAoI1NrXtQ0w",
            KeyStanding::Current,
        )],
        destinations: vec![
            destination("Wasabi, Frankfurt", s3()),
            destination("NAS w biurze", smb()),
        ],
        older: Vec::new(),
    }
}

/// A generation before that of the kit, on a disk.
pub(crate) fn older(generation: u32, password: &str) -> OlderRepository {
    OlderRepository {
        repository_id: format!("{generation:064x}"),
        key: key(generation, password, KeyStanding::Current),
        destinations: vec![destination("Dysk", local("/mnt/kopie"))],
    }
}

/// Every kind of destination, and a password that is being replaced.
pub(crate) fn everything() -> RecoveryKit {
    let mut kit = office();
    kit.keys
        .push(key(1, "old password l0O1", KeyStanding::Previous));
    kit.destinations.extend([
        destination("Serwer SFTP", sftp()),
        destination("Serwer SFTP z kluczem", sftp_with_key()),
        destination("Stary FTP", ftp(FtpEncryption::Explicit)),
        destination("Dysk USB", local(r"E:\Kopie\Serwer 01")),
    ]);
    kit
}
