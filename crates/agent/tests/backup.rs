//! `latarnik-agent backup`: the program by itself, as a person or a script runs it.
#![expect(
    clippy::unwrap_used,
    reason = "a story that cannot be set up should fail at once"
)]

use serde_json::Value;
use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
    time::Duration,
};
use tempfile::TempDir;

struct Scene {
    folder: TempDir,
}

impl Scene {
    fn new(destinations: &[&str]) -> Self {
        let scene = Self {
            folder: tempfile::tempdir().unwrap(),
        };
        fs::create_dir(scene.at("source")).unwrap();
        let mut job = format!(
            "name = \"books\"\npassword = \"a password\"\nstate_folder = {:?}\n\
             [[folders]]\npath = {:?}\n[retention.full]\nlast = 1\n\
             [retention.incremental]\nlast = 1\n",
            scene.at("state"),
            scene.at("source"),
        );
        for name in destinations {
            let path = scene.at(name);
            job.push_str(&format!(
                "[[destinations]]\nname = \"{name}\"\nkind = \"local\"\npath = {path:?}\n"
            ));
        }
        fs::write(scene.at("job.toml"), job).unwrap();
        scene
    }

    fn at(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, name: &str, content: &[u8]) {
        fs::write(self.at("source").join(name), content).unwrap();
    }

    /// Puts the job's password into a file, and tells which one.
    fn use_password_file(&self) -> PathBuf {
        let path = self.at("password");
        fs::write(&path, "a password\n").unwrap();
        let job = fs::read_to_string(self.at("job.toml")).unwrap();
        let setting = format!("password_file = {path:?}");
        let job = job.replace("password = \"a password\"", &setting);
        fs::write(self.at("job.toml"), job).unwrap();
        path
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_latarnik-agent"));
        command
            .arg("backup")
            .args(arguments)
            .arg("--job")
            .arg(self.at("job.toml"));
        command
    }

    fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    /// The result of a command, which is the last line of its JSON.
    fn json(&self, code: i32, arguments: &[&str]) -> Value {
        let output = self.run(&[arguments, &["--json"]].concat());
        assert_eq!(
            output.status.code(),
            Some(code),
            "{arguments:?}: {output:?}"
        );
        let text = String::from_utf8(output.stdout).unwrap();
        serde_json::from_str(text.lines().last().unwrap()).unwrap()
    }
}

#[test]
fn a_job_is_backed_up_listed_verified_proven_and_restored() {
    let scene = Scene::new(&["disk"]);
    scene.write("ledger", &[7; 100_000]);
    let probe = scene.json(0, &["probe"]);
    assert_eq!(probe["probe"][0]["report"]["problem"], Value::Null);
    let full = scene.json(0, &["run", "--full"]);
    assert_eq!(full["run"]["outcome"], "succeeded");
    scene.write("letter", b"new");
    let incremental = scene.json(0, &["run"]);
    assert_eq!(incremental["run"]["new_files"], 1);
    let listed = scene.json(0, &["list"]);
    assert_eq!(listed["snapshots"].as_array().unwrap().len(), 2);
    let verified = scene.json(0, &["verify"]);
    assert_eq!(verified["verification"][0]["damages"], 0);
    let proven = scene.json(0, &["test-restore"]);
    assert_eq!(proven["test_restore"]["outcome"], "passed");
    assert_eq!(proven["test_restore"]["compared_with_source"], 2);
    let target = scene.at("target");
    let restored = scene.json(0, &["restore", "--target", target.to_str().unwrap()]);
    assert_eq!(restored["restore"]["files"], 2);
    let source = scene.at("source");
    let ledger = target
        .join(source.strip_prefix("/").unwrap())
        .join("ledger");
    assert_eq!(fs::read(ledger).unwrap(), [7; 100_000]);
}

#[test]
fn the_rules_of_the_job_decide_what_is_deleted() {
    let scene = Scene::new(&["disk"]);
    for round in 0..3 {
        scene.write("file", &[round; 10]);
        scene.json(0, &["run", "--full"]);
    }
    let plan = scene.json(0, &["prune", "--dry-run"]);
    assert_eq!(plan["plan"]["remove"].as_array().unwrap().len(), 2);
    let forecast = &plan["plan"]["forecast"];
    assert!(forecast["freed_bytes"].as_u64().unwrap() > 0, "{plan}");
    let pruned = scene.json(0, &["prune"]);
    assert_eq!(pruned["prune"]["freed_bytes"], forecast["freed_bytes"]);
    assert_eq!(pruned["prune"]["kept_snapshots"], 1);
    scene.json(0, &["verify"]);
}

