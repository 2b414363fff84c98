//! Steps: one line while something runs, one line with its duration afterwards, the whole output in
//! a file, and the end of that file when something fails.

use crate::{children, workspace::Workspace};
use anyhow::{Context, Result, bail};
use std::{
    fs::{self, File},
    io::{self, IsTerminal, Read, Write},
    path::{Path, PathBuf},
    process::Command,
    thread,
    time::{Duration, Instant},
};

/// How much of a log is shown when a step fails.
const TAIL_LINES: usize = 40;

/// Runs a program quietly.
pub(crate) fn run(title: &str, log_name: &str, mut command: Command) -> Result<()> {
    let log = create_log(log_name)?;
    command
        .stdout(log.file.try_clone()?)
        .stderr(log.file.try_clone()?);
    drop(log.file);
    let line = Line::start(title);
    let mut shown = Instant::now();
    let status = children::run(command, || {
        if shown.elapsed() > Duration::from_millis(900) {
            shown = Instant::now();
            line.update(&tail(&log.path, 1));
        }
    });
    let succeeded = matches!(&status, Ok(status) if status.success());
    line.end(succeeded);
    finish(
        status.with_context(|| title.to_owned())?,
        title,
        &log.path,
        Some(TAIL_LINES),
    )
}

/// Runs a program and shows what it prints, for test runners.
pub(crate) fn run_shown(title: &str, log_name: &str, mut command: Command) -> Result<()> {
    let log = create_log(log_name)?;
    say(&format!("→ {title}"));
    let started = Instant::now();
    let (reader, writer) = io::pipe().context("could not make a pipe")?;
    command.stdout(writer.try_clone()?).stderr(writer);
    let copying = thread::spawn(move || copy_to_both(reader, log.file));
    let status = children::run(command, || {});
    // Ends when the program's last writer has gone; a failed copy is no failed test.
    let _ = copying.join();
    let status = status.with_context(|| title.to_owned())?;
    let mark = if status.success() { '✓' } else { '✗' };
    say(&format!("{mark} {title} · {}", duration(started.elapsed())));
    finish(status, title, &log.path, None)
}

/// Runs a piece of this program as a step.
pub(crate) fn work<T>(title: &str, work: impl FnOnce() -> Result<T>) -> Result<T> {
    let line = Line::start(title);
    let result = work();
    line.end(result.is_ok());
    result.with_context(|| title.to_owned())
}

/// Prints a line.
pub(crate) fn say(text: &str) {
    println!("{text}");
}

/// A duration as people say it.
pub(crate) fn duration(time: Duration) -> String {
    let seconds = time.as_secs();
    if seconds < 60 {
        format!("{:.1} s", time.as_secs_f64())
    } else {
        format!("{} min {:02} s", seconds / 60, seconds % 60)
    }
}

/// The last lines of a file, as far as it can be read.
pub(crate) fn tail(path: &Path, lines: usize) -> String {
    let bytes = fs::read(path).unwrap_or_default();
    let text = String::from_utf8_lossy(&bytes);
    let mut last: Vec<&str> = text
        .lines()
        .rev()
        .filter(|line| !line.trim().is_empty())
        .take(lines)
        .collect();
    last.reverse();
    last.join("\n")
}

struct Log {
    file: File,
    path: PathBuf,
}

fn create_log(name: &str) -> Result<Log> {
    let folder = Workspace::find()?.logs();
    fs::create_dir_all(&folder)
        .with_context(|| format!("could not create {}", folder.display()))?;
    let path = folder.join(name).with_extension("log");
    let file =
        File::create(&path).with_context(|| format!("could not create {}", path.display()))?;
    Ok(Log { file, path })
}

fn finish(
    status: std::process::ExitStatus,
    title: &str,
    log: &Path,
    tail_lines: Option<usize>,
) -> Result<()> {
    if status.success() {
        return Ok(());
    }
    let end = tail_lines.map_or_else(String::new, |lines| format!("\n{}", tail(log, lines)));
    bail!(
        "{title} failed ({status}); everything it printed: {}{end}",
        log.display()
    )
}

fn copy_to_both(mut reader: io::PipeReader, mut file: File) -> io::Result<()> {
    let mut buffer = [0; 8192];
    loop {
        let count = reader.read(&mut buffer)?;
        let Some(bytes) = buffer.get(..count).filter(|bytes| !bytes.is_empty()) else {
            return Ok(());
        };
        let mut screen = io::stdout().lock();
        screen.write_all(bytes)?;
        screen.flush()?;
        file.write_all(bytes)?;
    }
}

/// The line of a running step.
struct Line {
    title: String,
    started: Instant,
    is_live: bool,
}

impl Line {
    fn start(title: &str) -> Self {
        let is_live = io::stdout().is_terminal();
        if is_live {
            print!("→ {title}");
            // Progress that cannot be shown is no reason to stop.
            let _ = io::stdout().flush();
        } else {
            println!("→ {title}");
        }
        Self {
            title: title.to_owned(),
            started: Instant::now(),
            is_live,
        }
    }

    fn update(&self, note: &str) {
        if self.is_live {
            let note: String = note
                .trim()
                .chars()
                .filter(|c| !c.is_control())
                .take(60)
                .collect();
            let elapsed = duration(self.started.elapsed());
            print!("\r\x1b[2K→ {} · {elapsed} · {note}", self.title);
            // As above.
            let _ = io::stdout().flush();
        }
    }

    fn end(&self, succeeded: bool) {
        let mark = if succeeded { '✓' } else { '✗' };
        let clear = if self.is_live { "\r\x1b[2K" } else { "" };
        println!(
            "{clear}{mark} {} · {}",
            self.title,
            duration(self.started.elapsed())
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_durations_are_told_in_minutes() {
        assert_eq!(duration(Duration::from_millis(4_240)), "4.2 s");
        assert_eq!(duration(Duration::from_secs(123)), "2 min 03 s");
    }

    #[test]
    fn tail_leaves_out_empty_lines() {
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(file.path(), "one\n\ntwo\nthree\n\n").unwrap();
        assert_eq!(tail(file.path(), 2), "two\nthree");
    }
}
