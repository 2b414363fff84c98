//! Firebird, by a program that stands in for `gbak` and answers what the real one does.

use crate::scene::{Scene, code, read_all};
use latarnik_backup::dumps::DumpFailureCode;

fn settings(scene: &Scene, more: &str) -> String {
    let programs = scene.programs();
    format!(
        "kind = 'firebird'\nhost = 'db'\nport = 3051\nuser = 'SYSDBA'\npassword = 'masterkey'\n\
         programs = '{}'\n{more}",
        programs.display()
    )
}

#[test]
fn a_backup_streams_from_the_program() {
    let scene = Scene::new();
    scene.stand_in("gbak", "printf '%s %s' \"$ISC_USER\" \"$ISC_PASSWORD\"");
    let file = scene.file(&settings(&scene, "databases = ['C:\\erp\\Księgi.fdb']"));
    assert_eq!(file.name, "firebird/Księgi.fbk");
    assert_eq!(read_all(file).unwrap(), b"SYSDBA masterkey");
    assert_eq!(
        scene.arguments(),
        [
            "-backup_database",
            "-garbage_collect",
            "db/3051:C:\\erp\\Księgi.fdb",
            "stdout"
        ]
    );
}

#[test]
fn refusals_have_codes() {
    let answers = [
        (
            "gbak: ERROR:Your user name and password are not defined. Ask your database administrator to set up a Firebird login.\ngbak:Exiting before completion due to errors",
            DumpFailureCode::Credentials,
        ),
        (
            "gbak: ERROR:Unable to complete network request to host \"db\".\ngbak: ERROR:    Failed to establish a connection.\ngbak:Exiting before completion due to errors",
            DumpFailureCode::CannotConnect,
        ),
        (
            "gbak: ERROR:I/O error during \"open\" operation for file \"erp\"\ngbak: ERROR:    Error while trying to open file\ngbak: ERROR:    No such file or directory\ngbak:Exiting before completion due to errors",
            DumpFailureCode::NoSuchDatabase,
        ),
        (
            "gbak: ERROR:Error reading data from the connection.\ngbak:Exiting before completion due to errors",
            DumpFailureCode::ConnectionLost,
        ),
    ];
    for (answer, expected) in answers {
        let scene = Scene::new();
        let script = format!("printf half; cat >&2 <<'END'\n{answer}\nEND\nexit 1");
        scene.stand_in("gbak", &script);
        let failure = scene.failure(&settings(&scene, "databases = ['erp']"));
        assert_eq!((failure.code, failure.exit_code), (expected, Some(1)));
    }
}

#[test]
fn two_databases_of_one_name_have_files_of_their_own() {
    let scene = Scene::new();
    scene.stand_in("gbak", "echo data");
    let more = "databases = ['/a/erp.fdb', '/b/erp.fdb']\nlabel = 'old'";
    let files = scene.files(&settings(&scene, more)).unwrap();
    let names: Vec<_> = files.iter().map(|file| file.name.as_str()).collect();
    assert_eq!(names, ["firebird/old/erp.fbk", "firebird/old/erp-2.fbk"]);
}

#[test]
fn databases_must_be_named_and_cannot_be_switches() {
    let scene = Scene::new();
    scene.stand_in("gbak", "echo data");
    for more in ["databases = []", "databases = ['-restore']"] {
        let failure = scene.files(&settings(&scene, more));
        assert_eq!(code(failure), DumpFailureCode::InvalidSettings);
    }
}
