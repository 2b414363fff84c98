//! What the agent knows of the machine's updates, and what the server knows of them.

use super::{State, StateError, tables, tables::Memory};
use crate::Needs;
use jiff::Timestamp;
use latarnik_model::TaskId;
use latarnik_protocol::{AgentConfig, Inventory, ScanReport, Update, UpdateResult};
use serde::{Deserialize, Serialize};

/// The inventory as it is and as the server last confirmed it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Inventories {
    /// From the last successful scan; `None` before the first.
    pub current: Option<Inventory>,
    /// What the server has; `None` if it has nothing, or asked for everything.
    pub acknowledged: Option<Inventory>,
}

/// The configuration and its version.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct VersionedConfig {
    etag: Option<String>,
    config: AgentConfig,
    /// Since when the maintenance rules are these, by the machine's clock.
    #[serde(default)]
    maintenance_since: Option<Timestamp>,
}

impl State {
    /// The last look for updates.
    ///
    /// # Errors
    /// [`StateError`] if the store cannot be read.
    pub fn scan(&self) -> Result<Option<ScanReport>, StateError> {
        self.recall(Memory::Scan)
    }

    /// Keeps the result of a look for updates; a failed one leaves the inventory as it was.
    ///
    /// # Errors
    /// [`StateError`] if the store cannot be written.
    pub fn set_scan(
        &self,
        scan: &ScanReport,
        inventory: Option<&Inventory>,
    ) -> Result<(), StateError> {
        self.write("scan", |transaction| {
            if let Some(inventory) = inventory {
                tables::put(transaction, Memory::Inventory, &list(inventory))?;
            }
            tables::put(transaction, Memory::Scan, scan)
        })
    }

    /// The inventory here and at the server.
    ///
    /// # Errors
    /// [`StateError`] if the store cannot be read.
    pub fn inventories(&self) -> Result<Inventories, StateError> {
        let [current, acknowledged] = [
            self.recall(Memory::Inventory)?,
            self.recall(Memory::AcknowledgedInventory)?,
        ]
        .map(|list: Option<Vec<Update>>| list.map(Inventory::new));
        Ok(Inventories {
            current,
            acknowledged,
        })
    }

    /// Notes what the server has.
    ///
    /// # Errors
    /// [`StateError`] if the store cannot be written.
    pub fn acknowledge_inventory(&self, inventory: Option<&Inventory>) -> Result<(), StateError> {
        self.write("acknowledged inventory", |transaction| match inventory {
            Some(inventory) => {
                tables::put(transaction, Memory::AcknowledgedInventory, &list(inventory))
            }
            None => tables::forget(transaction, Memory::AcknowledgedInventory),
        })
    }

    /// Keeps what is known of the updates of an installation while it goes on. It is forgotten when
    /// its task ends.
    ///
    /// # Errors
    /// [`StateError`] if the store cannot be written.
    pub fn note_installation(
        &self,
        task: TaskId,
        updates: &[UpdateResult],
    ) -> Result<(), StateError> {
        self.remember(Memory::Installation, &(task, updates))
    }

    /// What is known of the updates of an installation that has not ended.
    ///
    /// # Errors
    /// [`StateError`] if the store cannot be read.
    pub fn installation(&self, task: TaskId) -> Result<Vec<UpdateResult>, StateError> {
        let noted: Option<(TaskId, Vec<UpdateResult>)> = self.recall(Memory::Installation)?;
        Ok(match noted {
            Some((noted_for, updates)) if noted_for == task => updates,
            _ => Vec::new(),
        })
    }

    /// The configuration and its version; the defaults before the first.
    ///
    /// # Errors
    /// [`StateError`] if the store cannot be read.
    pub fn config(&self) -> Result<(AgentConfig, Option<String>), StateError> {
        let versioned: VersionedConfig = self.recall(Memory::Config)?.unwrap_or_default();
        Ok((versioned.config, versioned.etag))
    }

    /// Keeps a new configuration that came at an instant of the machine's clock.
    ///
    /// # Errors
    /// [`StateError`] if the store cannot be written.
    pub fn set_config(
        &self,
        config: &AgentConfig,
        etag: &str,
        at: Timestamp,
    ) -> Result<(), StateError> {
        self.write("configuration", |transaction| {
            let kept: VersionedConfig =
                tables::get_in(transaction, Memory::Config)?.unwrap_or_default();
            let is_same = kept.config.maintenance == config.maintenance;
            let versioned = VersionedConfig {
                etag: Some(etag.to_owned()),
                config: config.clone(),
                maintenance_since: kept.maintenance_since.filter(|_| is_same).or(Some(at)),
            };
            tables::put(transaction, Memory::Config, &versioned)
        })
    }

    /// Since when the maintenance rules are what they are, by the machine's clock; `None` before
    /// the first configuration.
    ///
    /// # Errors
    /// [`StateError`] if the store cannot be read.
    pub fn maintenance_since(&self) -> Result<Option<Timestamp>, StateError> {
        let versioned: VersionedConfig = self.recall(Memory::Config)?.unwrap_or_default();
        Ok(versioned.maintenance_since)
    }

    /// How much time work needs, as far as it was learned.
    ///
    /// # Errors
    /// [`StateError`] if the store cannot be read.
    pub fn needs(&self) -> Result<Needs, StateError> {
        self.recall(Memory::Needs).map(Option::unwrap_or_default)
    }

    /// Keeps how much time work needs.
    ///
    /// # Errors
    /// [`StateError`] if the store cannot be written.
    pub fn set_needs(&self, needs: &Needs) -> Result<(), StateError> {
        self.remember(Memory::Needs, needs)
    }
}

fn list(inventory: &Inventory) -> Vec<&Update> {
    inventory.updates().collect()
}
