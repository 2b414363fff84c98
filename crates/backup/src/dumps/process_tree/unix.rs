use super::Priority;
use rustix::process::{Pid, Signal, kill_process_group, setpriority_process};
use std::{
    io,
    os::unix::process::CommandExt,
    process::{Child, ChildStderr, ChildStdout, Command, ExitStatus},
};

pub(in super::super) const PATH: Option<&str> =
    Some("/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
pub(in super::super) const PASSED_ON: &[&str] = &["TMPDIR", "TZ"];
const LOW: i32 = 10;

/// The leader of a process group. It is not awaited before it is known that its group need not be
/// killed: until then nothing else can have the group's number.
#[derive(Debug)]
pub(in super::super) struct ProcessTree {
    child: Child,
    status: Option<ExitStatus>,
}

impl ProcessTree {
    pub(in super::super) fn start(mut command: Command, priority: Priority) -> io::Result<Self> {
        let child = command.process_group(0).spawn()?;
        let tree = Self {
            child,
            status: None,
        };
        if let (Priority::Low, Some(leader)) = (priority, tree.leader()) {
            // It may have ended already; then its priority matters no more.
            let _ = setpriority_process(Some(leader), LOW);
        }
        Ok(tree)
    }

    pub(in super::super) fn output(&mut self) -> Option<ChildStdout> {
        self.child.stdout.take()
    }

    pub(in super::super) fn errors(&mut self) -> Option<ChildStderr> {
        self.child.stderr.take()
    }

    pub(in super::super) fn try_wait(&mut self) -> io::Result<Option<ExitStatus>> {
        if self.status.is_none() {
            self.status = self.child.try_wait()?;
        }
        Ok(self.status)
    }

    /// Ends the program and everything that it started and that did not leave its group.
    pub(in super::super) fn kill(&mut self) {
        if self.status.is_some() {
            return;
        }
        if let Some(leader) = self.leader() {
            let _ = kill_process_group(leader, Signal::KILL);
        }
        let _ = self.child.kill();
        self.status = self.child.wait().ok();
    }

    fn leader(&self) -> Option<Pid> {
        i32::try_from(self.child.id()).ok().and_then(Pid::from_raw)
    }
}
