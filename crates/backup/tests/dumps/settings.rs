use latarnik_backup::dumps::DumpSettings;

const ALL: &[&str] = &[
    "kind = 'postgresql'\nlabel = 'erp'\nhost = 'db'\nport = 5433\nuser = 'u'\npassword = 'hunter2'\n\
     tls = 'verify_full'\nroot_certificate = '/ca.pem'\ndatabases = ['a']\nformat = 'custom'\n\
     role_passwords = 'omit'\narguments = ['-n', 's']\nprograms = '/p'",
    "kind = 'postgresql'",
    "kind = 'mariadb'\nlabel = 'x'\nhost = 'db'\nport = 3307\nsocket = '/s'\nuser = 'u'\n\
     password = 'hunter2'\ndatabases = ['a', 'b']\narguments = ['--ssl']\nprograms = '/p'",
    "kind = 'sqlite'\nlabel = 'x'\npath = '/a.db'",
    "kind = 'sql_server'\nlabel = 'x'\nserver = 'a\\b'\nuser = 'u'\npassword = 'hunter2'\n\
     encryption = 'verify'\ndatabases = ['a']\nbackup_folder = 'D:\\x'\n\
     backup_folder_here = '/mnt/x'\nprograms = '/p'",
    "kind = 'firebird'\nlabel = 'x'\nhost = 'db'\nport = 3051\nuser = 'u'\npassword = 'hunter2'\n\
     databases = ['erp']\narguments = ['-nt']\nprograms = '/p'",
    "kind = 'command'\nname = 'a'\nprogram = 'p'\narguments = ['x']\nworking_folder = '/w'\n\
     exit_codes = [0, 1]\nmay_be_empty = true\n[environment]\nTOKEN = 'hunter2'",
];

#[test]
fn settings_survive_a_file() {
    for text in ALL {
        let settings: DumpSettings = toml::from_str(text).unwrap();
        let written = toml::to_string(&settings).unwrap();
        let again: DumpSettings = toml::from_str(&written).unwrap();
        assert_eq!(again, settings, "{written}");
        let json = serde_json::to_string(&settings).unwrap();
        let again: DumpSettings = serde_json::from_str(&json).unwrap();
        assert_eq!(again, settings, "{json}");
    }
}

#[test]
fn a_misspelt_setting_is_refused() {
    for text in ALL {
        let text = format!("pasword = 'x'\n{text}");
        assert!(toml::from_str::<DumpSettings>(&text).is_err(), "{text}");
    }
}

#[test]
fn secrets_are_not_shown() {
    for text in ALL {
        let settings: DumpSettings = toml::from_str(text).unwrap();
        assert!(!format!("{settings:?}").contains("hunter2"));
    }
}

#[test]
fn the_examples_of_the_documentation_are_settings() {
    let page = include_str!("../../../../docs/backup-databases.md");
    let examples: Vec<_> = page.split("```toml\n").skip(1).collect();
    assert_eq!(examples.len(), 7);
    for example in examples {
        let (text, _) = example.split_once("```").unwrap();
        let settings = toml::from_str::<DumpSettings>(text);
        assert!(settings.is_ok(), "{settings:?}\n{text}");
    }
}
