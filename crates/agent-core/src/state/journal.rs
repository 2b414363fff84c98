//! The journal: what makes "delivered at least once" into "runs at most once".
//!
//! A task enters the journal before it is acknowledged, leaves `Accepted` or `Waiting` for
//! `Running` before it starts, and becomes a bare id in the same transaction that spools its
//! result. One that its window has no more room for goes back to `Waiting` together with what it
//! came to so far: what that names is not done again. Ids never leave again, within [`REMEMBERED_IDS`].

use super::{State, StateError, spool, tables, tables::Memory};
use jiff::Timestamp;
use latarnik_model::{TaskId, WaitReason};
use latarnik_protocol::{
    RawTask, Task, TaskEvent, TaskOutcome, TaskProgress, TaskReport, UpdateResult,
};
use redb::{ReadableTable, ReadableTableMetadata, WriteTransaction};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// How many ended tasks stay known. The cursor alone keeps old tasks from coming back; the ids are
/// the second line, for a server that repeats itself.
const REMEMBERED_IDS: u64 = 8_192;

/// A task that has not ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct JournalEntry {
    /// The task's id.
    pub id: TaskId,
    /// Its place among the device's tasks.
    pub sequence: u64,
    /// What it asks for.
    pub task: Task,
    /// How far it is.
    pub stage: Stage,
    /// What it came to so far, if it began and waits for another window, or goes on in one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub earlier: Option<Box<Earlier>>,
}

/// How far a task is that has not ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "stage", rename_all = "snake_case")]
pub enum Stage {
    /// On the disk.
    Accepted,
    /// Waits until it may begin or go on, and the server was told.
    Waiting(Wait),
    /// It began.
    Running(Start),
}

/// What the server was told of a task that waits.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Wait {
    /// Until when, if that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
    /// What for; an earlier program did not say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<WaitReason>,
}

/// What the parts of a task came to that earlier windows had room for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Earlier {
    /// When the first part began, by the machine's clock.
    pub started_at: Timestamp,
    /// The run of the machine in which the latest part ended.
    pub boot_id: String,
    /// What became of the updates of an installation.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub updates: Vec<UpdateResult>,
    /// Its updates that have not begun.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub left: Vec<UpdateResult>,
    /// The worst exit code of a package manager.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exit_code: Option<i32>,
    /// How often the people at the machine have put a restart off.
    #[serde(default)]
    pub postponed: u8,
    /// The instant to which they have put it off, by the server's clock: no opening before counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_before: Option<Timestamp>,
}

/// How a task began, or went on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Start {
    /// When, by the machine's clock.
    pub at: Timestamp,
    /// In which run of the machine.
    pub boot_id: String,
    /// When the machine is to restart, for a task that asks for that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub restart_at: Option<Timestamp>,
    /// How often the people at the machine have put that restart off.
    #[serde(default)]
    pub postponed: u8,
    /// When the operating system was asked for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub restart_asked_at: Option<Timestamp>,
}

/// A task as it came in: what it asks for, or how it ends at once.
#[derive(Debug, Clone)]
pub enum Delivery {
    /// To be run.
    Run(RawTask, Task),
    /// Not to be run.
    Refuse(RawTask, Box<TaskReport>),
}

impl Delivery {
    fn raw(&self) -> &RawTask {
        match self {
            Self::Run(raw, _) | Self::Refuse(raw, _) => raw,
        }
    }
}

impl State {
    /// The highest sequence in the journal.
    ///
    /// # Errors
    /// [`StateError`] if the store cannot be read.
    pub fn cursor(&self) -> Result<u64, StateError> {
        self.recall(Memory::Cursor).map(Option::unwrap_or_default)
    }

    /// Takes tasks into the journal and gives back those that are new and to be run. Tasks that it
    /// knows are passed over, whatever their sequence.
    ///
    /// # Errors
    /// [`StateError`] if the store cannot be written; then nothing was taken.
    pub fn accept(&self, deliveries: &[Delivery]) -> Result<Vec<JournalEntry>, StateError> {
        self.write("journal", |transaction| {
            let mut cursor: u64 = tables::get_in(transaction, Memory::Cursor)?.unwrap_or_default();
            let mut new = Vec::new();
            for delivery in deliveries {
                let raw = delivery.raw();
                cursor = cursor.max(raw.sequence);
                if knows(transaction, raw.id)? {
                    continue;
                }
                match delivery {
                    Delivery::Run(raw, task) => {
                        let entry = JournalEntry {
                            id: raw.id,
                            sequence: raw.sequence,
                            task: task.clone(),
                            stage: Stage::Accepted,
                            earlier: None,
                        };
                        put_entry(transaction, &entry)?;
                        new.push(entry);
                    }
                    Delivery::Refuse(raw, report) => {
                        spool::push(transaction, report)?;
                        put_done(transaction, raw.id, raw.sequence)?;
                    }
                }
            }
            tables::put(transaction, Memory::Cursor, &cursor)?;
            tables::forget(transaction, Memory::JournalLost)?;
            Ok(new)
        })
    }

