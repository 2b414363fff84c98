//! Downloads and installations that go on by themselves while the agent watches.
//!
//! The update agent's word is polled on the session's thread: whether the job is complete, and how
//! far it is. The callbacks, which `BeginDownload` and `BeginInstall` insist on, only cut the pause
//! before the next look short. They hold nothing of the job, and are let go of by its `CleanUp`, as
//! Microsoft's "Guidelines for Asynchronous WUA Operations" asks.

use super::{
    offer,
    session::{Step, only},
};
use std::{
    sync::{Arc, Condvar, Mutex, PoisonError},
    time::{Duration, Instant},
};
use windows::{
    Win32::{
        Foundation::VARIANT_TRUE,
        System::{
            UpdateAgent::{
                IDownloadCompletedCallback, IDownloadCompletedCallback_Impl,
                IDownloadCompletedCallbackArgs, IDownloadJob, IDownloadProgressChangedCallback,
                IDownloadProgressChangedCallback_Impl, IDownloadProgressChangedCallbackArgs,
                IInstallationCompletedCallback, IInstallationCompletedCallback_Impl,
                IInstallationCompletedCallbackArgs, IInstallationJob,
                IInstallationProgressChangedCallback, IInstallationProgressChangedCallback_Impl,
                IInstallationProgressChangedCallbackArgs, IUpdate, IUpdateDownloader,
                IUpdateInstaller, IUpdateInstaller2, IUpdateSession,
            },
            Variant::VARIANT,
        },
    },
    core::{IUnknown, Interface, Ref, Result, implement},
};

/// Between two looks at a job.
const POLL: Duration = Duration::from_millis(250);
/// How long a download may go on after it was asked to end. It changes nothing but a cache, so that
/// nobody needs to wait for it.
const DOWNLOAD_ABORT_PATIENCE: Duration = Duration::from_secs(60);

/// How far a job is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Amount {
    /// Of the whole job.
    pub(super) percent: u8,
}

/// How a job ended.
#[derive(Debug, Clone, Copy)]
pub(super) enum Ending {
    /// By itself, whatever it was asked for meanwhile.
    Complete(Step),
    /// It was asked to end, and goes on for longer than anybody waits.
    LeftBehind,
}

/// What the agent does while a job goes on.
pub(super) trait Watch {
    /// Whether the job should end early.
    fn should_end(&self) -> bool;
    /// The job is as far as that; called when it changes.
    fn look(&self, amount: Amount);
    /// The job was asked to end early; why it would not listen, if it said so.
    fn asked_to_end(&self, refusal: Option<i32>);
}

/// Lets the watching thread sleep until something happens.
#[derive(Debug, Default)]
struct Bell {
    rung: Mutex<bool>,
    heard: Condvar,
}

impl Bell {
    fn ring(&self) {
        *self.rung.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.heard.notify_one();
    }

    fn wait(&self, longest: Duration) {
        let rung = self.rung.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = self
            .heard
            .wait_timeout_while(rung, longest, |rung| !*rung)
            .unwrap_or_else(PoisonError::into_inner);
        let mut rung = waited.0;
        *rung = false;
    }
}

/// What the update agent calls, from threads of its own.
#[implement(
    IDownloadProgressChangedCallback,
    IDownloadCompletedCallback,
    IInstallationProgressChangedCallback,
    IInstallationCompletedCallback
)]
struct Ringer(Arc<Bell>);

impl IDownloadProgressChangedCallback_Impl for Ringer_Impl {
    /// Progress is read at the next look: there may be many calls a second.
    fn Invoke(
        &self,
        _: Ref<IDownloadJob>,
        _: Ref<IDownloadProgressChangedCallbackArgs>,
    ) -> Result<()> {
        Ok(())
    }
}

impl IDownloadCompletedCallback_Impl for Ringer_Impl {
    fn Invoke(&self, _: Ref<IDownloadJob>, _: Ref<IDownloadCompletedCallbackArgs>) -> Result<()> {
        self.0.ring();
        Ok(())
    }
}

impl IInstallationProgressChangedCallback_Impl for Ringer_Impl {
    fn Invoke(
        &self,
        _: Ref<IInstallationJob>,
        _: Ref<IInstallationProgressChangedCallbackArgs>,
    ) -> Result<()> {
        Ok(())
    }
}

impl IInstallationCompletedCallback_Impl for Ringer_Impl {
    fn Invoke(
        &self,
        _: Ref<IInstallationJob>,
        _: Ref<IInstallationCompletedCallbackArgs>,
    ) -> Result<()> {
        self.0.ring();
        Ok(())
    }
}

/// A job that has begun, and what has to end it.
enum Job {
    Download(IUpdateDownloader, IDownloadJob),
    Installation(IUpdateInstaller, IInstallationJob),
}

