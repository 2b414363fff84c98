//! The tables of the store. Values are JSON, so that a newer agent reads what an older one wrote.

use redb::{ReadTransaction, ReadableTable, TableDefinition, TableError, WriteTransaction};
use serde::{Serialize, de::DeserializeOwned};

/// Single values, by name.
pub(super) const MEMORY: TableDefinition<'_, &str, &[u8]> = TableDefinition::new("memory");
/// Tasks that have not ended, by id.
pub(super) const JOURNAL: TableDefinition<'_, u128, &[u8]> = TableDefinition::new("journal");
/// Ids of tasks that ended, with their sequence.
pub(super) const DONE: TableDefinition<'_, u128, u64> = TableDefinition::new("done");
/// Reports on their way, in order.
pub(super) const SPOOL: TableDefinition<'_, u64, &[u8]> = TableDefinition::new("spool");
/// Tasks whose log waits for its upload.
pub(super) const LOGS: TableDefinition<'_, u128, &[u8]> = TableDefinition::new("logs");

/// Names of single values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Memory {
    Identity,
    /// The key of a registration that has had no answer yet.
    PendingKey,
    Cursor,
    JournalLost,
    Scan,
    Inventory,
    AcknowledgedInventory,
    Config,
    LearnedTime,
    SpoolOrder,
    /// What is known of an installation that has not ended.
    Installation,
    /// How much time work needs.
    Needs,
}

impl Memory {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Identity => "identity",
            Self::PendingKey => "pending key",
            Self::Cursor => "cursor",
            Self::JournalLost => "journal's loss",
            Self::Scan => "scan",
            Self::Inventory => "inventory",
            Self::AcknowledgedInventory => "acknowledged inventory",
            Self::Config => "configuration",
            Self::LearnedTime => "learned time",
            Self::SpoolOrder => "spool's order",
            Self::Installation => "installation",
            Self::Needs => "needs",
        }
    }
}

pub(super) fn create(transaction: &WriteTransaction) -> Result<(), redb::Error> {
    transaction.open_table(MEMORY)?;
    transaction.open_table(JOURNAL)?;
    transaction.open_table(DONE)?;
    transaction.open_table(SPOOL)?;
    transaction.open_table(LOGS)?;
    Ok(())
}

pub(super) fn put<T: Serialize>(
    transaction: &WriteTransaction,
    memory: Memory,
    value: &T,
) -> Result<(), redb::Error> {
    transaction
        .open_table(MEMORY)?
        .insert(memory.name(), encode(value)?.as_slice())?;
    Ok(())
}

pub(super) fn forget(transaction: &WriteTransaction, memory: Memory) -> Result<(), redb::Error> {
    transaction.open_table(MEMORY)?.remove(memory.name())?;
    Ok(())
}

pub(super) fn get<T: DeserializeOwned>(
    transaction: &ReadTransaction,
    memory: Memory,
) -> Result<Option<T>, redb::Error> {
    let table = match transaction.open_table(MEMORY) {
        Ok(table) => table,
        Err(TableError::TableDoesNotExist(_)) => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    table
        .get(memory.name())?
        .map(|value| decode(value.value()))
        .transpose()
}

pub(super) fn get_in<T: DeserializeOwned>(
    transaction: &WriteTransaction,
    memory: Memory,
) -> Result<Option<T>, redb::Error> {
    let table = transaction.open_table(MEMORY)?;
    table
        .get(memory.name())?
        .map(|value| decode(value.value()))
        .transpose()
}

pub(super) fn encode<T: Serialize>(value: &T) -> Result<Vec<u8>, redb::Error> {
    serde_json::to_vec(value).map_err(|error| redb::Error::Corrupted(error.to_string()))
}

pub(super) fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, redb::Error> {
    serde_json::from_slice(bytes).map_err(|error| redb::Error::Corrupted(error.to_string()))
}