    /// Every task that has not ended, in the order of their sequence.
    ///
    /// # Errors
    /// [`StateError`] if the store cannot be read.
    pub fn unfinished(&self) -> Result<Vec<JournalEntry>, StateError> {
        let mut entries = self.read("journal", |transaction| {
            transaction
                .open_table(tables::JOURNAL)?
                .iter()?
                .map(|entry| tables::decode::<JournalEntry>(entry?.1.value()))
                .collect::<Result<Vec<_>, redb::Error>>()
        })?;
        entries.sort_by_key(|entry| (entry.sequence, entry.id));
        Ok(entries)
    }

    /// Notes that the task waits, and spools the report of it. Nothing happens if it has begun, or
    /// if the server was told the same before.
    ///
    /// # Errors
    /// [`StateError`] if the store cannot be written.
    pub fn wait(&self, id: TaskId, at: Timestamp, wait: Wait) -> Result<(), StateError> {
        let is_news = |stage: &Stage| match stage {
            Stage::Accepted => true,
            Stage::Waiting(told) => *told != wait,
            Stage::Running(_) => false,
        };
        self.write("journal", |transaction| {
            let Some(entry) = entry(transaction, id)?.filter(|e| is_news(&e.stage)) else {
                return Ok(());
            };
            put_waiting(transaction, entry, at, wait).map(drop)
        })
    }

    /// Notes that the task began and waits for another window, with what it came to so far, and
    /// spools the report of it. Gives back the entry, unless the task does not run.
    ///
    /// # Errors
    /// [`StateError`] if the store cannot be written; the task then counts as running.
    pub fn pause(
        &self,
        id: TaskId,
        at: Timestamp,
        earlier: Earlier,
        wait: Wait,
    ) -> Result<Option<JournalEntry>, StateError> {
        self.write("journal", |transaction| {
            let running = |stage: &Stage| matches!(stage, Stage::Running(_));
            let Some(entry) = entry(transaction, id)?.filter(|e| running(&e.stage)) else {
                return Ok(None);
            };
            tables::forget(transaction, Memory::Installation)?;
            let earlier = Some(Box::new(earlier));
            let entry = JournalEntry { earlier, ..entry };
            put_waiting(transaction, entry, at, wait).map(Some)
        })
    }

    /// Notes that the task begins, or goes on, and spools the report of it. Only if this gives back
    /// the entry may it do so: that is once for every id, and once more after every
    /// [`pause`](Self::pause).
    ///
    /// # Errors
    /// [`StateError`] if the store cannot be written; then the task must not begin.
    pub fn start(&self, id: TaskId, start: Start) -> Result<Option<JournalEntry>, StateError> {
        self.write("journal", |transaction| {
            let startable = |stage: &Stage| matches!(stage, Stage::Accepted | Stage::Waiting(_));
            let Some(entry) = entry(transaction, id)?.filter(|e| startable(&e.stage)) else {
                return Ok(None);
            };
            let report = TaskReport {
                task_id: id,
                at: start.at,
                event: TaskEvent::Running,
            };
            let entry = JournalEntry {
                stage: Stage::Running(start),
                ..entry
            };
            put_entry(transaction, &entry)?;
            spool::push(transaction, &report)?;
            Ok(Some(entry))
        })
    }

    /// Notes how a restart that began counts down now, and spools the report of it. Nothing happens
    /// unless the task runs.
    ///
    /// # Errors
    /// [`StateError`] if the store cannot be written; then nothing has changed.
    pub fn count_down(&self, id: TaskId, at: Timestamp, start: Start) -> Result<(), StateError> {
        self.write("journal", |transaction| {
            let running = |stage: &Stage| matches!(stage, Stage::Running(_));
            let Some(entry) = entry(transaction, id)?.filter(|e| running(&e.stage)) else {
                return Ok(());
            };
            let progress = TaskProgress {
                restart_at: start.restart_at,
                postponed: Some(start.postponed),
                ..TaskProgress::default()
            };
            let stage = Stage::Running(start);
            put_entry(transaction, &JournalEntry { stage, ..entry })?;
            let event = TaskEvent::Progress(progress);
            spool::push(
                transaction,
                &TaskReport {
                    task_id: id,
                    at,
                    event,
                },
            )
        })
    }

