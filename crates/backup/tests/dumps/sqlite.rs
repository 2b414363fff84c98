use crate::scene::{Scene, code, read_all, read_some, unwrap_failure};
use latarnik_backup::dumps::DumpFailureCode;
use latarnik_test_servers::writer::{self, STATE, TABLES, Writer};
use rusqlite::Connection;
use std::{fs, io::Read, path::Path, time::Duration};

/// A database with a table that takes a while to copy.
fn make(path: &Path, journal: &str, filler_rows: u32) {
    let database = Connection::open(path).unwrap();
    database
        .execute_batch(&format!("PRAGMA journal_mode = {journal}; {TABLES}"))
        .unwrap();
    database
        .execute_batch(&format!(
            "CREATE TABLE filler AS WITH RECURSIVE n(i) AS
             (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {filler_rows})
             SELECT i, randomblob(1000) AS noise FROM n;"
        ))
        .unwrap();
}

fn settings(path: &Path) -> String {
    format!("kind = 'sqlite'\npath = '{}'", path.display())
}

fn write_all_the_time(path: &Path) -> Writer {
    let database = Connection::open(path).unwrap();
    database.busy_timeout(Duration::from_secs(30)).unwrap();
    Writer::start(1, move |script| database.execute_batch(script).unwrap())
}

/// Checks a copy and returns how many moves it knows.
fn check(scene: &Scene, copy: &[u8]) -> u64 {
    let path = scene.path("restored.db");
    fs::write(&path, copy).unwrap();
    let database = Connection::open(&path).unwrap();
    let verdict: String = database
        .query_row("PRAGMA integrity_check", (), |row| row.get(0))
        .unwrap();
    assert_eq!(verdict, "ok");
    let row: [i64; 4] = database
        .query_row(STATE, (), |row| {
            Ok([row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?])
        })
        .unwrap();
    writer::check(&row.map(|field| field.to_string()).join("|"))
}

#[test]
fn a_copy_is_one_state_while_another_connection_writes() {
    let scene = Scene::new();
    let path = scene.path("shop.db");
    make(&path, "WAL", 20_000);
    let file = scene.file(&settings(&path));
    assert_eq!(file.name, "sqlite/shop.db");
    let writer = write_all_the_time(&path);
    let before = writer.done();
    let mut reader = (file.open)().unwrap();
    let after = writer.done();
    assert!(after > before, "nobody wrote meanwhile");
    assert_eq!(scene.temporary_files().len(), 1);
    let mut copy = Vec::new();
    reader.read_to_end(&mut copy).unwrap();
    drop(reader);
    writer.stop();
    let moves = check(&scene, &copy);
    assert!(
        (before..=after + 1).contains(&moves),
        "{before} {moves} {after}"
    );
    assert!(scene.temporary_files().is_empty());
}

#[test]
fn with_a_rollback_journal_writers_wait_and_the_copy_is_one_state() {
    let scene = Scene::new();
    let path = scene.path("shop.db");
    make(&path, "DELETE", 2_000);
    let writer = write_all_the_time(&path);
    for _ in 0..5 {
        let copy = scene.dump(&settings(&path)).unwrap();
        check(&scene, &copy);
        writer.wait_for(1);
    }
    writer.stop();
}

#[test]
fn what_a_killed_run_left_behind_is_removed() {
    let scene = Scene::new();
    let path = scene.path("shop.db");
    make(&path, "WAL", 1);
    let left = scene.context.temporary_folder.join("latarnik-dump-Xy12ab");
    fs::create_dir_all(&left).unwrap();
    fs::write(left.join("lock"), "").unwrap();
    fs::write(left.join("copy"), "half of a copy").unwrap();
    let reader = (scene.file(&settings(&path)).open)().unwrap();
    assert!(!left.exists());
    // A second run leaves the first one's copy alone.
    scene.dump(&settings(&path)).unwrap();
    assert_eq!(scene.temporary_files().len(), 1);
    drop(reader);
    assert!(scene.temporary_files().is_empty());
}

#[test]
fn a_copy_can_be_cancelled_while_it_is_read() {
    let scene = Scene::new();
    let path = scene.path("shop.db");
    make(&path, "WAL", 100);
    let mut reader = (scene.file(&settings(&path)).open)().unwrap();
    read_some(&mut reader, 100);
    scene.context.cancellation.cancel();
    let failure = unwrap_failure(reader.read(&mut [0; 8]).unwrap_err());
    assert_eq!(failure.code, DumpFailureCode::Cancelled);
}

#[test]
fn a_locked_database_is_waited_for_as_long_as_the_limit() {
    let mut scene = Scene::new();
    scene.context.timeout = Duration::from_millis(500);
    let path = scene.path("shop.db");
    make(&path, "DELETE", 1);
    let database = Connection::open(&path).unwrap();
    database.execute_batch("BEGIN EXCLUSIVE").unwrap();
    let failure = scene.failure(&settings(&path));
    assert_eq!(failure.code, DumpFailureCode::TimedOut);
}

#[test]
fn what_is_no_database_is_told() {
    let scene = Scene::new();
    let path = scene.path("notes.db");
    assert_eq!(
        code(scene.files(&settings(&path))),
        DumpFailureCode::NoSuchDatabase
    );
    fs::write(&path, "these are notes, ".repeat(1000)).unwrap();
    let failure = scene.failure(&settings(&path));
    assert_eq!(failure.code, DumpFailureCode::Damaged);
    let relative = scene.files("kind = 'sqlite'\npath = 'shop.db'");
    assert_eq!(code(relative), DumpFailureCode::InvalidSettings);
}

#[test]
fn pages_keep_their_places_so_that_the_next_copy_is_much_like_this_one() {
    let scene = Scene::new();
    let path = scene.path("shop.db");
    make(&path, "DELETE", 100);
    let original = fs::read(&path).unwrap();
    let copy = read_all(scene.file(&settings(&path))).unwrap();
    assert_eq!(copy.len(), original.len());
    // All but the counter of changes in the header.
    assert_eq!(copy[100..], original[100..]);
}
