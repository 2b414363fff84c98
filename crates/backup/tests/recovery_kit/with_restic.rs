//! Stock restic opens a repository with what the kit says, and with nothing else.

use crate::{
    destination, key, local, office,
    stock_restic::{output, restic},
};
use latarnik_backup::recovery_kit::{
    KeyStanding, RecoveryFile, RecoveryKit, check_code, typing_lines,
};
use serde_json::Value;
use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

/// Quotes, spaces, signs of shells, letters beyond ASCII.
const PASSWORD: &str = "it's \"$HOME\" `x` \\n %PATH% & zażółć";
const CONTENTS: &str = "what was backed up";

/// A repository that stock restic made, with a file in it; its folder has a name that needs care.
fn repository(root: &Path) -> PathBuf {
    let folder = root.join("it's a repository");
    let environment = BTreeMap::from([
        ("RESTIC_REPOSITORY".to_owned(), folder.display().to_string()),
        ("RESTIC_PASSWORD".to_owned(), PASSWORD.to_owned()),
    ]);
    fs::write(root.join("file.txt"), CONTENTS).unwrap();
    output(restic(root, &environment), ["init"]);
    output(restic(root, &environment), ["backup", "file.txt"]);
    folder
}

fn kit(repository: &Path) -> RecoveryKit {
    let mut kit = office();
    kit.keys = vec![key(1, PASSWORD, KeyStanding::Current)];
    let path = repository.display().to_string();
    kit.destinations = vec![destination("A folder", local(&path))];
    kit
}

fn read(folder: &Path) -> String {
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                return fs::read_to_string(path).unwrap();
            }
        }
    }
    panic!("nothing was restored")
}

#[test]
fn restic_restores_with_the_files_repository_and_password_alone() {
    let root = tempfile::tempdir().unwrap();
    let json = kit(&repository(root.path())).file().unwrap().to_json();

    let file: RecoveryFile = serde_json::from_str(&json).unwrap();
    let elsewhere = tempfile::tempdir().unwrap();
    let access = &file.destinations[0].linux;
    let mut environment = access.environment.clone();
    environment.insert("RESTIC_REPOSITORY".to_owned(), access.repository.clone());
    environment.insert(
        "RESTIC_PASSWORD".to_owned(),
        file.keys[0].password.reveal().to_owned(),
    );
    let run = |arguments: &[&str]| output(restic(elsewhere.path(), &environment), arguments);
    let snapshots: Value = serde_json::from_str(&run(&["snapshots", "--json"])).unwrap();
    assert_eq!(snapshots.as_array().unwrap().len(), 1);
    run(&["check", "--read-data"]);
    run(&["restore", "latest", "--target", "restored"]);
    assert_eq!(read(&elsewhere.path().join("restored")), CONTENTS);
}

#[test]
fn the_files_commands_for_linux_restore_as_they_stand() {
    let root = tempfile::tempdir().unwrap();
    let file = kit(&repository(root.path())).file().unwrap();
    let elsewhere = tempfile::tempdir().unwrap();
    let commands = &file.destinations[0].linux_commands;
    let restore = commands.restore.replace("/restored", "restored");
    assert_ne!(restore, commands.restore);
    let mut lines = vec!["set -e".to_owned()];
    lines.extend(commands.set.iter().cloned());
    lines.extend([commands.list.clone(), commands.check.clone(), restore]);
    let script = lines.join("\n");
    let mut shell = Command::new("sh");
    shell
        .env("HOME", elsewhere.path())
        .current_dir(elsewhere.path());
    let told = output(shell, ["-c", &script]);
    assert!(told.contains("no errors were found"), "{told}");
    assert_eq!(read(&elsewhere.path().join("restored")), CONTENTS);
}

#[test]
fn the_command_of_step_three_tells_the_check_codes() {
    let page = kit(Path::new("/x")).page(latarnik_backup::recovery_kit::Language::En);
    let check = r#"printf %s "$RESTIC_PASSWORD" | sha256sum | cut -c1-8"#;
    assert!(page.unwrap().contains(&check.replace('"', "&quot;")));
    let told = |typed: &str| {
        let mut shell = Command::new("sh");
        shell.env("RESTIC_PASSWORD", typed);
        output(shell, ["-c", check]).trim().to_owned()
    };
    assert_eq!(told(PASSWORD), check_code(PASSWORD));
    let first = &typing_lines(PASSWORD)[0];
    assert!(told(&first.groups.concat()).starts_with(&first.check));
}
