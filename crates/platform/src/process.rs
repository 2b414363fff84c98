//! The one way to run an external program: no shell, a time limit, limited output, cancellation,
//! a small environment in which programs speak English.

use latarnik_agent_core::{CancelSignal, OUTPUT_EXCERPT_BYTES, OutputExcerpt};
use std::{
    ffi::{OsStr, OsString},
    io,
    process::{Child, Command, ExitStatus, Stdio},
    sync::mpsc::{Receiver, RecvTimeoutError},
    time::{Duration, Instant},
};

#[cfg(not(windows))]
mod linux;
mod output;
#[cfg(windows)]
mod windows;

#[cfg(not(windows))]
use linux as system;
#[cfg(windows)]
use windows as system;

pub use output::Stream;
use output::{Excerpt, Line};

/// Most standard output that is kept in memory, in bytes; beyond, it is only passed on.
const MOST_OUTPUT_BYTES: usize = 32 * 1024 * 1024;

/// How long a program may take to end after it was asked to.
const GRACE: Duration = Duration::from_secs(5);
/// How long output is awaited after the program ended: a service that it started may hold its
/// pipes open for ever.
const OUTPUT_GRACE: Duration = Duration::from_secs(2);
/// How often cancellation and time limit are looked at.
const TICK: Duration = Duration::from_millis(50);

/// Lets everything else on the machine go first, at the processor and at disks, for the rest of
/// this process and for what it starts on Linux.
///
/// # Errors
///
/// When the system refuses. What was lowered until then stays so.
pub fn lower_own_priority() -> io::Result<()> {
    system::lower_own_priority()
}

/// Whether a process of this machine is known to be gone. One that cannot be seen is not.
#[must_use]
pub fn is_gone(process: u32) -> bool {
    system::is_gone(process)
}

/// A program to run, with its arguments.
#[derive(Debug, Clone)]
pub struct Program {
    name: OsString,
    arguments: Vec<OsString>,
    environment: Vec<(OsString, OsString)>,
    timeout: Duration,
    priority: Priority,
}

/// How a program competes for the processor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Priority {
    Normal,
    Low,
}

/// What a program left behind.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Finished {
    /// Its exit code; absent if a signal ended it.
    pub exit_code: Option<i32>,
    /// The end of what it said.
    pub output: OutputExcerpt,
}

/// A program did not run to its end.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no such program.
    #[error("{program} was not found")]
    NotFound {
        /// The program.
        program: String,
    },
    /// The system could not start or watch it.
    #[error("{program} could not be run")]
    Run {
        /// The program.
        program: String,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// It took longer than its limit and was ended.
    #[error("{program} was ended after {} s", timeout.as_secs())]
    TimedOut {
        /// The program.
        program: String,
        /// The limit.
        timeout: Duration,
        /// The end of what it had said.
        output: OutputExcerpt,
    },
    /// It was ended because the caller cancelled.
    #[error("{program} was cancelled")]
    Cancelled {
        /// The program.
        program: String,
    },
}

impl Program {
    /// A program by its absolute path, or by its name in the folders of the system.
    pub fn new(name: impl AsRef<OsStr>) -> Self {
        Self {
            name: name.as_ref().to_owned(),
            arguments: Vec::new(),
            environment: Vec::new(),
            timeout: Duration::from_secs(60),
            priority: Priority::Normal,
        }
    }

    /// One more argument.
    #[must_use]
    pub fn arg(mut self, argument: impl AsRef<OsStr>) -> Self {
        self.arguments.push(argument.as_ref().to_owned());
        self
    }

    /// More arguments.
    #[must_use]
    pub fn args<A: AsRef<OsStr>>(mut self, arguments: impl IntoIterator<Item = A>) -> Self {
        self.arguments
            .extend(arguments.into_iter().map(|a| a.as_ref().to_owned()));
        self
    }

    /// One more variable in its environment.
    #[must_use]
    pub fn env(mut self, name: impl AsRef<OsStr>, value: impl AsRef<OsStr>) -> Self {
        self.environment
            .push((name.as_ref().to_owned(), value.as_ref().to_owned()));
        self
    }

    /// The longest time it may run; a minute unless told.
    #[must_use]
    pub const fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Lets everything else on the machine go first.
    #[must_use]
    pub const fn low_priority(mut self) -> Self {
        self.priority = Priority::Low;
        self
    }

    /// The command line, for a log and for tests; never for a shell.
    #[must_use]
    pub fn command_line(&self) -> String {
        std::iter::once(&self.name)
            .chain(&self.arguments)
            .map(|part| part.to_string_lossy())
            .collect::<Vec<_>>()
            .join(" ")
    }

