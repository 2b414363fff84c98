//! Ctrl-C, at a program that waits for others. The tests print how long it took to end:
//! `cargo nextest run --package latarnik-agent --no-capture 'cancellations::'`.

use crate::scene::{LIMIT, Scene, signal, wait_until};
use latarnik_test_servers::{S3Fault, S3Server};
use std::{
    fs,
    process::{Child, Output},
    time::Instant,
};

/// Sends Ctrl-C, waits for the end, and prints how long that took.
fn interrupt(what: &str, child: Child) -> Output {
    let begun = Instant::now();
    signal(&child, "INT");
    let output = child.wait_with_output().unwrap();
    let took = begun.elapsed();
    println!("Ctrl-C at {what}: {} ms", took.as_millis());
    assert!(took < LIMIT);
    assert_eq!(output.status.code(), Some(130), "{output:?}");
    output
}

fn is_running(process: &str) -> bool {
    let stat = fs::read_to_string(format!("/proc/{process}/stat"));
    stat.is_ok_and(|stat| !stat.contains(") Z "))
}

#[test]
fn a_run_ends_while_a_dump_says_nothing_and_the_dump_with_it() {
    let scene = Scene::new();
    scene.write("file", b"content");
    let processes = scene.at("processes");
    let script = format!(
        "sleep 1000 & echo $$ $! > {0}.new; mv {0}.new {0}; wait",
        processes.display()
    );
    let dump = "[[dumps]]\nkind = 'command'\nname = 'silent'\nprogram = '/bin/sh'\n";
    scene.add(&format!("{dump}arguments = ['-c', '{script}']"));
    let child = scene.start(&["run"]);
    wait_until(|| processes.exists());
    interrupt("a dump that says nothing", child);
    for process in fs::read_to_string(&processes).unwrap().split_whitespace() {
        wait_until(|| !is_running(process));
    }
    for folder in ["disk/locks", "disk/snapshots"] {
        let entries = fs::read_dir(scene.at(folder)).map_or(0, Iterator::count);
        assert_eq!(entries, 0, "{folder}");
    }
    scene.change("'silent'", "'loud'");
    scene.change("sleep 1000 &", "echo loud; exit 0;");
    scene.json(&["run"]);
    assert_eq!(scene.snapshots(), 1);
}

/// A service that answers nothing any more, to each command.
#[test]
fn every_command_ends_while_a_destination_hangs() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let server = runtime.block_on(S3Server::start()).unwrap();
    let scene = Scene::without_destination();
    let (id, secret) = S3Server::KEY;
    scene.add(&format!(
        "[[destinations]]\nname = 'cloud'\nkind = 's3'\nendpoint = 'http://127.0.0.1:{}'\n\
         region = '{}'\nbucket = '{}'\naccess_key_id = '{id}'\nsecret_access_key = '{secret}'",
        server.port(),
        S3Server::REGION,
        S3Server::BUCKET,
    ));
    scene.write("file", b"content");
    scene.json(&["run"]);
    let target = scene.at("target").display().to_string();
    let commands: [&[&str]; 6] = [
        &["run"],
        &["list"],
        &["verify"],
        &["prune"],
        &["restore", "--target", &target],
        &["test-restore"],
    ];
    for arguments in commands {
        server.set(S3Fault::Hang);
        let before = server.requests();
        let child = scene.start(arguments);
        wait_until(|| server.requests() > before);
        let what = format!("`{}` while a destination hangs", arguments[0]);
        interrupt(&what, child);
        server.set(S3Fault::None);
        scene.json(&["verify"]);
    }
}
