//! How destinations are described in files and messages.
#![expect(clippy::unwrap_used, reason = "what surprises a test is to end it")]

use insta::{assert_json_snapshot, assert_snapshot};
use latarnik_destinations::{
    FailureCode, LocalSettings, ObjectName, Options, Secret, Settings, SmbEncryption, SmbSettings,
    connect, connect_below, open,
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

/// The location of a folder below what a description says.
fn below(description: &str) -> String {
    let settings: Settings = toml::from_str(description).unwrap();
    let folder = ObjectName::new("generation-2").unwrap();
    let connected = connect_below(&settings, &folder, &Options::default()).unwrap();
    connected.destination.location()
}

#[test]
fn every_kind_has_folders_below_its_root() {
    let account = "user = \"u\"\npassword = \"x\"";
    let s3 = "kind = \"s3\"\nendpoint = \"https://s3.example\"\nbucket = \"b\"\n\
              access_key_id = \"a\"\nsecret_access_key = \"s\"";
    for (description, expected) in [
        (
            "kind = \"local\"\npath = \"/mnt/a\"".to_owned(),
            "/mnt/a/generation-2",
        ),
        (
            format!("kind = \"smb\"\nserver = \"nas\"\nshare = \"a\"\n{account}"),
            "nas/a/generation-2",
        ),
        (
            format!("kind = \"smb\"\nserver = \"nas\"\nshare = \"a\"\npath = 'b\\c'\n{account}"),
            "nas/a/b/c/generation-2",
        ),
        (
            format!("kind = \"smb\"\nserver = '\\\\nas\\a\\b'\n{account}"),
            "nas/a/b/generation-2",
        ),
        (s3.to_owned(), "b/generation-2"),
        (format!("{s3}\nprefix = \"p/q/\""), "b/p/q/generation-2"),
        (
            format!("kind = \"sftp\"\nhost = \"h\"\n{account}"),
            "/~/generation-2",
        ),
        (
            format!("kind = \"sftp\"\nhost = \"h\"\npath = \"/srv/\"\n{account}"),
            "/srv/generation-2",
        ),
        (
            format!("kind = \"ftp\"\nhost = \"h\"\npath = \"/\"\n{account}"),
            "/generation-2",
        ),
    ] {
        let location = below(&description);
        assert!(location.ends_with(expected), "{location}");
    }
}

#[test]
fn a_folder_below_a_root_that_is_new_is_made_with_it_and_nothing_above() {
    let folder = tempfile::tempdir().unwrap();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let prepare = |path: &std::path::Path| {
        let settings = Settings::Local(LocalSettings {
            path: path.to_owned(),
        });
        let name = ObjectName::new("generation-2").unwrap();
        let connected = connect_below(&settings, &name, &Options::default()).unwrap();
        runtime.block_on(connected.destination.prepare())
    };
    prepare(&folder.path().join("new")).unwrap();
    assert!(folder.path().join("new/generation-2").is_dir());
    let failure = prepare(&folder.path().join("absent/new")).unwrap_err();
    assert_eq!(failure.code, FailureCode::NoSuchContainer);
    assert!(!folder.path().join("absent").exists());
}
