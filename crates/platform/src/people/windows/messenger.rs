//! The agent's own program, started in a person's session as that person: there it has a screen,
//! and no right that the person lacks. Its exit code is the answer.

use crate::people::Seen;
use latarnik_agent_core::{CancelSignal, Notice};
use std::{
    ffi::c_void,
    os::windows::io::{AsRawHandle, FromRawHandle, OwnedHandle},
    ptr,
};
use windows::{
    Win32::{
        Foundation::{HANDLE, WAIT_TIMEOUT},
        System::{
            Environment::{CreateEnvironmentBlock, DestroyEnvironmentBlock},
            JobObjects::{
                AssignProcessToJobObject, CreateJobObjectW, JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE,
                JOBOBJECT_EXTENDED_LIMIT_INFORMATION, JobObjectExtendedLimitInformation,
                SetInformationJobObject,
            },
            RemoteDesktop::WTSQueryUserToken,
            Threading::{
                CREATE_NO_WINDOW, CREATE_UNICODE_ENVIRONMENT, CreateProcessAsUserW,
                GetExitCodeProcess, PROCESS_INFORMATION, STARTUPINFOW, WaitForSingleObject,
            },
        },
    },
    core::{Error, HSTRING, PCWSTR, PWSTR},
};

/// How often it is seen whether the notice was withdrawn, in milliseconds.
const LOOK_MS: u32 = 200;

/// The program while it shows a notice. Dropping it, and the end of the agent itself, ends it: an
/// answer that nobody hears is not asked for.
pub(super) struct Messenger {
    process: OwnedHandle,
    _job: OwnedHandle,
}

impl Messenger {
    pub(super) fn start(session: u32, notice: &Notice) -> Result<Self, Error> {
        let program = std::env::current_exe().map_err(Error::from)?;
        let program = HSTRING::from(program.as_os_str());
        let mut command: Vec<u16> = command_line(&program.to_string(), notice)
            .encode_utf16()
            .chain([0])
            .collect();
        let job = job()?;
        let token = token(session)?;
        let environment = Environment::of(&token)?;
        let mut desktop: Vec<u16> = "winsta0\\default\0".encode_utf16().collect();
        let startup = STARTUPINFOW {
            cb: u32::try_from(size_of::<STARTUPINFOW>()).unwrap_or(0),
            lpDesktop: PWSTR(desktop.as_mut_ptr()),
            ..STARTUPINFOW::default()
        };
        let mut started = PROCESS_INFORMATION::default();
        // SAFETY: every pointer is to something that outlives the call; the two handles that come
        // back have no other owner.
        unsafe {
            CreateProcessAsUserW(
                Some(HANDLE(token.as_raw_handle())),
                PCWSTR(program.as_ptr()),
                Some(PWSTR(command.as_mut_ptr())),
                None,
                None,
                false,
                CREATE_NO_WINDOW | CREATE_UNICODE_ENVIRONMENT,
                Some(environment.0),
                PCWSTR::null(),
                &raw const startup,
                &raw mut started,
            )?;
            drop(OwnedHandle::from_raw_handle(started.hThread.0));
            let process = OwnedHandle::from_raw_handle(started.hProcess.0);
            AssignProcessToJobObject(HANDLE(job.as_raw_handle()), HANDLE(process.as_raw_handle()))?;
            Ok(Self { process, _job: job })
        }
    }

    /// Waits for its end, or ends it.
    pub(super) fn wait(self, cancel: &CancelSignal) -> Result<Seen, Error> {
        let process = HANDLE(self.process.as_raw_handle());
        // SAFETY: the process's handle is open as long as `self` lives.
        while unsafe { WaitForSingleObject(process, LOOK_MS) } == WAIT_TIMEOUT {
            if cancel.is_cancelled() {
                return Ok(Seen::Closed);
            }
        }
        let mut code = 0;
        // SAFETY: as above; the code outlives the call.
        unsafe { GetExitCodeProcess(process, &raw mut code)? };
        Ok(Seen::from_exit_code(code))
    }
}

fn command_line(program: &str, notice: &Notice) -> String {
    let mut line = format!("\"{program}\" notice --until {}", notice.until);
    if let Some(postponement) = notice.postponement {
        let (minutes, left) = (postponement.minutes, postponement.left);
        line.push_str(&format!(" --minutes {minutes} --left {left}"));
    }
    if notice.may_restart_now {
        line.push_str(" --restart-now");
    }
    line
}

fn token(session: u32) -> Result<OwnedHandle, Error> {
    let mut token = HANDLE::default();
    // SAFETY: the handle that comes back has no other owner.
    unsafe {
        WTSQueryUserToken(session, &raw mut token)?;
        Ok(OwnedHandle::from_raw_handle(token.0))
    }
}

/// A job whose processes end with its last handle.
fn job() -> Result<OwnedHandle, Error> {
    let mut limits = JOBOBJECT_EXTENDED_LIMIT_INFORMATION::default();
    limits.BasicLimitInformation.LimitFlags = JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE;
    let size = u32::try_from(size_of_val(&limits)).unwrap_or(0);
    // SAFETY: the new handle has no other owner; the limits outlive the call.
    unsafe {
        let job = OwnedHandle::from_raw_handle(CreateJobObjectW(None, PCWSTR::null())?.0);
        SetInformationJobObject(
            HANDLE(job.as_raw_handle()),
            JobObjectExtendedLimitInformation,
            (&raw const limits).cast(),
            size,
        )?;
        Ok(job)
    }
}

/// The variables that the person's programs have.
struct Environment(*const c_void);

impl Environment {
    fn of(token: &OwnedHandle) -> Result<Self, Error> {
        let mut block = ptr::null_mut();
        // SAFETY: the system allocates the block; it is freed once, when this is dropped.
        unsafe {
            CreateEnvironmentBlock(&raw mut block, Some(HANDLE(token.as_raw_handle())), false)?;
        }
        Ok(Self(block))
    }
}

impl Drop for Environment {
    fn drop(&mut self) {
        // SAFETY: allocated by CreateEnvironmentBlock, used no more.
        let _ = unsafe { DestroyEnvironmentBlock(self.0) };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::Timestamp;
    use latarnik_agent_core::Postponement;

    #[test]
    fn the_command_line_says_what_the_notice_says() {
        let mut notice = Notice {
            until: Timestamp::UNIX_EPOCH,
            postponement: Some(Postponement {
                minutes: 15,
                left: 2,
            }),
            may_restart_now: true,
            created_by: None,
        };
        let program = r"C:\Program Files\Latarnik\latarnik-agent.exe";
        assert_eq!(
            command_line(program, &notice),
            r#""C:\Program Files\Latarnik\latarnik-agent.exe" notice --until 1970-01-01T00:00:00Z --minutes 15 --left 2 --restart-now"#
        );
        notice.postponement = None;
        notice.may_restart_now = false;
        assert!(command_line(program, &notice).ends_with("--until 1970-01-01T00:00:00Z"));
    }
}