#[test]
fn exit_codes_say_what_was_not_as_it_should_be() {
    let scene = Scene::new(&["disk", "absent/disk"]);
    scene.write("file", &[1; 5_000]);
    // One of two destinations is not there.
    let report = scene.json(9, &["run"]);
    assert_eq!(report["run"]["destinations"][1]["state"], "behind");
    assert_eq!(
        report["run"]["destinations"][1]["code"],
        "no_such_container"
    );
    scene.json(12, &["probe"]);
    let pack = largest(&scene.at("disk/data"));
    let mut bytes = fs::read(&pack).unwrap();
    bytes[40] ^= 1;
    fs::write(&pack, bytes).unwrap();
    scene.json(10, &["verify"]);
    scene.json(10, &["test-restore"]);
    let job = fs::read_to_string(scene.at("job.toml")).unwrap();
    fs::write(scene.at("job.toml"), job.replace("a password", "another")).unwrap();
    let output = scene.run(&["list"]);
    assert_eq!(output.status.code(), Some(1));
    let words = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(words.contains("password"), "{words}");
}

#[test]
fn a_run_says_how_it_read_its_folders_and_refuses_what_the_job_forbids() {
    let scene = Scene::new(&["disk"]);
    scene.write("file", b"content");
    // Linux makes no shadow copies of its own.
    let report = scene.json(0, &["run"]);
    assert_eq!(report["run"]["sources"][0]["read"], "live");
    assert_eq!(report["run"]["sources"][0]["reason"], "unsupported_system");
    assert_eq!(report["run"]["consistency"], "not_crash_consistent");
    let job = fs::read_to_string(scene.at("job.toml")).unwrap();
    let required = format!("shadow_copies = \"required\"\n{job}");
    fs::write(scene.at("job.toml"), required).unwrap();
    let output = scene.run(&["run"]);
    assert_eq!(output.status.code(), Some(1));
    let words = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(words.contains("set shadow_copies to \"auto\""), "{words}");
}

fn largest(folder: &Path) -> PathBuf {
    let folders = fs::read_dir(folder).unwrap();
    folders
        .flat_map(|folder| fs::read_dir(folder.unwrap().path()).unwrap())
        .map(|file| file.unwrap().path())
        .max_by_key(|path| fs::metadata(path).unwrap().len())
        .unwrap()
}

#[test]
fn a_dump_that_fails_says_why_and_leaves_no_snapshot() {
    let scene = Scene::new(&["disk"]);
    scene.write("file", b"content");
    scene.json(0, &["run"]);
    let mut job = fs::read_to_string(scene.at("job.toml")).unwrap();
    job.push_str(
        "[[dumps]]\nkind = \"command\"\nname = \"shop\"\nprogram = \"/bin/sh\"\n\
         arguments = [\"-c\", \"echo half; echo the table is gone >&2; exit 3\"]\n",
    );
    fs::write(scene.at("job.toml"), job).unwrap();
    let output = scene.run(&["run"]);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let words = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(words.contains("the table is gone"), "{words}");
    assert!(words.contains("exit code 3"), "{words}");
    let listed = scene.json(0, &["list"]);
    assert_eq!(listed["snapshots"].as_array().unwrap().len(), 1);
}

#[test]
fn a_recovery_kit_is_a_page_and_a_file_that_nobody_else_reads() {
    use std::os::unix::fs::PermissionsExt as _;
    let scene = Scene::new(&["disk"]);
    scene.write("file", b"content");
    scene.json(0, &["run"]);
    let kit = scene.at("kit");
    scene.json(
        0,
        &[
            "recovery-kit",
            "--output",
            kit.to_str().unwrap(),
            "--language",
            "pl",
        ],
    );
    for name in ["recovery-kit.html", "recovery-kit.json"] {
        let metadata = fs::metadata(kit.join(name)).unwrap();
        assert_eq!(metadata.permissions().mode() & 0o077, 0, "{name}");
    }
    let file: Value =
        serde_json::from_slice(&fs::read(kit.join("recovery-kit.json")).unwrap()).unwrap();
    let output = Command::new("restic")
        .arg("cat")
        .arg("config")
        .arg("--no-cache")
        .env("RESTIC_REPOSITORY", scene.at("disk"))
        .env(
            "RESTIC_PASSWORD",
            file["keys"][0]["password"].as_str().unwrap(),
        )
        .output()
        .unwrap();
    let config: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(config["id"], file["repository"]["id"]);
}

