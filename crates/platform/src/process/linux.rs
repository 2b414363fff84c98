use super::Priority;
use rustix::{
    io::Errno,
    process::{
        Pid, Signal, getpriority_process, kill_process_group, setpriority_process,
        test_kill_process,
    },
};
use std::{
    ffi::OsString,
    fs, io,
    os::unix::process::CommandExt,
    process::{Child, Command},
};

const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
/// How a proxy is told to every program of a machine.
const PASSED_ON: [&str; 8] = [
    "http_proxy",
    "https_proxy",
    "ftp_proxy",
    "no_proxy",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "NO_PROXY",
    "TMPDIR",
];
const LOW: i32 = 10;
/// Disks serve it when nobody else wants them: class 3 of `linux/ioprio.h`, which stands above 13
/// bits of data.
const IO_IDLE: libc::c_int = 3 << 13;
/// `IOPRIO_WHO_PROCESS`: one thread.
const IO_OF_ONE: libc::c_int = 1;

pub(super) fn environment() -> Vec<(OsString, OsString)> {
    let mut variables: Vec<_> = [("PATH", PATH), ("HOME", "/root"), ("LC_ALL", "C.UTF-8")]
        .map(|(name, value)| (name.into(), value.into()))
        .into();
    variables.extend(
        PASSED_ON
            .iter()
            .filter_map(|name| Some((name.into(), std::env::var_os(name)?))),
    );
    variables
}

/// Both are matters of each thread; those that start later have what their parents have, and so
/// have programs.
pub(super) fn lower_own_priority() -> io::Result<()> {
    for thread in fs::read_dir("/proc/self/task")? {
        let name = thread?.file_name();
        let number = name.to_str().and_then(|name| name.parse().ok());
        let Some(thread) = number.and_then(Pid::from_raw) else {
            continue;
        };
        match lower(thread) {
            // It has ended.
            Err(error) if error.raw_os_error() == Some(libc::ESRCH) => {}
            other => other?,
        }
    }
    Ok(())
}

fn lower(thread: Pid) -> io::Result<()> {
    if getpriority_process(Some(thread))? < LOW {
        setpriority_process(Some(thread), LOW)?;
    }
    // SAFETY: the call takes three numbers, and touches no memory.
    let done = unsafe {
        libc::syscall(
            libc::SYS_ioprio_set,
            IO_OF_ONE,
            thread.as_raw_nonzero().get(),
            IO_IDLE,
        )
    };
    if done == -1 {
        return Err(io::Error::last_os_error());
    }
    Ok(())
}

pub(super) fn is_gone(process: u32) -> bool {
    let process = i32::try_from(process).ok().and_then(Pid::from_raw);
    // Nobody has a number that is none.
    process.is_none_or(|process| test_kill_process(process) == Err(Errno::SRCH))
}

pub(super) fn prepare(command: &mut Command, _priority: Priority) {
    command.process_group(0);
}

/// The program and everything that it started and that did not leave its process group.
pub(super) struct Group(Option<Pid>);

impl Group {
    pub(super) fn of(child: &Child, priority: Priority) -> io::Result<Self> {
        let leader = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
        if priority == Priority::Low {
            // It may have ended already; then its priority matters no more.
            let _ = setpriority_process(leader, LOW);
        }
        Ok(Self(leader))
    }

    pub(super) fn ask_to_end(&self) {
        self.send(Signal::TERM);
    }

    pub(super) fn kill(&self) {
        self.send(Signal::KILL);
    }

    fn send(&self, signal: Signal) {
        if let Some(leader) = self.0 {
            let _ = kill_process_group(leader, signal);
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::process::{Error, Program, Stream};
    use latarnik_agent_core::CancelSignal;
    use std::time::{Duration, Instant};

    fn shell(script: &str) -> Program {
        Program::new("/bin/sh").args(["-c", script])
    }

    #[test]
    fn lines_arrive_in_order_with_their_stream_and_the_exit_code() {
        let mut lines = Vec::new();
        let finished = shell("echo one; echo two; echo bad >&2; exit 7")
            .run(
                &mut |stream, line| lines.push((stream, line.to_owned())),
                &CancelSignal::default(),
            )
            .unwrap();
        assert_eq!(finished.exit_code, Some(7));
        assert_eq!(finished.output.stdout, "one\ntwo\n");
        assert_eq!(finished.output.stderr, "bad\n");
        lines.retain(|(stream, _)| *stream == Stream::Output);
        assert_eq!(lines.len(), 2);
    }

    #[test]
    fn a_missing_program_is_told_from_one_that_fails() {
        let missing = Program::new("no-such-program").output(&CancelSignal::default());
        assert!(matches!(missing, Err(Error::NotFound { .. })));
    }

    #[test]
    fn the_environment_is_the_same_everywhere() {
        let (_, text) = shell("env").output(&CancelSignal::default()).unwrap();
        assert!(text.contains("LC_ALL=C.UTF-8\n"));
        assert!(!text.contains("CARGO"));
    }

    #[test]
    fn too_slow_a_program_ends_with_everything_that_it_started() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("pid");
        let script = format!("sleep 600 & echo $! > {}; echo said; wait", file.display());
        let error = shell(&script)
            .timeout(Duration::from_secs(3))
            .output(&CancelSignal::default())
            .unwrap_err();
        let Error::TimedOut { output, .. } = error else {
            panic!("{error:?}")
        };
        assert_eq!(output.stdout, "said\n");
        let child = std::fs::read_to_string(file).unwrap();
        let stat = format!("/proc/{}/stat", child.trim());
        let runs = || std::fs::read_to_string(&stat).is_ok_and(|stat| !stat.contains(") Z "));
        let deadline = Instant::now() + Duration::from_secs(30);
        while runs() {
            assert!(Instant::now() < deadline, "still running");
            std::thread::yield_now();
        }
    }

    #[test]
    fn a_service_that_keeps_the_pipes_open_does_not_hold_the_caller() {
        let begun = Instant::now();
        let (finished, _) = shell("sleep 30 & exit 0")
            .output(&CancelSignal::default())
            .unwrap();
        assert_eq!(finished.exit_code, Some(0));
        assert!(begun.elapsed() < Duration::from_secs(20));
    }

    #[test]
    fn cancelling_ends_the_program() {
        let cancel = CancelSignal::default();
        cancel.cancel();
        let error = shell("sleep 600").output(&cancel).unwrap_err();
        assert!(matches!(error, Error::Cancelled { .. }));
    }
}
