//! The update agent's own calls.

use super::{
    failure::{self, Failure},
    offer::Offer,
};
use latarnik_agent_core::UpdateError;
use std::fmt;
use windows::{
    Win32::{
        Foundation::VARIANT_TRUE,
        System::{
            Com::{CLSCTX_INPROC_SERVER, CoCreateInstance},
            UpdateAgent::{
                IUpdate, IUpdateCollection, IUpdateInstaller2, IUpdateSession, UpdateCollection,
                UpdateSession, orcSucceeded, orcSucceededWithErrors,
            },
        },
    },
    core::{BSTR, Interface, Result},
};

/// Everything that is not installed, optional updates and drivers included; what an administrator
/// hid stays hidden.
const CRITERIA: &str = "IsInstalled=0 and IsHidden=0";
/// Who Windows' own logs say that it was.
const CLIENT: &str = "Latarnik";

/// A session with the update agent; belongs to the thread that opened it.
pub(super) struct Session(IUpdateSession);

impl Session {
    pub(super) fn open() -> std::result::Result<Self, UpdateError> {
        // SAFETY: the thread is in an apartment (see `com`); the class has the interface.
        let session = unsafe {
            CoCreateInstance::<_, IUpdateSession>(&UpdateSession, None, CLSCTX_INPROC_SERVER)
                .and_then(|session| {
                    session
                        .SetClientApplicationID(&BSTR::from(CLIENT))
                        .map(|()| session)
                })
        };
        session.map(Self).map_err(failure::from_com)
    }

    /// Anything but a full success leaves out updates, and what is left out would look installed.
    pub(super) fn search(&self) -> std::result::Result<Vec<IUpdate>, Failure> {
        // SAFETY: the session's thread calls; every object is dropped on it.
        unsafe {
            let searcher = self.0.CreateUpdateSearcher()?;
            searcher.SetOnline(VARIANT_TRUE)?;
            let result = searcher.Search(&BSTR::from(CRITERIA))?;
            let code = result.ResultCode()?;
            if code != orcSucceeded {
                let warning = result
                    .Warnings()
                    .and_then(|warnings| warnings.get_Item(0))
                    .and_then(|warning| warning.HResult());
                return Err(Failure::Incomplete {
                    result_code: code.0,
                    warning: warning.ok(),
                });
            }
            let updates = result.Updates()?;
            let mut found = Vec::new();
            for index in 0..updates.Count()? {
                found.push(updates.get_Item(index)?);
            }
            Ok(found)
        }
    }

    pub(super) fn download(&self, offer: &Offer) -> Result<Step> {
        let only = only(&offer.object)?;
        // SAFETY: the session's thread calls; every object is dropped on it.
        unsafe {
            if !offer.object.EulaAccepted()?.as_bool() {
                offer.object.AcceptEula()?;
            }
            let downloader = self.0.CreateUpdateDownloader()?;
            downloader.SetUpdates(&only)?;
            let result = downloader.Download()?.GetUpdateResult(0)?;
            Ok(Step {
                result_code: result.ResultCode()?.0,
                hresult: result.HResult()?,
                restart_required: false,
            })
        }
    }

    pub(super) fn install(&self, offer: &Offer) -> Result<Step> {
        let only = only(&offer.object)?;
        // SAFETY: the session's thread calls; every object is dropped on it.
        unsafe {
            let installer = self.0.CreateUpdateInstaller()?;
            // Older systems lack the second version of the interface, and are quiet anyhow.
            if let Ok(quiet) = installer.cast::<IUpdateInstaller2>() {
                quiet.SetForceQuiet(VARIANT_TRUE)?;
            }
            installer.SetUpdates(&only)?;
            let result = installer.Install()?.GetUpdateResult(0)?;
            Ok(Step {
                result_code: result.ResultCode()?.0,
                hresult: result.HResult()?,
                restart_required: result.RebootRequired()?.as_bool(),
            })
        }
    }
}

fn only(update: &IUpdate) -> Result<IUpdateCollection> {
    // SAFETY: the thread is in an apartment; the class has the interface.
    unsafe {
        let collection: IUpdateCollection =
            CoCreateInstance(&UpdateCollection, None, CLSCTX_INPROC_SERVER)?;
        collection.Add(update)?;
        Ok(collection)
    }
}

/// What became of one update's download or installation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Step {
    /// Of `OperationResultCode`: 2 succeeded, 3 succeeded with errors, 4 failed, 5 aborted.
    pub(super) result_code: i32,
    pub(super) hresult: i32,
    pub(super) restart_required: bool,
}

impl Step {
    /// The call itself failed.
    pub(super) const fn failed(hresult: i32) -> Self {
        Self {
            result_code: 4,
            hresult,
            restart_required: false,
        }
    }

    pub(super) const fn succeeded(self) -> bool {
        self.result_code == orcSucceeded.0 || self.result_code == orcSucceededWithErrors.0
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "result code {}, {}",
            self.result_code,
            failure::text(self.hresult)
        )?;
        if self.restart_required {
            f.write_str(", a restart is required")?;
        }
        Ok(())
    }
}
