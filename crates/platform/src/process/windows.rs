use super::Priority;
use std::{
    ffi::OsString,
    io,
    os::windows::{
        io::{AsRawHandle, FromRawHandle, OwnedHandle},
        process::CommandExt,
    },
    process::{Child, Command},
};
use windows::{
    Win32::{
        Foundation::{CloseHandle, ERROR_INVALID_PARAMETER, HANDLE, WAIT_OBJECT_0},
        System::{
            JobObjects::{AssignProcessToJobObject, CreateJobObjectW, TerminateJobObject},
            Threading::{
                BELOW_NORMAL_PRIORITY_CLASS, CREATE_NO_WINDOW, GetCurrentProcess, OpenProcess,
                PROCESS_MODE_BACKGROUND_BEGIN, PROCESS_SYNCHRONIZE, SetPriorityClass,
                WaitForSingleObject,
            },
        },
    },
    core::{HRESULT, PCWSTR},
};

/// Programs do not start without most of these.
const PASSED_ON: [&str; 20] = [
    "ALLUSERSPROFILE",
    "CommonProgramFiles",
    "CommonProgramFiles(x86)",
    "CommonProgramW6432",
    "COMPUTERNAME",
    "ComSpec",
    "NUMBER_OF_PROCESSORS",
    "OS",
    "Path",
    "PATHEXT",
    "PROCESSOR_ARCHITECTURE",
    "ProgramData",
    "ProgramFiles",
    "ProgramFiles(x86)",
    "ProgramW6432",
    "SystemDrive",
    "SystemRoot",
    "TEMP",
    "TMP",
    "windir",
];
const ENDED: u32 = 1;

pub(super) fn environment() -> Vec<(OsString, OsString)> {
    PASSED_ON
        .iter()
        .filter_map(|name| Some((name.into(), std::env::var_os(name)?)))
        .collect()
}

pub(super) fn is_gone(process: u32) -> bool {
    // SAFETY: the handle is closed once, and lives as long as it is waited for: not at all.
    unsafe {
        match OpenProcess(PROCESS_SYNCHRONIZE, false, process) {
            // One that ended stays as long as somebody has a handle of it.
            Ok(handle) => {
                let state = WaitForSingleObject(handle, 0);
                let _ = CloseHandle(handle);
                state == WAIT_OBJECT_0
            }
            Err(error) => error.code() == HRESULT::from_win32(ERROR_INVALID_PARAMETER.0),
        }
    }
}

/// Background mode: the lowest priority for the processor, for memory and for disks.
pub(super) fn lower_own_priority() -> io::Result<()> {
    // SAFETY: the handle of the own process needs no closing, and is valid as long as the process.
    let process = unsafe { GetCurrentProcess() };
    // SAFETY: as above; the call takes no pointers.
    unsafe { SetPriorityClass(process, PROCESS_MODE_BACKGROUND_BEGIN) }?;
    Ok(())
}

pub(super) fn prepare(command: &mut Command, priority: Priority) {
    let priority = match priority {
        Priority::Normal => 0,
        Priority::Low => BELOW_NORMAL_PRIORITY_CLASS.0,
    };
    command.creation_flags(CREATE_NO_WINDOW.0 | priority);
}

/// A job object that holds the program and everything that it starts.
pub(super) struct Group(OwnedHandle);

impl Group {
    pub(super) fn of(child: &Child, _priority: Priority) -> io::Result<Self> {
        // SAFETY: the new handle has no other owner; the child's handle is open while `child` is
        // borrowed.
        unsafe {
            let job = CreateJobObjectW(None, PCWSTR::null())?;
            let group = Self(OwnedHandle::from_raw_handle(job.0));
            // Refused for a program that has ended already.
            let _ = AssignProcessToJobObject(job, HANDLE(child.as_raw_handle()));
            Ok(group)
        }
    }

    /// A program without a window cannot be asked.
    pub(super) fn ask_to_end(&self) {
        self.kill();
    }

    pub(super) fn kill(&self) {
        // SAFETY: the job's handle is open as long as `self` lives.
        let _ = unsafe { TerminateJobObject(HANDLE(self.0.as_raw_handle()), ENDED) };
    }
}
