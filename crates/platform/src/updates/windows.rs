//! The Windows Update Agent, spoken to through COM.

use crate::{com, since_boot};
use latarnik_agent_core::{
    CancelSignal, InstallReport, InstallRequest, LogSink, OutputExcerpt, TaskProgress, Update,
    UpdateError, UpdateResult, Updates,
};
use latarnik_model::{ReasonCode, UpdateOutcome};
use std::{
    path::Path,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

mod category;
mod failure;
mod offer;
mod session;
#[cfg(test)]
mod tests;

use offer::Offer;
use session::{Session, Step};

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
        turn: Mutex::new(()),
    }
}

/// The machine's Windows Update Agent.
#[derive(Debug)]
pub(crate) struct WindowsUpdates {
    busy_delays: Vec<Duration>,
    /// One use at a time: a second would be told that the agent is busy.
    turn: Mutex<()>,
}

impl Updates for WindowsUpdates {
    fn scan(&self, sink: &dyn LogSink, cancel: &CancelSignal) -> Result<Vec<Update>, UpdateError> {
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        com::on_own_thread(|| {
            let session = Session::open()?;
            let offers = self.search(&session, sink, cancel)?;
            Ok(offers.into_iter().map(|offer| offer.update).collect())
        })
    }

    fn install(
        &self,
        request: &InstallRequest,
        sink: &dyn LogSink,
        cancel: &CancelSignal,
    ) -> Result<InstallReport, UpdateError> {
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        let deadline = Instant::now() + request.timeout;
        com::on_own_thread(|| {
            let session = Session::open()?;
            let offers = self.search(&session, sink, cancel)?;
            let (chosen, mut results) = choose(offers, request.update_keys.as_deref(), sink)?;
            let work = Work {
                updates: self,
                session: &session,
                sink,
                cancel,
                deadline,
            };
            let attempts = work.install_each(&chosen)?;
            let remaining = self.search(&session, sink, &CancelSignal::default());
            results.splice(
                0..0,
                judge(&chosen, &attempts, remaining.as_ref().ok(), sink),
            );
            note_restart(&results);
            sink.progress(TaskProgress {
                percent: Some(100),
                ..TaskProgress::default()
            });
            Ok(InstallReport {
                updates: results,
                exit_code: None,
                output: OutputExcerpt::default(),
                remaining: remaining
                    .map(|offers| offers.into_iter().map(|offer| offer.update).collect()),
            })
        })
    }
}

