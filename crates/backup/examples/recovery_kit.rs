//! Writes a kit with made-up values, to look at and to print:
//! `cargo run -p latarnik-backup --example recovery_kit -- <folder>`.
#![expect(
    clippy::unwrap_used,
    reason = "an example that cannot go on should fail at once"
)]

use jiff::{Timestamp, tz::TimeZoneDatabase};
use latarnik_backup::recovery_kit::{
    KeyStanding, KitDestination, KitPlace, Language, OlderRepository, RecoveryKit, RepositoryKey,
    S3Addressing,
};
use latarnik_destinations::Secret;
use std::{env, fs, path::PathBuf};

fn main() {
    let folder = PathBuf::from(env::args().nth(1).unwrap());
    let kit = kit();
    for language in [Language::Pl, Language::En] {
        let page = kit.page(language).unwrap();
        fs::write(folder.join(format!("recovery-kit-{language}.html")), page).unwrap();
        let page = with_older(&kit).page(language).unwrap();
        let name = format!("recovery-kit-generations-{language}.html");
        fs::write(folder.join(name), page).unwrap();
    }
    let file = kit.file().unwrap().to_json();
    fs::write(folder.join("recovery-kit.json"), file).unwrap();
}

/// The same while snapshots of the generation before are kept.
fn with_older(kit: &RecoveryKit) -> RecoveryKit {
    let mut kit = kit.clone();
    kit.older.push(OlderRepository {
        repository_id: "0b9a8f7e6d5c4b3a2f1e0d9c8b7a6f5e4d3c2b5f2a1c0b9e8d7c6b5a4f3e2d1c"
            .to_owned(),
        key: RepositoryKey {
            generation: 1,
            password: Secret::new("p3kx7v9crm2dh8qwz5ty4nbs6gf2jae3"),
            standing: KeyStanding::Current,
        },
        destinations: kit.destinations.clone(),
    });
    kit
}

fn kit() -> RecoveryKit {
    let zone = TimeZoneDatabase::bundled().get("Europe/Warsaw").unwrap();
    let made_at: Timestamp = "2026-11-27T13:05:00Z".parse().unwrap();
    RecoveryKit {
        made_at: made_at.to_zoned_datetime(zone),
        organization: "Kancelaria Prawna Żółkiewski i Wspólnicy".to_owned(),
        device: "SERWER-01".to_owned(),
        job: "Dokumenty i bazy danych".to_owned(),
        repository_id: "5f2a1c0b9e8d7c6b5a4f3e2d1c0b9a8f7e6d5c4b3a2f1e0d9c8b7a6f5e4d3c2b"
            .to_owned(),
        keys: vec![RepositoryKey {
            generation: 2,
            password: Secret::new("mK7q0Vx3TzR9bWc2Hn5LpYs8Dj4FgE6uAoI1NrXtQ0w"),
            standing: KeyStanding::Current,
        }],
        destinations: vec![
            KitDestination {
                name: "Wasabi, Frankfurt".to_owned(),
                place: KitPlace::S3 {
                    endpoint: "https://s3.eu-central-2.wasabisys.com".to_owned(),
                    bucket: "kopie-kancelaria".to_owned(),
                    prefix: "serwer-01/dokumenty".to_owned(),
                    region: Some("eu-central-2".to_owned()),
                    access_key: "EXAMPLEACCESSKEY0001".to_owned(),
                    secret_key: Secret::new("example/Secret+Key0123456789abcdefghijkl"),
                    session_token: None,
                    addressing: S3Addressing::Path,
                    authority: None,
                },
            },
            KitDestination {
                name: "NAS w biurze".to_owned(),
                place: KitPlace::Smb {
                    host: "nas.kancelaria.example".to_owned(),
                    share: "Kopie".to_owned(),
                    path: "serwer-01/dokumenty".to_owned(),
                    user: "latarnik".to_owned(),
                    domain: Some("KANCELARIA".to_owned()),
                    password: Secret::new("Xr4-made-up-Pass"),
                },
            },
        ],
        older: Vec::new(),
    }
}
