//! Downloading.

use crate::{
    collections::{at, ids},
    late_binding::{no_late_binding, unscripted},
    scenario,
};
use std::sync::{Mutex, PoisonError};
use windows::{
    Win32::{
        Foundation::VARIANT_BOOL,
        System::{
            UpdateAgent::{
                DownloadPriority, IDownloadJob, IDownloadResult, IDownloadResult_Impl,
                IUpdateCollection, IUpdateDownloadResult, IUpdateDownloadResult_Impl,
                IUpdateDownloader, IUpdateDownloader_Impl, OperationResultCode,
                WU_E_EULAS_DECLINED, WU_E_ITEMNOTFOUND, WU_E_NO_UPDATE, orcFailed, orcSucceeded,
                orcSucceededWithErrors,
            },
            Variant::VARIANT,
        },
    },
    core::{BSTR, IUnknown, Ref, Result, implement},
};

#[implement(IUpdateDownloader)]
#[derive(Default)]
pub(crate) struct Downloader(Mutex<Option<IUpdateCollection>>);

/// What became of one update.
#[derive(Debug, Clone, Copy)]
struct Outcome {
    code: i32,
    hresult: i32,
}

/// Of several results, in one: all succeeded, some did, none did.
pub(crate) fn overall(codes: impl Iterator<Item = i32> + Clone) -> OperationResultCode {
    if codes.clone().all(|code| code == orcSucceeded.0) {
        orcSucceeded
    } else if codes.clone().any(|code| code == orcSucceeded.0) {
        orcSucceededWithErrors
    } else {
        orcFailed
    }
}

fn download(id: &str) -> Outcome {
    let mut outcome = Outcome {
        code: orcFailed.0,
        hresult: WU_E_ITEMNOTFOUND.0,
    };
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

impl IUpdateDownloader_Impl for Downloader_Impl {
    fn SetUpdates(&self, updates: Ref<IUpdateCollection>) -> Result<()> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(updates.ok()?.clone());
        Ok(())
    }
    fn Download(&self) -> Result<IDownloadResult> {
        let updates = self
            .0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        let ids = ids(&updates.ok_or(WU_E_NO_UPDATE)?)?;
        scenario::log(&format!("Download {}", ids.join(" ")));
        scenario::take_time(&scenario::read());
        Ok(Downloaded(ids.iter().map(|id| download(id)).collect()).into())
    }
    unscripted! {
        ClientApplicationID() -> BSTR;
        SetClientApplicationID(&BSTR) -> ();
        IsForced() -> VARIANT_BOOL;
        SetIsForced(VARIANT_BOOL) -> ();
        Priority() -> DownloadPriority;
        SetPriority(DownloadPriority) -> ();
        Updates() -> IUpdateCollection;
        BeginDownload(Ref<IUnknown>, Ref<IUnknown>, &VARIANT) -> IDownloadJob;
        EndDownload(Ref<IDownloadJob>) -> IDownloadResult;
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

no_late_binding!(Downloader_Impl, Downloaded_Impl, DownloadedUpdate_Impl);
