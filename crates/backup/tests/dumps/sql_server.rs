//! SQL Server, by a program that stands in for `sqlcmd`: it answers what Microsoft's documentation
//! says that the program answers, and plays the server's part by writing the file.

use crate::scene::{Scene, code, read_all};
use latarnik_backup::dumps::DumpFailureCode;
use std::fs;

/// Answers the list of databases, and writes what `DISK` names.
const SERVER: &str = r#"
for last; do :; done
case "$last" in
*sys.databases*) printf 'master\r\nErp 2026\r\n' ;;
*) path=${last#*TO DISK = N\'}; path=${path%%\'*}
   printf 'Processed 344 pages for database.\r\n'
   printf 'TAPE %s %s' "$SQLCMDPASSWORD" "$path" > "$path" ;;
esac"#;

fn settings(scene: &Scene, more: &str) -> String {
    fs::create_dir_all(scene.path("backups")).unwrap();
    format!(
        "kind = 'sql_server'\nuser = 'sa'\npassword = 'hunter2'\nbackup_folder = '{}'\n\
         programs = '{}'\n{more}",
        scene.path("backups").display(),
        scene.programs().display()
    )
}

#[test]
fn a_backup_is_read_from_the_folder_and_removed() {
    let scene = Scene::new();
    scene.stand_in("sqlcmd", SERVER);
    let more = "server = 'db\\prod'\nencryption = 'trust_any_certificate'\ndatabases = ['Erp']";
    let file = scene.file(&settings(&scene, more));
    assert_eq!(file.name, "sql-server/Erp.bak");
    let path = scene
        .path("backups")
        .join("latarnik-dump-sql-server_Erp.bak");
    let dump = String::from_utf8(read_all(file).unwrap()).unwrap();
    assert_eq!(dump, format!("TAPE hunter2 {}", path.display()));
    assert!(!path.exists());
    let statement = format!(
        "SET NOCOUNT ON; BACKUP DATABASE [Erp] TO DISK = N'{}' WITH COPY_ONLY, CHECKSUM, FORMAT, \
         INIT, NO_COMPRESSION, STOP_ON_ERROR",
        path.display()
    );
    let expected = [
        "-S", "db\\prod", "-l", "30", "-b", "-r1", "-x", "-N", "-C", "-U", "sa", "-Q", &statement,
    ];
    assert_eq!(scene.arguments(), expected);
}

#[test]
fn all_databases_are_asked_for() {
    let scene = Scene::new();
    scene.stand_in("sqlcmd", SERVER);
    let files = scene.files(&settings(&scene, "label = 'erp'")).unwrap();
    let names: Vec<_> = files.iter().map(|file| file.name.as_str()).collect();
    assert_eq!(
        names,
        ["sql-server/erp/master.bak", "sql-server/erp/Erp 2026.bak"]
    );
    for file in files {
        assert!(read_all(file).unwrap().starts_with(b"TAPE"));
    }
}

#[test]
fn what_a_killed_run_left_behind_is_removed() {
    let scene = Scene::new();
    scene.stand_in("sqlcmd", SERVER);
    let settings = settings(&scene, "databases = ['Erp']");
    let left = scene
        .path("backups")
        .join("latarnik-dump-sql-server_Erp.bak");
    fs::write(&left, "left behind").unwrap();
    scene.files(&settings).unwrap();
    assert!(!left.exists());
}

#[test]
fn a_backup_that_fails_in_the_middle_leaves_no_file() {
    let scene = Scene::new();
    let answer = r#"
echo 'Msg 3202, Level 16, State 1, Server DB, Line 1' >&2
echo 'Write on "latarnik-dump-Erp.bak" failed: 112(There is not enough space on the disk.)' >&2
echo 'Msg 3013, Level 16, State 1, Server DB, Line 1' >&2
echo 'BACKUP DATABASE is terminating abnormally.' >&2
exit 1"#;
    scene.stand_in("sqlcmd", &format!("{SERVER}\n{answer}"));
    let failure = scene.failure(&settings(&scene, "databases = ['Erp']"));
    assert_eq!(failure.code, DumpFailureCode::NoSpace);
    assert_eq!(failure.exit_code, Some(1));
    assert_eq!(fs::read_dir(scene.path("backups")).unwrap().count(), 0);
}

#[test]
fn refusals_have_codes() {
    let answers = [
        (
            "Sqlcmd: Error: Microsoft ODBC Driver 18 for SQL Server : Login failed for user 'sa'..",
            DumpFailureCode::Credentials,
        ),
        (
            "Sqlcmd: Error: Microsoft ODBC Driver 18 for SQL Server : Login timeout expired.",
            DumpFailureCode::CannotConnect,
        ),
        (
            "Msg 911, Level 16, State 11, Server DB, Line 1",
            DumpFailureCode::NoSuchDatabase,
        ),
        (
            "Komunikat 262, poziom 14, stan 1, serwer DB, wiersz 1",
            DumpFailureCode::Permission,
        ),
    ];
    for (answer, expected) in answers {
        let scene = Scene::new();
        scene.stand_in("sqlcmd", &format!("echo \"{answer}\" >&2; exit 1"));
        let failure = scene.failure(&settings(&scene, "databases = ['Erp']"));
        assert_eq!(failure.code, expected, "{answer}");
        let all = scene.files(&settings(&scene, ""));
        assert_eq!(code(all), expected, "{answer}");
    }
}

#[test]
fn a_folder_that_the_server_does_not_share_is_told() {
    let scene = Scene::new();
    scene.stand_in("sqlcmd", SERVER);
    let here = format!(
        "databases = ['Erp']\nbackup_folder_here = '{}'",
        scene.path("elsewhere").display()
    );
    let failure = scene.failure(&settings(&scene, &here));
    assert_eq!(failure.code, DumpFailureCode::InvalidSettings);
}

#[test]
fn without_a_user_the_account_of_the_agent_signs_in() {
    let scene = Scene::new();
    scene.stand_in("sqlcmd", SERVER);
    let text =
        settings(&scene, "databases = ['Erp']").replace("user = 'sa'\npassword = 'hunter2'\n", "");
    scene.dump(&text).unwrap();
    let arguments = scene.arguments();
    assert!(arguments.contains(&"-E".to_owned()) && !arguments.contains(&"-U".to_owned()));
}
