use crate::people::{announcement, system_locale};
use latarnik_agent_core::RestartError;
use std::time::Duration;
use windows::{
    Win32::{
        Foundation::{
            CloseHandle, ERROR_CALL_NOT_IMPLEMENTED, ERROR_NOT_ALL_ASSIGNED,
            ERROR_SHUTDOWN_IN_PROGRESS, GetLastError, HANDLE, LUID, WIN32_ERROR,
        },
        Security::{
            AdjustTokenPrivileges, LUID_AND_ATTRIBUTES, LookupPrivilegeValueW,
            SE_PRIVILEGE_ENABLED, SE_SHUTDOWN_NAME, TOKEN_ADJUST_PRIVILEGES, TOKEN_PRIVILEGES,
            TOKEN_QUERY,
        },
        System::{
            Shutdown::{
                AbortSystemShutdownW, InitiateShutdownW, InitiateSystemShutdownExW,
                SHTDN_REASON_FLAG_PLANNED, SHTDN_REASON_MAJOR_OPERATINGSYSTEM,
                SHTDN_REASON_MINOR_HOTFIX, SHUTDOWN_FORCE_OTHERS, SHUTDOWN_REASON,
                SHUTDOWN_RESTART, SHUTDOWN_RESTARTAPPS,
            },
            Threading::{GetCurrentProcess, OpenProcessToken},
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

/// Even the system account has to switch this privilege on.
fn allow_shutdown() -> Result<(), Error> {
    let mut token = HANDLE::default();
    let mut luid = LUID::default();
    // SAFETY: every pointer is to a local that outlives its call; the token is closed once.
    unsafe {
        OpenProcessToken(
            GetCurrentProcess(),
            TOKEN_ADJUST_PRIVILEGES | TOKEN_QUERY,
            &raw mut token,
        )?;
        let adjusted = LookupPrivilegeValueW(PCWSTR::null(), SE_SHUTDOWN_NAME, &raw mut luid)
            .and_then(|()| {
                let privileges = TOKEN_PRIVILEGES {
                    PrivilegeCount: 1,
                    Privileges: [LUID_AND_ATTRIBUTES {
                        Luid: luid,
                        Attributes: SE_PRIVILEGE_ENABLED,
                    }],
                };
                AdjustTokenPrivileges(token, false, Some(&raw const privileges), 0, None, None)
            })
            .and_then(|()| match GetLastError() {
                ERROR_NOT_ALL_ASSIGNED => Err(Error::from_hresult(HRESULT::from_win32(
                    ERROR_NOT_ALL_ASSIGNED.0,
                ))),
                _ => Ok(()),
            });
        let _ = CloseHandle(token);
        adjusted
    }
}

fn refused(error: Error) -> RestartError {
    RestartError {
        detail: format!("0x{:08X}", error.code().0),
    }
}
