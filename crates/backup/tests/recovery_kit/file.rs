//! The file for programs.

use crate::{everything, key, office, older};
use latarnik_backup::recovery_kit::{
    KeyStanding, KitFault, RecoveryFile, check_code, typing_lines,
};

#[test]
fn the_files_schema_stays() {
    insta::assert_snapshot!("file", everything().file().unwrap().to_json());
}

#[test]
fn a_file_is_read_as_it_is_written_and_later_fields_are_no_trouble() {
    let file = everything().file().unwrap();
    let mut json: serde_json::Value = serde_json::from_str(&file.to_json()).unwrap();
    json["later"] = serde_json::json!({"field": 1});
    json["destinations"][0]["linux"]["later"] = 1.into();
    assert_eq!(serde_json::from_value::<RecoveryFile>(json).unwrap(), file);
}

#[test]
fn commands_use_the_current_password() {
    let mut kit = office();
    kit.keys
        .insert(0, key(1, "previous", KeyStanding::Previous));
    kit.keys.push(key(3, "current", KeyStanding::Current));
    kit.keys.remove(1);
    let file = kit.file().unwrap();
    let set = &file.destinations[0].linux_commands.set;
    assert_eq!(set.last().unwrap(), "export RESTIC_PASSWORD='current'");
}

#[test]
fn older_generations_have_commands_and_passwords_of_their_own() {
    let mut kit = office();
    assert!(!kit.file().unwrap().to_json().contains("older_generations"));
    kit.older.push(older(1, "first password"));
    let file = kit.file().unwrap();
    let entry = &file.older_generations[0];
    assert_eq!((entry.generation, entry.keys.len()), (1, 1));
    let set = &entry.destinations[0].linux_commands.set;
    assert_eq!(
        set.as_slice(),
        [
            "export RESTIC_REPOSITORY='/mnt/kopie'",
            "export RESTIC_PASSWORD='first password'"
        ]
    );
    let set = &file.destinations[0].linux_commands.set;
    assert!(!set.last().unwrap().contains("first password"));
    let read: RecoveryFile = serde_json::from_str(&file.to_json()).unwrap();
    assert_eq!(read, file);
    kit.older.push(older(2, ""));
    assert_eq!(kit.file(), Err(KitFault::NoPassword));
    kit.older[1] = older(2, "two\nlines");
    assert_eq!(kit.file(), Err(KitFault::Unprintable));
    kit.older[1] = older(2, "second");
    kit.older[1].destinations.clear();
    assert_eq!(kit.file(), Err(KitFault::NoDestination));
}

#[test]
fn a_kit_that_would_open_nothing_is_refused() {
    let mut kit = office();
    kit.destinations.clear();
    assert_eq!(kit.file(), Err(KitFault::NoDestination));
    let mut kit = office();
    kit.keys.clear();
    assert_eq!(kit.file(), Err(KitFault::NoPassword));
    kit.keys.push(key(1, "", KeyStanding::Current));
    assert_eq!(kit.file(), Err(KitFault::NoPassword));
}

#[test]
fn what_cannot_be_printed_is_refused() {
    let mut kit = office();
    kit.keys.push(key(1, "two\nlines", KeyStanding::Previous));
    assert_eq!(kit.file(), Err(KitFault::Unprintable));
    let mut kit = office();
    kit.destinations[0].name = "bell\u{7}".to_owned();
    assert_eq!(kit.file(), Err(KitFault::Unprintable));
}

#[test]
fn passwords_are_typed_in_groups_of_four_with_check_codes() {
    let lines = typing_lines("mK7q0Vx3TzR9bWc2Hn5Lp");
    assert_eq!(lines[0].groups, ["mK7q", "0Vx3", "TzR9", "bWc2"]);
    assert_eq!(lines[1].groups, ["Hn5L", "p"]);
    // SHA-256 of "abc" and of nothing, as FIPS 180 gives them.
    assert_eq!(check_code("abc"), "ba7816bf");
    assert_eq!(typing_lines("abc")[0].check, "ba78");
    assert_eq!(check_code(""), "e3b0c442");
}

#[test]
fn debug_tells_no_secrets() {
    let kit = everything();
    let shown = format!("{kit:?} {:?}", kit.file().unwrap());
    for secret in [
        "mK7q",
        "old password",
        "Secret+Key",
        "nas pa",
        "sftp-password",
        "ZXhhbXBsZQ",
    ] {
        assert!(!shown.contains(secret), "{secret}");
    }
}
