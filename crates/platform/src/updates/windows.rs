//! The Windows Update Agent, spoken to through COM.

use crate::{
    com,
    readiness::{self, Readiness, SpaceRule},
    since_boot,
};
use latarnik_agent_core::{
    CancelSignal, InstallReport, InstallRequest, LogSink, OutputExcerpt, TaskProgress, Update,
    UpdateError, UpdateResult, UpdateSettings, Updates,
};
use latarnik_model::{ReasonCode, UpdateOutcome};
use std::{
    path::Path,
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

mod automatic;
mod category;
mod failure;
mod job;
mod offer;
mod services;
mod session;
#[cfg(test)]
mod tests;
mod titles;
mod work;

use offer::Offer;
use session::{Place, Session};
use work::Work;

/// The agent is often busy with its own schedule; that passes.
const BUSY_DELAYS: [Duration; 5] = [
    Duration::from_secs(5),
    Duration::from_secs(15),
    Duration::from_secs(30),
    Duration::from_secs(60),
    Duration::from_secs(120),
];

pub(crate) fn open(_folder: Option<&Path>) -> WindowsUpdates {
    WindowsUpdates {
        busy_delays: BUSY_DELAYS.into(),
        look: readiness::look,
        turn: Mutex::default(),
    }
}

/// The machine's Windows Update Agent.
#[derive(Debug)]
pub(crate) struct WindowsUpdates {
    busy_delays: Vec<Duration>,
    /// Whether the machine is ready for an installation.
    look: fn() -> Readiness,
    /// As they were wanted last. One use at a time: a second would be told that the agent is busy.
    turn: Mutex<UpdateSettings>,
}

impl Updates for WindowsUpdates {
    fn scan(&self, sink: &dyn LogSink, cancel: &CancelSignal) -> Result<Vec<Update>, UpdateError> {
        let settings = self.turn();
        com::on_own_thread(|| {
            let session = Session::open()?;
            let place = place(&session, &settings, sink);
            let offers = self.search(&session, place, sink, cancel)?;
            Ok(updates_of(offers, &settings, place, sink))
        })
    }

    fn install(
        &self,
        request: &InstallRequest,
        sink: &dyn LogSink,
        cancel: &CancelSignal,
    ) -> Result<InstallReport, UpdateError> {
        let settings = self.turn();
        let deadline = Instant::now() + request.timeout;
        com::on_own_thread(|| {
            let session = Session::open()?;
            let place = place(&session, &settings, sink);
            let offers = self.search(&session, place, sink, cancel)?;
            let (chosen, mut results) = choose(offers, request, sink)?;
            self.check_readiness(&session, &chosen, sink)?;
            let work = Work {
                updates: self,
                session: &session,
                sink,
                cancel,
                window: &request.window,
                deadline,
            };
            let attempts = work.install_each(&chosen)?;
            let remaining = self.search(&session, place, sink, &CancelSignal::default());
            let judged = work::judge(&chosen, &attempts, remaining.as_ref().ok(), sink);
            results.splice(0..0, judged.ended);
            note_restart(&results);
            sink.progress(TaskProgress {
                percent: Some(100),
                ..TaskProgress::default()
            });
            Ok(InstallReport {
                updates: results,
                left: judged.left,
                exit_code: None,
                output: OutputExcerpt::default(),
                remaining: remaining.map(|offers| updates_of(offers, &settings, place, sink)),
            })
        })
    }

    fn apply(&self, settings: &UpdateSettings) -> Result<(), UpdateError> {
        let mut turn = self.turn();
        turn.clone_from(settings);
        let automatic = automatic::apply(settings.control_automatic_updates);
        let wanted = settings.microsoft_update && !services::has_own_server();
        let service = match wanted || services::is_ours() {
            true => com::on_own_thread(|| {
                let session = Session::open()?;
                services::apply(&session, wanted).map_err(failure::from_com)
            }),
            // Nothing was registered, and nothing is to be.
            false => Ok(()),
        };
        automatic.map_err(failure::from_com).and(service)
    }
}

/// Microsoft Update if it is wanted and there; otherwise the machine's own default.
fn place(session: &Session, settings: &UpdateSettings, sink: &dyn LogSink) -> Place {
    let own_server = settings.microsoft_update && services::has_own_server();
    if own_server {
        sink.log("Microsoft Update is not asked: the machine has an update server of its own\n");
    }
    let there = settings.microsoft_update
        && !own_server
        && services::is_registered(session).unwrap_or_else(|error| {
            let code = failure::text(error.code().0);
            sink.log(&format!("Microsoft Update cannot be asked: {code}\n"));
            false
        });
    Place {
        online: true,
        microsoft_update: there,
    }
}

/// What the server is told of offers.
fn updates_of(
    offers: Vec<Offer>,
    settings: &UpdateSettings,
    place: Place,
    sink: &dyn LogSink,
) -> Vec<Update> {
    let mut updates: Vec<_> = offers.into_iter().map(|offer| offer.update).collect();
    titles::add(&mut updates, &settings.title_languages, place, sink);
    updates
}

impl WindowsUpdates {
    fn turn(&self) -> MutexGuard<'_, UpdateSettings> {
        self.turn.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is offered and not already installed up to a restart.
    fn search(
        &self,
        session: &Session,
        place: Place,
        sink: &dyn LogSink,
        cancel: &CancelSignal,
    ) -> Result<Vec<Offer>, UpdateError> {
        sink.log("Searching for updates\n");
        let found = self.patiently(sink, cancel, || {
            let found = session.search(place);
            let code = found.as_ref().err().map_or(0, |failure| failure.hresult());
            (found, code)
        })?;
        let found = found.map_err(failure::Failure::into_error)?;
        let mut offers = Vec::with_capacity(found.len());
        for update in found {
            let offer = Offer::read(update).map_err(failure::from_com)?;
            if offer.waits_for_restart {
                sink.log(&format!("{} waits for the restart\n", offer.update.title));
            } else {
                offers.push(offer);
            }
        }
        sink.log(&format!("{} updates are offered\n", offers.len()));
        Ok(offers)
    }

    /// Refuses before anything is downloaded what could not be installed.
    fn check_readiness(
        &self,
        session: &Session,
        chosen: &[Offer],
        sink: &dyn LogSink,
    ) -> Result<(), UpdateError> {
        if chosen.is_empty() {
            return Ok(());
        }
        if session.needs_restart_first().map_err(failure::from_com)? {
            sink.log("Windows installs nothing more before it has restarted\n");
            return Err(failure::error(ReasonCode::RestartPending, None));
        }
        if com::wants_restart() {
            sink.log("A restart is pending from before; Windows installs all the same\n");
        }
        let downloads = chosen
            .iter()
            .filter(|offer| !offer.is_downloaded)
            .map(|offer| offer.update.size_bytes);
        let needed = SpaceRule::WINDOWS.needed_bytes(downloads);
        (self.look)().check(needed).inspect_err(|refused| {
            sink.log(&format!("The machine is not ready: {refused}\n"));
        })
    }

    /// Repeats an attempt while the update agent gives a reason that passes, and gives back the
    /// last.
    fn patiently<T>(
        &self,
        sink: &dyn LogSink,
        cancel: &CancelSignal,
        mut attempt: impl FnMut() -> (T, i32),
    ) -> Result<T, UpdateError> {
        let mut delays = self.busy_delays.iter();
        loop {
            if cancel.is_cancelled() {
                return Err(failure::error(ReasonCode::CancelledByOperator, None));
            }
            let (result, hresult) = attempt();
            if !failure::passes(hresult) {
                return Ok(result);
            }
            let Some(delay) = delays.next() else {
                return Ok(result);
            };
            sink.log(&format!(
                "Windows Update cannot now ({}); next attempt in {} s\n",
                failure::text(hresult),
                delay.as_secs()
            ));
            wait(*delay, cancel);
        }
    }
}

fn wait(delay: Duration, cancel: &CancelSignal) {
    let end = Instant::now() + delay;
    while Instant::now() < end && !cancel.is_cancelled() {
        std::thread::sleep(Duration::from_millis(100).min(delay));
    }
}

/// The offers that are wanted, and results for wanted ones that are not offered.
fn choose(
    offers: Vec<Offer>,
    request: &InstallRequest,
    sink: &dyn LogSink,
) -> Result<(Vec<Offer>, Vec<UpdateResult>), UpdateError> {
    let chosen: Vec<Offer> = offers
        .into_iter()
        .filter(|offer| request.wants(&offer.update.key, offer.update.category))
        .collect();
    let keys = request.update_keys.as_deref().unwrap_or_default();
    let missing: Vec<UpdateResult> = keys
        .iter()
        .filter(|key| !chosen.iter().any(|offer| offer.update.key == **key))
        .inspect(|key| sink.log(&format!("{key} is not offered any more\n")))
        .map(|key| UpdateResult {
            key: key.clone(),
            title: key.clone(),
            outcome: UpdateOutcome::Skipped,
            result_code: None,
            hresult: None,
            reason: None,
            restart_required: false,
        })
        .collect();
    if chosen.is_empty() && !missing.is_empty() {
        return Err(failure::error(ReasonCode::UpdateNotOffered, None));
    }
    Ok((chosen, missing))
}

fn note_restart(results: &[UpdateResult]) {
    let titles: Vec<_> = results
        .iter()
        .filter(|result| result.restart_required)
        .map(|result| result.title.as_str())
        .collect();
    if titles.is_empty() {
        return;
    }
    if let Err(error) = since_boot::note_restart_request(&titles.join("; ")) {
        tracing::warn!(%error, "the registry does not keep the request for a restart");
    }
}
