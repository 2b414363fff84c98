//! The agent is killed, again and again, at any moment.
//!
//! The process that is killed is this test program itself, started anew with one "test" that runs
//! the agent when it is told a folder, and does nothing otherwise.

use crate::{
    gateway::{Gateway, Script},
    harness::{MovedClock, Seeded, WrongClock, enroll, install_now, pace},
    machine::{facts, installed},
};
use jiff::Timestamp;
use latarnik_agent_core::{
    Answer, CancelSignal, Facts, FactsError, InstallReport, InstallRequest, LogSink, MachineState,
    Notice, People, PeopleError, Power, RestartError, RestartRequest, Session, UpdateError,
    Updates, Withdrawal,
    engine::{self, Ports},
    state::State,
};
use latarnik_model::{ReasonCode, RestartSignal, TaskId, TaskState};
use latarnik_protocol::{OutputExcerpt, TaskEvent, Update};
use std::{
    collections::HashMap,
    fs::File,
    io::Write,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::Arc,
    time::Duration,
};
use tokio_util::sync::CancellationToken;

const FOLDER: &str = "LATARNIK_TEST_AGENT_FOLDER";
const SEED: &str = "LATARNIK_TEST_AGENT_SEED";
const KILLS: u64 = 45;
const TASKS_PER_LIFE: u64 = 4;

/// Writes down every installation that begins, in a file that outlives the process.
struct WitnessedMachine {
    folder: PathBuf,
    random: Seeded,
}

impl Updates for WitnessedMachine {
    fn scan(&self, _: &dyn LogSink, _: &CancelSignal) -> Result<Vec<Update>, UpdateError> {
        Ok(Vec::new())
    }

    fn install(
        &self,
        request: &InstallRequest,
        sink: &dyn LogSink,
        _: &CancelSignal,
    ) -> Result<InstallReport, UpdateError> {
        let keys = request.update_keys.clone().unwrap_or_default();
        let mut witness = File::options()
            .create(true)
            .append(true)
            .open(witness(&self.folder))
            .unwrap();
        witness
            .write_all(format!("{}\n", keys.join(" ")).as_bytes())
            .unwrap();
        sink.log("it began\n");
        // Work takes time: some of the kills are to fall into it.
        std::thread::sleep(Duration::from_millis(self.random.next() % 12));
        Ok(InstallReport {
            updates: keys.iter().map(|key| installed(key)).collect(),
            left: Vec::new(),
            exit_code: Some(0),
            output: OutputExcerpt::default(),
            remaining: Ok(Vec::new()),
        })
    }
}

impl Power for WitnessedMachine {
    fn restart_signals(&self) -> Vec<RestartSignal> {
        Vec::new()
    }

    fn schedule_restart(&self, _: &RestartRequest) -> Result<(), RestartError> {
        Ok(())
    }

    fn cancel_restart(&self) -> Result<(), RestartError> {
        Ok(())
    }
}

impl People for WitnessedMachine {
    fn sessions(&self) -> Result<Vec<Session>, PeopleError> {
        Ok(Vec::new())
    }

    fn show(&self, _: &Notice, _: &[Session]) {}

    fn withdraw(&self, _: Withdrawal) {}

    fn answers(&self) -> Vec<Answer> {
        Vec::new()
    }
}

impl MachineState for WitnessedMachine {
    fn facts(&self) -> Result<Facts, FactsError> {
        Ok(facts())
    }

    fn boot_id(&self) -> String {
        "boot".to_owned()
    }

    fn booted_at(&self) -> Option<Timestamp> {
        None
    }
}

fn witness(folder: &Path) -> PathBuf {
    folder.join("witness")
}

