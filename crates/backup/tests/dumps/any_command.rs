use crate::scene::{Scene, code, is_running, read_some, unwrap_failure};
use latarnik_backup::dumps::{DumpFailureCode, MOST_EXCERPT_BYTES};
use std::{
    fs,
    io::Read,
    time::{Duration, Instant},
};

/// Settings that run a script as a program of its own.
fn script(scene: &Scene, script: &str) -> String {
    let program = scene.stand_in("dump", script);
    format!(
        "kind = 'command'\nname = 'crm.dump'\nprogram = '{}'\n",
        program.display()
    )
}

#[test]
fn output_is_the_dump_and_noise_is_none() {
    let scene = Scene::new();
    let settings = script(&scene, "echo one; echo warning >&2; echo two");
    assert_eq!(scene.file(&settings).name, "command/crm.dump");
    assert_eq!(scene.dump(&settings).unwrap(), b"one\ntwo\n");
}

#[test]
fn a_failed_program_ends_with_an_error_behind_what_it_wrote() {
    let scene = Scene::new();
    let settings = script(&scene, "echo half; echo 'disk on fire' >&2; exit 7");
    let mut reader = (scene.file(&settings).open)().unwrap();
    assert_eq!(read_some(&mut reader, 5), b"half\n");
    let failure = unwrap_failure(reader.read(&mut [0; 100]).unwrap_err());
    assert_eq!(failure.code, DumpFailureCode::ToolFailed);
    assert_eq!(failure.exit_code, Some(7));
    assert_eq!(failure.excerpt, "disk on fire\n");
    assert_eq!(failure.to_string(), "dump ended with exit code 7");
    let again = unwrap_failure(reader.read(&mut [0; 100]).unwrap_err());
    assert_eq!(again.exit_code, Some(7));
}

#[test]
fn a_killed_program_failed() {
    let scene = Scene::new();
    let failure = scene.failure(&script(&scene, "echo half; kill -9 $$"));
    assert_eq!(failure.code, DumpFailureCode::ToolFailed);
    assert_eq!(failure.exit_code, None);
}

#[test]
fn a_program_that_fails_after_it_closed_its_output_failed() {
    let scene = Scene::new();
    let failure = scene.failure(&script(
        &scene,
        "echo all; exec >&-; i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done; exit 3",
    ));
    assert_eq!(failure.exit_code, Some(3));
}

#[test]
fn other_exit_codes_are_a_success_where_settings_say_so() {
    let scene = Scene::new();
    let settings = script(&scene, "echo fine; exit 1") + "exit_codes = [0, 1]";
    assert_eq!(scene.dump(&settings).unwrap(), b"fine\n");
}

#[test]
fn nothing_is_a_dump_only_where_settings_say_so() {
    let scene = Scene::new();
    let settings = script(&scene, "exit 0");
    assert_eq!(scene.failure(&settings).code, DumpFailureCode::Empty);
    let settings = settings + "may_be_empty = true";
    assert_eq!(scene.dump(&settings).unwrap(), b"");
}

#[test]
fn endless_complaints_hold_nobody_up_and_are_cut() {
    let scene = Scene::new();
    let settings = script(
        &scene,
        "yes 'complaint complaint complaint' | head -c 20000000 >&2; echo data; exit 4",
    );
    let mut reader = (scene.file(&settings).open)().unwrap();
    assert_eq!(read_some(&mut reader, 5), b"data\n");
    let failure = unwrap_failure(reader.read(&mut [0; 8]).unwrap_err());
    assert_eq!(failure.exit_code, Some(4));
    assert!(failure.excerpt.len() <= MOST_EXCERPT_BYTES);
    assert!(failure.excerpt.starts_with("complaint"));
}

#[test]
fn a_slow_reader_holds_the_program_back() {
    let scene = Scene::new();
    let progress = scene.path("progress");
    let settings = script(
        &scene,
        &format!(
            "for i in 1 2 3 4 5 6 7 8 9; do head -c 1000000 /dev/zero; echo $i > '{}'; done",
            progress.display()
        ),
    );
    let mut reader = (scene.file(&settings).open)().unwrap();
    read_some(&mut reader, 1);
    assert!(!progress.exists());
    read_some(&mut reader, 4_000_000);
    let reached: u32 = fs::read_to_string(&progress)
        .unwrap()
        .trim()
        .parse()
        .unwrap();
    assert!(reached <= 5, "{reached}");
    let mut rest = Vec::new();
    assert_eq!(reader.read_to_end(&mut rest).unwrap(), 4_999_999);
}

