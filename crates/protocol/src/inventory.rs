//! Lists that travel as a hash plus what changed.

use jiff::Timestamp;
use latarnik_model::{RestartBehavior, Severity, UpdateCategory, UpdateSource};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// One update that the operating system offers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Update {
    /// What identifies it on the device: `{UpdateID}:{revision}` on Windows,
    /// `{package}={candidate version}` with apt. At most 512 bytes.
    pub key: String,
    /// Where it comes from.
    pub source: UpdateSource,
    /// For display only, in any language.
    pub title: String,
    /// Kind of update.
    pub category: UpdateCategory,
    /// Severity of what it closes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub severity: Option<Severity>,
    /// Knowledge base article, such as `KB5070001`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kb: Option<String>,
    /// Windows: the UpdateID, a GUID.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub update_id: Option<String>,
    /// Windows: the revision of that UpdateID.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revision: Option<i32>,
    /// Linux: the package.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub package: Option<String>,
    /// The version that is installed now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub installed_version: Option<String>,
    /// The version that is offered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub available_version: Option<String>,
    /// Bytes to download, at most.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size_bytes: Option<u64>,
    /// When it was published.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub released_at: Option<Timestamp>,
    /// Whether it restarts the machine.
    #[serde(default)]
    pub restart: RestartBehavior,
    /// Titles in the languages that the server asked for (`title_languages`), by language; absent
    /// where it asked for none, or they say nothing that `title` does not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub titles: Option<BTreeMap<String, String>>,
}

/// A hash over a whole inventory, 64 hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct InventoryHash(pub String);

/// A whole inventory of updates, ordered by key.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Inventory(BTreeMap<String, Update>);

impl Inventory {
    /// The updates, by key; of two with the same key the later counts.
    #[must_use]
    pub fn new(updates: impl IntoIterator<Item = Update>) -> Self {
        Self(
            updates
                .into_iter()
                .map(|update| (update.key.clone(), update))
                .collect(),
        )
    }

    /// The updates, ordered by key.
    pub fn updates(&self) -> impl Iterator<Item = &Update> {
        self.0.values()
    }

    /// How many updates there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// SHA-256 over the updates in JSON, ordered by key, each followed by a line feed.
    #[must_use]
    pub fn hash(&self) -> InventoryHash {
        let mut hasher = Sha256::new();
        for update in self.updates() {
            let line = serde_json::to_vec(update).expect("an update has only string keys");
            hasher.update(line);
            hasher.update(b"\n");
        }
        let digest = hasher.finalize();
        InventoryHash(digest.iter().map(|byte| format!("{byte:02x}")).collect())
    }

    /// What leads from `base` to this inventory.
    #[must_use]
    pub fn delta_from(&self, base: &Self) -> InventoryDelta {
        InventoryDelta {
            base: base.hash(),
            changed: self
                .updates()
                .filter(|update| base.0.get(&update.key) != Some(update))
                .cloned()
                .collect(),
            removed: base
                .0
                .keys()
                .filter(|key| !self.0.contains_key(*key))
                .cloned()
                .collect(),
        }
    }

    /// This inventory after a change.
    #[must_use]
    pub fn with(mut self, delta: &InventoryDelta) -> Self {
        for key in &delta.removed {
            self.0.remove(key);
        }
        self.0.extend(
            delta
                .changed
                .iter()
                .map(|update| (update.key.clone(), update.clone())),
        );
        self
    }
}

/// What changed since an inventory that the server has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InventoryDelta {
    /// The hash of the inventory that the change starts from.
    pub base: InventoryHash,
    /// New and changed updates.
    pub changed: Vec<Update>,
    /// Keys that are no longer there.
    pub removed: Vec<String>,
}

/// An inventory in a check-in: its hash alone when nothing changed, with a delta when the server
/// has an earlier one, in full when the server asked for it or has none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InventoryReport {
    /// The hash of the inventory as it is now.
    pub hash: InventoryHash,
    /// What changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delta: Option<InventoryDelta>,
    /// Everything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub full: Option<Vec<Update>>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn update(number: u8, version: u8) -> Update {
        Update {
            key: format!("package-{number}"),
            source: UpdateSource::Apt,
            title: "title".to_owned(),
            category: UpdateCategory::Optional,
            severity: None,
            kb: None,
            update_id: None,
            revision: None,
            package: Some(format!("package-{number}")),
            installed_version: None,
            available_version: Some(version.to_string()),
            size_bytes: Some(u64::from(version)),
            released_at: None,
            restart: RestartBehavior::Unknown,
            titles: None,
        }
    }

    fn inventory() -> impl Strategy<Value = Inventory> {
        prop::collection::vec((0u8..20, 0u8..3), 0..20)
            .prop_map(|pairs| Inventory::new(pairs.into_iter().map(|(n, v)| update(n, v))))
    }

    proptest! {
        #[test]
        fn a_delta_leads_from_any_inventory_to_any_other(from in inventory(), to in inventory()) {
            let delta = to.delta_from(&from);
            let arrived = from.clone().with(&delta);
            prop_assert_eq!(arrived.hash(), to.hash());
            prop_assert_eq!(arrived, to);
        }

        #[test]
        fn different_inventories_have_different_hashes(a in inventory(), b in inventory()) {
            prop_assert_eq!(a == b, a.hash() == b.hash());
        }
    }
}
