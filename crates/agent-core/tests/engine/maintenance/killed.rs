//! The process of the agent is killed while it works inside its windows, out of contact, and between
//! them, in contact.
//!
//! The process that is killed is this test program itself, started anew with one "test" that runs
//! the agent when it is told a folder, and does nothing otherwise. Time passes in it by what it
//! does: every update takes twenty minutes, in windows of fifty.

use super::*;
use crate::harness::{MovedClock, Seeded, WrongClock, enroll, pace, ports, system_now};
use latarnik_agent_core::{
    engine::{self, Ports},
    state::State,
};
use latarnik_model::{Clock, ReasonCode, TaskState, UpdateOutcome};
use std::{
    collections::BTreeMap,
    fs::File,
    io::Write,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::Arc,
    time::Duration,
};
use tokio_util::sync::CancellationToken;

const FOLDER: &str = "LATARNIK_TEST_WINDOW_FOLDER";
const AHEAD: &str = "LATARNIK_TEST_WINDOW_AHEAD_SECONDS";
const SEED: &str = "LATARNIK_TEST_WINDOW_SEED";
const DAYS: i64 = 8;
const TASKS_A_DAY: usize = 2;
const UPDATES_OF_A_TASK: usize = 3;
const WINDOW_MINUTES: i64 = 50;
const UPDATE_MINUTES: i64 = 20;

/// Files that outlive the process.
const OFFERED: &str = "offered";
const BEGUN: &str = "begun";
const DONE: &str = "done";

fn append(folder: &Path, name: &str, line: &str) {
    let path = folder.join(name);
    let file = File::options().create(true).append(true).open(path);
    file.unwrap()
        .write_all(format!("{line}\n").as_bytes())
        .unwrap();
}

fn lines(folder: &Path, name: &str) -> Vec<String> {
    let text = std::fs::read_to_string(folder.join(name)).unwrap_or_default();
    text.lines().map(str::to_owned).collect()
}