/// The process to kill.
#[test]
fn agent_process() {
    let Some(folder) = std::env::var_os(FOLDER).map(PathBuf::from) else {
        return;
    };
    let seed = std::env::var(SEED).unwrap().parse().unwrap();
    let state = Arc::new(State::open(&folder.join("state")).unwrap());
    let machine = Arc::new(WitnessedMachine {
        folder,
        random: Seeded::new(seed),
    });
    let clock = Arc::new(MovedClock::new(WrongClock::default()));
    let ports = Ports {
        updates: machine.clone(),
        power: machine.clone(),
        people: machine.clone(),
        machine,
        clock: clock.clone(),
        steady: clock,
        zones: jiff::tz::db(),
        randomness: Arc::new(Seeded::new(seed)),
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime
        .block_on(engine::run(state, ports, pace(), CancellationToken::new()))
        .unwrap();
}

fn start_agent(folder: &Path, seed: u64) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "kill::agent_process", "--nocapture"])
        .env(FOLDER, folder)
        .env(SEED, seed.to_string())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_at_any_moment_no_task_runs_twice_and_no_result_is_lost() {
    let gateway = Gateway::start().await;
    let folder = tempfile::tempdir().unwrap();
    enroll(
        &gateway,
        &folder.path().join("state"),
        WrongClock::default(),
    )
    .await
    .unwrap();
    let random = Seeded::new(20_261_123);
    let mut tasks = Vec::new();
    for life in 0..KILLS {
        let polls = gateway.script().seen.polls.len();
        let mut agent = start_agent(folder.path(), life);
        // Some of the lives end while they begin, most when there is work.
        if !random.next().is_multiple_of(8) {
            gateway
                .until(|script| (script.seen.polls.len() > polls).then_some(()))
                .await;
        }
        for _ in 0..TASKS_PER_LIFE {
            let key = format!("update-{}", tasks.len());
            tasks.push((gateway.add(&install_now(&key)), key));
        }
        // The moment of the kill, not a wait for something to be ready.
        tokio::time::sleep(Duration::from_millis(random.next() % 80)).await;
        agent.kill().unwrap();
        agent.wait().unwrap();
    }
    let mut agent = start_agent(folder.path(), KILLS);
    for (id, _) in &tasks {
        gateway.outcome(*id).await;
    }
    agent.kill().unwrap();
    agent.wait().unwrap();
    let witnessed = std::fs::read_to_string(witness(folder.path())).unwrap_or_default();
    judge(&gateway.script(), &tasks, &witnessed);
}

fn judge(script: &Script, tasks: &[(TaskId, String)], witnessed: &str) {
    let mut times: HashMap<&str, u32> = HashMap::new();
    for key in witnessed.lines() {
        *times.entry(key).or_default() += 1;
    }
    let (mut succeeded, mut interrupted) = (0, 0);
    for (id, key) in tasks {
        let times = times.get(key.as_str()).copied().unwrap_or_default();
        assert!(times <= 1, "{key} ran {times} times");
        let outcomes = script.outcomes(*id);
        assert!(
            outcomes.iter().all(|outcome| outcome == &outcomes[0]),
            "{key}: {outcomes:?}"
        );
        match (outcomes[0].state, outcomes[0].reason) {
            (TaskState::Succeeded, None) => {
                assert_eq!(times, 1, "{key} succeeded without running");
                succeeded += 1;
            }
            (TaskState::Failed, Some(ReasonCode::Interrupted)) => interrupted += 1,
            other => panic!("{key} ended as {other:?}"),
        }
    }
    assert!(
        succeeded > 0 && interrupted > 0,
        "{succeeded} succeeded, {interrupted} interrupted"
    );
    assert_in_order(script);
}

/// Results arrive in the order of the tasks, but for repetitions.
fn assert_in_order(script: &Script) {
    let mut first_finished = Vec::new();
    for report in &script.seen.reports {
        let finished = matches!(report.event, TaskEvent::Finished(_));
        if finished && !first_finished.contains(&report.task_id) {
            first_finished.push(report.task_id);
        }
    }
    assert!(first_finished.is_sorted(), "results arrived out of order");
}
