//! Programs that the commands start. None of them outlives the command: each has a process group of
//! its own, which is ended when its owner goes, when a step fails and when someone presses Ctrl-C.

use anyhow::{Context, Result, bail};
use rustix::process::{Pid, Signal, kill_process_group};
use signal_hook::{
    consts::{SIGHUP, SIGINT, SIGTERM},
    iterator::Signals,
};
use std::{
    fs::{self, File},
    io::{Read, Seek},
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{self, Command, ExitStatus, Stdio},
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

static INTERRUPTED: AtomicBool = AtomicBool::new(false);
static GROUPS: Mutex<Vec<Pid>> = Mutex::new(Vec::new());

/// How long a program may take to end before it is killed.
const GRACE: Duration = Duration::from_secs(12);

/// Someone pressed Ctrl-C, or asked these commands to end.
#[derive(Debug)]
pub(crate) struct Interrupted;

impl std::fmt::Display for Interrupted {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("stopped on request")
    }
}

impl std::error::Error for Interrupted {}

/// From now on Ctrl-C ends what runs, in order; a second one ends it at once.
pub(crate) fn watch_signals() -> Result<()> {
    let mut signals =
        Signals::new([SIGINT, SIGTERM, SIGHUP]).context("could not listen for Ctrl-C")?;
    thread::spawn(move || {
        for _ in signals.forever() {
            if INTERRUPTED.swap(true, Ordering::SeqCst) {
                for group in groups().iter() {
                    // The group may have ended by itself.
                    let _ = kill_process_group(*group, Signal::KILL);
                }
                process::exit(130);
            }
        }
    });
    Ok(())
}

/// Ends the command in order if someone asked for it.
pub(crate) fn check_interruption() -> Result<()> {
    if INTERRUPTED.load(Ordering::SeqCst) {
        Err(Interrupted.into())
    } else {
        Ok(())
    }
}

/// Waits until `is_ready` says so.
///
/// # Errors
/// After `limit`, on Ctrl-C, or as soon as `is_ready` fails.
pub(crate) fn wait_until(
    what: &str,
    limit: Duration,
    mut is_ready: impl FnMut() -> Result<bool>,
) -> Result<()> {
    let started = Instant::now();
    while !is_ready()? {
        check_interruption()?;
        if started.elapsed() > limit {
            bail!("{what}: nothing after {} seconds", limit.as_secs());
        }
        thread::sleep(Duration::from_millis(100));
    }
    Ok(())
}

/// Runs a program to its end and calls `meanwhile` now and then.
pub(crate) fn run(mut command: Command, mut meanwhile: impl FnMut()) -> Result<ExitStatus> {
    let mut group = Group::start(&mut command)?;
    drop(command);
    let mut pause = Duration::from_millis(2);
    loop {
        if let Some(status) = group
            .process
            .try_wait()
            .context("could not wait for a program")?
        {
            return Ok(status);
        }
        check_interruption()?;
        meanwhile();
        thread::sleep(pause);
        pause = (pause * 2).min(Duration::from_millis(50));
    }
}

/// Runs a program to its end and returns what it printed on standard output.
///
/// # Errors
/// If it cannot be started or fails; what it printed on standard error is part of the error.
pub(crate) fn capture(mut command: Command) -> Result<String> {
    let name = command.get_program().to_string_lossy().into_owned();
    let (mut output, mut errors) = (tempfile::tempfile()?, tempfile::tempfile()?);
    command
        .stdout(output.try_clone()?)
        .stderr(errors.try_clone()?);
    let status = run(command, || {})?;
    let (output, errors) = (read_all(&mut output)?, read_all(&mut errors)?);
    if !status.success() {
        bail!("{name} failed ({status}): {}", errors.trim());
    }
    Ok(output)
}

fn read_all(file: &mut File) -> Result<String> {
    let mut bytes = Vec::new();
    file.rewind()?;
    file.read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// A program in the background. Dropping it ends it.
#[derive(Debug)]
pub(crate) struct Child {
    name: String,
    log: PathBuf,
    group: Group,
}

impl Child {
    /// Starts a program; everything it prints goes to `log`.
    pub(crate) fn start(name: &str, mut command: Command, log: &Path) -> Result<Self> {
        if let Some(folder) = log.parent() {
            fs::create_dir_all(folder)?;
        }
        let file =
            File::create(log).with_context(|| format!("could not create {}", log.display()))?;
        command.stdout(file.try_clone()?).stderr(file);
        let group =
            Group::start(&mut command).with_context(|| format!("could not start {name}"))?;
        Ok(Self {
            name: name.to_owned(),
            log: log.to_owned(),
            group,
        })
    }

    /// Ends it with this signal instead of SIGTERM.
    pub(crate) fn ends_with(mut self, signal: Signal) -> Self {
        self.group.ends_with = signal;
        self
    }

    /// The process id.
    pub(crate) fn id(&self) -> u32 {
        self.group.process.id()
    }

    /// Fails with the end of the log if the program has ended.
    pub(crate) fn check(&mut self) -> Result<()> {
        if let Some(status) = self.group.process.try_wait()? {
            let tail = crate::step::tail(&self.log, 20);
            bail!(
                "{} ended ({status}); {} ends with\n{tail}",
                self.name,
                self.log.display()
            );
        }
        Ok(())
    }
}

#[derive(Debug)]
struct Group {
    process: process::Child,
    id: Pid,
    ends_with: Signal,
}

impl Group {
    fn start(command: &mut Command) -> Result<Self> {
        check_interruption()?;
        let name = command.get_program().to_string_lossy().into_owned();
        let process = command
            .stdin(Stdio::null())
            .process_group(0)
            .spawn()
            .with_context(|| format!("could not start {name}"))?;
        let id = Pid::from_child(&process);
        groups().push(id);
        Ok(Self {
            process,
            id,
            ends_with: Signal::TERM,
        })
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        if matches!(self.process.try_wait(), Ok(None)) {
            // The program may end by itself in between.
            let _ = kill_process_group(self.id, self.ends_with);
            let started = Instant::now();
            while matches!(self.process.try_wait(), Ok(None)) && started.elapsed() < GRACE {
                thread::sleep(Duration::from_millis(20));
            }
        }
        // What the program itself has left behind.
        let _ = kill_process_group(self.id, Signal::KILL);
        let _ = self.process.wait();
        groups().retain(|group| *group != self.id);
    }
}

fn groups() -> std::sync::MutexGuard<'static, Vec<Pid>> {
    GROUPS.lock().unwrap_or_else(PoisonError::into_inner)
}
