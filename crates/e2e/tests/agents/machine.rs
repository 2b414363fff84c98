//! A machine on which every installation succeeds, and can be held up.

use latarnik_agent_core::{
    Answer, CancelSignal, Facts, FactsError, InstallReport, InstallRequest, LogSink, MachineState,
    Notice, People, PeopleError, Power, RestartError, RestartRequest, Session, UpdateError,
    Updates, Withdrawal,
};
use latarnik_model::{OsFamily, RestartSignal, UpdateOutcome};
use latarnik_protocol::{OutputExcerpt, Update, UpdateResult};
use std::sync::{Condvar, Mutex};

#[derive(Default)]
pub(crate) struct Machine {
    /// Keys in the order in which their installation began.
    pub(crate) installed: Mutex<Vec<String>>,
    held: Mutex<bool>,
    released: Condvar,
}

impl Machine {
    /// Installations that begin from now on do not end.
    pub(crate) fn hold(&self) {
        *self.held.lock().unwrap() = true;
    }

    pub(crate) fn release(&self) {
        *self.held.lock().unwrap() = false;
        self.released.notify_all();
    }
}

impl Updates for Machine {
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
        self.installed.lock().unwrap().extend(keys.iter().cloned());
        sink.log("installing\n");
        for _ in &keys {
            let _ = request.window.admits_next();
        }
        let held = self.held.lock().unwrap();
        drop(self.released.wait_while(held, |held| *held).unwrap());
        let result = |key: String| UpdateResult {
            title: key.clone(),
            key,
            outcome: UpdateOutcome::Installed,
            result_code: None,
            hresult: None,
            reason: None,
            restart_required: false,
        };
        Ok(InstallReport {
            updates: keys.into_iter().map(result).collect(),
            left: Vec::new(),
            exit_code: Some(0),
            output: OutputExcerpt::default(),
            remaining: Ok(Vec::new()),
        })
    }
}

impl Power for Machine {
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

impl People for Machine {
    fn sessions(&self) -> Result<Vec<Session>, PeopleError> {
        Ok(Vec::new())
    }

    fn show(&self, _: &Notice, _: &[Session]) {}

    fn withdraw(&self, _: Withdrawal) {}

    fn answers(&self) -> Vec<Answer> {
        Vec::new()
    }
}

impl MachineState for Machine {
    fn facts(&self) -> Result<Facts, FactsError> {
        Ok(Facts {
            hostname: "machine".to_owned(),
            os_family: OsFamily::Linux,
            os_name: "Debian GNU/Linux 12 (bookworm)".to_owned(),
            os_version: "12.5".to_owned(),
            architecture: "x86_64".to_owned(),
            agent_version: "0.1.0".to_owned(),
            time_zone: None,
        })
    }

    fn boot_id(&self) -> String {
        "boot-1".to_owned()
    }

    fn booted_at(&self) -> Option<jiff::Timestamp> {
        None
    }
}