/// The process to kill.
#[test]
fn agent_process() {
    let Some(folder) = std::env::var_os(FOLDER).map(PathBuf::from) else {
        return;
    };
    let number = |name| std::env::var(name).unwrap().parse::<u32>().unwrap();
    let (ahead, seed) = (
        SignedDuration::from_secs(number(AHEAD).into()),
        number(SEED),
    );
    let clock = Arc::new(MovedClock::new(WrongClock(ahead)));
    let state = Arc::new(State::open(&folder.join("state")).unwrap());
    let machine = Arc::<crate::machine::Machine>::default();
    let done = lines(&folder, DONE);
    let offered = lines(&folder, OFFERED).into_iter();
    let offered = offered.filter(|key| !done.contains(key));
    *machine.offered.lock().unwrap() = offered.map(|key| update(&key)).collect();
    let (hand, random) = (clock.clone(), Seeded::new(seed.into()));
    machine.on_each(move |key| {
        append(&folder, BEGUN, &format!("{key} {}", hand.now()));
        // Work takes time: some of the kills are to fall into it.
        std::thread::sleep(Duration::from_millis(random.next() % 25));
        append(&folder, DONE, key);
        hand.advance(SignedDuration::from_mins(UPDATE_MINUTES));
    });
    let ports = Ports {
        randomness: Arc::new(Seeded::new(seed.into())),
        ..ports(machine, clock)
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime
        .block_on(engine::run(state, ports, pace(), CancellationToken::new()))
        .unwrap();
}

/// A process that does not outlive the test, also where that fails.
struct Life(Child);

impl Drop for Life {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// What an agent's process leaves behind, and the gateway that it speaks to.
struct Story {
    gateway: Gateway,
    folder: tempfile::TempDir,
    random: Seeded,
    lives: u64,
    /// The start of the first window.
    first: Timestamp,
    tasks: Vec<(TaskId, Vec<String>)>,
}

impl Story {
    async fn begin() -> Self {
        let gateway = lasting_gateway().await;
        let folder = tempfile::tempdir().unwrap();
        let state = folder.path().join("state");
        enroll(&gateway, &state, WrongClock::default())
            .await
            .unwrap();
        let second = system_now().as_second() + 60 * 60;
        let first = Timestamp::from_second(second - second.rem_euclid(60)).unwrap();
        gateway.set_config(wanted(&[daily(first, WINDOW_MINUTES)], &[]));
        Self {
            gateway,
            folder,
            random: Seeded::new(20_261_127),
            lives: 0,
            first,
            tasks: Vec::new(),
        }
    }

    fn opens(&self, day: i64) -> Timestamp {
        days_later(self.first, day)
    }

    fn begun(&self) -> Vec<(String, Timestamp)> {
        let begun = lines(self.folder.path(), BEGUN).into_iter();
        let parsed = begun.map(|line| {
            let (key, at) = line.split_once(' ').unwrap();
            (key.to_owned(), at.parse().unwrap())
        });
        parsed.collect()
    }

    fn add_task(&mut self) {
        let number = self.tasks.len();
        let keys = (0..UPDATES_OF_A_TASK).map(|update| format!("{number}-{update}"));
        let keys: Vec<_> = keys.collect();
        for key in &keys {
            append(self.folder.path(), OFFERED, key);
        }
        let names: Vec<_> = keys.iter().map(String::as_str).collect();
        let id = self.gateway.add(&install_in_window(&names));
        self.tasks.push((id, keys));
    }

    /// A new process on a machine whose clock shows this.
    fn live(&mut self, at: Timestamp) -> Life {
        self.lives += 1;
        let seconds = at.duration_since(system_now()).as_secs() + 1;
        let ahead = SignedDuration::from_secs(seconds);
        self.gateway.script().ahead = ahead;
        let process = Command::new(std::env::current_exe().unwrap())
            .args([
                "--exact",
                "maintenance::killed::agent_process",
                "--nocapture",
            ])
            .env(FOLDER, self.folder.path())
            .env(AHEAD, seconds.to_string())
            .env(SEED, self.lives.to_string())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        Life(process.unwrap())
    }

    /// The moment of a kill, not a wait for something to be ready.
    async fn kill(&self, agent: Life, within_ms: u64) {
        tokio::time::sleep(Duration::from_millis(self.random.next() % within_ms)).await;
        drop(agent);
    }

    /// Before a window: tasks come, earlier results go, and nothing begins.
    async fn before(&mut self, day: i64) {
        let begun = self.begun().len();
        self.gateway.set_gone(false);
        for _ in 0..TASKS_A_DAY {
            self.add_task();
        }
        let opens = self.opens(day);
        let agent = self.live(opens - 30.minutes());
        for (id, _) in &self.tasks[self.tasks.len() - TASKS_A_DAY..] {
            told_last(&self.gateway, *id, (Some(opens), WaitReason::Window)).await;
        }
        self.kill(agent, 40).await;
        assert_eq!(
            self.begun().len(),
            begun,
            "something began before its window"
        );
        self.gateway.set_gone(true);
    }

    /// In a window, out of contact: several processes, each of which is killed at any moment.
    async fn within(&mut self, day: i64) {
        let before = self.begun().len();
        for life in 0..=day % 2 {
            let at = self.within_at(day, life, before);
            let agent = self.live(at);
            if day % 2 == 1 && life == 0 {
                // In an update, however slow the machine is.
                when(|| (self.begun().len() > before).then_some(())).await;
                self.kill(agent, 6).await;
            } else {
                self.kill(agent, 220).await;
            }
        }
        if day % 2 == 0 {
            self.until_no_room_is_left(day, before).await;
        }
    }

    /// The time of the day that a process begins with: what was begun has taken its time.
    fn within_at(&self, day: i64, life: i64, before: usize) -> Timestamp {
        let begun = i64::try_from(self.begun().len() - before).unwrap();
        self.opens(day) + (1 + 2 * life + UPDATE_MINUTES * begun).minutes()
    }

    /// A process that works until the window has no more room, and is killed while it waits.
    async fn until_no_room_is_left(&mut self, day: i64, before: usize) {
        let at = self.within_at(day, 2, before);
        let agent = self.live(at);
        let (state, next) = (self.folder.path().join("state"), self.opens(day + 1));
        when(|| {
            let status = read_status(&state).ok()??;
            let waiting = &status.maintenance?.waiting;
            let all_wait = waiting.iter().all(|task| task.until == Some(next));
            let is_new = status.written_at >= at && status.running_task.is_none();
            (is_new && !waiting.is_empty() && all_wait).then_some(())
        })
        .await;
        self.kill(agent, 20).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_in_its_windows_no_update_runs_twice_and_what_is_left_waits_for_the_next() {
    let mut story = Story::begin().await;
    for day in 0..DAYS {
        story.before(day).await;
        story.within(day).await;
    }
    // At last there is time for all that is left.
    let last = story.opens(DAYS) - 30.minutes();
    let always = wanted(&[daily(story.first, 24 * 60)], &[]);
    story.gateway.set_config(always);
    story.gateway.set_gone(false);
    let agent = story.live(last);
    for (id, _) in &story.tasks {
        story.gateway.outcome(*id).await;
    }
    story.kill(agent, 1).await;
    judge(&story, last);
}

fn judge(story: &Story, last: Timestamp) {
    let mut begun = BTreeMap::new();
    for (key, at) in story.begun() {
        let inside = (0..DAYS).any(|day| {
            let opens = story.opens(day);
            opens <= at && at < opens + WINDOW_MINUTES.minutes()
        });
        assert!(inside || at >= last, "{key} began at {at}");
        assert_eq!(begun.insert(key.clone(), at), None, "{key} began twice");
    }
    let done = lines(story.folder.path(), DONE);
    let (mut in_several_windows, mut interrupted) = (0, 0);
    for (id, keys) in &story.tasks {
        let script = story.gateway.script();
        let outcomes = script.outcomes(*id);
        let outcome = &outcomes[0];
        // One that is told again is the same one.
        assert!(
            outcomes.iter().all(|other| other == outcome),
            "{outcomes:?}"
        );
        match (outcome.state, outcome.reason) {
            (TaskState::Succeeded, None) => {
                assert_eq!(outcome.updates.len(), keys.len(), "{outcome:?}");
                let days = keys.iter().map(|key| {
                    let hours = begun[key].duration_since(story.first).as_hours();
                    hours.div_euclid(24)
                });
                let days: std::collections::BTreeSet<_> = days.collect();
                in_several_windows += u32::from(days.len() > 1);
            }
            (TaskState::Failed, Some(ReasonCode::Interrupted)) => interrupted += 1,
            other => panic!("{id} ended as {other:?}"),
        }
        for update in &outcome.updates {
            let (begun, done) = (begun.contains_key(&update.key), done.contains(&update.key));
            let is_true = match update.outcome {
                UpdateOutcome::Installed => begun && done,
                UpdateOutcome::Skipped => !begun && outcome.state == TaskState::Failed,
                // It was about to begin, or was not seen to end.
                UpdateOutcome::Unconfirmed => !done && outcome.state == TaskState::Failed,
                _ => false,
            };
            assert!(is_true, "begun: {begun}, done: {done}, told: {update:?}");
        }
        // What the outcome does not name was never begun.
        for key in keys {
            let named = outcome.updates.iter().any(|update| update.key == *key);
            assert!(named || !begun.contains_key(key), "{key}: {outcome:?}");
        }
    }
    assert!(
        in_several_windows > 0 && interrupted > 0,
        "{in_several_windows} in several windows, {interrupted} interrupted"
    );
}
