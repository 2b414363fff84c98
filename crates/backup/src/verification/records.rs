//! The hashes that lie beside snapshots.

use super::{DamageKind, Examination};
use crate::{error::Result, files, manifest};
use rustic_core::TreeId;
use std::collections::{BTreeMap, BTreeSet};

/// What a part of a manifest is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Damaged,
    Middle,
    Last,
}

/// Examines every part that is there, and whether the manifests of these trees are whole.
pub(super) fn examine(trees: &BTreeSet<TreeId>, examination: &mut Examination<'_>) -> Result<()> {
    let folder = files::object(manifest::FOLDER);
    let destination = &examination.member.destination;
    let entries = examination.set.block(destination.list(Some(&folder)))?;
    let mut parts: BTreeMap<(String, u32), Part> = BTreeMap::new();
    for entry in entries {
        let Some((stem, number)) = manifest::place_of(&entry.name) else {
            continue;
        };
        let Some(bytes) = examination.fetch(&entry.name)? else {
            continue;
        };
        let plain = examination.seal.open(&bytes).ok();
        let part = match plain.and_then(|plain| manifest::ends(&plain)) {
            Some(true) => Part::Last,
            Some(false) => Part::Middle,
            None => {
                examination.note(&entry.name, DamageKind::WrongContent, String::new());
                Part::Damaged
            }
        };
        parts.insert((stem.to_owned(), number), part);
    }
    let mut stems: BTreeSet<String> = trees.iter().map(manifest::hashes_of).collect();
    // Not every snapshot has metadata of its own beside it; what is there has to be whole.
    let of_these = |(stem, _): &&(String, u32)| {
        stem.split_once('-')
            .is_some_and(|(tree, _)| stems.contains(tree))
    };
    let metadata: Vec<String> = parts
        .keys()
        .filter(of_these)
        .map(|(stem, _)| stem.clone())
        .collect();
    stems.extend(metadata);
    for stem in stems {
        let part = |number| parts.get(&(stem.clone(), number)).copied();
        let mut number = 0;
        loop {
            match (part(number), part(number + 1)) {
                (None, _) => {
                    let name = manifest::part_name(&stem, number);
                    let detail = "hashes or metadata of files that a snapshot has".to_owned();
                    examination.note(&name, DamageKind::Missing, detail);
                    break;
                }
                // It may have been the last.
                (Some(Part::Last), _) | (Some(Part::Damaged), None) => break,
                (Some(Part::Middle | Part::Damaged), _) => number += 1,
            }
        }
    }
    Ok(())
}
