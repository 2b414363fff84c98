//! Against the Windows Update double (`crates/windows-update-double`), which plays the scenario
//! that each test writes. Titles are Polish throughout: nothing may depend on them.

use super::WindowsUpdates;
use crate::since_boot;
use latarnik_agent_core::{
    CancelSignal, InstallReport, InstallRequest, LogSink, TaskProgress, Update, UpdateError,
    UpdateResult, Updates,
};
use latarnik_model::{
    ReasonCode, RestartBehavior, RestartSignalName, Severity, UpdateCategory, UpdateOutcome,
};
use serde_json::{Value, json};
use std::{
    fs,
    path::Path,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

const FOLDER: &str = r"C:\windows-update-double";
const SECURITY: &str = "0FA1201D-4330-4FA8-8AE9-B877473B6441";
const DEFINITION: &str = "E0789628-CE08-4437-BE74-2495B842F43B";
const A: &str = "A1111111-1111-4111-8111-111111111111";
const B: &str = "b2222222-2222-4222-8222-222222222222";
const A_KEY: &str = "a1111111-1111-4111-8111-111111111111:200";
const B_KEY: &str = "b2222222-2222-4222-8222-222222222222:1";

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
}

impl LogSink for Told {
    fn progress(&self, progress: TaskProgress) {
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

fn updates() -> WindowsUpdates {
    WindowsUpdates {
        busy_delays: vec![Duration::from_millis(1); 3],
        turn: Mutex::new(()),
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
    let request = InstallRequest {
        update_keys: keys.map(|keys| keys.iter().map(|key| (*key).to_owned()).collect()),
        categories: None,
        timeout: Duration::from_secs(60),
    };
    updates().install(&request, told, cancel)
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

#[test]
fn an_update_is_read_whole() {
    let _world = World::with_two(
        &json!({
            "articles": ["5070001"], "severity": "Critical", "categories": [SECURITY],
            "size_bytes": 6_442_450_944_u64, "date": 46_340.75, "reboot_behavior": 2,
        }),
        &json!({"categories": [DEFINITION]}),
    );
    let found = scan().unwrap();
    let update = &found[0];
    assert_eq!(update.key, A_KEY);
    assert_eq!(update.update_id.as_deref(), Some(&A_KEY[..36]));
    assert_eq!(update.revision, Some(200));
    assert_eq!(update.kb.as_deref(), Some("KB5070001"));
    assert_eq!(update.category, UpdateCategory::Security);
    assert_eq!(update.severity, Some(Severity::Critical));
    assert_eq!(update.size_bytes, Some(6_442_450_944));
    assert_eq!(
        update.released_at.unwrap().to_string(),
        "2026-11-14T18:00:00Z"
    );
    assert_eq!(update.restart, RestartBehavior::CanRequest);
    let other = &found[1];
    assert_eq!(
        (other.key.as_str(), other.category),
        (B_KEY, UpdateCategory::Definition)
    );
    assert_eq!(
        (&other.kb, other.severity, other.size_bytes),
        (&None, None, None)
    );
}

#[test]
fn keys_do_not_depend_on_the_language() {
    let polish = World::with_two(&json!({}), &json!({}));
    let in_polish: Vec<_> = scan()
        .unwrap()
        .into_iter()
        .map(|update| update.key)
        .collect();
    drop(polish);
    let _english = World::with_two(&json!({"title": "Cumulative"}), &json!({"title": "Defs"}));
    let in_english: Vec<_> = scan()
        .unwrap()
        .into_iter()
        .map(|update| update.key)
        .collect();
    assert_eq!(in_polish, in_english);
}

#[test]
fn drivers_and_optional_updates_are_told_apart_and_hidden_ones_are_not_offered() {
    let _world = World::new(&json!({"updates": [
        {"id": A, "is_driver": true}, {"id": B, "browse_only": true, "categories": [SECURITY]},
        {"id": "c", "is_hidden": true},
    ]}));
    let categories: Vec<_> = scan()
        .unwrap()
        .iter()
        .map(|update| update.category)
        .collect();
    assert_eq!(
        categories,
        [UpdateCategory::Driver, UpdateCategory::Optional]
    );
}

#[test]
fn everything_is_downloaded_and_installed_one_by_one_and_quietly() {
    let world = World::with_two(&json!({"needs_eula": true}), &json!({}));
    let told = Told::default();
    let report = install_telling(None, &told, &CancelSignal::default()).unwrap();
    assert_eq!(
        outcomes(&report),
        [
            (A_KEY, UpdateOutcome::Installed),
            (B_KEY, UpdateOutcome::Installed)
        ]
    );
    assert_eq!(report.updates[0].result_code, Some(2));
    assert_eq!(report.remaining, Ok(vec![]));
    let calls = world.calls();
    let calls: Vec<_> = calls
        .lines()
        .filter(|call| !call.starts_with("Client"))
        .collect();
    assert_eq!(
        calls,
        [
            "Search IsInstalled=0 and IsHidden=0".to_owned(),
            format!("AcceptEula {A}"),
            format!("Download {A}"),
            "ForceQuiet true".to_owned(),
            format!("Install {A}"),
            format!("Download {B}"),
            "ForceQuiet true".to_owned(),
            format!("Install {B}"),
            "Search IsInstalled=0 and IsHidden=0".to_owned(),
        ]
    );
    let percents: Vec<_> = told
        .progress
        .lock()
        .unwrap()
        .iter()
        .filter_map(|progress| progress.percent)
        .collect();
    assert_eq!(percents, [0, 25, 50, 75, 100]);
}

#[test]
fn only_chosen_updates_are_installed() {
    let _world = World::with_two(&json!({}), &json!({}));
    let report = install(Some(&[B_KEY, "c:1"])).unwrap();
    assert_eq!(
        outcomes(&report),
        [
            (B_KEY, UpdateOutcome::Installed),
            ("c:1", UpdateOutcome::Skipped)
        ]
    );
    assert_eq!(keys(&report.remaining.unwrap()), [A_KEY]);
    let error = install(Some(&["c:1"])).unwrap_err();
    assert_eq!(error.reason, ReasonCode::UpdateNotOffered);
}

#[test]
fn only_what_is_offered_in_the_chosen_categories_is_installed() {
    let _world = World::with_two(
        &json!({"categories": [SECURITY]}),
        &json!({"categories": [DEFINITION]}),
    );
    let request = |category| InstallRequest {
        update_keys: None,
        categories: Some(vec![category]),
        timeout: Duration::from_secs(60),
    };
    let install = |category| {
        updates()
            .install(
                &request(category),
                &Told::default(),
                &CancelSignal::default(),
            )
            .unwrap()
    };
    let report = install(UpdateCategory::Security);
    assert_eq!(outcomes(&report), [(A_KEY, UpdateOutcome::Installed)]);
    let report = install(UpdateCategory::Driver);
    assert_eq!(outcomes(&report), []);
    assert_eq!(keys(&report.remaining.unwrap()), [B_KEY]);
}

#[test]
fn an_installer_that_fails_is_told_with_its_code() {
    let _world = World::with_two(
        &json!({"install_result": 4, "install_hresult": "0x80070643"}),
        &json!({}),
    );
    let report = install(None).unwrap();
    assert_eq!(
        outcomes(&report),
        [
            (A_KEY, UpdateOutcome::Failed),
            (B_KEY, UpdateOutcome::Installed)
        ]
    );
    let failed = &report.updates[0];
    assert_eq!(
        (failed.result_code, failed.hresult.as_deref()),
        (Some(4), Some("0x80070643"))
    );
    assert_eq!(keys(&report.remaining.unwrap()), [A_KEY]);
}

#[test]
fn a_download_that_fails_is_not_installed() {
    let world = World::with_two(
        &json!({"download_result": 4, "download_hresult": "0x80246002"}),
        &json!({}),
    );
    let report = install(Some(&[A_KEY])).unwrap();
    assert_eq!(outcomes(&report), [(A_KEY, UpdateOutcome::Failed)]);
    assert_eq!(report.updates[0].hresult.as_deref(), Some("0x80246002"));
    assert!(!world.calls().contains("Install "));
}

#[test]
fn a_success_that_is_still_offered_is_a_failure() {
    let _world = World::with_two(&json!({"still_offered": true}), &json!({}));
    let told = Told::default();
    let report = install_telling(Some(&[A_KEY]), &told, &CancelSignal::default()).unwrap();
    assert_eq!(outcomes(&report), [(A_KEY, UpdateOutcome::Failed)]);
    assert_eq!(report.updates[0].result_code, Some(2));
    assert_eq!(report.updates[0].reason, Some(ReasonCode::StillOffered));
    assert!(told.log.lock().unwrap().contains("still offers it"));
}

#[test]
fn a_success_that_no_search_confirms_is_not_called_installed() {
    let world = World::new(&json!({
        "updates": [{"id": A, "revision": 200}],
        "search_hresult": "0x8024402C", "search_successes": 1,
    }));
    let report = install(None).unwrap();
    assert_eq!(outcomes(&report), [(A_KEY, UpdateOutcome::Unconfirmed)]);
    let unconfirmed = report.remaining.unwrap_err();
    assert_eq!(unconfirmed.detail.as_deref(), Some("0x8024402C"));
    assert!(world.calls().matches("Search ").count() >= 2);
}

#[test]
fn how_far_each_update_is_stands_on_the_disk_before_it_goes_on() {
    let _world = World::with_two(&json!({}), &json!({"install_result": 4}));
    let told = Told::default();
    install_telling(None, &told, &CancelSignal::default()).unwrap();
    use UpdateOutcome::{Failed, Installed, Skipped, Unconfirmed};
    assert_eq!(
        *told.noted.lock().unwrap(),
        [
            [Unconfirmed, Skipped],
            [Installed, Skipped],
            [Installed, Unconfirmed],
            [Installed, Failed]
        ]
    );
}

#[test]
fn what_failed_and_was_replaced_in_between_is_superseded() {
    let _world = World::with_two(
        &json!({
            "install_result": 4, "install_hresult": "0x80070643", "superseded_by": B,
        }),
        &json!({}),
    );
    let report = install(None).unwrap();
    assert_eq!(
        outcomes(&report),
        [
            (A_KEY, UpdateOutcome::Superseded),
            (B_KEY, UpdateOutcome::Installed)
        ]
    );
    assert_eq!(report.updates[0].hresult.as_deref(), Some("0x80070643"));
}

#[test]
fn an_update_that_waits_for_the_restart_is_installed_and_a_strong_signal() {
    let _world = World::with_two(
        &json!({"needs_reboot": true, "listed_until_reboot": true}),
        &json!({}),
    );
    let report = install(Some(&[A_KEY])).unwrap();
    assert_eq!(outcomes(&report), [(A_KEY, UpdateOutcome::Installed)]);
    assert!(report.updates[0].restart_required);
    assert_eq!(keys(&report.remaining.unwrap()), [B_KEY]);
    assert_eq!(keys(&scan().unwrap()), [B_KEY]);
    let signals = crate::Machine::this().power().restart_signals();
    let stands = |name| signals.iter().any(|signal| signal.name == name);
    assert!(stands(RestartSignalName::WuaRebootRequired));
    assert!(stands(RestartSignalName::InstallerRequestedRestart));
    assert!(since_boot::restart_request().unwrap().contains("KB5070001"));
}

#[test]
fn a_superseded_update_is_simply_not_offered_any_more() {
    let _world = World::with_two(&json!({"superseded_by": B}), &json!({}));
    let report = install(Some(&[B_KEY])).unwrap();
    assert_eq!(outcomes(&report), [(B_KEY, UpdateOutcome::Installed)]);
    assert_eq!(report.remaining, Ok(vec![]));
}

#[test]
fn a_busy_update_agent_is_asked_again() {
    let world = World::new(&json!({
        "updates": [{"id": A, "revision": 200}],
        "search_hresult": "0x80240016", "search_failures": 2,
    }));
    assert_eq!(keys(&scan().unwrap()), [A_KEY]);
    assert_eq!(world.calls().matches("Search").count(), 3);
}

#[test]
fn a_busy_installer_is_asked_again() {
    let world = World::with_two(
        &json!({"install_result": 4, "install_hresult": "0x80240016", "install_failures": 2}),
        &json!({}),
    );
    let report = install(Some(&[A_KEY])).unwrap();
    assert_eq!(outcomes(&report), [(A_KEY, UpdateOutcome::Installed)]);
    assert_eq!(world.calls().matches("Install ").count(), 3);
}

#[test]
fn an_update_agent_that_stays_busy_is_told_as_busy() {
    let world = World::new(&json!({"search_hresult": "0x80240009"}));
    let error = scan().unwrap_err();
    assert_eq!(error.reason, ReasonCode::WindowsUpdateBusy);
    assert_eq!(error.detail.as_deref(), Some("0x80240009"));
    assert_eq!(world.calls().matches("Search").count(), 4);
}

#[test]
fn a_search_that_fails_is_never_up_to_date() {
    for (code, reason) in [
        ("0x8024402C", ReasonCode::NetworkUnreachable),
        ("0x80070005", ReasonCode::AccessDenied),
        ("0x8024500C", ReasonCode::WindowsUpdateError),
    ] {
        let _world = World::new(&json!({"search_hresult": code}));
        let error = scan().unwrap_err();
        assert_eq!(
            (error.reason, error.detail.as_deref()),
            (reason, Some(code))
        );
    }
    let _world = World::new(&json!({"updates": [], "search_result_code": 3}));
    let error = scan().unwrap_err();
    assert_eq!(error.detail.as_deref(), Some("result code 3"));
}

#[test]
fn cancelling_takes_hold_between_two_updates() {
    let world = World::with_two(&json!({}), &json!({}));
    let cancel = CancelSignal::default();
    let told = Told {
        cancel_at: Some(("result code 2", cancel.clone())),
        ..Told::default()
    };
    let report = install_telling(None, &told, &cancel).unwrap();
    assert_eq!(
        outcomes(&report),
        [
            (A_KEY, UpdateOutcome::Installed),
            (B_KEY, UpdateOutcome::Skipped)
        ]
    );
    assert!(!world.calls().contains(&format!("Download {B}")));
}

#[test]
fn what_was_cancelled_is_told_as_far_as_it_came() {
    for (words, outcome) in [
        ("Downloading", UpdateOutcome::Skipped),
        ("Installing", UpdateOutcome::Downloaded),
    ] {
        let _world = World::with_two(&json!({}), &json!({}));
        let cancel = CancelSignal::default();
        let told = Told {
            cancel_at: Some((words, cancel.clone())),
            ..Told::default()
        };
        let report = install_telling(Some(&[A_KEY]), &told, &cancel).unwrap();
        assert_eq!(outcomes(&report), [(A_KEY, outcome)], "{words}");
    }
}
