//! Downloading.

use crate::{
    collections::{at, ids},
    job::{Carried, Outcome, Plan, Run},
    late_binding::{no_late_binding, unscripted},
    scenario,
    update::decimal,
};
use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use windows::{
    Win32::{
        Foundation::{DECIMAL, VARIANT_BOOL},
        System::{
            UpdateAgent::{
                DownloadPhase, DownloadPriority, IDownloadCompletedCallback, IDownloadJob,
                IDownloadJob_Impl, IDownloadProgress, IDownloadProgress_Impl,
                IDownloadProgressChangedCallback, IDownloadResult, IDownloadResult_Impl,
                IUpdateCollection, IUpdateDownloadResult, IUpdateDownloadResult_Impl,
                IUpdateDownloader, IUpdateDownloader_Impl, OperationResultCode,
                WU_E_EULAS_DECLINED, WU_E_INVALID_OPERATION, WU_E_ITEMNOTFOUND, WU_E_NO_UPDATE,
                dphDownloading, orcAborted, orcFailed, orcSucceeded, orcSucceededWithErrors,
            },
            Variant::VARIANT,
        },
    },
    core::{BSTR, HRESULT, IUnknown, Interface, Ref, Result, implement},
};

#[implement(IUpdateDownloader)]
#[derive(Default)]
pub(crate) struct Downloader(Mutex<Begun>);

#[derive(Default)]
struct Begun {
    updates: Option<IUpdateCollection>,
    run: Option<Arc<Run>>,
}

/// Of several results, in one: all succeeded, some did, none did.
pub(crate) fn overall(codes: impl Iterator<Item = i32> + Clone) -> OperationResultCode {
    if codes.clone().all(|code| code == orcSucceeded.0) {
        orcSucceeded
    } else if codes.clone().any(|code| code == orcSucceeded.0) {
        orcSucceededWithErrors
    } else if codes.clone().any(|code| code == orcAborted.0) {
        orcAborted
    } else {
        orcFailed
    }
}

fn download(id: &str) -> Outcome {
    let mut outcome = Outcome::failed(WU_E_ITEMNOTFOUND.0);
    scenario::change(|scenario| {
        let Some(update) = scenario.find(id) else {
            return;
        };
        if update.needs_eula && !update.is_eula_accepted {
            outcome.hresult = WU_E_EULAS_DECLINED.0;
            return;
        }
        outcome.code = update.download_result;
        outcome.hresult = scenario::hresult(&update.download_hresult);
        update.is_downloaded |= outcome.code == orcSucceeded.0;
    });
    outcome
}

/// The code with which a download is refused before it begins.
fn refusal(id: &str) -> i32 {
    let mut code = 0;
    scenario::change(|scenario| {
        let Some(update) = scenario.find(id) else {
            return;
        };
        update.download_attempts += 1;
        if update.download_attempts <= update.download_refusals {
            code = scenario::hresult(&update.refusal_hresult);
        }
    });
    code
}

impl Downloader {
    fn lock(&self) -> MutexGuard<'_, Begun> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl IUpdateDownloader_Impl for Downloader_Impl {
    fn SetUpdates(&self, updates: Ref<IUpdateCollection>) -> Result<()> {
        self.lock().updates = Some(updates.ok()?.clone());
        Ok(())
    }
    fn BeginDownload(
        &self,
        progress: Ref<IUnknown>,
        completed: Ref<IUnknown>,
        _: &VARIANT,
    ) -> Result<IDownloadJob> {
        let progress: IDownloadProgressChangedCallback = progress.ok()?.cast()?;
        let completed: IDownloadCompletedCallback = completed.ok()?.cast()?;
        let updates = self.lock().updates.clone();
        let ids = ids(&updates.ok_or(WU_E_NO_UPDATE)?)?;
        scenario::log(&format!("Download {}", ids.join(" ")));
        if let Some(code) = ids.iter().map(|id| refusal(id)).find(|code| *code != 0) {
            return Err(HRESULT(code).into());
        }
        let mut scenario = scenario::read();
        let mut plan = Plan {
            ids,
            duration: Duration::from_millis(scenario.delay_ms),
            bytes: 0,
            ignores_abort: false,
            apply: download,
        };
        for id in &plan.ids {
            if let Some(update) = scenario.find(id) {
                plan.duration += Duration::from_millis(update.download_ms);
                plan.bytes += update.size_bytes;
                plan.ignores_abort |= update.ignores_abort;
            }
        }
        let (progress, completed) = (Carried::new(progress), Carried::new(completed));
        let run = Run::start(
            plan,
            move || {
                // SAFETY: the client's object, called in its apartment.
                let _ = unsafe { progress.get().Invoke(None, None) };
            },
            move || {
                // SAFETY: as above.
                let _ = unsafe { completed.get().Invoke(None, None) };
            },
        );
        self.lock().run = Some(run.clone());
        Ok(Job(run).into())
    }
    fn EndDownload(&self, _: Ref<IDownloadJob>) -> Result<IDownloadResult> {
        let run = self.lock().run.take();
        Ok(Downloaded(run.ok_or(WU_E_INVALID_OPERATION)?.outcomes()).into())
    }
    unscripted! {
        ClientApplicationID() -> BSTR;
        SetClientApplicationID(&BSTR) -> ();
        IsForced() -> VARIANT_BOOL;
        SetIsForced(VARIANT_BOOL) -> ();
        Priority() -> DownloadPriority;
        SetPriority(DownloadPriority) -> ();
        Updates() -> IUpdateCollection;
        Download() -> IDownloadResult;
    }
}

