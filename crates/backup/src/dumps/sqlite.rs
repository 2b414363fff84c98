//! Copies of SQLite's files, consistent while others write.
//!
//! The copy is made by SQLite's online backup within one read transaction, page by page, so a page
//! that did not change is the same in the next copy, and the repository finds it again. It has to
//! be stored before it is read, since SQLite writes its first page last.

use super::{
    DumpContext, DumpFailure, DumpFailureCode, DumpFile, names::Names, stored_file::StoredFile,
    temporary::TemporaryFolder,
};
use rusqlite::{
    Connection, ErrorCode, OpenFlags,
    backup::{Backup, StepResult},
};
use serde::{Deserialize, Serialize};
use std::{
    fs::File,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

/// Pages between two looks at cancellation and time limit.
const PAGES: i32 = 256;
/// How long one attempt waits for somebody else's lock.
const LOCK_WAIT: Duration = Duration::from_millis(200);

/// A file of SQLite.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SqliteSettings {
    /// Tells files of one name apart: a folder below `sqlite/`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// The database.
    pub path: PathBuf,
}

impl SqliteSettings {
    pub(super) fn files(&self, context: &DumpContext) -> Result<Vec<DumpFile>, DumpFailure> {
        let file_name = self.path.file_name().unwrap_or_default();
        let name =
            Names::below("sqlite", self.label.as_deref()).next(&file_name.to_string_lossy(), "");
        if !self.path.is_absolute() {
            return Err(DumpFailure::invalid_settings("the path is not absolute"));
        }
        if !self.path.is_file() {
            return Err(DumpFailure::new(DumpFailureCode::NoSuchDatabase).by("sqlite"));
        }
        let (path, context) = (self.path.clone(), context.clone());
        Ok(vec![DumpFile::new(name, move || {
            Ok(Box::new(copy(&path, &context)?) as _)
        })])
    }
}

fn copy(path: &Path, context: &DumpContext) -> Result<StoredFile<TemporaryFolder>, DumpFailure> {
    let folder =
        TemporaryFolder::create(&context.temporary_folder).map_err(DumpFailure::of_file)?;
    let (copy, file) = folder.create_file("copy").map_err(DumpFailure::of_file)?;
    // SQLite's locks are lost when any other handle of the process on the file closes.
    drop(file);
    let deadline = Instant::now().checked_add(context.timeout);
    let patience = || {
        if context.cancellation.is_cancelled() {
            return Err(DumpFailure::new(DumpFailureCode::Cancelled).by("sqlite"));
        }
        if deadline.is_some_and(|deadline| Instant::now() >= deadline) {
            return Err(DumpFailure::new(DumpFailureCode::TimedOut).by("sqlite"));
        }
        Ok(())
    };
    copy_pages(path, &copy, &patience)?;
    let file = File::open(&copy).map_err(DumpFailure::of_file)?;
    let stored = StoredFile::new(file, folder, context).map_err(DumpFailure::of_file)?;
    Ok(stored)
}

fn copy_pages(
    path: &Path,
    copy: &Path,
    patience: &dyn Fn() -> Result<(), DumpFailure>,
) -> Result<(), DumpFailure> {
    // Writing, since the journal of a program that crashed may have to be rolled back; SQLite
    // itself falls back to reading where the file allows no more.
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let source = Connection::open_with_flags(path, flags).map_err(failure)?;
    source.busy_timeout(LOCK_WAIT).map_err(failure)?;
    begin_reading(&source, patience)?;
    let mut target = Connection::open_with_flags(copy, flags).map_err(failure)?;
    // Nobody needs a copy that was interrupted.
    target
        .execute_batch("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF")
        .map_err(failure)?;
    {
        let backup = Backup::new(&source, &mut target).map_err(failure)?;
        loop {
            patience()?;
            match backup.step(PAGES).map_err(failure)? {
                StepResult::Done => break,
                StepResult::Busy | StepResult::Locked => std::thread::sleep(LOCK_WAIT / 10),
                _ => {}
            }
        }
    }
    target.close().map_err(|(_, error)| failure(error))?;
    source.close().map_err(|(_, error)| failure(error))
}

/// Pins one state of the database for all steps of the copy.
fn begin_reading(
    source: &Connection,
    patience: &dyn Fn() -> Result<(), DumpFailure>,
) -> Result<(), DumpFailure> {
    source.execute_batch("BEGIN").map_err(failure)?;
    loop {
        patience()?;
        let read = source.query_row("SELECT count(*) FROM sqlite_schema", (), |_| Ok(()));
        match read {
            Ok(()) => return Ok(()),
            Err(error) if error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy) => {}
            Err(error) => return Err(failure(error)),
        }
    }
}

fn failure(error: rusqlite::Error) -> DumpFailure {
    let code = match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => DumpFailureCode::Damaged,
        Some(ErrorCode::CannotOpen) => DumpFailureCode::NoSuchDatabase,
        Some(ErrorCode::PermissionDenied | ErrorCode::ReadOnly) => DumpFailureCode::Permission,
        Some(ErrorCode::DiskFull) => DumpFailureCode::NoSpace,
        _ => DumpFailureCode::ToolFailed,
    };
    DumpFailure::new(code)
        .by("sqlite")
        .saying(error.to_string())
}