    /// Notes how the task ended, spools the report of it, and its log if there is one. Nothing
    /// happens if it had ended before.
    ///
    /// # Errors
    /// [`StateError`] if the store cannot be written; the task then counts as unfinished.
    pub fn finish(
        &self,
        id: TaskId,
        at: Timestamp,
        outcome: TaskOutcome,
    ) -> Result<(), StateError> {
        self.end(id, at, outcome, |_| true).map(|_| ())
    }

    /// The same for a task that waits or has not begun; `false` if it runs or has ended in the
    /// meantime.
    ///
    /// # Errors
    /// [`StateError`] if the store cannot be written.
    pub fn finish_unstarted(
        &self,
        id: TaskId,
        at: Timestamp,
        outcome: TaskOutcome,
    ) -> Result<bool, StateError> {
        self.end(id, at, outcome, |stage| {
            matches!(stage, Stage::Accepted | Stage::Waiting(_))
        })
    }

    fn end(
        &self,
        id: TaskId,
        at: Timestamp,
        outcome: TaskOutcome,
        may_end: impl Fn(&Stage) -> bool,
    ) -> Result<bool, StateError> {
        let has_log = self.log_path(id).exists();
        self.write("journal", |transaction| {
            let Some(entry) = entry(transaction, id)?.filter(|e| may_end(&e.stage)) else {
                return Ok(false);
            };
            transaction.open_table(tables::JOURNAL)?.remove(key(id))?;
            put_done(transaction, id, entry.sequence)?;
            if matches!(entry.stage, Stage::Running(_)) {
                tables::forget(transaction, Memory::Installation)?;
            }
            if has_log {
                spool::push_log(transaction, id, at)?;
            }
            let event = TaskEvent::Finished(outcome);
            spool::push(
                transaction,
                &TaskReport {
                    task_id: id,
                    at,
                    event,
                },
            )?;
            Ok(true)
        })
    }

    /// Forgets the oldest ids beyond the number that stays known.
    ///
    /// # Errors
    /// [`StateError`] if the store cannot be written.
    pub fn prune(&self) -> Result<(), StateError> {
        self.write("journal", |transaction| {
            let mut done = transaction.open_table(tables::DONE)?;
            let excess = done.len()?.saturating_sub(REMEMBERED_IDS);
            if excess == 0 {
                return Ok(());
            }
            let mut ids = done
                .iter()?
                .map(|entry| entry.map(|(id, sequence)| (sequence.value(), id.value())))
                .collect::<Result<Vec<_>, _>>()?;
            ids.sort_unstable();
            for (_, id) in ids
                .into_iter()
                .take(usize::try_from(excess).unwrap_or(usize::MAX))
            {
                done.remove(id)?;
            }
            Ok(())
        })
    }
}

pub(super) fn key(id: TaskId) -> u128 {
    id.0.as_u128()
}

pub(super) fn id(key: u128) -> TaskId {
    TaskId(Uuid::from_u128(key))
}

fn knows(transaction: &WriteTransaction, id: TaskId) -> Result<bool, redb::Error> {
    let journaled = transaction
        .open_table(tables::JOURNAL)?
        .get(key(id))?
        .is_some();
    let done = transaction
        .open_table(tables::DONE)?
        .get(key(id))?
        .is_some();
    Ok(journaled || done)
}

fn entry(transaction: &WriteTransaction, id: TaskId) -> Result<Option<JournalEntry>, redb::Error> {
    let journal = transaction.open_table(tables::JOURNAL)?;
    journal
        .get(key(id))?
        .map(|value| tables::decode(value.value()))
        .transpose()
}

fn put_entry(transaction: &WriteTransaction, entry: &JournalEntry) -> Result<(), redb::Error> {
    let bytes = tables::encode(entry)?;
    transaction
        .open_table(tables::JOURNAL)?
        .insert(key(entry.id), bytes.as_slice())?;
    Ok(())
}

fn put_waiting(
    transaction: &WriteTransaction,
    entry: JournalEntry,
    at: Timestamp,
    wait: Wait,
) -> Result<JournalEntry, redb::Error> {
    let entry = JournalEntry {
        stage: Stage::Waiting(wait),
        ..entry
    };
    put_entry(transaction, &entry)?;
    let Wait { until, reason } = wait;
    let report = TaskReport {
        task_id: entry.id,
        at,
        event: TaskEvent::Waiting { until, reason },
    };
    spool::push(transaction, &report)?;
    Ok(entry)
}

fn put_done(transaction: &WriteTransaction, id: TaskId, sequence: u64) -> Result<(), redb::Error> {
    transaction
        .open_table(tables::DONE)?
        .insert(key(id), sequence)?;
    Ok(())
}
