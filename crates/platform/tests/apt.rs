//! Updates through the real `apt-get` and `dpkg`, in a folder that stands for a machine.

#![cfg(target_os = "linux")]
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test ends where it cannot go on, and shows the log when it fails"
)]

mod sandbox;

use latarnik_agent_core::{
    CancelSignal, InstallReport, InstallRequest, LogSink, TaskProgress, Update, UpdateError,
    UpdateResult, WindowSignal,
};
use latarnik_model::{ReasonCode, UpdateCategory, UpdateOutcome, UpdateSource};
use latarnik_platform::Machine;
use sandbox::{Package, Sandbox, Suite};
use std::{
    sync::{
        Mutex,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

/// Keeps what a call told.
#[derive(Default)]
struct Told {
    log: Mutex<String>,
    progress: Mutex<Vec<TaskProgress>>,
    noted: Mutex<Vec<UpdateResult>>,
}

impl LogSink for Told {
    fn progress(&self, progress: TaskProgress) {
        self.progress.lock().unwrap().push(progress);
    }
    fn log(&self, text: &str) {
        self.log.lock().unwrap().push_str(text);
    }
    fn note(&self, updates: &[UpdateResult]) {
        *self.noted.lock().unwrap() = updates.to_vec();
    }
}

fn scan(sandbox: &Sandbox) -> Result<Vec<Update>, UpdateError> {
    let told = Told::default();
    let machine = Machine::in_folder(sandbox.root().to_owned());
    let result = machine.updates().scan(&told, &CancelSignal::default());
    println!("{}", told.log.lock().unwrap());
    result
}

fn install(sandbox: &Sandbox, keys: Option<&[&str]>) -> Result<InstallReport, UpdateError> {
    let told = Told::default();
    let result = install_telling(sandbox, keys, &told);
    println!("{}", told.log.lock().unwrap());
    if let Ok(report) = &result {
        assert_noted(&told, report);
    }
    result
}

/// Before the package manager began, everything that it was to install stood on the disk.
fn assert_noted(told: &Told, report: &InstallReport) {
    let attempted = |update: &&UpdateResult| update.outcome != UpdateOutcome::Skipped;
    let keys = |updates: &[UpdateResult]| -> Vec<String> {
        let attempted = updates.iter().filter(attempted);
        attempted.map(|update| update.key.clone()).collect()
    };
    let noted = told.noted.lock().unwrap();
    assert_eq!(keys(&noted), keys(&report.updates));
    let begun = |update: &UpdateResult| update.outcome == UpdateOutcome::Unconfirmed;
    assert!(noted.iter().all(begun));
}

fn install_telling(
    sandbox: &Sandbox,
    keys: Option<&[&str]>,
    told: &Told,
) -> Result<InstallReport, UpdateError> {
    let request = InstallRequest {
        update_keys: keys.map(|keys| keys.iter().map(|key| (*key).to_owned()).collect()),
        ..InstallRequest::everything(Duration::from_secs(120))
    };
    let machine = Machine::in_folder(sandbox.root().to_owned());
    machine
        .updates()
        .install(&request, told, &CancelSignal::default())
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

/// A machine with `a` and `b` in version 1, and version 2 of both offered.
fn two_updates() -> Sandbox {
    let sandbox = Sandbox::new();
    for name in ["a", "b"] {
        sandbox.install(&Package::new(name, "1"));
    }
    sandbox.offer(
        Suite::Main,
        &[Package::new("a", "2"), Package::new("b", "2")],
    );
    sandbox
}

#[test]
fn a_machine_without_newer_packages_is_up_to_date() {
    let sandbox = Sandbox::new();
    sandbox.install(&Package::new("a", "1"));
    assert_eq!(scan(&sandbox).unwrap(), []);
    let report = install(&sandbox, None).unwrap();
    assert_eq!((report.updates, report.remaining), (vec![], Ok(vec![])));
}

#[test]
fn an_offer_has_versions_size_summary_and_its_category_from_the_origin() {
    let sandbox = Sandbox::new();
    sandbox.install(&Package::new("a", "1:1.0"));
    sandbox.install(&Package::new("b", "1"));
    sandbox.offer(Suite::Main, &[Package::new("a", "1:1.1")]);
    sandbox.offer(Suite::Security, &[Package::new("b", "2+deb12u1")]);
    let updates = scan(&sandbox).unwrap();
    assert_eq!(keys(&updates), ["a=1:1.1", "b=2+deb12u1"]);
    let a = &updates[0];
    assert_eq!(
        (a.source, a.category),
        (UpdateSource::Apt, UpdateCategory::Optional)
    );
    assert_eq!(a.title, "summary of a");
    assert_eq!(a.installed_version.as_deref(), Some("1:1.0"));
    assert_eq!(a.available_version.as_deref(), Some("1:1.1"));
    assert!(a.size_bytes.unwrap() > 100);
    assert_eq!(updates[1].category, UpdateCategory::Security);
}

#[test]
fn held_and_phased_packages_are_not_offered() {
    let sandbox = Sandbox::new();
    for name in ["held", "phased", "plain"] {
        sandbox.install(&Package::new(name, "1"));
    }
    sandbox.hold("held");
    let phased = Package {
        fields: "Phased-Update-Percentage: 0",
        ..Package::new("phased", "2")
    };
    sandbox.offer(
        Suite::Main,
        &[
            Package::new("held", "2"),
            phased,
            Package::new("plain", "2"),
        ],
    );
    assert_eq!(keys(&scan(&sandbox).unwrap()), ["plain=2"]);
    let report = install(&sandbox, None).unwrap();
    assert_eq!(outcomes(&report), [("plain=2", UpdateOutcome::Installed)]);
    assert_eq!(sandbox.state_of("held"), "installed 1");
    assert_eq!(sandbox.state_of("phased"), "installed 1");
}

#[test]
fn everything_is_installed_and_the_new_search_says_so() {
    let sandbox = two_updates();
    let told = Told::default();
    let report = install_telling(&sandbox, None, &told).unwrap();
    assert_eq!(
        outcomes(&report),
        [
            ("a=2", UpdateOutcome::Installed),
            ("b=2", UpdateOutcome::Installed)
        ]
    );
    assert_eq!((report.exit_code, report.remaining), (Some(0), Ok(vec![])));
    assert_eq!(sandbox.state_of("a"), "installed 2");
    let log = told.log.lock().unwrap();
    assert!(log.contains("Setting up a (2)"), "{log}");
    let progress = told.progress.lock().unwrap();
    assert_eq!(progress.last().unwrap().percent, Some(100));
    assert!(
        progress
            .iter()
            .any(|progress| progress.current.as_deref() == Some("b"))
    );
    assert!(
        !report.output.stderr.contains("pmstatus"),
        "{}",
        report.output.stderr
    );
}

#[test]
fn only_the_chosen_update_is_installed() {
    let sandbox = two_updates();
    let report = install(&sandbox, Some(&["b=2"])).unwrap();
    assert_eq!(outcomes(&report), [("b=2", UpdateOutcome::Installed)]);
    assert_eq!(keys(&report.remaining.unwrap()), ["a=2"]);
    assert_eq!(sandbox.state_of("a"), "installed 1");
}

/// Category by category, as the server would ask for them one after the other.
fn install_category(sandbox: &Sandbox, category: UpdateCategory) -> InstallReport {
    let request = InstallRequest {
        categories: Some(vec![category]),
        ..InstallRequest::everything(Duration::from_secs(120))
    };
    Machine::in_folder(sandbox.root().to_owned())
        .updates()
        .install(&request, &Told::default(), &CancelSignal::default())
        .unwrap()
}

#[test]
fn only_what_is_offered_in_the_chosen_categories_is_installed() {
    let sandbox = Sandbox::new();
    sandbox.install(&Package::new("a", "1"));
    sandbox.install(&Package::new("b", "1"));
    sandbox.offer(Suite::Main, &[Package::new("a", "2")]);
    sandbox.offer(Suite::Security, &[Package::new("b", "2")]);
    let report = install_category(&sandbox, UpdateCategory::Security);
    assert_eq!(outcomes(&report), [("b=2", UpdateOutcome::Installed)]);
    assert_eq!(keys(&report.remaining.unwrap()), ["a=2"]);
    assert_eq!(sandbox.state_of("a"), "installed 1");
    // Nothing of a category is not the same as nothing at all.
    let report = install_category(&sandbox, UpdateCategory::Security);
    assert_eq!(outcomes(&report), []);
    assert_eq!(keys(&report.remaining.unwrap()), ["a=2"]);
}

#[test]
fn a_chosen_update_that_is_not_offered_any_more_is_skipped() {
    let sandbox = two_updates();
    let report = install(&sandbox, Some(&["a=2", "b=1.5"])).unwrap();
    assert_eq!(
        outcomes(&report),
        [
            ("a=2", UpdateOutcome::Installed),
            ("b=1.5", UpdateOutcome::Skipped)
        ]
    );
    let error = install(&sandbox, Some(&["a=2"])).unwrap_err();
    assert_eq!(error.reason, ReasonCode::UpdateNotOffered);
}

#[test]
fn a_new_dependency_is_installed_and_is_no_update_itself() {
    let sandbox = Sandbox::new();
    sandbox.install(&Package::new("a", "1"));
    let a = Package {
        fields: "Depends: new",
        ..Package::new("a", "2")
    };
    sandbox.offer(Suite::Main, &[a, Package::new("new", "1")]);
    assert_eq!(keys(&scan(&sandbox).unwrap()), ["a=2"]);
    let report = install(&sandbox, None).unwrap();
    assert_eq!(outcomes(&report), [("a=2", UpdateOutcome::Installed)]);
    assert_eq!(sandbox.state_of("new"), "installed 1");
}

#[test]
fn an_update_that_would_remove_a_package_stays_offered_and_removes_nothing() {
    let sandbox = two_updates();
    let a = Package {
        fields: "Conflicts: b",
        ..Package::new("a", "2")
    };
    sandbox.offer(Suite::Main, &[a]);
    assert_eq!(keys(&scan(&sandbox).unwrap()), ["a=2"]);
    for keys in [None, Some(&["a=2"][..])] {
        match install(&sandbox, keys) {
            Ok(report) => assert_eq!(outcomes(&report), [("a=2", UpdateOutcome::Failed)]),
            Err(error) => assert_eq!(error.reason, ReasonCode::PackageManagerFailed),
        }
        assert_eq!(sandbox.state_of("b"), "installed 1");
    }
}

#[test]
fn a_failing_script_fails_its_package_and_no_other() {
    for script in ["preinst", "postinst"] {
        let sandbox = two_updates();
        let scripts = [(script, "echo this cannot work >&2; exit 3")];
        let a = Package {
            scripts: &scripts,
            ..Package::new("a", "2")
        };
        sandbox.offer(Suite::Main, &[a, Package::new("b", "2")]);
        let report = install(&sandbox, None).unwrap();
        assert_eq!(
            outcomes(&report),
            [
                ("a=2", UpdateOutcome::Failed),
                ("b=2", UpdateOutcome::Installed)
            ],
            "{script}"
        );
        assert_eq!(report.exit_code, Some(100), "{script}");
        assert!(
            report.output.stderr.contains("this cannot work"),
            "{script}"
        );
    }
}

#[test]
fn a_package_that_is_unpacked_and_not_configured_is_offered_until_it_is() {
    let sandbox = two_updates();
    let excuse = sandbox.path("excuse");
    let script = format!("test -e {}", excuse.display());
    let scripts = [("postinst", script.as_str())];
    let a = Package {
        scripts: &scripts,
        ..Package::new("a", "2")
    };
    sandbox.offer(Suite::Main, &[a, Package::new("b", "2")]);
    let report = install(&sandbox, None).unwrap();
    assert_eq!(keys(&report.remaining.unwrap()), ["a=2"]);
    let offered = scan(&sandbox).unwrap();
    assert_eq!(keys(&offered), ["a=2"]);
    assert_eq!(offered[0].installed_version, None);
    assert_eq!(offered[0].title, "summary of a");

    let report = install(&sandbox, Some(&["a=2"])).unwrap();
    assert_eq!(outcomes(&report), [("a=2", UpdateOutcome::Failed)]);
    std::fs::write(excuse, "").unwrap();
    let report = install(&sandbox, Some(&["a=2"])).unwrap();
    assert_eq!(outcomes(&report), [("a=2", UpdateOutcome::Installed)]);
    assert_eq!(sandbox.state_of("a"), "installed 2");
    assert_eq!(keys(&scan(&sandbox).unwrap()), [""; 0]);
}

#[test]
fn a_lock_that_another_program_holds_is_told() {
    let sandbox = two_updates();
    let lock = sandbox.path("var/lib/dpkg/lock-frontend");
    let mut holder = hold_lock(&lock);
    let error = install(&sandbox, None).unwrap_err();
    assert_eq!(error.reason, ReasonCode::PackageManagerLocked, "{error:?}");
    assert_eq!(error.exit_code, Some(100));
    holder.kill().unwrap();
    holder.wait().unwrap();
    assert_eq!(sandbox.state_of("a"), "installed 1");
}

#[test]
fn a_scan_waits_for_the_lists_and_then_says_who_is_in_the_way() {
    let sandbox = two_updates();
    scan(&sandbox).unwrap();
    let mut holder = hold_lock(&sandbox.path("var/lib/apt/lists/lock"));
    let error = scan(&sandbox).unwrap_err();
    holder.kill().unwrap();
    holder.wait().unwrap();
    assert_eq!(error.reason, ReasonCode::PackageManagerLocked, "{error:?}");
}

#[test]
fn an_archive_that_does_not_answer_is_a_failed_scan_and_never_up_to_date() {
    let sandbox = two_updates();
    scan(&sandbox).unwrap();
    let unreachable = "deb [trusted=yes] http://127.0.0.1:9/ ./".to_owned();
    sandbox.use_sources(&[sandbox.source(Suite::Main), unreachable]);
    let error = scan(&sandbox).unwrap_err();
    assert_eq!(error.reason, ReasonCode::NetworkUnreachable, "{error:?}");
    assert_eq!(error.detail.as_deref(), Some("exit code 100"));
}

#[test]
fn an_archive_that_is_gone_is_a_failed_scan() {
    let sandbox = two_updates();
    std::fs::remove_dir_all(sandbox.path("archive/security")).unwrap();
    assert_eq!(scan(&sandbox).unwrap_err().reason, ReasonCode::ScanFailed);
}

#[test]
fn work_that_a_killed_package_manager_left_is_finished_first() {
    let sandbox = two_updates();
    let entry = "Package: a\nStatus: install ok unpacked\nMaintainer: Test <test@example.com>\n\
                 Architecture: all\nVersion: 1\nDescription: summary of a\n";
    std::fs::write(sandbox.path("var/lib/dpkg/updates/0000"), entry).unwrap();
    let report = install(&sandbox, None).unwrap();
    assert_eq!(
        outcomes(&report),
        [
            ("a=2", UpdateOutcome::Installed),
            ("b=2", UpdateOutcome::Installed)
        ]
    );
}

#[test]
fn a_package_that_asks_for_a_restart_says_so() {
    let sandbox = Sandbox::new();
    sandbox.install(&Package::new("a", "1"));
    let line = format!(
        "touch {0}/reboot-required; echo a >> {0}/reboot-required.pkgs",
        sandbox.path("run").display()
    );
    let scripts = [("postinst", line.as_str())];
    sandbox.offer(
        Suite::Main,
        &[Package {
            scripts: &scripts,
            ..Package::new("a", "2")
        }],
    );
    let report = install(&sandbox, None).unwrap();
    assert!(report.updates[0].restart_required);
    let machine = Machine::in_folder(sandbox.root().to_owned());
    assert_eq!(
        machine.power().restart_signals()[0].detail.as_deref(),
        Some("a")
    );
}

#[test]
fn cancelled_before_anything_happened_is_told_as_such() {
    let sandbox = two_updates();
    let cancel = CancelSignal::default();
    cancel.cancel();
    let machine = Machine::in_folder(sandbox.root().to_owned());
    let error = machine
        .updates()
        .scan(&Told::default(), &cancel)
        .unwrap_err();
    assert_eq!(error.reason, ReasonCode::CancelledByOperator);
}

#[test]
fn nothing_is_installed_on_battery_power() {
    let sandbox = two_updates();
    let supply = sandbox.path("sys/class/power_supply/BAT0");
    std::fs::create_dir_all(&supply).unwrap();
    std::fs::write(supply.join("type"), "Battery\n").unwrap();
    std::fs::write(supply.join("status"), "Discharging\n").unwrap();
    let error = install(&sandbox, None).unwrap_err();
    assert_eq!(error.reason, ReasonCode::OnBattery);
    assert_eq!(sandbox.state_of("a"), "installed 1");
    assert!(scan(&sandbox).is_ok(), "looking is allowed");
}

#[test]
fn nothing_is_downloaded_that_the_disk_has_no_room_for() {
    let sandbox = two_updates();
    let huge = Package {
        listed_bytes: Some(1 << 50),
        ..Package::new("a", "3")
    };
    sandbox.offer(Suite::Main, &[huge, Package::new("b", "2")]);
    let error = install(&sandbox, None).unwrap_err();
    assert_eq!(error.reason, ReasonCode::NotEnoughDiskSpace);
    assert!(error.detail.unwrap().starts_with("needed_bytes=4503599"));
    // The other one has room.
    let report = install(&sandbox, Some(&["b=2"])).unwrap();
    assert_eq!(outcomes(&report), [("b=2", UpdateOutcome::Installed)]);
}

/// Holds the lock the way dpkg does, in another process.
fn hold_lock(path: &std::path::Path) -> std::process::Child {
    use std::io::{BufRead, BufReader};
    let script = format!(
        "import fcntl,time; f=open({path:?},'w'); fcntl.lockf(f,fcntl.LOCK_EX); print('held',flush=True); time.sleep(600)"
    );
    let mut child = std::process::Command::new("python3")
        .args(["-c", &script])
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap())
        .read_line(&mut line)
        .unwrap();
    assert_eq!(line.trim(), "held");
    child
}

#[test]
fn at_the_windows_end_the_rest_of_the_packages_is_left_for_the_next() {
    let sandbox = two_updates();
    let asked = AtomicU32::new(0);
    let once = WindowSignal::new(true, move |_| asked.fetch_add(1, Ordering::Relaxed) == 0);
    let install = |window, except| {
        let told = Told::default();
        let request = InstallRequest {
            window,
            except,
            ..InstallRequest::everything(Duration::from_secs(120))
        };
        let machine = Machine::in_folder(sandbox.root().to_owned());
        let cancel = CancelSignal::default();
        let report = machine.updates().install(&request, &told, &cancel);
        println!("{}", told.log.lock().unwrap());
        (report.unwrap(), told.noted.into_inner().unwrap())
    };
    let (report, noted) = install(once, Vec::new());
    assert_eq!(outcomes(&report), [("a=2", UpdateOutcome::Installed)]);
    let left: Vec<_> = report.left.iter().map(|u| (&*u.key, u.outcome)).collect();
    assert_eq!(left, [("b=2", UpdateOutcome::Skipped)]);
    assert_eq!(keys(report.remaining.as_deref().unwrap()), ["b=2"]);
    let noted: Vec<_> = noted.iter().map(|update| update.outcome).collect();
    assert_eq!(noted, [UpdateOutcome::Unconfirmed, UpdateOutcome::Skipped]);
    let always = WindowSignal::new(true, |_| true);
    let (report, _) = install(always, vec!["a=2".to_owned()]);
    assert_eq!(outcomes(&report), [("b=2", UpdateOutcome::Installed)]);
    assert_eq!(report.left, []);
}
