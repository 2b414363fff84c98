use crate::power::restart_message;
use latarnik_agent_core::RestartError;
use std::{ptr, time::Duration};
use windows::{
    Win32::{
        Foundation::{
            CloseHandle, ERROR_CALL_NOT_IMPLEMENTED, ERROR_NOT_ALL_ASSIGNED, GetLastError, HANDLE,
            LUID, WIN32_ERROR,
        },
        Globalization::GetSystemDefaultLocaleName,
        Security::{
            AdjustTokenPrivileges, LUID_AND_ATTRIBUTES, LookupPrivilegeValueW,
            SE_PRIVILEGE_ENABLED, SE_SHUTDOWN_NAME, TOKEN_ADJUST_PRIVILEGES, TOKEN_PRIVILEGES,
            TOKEN_QUERY,
        },
        System::{
            RemoteDesktop::{
                WTS_SESSION_INFOW, WTSActive, WTSEnumerateSessionsW, WTSFreeMemory, WTSSendMessageW,
            },
            Shutdown::{
                AbortSystemShutdownW, InitiateShutdownW, InitiateSystemShutdownExW,
                SHTDN_REASON_FLAG_PLANNED, SHTDN_REASON_MAJOR_OPERATINGSYSTEM,
                SHTDN_REASON_MINOR_HOTFIX, SHUTDOWN_FORCE_OTHERS, SHUTDOWN_REASON,
                SHUTDOWN_RESTART, SHUTDOWN_RESTARTAPPS,
            },
            Threading::{GetCurrentProcess, OpenProcessToken},
        },
        UI::WindowsAndMessaging::{MB_ICONINFORMATION, MB_OK, MESSAGEBOX_RESULT},
    },
    core::{Error, HRESULT, HSTRING, PCWSTR, w},
};

/// What the event log shows: planned, operating system, an update.
const REASON: SHUTDOWN_REASON = SHUTDOWN_REASON(
    SHTDN_REASON_MAJOR_OPERATINGSYSTEM.0
        | SHTDN_REASON_MINOR_HOTFIX.0
        | SHTDN_REASON_FLAG_PLANNED.0,
);

/// Asks Windows to restart after the delay; Windows shows the message and the remaining time to
/// whoever sits at the machine. Everybody else who is signed in gets the message too.
pub(super) fn schedule(delay: Duration) -> Result<(), RestartError> {
    let message = HSTRING::from(restart_message(&locale()));
    let seconds = u32::try_from(delay.as_secs()).unwrap_or(u32::MAX);
    allow_shutdown()
        .and_then(|()| initiate(&message, seconds))
        .map_err(refused)?;
    tell_sessions(&message);
    Ok(())
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
        WIN32_ERROR(0) => Ok(()),
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

/// Best effort: the restart does not depend on it.
fn tell_sessions(message: &HSTRING) {
    let mut sessions: *mut WTS_SESSION_INFOW = ptr::null_mut();
    let mut count = 0;
    // SAFETY: the system allocates the list and tells its length; it is freed once, below.
    let listed = unsafe { WTSEnumerateSessionsW(None, 0, 1, &raw mut sessions, &raw mut count) };
    if listed.is_err() || sessions.is_null() {
        return;
    }
    // SAFETY: the system says that there are `count` of them, and they are not null.
    for session in unsafe { std::slice::from_raw_parts(sessions, count as usize) } {
        if session.State == WTSActive {
            send(session.SessionId, message);
        }
    }
    // SAFETY: allocated by WTSEnumerateSessionsW, used no more.
    unsafe { WTSFreeMemory(sessions.cast()) };
}

fn send(session: u32, message: &HSTRING) {
    let mut answer = MESSAGEBOX_RESULT::default();
    let title = w!("Latarnik");
    let bytes = |characters: usize| u32::try_from(characters * 2).unwrap_or(0);
    // SAFETY: title and message outlive the call, which does not wait for an answer.
    let sent = unsafe {
        WTSSendMessageW(
            None,
            session,
            title,
            bytes(title.len()),
            PCWSTR(message.as_ptr()),
            bytes(message.len()),
            MB_OK | MB_ICONINFORMATION,
            0,
            &raw mut answer,
            false,
        )
    };
    if let Err(error) = sent {
        tracing::debug!(session, %error, "a session was not told of the restart");
    }
}

fn locale() -> String {
    let mut name = [0_u16; 85];
    // SAFETY: the buffer has the length that it is told to have.
    let length = unsafe { GetSystemDefaultLocaleName(&mut name) };
    let length = usize::try_from(length).unwrap_or(0).saturating_sub(1);
    String::from_utf16_lossy(name.get(..length).unwrap_or_default())
}

fn refused(error: Error) -> RestartError {
    RestartError {
        detail: format!("0x{:08X}", error.code().0),
    }
}