#[test]
fn cancelling_ends_a_dump_that_says_nothing() {
    let scene = Scene::new();
    let settings = script(&scene, "echo begun; sleep 600");
    let mut reader = (scene.file(&settings).open)().unwrap();
    read_some(&mut reader, 6);
    scene.context.cancellation.cancel();
    let begun = Instant::now();
    let failure = unwrap_failure(reader.read(&mut [0; 8]).unwrap_err());
    assert_eq!(failure.code, DumpFailureCode::Cancelled);
    // The program would go on for ten minutes.
    assert!(begun.elapsed() < Duration::from_secs(60));
}

#[test]
fn a_cancelled_run_starts_nothing() {
    let scene = Scene::new();
    let settings = script(&scene, "echo begun");
    scene.context.cancellation.cancel();
    assert_eq!(scene.failure(&settings).code, DumpFailureCode::Cancelled);
    assert!(scene.arguments().is_empty());
}

#[test]
fn too_slow_a_program_is_ended() {
    let mut scene = Scene::new();
    scene.context.timeout = Duration::from_millis(300);
    let failure = scene.failure(&script(&scene, "echo begun; echo slow >&2; sleep 600"));
    assert_eq!(failure.code, DumpFailureCode::TimedOut);
    assert_eq!(failure.excerpt, "slow\n");
}

#[test]
fn what_a_program_started_ends_with_its_reader() {
    let scene = Scene::new();
    let settings = script(&scene, "sleep 600 & echo $!; wait");
    let mut reader = (scene.file(&settings).open)().unwrap();
    let mut line = [0; 16];
    let read = reader.read(&mut line).unwrap();
    let process = String::from_utf8_lossy(&line[..read]).trim().to_owned();
    assert!(is_running(&process));
    drop(reader);
    let begun = Instant::now();
    while is_running(&process) {
        assert!(begun.elapsed() < Duration::from_secs(30));
        std::thread::yield_now();
    }
}

#[test]
fn programs_get_few_variables_and_those_of_the_settings() {
    let scene = Scene::new();
    let settings = script(&scene, "env") + "environment = { TOKEN = 'hunter2' }";
    let text = String::from_utf8(scene.dump(&settings).unwrap()).unwrap();
    assert!(text.contains("LC_ALL=C\n") && text.contains("TOKEN=hunter2\n"));
    assert!(!text.contains("CARGO") && !text.contains("HOME="), "{text}");
}

#[test]
fn secrets_of_the_settings_do_not_stand_in_failures() {
    let scene = Scene::new();
    let settings = script(&scene, "echo \"refused: $TOKEN\" >&2; exit 1")
        + "environment = { TOKEN = 'hunter2' }";
    assert_eq!(scene.failure(&settings).excerpt, "refused: ***\n");
}

#[test]
fn arguments_arrive_as_they_are() {
    let scene = Scene::new();
    let settings = script(&scene, "printf '%s|' \"$@\"")
        + "arguments = ['$(touch x); `id` && *', '', 'ź \"quoted\"']";
    assert_eq!(
        String::from_utf8(scene.dump(&settings).unwrap()).unwrap(),
        "$(touch x); `id` && *||ź \"quoted\"|"
    );
}

#[test]
fn what_is_missing_is_told_before_anything_runs() {
    let scene = Scene::new();
    let settings = "kind = 'command'\nname = 'a'\nprogram = 'no-such-program-anywhere'";
    assert_eq!(code(scene.files(settings)), DumpFailureCode::ToolNotFound);
    let settings = script(&scene, "pwd") + "working_folder = '/no/such/folder'";
    assert_eq!(
        code(scene.files(&settings)),
        DumpFailureCode::InvalidSettings
    );
}

#[test]
fn a_program_works_where_it_is_told() {
    let scene = Scene::new();
    let folder = fs::canonicalize(scene.programs()).unwrap();
    let settings = script(&scene, "pwd -P") + &format!("working_folder = '{}'", folder.display());
    let output = String::from_utf8(scene.dump(&settings).unwrap()).unwrap();
    assert_eq!(output.trim_end(), folder.to_str().unwrap());
}
