use crate::scene::{Scene, code, read_all, read_some, unwrap_failure};
use latarnik_backup::dumps::{DumpFailureCode, DumpFile};
use latarnik_test_servers::{
    Postgresql, free_port,
    writer::{self, AT_ONCE, MEANWHILE, STATE, TABLES, Writer, check_that_writing_went_on},
};
use std::{
    io::Read,
    sync::Arc,
    time::{Duration, Instant},
};

/// More than all buffers between the server and a reader hold.
const FILLER: &str = "CREATE TABLE filler AS
    SELECT i, repeat(md5(i::text), 30) AS noise FROM generate_series(1, 30000) AS i;";

fn start_with_shop() -> Arc<Postgresql> {
    let server = Postgresql::start().unwrap();
    server.run_sql("postgres", "CREATE DATABASE shop").unwrap();
    server
        .run_sql("shop", &format!("{TABLES} {FILLER}"))
        .unwrap();
    Arc::new(server)
}

fn settings(server: &Postgresql, more: &str) -> String {
    format!(
        "kind = 'postgresql'\nhost = '127.0.0.1'\nport = {}\nuser = 'postgres'\n\
         password = '''{}'''\n{more}",
        server.port(),
        Postgresql::PASSWORD
    )
}

/// Reads the beginning of a dump, lets somebody write while it waits, and reads the rest.
fn dump_while_written(server: &Arc<Postgresql>, file: DumpFile) -> (Vec<u8>, u64) {
    let client = Arc::clone(server);
    let writer = Writer::start(AT_ONCE, move |script| {
        client.run_sql("shop", script).unwrap();
    });
    let mut reader = (file.open)().unwrap();
    let mut dump = read_some(&mut reader, 1000);
    writer.wait_for(MEANWHILE);
    reader.read_to_end(&mut dump).unwrap();
    let done = writer.done();
    writer.stop();
    (dump, done)
}

#[test]
fn a_plain_dump_is_one_state_while_it_is_written_to() {
    let scene = Scene::new();
    let server = start_with_shop();
    let file = scene.file(&settings(&server, "databases = ['shop']"));
    assert_eq!(file.name, "postgresql/shop.sql");
    let (dump, done) = dump_while_written(&server, file);
    server
        .run_sql("postgres", "CREATE DATABASE restored")
        .unwrap();
    server.feed("restored", &dump).unwrap();
    let moves = writer::check(&server.run_sql("restored", STATE).unwrap());
    check_that_writing_went_on(moves, done);
    let rows = "SELECT count(*), md5(string_agg(noise, '' ORDER BY i)) FROM filler";
    assert_eq!(
        server.run_sql("restored", rows).unwrap(),
        server.run_sql("shop", rows).unwrap()
    );
}

#[test]
fn an_archive_is_one_state_while_it_is_written_to() {
    let scene = Scene::new();
    let server = start_with_shop();
    let more = "databases = ['shop']\nformat = 'custom'\nlabel = 'erp'";
    let file = scene.file(&settings(&server, more));
    assert_eq!(file.name, "postgresql/erp/shop.dump");
    let (dump, done) = dump_while_written(&server, file);
    server
        .run_sql("postgres", "CREATE DATABASE restored")
        .unwrap();
    server.restore_archive("restored", &dump).unwrap();
    let moves = writer::check(&server.run_sql("restored", STATE).unwrap());
    check_that_writing_went_on(moves, done);
}

