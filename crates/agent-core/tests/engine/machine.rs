//! A machine that does what the test says.

use jiff::Timestamp;
use latarnik_agent_core::{
    Answer, CancelSignal, Choice, Facts, FactsError, InstallReport, InstallRequest, LogSink,
    MachineState, Notice, People, PeopleError, Power, RestartError, RestartRequest, Session,
    UpdateError, Updates, Withdrawal,
};
use latarnik_model::{
    OsFamily, ReasonCode, RestartBehavior, RestartSignal, RestartSignalName, UpdateCategory,
    UpdateOutcome, UpdateSource,
};
use latarnik_protocol::{
    LastRestart, OutputExcerpt, TaskProgress, Update, UpdateResult, UpdateSettings,
};
use std::sync::{Arc, Mutex};

type Install =
    Box<dyn Fn(&[String], &dyn LogSink, &CancelSignal) -> Result<(), ReasonCode> + Send + Sync>;

type Each = Box<dyn Fn(&str) + Send + Sync>;

pub(crate) struct Machine {
    pub(crate) offered: Mutex<Vec<Update>>,
    /// Keys in the order in which their installation began.
    pub(crate) installed: Mutex<Vec<String>>,
    pub(crate) scans: Mutex<u32>,
    pub(crate) signals: Mutex<Vec<RestartSignal>>,
    pub(crate) restarts: Mutex<Vec<RestartRequest>>,
    pub(crate) restarts_taken_back: Mutex<u32>,
    pub(crate) boot_id: Mutex<String>,
    /// What the source of updates was set to, in this order.
    pub(crate) settings: Mutex<Vec<UpdateSettings>>,
    pub(crate) settings_fail: Mutex<bool>,
    pub(crate) last_restart: Mutex<Option<LastRestart>>,
    /// `None`: the system does not tell.
    pub(crate) people: Mutex<Option<Vec<&'static str>>>,
    /// What is on the screens.
    pub(crate) shown: Mutex<Option<(Notice, Vec<Session>)>>,
    /// Every notice that was shown, once.
    pub(crate) notices: Mutex<Vec<Notice>>,
    pub(crate) withdrawals: Mutex<Vec<Withdrawal>>,
    pub(crate) answers: Mutex<Vec<Answer>>,
    pub(crate) time_zone: Mutex<Option<String>>,
    /// How often the agent asked how the machine is, which its gate does at every look.
    pub(crate) looks: Mutex<u64>,
    /// What happens while a person's answer is on its way.
    pub(crate) answering: Mutex<Option<Box<dyn FnOnce() + Send>>>,
    install: Mutex<Arc<Install>>,
    /// What happens while one update is installed.
    each: Mutex<Option<Arc<Each>>>,
}

impl Default for Machine {
    fn default() -> Self {
        Self {
            offered: Mutex::default(),
            installed: Mutex::default(),
            scans: Mutex::default(),
            signals: Mutex::default(),
            restarts: Mutex::default(),
            restarts_taken_back: Mutex::default(),
            boot_id: Mutex::new("boot-1".to_owned()),
            settings: Mutex::default(),
            settings_fail: Mutex::default(),
            last_restart: Mutex::default(),
            people: Mutex::new(Some(Vec::new())),
            shown: Mutex::default(),
            notices: Mutex::default(),
            withdrawals: Mutex::default(),
            answers: Mutex::default(),
            time_zone: Mutex::default(),
            looks: Mutex::default(),
            answering: Mutex::default(),
            install: Mutex::new(Arc::new(Box::new(|_, _, _| Ok(())))),
            each: Mutex::default(),
        }
    }
}

impl Machine {
    pub(crate) fn on_install(
        &self,
        install: impl Fn(&[String], &dyn LogSink, &CancelSignal) -> Result<(), ReasonCode>
        + Send
        + Sync
        + 'static,
    ) {
        *self.install.lock().unwrap() = Arc::new(Box::new(install));
    }