impl WindowsUpdates {
    /// What is offered and not already installed up to a restart.
    fn search(
        &self,
        session: &Session,
        sink: &dyn LogSink,
        cancel: &CancelSignal,
    ) -> Result<Vec<Offer>, UpdateError> {
        sink.log("Searching for updates\n");
        let found = self.patiently(sink, cancel, || {
            let found = session.search();
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

    /// Repeats an attempt while the update agent says that it is busy, and gives back the last.
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
            if !failure::is_busy(hresult) {
                return Ok(result);
            }
            let Some(delay) = delays.next() else {
                return Ok(result);
            };
            sink.log(&format!(
                "Windows Update is busy ({}); next attempt in {} s\n",
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
    keys: Option<&[String]>,
    sink: &dyn LogSink,
) -> Result<(Vec<Offer>, Vec<UpdateResult>), UpdateError> {
    let Some(keys) = keys else {
        return Ok((offers, Vec::new()));
    };
    let chosen: Vec<Offer> = offers
        .into_iter()
        .filter(|offer| keys.contains(&offer.update.key))
        .collect();
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

/// How far one update came.
#[derive(Debug, Clone, Copy)]
enum Attempt {
    /// The work ended before its turn.
    None,
    /// It is on the machine; the work ended before its installation.
    Downloaded,
    /// Its download failed.
    DownloadFailed(Step),
    /// Its installer is at work.
    Begun,
    /// Its installer ended.
    Installed(Step),
}

impl Attempt {
    const fn step(&self) -> Option<Step> {
        match self {
            Self::DownloadFailed(step) | Self::Installed(step) => Some(*step),
            Self::None | Self::Downloaded | Self::Begun => None,
        }
    }

    /// As the installer tells it: no search has been asked.
    const fn reported(&self) -> UpdateOutcome {
        match self {
            Self::None => UpdateOutcome::Skipped,
            Self::Downloaded => UpdateOutcome::Downloaded,
            Self::Begun => UpdateOutcome::Unconfirmed,
            Self::Installed(step) if step.succeeded() => UpdateOutcome::Installed,
            Self::DownloadFailed(_) | Self::Installed(_) => UpdateOutcome::Failed,
        }
    }
}

impl Offer {
    fn result(&self, outcome: UpdateOutcome, step: Option<Step>) -> UpdateResult {
        UpdateResult {
            key: self.update.key.clone(),
            title: self.update.title.clone(),
            outcome,
            result_code: step.map(|step| step.result_code),
            hresult: step
                .filter(|step| step.hresult != 0)
                .map(|step| failure::text(step.hresult)),
            reason: None,
            restart_required: step.is_some_and(|step| step.restart_required),
        }
    }
}

/// An installation under way.
struct Work<'a> {
    updates: &'a WindowsUpdates,
    session: &'a Session,
    sink: &'a dyn LogSink,
    cancel: &'a CancelSignal,
    deadline: Instant,
}

impl Work<'_> {
    /// One update after the other, so that each has its own result and a cancellation takes hold
    /// between two. A download or an installer that runs is not interrupted.
    fn install_each(&self, chosen: &[Offer]) -> Result<Vec<Attempt>, UpdateError> {
        if let (Some(reason), false) = (self.ended(), chosen.is_empty()) {
            return Err(failure::error(reason, None));
        }
        let mut attempts = vec![Attempt::None; chosen.len()];
        for (position, offer) in chosen.iter().enumerate() {
            if self.ended().is_some() {
                break;
            }
            let attempt = self.install_one(offer, position, chosen, &mut attempts)?;
            self.note(chosen, &mut attempts, position, attempt);
        }
        Ok(attempts)
    }

    /// An update has come so far: on the disk before anything else happens.
    fn note(&self, chosen: &[Offer], attempts: &mut [Attempt], position: usize, attempt: Attempt) {
        if let Some(known) = attempts.get_mut(position) {
            *known = attempt;
        }
        let noted: Vec<_> = chosen
            .iter()
            .zip(attempts.iter())
            .map(|(offer, attempt)| offer.result(attempt.reported(), attempt.step()))
            .collect();
        self.sink.note(&noted);
    }

    fn install_one(
        &self,
        offer: &Offer,
        position: usize,
        chosen: &[Offer],
        attempts: &mut [Attempt],
    ) -> Result<Attempt, UpdateError> {
        let (title, total) = (&offer.update.title, chosen.len());
        self.progress(title, position, total, 0);
        if !offer.is_downloaded {
            self.sink.log(&format!("Downloading {title}\n"));
            let Some(step) = self.step(|| self.session.download(offer))? else {
                return Ok(Attempt::None);
            };
            if !step.succeeded() {
                self.sink
                    .log(&format!("The download of {title} failed: {step}\n"));
                return Ok(Attempt::DownloadFailed(step));
            }
        }
        if self.ended().is_some() {
            return Ok(Attempt::Downloaded);
        }
        self.progress(title, position, total, 50);
        self.sink.log(&format!("Installing {title}\n"));
        self.note(chosen, attempts, position, Attempt::Begun);
        let Some(step) = self.step(|| self.session.install(offer))? else {
            return Ok(Attempt::Downloaded);
        };
        self.sink.log(&format!("{title}: {step}\n"));
        Ok(Attempt::Installed(step))
    }

    /// A call that fails as a whole is the failure of its one update. Nothing comes of a call that
    /// was cancelled before it began.
    fn step(
        &self,
        call: impl Fn() -> windows::core::Result<Step>,
    ) -> Result<Option<Step>, UpdateError> {
        let patient = self.updates.patiently(self.sink, self.cancel, || {
            let step = call().unwrap_or_else(|error| Step::failed(error.code().0));
            (step, step.hresult)
        });
        match patient {
            Err(error) if error.reason == ReasonCode::CancelledByOperator => Ok(None),
            other => other.map(Some),
        }
    }

    fn ended(&self) -> Option<ReasonCode> {
        if self.cancel.is_cancelled() {
            Some(ReasonCode::CancelledByOperator)
        } else if Instant::now() >= self.deadline {
            Some(ReasonCode::TimedOut)
        } else {
            None
        }
    }

    fn progress(&self, title: &str, position: usize, total: usize, within: usize) {
        self.sink.progress(TaskProgress {
            percent: u8::try_from((position * 100 + within) / total.max(1)).ok(),
            done: u32::try_from(position).ok(),
            total: u32::try_from(total).ok(),
            current: Some(title.to_owned()),
            ..TaskProgress::default()
        });
    }
}

/// An installer's word is not enough: what a new search still offers is not installed, unless it
/// waits for the restart, and what no new search has confirmed is not either. What failed and is
/// not offered any more has been replaced in between.
fn judge(
    chosen: &[Offer],
    attempts: &[Attempt],
    after: Option<&Vec<Offer>>,
    sink: &dyn LogSink,
) -> Vec<UpdateResult> {
    let offered = |offer: &Offer| {
        let mut after = after?.iter();
        Some(after.any(|still| still.update.key == offer.update.key))
    };
    let result = |(offer, attempt): (&Offer, &Attempt)| {
        let step = attempt.step();
        let waits = step.is_some_and(|step| step.restart_required);
        let outcome = match (attempt.reported(), offered(offer)) {
            (UpdateOutcome::Installed, _) if waits => UpdateOutcome::Installed,
            (UpdateOutcome::Installed, Some(true)) => UpdateOutcome::Failed,
            (UpdateOutcome::Installed, None) => UpdateOutcome::Unconfirmed,
            (UpdateOutcome::Failed, Some(false)) => UpdateOutcome::Superseded,
            (reported, _) => reported,
        };
        let mut result = offer.result(outcome, step);
        if outcome == UpdateOutcome::Failed && attempt.reported() == UpdateOutcome::Installed {
            sink.log(&format!(
                "{} claims success, but a new search still offers it\n",
                offer.update.title
            ));
            result.reason = Some(ReasonCode::StillOffered);
        }
        result
    };
    chosen.iter().zip(attempts).map(result).collect()
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
