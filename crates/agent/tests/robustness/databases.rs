//! Databases of real servers through a run and back, while somebody writes to them.

use crate::scene::{Scene, signal, wait_until};
use latarnik_test_servers::{
    Mariadb, Postgresql,
    writer::{self, STATE, TABLES, Writer},
};
use serde_json::Value;
use std::{
    fs,
    io::{BufRead as _, BufReader},
    process::Output,
    sync::Arc,
};

/// A server, whichever it is.
trait Server: Send + Sync + 'static {
    const KIND: &'static str;
    const PASSWORD: &'static str;
    /// More than all buffers between the server and the engine hold.
    const FILLER: &'static str;
    /// The rows of the filler, as a number.
    const FILLED: &'static str;

    fn port(&self) -> u16;
    fn user(&self) -> &'static str;
    fn sql(&self, database: &str, statements: &str) -> String;
    /// What is in no database.
    fn outside(&self) -> &'static str;
    fn feed(&self, database: &str, dump: &[u8]);
    /// It is gone at once, with all connections.
    fn crash(self);
}

impl Server for Postgresql {
    const KIND: &'static str = "postgresql";
    const PASSWORD: &'static str = Self::PASSWORD;
    const FILLER: &'static str = "CREATE TABLE filler AS
        SELECT i, repeat(md5(i::text), 30) AS noise FROM generate_series(1, 60000) AS i;";
    const FILLED: &'static str =
        "SELECT count(*), md5(string_agg(noise, '' ORDER BY i)) FROM filler";

    fn port(&self) -> u16 {
        self.port()
    }

    fn user(&self) -> &'static str {
        Self::USER
    }

    fn sql(&self, database: &str, statements: &str) -> String {
        self.run_sql(database, statements).unwrap()
    }

    fn outside(&self) -> &'static str {
        "postgres"
    }

    fn feed(&self, database: &str, dump: &[u8]) {
        self.feed(database, dump).unwrap();
    }

    fn crash(self) {
        Self::crash(&self).unwrap();
    }
}

impl Server for Mariadb {
    const KIND: &'static str = "mariadb";
    const PASSWORD: &'static str = Self::PASSWORD;
    const FILLER: &'static str = "CREATE TABLE filler AS
        SELECT seq AS i, repeat(md5(seq), 30) AS noise FROM seq_1_to_60000;";
    const FILLED: &'static str = "SELECT count(*), sum(crc32(noise)) FROM filler";

    fn port(&self) -> u16 {
        self.port()
    }

    fn user(&self) -> &'static str {
        Self::USER
    }

    fn sql(&self, database: &str, statements: &str) -> String {
        self.run_sql(database, statements).unwrap()
    }

    fn outside(&self) -> &'static str {
        ""
    }

    fn feed(&self, database: &str, dump: &[u8]) {
        self.feed(database, dump).unwrap();
    }

    fn crash(mut self) {
        Self::crash(&mut self);
    }
}

/// A job over a database `shop`, with something in it.
fn scene<S: Server>(server: &S) -> Scene {
    server.sql(server.outside(), "CREATE DATABASE shop");
    server.sql("shop", &format!("{TABLES} {}", S::FILLER));
    let scene = Scene::new();
    scene.write("file", b"content");
    scene.add(&format!(
        "[[dumps]]\nkind = '{}'\nhost = '127.0.0.1'\nport = {}\nuser = '{}'\n\
         password = '''{}'''\ndatabases = ['shop']",
        S::KIND,
        server.port(),
        server.user(),
        S::PASSWORD,
    ));
    scene
}

fn comes_back_as_one_state<S: Server>(server: S) {
    let scene = scene(&server);
    let server = Arc::new(server);
    let client = Arc::clone(&server);
    let writer = Writer::start(writer::AT_ONCE, move |script| {
        client.sql("shop", script);
    });
    let before = writer.done();
    scene.json(&["run"]);
    let done = writer.done();
    writer.stop();
    let proven = scene.json(&["test-restore"]);
    assert_eq!(
        proven["test_restore"]["compared_with_source"], 2,
        "{proven}"
    );
    let target = scene.at("target");
    scene.json(&["restore", "--target", target.to_str().unwrap()]);
    let dump = target.join("databases").join(S::KIND).join("shop.sql");
    server.sql(server.outside(), "CREATE DATABASE restored");
    server.feed("restored", &fs::read(dump).unwrap());
    // What was moved is moved wholly, and is what was there at one moment of the run.
    let moves = writer::check(&server.sql("restored", STATE));
    assert!(
        (before..=done + writer::AT_ONCE).contains(&moves),
        "{before} {moves} {done}"
    );
    assert!(done > before, "nobody wrote");
    let filled = server.sql("restored", S::FILLED);
    assert_eq!(filled, server.sql("shop", S::FILLED));
}

#[test]
fn a_database_of_postgresql_comes_back_as_one_state_of_while_it_was_written_to() {
    comes_back_as_one_state(Postgresql::start().unwrap());
}

#[test]
fn a_database_of_mariadb_comes_back_as_one_state_of_while_it_was_written_to() {
    comes_back_as_one_state(Mariadb::start().unwrap());
}

/// A run failed, said so in words, and left no snapshot.
fn assert_failed(scene: &Scene, output: &Output, words: &[&str]) {
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let said = String::from_utf8_lossy(&output.stderr);
    for word in words {
        assert!(said.contains(word), "{word}: {said}");
    }
    let snapshots = fs::read_dir(scene.at("disk/snapshots")).map_or(0, Iterator::count);
    assert_eq!(snapshots, 0);
    let locks = fs::read_dir(scene.at("disk/locks")).map_or(0, Iterator::count);
    assert_eq!(locks, 0);
}

fn wrong_password_is_told<S: Server>(server: &S) {
    let scene = scene(server);
    scene.change(S::PASSWORD, "not this one");
    let output = scene.run(&["run"]);
    assert_failed(&scene, &output, &["shop", "user or password", "`password`"]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(!said.contains("not this one"), "{said}");
    scene.change("not this one", S::PASSWORD);
    scene.json(&["run"]);
}

#[test]
fn postgresql_refuses_a_wrong_password_and_there_is_no_snapshot() {
    wrong_password_is_told(&Postgresql::start().unwrap());
}

#[test]
fn mariadb_refuses_a_wrong_password_and_there_is_no_snapshot() {
    wrong_password_is_told(&Mariadb::start().unwrap());
}

fn a_crash_leaves_no_snapshot<S: Server>(server: S) {
    let scene = scene(&server);
    let mut child = scene.start(&["run", "--json"]);
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    // Some of the dump was read, and not all of it: what is read no more fills the pipe.
    wait_until(|| {
        let line = lines.next().unwrap().unwrap();
        let event: Value = serde_json::from_str(&line).unwrap();
        event["progress"]["bytes"].as_u64().unwrap_or(0) > 1_000_000
    });
    signal(&child, "STOP");
    server.crash();
    signal(&child, "CONT");
    // What it still says must not keep it waiting.
    let rest: Vec<String> = lines.map_while(Result::ok).collect();
    let output = child.wait_with_output().unwrap();
    assert!(
        !rest.iter().any(|line| line.contains("\"snapshot\"")),
        "{rest:?}"
    );
    assert_failed(&scene, &output, &["shop"]);
}

#[test]
fn a_crash_of_postgresql_in_the_middle_leaves_no_snapshot() {
    a_crash_leaves_no_snapshot(Postgresql::start().unwrap());
}

#[test]
fn a_crash_of_mariadb_in_the_middle_leaves_no_snapshot() {
    a_crash_leaves_no_snapshot(Mariadb::start().unwrap());
}
