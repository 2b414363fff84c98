//! An installation under way, update by update.

use super::{
    WindowsUpdates, failure,
    job::{Amount, Ending, Watch},
    offer::Offer,
    session::{Session, Step},
};
use latarnik_agent_core::{
    CancelSignal, LogSink, TaskProgress, UpdateError, UpdateResult, WindowSignal,
};
use latarnik_model::{ReasonCode, UpdateOutcome};
use std::time::Instant;

/// How far one update came.
#[derive(Debug, Clone, Copy)]
pub(super) enum Attempt {
    /// The work ended before its turn, or before its download was complete.
    None,
    /// It is on the machine; the work ended before its installation.
    Downloaded,
    /// The window had no room for it.
    Left(Readied),
    /// Its download failed.
    DownloadFailed(Step),
    /// Its installer is at work.
    Begun,
    /// Its installer was asked to end, and did.
    Aborted(Step),
    /// Its installer ended.
    Installed(Step),
}

/// How far an update came that another window installs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Readied {
    /// It has not been touched.
    No,
    /// It is on the machine.
    Downloaded,
}

impl Attempt {
    const fn step(&self) -> Option<Step> {
        match self {
            Self::DownloadFailed(step) | Self::Aborted(step) | Self::Installed(step) => Some(*step),
            Self::None | Self::Downloaded | Self::Left(_) | Self::Begun => None,
        }
    }

