//! MySQL's own program, by a stand-in: its name, and what only it is told.

use crate::scene::{Scene, code};
use latarnik_backup::dumps::DumpFailureCode;

fn settings(scene: &Scene, more: &str) -> String {
    let programs = scene.programs();
    format!(
        "kind = 'mariadb'\nprograms = '{}'\n{more}",
        programs.display()
    )
}

#[test]
fn the_password_stands_in_a_file_that_comes_first_and_goes_afterwards() {
    let scene = Scene::new();
    scene.stand_in(
        "mysqldump",
        "file=${1#--defaults-extra-file=}; stat -c %a \"$file\"; cat \"$file\"
         env | grep -c hunter2; echo '-- Dump completed on 2026-11-27'",
    );
    let more = "user = 'u'\npassword = 'hunter2'\ndatabases = ['shop']";
    let text = String::from_utf8(scene.dump(&settings(&scene, more)).unwrap()).unwrap();
    assert_eq!(
        text,
        "600\n[client]\npassword=\"hunter2\"\n0\n-- Dump completed on 2026-11-27\n"
    );
    assert!(scene.temporary_files().is_empty());
    let arguments = scene.arguments();
    assert!(arguments[0].starts_with("--defaults-extra-file="));
    assert!(
        !arguments
            .iter()
            .any(|argument| argument.contains("hunter2"))
    );
}

#[test]
fn the_command_line_is_that_of_the_documentation() {
    let scene = Scene::new();
    scene.stand_in("mysqldump", "echo '-- Dump completed'");
    let more =
        "host = 'db'\nport = 3307\nuser = 'u'\ndatabases = ['-shop']\narguments = ['--ssl-ca=/ca']";
    scene.dump(&settings(&scene, more)).unwrap();
    assert_eq!(
        scene.arguments(),
        [
            "--protocol=tcp",
            "--host=db",
            "--port=3307",
            "--user=u",
            "--single-transaction",
            "--quick",
            "--routines",
            "--triggers",
            "--events",
            "--hex-blob",
            "--default-character-set=utf8mb4",
            "--no-tablespaces",
            "--comments",
            "--dump-date",
            "--loose-column-statistics=0",
            "--loose-set-gtid-purged=OFF",
            "--ssl-ca=/ca",
            "--",
            "-shop",
        ]
    );
}

#[test]
fn mariadbs_program_goes_first() {
    let scene = Scene::new();
    scene.stand_in("mysqldump", "exit 1");
    scene.stand_in("mariadb-dump", "echo '-- Dump completed'");
    scene.dump(&settings(&scene, "")).unwrap();
    assert_eq!(scene.arguments().last().unwrap(), "--all-databases");
}

#[test]
fn a_dump_without_its_last_line_is_truncated() {
    let scene = Scene::new();
    scene.stand_in("mariadb-dump", "echo 'CREATE TABLE a (b INT);'");
    let failure = scene.failure(&settings(&scene, "databases = ['a']"));
    assert_eq!(failure.code, DumpFailureCode::Truncated);
}

#[test]
fn without_a_program_nothing_begins() {
    let scene = Scene::new();
    let failure = scene.files(&settings(&scene, ""));
    assert_eq!(code(failure), DumpFailureCode::ToolNotFound);
}