    /// Runs the program to its end, handing every line that it says to `on_line`.
    ///
    /// # Errors
    /// [`Error`] if it did not come to its own end; any exit code is a success here. A program
    /// that is cancelled or too slow is asked to end, with everything that it started, and killed
    /// after a few seconds.
    pub fn run(
        &self,
        on_line: &mut dyn FnMut(Stream, &str),
        cancel: &CancelSignal,
    ) -> Result<Finished, Error> {
        let mut child = self.start()?;
        let group = system::Group::of(&child, self.priority)
            .map_err(|source| self.not_run(source))
            .inspect_err(|_| drop(child.kill()))?;
        let lines = output::read(&mut child);
        let mut excerpt = Excerpt::new(OUTPUT_EXCERPT_BYTES);
        let mut deliver = |line: Line| {
            excerpt.push(&line);
            on_line(line.stream, &line.text);
        };
        let end = self.watch(&mut child, &group, &lines, &mut deliver, cancel);
        let output = excerpt.into_output();
        match end.map_err(|source| self.not_run(source))? {
            End::Exited(status) => Ok(Finished {
                exit_code: status.code(),
                output,
            }),
            End::TimedOut => Err(Error::TimedOut {
                program: self.program(),
                timeout: self.timeout,
                output,
            }),
            End::Cancelled => Err(Error::Cancelled {
                program: self.program(),
            }),
        }
    }

    /// Runs a program whose output matters only as a whole, and which is quick.
    ///
    /// # Errors
    /// As [`Program::run`].
    pub fn output(&self, cancel: &CancelSignal) -> Result<(Finished, String), Error> {
        let mut text = String::new();
        let finished = self.run(
            &mut |stream, line| {
                if stream == Stream::Output && text.len() < MOST_OUTPUT_BYTES {
                    text.push_str(line);
                    text.push('\n');
                }
            },
            cancel,
        )?;
        Ok((finished, text))
    }

    fn start(&self) -> Result<Child, Error> {
        let mut command = Command::new(&self.name);
        command
            .args(&self.arguments)
            .env_clear()
            .envs(system::environment());
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        system::prepare(&mut command, self.priority);
        tracing::debug!(command = %self.command_line(), "running a program");
        command.spawn().map_err(|source| match source.kind() {
            io::ErrorKind::NotFound => Error::NotFound {
                program: self.program(),
            },
            _ => self.not_run(source),
        })
    }

    /// Delivers lines until the program ends, or ends it.
    fn watch(
        &self,
        child: &mut Child,
        group: &system::Group,
        lines: &Receiver<Line>,
        deliver: &mut dyn FnMut(Line),
        cancel: &CancelSignal,
    ) -> io::Result<End> {
        let deadline = Instant::now() + self.timeout;
        loop {
            match lines.recv_timeout(TICK) {
                Ok(line) => deliver(line),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => std::thread::sleep(TICK / 10),
            }
            if let Some(status) = child.try_wait()? {
                drain(lines, deliver);
                return Ok(End::Exited(status));
            }
            if cancel.is_cancelled() {
                end(child, group)?;
                return Ok(End::Cancelled);
            }
            if Instant::now() >= deadline {
                end(child, group)?;
                drain(lines, deliver);
                return Ok(End::TimedOut);
            }
        }
    }

    fn program(&self) -> String {
        self.name.to_string_lossy().into_owned()
    }

    fn not_run(&self, source: io::Error) -> Error {
        Error::Run {
            program: self.program(),
            source,
        }
    }
}

enum End {
    Exited(ExitStatus),
    TimedOut,
    Cancelled,
}

fn end(child: &mut Child, group: &system::Group) -> io::Result<()> {
    group.ask_to_end();
    let deadline = Instant::now() + GRACE;
    while Instant::now() < deadline {
        if child.try_wait()?.is_some() {
            break;
        }
        std::thread::sleep(TICK);
    }
    group.kill();
    let _ = child.kill();
    child.wait().map(drop)
}

fn drain(lines: &Receiver<Line>, deliver: &mut dyn FnMut(Line)) {
    let deadline = Instant::now() + OUTPUT_GRACE;
    while let Ok(line) = lines.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
        deliver(line);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_is_gone_when_it_has_ended() {
        assert!(!is_gone(std::process::id()));
        let program = std::env::current_exe().unwrap();
        let mut child = Command::new(program)
            .arg("--list")
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let id = child.id();
        child.wait().unwrap();
        // On Windows it stays for those who have a handle of it.
        assert!(is_gone(id));
        drop(child);
        assert!(is_gone(id));
    }
}
