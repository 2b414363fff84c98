use crate::scene::{Scene, read_some, unwrap_failure};
use latarnik_backup::dumps::DumpFailureCode;
use latarnik_test_servers::{
    Mariadb, free_port,
    writer::{self, AT_ONCE, MEANWHILE, STATE, TABLES, Writer, check_that_writing_went_on},
};
use std::{io::Read, sync::Arc};

/// More than all buffers between the server and a reader hold; in the middle of the alphabet.
const FILLER: &str = "CREATE TABLE filler AS
    SELECT seq AS i, repeat(md5(seq), 30) AS noise FROM seq_1_to_30000;";
const MORE: &str = "
    CREATE PROCEDURE greet() SELECT 'hello';
    CREATE TRIGGER watch BEFORE INSERT ON filler FOR EACH ROW SET NEW.i = NEW.i;
    CREATE EVENT nightly ON SCHEDULE EVERY 1 DAY DO SELECT 1;
    CREATE TABLE bytes (b BLOB); INSERT INTO bytes VALUES (x'00ff27225c');
    CREATE TABLE words (w VARCHAR(20)) CHARACTER SET utf8mb4; INSERT INTO words VALUES ('zażółć 🦀');";

fn start_with_shop() -> Mariadb {
    let server = Mariadb::start().unwrap();
    server.run_sql("", "CREATE DATABASE shop").unwrap();
    server
        .run_sql("shop", &format!("{TABLES} {FILLER} {MORE}"))
        .unwrap();
    server
}

fn settings(server: &Mariadb, more: &str) -> String {
    format!(
        "kind = 'mariadb'\nhost = 'localhost'\nport = {}\nuser = '{}'\npassword = '''{}'''\n{more}",
        server.port(),
        Mariadb::USER,
        Mariadb::PASSWORD
    )
}

#[test]
fn a_dump_is_one_state_while_it_is_written_to() {
    let scene = Scene::new();
    let server = Arc::new(start_with_shop());
    let file = scene.file(&settings(&server, "databases = ['shop']"));
    assert_eq!(file.name, "mariadb/shop.sql");
    let client = Arc::clone(&server);
    let writer = Writer::start(AT_ONCE, move |script| {
        client.run_sql("shop", script).unwrap();
    });
    let mut reader = (file.open)().unwrap();
    let mut dump = read_some(&mut reader, 100_000);
    writer.wait_for(MEANWHILE);
    reader.read_to_end(&mut dump).unwrap();
    drop(reader);
    let done = writer.done();
    writer.stop();
    assert!(scene.temporary_files().is_empty());
    server.run_sql("", "CREATE DATABASE restored").unwrap();
    server.feed("restored", &dump).unwrap();
    let moves = writer::check(&server.run_sql("restored", STATE).unwrap());
    check_that_writing_went_on(moves, done);
    for rows in [
        "SELECT count(*), sum(crc32(noise)) FROM filler",
        "SELECT hex(b) FROM bytes",
        "SELECT w FROM words",
    ] {
        let restored = server.run_sql("restored", rows).unwrap();
        assert_eq!(restored, server.run_sql("shop", rows).unwrap());
    }
    let made = "SELECT count(*) FROM information_schema.routines WHERE routine_schema = 'restored'
        UNION ALL SELECT count(*) FROM information_schema.triggers WHERE trigger_schema = 'restored'
        UNION ALL SELECT count(*) FROM information_schema.events WHERE event_schema = 'restored'";
    assert_eq!(server.run_sql("", made).unwrap(), "1\n1\n1\n");
}

#[test]
fn all_databases_come_back_with_their_users() {
    let scene = Scene::new();
    let server = start_with_shop();
    let file = scene.file(&settings(&server, "label = 'web'"));
    assert_eq!(file.name, "mariadb/web/all-databases.sql");
    let dump = crate::scene::read_all(file).unwrap();
    server
        .run_sql("", "DROP DATABASE shop; DROP USER 'backup'@'localhost'")
        .unwrap();
    server.feed("", &dump).unwrap();
    server.run_sql("", "FLUSH PRIVILEGES").unwrap();
    assert_eq!(writer::check(&server.run_sql("shop", STATE).unwrap()), 0);
    // Signs in again.
    scene
        .dump(&settings(&server, "databases = ['shop']"))
        .unwrap();
}

#[test]
fn a_server_that_is_killed_in_the_middle_leaves_no_dump() {
    let scene = Scene::new();
    let mut server = start_with_shop();
    let file = scene.file(&settings(&server, "databases = ['shop']"));
    let mut reader = (file.open)().unwrap();
    read_some(&mut reader, 1_000_000);
    server.crash();
    let mut rest = Vec::new();
    let failure = unwrap_failure(reader.read_to_end(&mut rest).unwrap_err());
    assert_eq!(failure.code, DumpFailureCode::ConnectionLost, "{failure:?}");
}

#[test]
fn refusals_have_codes() {
    let scene = Scene::new();
    let server = Mariadb::start().unwrap();
    server
        .run_sql(
            "",
            "CREATE DATABASE shop; CREATE TABLE shop.a (id INTEGER);
             CREATE USER 'clerk'@'localhost' IDENTIFIED BY 'clerk-password';
             GRANT CREATE ON shop.* TO 'clerk'@'localhost'",
        )
        .unwrap();
    let with = |user: &str, password: &str, port: u16, database: &str| {
        format!(
            "kind = 'mariadb'\nhost = '127.0.0.1'\nport = {port}\nuser = '{user}'\n\
             password = '''{password}'''\ndatabases = ['{database}']"
        )
    };
    let (user, good, port) = (Mariadb::USER, Mariadb::PASSWORD, server.port());
    let failure = scene.failure(&with(user, "wrong-password", port, "shop"));
    assert_eq!(failure.code, DumpFailureCode::Credentials, "{failure:?}");
    assert!(!failure.excerpt.contains("wrong-password"));
    let failure = scene.failure(&with(user, good, port, "nothing"));
    assert_eq!(failure.code, DumpFailureCode::NoSuchDatabase, "{failure:?}");
    let failure = scene.failure(&with(user, good, port, "--help"));
    assert_eq!(failure.code, DumpFailureCode::NoSuchDatabase, "{failure:?}");
    let failure = scene.failure(&with("clerk", "clerk-password", port, "shop"));
    assert_eq!(failure.code, DumpFailureCode::Permission, "{failure:?}");
    let nobody = free_port().unwrap();
    let failure = scene.failure(&with(user, good, nobody, "shop"));
    assert_eq!(failure.code, DumpFailureCode::CannotConnect, "{failure:?}");
}