#[test]
fn all_databases_are_found_whatever_they_are_called() {
    let scene = Scene::new();
    let server = Postgresql::start().unwrap();
    let odd = "host=evil port=1";
    for database in ["shop", odd, "a/ź \"x\""] {
        let name = database.replace('"', "\"\"");
        let statement = format!("CREATE DATABASE \"{name}\"");
        server.run_sql("postgres", &statement).unwrap();
    }
    server
        .run_sql(
            "postgres",
            "ALTER DATABASE shop SET work_mem = '7MB'; CREATE ROLE cashier",
        )
        .unwrap();
    server.run_sql("shop", TABLES).unwrap();
    server
        .run_sql(odd, "CREATE TABLE here (id INTEGER)")
        .unwrap();
    let files = scene.files(&settings(&server, "")).unwrap();
    let names: Vec<_> = files.iter().map(|file| file.name.clone()).collect();
    assert_eq!(
        names,
        [
            "postgresql/globals.sql",
            "postgresql/a_ź _x_.sql",
            "postgresql/host=evil port=1.sql",
            "postgresql/postgres.sql",
            "postgresql/shop.sql",
        ]
    );
    let dumps: Vec<String> = files
        .into_iter()
        .map(|file| String::from_utf8(read_all(file).unwrap()).unwrap())
        .collect();
    assert!(dumps[0].contains("CREATE ROLE cashier"));
    assert!(dumps[2].contains("CREATE TABLE public.here"));
    // The dump makes the database anew, with its settings.
    server.run_sql("postgres", "DROP DATABASE shop").unwrap();
    server.feed("postgres", dumps[4].as_bytes()).unwrap();
    assert_eq!(writer::check(&server.run_sql("shop", STATE).unwrap()), 0);
    assert_eq!(server.run_sql("shop", "SHOW work_mem").unwrap(), "7MB\n");
}

#[test]
fn a_server_that_crashes_in_the_middle_leaves_no_dump() {
    let scene = Scene::new();
    let server = start_with_shop();
    let file = scene.file(&settings(&server, "databases = ['shop']"));
    let mut reader = (file.open)().unwrap();
    read_some(&mut reader, 1_000_000);
    server.crash().unwrap();
    let mut rest = Vec::new();
    let failure = unwrap_failure(reader.read_to_end(&mut rest).unwrap_err());
    assert_eq!(failure.code, DumpFailureCode::ConnectionLost, "{failure:?}");
    assert_eq!(failure.exit_code, Some(1));
}

#[test]
fn cancelling_in_the_middle_ends_the_session_at_the_server() {
    let scene = Scene::new();
    let server = start_with_shop();
    let file = scene.file(&settings(&server, "databases = ['shop']"));
    let mut reader = (file.open)().unwrap();
    read_some(&mut reader, 100_000);
    scene.context.cancellation.cancel();
    let mut rest = Vec::new();
    let failure = unwrap_failure(reader.read_to_end(&mut rest).unwrap_err());
    assert_eq!(failure.code, DumpFailureCode::Cancelled);
    let sessions = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'latarnik'";
    let begun = Instant::now();
    while server.run_sql("postgres", sessions).unwrap() != "0\n" {
        assert!(begun.elapsed() < Duration::from_secs(30));
    }
}

#[test]
fn refusals_have_codes() {
    let scene = Scene::new();
    let server = Postgresql::start().unwrap();
    server
        .run_sql(
            "postgres",
            "CREATE TABLE secret (id INTEGER); CREATE ROLE clerk LOGIN PASSWORD 'clerk-password'",
        )
        .unwrap();
    let with = |user: &str, password: &str, port: u16, more: &str| {
        format!(
            "kind = 'postgresql'\nhost = '127.0.0.1'\nport = {port}\nuser = '{user}'\n\
             password = '''{password}'''\n{more}"
        )
    };
    let one = "databases = ['postgres']";
    let good = Postgresql::PASSWORD;
    let port = server.port();
    let failure = scene.failure(&with("postgres", "wrong-password", port, one));
    assert_eq!(failure.code, DumpFailureCode::Credentials, "{failure:?}");
    assert!(!failure.excerpt.contains("wrong-password"));
    let all = scene.files(&with("postgres", "wrong-password", port, ""));
    assert_eq!(code(all), DumpFailureCode::Credentials);
    let failure = scene.failure(&with("postgres", good, port, "databases = ['nothing']"));
    assert_eq!(failure.code, DumpFailureCode::NoSuchDatabase, "{failure:?}");
    let failure = scene.failure(&with("clerk", "clerk-password", port, one));
    assert_eq!(failure.code, DumpFailureCode::Permission, "{failure:?}");
    let mut files = scene
        .files(&with("clerk", "clerk-password", port, ""))
        .unwrap();
    let globals = read_all(files.remove(0)).unwrap_err();
    assert_eq!(globals.code, DumpFailureCode::Permission, "{globals:?}");
    let nobody = free_port().unwrap();
    let failure = scene.failure(&with("postgres", good, nobody, one));
    assert_eq!(failure.code, DumpFailureCode::CannotConnect, "{failure:?}");
    let elsewhere = format!("{one}\nprograms = '{}'", scene.programs().display());
    let missing = scene.files(&with("postgres", good, port, &elsewhere));
    assert_eq!(code(missing), DumpFailureCode::ToolNotFound);
}

