//! Against the Windows Update double (`crates/windows-update-double`), which plays the scenario
//! that each test writes. Titles are Polish throughout: nothing may depend on them.

use super::WindowsUpdates;
use crate::{readiness::Readiness, since_boot};
use latarnik_agent_core::{
    CancelSignal, InstallReport, InstallRequest, LogSink, TaskProgress, Update, UpdateError,
    UpdateResult, UpdateSettings, Updates,
};
use latarnik_model::{
    ReasonCode, RestartBehavior, RestartSignalName, Severity, UpdateCategory, UpdateOutcome,
};
use serde_json::{Value, json};
use std::{
    fs,
    path::Path,
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

mod installing;
mod jobs;
mod readiness;
mod searching;
mod settings;

const FOLDER: &str = r"C:\windows-update-double";
const SECURITY: &str = "0FA1201D-4330-4FA8-8AE9-B877473B6441";
const DEFINITION: &str = "E0789628-CE08-4437-BE74-2495B842F43B";
const A: &str = "A1111111-1111-4111-8111-111111111111";
const B: &str = "b2222222-2222-4222-8222-222222222222";
const A_KEY: &str = "a1111111-1111-4111-8111-111111111111:200";
const B_KEY: &str = "b2222222-2222-4222-8222-222222222222:1";

const READY: Readiness = Readiness {
    on_battery: false,
    free_bytes: Some(30 << 30),
};

/// The double's world is one file: tests use it one after the other.
struct World(#[expect(dead_code, reason = "held until the test ends")] MutexGuard<'static, ()>);

impl World {
    fn new(scenario: &Value) -> Self {
        static TURN: Mutex<()> = Mutex::new(());
        let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
        fs::create_dir_all(FOLDER).unwrap();
        fs::write(
            Path::new(FOLDER).join("scenario.json"),
            scenario.to_string(),
        )
        .unwrap();
        let _ = fs::remove_file(Path::new(FOLDER).join("calls.log"));
        Self(turn)
    }

    /// Two updates, both of which install; with these fields changed.
    fn with_two(first: &Value, second: &Value) -> Self {
        let mut a = json!({"id": A, "revision": 200, "title": "Aktualizacja zbiorcza (KB5070001)"});
        let mut b = json!({"id": B, "title": "Analiza zabezpieczeń — definicje (KB2267602)"});
        merge(&mut a, first);
        merge(&mut b, second);
        Self::new(&json!({"updates": [a, b]}))
    }

    fn calls(&self) -> String {
        fs::read_to_string(Path::new(FOLDER).join("calls.log")).unwrap_or_default()
    }
}

fn merge(into: &mut Value, fields: &Value) {
    for (name, value) in fields.as_object().unwrap() {
        into[name] = value.clone();
    }
}

#[derive(Default)]
struct Told {
    log: Mutex<String>,
    progress: Mutex<Vec<TaskProgress>>,
    noted: Mutex<Vec<Vec<UpdateOutcome>>>,
    /// Cancels as soon as this is said.
    cancel_at: Option<(&'static str, CancelSignal)>,
    /// Cancels as soon as it is so far.
    cancel_at_percent: Option<(u8, CancelSignal)>,
}

impl LogSink for Told {
    fn progress(&self, progress: TaskProgress) {
        if let Some((percent, cancel)) = &self.cancel_at_percent
            && progress.percent >= Some(*percent)
        {
            cancel.cancel();
        }
        self.progress.lock().unwrap().push(progress);
    }
    fn note(&self, updates: &[UpdateResult]) {
        let noted = updates.iter().map(|update| update.outcome).collect();
        self.noted.lock().unwrap().push(noted);
    }
    fn log(&self, text: &str) {
        self.log.lock().unwrap().push_str(text);
        if let Some((words, cancel)) = &self.cancel_at
            && text.contains(words)
        {
            cancel.cancel();
        }
    }
}

impl Told {
    fn percents(&self) -> Vec<u8> {
        let progress = self.progress.lock().unwrap();
        progress.iter().filter_map(|one| one.percent).collect()
    }
}

fn updates() -> WindowsUpdates {
    WindowsUpdates {
        busy_delays: vec![Duration::from_millis(1); 3],
        look: || READY,
        turn: Mutex::default(),
    }
}

fn scan() -> Result<Vec<Update>, UpdateError> {
    updates().scan(&Told::default(), &CancelSignal::default())
}

fn install(keys: Option<&[&str]>) -> Result<InstallReport, UpdateError> {
    install_telling(keys, &Told::default(), &CancelSignal::default())
}

fn install_telling(
    keys: Option<&[&str]>,
    told: &Told,
    cancel: &CancelSignal,
) -> Result<InstallReport, UpdateError> {
    updates().install(&request(keys, Duration::from_secs(60)), told, cancel)
}

fn request(keys: Option<&[&str]>, timeout: Duration) -> InstallRequest {
    InstallRequest {
        update_keys: keys.map(|keys| keys.iter().map(|key| (*key).to_owned()).collect()),
        ..InstallRequest::everything(timeout)
    }
}

fn outcomes(report: &InstallReport) -> Vec<(&str, UpdateOutcome)> {
    report
        .updates
        .iter()
        .map(|update| (update.key.as_str(), update.outcome))
        .collect()
}

fn keys(updates: &[Update]) -> Vec<&str> {
    updates.iter().map(|update| update.key.as_str()).collect()
}
