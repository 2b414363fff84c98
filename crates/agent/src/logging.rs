//! Where the agent's own log goes: standard error for people and for systemd, a file for a Windows
//! service, which has no standard error.

use std::{
    fs::{self, File},
    io::{self, Write, stderr},
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};
use tracing_subscriber::{EnvFilter, fmt::MakeWriter};

/// A log file of this size is set aside, and the one set aside before it is dropped.
const FILE_BYTES: u64 = 5 * 1024 * 1024;

/// Logs to standard error.
pub(crate) fn to_stderr(filter: &str) {
    let _ = tracing_subscriber::fmt()
        .with_env_filter(parsed(filter))
        .with_writer(stderr)
        .with_ansi(false)
        .try_init();
}

/// Logs to a file; to standard error if the file cannot be written.
pub(crate) fn to_file(filter: &str, path: &Path) {
    match RotatingFile::open(path) {
        Ok(file) => {
            let _ = tracing_subscriber::fmt()
                .with_env_filter(parsed(filter))
                .with_writer(file)
                .with_ansi(false)
                .try_init();
        }
        Err(error) => {
            to_stderr(filter);
            tracing::warn!(%error, path = %path.display(), "the log file cannot be written");
        }
    }
}

/// A filter that is not understood must not keep the agent from working.
fn parsed(filter: &str) -> EnvFilter {
    EnvFilter::try_new(filter).unwrap_or_else(|_| EnvFilter::new("info"))
}

struct RotatingFile {
    path: PathBuf,
    open: Mutex<(File, u64)>,
}

impl RotatingFile {
    fn open(path: &Path) -> io::Result<Self> {
        let file = File::options().create(true).append(true).open(path)?;
        let length = file.metadata()?.len();
        Ok(Self {
            path: path.to_owned(),
            open: Mutex::new((file, length)),
        })
    }

    fn write(&self, line: &[u8]) -> io::Result<()> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if open.1 >= FILE_BYTES {
            fs::rename(&self.path, self.path.with_extension("log.1"))?;
            *open = (
                File::options().create(true).append(true).open(&self.path)?,
                0,
            );
        }
        open.0.write_all(line)?;
        open.1 += line.len() as u64;
        Ok(())
    }
}

struct Line<'a>(&'a RotatingFile);

impl Write for Line<'_> {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.0.write(line).map(|()| line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for RotatingFile {
    type Writer = Line<'a>;
    fn make_writer(&'a self) -> Line<'a> {
        Line(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_log_is_set_aside_and_a_new_one_begun() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("agent.log");
        let file = RotatingFile::open(&path).unwrap();
        file.write(&vec![b'x'; usize::try_from(FILE_BYTES).unwrap()])
            .unwrap();
        file.write(b"after\n").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"after\n");
        assert_eq!(
            fs::metadata(folder.path().join("agent.log.1"))
                .unwrap()
                .len(),
            FILE_BYTES
        );
    }

    #[test]
    fn a_filter_that_is_not_understood_falls_back_to_info() {
        assert_eq!(parsed("===").to_string(), "info");
    }
}
