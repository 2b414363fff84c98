use crate::{
    people::{announcement, system_locale},
    privileges::{self, Privilege},
};
use latarnik_agent_core::RestartError;
use std::time::Duration;
use windows::{
    Win32::{
        Foundation::{ERROR_CALL_NOT_IMPLEMENTED, ERROR_SHUTDOWN_IN_PROGRESS, WIN32_ERROR},
        System::Shutdown::{
            AbortSystemShutdownW, InitiateShutdownW, InitiateSystemShutdownExW,
            SHTDN_REASON_FLAG_PLANNED, SHTDN_REASON_MAJOR_OPERATINGSYSTEM,
            SHTDN_REASON_MINOR_HOTFIX, SHUTDOWN_FORCE_OTHERS, SHUTDOWN_REASON, SHUTDOWN_RESTART,
            SHUTDOWN_RESTARTAPPS,
        },
    },
    core::{Error, HRESULT, HSTRING, PCWSTR},
};

/// What the event log shows: planned, operating system, an update.
const REASON: SHUTDOWN_REASON = SHUTDOWN_REASON(
    SHTDN_REASON_MAJOR_OPERATINGSYSTEM.0
        | SHTDN_REASON_MINOR_HOTFIX.0
        | SHTDN_REASON_FLAG_PLANNED.0,
);

/// Asks Windows to restart after the delay; Windows says so once more to whoever sits at the machine.
pub(super) fn schedule(delay: Duration) -> Result<(), RestartError> {
    let message = HSTRING::from(announcement(&system_locale()));
    let seconds = u32::try_from(delay.as_secs()).unwrap_or(u32::MAX);
    allow_shutdown()
        .and_then(|()| initiate(&message, seconds))
        .map_err(refused)
}

pub(super) fn cancel() -> Result<(), RestartError> {
    // SAFETY: a null name is this machine.
    allow_shutdown()
        .and_then(|()| unsafe { AbortSystemShutdownW(PCWSTR::null()) })
        .map_err(refused)
}

fn initiate(message: &HSTRING, seconds: u32) -> Result<(), Error> {
    let flags = SHUTDOWN_RESTART | SHUTDOWN_RESTARTAPPS | SHUTDOWN_FORCE_OTHERS;
    // SAFETY: a null name is this machine; the message outlives the call.
    let code = unsafe { InitiateShutdownW(PCWSTR::null(), message, seconds, flags, REASON) };
    match WIN32_ERROR(code) {
        // Somebody else has it restart already.
        WIN32_ERROR(0) | ERROR_SHUTDOWN_IN_PROGRESS => Ok(()),
        ERROR_CALL_NOT_IMPLEMENTED => {
            // SAFETY: as above. Programs with unsaved work are closed when the time is over.
            unsafe {
                InitiateSystemShutdownExW(PCWSTR::null(), message, seconds, true, true, REASON)
            }
        }
        error => Err(Error::from_hresult(HRESULT::from_win32(error.0))),
    }
}

fn allow_shutdown() -> Result<(), Error> {
    privileges::enable(Privilege::Shutdown)
}

fn refused(error: Error) -> RestartError {
    RestartError {
        detail: format!("0x{:08X}", error.code().0),
    }
}
