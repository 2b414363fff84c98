//! `latarnik authority` as an operator runs it, and as it is killed.
#![expect(clippy::unwrap_used, reason = "what surprises a test is to end it")]

use std::{
    fs,
    path::Path,
    process::{Command, Output, Stdio},
    time::{Duration, Instant},
};
use tempfile::TempDir;

/// Nothing in these tests takes this long unless it hangs.
const PATIENCE: Duration = Duration::from_secs(60);

fn command(data: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_latarnik"));
    command
        .arg("--data-folder")
        .arg(data)
        .args(arguments)
        .env_clear()
        .env("LATARNIK_LOG", "error");
    command
}

fn run(data: &Path, arguments: &[&str]) -> Output {
    command(data, arguments).output().unwrap()
}

/// Standard output of a command that works.
fn said(data: &Path, arguments: &[&str]) -> String {
    let output = run(data, arguments);
    let errors = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{arguments:?}: {errors}");
    String::from_utf8(output.stdout).unwrap()
}

/// Standard error of a command that refuses.
fn refused(data: &Path, arguments: &[&str]) -> String {
    let output = run(data, arguments);
    assert!(!output.status.success(), "{arguments:?}");
    assert!(output.stdout.is_empty(), "{output:?}");
    String::from_utf8(output.stderr).unwrap()
}

fn data_folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    said(folder.path(), &["authority", "show"]);
    folder
}

#[test]
fn rotation_is_shown_from_its_beginning_to_its_end() {
    let folder = data_folder();
    let data = folder.path();
    let before = said(data, &["authority", "show"]);
    assert!(before.starts_with("in force  "), "{before}");
    assert!(before.ends_with("No rotation is under way.\n"), "{before}");
    let next = said(data, &["authority", "rotate"]);
    let next = next.trim();
    let during = said(data, &["authority", "show"]);
    assert!(
        during.starts_with(before.lines().next().unwrap()),
        "{during}"
    );
    assert!(
        during.contains(&format!("\nnext      {next}  made ")),
        "{during}"
    );
    assert!(
        during.contains("\n0 of 0 devices have connected"),
        "{during}"
    );
    assert_eq!(said(data, &["authority", "finish"]).trim(), next);
    let after = said(data, &["authority", "show"]);
    assert!(after.starts_with(&format!("in force  {next}")), "{after}");
    assert!(after.ends_with("No rotation is under way.\n"), "{after}");
}

#[test]
fn steps_out_of_turn_are_refused_with_what_to_do() {
    let folder = data_folder();
    let data = folder.path();
    let early = refused(data, &["authority", "finish"]);
    assert!(early.contains("latarnik authority rotate"), "{early}");
    said(data, &["authority", "rotate"]);
    let again = refused(data, &["authority", "rotate"]);
    assert!(again.contains("latarnik authority finish"), "{again}");
}

#[test]
fn help_says_what_each_step_does() {
    let folder = tempfile::tempdir().unwrap();
    let finish = said(folder.path(), &["authority", "finish", "--help"]);
    for words in ["Enrollment tokens", "--force", "not removed"] {
        assert!(finish.contains(words), "{finish}");
    }
    assert!(said(folder.path(), &["authority", "--help"]).contains("rotate"));
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

/// How a folder looks: a killed command is past another point when this has changed.
fn names(folder: &Path) -> Vec<String> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        names.push(path.display().to_string());
        names.extend(self::names(&path));
    }
    names.sort();
    names
}

/// Starts a command, and kills it when it has changed the folder so many times, unless it ends
/// before.
fn kill_after(data: &Path, arguments: &[&str], changes: usize) {
    let authority = data.join("authority");
    let mut child = command(data, arguments)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let started = Instant::now();
    let (mut seen, mut known) = (0, names(&authority));
    loop {
        if child.try_wait().unwrap().is_some() {
            return;
        }
        let now = names(&authority);
        seen += usize::from(now != known);
        known = now;
        if seen >= changes {
            break;
        }
        assert!(started.elapsed() < PATIENCE, "this hangs");
        std::thread::yield_now();
    }
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn command_that_is_killed_at_any_moment_leaves_a_state_that_goes_on() {
    let folder = data_folder();
    let data = folder.path();
    for changes in 0..8 {
        let before = said(data, &["authority", "show"]);
        kill_after(data, &["authority", "rotate"], changes);
        let after = said(data, &["authority", "show"]);
        assert_eq!(
            before.lines().next(),
            after.lines().next(),
            "the one in force stays"
        );
        if after.contains("No rotation is under way.") {
            said(data, &["authority", "rotate"]);
        }
        let during = said(data, &["authority", "show"]);
        let next = during.lines().nth(1).unwrap().split_whitespace().nth(1);
        kill_after(data, &["authority", "finish"], changes);
        if said(data, &["authority", "show"]).contains("\nnext ") {
            said(data, &["authority", "finish"]);
        }
        let end = said(data, &["authority", "show"]);
        let present = end.lines().next().unwrap().split_whitespace().nth(2);
        assert_eq!(present, next, "the next one is in force, and no other");
    }
    let keys = names(data)
        .iter()
        .filter(|name| name.ends_with("/key.pem"))
        .count();
    assert!(
        keys >= 9,
        "every key that was ever in force is still there: {keys}"
    );
}