    pub(crate) fn on_each(&self, each: impl Fn(&str) + Send + Sync + 'static) {
        *self.each.lock().unwrap() = Some(Arc::new(Box::new(each)));
    }

    /// One update after the other, while the window has room: how many have begun.
    fn begin_each(
        &self,
        keys: &[String],
        each: &(dyn Fn(&str) + Send + Sync),
        (request, sink): (&InstallRequest, &dyn LogSink),
    ) -> usize {
        let mut begun = 0;
        for key in keys {
            if !request.window.admits_next() {
                break;
            }
            self.installed.lock().unwrap().push(key.clone());
            begun += 1;
            note(keys, begun, sink);
            each(key);
        }
        begun
    }

    pub(crate) fn moves_to(&self, zone: Option<&str>) {
        *self.time_zone.lock().unwrap() = zone.map(str::to_owned);
    }

    pub(crate) fn wants_restart(&self) {
        let name = RestartSignalName::RebootRequiredFile;
        *self.signals.lock().unwrap() = vec![RestartSignal { name, detail: None }];
    }
}

pub(crate) fn update(key: &str) -> Update {
    Update {
        key: key.to_owned(),
        source: UpdateSource::Apt,
        title: key.to_owned(),
        category: UpdateCategory::Security,
        severity: None,
        kb: None,
        update_id: None,
        revision: None,
        package: Some(key.to_owned()),
        installed_version: None,
        available_version: None,
        size_bytes: None,
        released_at: None,
        restart: RestartBehavior::Unknown,
        titles: None,
    }
}

pub(crate) fn installed(key: &str) -> UpdateResult {
    UpdateResult {
        key: key.to_owned(),
        title: key.to_owned(),
        outcome: UpdateOutcome::Installed,
        result_code: None,
        hresult: None,
        reason: None,
        restart_required: false,
    }
}

pub(crate) fn skipped(key: &str) -> UpdateResult {
    UpdateResult {
        outcome: UpdateOutcome::Skipped,
        ..installed(key)
    }
}

/// As the platform does: whatever has begun is unconfirmed until it has ended.
fn note(keys: &[String], begun: usize, sink: &dyn LogSink) {
    let known = |(position, key): (usize, &String)| UpdateResult {
        outcome: match position < begun {
            true => UpdateOutcome::Unconfirmed,
            false => UpdateOutcome::Skipped,
        },
        ..installed(key)
    };
    let noted: Vec<_> = keys.iter().enumerate().map(known).collect();
    sink.note(&noted);
}

fn error(reason: ReasonCode) -> UpdateError {
    UpdateError {
        reason,
        detail: None,
        exit_code: None,
        output: OutputExcerpt::default(),
    }
}

impl Updates for Machine {
    fn scan(&self, _: &dyn LogSink, _: &CancelSignal) -> Result<Vec<Update>, UpdateError> {
        *self.scans.lock().unwrap() += 1;
        Ok(self.offered.lock().unwrap().clone())
    }

    fn install(
        &self,
        request: &InstallRequest,
        sink: &dyn LogSink,
        cancel: &CancelSignal,
    ) -> Result<InstallReport, UpdateError> {
        let offered = self.offered.lock().unwrap().clone();
        let wanted = offered
            .into_iter()
            .filter(|update| request.wants(&update.key, update.category))
            .map(|update| update.key);
        let keys = request
            .update_keys
            .clone()
            .unwrap_or_else(|| wanted.collect());
        sink.progress(TaskProgress {
            percent: Some(50),
            ..TaskProgress::default()
        });
        sink.log("installing\n");
        let install = self.install.lock().unwrap().clone();
        let each = self.each.lock().unwrap().clone();
        let begun = match each {
            Some(each) => self.begin_each(&keys, &**each, (request, sink)),
            None => {
                self.installed.lock().unwrap().extend(keys.iter().cloned());
                install(&keys, sink, cancel).map_err(error)?;
                keys.len()
            }
        };
        let (begun, left) = keys.split_at(begun);
        self.offered
            .lock()
            .unwrap()
            .retain(|update| !begun.contains(&update.key));
        Ok(InstallReport {
            updates: begun.iter().map(|key| installed(key)).collect(),
            left: left.iter().map(|key| skipped(key)).collect(),
            exit_code: Some(0),
            output: OutputExcerpt::default(),
            remaining: Ok(self.offered.lock().unwrap().clone()),
        })
    }