/// Downloads one update.
pub(super) fn download(
    session: &IUpdateSession,
    update: &IUpdate,
    watch: &dyn Watch,
) -> Result<Ending> {
    let only = only(update)?;
    let bell = Arc::<Bell>::default();
    // SAFETY: the session's thread calls; every object of the job is dropped on it.
    let job = unsafe {
        if !update.EulaAccepted()?.as_bool() {
            update.AcceptEula()?;
        }
        let downloader = session.CreateUpdateDownloader()?;
        downloader.SetUpdates(&only)?;
        let (progress, completed) = (ringer(&bell), ringer(&bell));
        let job = downloader.BeginDownload(&progress, &completed, &VARIANT::default())?;
        Job::Download(downloader, job)
    };
    job.watch(&bell, watch)
}

/// Installs one update that is downloaded.
pub(super) fn install(
    session: &IUpdateSession,
    update: &IUpdate,
    watch: &dyn Watch,
) -> Result<Ending> {
    let only = only(update)?;
    let bell = Arc::<Bell>::default();
    // SAFETY: the session's thread calls; every object of the job is dropped on it.
    let job = unsafe {
        let installer = session.CreateUpdateInstaller()?;
        // Older systems lack the second version of the interface, and are quiet anyhow.
        if let Ok(quiet) = installer.cast::<IUpdateInstaller2>() {
            quiet.SetForceQuiet(VARIANT_TRUE)?;
        }
        installer.SetUpdates(&only)?;
        let (progress, completed) = (ringer(&bell), ringer(&bell));
        let job = installer.BeginInstall(&progress, &completed, &VARIANT::default())?;
        Job::Installation(installer, job)
    };
    job.watch(&bell, watch)
}

fn ringer(bell: &Arc<Bell>) -> IUnknown {
    IDownloadCompletedCallback::from(Ringer(bell.clone())).into()
}

impl Job {
    fn watch(&self, bell: &Bell, watch: &dyn Watch) -> Result<Ending> {
        let (mut asked, mut told) = (None::<Instant>, None);
        while !self.is_completed()? {
            if asked.is_none() && watch.should_end() {
                asked = Some(Instant::now());
                watch.asked_to_end(self.request_abort().err().map(|error| error.code().0));
            }
            if let (Self::Download(..), Some(asked)) = (self, asked)
                && asked.elapsed() >= DOWNLOAD_ABORT_PATIENCE
            {
                return Ok(Ending::LeftBehind);
            }
            let amount = self.amount();
            if let Some(amount) = amount.filter(|_| amount != told) {
                watch.look(amount);
                told = Some(amount);
            }
            bell.wait(POLL);
        }
        let step = self.end();
        // It is complete, so that this does not wait; it lets go of the callbacks.
        let _ = self.clean_up();
        step.map(Ending::Complete)
    }

    fn is_completed(&self) -> Result<bool> {
        // SAFETY: the session's thread calls; so in all of these.
        let completed = unsafe {
            match self {
                Self::Download(_, job) => job.IsCompleted(),
                Self::Installation(_, job) => job.IsCompleted(),
            }
        };
        completed.map(|completed| completed.as_bool())
    }

    fn request_abort(&self) -> Result<()> {
        // SAFETY: as above.
        unsafe {
            match self {
                Self::Download(_, job) => job.RequestAbort(),
                Self::Installation(_, job) => job.RequestAbort(),
            }
        }
    }

    fn clean_up(&self) -> Result<()> {
        // SAFETY: as above; never called from a callback.
        unsafe {
            match self {
                Self::Download(_, job) => job.CleanUp(),
                Self::Installation(_, job) => job.CleanUp(),
            }
        }
    }

    /// Worth having and not worth failing for. Of a download, whichever is further: the bytes, or
    /// the percentage that Windows tells. The bytes to load may be those that some machine would
    /// need, as with the size of an update.
    fn amount(&self) -> Option<Amount> {
        // SAFETY: as above.
        let percent = unsafe {
            match self {
                Self::Download(_, job) => {
                    let progress = job.GetProgress().ok()?;
                    let done = offer::whole(&progress.TotalBytesDownloaded().ok()?);
                    let all = offer::whole(&progress.TotalBytesToDownload().ok()?);
                    let bytes = done.zip(all).map_or(0, |(done, all)| {
                        u128::from(done) * 100 / u128::from(all.max(1))
                    });
                    let told = u128::try_from(progress.PercentComplete().ok()?).ok()?;
                    bytes.max(told)
                }
                Self::Installation(_, job) => {
                    let progress = job.GetProgress().ok()?;
                    u128::try_from(progress.PercentComplete().ok()?).ok()?
                }
            }
        };
        u8::try_from(percent.min(100))
            .ok()
            .map(|percent| Amount { percent })
    }

    /// The one update's result.
    fn end(&self) -> Result<Step> {
        // SAFETY: as above.
        unsafe {
            match self {
                Self::Download(downloader, job) => {
                    let result = downloader.EndDownload(job)?.GetUpdateResult(0)?;
                    Ok(Step {
                        result_code: result.ResultCode()?.0,
                        hresult: result.HResult()?,
                        restart_required: false,
                    })
                }
                Self::Installation(installer, job) => {
                    let result = installer.EndInstall(job)?.GetUpdateResult(0)?;
                    Ok(Step {
                        result_code: result.ResultCode()?.0,
                        hresult: result.HResult()?,
                        restart_required: result.RebootRequired()?.as_bool(),
                    })
                }
            }
        }
    }
}
