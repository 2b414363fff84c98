//! What a test scripts, and the world as it is then.

use serde::{Deserialize, Serialize};
use std::{
    collections::BTreeMap,
    fs,
    io::Write,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

const FOLDER: &str = r"C:\windows-update-double";

/// A world of updates.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Scenario {
    /// What the update agent knows.
    pub(crate) updates: Vec<ScriptedUpdate>,
    /// `ISystemInformation::RebootRequired`; set by an installation that needs a restart.
    pub(crate) reboot_required: bool,
    /// `IUpdateInstaller::RebootRequiredBeforeInstallation`.
    pub(crate) reboot_required_before_installation: bool,
    /// A search fails with this code, `"0x8024402C"`; empty for none.
    pub(crate) search_hresult: String,
    /// That many searches fail; 0 with a code means all.
    pub(crate) search_failures: u32,
    /// That many searches succeed first.
    pub(crate) search_successes: u32,
    /// `OperationResultCode` of a search that does not fail; 2 unless told.
    pub(crate) search_result_code: Option<i32>,
    /// Identifiers of the services that are registered beside Windows Update itself.
    pub(crate) services: Vec<String>,
    /// Registering a service fails with this code.
    pub(crate) add_service_hresult: String,
    /// How long each search, download and installation takes.
    pub(crate) delay_ms: u64,
    /// How many searches there were so far, and how many of them have failed.
    pub(crate) searches: u32,
    pub(crate) failed_searches: u32,
}

/// One update.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct ScriptedUpdate {
    pub(crate) id: String,
    pub(crate) revision: i32,
    pub(crate) title: String,
    /// Its title for sessions with this `UserLocale` (an LCID), in place of `title`.
    pub(crate) titles: BTreeMap<u32, String>,
    /// The service that offers it beside Windows Update; empty for Windows Update itself, whose
    /// updates every service offers.
    pub(crate) service: String,
    /// Articles without `KB`.
    pub(crate) articles: Vec<String>,
    pub(crate) severity: String,
    /// Identifiers of categories, classification and products.
    pub(crate) categories: Vec<String>,
    pub(crate) size_bytes: u64,
    /// Days since 1899-12-30, UTC.
    pub(crate) date: f64,
    pub(crate) is_driver: bool,
    pub(crate) browse_only: bool,
    /// `InstallationRebootBehavior`: 0 never, 1 always, 2 can request.
    pub(crate) reboot_behavior: i32,
    /// A license that has to be accepted before the download.
    pub(crate) needs_eula: bool,
    /// `OperationResultCode` of the download, and its code if that is not 2.
    pub(crate) download_result: i32,
    pub(crate) download_hresult: String,
    /// The same of the installation.
    pub(crate) install_result: i32,
    pub(crate) install_hresult: String,
    /// That many installations fail as scripted; 0 means all. A code that refuses any installation
    /// (`0x80240016`, `0x80240009`) is answered before one begins.
    pub(crate) install_failures: u32,
    /// That many downloads are refused before they begin, with this code.
    pub(crate) download_refusals: u32,
    pub(crate) refusal_hresult: String,
    /// How long its download and its installation take beyond `delay_ms`.
    pub(crate) download_ms: u64,
    pub(crate) install_ms: u64,
    /// Its download and its installation go on to their ends when they are asked to abort.
    pub(crate) ignores_abort: bool,
    /// Its installation needs a restart.
    pub(crate) needs_reboot: bool,
    /// Searches go on offering it although its installation succeeded.
    pub(crate) still_offered: bool,
    /// Searches go on listing it, with `RebootRequired`, until the restart.
    pub(crate) listed_until_reboot: bool,
    /// The `id` of an update whose installation makes this one vanish.
    pub(crate) superseded_by: String,
    pub(crate) is_hidden: bool,
    pub(crate) is_downloaded: bool,
    pub(crate) is_installed: bool,
    pub(crate) is_eula_accepted: bool,
    /// How many downloads and installations were tried so far.
    pub(crate) download_attempts: u32,
    pub(crate) install_attempts: u32,
}

impl Default for ScriptedUpdate {
    fn default() -> Self {
        Self {
            id: String::new(),
            revision: 1,
            title: String::new(),
            titles: BTreeMap::new(),
            service: String::new(),
            articles: Vec::new(),
            severity: String::new(),
            categories: Vec::new(),
            size_bytes: 0,
            date: 0.0,
            is_driver: false,
            browse_only: false,
            reboot_behavior: 0,
            needs_eula: false,
            download_result: 2,
            download_hresult: String::new(),
            install_result: 2,
            install_hresult: String::new(),
            install_failures: 0,
            download_refusals: 0,
            refusal_hresult: String::new(),
            download_ms: 0,
            install_ms: 0,
            ignores_abort: false,
            needs_reboot: false,
            still_offered: false,
            listed_until_reboot: false,
            superseded_by: String::new(),
            is_hidden: false,
            is_downloaded: false,
            is_installed: false,
            is_eula_accepted: false,
            download_attempts: 0,
            install_attempts: 0,
        }
    }
}

impl ScriptedUpdate {
    /// Whether the attempt that is counted already ends as scripted.
    pub(crate) const fn fails_now(&self) -> bool {
        self.install_failures == 0 || self.install_attempts <= self.install_failures
    }
}

impl Scenario {
    pub(crate) fn find(&mut self, id: &str) -> Option<&mut ScriptedUpdate> {
        self.updates
            .iter_mut()
            .find(|update| update.id.eq_ignore_ascii_case(id))
    }
}

/// The world as it is now. A missing file is an empty world; one that cannot be read is logged.
pub(crate) fn read() -> Scenario {
    change(|_| {})
}

/// Changes the world and gives it back.
pub(crate) fn change(work: impl FnOnce(&mut Scenario)) -> Scenario {
    static WORLD: Mutex<()> = Mutex::new(());
    let _one_at_a_time = WORLD.lock().unwrap_or_else(PoisonError::into_inner);
    let path = path("scenario.json");
    let Ok(text) = fs::read_to_string(&path) else {
        return Scenario::default();
    };
    let mut scenario: Scenario = match serde_json::from_str(&text) {
        Ok(scenario) => scenario,
        Err(error) => {
            log(&format!("unusable scenario: {error}"));
            return Scenario::default();
        }
    };
    work(&mut scenario);
    if let Ok(changed) = serde_json::to_string_pretty(&scenario)
        && changed != text
    {
        let _ = fs::write(path, changed);
    }
    scenario
}

/// Writes a call down.
pub(crate) fn log(call: &str) {
    let file = fs::File::options()
        .create(true)
        .append(true)
        .open(path("calls.log"));
    if let Ok(mut file) = file {
        let _ = writeln!(file, "{call}");
    }
}

/// A code as people write it; 0 for an empty text.
pub(crate) fn hresult(text: &str) -> i32 {
    let digits = text.trim_start_matches("0x");
    u32::from_str_radix(digits, 16).unwrap_or(0).cast_signed()
}

pub(crate) fn take_time(scenario: &Scenario) {
    std::thread::sleep(std::time::Duration::from_millis(scenario.delay_ms));
}

fn path(name: &str) -> PathBuf {
    Path::new(FOLDER).join(name)
}