    fn apply(&self, settings: &UpdateSettings) -> Result<(), UpdateError> {
        self.settings.lock().unwrap().push(settings.clone());
        match *self.settings_fail.lock().unwrap() {
            true => Err(error(ReasonCode::AccessDenied)),
            false => Ok(()),
        }
    }
}

impl Power for Machine {
    fn restart_signals(&self) -> Vec<RestartSignal> {
        self.signals.lock().unwrap().clone()
    }

    fn schedule_restart(&self, request: &RestartRequest) -> Result<(), RestartError> {
        self.restarts.lock().unwrap().push(request.clone());
        Ok(())
    }

    fn cancel_restart(&self) -> Result<(), RestartError> {
        *self.restarts_taken_back.lock().unwrap() += 1;
        Ok(())
    }
}

impl Machine {
    pub(crate) fn sign_in(&self, people: &[&'static str]) {
        *self.people.lock().unwrap() = Some(people.to_vec());
    }

    /// Answers the notice that is on the screen.
    pub(crate) fn answer(&self, choice: Choice) {
        let shown = self.shown.lock().unwrap();
        let until = shown.as_ref().unwrap().0.until;
        self.answers.lock().unwrap().push(Answer { until, choice });
    }
}

impl People for Machine {
    fn sessions(&self) -> Result<Vec<Session>, PeopleError> {
        let people = self.people.lock().unwrap().clone();
        let people = people.ok_or_else(|| PeopleError {
            detail: "silence".to_owned(),
        })?;
        let session = |(number, user): (usize, &str)| Session {
            id: number.to_string(),
            user: user.to_owned(),
        };
        Ok(people.into_iter().enumerate().map(session).collect())
    }

    fn show(&self, notice: &Notice, sessions: &[Session]) {
        let mut shown = self.shown.lock().unwrap();
        let is_new = shown.as_ref().is_none_or(|(earlier, _)| earlier != notice);
        if is_new {
            self.notices.lock().unwrap().push(notice.clone());
        }
        *shown = Some((notice.clone(), sessions.to_vec()));
    }

    fn withdraw(&self, after: Withdrawal) {
        *self.shown.lock().unwrap() = None;
        self.answers.lock().unwrap().clear();
        self.withdrawals.lock().unwrap().push(after);
    }

    fn answers(&self) -> Vec<Answer> {
        let answers = std::mem::take(&mut *self.answers.lock().unwrap());
        if !answers.is_empty()
            && let Some(happens) = self.answering.lock().unwrap().take()
        {
            happens();
        }
        answers
    }
}

impl MachineState for Machine {
    fn facts(&self) -> Result<Facts, FactsError> {
        *self.looks.lock().unwrap() += 1;
        Ok(Facts {
            time_zone: self.time_zone.lock().unwrap().clone(),
            ..facts()
        })
    }

    fn boot_id(&self) -> String {
        self.boot_id.lock().unwrap().clone()
    }

    fn booted_at(&self) -> Option<Timestamp> {
        None
    }

    fn last_restart(&self) -> Option<LastRestart> {
        self.last_restart.lock().unwrap().clone()
    }
}

pub(crate) fn facts() -> Facts {
    Facts {
        hostname: "machine".to_owned(),
        os_family: OsFamily::Linux,
        os_name: "Debian GNU/Linux 12 (bookworm)".to_owned(),
        os_version: "12.5".to_owned(),
        architecture: "x86_64".to_owned(),
        agent_version: "0.1.0".to_owned(),
        time_zone: None,
    }
}
