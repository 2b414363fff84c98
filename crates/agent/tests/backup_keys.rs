//! `latarnik-agent backup keys`, and generations, as a person or a script uses them.
#![expect(
    clippy::unwrap_used,
    reason = "a story that cannot be set up should fail at once"
)]

use serde_json::Value;
use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    path::PathBuf,
    process::{Command, Output},
};
use tempfile::TempDir;

const FIRST: &str = "the first password";
const SECOND: &str = "the second password";

/// A job with a password file and a local destination.
struct Scene {
    folder: TempDir,
}

impl Scene {
    fn new() -> Self {
        let scene = Self {
            folder: tempfile::tempdir().unwrap(),
        };
        fs::create_dir(scene.at("source")).unwrap();
        fs::write(scene.at("source/file"), "content").unwrap();
        scene.write_password("password", FIRST);
        scene.write_job("", "");
        scene.json(0, &["run", "--full"]);
        scene
    }

    fn at(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write_password(&self, name: &str, password: &str) -> String {
        let path = self.at(name);
        fs::write(&path, format!("{password}\n")).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        path.to_str().unwrap().to_owned()
    }

    fn password(&self, name: &str) -> String {
        let text = fs::read_to_string(self.at(name)).unwrap();
        text.trim_end().to_owned()
    }

    /// Settings before the tables, and tables.
    fn write_job(&self, settings: &str, tables: &str) {
        let password = if settings.contains("password") {
            String::new()
        } else {
            format!("password_file = {:?}", self.at("password"))
        };
        let job = format!(
            "name = \"books\"\n{password}\n{settings}\nstate_folder = {:?}\n\
             [[folders]]\npath = {:?}\n\
             [[destinations]]\nname = \"disk\"\nkind = \"local\"\npath = {:?}\n\
             [retention.full]\nlast = 1\n[retention.incremental]\nlast = 1\n{tables}",
            self.at("state"),
            self.at("source"),
            self.at("disk"),
        );
        fs::write(self.at("job.toml"), job).unwrap();
    }

    fn run(&self, arguments: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_latarnik-agent"))
            .arg("backup")
            .args(arguments)
            .arg("--job")
            .arg(self.at("job.toml"))
            .output()
            .unwrap()
    }

    /// The result of a command, which is the last line of its JSON. No password is in what the
    /// command says.
    fn json(&self, code: i32, arguments: &[&str]) -> Value {
        let output = self.run(&[arguments, &["--json"]].concat());
        assert_eq!(
            output.status.code(),
            Some(code),
            "{arguments:?}: {output:?}"
        );
        self.tells_no_password(&output);
        let text = String::from_utf8(output.stdout).unwrap();
        serde_json::from_str(text.lines().last().unwrap()).unwrap()
    }

    fn tells_no_password(&self, output: &Output) {
        let said = [&output.stdout[..], &output.stderr].concat();
        let said = String::from_utf8(said).unwrap();
        for secret in [FIRST, SECOND, &self.password("password")] {
            assert!(!said.contains(secret), "{said}");
        }
    }

    /// What a command that fails says.
    fn refusal(&self, code: i32, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert_eq!(output.status.code(), Some(code), "{output:?}");
        self.tells_no_password(&output);
        String::from_utf8(output.stderr).unwrap()
    }

    fn opens(&self, place: &str, password: &str) -> bool {
        let output = Command::new("restic")
            .args(["--no-cache", "cat", "config", "--repo"])
            .arg(self.at(place))
            .env("RESTIC_PASSWORD", password)
            .output()
            .unwrap();
        output.status.success()
    }
}

#[test]
fn passwords_are_listed_added_and_removed() {
    let scene = Scene::new();
    let listed = scene.json(0, &["keys", "list"]);
    assert_eq!(listed["keys"][0]["is_in_use"], true);
    let file = scene.write_password("second", SECOND);
    let added = scene.json(0, &["keys", "add", "--new-password-file", &file]);
    let id = added["key_change"]["report"]["added"].as_str().unwrap();
    assert!(scene.opens("disk", SECOND));
    let used = listed["keys"][0]["id"].as_str().unwrap();
    let words = scene.refusal(1, &["keys", "remove", used]);
    assert!(words.contains("in use"), "{words}");
    scene.json(0, &["keys", "remove", id]);
    assert!(!scene.opens("disk", SECOND));
    assert!(scene.opens("disk", FIRST));
    fs::write(&file, "").unwrap();
    let words = scene.refusal(1, &["keys", "add", "--new-password-file", &file]);
    assert!(words.contains("no file with a password"), "{words}");
    let words = scene.refusal(1, &["keys", "list", "--generation", "2"]);
    assert!(words.contains("no generation 2"), "{words}");
}

#[test]
fn a_rotation_writes_the_password_that_it_makes_up_into_the_jobs_file() {
    let scene = Scene::new();
    scene.json(0, &["keys", "rotate"]);
    let password = scene.password("password");
    assert_eq!(password.len(), 32);
    let mode = fs::metadata(scene.at("password")).unwrap().permissions();
    assert_eq!(mode.mode() & 0o777, 0o640);
    assert!(!scene.at("password.next").exists());
    assert!(scene.opens("disk", &password));
    assert!(!scene.opens("disk", FIRST));
    scene.json(0, &["run"]);
}

#[test]
fn a_rotation_that_ended_before_the_file_was_replaced_is_gone_on_with() {
    let scene = Scene::new();
    // The repository has the new password alone, and so has the file next to the old one.
    let next = scene.write_password("password.next", SECOND);
    scene.write_job(&format!("password = {FIRST:?}"), "");
    scene.json(0, &["keys", "rotate", "--new-password-file", &next]);
    scene.write_job("", "");
    scene.json(0, &["run"]);
    scene.json(0, &["keys", "rotate"]);
    assert_eq!(scene.password("password"), SECOND);
    assert!(!scene.at("password.next").exists());
}

#[test]
fn a_password_that_stands_in_the_job_is_changed_there_by_a_person() {
    let scene = Scene::new();
    scene.write_job(&format!("password = {FIRST:?}"), "");
    let words = scene.refusal(1, &["keys", "rotate"]);
    assert!(words.contains("--new-password-file"), "{words}");
    let file = scene.write_password("second", SECOND);
    let rotate = ["keys", "rotate", "--new-password-file", &file];
    let output = scene.run(&rotate);
    assert!(output.status.success(), "{output:?}");
    scene.tells_no_password(&output);
    let words = String::from_utf8(output.stdout).unwrap();
    assert!(words.contains("into the job"), "{words}");
    // Until that is done the rotation may be repeated, and nothing else works.
    assert_eq!(
        scene.json(0, &rotate)["key_change"]["report"]["was_there"],
        true
    );
    let words = scene.refusal(1, &["run"]);
    assert!(words.contains("password"), "{words}");
    scene.write_job(&format!("password = {SECOND:?}"), "");
    scene.json(0, &["run"]);
}

#[test]
fn a_destination_that_is_away_is_told_by_the_exit_code() {
    let scene = Scene::new();
    let away = "[[destinations]]\nname = \"away\"\nkind = \"local\"\npath = \"/nowhere/at/all\"\n";
    scene.write_job("", away);
    let rotated = scene.json(9, &["keys", "rotate"]);
    let members = &rotated["key_change"]["report"]["destinations"];
    assert_eq!(members[1]["state"], "behind");
    assert!(scene.opens("disk", &scene.password("password")));
}

#[test]
fn a_new_generation_takes_over_and_the_old_one_goes_with_its_last_snapshot() {
    let scene = Scene::new();
    scene.json(0, &["run"]);
    scene.write_password("second", SECOND);
    let settings = format!("generation = 2\npassword_file = {:?}", scene.at("second"));
    let older = format!(
        "[[older_generations]]\ngeneration = 1\npassword_file = {:?}\n",
        scene.at("password")
    );
    scene.write_job(&settings, &older);
    let full = scene.json(0, &["run", "--full"]);
    assert_eq!(full["run"]["new_files"], 1);
    let listed = scene.json(0, &["list"]);
    let generations: Vec<&Value> = listed["snapshots"]
        .as_array()
        .unwrap()
        .iter()
        .map(|snapshot| &snapshot["generation"])
        .collect();
    assert_eq!(generations, [2, 1, 1]);
    let kit = scene.at("kit");
    scene.json(0, &["recovery-kit", "--output", kit.to_str().unwrap()]);
    let kit: Value =
        serde_json::from_slice(&fs::read(kit.join("recovery-kit.json")).unwrap()).unwrap();
    for entry in [&kit, &kit["older_generations"][0]] {
        let place = entry["destinations"][0]["linux"]["repository"].as_str();
        let password = entry["keys"][0]["password"].as_str();
        assert!(scene.opens(place.unwrap(), password.unwrap()), "{entry}");
    }
    // The incremental one of the first generation is the newest of its kind: it stays, and with
    // it its generation.
    let pruned = scene.json(0, &["prune"]);
    assert_eq!(pruned["prune"]["removed_snapshots"], 1);
    scene.json(0, &["run"]);
    let plan = scene.json(0, &["prune", "--dry-run"]);
    let forecast = &plan["plan"]["forecast"];
    assert_eq!(forecast["deleted_generations"], serde_json::json!([1]));
    let pruned = scene.json(0, &["prune"]);
    assert_eq!(pruned["prune"]["freed_bytes"], forecast["freed_bytes"]);
    let gone = &pruned["prune"]["deleted_generations"][0];
    assert_eq!(gone["generation"], 1);
    assert!(!scene.at("disk/config").exists());
    let verified = scene.json(0, &["verify"]);
    assert_eq!(verified["verification"][0]["generation"], 2);
    scene.write_job(&settings, "");
    let listed = scene.json(0, &["list"]);
    assert_eq!(listed["snapshots"].as_array().unwrap().len(), 2);
    scene.json(0, &["test-restore"]);
}
