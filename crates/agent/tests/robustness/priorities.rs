//! `--low-priority`: everything else on the machine goes first.

use crate::scene::Scene;
use std::fs;

/// A program that says how each thread of the one that started it, and itself, competes for disk
/// and processor.
const SAYS: &str = "for thread in /proc/$PPID/task/*; do \
    ionice -p ${thread##*/}; cut -d \" \" -f 19 $thread/stat; done; ionice -p $$; nice";

fn priorities(arguments: &[&str]) -> Vec<String> {
    let scene = Scene::new();
    let dump = "[[dumps]]\nkind = 'command'\nname = 'priorities'\nprogram = '/bin/sh'\n";
    scene.add(&format!("{dump}arguments = ['-c', '{SAYS}']"));
    scene.json(arguments);
    let target = scene.at("target");
    scene.json(&["restore", "--target", target.to_str().unwrap()]);
    let said = fs::read_to_string(target.join("databases/command/priorities")).unwrap();
    said.lines().map(str::to_owned).collect()
}

#[test]
fn with_low_priority_all_threads_and_dumps_yield_processor_and_disk() {
    let lines = priorities(&["run", "--low-priority"]);
    // Each thread says two things, and so does the dump.
    assert!(
        lines.len() >= 6 && lines.len().is_multiple_of(2),
        "{lines:?}"
    );
    for pair in lines.chunks(2) {
        assert_eq!(pair[0], "idle", "{lines:?}");
        let nice: i32 = pair[1].parse().unwrap();
        assert!(nice >= 10, "{lines:?}");
    }
}

#[test]
fn without_it_everything_is_as_it_was() {
    let lines = priorities(&["run"]);
    assert!(lines.len() >= 6, "{lines:?}");
    assert!(lines.iter().all(|line| line != "idle"), "{lines:?}");
}