#[implement(IDownloadJob)]
struct Job(Arc<Run>);

impl IDownloadJob_Impl for Job_Impl {
    fn IsCompleted(&self) -> Result<VARIANT_BOOL> {
        Ok(self.0.is_completed().into())
    }
    fn CleanUp(&self) -> Result<()> {
        let _ = self.0.outcomes();
        Ok(())
    }
    fn GetProgress(&self) -> Result<IDownloadProgress> {
        Ok(Progress(self.0.clone()).into())
    }
    fn RequestAbort(&self) -> Result<()> {
        self.0.request_abort("download");
        Ok(())
    }
    unscripted! {
        AsyncState() -> VARIANT;
        Updates() -> IUpdateCollection;
    }
}

#[implement(IDownloadProgress)]
struct Progress(Arc<Run>);

impl IDownloadProgress_Impl for Progress_Impl {
    fn CurrentUpdateBytesDownloaded(&self) -> Result<DECIMAL> {
        Ok(decimal(self.0.bytes().0))
    }
    fn CurrentUpdateBytesToDownload(&self) -> Result<DECIMAL> {
        Ok(decimal(self.0.bytes().1))
    }
    fn CurrentUpdateIndex(&self) -> Result<i32> {
        Ok(0)
    }
    fn PercentComplete(&self) -> Result<i32> {
        Ok(self.0.percent().into())
    }
    fn TotalBytesDownloaded(&self) -> Result<DECIMAL> {
        Ok(decimal(self.0.bytes().0))
    }
    fn TotalBytesToDownload(&self) -> Result<DECIMAL> {
        Ok(decimal(self.0.bytes().1))
    }
    fn CurrentUpdateDownloadPhase(&self) -> Result<DownloadPhase> {
        Ok(dphDownloading)
    }
    fn CurrentUpdatePercentComplete(&self) -> Result<i32> {
        Ok(self.0.percent().into())
    }
    unscripted! {
        GetUpdateResult(i32) -> IUpdateDownloadResult;
    }
}

#[implement(IDownloadResult)]
struct Downloaded(Vec<Outcome>);

impl IDownloadResult_Impl for Downloaded_Impl {
    fn HResult(&self) -> Result<i32> {
        Ok(0)
    }
    fn ResultCode(&self) -> Result<OperationResultCode> {
        Ok(overall(self.0.iter().map(|outcome| outcome.code)))
    }
    fn GetUpdateResult(&self, index: i32) -> Result<IUpdateDownloadResult> {
        at(&self.0, index).map(|outcome| DownloadedUpdate(outcome).into())
    }
}

#[implement(IUpdateDownloadResult)]
struct DownloadedUpdate(Outcome);

impl IUpdateDownloadResult_Impl for DownloadedUpdate_Impl {
    fn HResult(&self) -> Result<i32> {
        Ok(self.0.hresult)
    }
    fn ResultCode(&self) -> Result<OperationResultCode> {
        Ok(OperationResultCode(self.0.code))
    }
}

no_late_binding!(
    Downloader_Impl,
    Job_Impl,
    Progress_Impl,
    Downloaded_Impl,
    DownloadedUpdate_Impl
);