    /// As the installer tells it: no search has been asked.
    const fn reported(&self) -> UpdateOutcome {
        match self {
            Self::None | Self::Left(Readied::No) => UpdateOutcome::Skipped,
            Self::Downloaded | Self::Left(Readied::Downloaded) | Self::Aborted(_) => {
                UpdateOutcome::Downloaded
            }
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
pub(super) struct Work<'a> {
    pub(super) updates: &'a WindowsUpdates,
    pub(super) session: &'a Session,
    pub(super) sink: &'a dyn LogSink,
    pub(super) cancel: &'a CancelSignal,
    pub(super) window: &'a WindowSignal,
    pub(super) deadline: Instant,
}

impl Work<'_> {
    /// One update after the other, so that each has its own result. A cancellation and the time
    /// limit end a download, ask an installer to end, and take hold between two updates. The end of
    /// the window takes hold before an update and before its installation, and ends nothing.
    pub(super) fn install_each(&self, chosen: &[Offer]) -> Result<Vec<Attempt>, UpdateError> {
        if let (Some(reason), false) = (self.ended(), chosen.is_empty()) {
            return Err(failure::error(reason, None));
        }
        let mut attempts = vec![Attempt::None; chosen.len()];
        for (position, offer) in chosen.iter().enumerate() {
            if self.ended().is_some() {
                break;
            }
            if !self.window.admits_next() {
                self.leave(chosen, &mut attempts, position);
                break;
            }
            let attempt = self.install_one(offer, position, chosen, &mut attempts)?;
            self.note(chosen, &mut attempts, position, attempt);
            if matches!(attempt, Attempt::Left(_)) {
                self.leave(chosen, &mut attempts, position + 1);
                break;
            }
        }
        Ok(attempts)
    }

    /// The window has no room for these any more.
    fn leave(&self, chosen: &[Offer], attempts: &mut [Attempt], from: usize) {
        let left = chosen.iter().zip(attempts.iter_mut()).skip(from);
        for (offer, attempt) in left {
            *attempt = Attempt::Left(match offer.is_downloaded {
                true => Readied::Downloaded,
                false => Readied::No,
            });
            let title = &offer.update.title;
            self.sink
                .log(&format!("{title} waits for the next maintenance window\n"));
        }
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
        let title = &offer.update.title;
        let part = |half| Part {
            work: self,
            title,
            position,
            total: chosen.len(),
            half,
        };
        if !offer.is_downloaded
            && let Some(unfinished) = self.download(offer, &part(Half::Download))?
        {
            return Ok(unfinished);
        }
        if self.ended().is_some() {
            return Ok(Attempt::Downloaded);
        }
        if !offer.is_downloaded && !self.window.admits_installation() {
            self.sink.log(&format!(
                "{title} is downloaded and waits for the next maintenance window\n"
            ));
            return Ok(Attempt::Left(Readied::Downloaded));
        }
        self.sink.log(&format!("Installing {title}\n"));
        self.note(chosen, attempts, position, Attempt::Begun);
        self.install(offer, &part(Half::Installation))
    }

    /// Where the attempt ends already, if it does not go on. A download that was asked to end has
    /// not failed: the update is offered as before.
    fn download(&self, offer: &Offer, part: &Part<'_>) -> Result<Option<Attempt>, UpdateError> {
        let title = part.title;
        self.sink.log(&format!("Downloading {title}\n"));
        part.look(Amount { percent: 0 });
        let step = match self.step(|| self.session.download(offer, part))? {
            Some(Ending::Complete(step)) => step,
            Some(Ending::LeftBehind) => {
                self.sink
                    .log(&format!("The download of {title} goes on in Windows\n"));
                return Ok(Some(Attempt::None));
            }
            None => return Ok(Some(Attempt::None)),
        };
        if step.succeeded() {
            return Ok(None);
        }
        if self.ended().is_some() {
            self.sink
                .log(&format!("The download of {title} was ended: {step}\n"));
            return Ok(Some(Attempt::None));
        }
        self.sink
            .log(&format!("The download of {title} failed: {step}\n"));
        Ok(Some(Attempt::DownloadFailed(step)))
    }

    /// Waits for the installer, whatever it was asked: what it says in the end is the truth.
    fn install(&self, offer: &Offer, part: &Part<'_>) -> Result<Attempt, UpdateError> {
        part.look(Amount { percent: 0 });
        let step = match self.step(|| self.session.install(offer, part))? {
            Some(Ending::Complete(step)) => step,
            Some(Ending::LeftBehind) => return Ok(Attempt::Begun),
            None => return Ok(Attempt::Downloaded),
        };
        self.sink.log(&format!("{}: {step}\n", part.title));
        Ok(match self.ended() {
            Some(_) if step.was_aborted() => Attempt::Aborted(step),
            _ => Attempt::Installed(step),
        })
    }

    /// A call that fails as a whole is the failure of its one update. Nothing comes of a call that
    /// was cancelled before it began.
    fn step(
        &self,
        call: impl Fn() -> windows::core::Result<Ending>,
    ) -> Result<Option<Ending>, UpdateError> {
        let patient = self.updates.patiently(self.sink, self.cancel, || {
            let ending = call().unwrap_or_else(|error| {
                let step = Step::failed(error.code().0);
                Ending::Complete(step)
            });
            let code = match ending {
                Ending::Complete(step) => step.hresult,
                Ending::LeftBehind => 0,
            };
            (ending, code)
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
}

/// Which half of an update's own share of the work.
#[derive(Debug, Clone, Copy)]
enum Half {
    Download,
    Installation,
}

/// One job's part of the work.
struct Part<'a> {
    work: &'a Work<'a>,
    title: &'a str,
    position: usize,
    total: usize,
    half: Half,
}

impl Watch for Part<'_> {
    fn should_end(&self) -> bool {
        self.work.ended().is_some()
    }

    /// Every update has the same share of the whole, half for its download and half for its
    /// installation.
    fn look(&self, amount: Amount) {
        let begun = match self.half {
            Half::Download => 0,
            Half::Installation => 100,
        };
        let halves = self.position * 200 + begun + usize::from(amount.percent);
        self.work.sink.progress(TaskProgress {
            percent: u8::try_from(halves / (2 * self.total.max(1))).ok(),
            done: u32::try_from(self.position).ok(),
            total: u32::try_from(self.total).ok(),
            current: Some(self.title.to_owned()),
            ..TaskProgress::default()
        });
    }

    fn asked_to_end(&self, refusal: Option<i32>) {
        let what = match self.half {
            Half::Download => "download",
            Half::Installation => "installation",
        };
        let title = self.title;
        let text = match refusal {
            None => format!("Asked Windows to end the {what} of {title}\n"),
            Some(code) => format!(
                "Windows does not end the {what} of {title}: {}\n",
                failure::text(code)
            ),
        };
        self.work.sink.log(&text);
    }
}

/// What became of the chosen updates.
pub(super) struct Judged {
    /// Those that had their turn, and those that a cancellation or the time limit kept from it.
    pub(super) ended: Vec<UpdateResult>,
    /// Those that the window had no room for.
    pub(super) left: Vec<UpdateResult>,
}

/// An installer's word is not enough: what a new search still offers is not installed, unless it
/// waits for the restart, and what no new search has confirmed is not either. What failed, or was
/// ended, and is not offered any more has been replaced in between.
pub(super) fn judge(
    chosen: &[Offer],
    attempts: &[Attempt],
    after: Option<&Vec<Offer>>,
    sink: &dyn LogSink,
) -> Judged {
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
            (UpdateOutcome::Failed | UpdateOutcome::Downloaded, Some(false)) => {
                UpdateOutcome::Superseded
            }
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
    let is_left = |attempt: &Attempt| matches!(attempt, Attempt::Left(_));
    let (left, ended): (Vec<_>, Vec<_>) = chosen
        .iter()
        .zip(attempts)
        .partition(|(_, attempt)| is_left(attempt));
    Judged {
        ended: ended.into_iter().map(result).collect(),
        left: left
            .into_iter()
            .map(|(offer, attempt)| offer.result(attempt.reported(), None))
            .collect(),
    }
}
