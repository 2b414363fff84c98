//! The update agent's own calls.

use super::{
    failure::{self, Failure},
    job::{self, Ending, Watch},
    offer::Offer,
    services::MICROSOFT_UPDATE,
};
use latarnik_agent_core::UpdateError;
use std::fmt;
use windows::{
    Win32::System::{
        Com::{CLSCTX_INPROC_SERVER, CoCreateInstance},
        UpdateAgent::{
            IUpdate, IUpdateCollection, IUpdateSession, IUpdateSession2, UpdateCollection,
            UpdateSession, WU_E_CALL_CANCELLED, orcAborted, orcNotStarted, orcSucceeded,
            orcSucceededWithErrors, ssOthers,
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

    /// What the session's other objects come from.
    pub(super) const fn object(&self) -> &IUpdateSession {
        &self.0
    }

    /// Searches from now on bring their titles in this language, an LCID.
    pub(super) fn speak(&self, locale: u32) -> Result<()> {
        // SAFETY: the session's thread calls.
        unsafe { self.0.cast::<IUpdateSession2>()?.SetUserLocale(locale) }
    }

    /// Anything but a full success leaves out updates, and what is left out would look installed.
    pub(super) fn search(&self, place: Place) -> std::result::Result<Vec<IUpdate>, Failure> {
        // SAFETY: the session's thread calls; every object is dropped on it.
        unsafe {
            let searcher = self.0.CreateUpdateSearcher()?;
            searcher.SetOnline(place.online.into())?;
            if place.microsoft_update {
                searcher.SetServerSelection(ssOthers)?;
                searcher.SetServiceID(&BSTR::from(MICROSOFT_UPDATE))?;
            }
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

    /// Whether Windows refuses installations until it has restarted.
    pub(super) fn needs_restart_first(&self) -> Result<bool> {
        // SAFETY: the session's thread calls; the installer is dropped on it.
        unsafe {
            self.0
                .CreateUpdateInstaller()?
                .RebootRequiredBeforeInstallation()
                .map(|required| required.as_bool())
        }
    }

    pub(super) fn download(&self, offer: &Offer, watch: &dyn Watch) -> Result<Ending> {
        job::download(&self.0, &offer.object, watch)
    }

    pub(super) fn install(&self, offer: &Offer, watch: &dyn Watch) -> Result<Ending> {
        job::install(&self.0, &offer.object, watch)
    }
}

/// Where a search looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    /// At the source, or among what an earlier search found there.
    pub(super) online: bool,
    /// Microsoft Update, which offers the updates of Windows too, in place of the machine's own
    /// default.
    pub(super) microsoft_update: bool,
}

impl Place {
    /// The same, without asking the source.
    pub(super) const fn offline(self) -> Self {
        Self {
            online: false,
            ..self
        }
    }
}

pub(super) fn only(update: &IUpdate) -> Result<IUpdateCollection> {
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

    /// It was asked to end early, by whomever, and did: at once, or before its turn came.
    pub(super) const fn was_aborted(self) -> bool {
        self.result_code == orcAborted.0
            || self.result_code == orcNotStarted.0
            || self.hresult == WU_E_CALL_CANCELLED.0
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_windows_says_of_an_early_end() {
        for (result_code, hresult, aborted) in [
            (5, 0, true),
            (5, 0x8024_000B_u32, true),
            (4, 0x8024_000B, true),
            (0, 0, true),
            (2, 0, false),
            (3, 0x0024_0003, false),
            (4, 0x8007_0643, false),
        ] {
            let step = Step {
                result_code,
                hresult: hresult.cast_signed(),
                restart_required: false,
            };
            assert_eq!(step.was_aborted(), aborted, "{step}");
        }
    }
}