/// Runs, prunes, catch-ups and rotations that are killed at any time leave a repository without
/// damage, of which every snapshot that was told restores.
#[test]
fn killed_at_any_time_it_leaves_a_whole_repository() {
    let scene = Scene::new(&["one", "two"]);
    let password = scene.use_password_file();
    let mut random = 0x1234_5678_9ABC_DEF0_u64;
    let mut next = |below: u64| {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        random % below
    };
    let mut told: Vec<String> = Vec::new();
    scene.write("steady", &[1; 50_000]);
    let first = scene.json(0, &["run", "--full"]);
    told.push(first["run"]["snapshot"].as_str().unwrap().to_owned());
    let mut killed = 0;
    for round in 0..kills() {
        let noise: Vec<u8> = (0..300_000).map(|_| next(256) as u8).collect();
        scene.write(&format!("file-{}", round % 7), &noise);
        // Now and then the second destination is away, so that the next run catches up.
        let away = round % 5 == 3;
        if away {
            fs::rename(scene.at("two"), scene.at("two-away")).unwrap();
            fs::write(scene.at("two"), "").unwrap();
        }
        let arguments: &[&str] = match round % 6 {
            3 => &["prune", "--json"],
            1 => &["run", "--full", "--json"],
            2 | 5 => &["keys", "rotate", "--json"],
            _ => &["run", "--json"],
        };
        let mut child = scene
            .command(arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(Duration::from_millis(20 + next(700)));
        child.kill().unwrap();
        let output = child.wait_with_output().unwrap();
        match output.status.code() {
            None => killed += 1,
            Some(_) => {
                let text = String::from_utf8(output.stdout).unwrap();
                let last: Value = text
                    .lines()
                    .last()
                    .and_then(|line| serde_json::from_str(line).ok())
                    .unwrap_or_default();
                if let Some(snapshot) = last["run"]["snapshot"].as_str() {
                    told.push(snapshot.to_owned());
                }
            }
        }
        if away {
            fs::remove_file(scene.at("two")).unwrap();
            fs::rename(scene.at("two-away"), scene.at("two")).unwrap();
        }
    }
    assert!(killed > kills() / 4, "{killed} kills");
    let last = scene.json(0, &["run"]);
    // Whatever rotations left behind, one more leaves one password.
    scene.json(0, &["keys", "rotate"]);
    let password = fs::read_to_string(password).unwrap();
    let keys = scene.json(0, &["keys", "list"]);
    assert_eq!(keys["keys"].as_array().unwrap().len(), 1);
    told.push(last["run"]["snapshot"].as_str().unwrap().to_owned());
    let verified = scene.json(0, &["verify"]);
    for report in verified["verification"].as_array().unwrap() {
        assert_eq!(report["damages"], 0, "{report}");
    }
    let listed = scene.json(0, &["list"]);
    let ids: Vec<&str> = listed["snapshots"]
        .as_array()
        .unwrap()
        .iter()
        .map(|snapshot| snapshot["id"].as_str().unwrap())
        .collect();
    // Prunes delete by the rules; what is left and was told restores.
    assert!(ids.contains(&told.last().unwrap().as_str()));
    for id in ids {
        scene.json(0, &["test-restore", "--snapshot", id]);
    }
    for place in ["one", "two"] {
        let output = Command::new("restic")
            .args(["--no-cache", "check", "--read-data", "--repo"])
            .arg(scene.at(place))
            .env("RESTIC_PASSWORD", password.trim_end())
            .output()
            .unwrap();
        assert!(output.status.success(), "{place}: {output:?}");
    }
}

/// `LATARNIK_BACKUP_KILLS` asks for more, as before a release.
fn kills() -> usize {
    std::env::var("LATARNIK_BACKUP_KILLS")
        .ok()
        .and_then(|number| number.parse().ok())
        .unwrap_or(50)
}