/// Those of `docs/backup-databases.md`.
#[test]
fn the_documented_rights_are_enough() {
    let scene = Scene::new();
    let server = Postgresql::start().unwrap();
    let role = "CREATE ROLE backup LOGIN PASSWORD 'secret' IN ROLE pg_read_all_data";
    server.run_sql("postgres", role).unwrap();
    server.run_sql("postgres", TABLES).unwrap();
    let settings = |more: &str| {
        format!(
            "kind = 'postgresql'\nhost = '127.0.0.1'\nport = {}\nuser = 'backup'\n\
             password = 'secret'\n{more}",
            server.port()
        )
    };
    scene.dump(&settings("databases = ['postgres']")).unwrap();
    for more in ["", "role_passwords = 'omit'"] {
        let files = scene.files(&settings(more)).unwrap();
        let dumps: Vec<_> = files
            .into_iter()
            .map(|file| read_all(file).unwrap())
            .collect();
        let globals = String::from_utf8_lossy(&dumps[0]);
        assert_eq!(globals.contains("SCRAM-SHA-256"), more.is_empty());
    }
    let rows_of_others = "ALTER TABLE moves ENABLE ROW LEVEL SECURITY";
    server.run_sql("postgres", rows_of_others).unwrap();
    let failure = scene.failure(&settings("databases = ['postgres']"));
    assert_eq!(failure.code, DumpFailureCode::Permission, "{failure:?}");
}

#[test]
fn a_dump_without_its_last_line_is_truncated_whatever_the_exit_code_says() {
    let scene = Scene::new();
    scene.stand_in("pg_dump", "echo 'CREATE TABLE a ();'");
    let settings = format!(
        "kind = 'postgresql'\ndatabases = ['a']\nprograms = '{}'",
        scene.programs().display()
    );
    assert_eq!(scene.failure(&settings).code, DumpFailureCode::Truncated);
}

#[test]
fn nothing_of_the_connection_stands_on_the_command_line() {
    let scene = Scene::new();
    scene.stand_in(
        "pg_dump",
        "env; echo '-- PostgreSQL database dump complete'",
    );
    let settings = format!(
        "kind = 'postgresql'\nhost = 'db'\nuser = 'u'\npassword = 'hunter2'\ntls = 'verify_full'\n\
         databases = ['--help']\narguments = ['--exclude-table=log']\nprograms = '{}'",
        scene.programs().display()
    );
    let text = String::from_utf8(scene.dump(&settings).unwrap()).unwrap();
    for variable in [
        "PGHOST=db",
        "PGUSER=u",
        "PGDATABASE=--help",
        "PGPASSWORD=hunter2",
        "PGSSLMODE=verify-full",
    ] {
        assert!(text.lines().any(|line| line == variable), "{variable}");
    }
    assert_eq!(
        scene.arguments(),
        ["--no-password", "--format=plain", "--exclude-table=log"]
    );
}
