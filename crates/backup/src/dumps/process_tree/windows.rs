use super::Priority;
use process_wrap::std::{ChildWrapper, CommandWrap, CreationFlags, JobObject};
use std::{
    io,
    process::{ChildStderr, ChildStdout, Command, ExitStatus},
};
use windows::Win32::System::Threading::{
    BELOW_NORMAL_PRIORITY_CLASS, CREATE_NO_WINDOW, PROCESS_CREATION_FLAGS,
};

/// The system's own is passed on.
pub(in super::super) const PATH: Option<&str> = None;
/// Sockets need the first two; the others tell programs where the system is.
pub(in super::super) const PASSED_ON: &[&str] = &[
    "SystemRoot",
    "SystemDrive",
    "windir",
    "ComSpec",
    "PATH",
    "PATHEXT",
    "TEMP",
    "TMP",
    "ProgramData",
    "ProgramFiles",
    "ProgramFiles(x86)",
    "ProgramW6432",
    "CommonProgramFiles",
    "CommonProgramFiles(x86)",
    "CommonProgramW6432",
    "NUMBER_OF_PROCESSORS",
    "PROCESSOR_ARCHITECTURE",
];

/// A program in a job object, which it joins before its first instruction.
#[derive(Debug)]
pub(in super::super) struct ProcessTree {
    child: Box<dyn ChildWrapper>,
    status: Option<ExitStatus>,
}

impl ProcessTree {
    pub(in super::super) fn start(command: Command, priority: Priority) -> io::Result<Self> {
        let flags = match priority {
            Priority::Normal => CREATE_NO_WINDOW,
            Priority::Low => {
                PROCESS_CREATION_FLAGS(CREATE_NO_WINDOW.0 | BELOW_NORMAL_PRIORITY_CLASS.0)
            }
        };
        let mut command = CommandWrap::from(command);
        command.wrap(CreationFlags(flags)).wrap(JobObject);
        Ok(Self {
            child: command.spawn()?,
            status: None,
        })
    }

    pub(in super::super) fn output(&mut self) -> Option<ChildStdout> {
        self.child.stdout().take()
    }

    pub(in super::super) fn errors(&mut self) -> Option<ChildStderr> {
        self.child.stderr().take()
    }

    pub(in super::super) fn try_wait(&mut self) -> io::Result<Option<ExitStatus>> {
        if self.status.is_none() {
            self.status = self.child.try_wait()?;
        }
        Ok(self.status)
    }

    /// Ends the program and everything that it started.
    pub(in super::super) fn kill(&mut self) {
        if self.status.is_none() {
            let _ = self.child.start_kill();
            self.status = self.child.wait().ok();
        }
    }
}
