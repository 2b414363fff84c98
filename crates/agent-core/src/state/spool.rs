//! The spool: what the server has not confirmed yet.
//!
//! Reports leave in the order in which they came. Logs leave on their own and never hold a report
//! up.

use super::{State, StateError, journal, tables, tables::Memory};
use jiff::Timestamp;
use latarnik_model::TaskId;
use latarnik_protocol::TaskReport;
use redb::{ReadableTable, ReadableTableMetadata, WriteTransaction};
use serde::{Deserialize, Serialize};

/// A report on its way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SpooledReport {
    /// Its place in the spool.
    pub order: u64,
    /// The report.
    pub report: TaskReport,
}

/// A log on its way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SpooledLog {
    /// Whose log it is; the file is [`State::log_path`].
    pub task: TaskId,
    /// Since when it waits, by the machine's clock.
    pub since: Timestamp,
}

#[derive(Serialize, Deserialize)]
struct LogEntry {
    since: Timestamp,
}

impl State {
    /// The report that leaves next.
    ///
    /// # Errors
    /// [`StateError`] if the store cannot be read.
    pub fn next_report(&self) -> Result<Option<SpooledReport>, StateError> {
        self.read("spool", |transaction| {
            let spool = transaction.open_table(tables::SPOOL)?;
            let Some((order, report)) = spool.first()? else {
                return Ok(None);
            };
            let report = tables::decode(report.value())?;
            Ok(Some(SpooledReport {
                order: order.value(),
                report,
            }))
        })
    }

    /// How many reports wait.
    ///
    /// # Errors
    /// [`StateError`] if the store cannot be read.
    pub fn spool_length(&self) -> Result<u64, StateError> {
        self.read("spool", |transaction| {
            Ok(transaction.open_table(tables::SPOOL)?.len()?)
        })
    }

    /// Forgets a report that the server has.
    ///
    /// # Errors
    /// [`StateError`] if the store cannot be written.
    pub fn forget_report(&self, order: u64) -> Result<(), StateError> {
        self.write("spool", |transaction| {
            transaction.open_table(tables::SPOOL)?.remove(order)?;
            Ok(())
        })
    }

    /// Every log that waits, oldest task first.
    ///
    /// # Errors
    /// [`StateError`] if the store cannot be read.
    pub fn logs(&self) -> Result<Vec<SpooledLog>, StateError> {
        self.read("log list", |transaction| {
            transaction
                .open_table(tables::LOGS)?
                .iter()?
                .map(|entry| {
                    let (key, value) = entry?;
                    let LogEntry { since } = tables::decode(value.value())?;
                    Ok(SpooledLog {
                        task: journal::id(key.value()),
                        since,
                    })
                })
                .collect()
        })
    }

    /// Forgets a log and deletes its file.
    ///
    /// # Errors
    /// [`StateError`] if the store cannot be written.
    pub fn forget_log(&self, task: TaskId) -> Result<(), StateError> {
        self.write("log list", |transaction| {
            transaction
                .open_table(tables::LOGS)?
                .remove(journal::key(task))?;
            Ok(())
        })?;
        let path = self.log_path(task);
        match std::fs::remove_file(&path) {
            Err(source) if source.kind() != std::io::ErrorKind::NotFound => {
                Err(StateError::File { path, source })
            }
            _ => Ok(()),
        }
    }
}

pub(super) fn push(transaction: &WriteTransaction, report: &TaskReport) -> Result<(), redb::Error> {
    let order: u64 = tables::get_in(transaction, Memory::SpoolOrder)?.unwrap_or_default();
    tables::put(transaction, Memory::SpoolOrder, &(order + 1))?;
    transaction
        .open_table(tables::SPOOL)?
        .insert(order, tables::encode(report)?.as_slice())?;
    Ok(())
}

pub(super) fn push_log(
    transaction: &WriteTransaction,
    task: TaskId,
    since: Timestamp,
) -> Result<(), redb::Error> {
    let entry = tables::encode(&LogEntry { since })?;
    transaction
        .open_table(tables::LOGS)?
        .insert(journal::key(task), entry.as_slice())?;
    Ok(())
}
