//! Restores that are killed at any time.

use crate::scene::{Random, Scene};
use std::{
    collections::BTreeMap,
    fs,
    io::{BufRead as _, BufReader},
    os::unix::fs::{PermissionsExt as _, symlink},
    path::{Path, PathBuf},
    process::Command,
    thread,
    time::Duration,
};

/// How names of files end that are not whole.
const UNFINISHED: &str = ".latarnik-restoring";
const KILLS: u64 = 10;

/// Files of several sizes, in folders that not everybody may enter.
fn furnish(scene: &Scene, random: &mut Random) {
    for number in 0..24 {
        let bytes = random.bytes(400_000 + number * 50_000);
        scene.write(&format!("open/{number}"), &bytes);
        scene.write(&format!("private/{number}"), &bytes[..100_000]);
    }
    symlink("../open/1", scene.source().join("private/link")).unwrap();
    fs::hard_link(
        scene.source().join("open/2"),
        scene.source().join("private/second-name"),
    )
    .unwrap();
    let private = fs::Permissions::from_mode(0o700);
    fs::set_permissions(scene.source().join("private"), private).unwrap();
    let sticky = fs::Permissions::from_mode(0o1777);
    fs::set_permissions(scene.source().join("open"), sticky).unwrap();
}

/// All files below a folder, with what is in them.
fn files(root: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut files = BTreeMap::new();
    let mut folders = vec![root.to_owned()];
    while let Some(open) = folders.pop() {
        for entry in fs::read_dir(open).into_iter().flatten() {
            let entry = entry.unwrap();
            if entry.file_type().unwrap().is_dir() {
                folders.push(entry.path());
            } else {
                let name = entry.path().strip_prefix(root).unwrap().to_owned();
                let content = match fs::read_link(entry.path()) {
                    Ok(target) => target.into_os_string().into_encoded_bytes(),
                    Err(_) => fs::read(entry.path()).unwrap(),
                };
                files.insert(name, content);
            }
        }
    }
    files
}

fn is_unfinished(path: &Path) -> bool {
    path.to_str().unwrap().ends_with(UNFINISHED)
}

/// Starts a restore and kills it so long after it began to write. Says whether it was at work.
fn kill(scene: &Scene, arguments: &[&str], after: Duration) -> bool {
    let mut child = scene.start(&[arguments, &["--json"]].concat());
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    lines
        .map_while(Result::ok)
        .find(|line| line.contains("\"restoring\""));
    thread::sleep(after);
    child.kill().unwrap();
    child.wait().unwrap().code().is_none()
}

/// The same names with the same bytes, permissions, links and times.
fn assert_same(one: &Path, other: &Path, more: &[&str]) {
    let output = Command::new("rsync")
        .args([
            "--dry-run",
            "--archive",
            "--checksum",
            "--delete",
            "--itemize-changes",
        ])
        .arg("--hard-links")
        .args(more)
        .arg(format!("{}/", one.display()))
        .arg(format!("{}/", other.display()))
        .output()
        .expect("rsync is installed; `cargo xtask test` does that");
    assert!(output.status.success(), "{output:?}");
    assert_eq!(String::from_utf8(output.stdout).unwrap(), "");
}

#[test]
fn killed_while_it_restores_into_a_folder_it_leaves_no_half_file_and_the_next_one_goes_on() {
    let scene = Scene::new();
    let mut random = Random(0x0BAD_5EED_1234_5678);
    furnish(&scene, &mut random);
    scene.json(&["run"]);
    let wanted = files(&scene.source());
    let target = scene.at("target");
    let folder = scene.restored("target", &scene.source());
    let arguments = ["restore", "--target", target.to_str().unwrap()];
    let (mut killed, mut left) = (0, 0);
    for _ in 0..KILLS {
        killed += u64::from(kill(
            &scene,
            &arguments,
            Duration::from_millis(random.below(500)),
        ));
        for (name, content) in files(&folder) {
            if is_unfinished(&name) {
                left += 1;
            } else {
                assert!(wanted.get(&name) == Some(&content), "{}", name.display());
            }
        }
        if let Ok(private) = fs::metadata(folder.join("private")) {
            assert_eq!(private.permissions().mode() & 0o077, 0);
        }
        // Sometimes everything is there already.
        if files(&folder).len() == wanted.len() {
            fs::remove_dir_all(&target).unwrap();
        }
    }
    println!(
        "{killed} of {KILLS} restores were killed, which left {left} files that were not whole"
    );
    assert!(killed > KILLS / 4, "{killed} kills");
    scene.json(&arguments);
    // With what folders have, although another process made them.
    assert_same(&scene.source(), &folder, &[]);
}

#[test]
fn killed_while_it_replaces_in_place_every_file_is_the_old_or_the_new_one() {
    let scene = Scene::new();
    let mut random = Random(0x5EED_0BAD_8765_4321);
    furnish(&scene, &mut random);
    let original = scene.at("original");
    let copied = Command::new("cp")
        .arg("--archive")
        .args([&scene.source(), &original])
        .status()
        .unwrap();
    assert!(copied.success());
    scene.json(&["run"]);
    let wanted = files(&scene.source());
    let arguments = ["restore", "--in-place", "--replace"];
    let mut killed = 0;
    for round in 0..KILLS {
        let changed: BTreeMap<PathBuf, Vec<u8>> = wanted
            .keys()
            .map(|name| {
                (
                    name.clone(),
                    format!("{round} {}", name.display()).into_bytes(),
                )
            })
            .collect();
        for (name, content) in &changed {
            let path = scene.source().join(name);
            // The link, too, is something else meanwhile.
            fs::remove_file(&path).ok();
            fs::write(path, content).unwrap();
        }
        killed += u64::from(kill(
            &scene,
            &arguments,
            Duration::from_millis(random.below(500)),
        ));
        let found = files(&scene.source());
        for (name, content) in &found {
            let is_whole = [wanted.get(name), changed.get(name)].contains(&Some(content));
            assert!(is_whole || is_unfinished(name), "{}", name.display());
        }
        // Nothing is away while it is replaced.
        for name in wanted.keys() {
            assert!(found.contains_key(name), "{}", name.display());
        }
    }
    assert!(killed > KILLS / 4, "{killed} kills");
    scene.json(&arguments);
    for name in ["open", "private"] {
        // Folders that exist stay as they are.
        let more = ["--omit-dir-times"];
        assert_same(&original.join(name), &scene.source().join(name), &more);
    }
}

/// Also where it has nothing else to do in that folder.
#[test]
fn the_next_restore_removes_what_a_killed_one_left() {
    let scene = Scene::new();
    let mut random = Random(0x1357_9BDF_0246_8ACE);
    scene.write("large", &random.bytes(30_000_000));
    scene.write("small/file", b"content");
    scene.json(&["run"]);
    let target = scene.at("target");
    let folder = scene.restored("target", &scene.source());
    let target = target.to_str().unwrap();
    let leftover = || files(&folder).keys().any(|name| is_unfinished(name));
    let mut tries = 0;
    while !leftover() {
        tries += 1;
        assert!(tries < 100);
        let mut child = scene.start(&["restore", "--target", target]);
        // In the middle of the large file, unless it was quicker.
        crate::scene::wait_until(|| leftover() || folder.join("large").exists());
        child.kill().unwrap();
        child.wait().unwrap();
        fs::remove_file(folder.join("large")).ok();
    }
    let small = scene.source().join("small");
    let path = small.to_str().unwrap();
    scene.json(&["restore", "--target", target, "--path", path]);
    assert!(!leftover());
    assert_eq!(fs::read(folder.join("small/file")).unwrap(), b"content");
}
