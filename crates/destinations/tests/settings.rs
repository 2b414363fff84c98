//! How destinations are described in files and messages.

use insta::{assert_json_snapshot, assert_snapshot};
use latarnik_destinations::{
    FailureCode, LocalSettings, Options, Secret, Settings, SmbEncryption, SmbSettings, connect,
    open,
};

const SECRET: &str = "correct horse battery staple";

fn local() -> Settings {
    Settings::Local(LocalSettings {
        path: "/mnt/backups".into(),
    })
}

fn smb() -> Settings {
    Settings::Smb(SmbSettings {
        server: "nas.example.test".to_owned(),
        share: "backups".to_owned(),
        path: "office/pc-1".to_owned(),
        port: 1445,
        user: "backup".to_owned(),
        domain: "FIRMA".to_owned(),
        password: Secret::new(SECRET),
        encryption: SmbEncryption::Required,
        timeout_seconds: 30,
    })
}

fn all() -> Vec<Settings> {
    vec![local(), smb()]
}

#[test]
fn a_local_folder_has_this_shape() {
    assert_json_snapshot!(local(), @r#"
    {
      "kind": "local",
      "path": "/mnt/backups"
    }
    "#);
}

#[test]
fn a_share_has_this_shape() {
    assert_json_snapshot!(smb(), @r#"
    {
      "kind": "smb",
      "server": "nas.example.test",
      "share": "backups",
      "path": "office/pc-1",
      "port": 1445,
      "user": "backup",
      "domain": "FIRMA",
      "password": "correct horse battery staple",
      "encryption": "required",
      "timeout_seconds": 30
    }
    "#);
}

#[test]
fn a_share_needs_no_more_than_its_path_and_an_account() {
    let short: Settings = toml::from_str(
        r#"
        kind = "smb"
        server = '\\nas\backups\office'
        user = "backup"
        password = "x"
        "#,
    )
    .unwrap();
    assert_snapshot!(toml::to_string(&short).unwrap(), @r#"
    kind = "smb"
    server = '\\nas\backups\office'
    port = 445
    user = "backup"
    password = "x"
    encryption = "when_offered"
    timeout_seconds = 60
    "#);
    let destination = open(short).unwrap();
    assert_eq!(destination.location(), "smb://backup@nas/backups/office");
}

#[test]
fn what_is_written_is_read_back() {
    for settings in all() {
        let json = serde_json::to_string(&settings).unwrap();
        assert_eq!(serde_json::from_str::<Settings>(&json).unwrap(), settings);
        let text = toml::to_string(&settings).unwrap();
        assert_eq!(toml::from_str::<Settings>(&text).unwrap(), settings);
    }
}

#[test]
fn unknown_fields_and_kinds_are_refused() {
    for settings in all() {
        let mut json = serde_json::to_value(&settings).unwrap();
        json.as_object_mut()
            .unwrap()
            .insert("pasword".to_owned(), "x".into());
        assert!(
            serde_json::from_value::<Settings>(json).is_err(),
            "{settings:?}"
        );
    }
    assert!(serde_json::from_str::<Settings>(r#"{"kind":"tape","path":"/dev/st0"}"#).is_err());
    assert!(serde_json::from_str::<Settings>(r#"{"path":"/mnt/backups"}"#).is_err());
}

#[test]
fn secrets_are_not_shown() {
    for settings in all() {
        let shown = format!("{settings:?} {:#?}", settings.clone());
        assert!(!shown.contains(SECRET), "{shown}");
        let connected = connect(settings, &Options::default()).unwrap();
        let shown = format!("{connected:?} {}", connected.destination.location());
        assert!(!shown.contains(SECRET), "{shown}");
    }
}

#[test]
fn settings_that_make_no_sense_are_refused_before_anything_is_connected() {
    let Settings::Smb(right) = smb() else {
        unreachable!("a share");
    };
    let wrong = Settings::Smb(SmbSettings {
        share: String::new(),
        ..right
    });
    let failure = connect(wrong, &Options::default()).unwrap_err();
    assert_eq!(failure.code, FailureCode::InvalidSettings);
}
