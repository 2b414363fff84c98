//! The inventory of updates on its way to the server.

use latarnik_protocol::{Inventory, InventoryReport, Update, limits};
use serde::Serialize;

/// Room in a check-in for all that is not the inventory.
const REST_BYTES: usize = 64 * 1024;
/// Longest key of an update, in bytes.
const KEY_BYTES: usize = 512;
/// Longest other text of an update, in bytes.
const TEXT_BYTES: usize = 4 * 1024;

/// What was found, within the protocol's limits: one strange update must not keep the server from
/// hearing of the others. What does not fit is left out, from the end.
pub(super) fn fitting(found: Vec<Update>) -> Inventory {
    let count = found.len();
    let (usable, unusable): (Vec<_>, Vec<_>) = found
        .into_iter()
        .partition(|update| (1..=KEY_BYTES).contains(&update.key.len()));
    let all = Inventory::new(usable.into_iter().map(shortened));
    let mut room = limits::JSON_BODY_BYTES - REST_BYTES;
    let fits = |update: &Update| {
        room.checked_sub(json_bytes(update) + 1)
            .map(|left| room = left)
            .is_some()
    };
    let kept = Inventory::new(
        all.updates()
            .take(limits::UPDATES)
            .cloned()
            .take_while(fits),
    );
    if kept.len() < all.len() || !unusable.is_empty() {
        tracing::warn!(
            found = count,
            kept = kept.len(),
            "not all updates can be reported"
        );
    }
    kept
}

/// The hash alone when the server has it all, what changed when it has an earlier one and that is
/// shorter, everything otherwise.
pub(super) fn report(current: &Inventory, acknowledged: Option<&Inventory>) -> InventoryReport {
    let hash = current.hash();
    let delta = acknowledged.map(|base| current.delta_from(base));
    if delta.as_ref().is_some_and(|delta| delta.base == hash) {
        return InventoryReport {
            hash,
            delta: None,
            full: None,
        };
    }
    let full: Vec<Update> = current.updates().cloned().collect();
    match delta {
        Some(delta) if json_bytes(&delta) <= json_bytes(&full) + KEY_BYTES => InventoryReport {
            hash,
            delta: Some(delta),
            full: None,
        },
        _ => InventoryReport {
            hash,
            delta: None,
            full: Some(full),
        },
    }
}

fn json_bytes(value: &impl Serialize) -> usize {
    serde_json::to_vec(value).map_or(usize::MAX / 2, |json| json.len())
}

fn shortened(mut update: Update) -> Update {
    cut(&mut update.title);
    let texts = [
        &mut update.kb,
        &mut update.update_id,
        &mut update.package,
        &mut update.installed_version,
        &mut update.available_version,
    ];
    texts.into_iter().flatten().for_each(cut);
    for title in update
        .titles
        .iter_mut()
        .flat_map(|titles| titles.values_mut())
    {
        cut(title);
    }
    update
}

fn cut(text: &mut String) {
    let end = (0..=TEXT_BYTES.min(text.len()))
        .rev()
        .find(|&end| text.is_char_boundary(end));
    text.truncate(end.unwrap_or_default());
}

#[cfg(test)]
mod tests {
    use super::*;
    use latarnik_model::{RestartBehavior, UpdateCategory, UpdateSource};
    use proptest::prelude::*;

    fn update(key: &str, title: &str) -> Update {
        Update {
            key: key.to_owned(),
            source: UpdateSource::Apt,
            title: title.to_owned(),
            category: UpdateCategory::Optional,
            severity: None,
            kb: None,
            update_id: None,
            revision: None,
            package: None,
            installed_version: None,
            available_version: None,
            size_bytes: None,
            released_at: None,
            restart: RestartBehavior::Unknown,
            titles: None,
        }
    }

    fn inventory() -> impl Strategy<Value = Inventory> {
        let updates = prop::collection::vec(("[a-f]", "[xy]"), 0..6);
        updates.prop_map(|pairs| Inventory::new(pairs.iter().map(|(k, t)| update(k, t))))
    }

    proptest! {
        #[test]
        fn a_server_that_keeps_the_protocol_ends_with_the_agents_inventory(
            current in inventory(), acknowledged in prop::option::of(inventory()),
        ) {
            let report = report(&current, acknowledged.as_ref());
            let arrived = match (report.full, report.delta) {
                (Some(full), None) => Inventory::new(full),
                (None, Some(delta)) => {
                    let base = acknowledged.unwrap();
                    prop_assert_eq!(&delta.base, &base.hash());
                    base.with(&delta)
                }
                (None, None) => acknowledged.unwrap(),
                (Some(_), Some(_)) => panic!("both"),
            };
            prop_assert_eq!(arrived.hash(), report.hash);
            prop_assert_eq!(arrived, current);
        }
    }

    #[test]
    fn an_unusable_update_does_not_hide_the_others() {
        let long = "k".repeat(KEY_BYTES + 1);
        let kept = fitting(vec![update("", "a"), update(&long, "b"), update("c", "c")]);
        assert_eq!(
            kept.updates()
                .map(|update| update.key.as_str())
                .collect::<Vec<_>>(),
            ["c"]
        );
    }

    #[test]
    fn long_texts_are_cut_between_characters() {
        let kept = fitting(vec![update("a", &"ż".repeat(TEXT_BYTES))]);
        assert_eq!(kept.updates().next().unwrap().title.len(), TEXT_BYTES);
    }

    #[test]
    fn the_longest_inventory_fits_into_a_check_in() {
        let title = "t".repeat(TEXT_BYTES);
        let kept = fitting(
            (0..2_000)
                .map(|n| update(&format!("{n:05}"), &title))
                .collect(),
        );
        let full: Vec<&Update> = kept.updates().collect();
        assert!(full.len() > 900);
        assert!(json_bytes(&full) <= limits::JSON_BODY_BYTES - REST_BYTES + 1);
    }
}
