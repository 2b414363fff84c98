//! Everything that snapshots need is there.

use super::{DamageKind, Examination};
use crate::{
    error::{BackupError, Result},
    files, manifest,
    repository::{Library, Repository},
    set::RepositorySet,
};
use latarnik_destinations::Entry;
use rustic_core::{
    FileType, Id, IndexedFullStatus, TreeId,
    repofile::{IndexFile, IndexId, SnapshotFile},
};
use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};

/// What a walk through all snapshots met.
#[derive(Debug, Default)]
pub(super) struct Walked {
    pub(super) snapshots: u64,
    /// Trees of snapshots beside which hashes lie.
    pub(super) with_records: BTreeSet<TreeId>,
}

/// Compares index and packs, and walks through the trees of all snapshots.
pub(super) fn examine(
    repository: &Repository,
    alone: &Arc<RepositorySet>,
    packs: &[Entry],
    examination: &mut Examination<'_>,
) -> Result<Walked> {
    let library = match repository.library_over(alone) {
        Ok(library) => library,
        Err(error) => return named_already(error, examination),
    };
    let sizes: HashMap<Id, u64> = packs
        .iter()
        .filter_map(|pack| Some((files::id(&pack.name)?, pack.bytes)))
        .collect();
    for entry in examination.list(FileType::Index)? {
        let Some(id) = files::id(&entry.name) else {
            continue;
        };
        let index: IndexFile = match library.get_file(&IndexId::from(id)) {
            Ok(index) => index,
            Err(error) => {
                examination.note(&entry.name, DamageKind::Unreadable, error.display_log());
                continue;
            }
        };
        for pack in &index.packs {
            let name = files::name(FileType::Pack, &pack.id);
            match sizes.get(&*pack.id) {
                None => examination.note(&name, DamageKind::Missing, String::new()),
                Some(size) if *size != u64::from(pack.pack_size()) => {
                    let detail = format!("{size} bytes instead of {}", pack.pack_size());
                    examination.note(&name, DamageKind::WrongSize, detail);
                }
                Some(_) => {}
            }
        }
    }
    let library = match library.to_indexed() {
        Ok(library) => library,
        Err(error) => return named_already(alone.explain(error), examination),
    };
    walk(&library, alone, examination)
}

/// What cannot be read at all was named already.
fn named_already(error: BackupError, examination: &Examination<'_>) -> Result<Walked> {
    let is_damage = match &error {
        BackupError::Damaged { .. } | BackupError::Repository { .. } => true,
        BackupError::Destination(failure) => failure.is_of_the_file_alone(),
        _ => false,
    };
    if is_damage && examination.damages > 0 {
        Ok(Walked::default())
    } else {
        Err(error)
    }
}

fn walk(
    library: &Library<IndexedFullStatus>,
    alone: &Arc<RepositorySet>,
    examination: &mut Examination<'_>,
) -> Result<Walked> {
    let mut seen = BTreeSet::new();
    let mut walked = Walked::default();
    for entry in examination.list(FileType::Snapshot)? {
        let Some(id) = files::id(&entry.name) else {
            continue;
        };
        let snapshot: SnapshotFile = match library.get_file(&id.into()) {
            Ok(snapshot) => snapshot,
            Err(error) => {
                examination.note(&entry.name, DamageKind::Unreadable, error.display_log());
                continue;
            }
        };
        walked.snapshots += 1;
        if manifest::is_beside(&snapshot) {
            walked.with_records.insert(snapshot.tree);
        }
        let mut open = vec![snapshot.tree];
        while let Some(tree) = open.pop() {
            if !seen.insert(tree) {
                continue;
            }
            alone.check()?;
            open.extend(subtrees(library, &tree, &entry, examination));
        }
    }
    Ok(walked)
}

/// The folders in a folder, whose files all have to be in the index.
fn subtrees(
    library: &Library<IndexedFullStatus>,
    id: &TreeId,
    snapshot: &Entry,
    examination: &mut Examination<'_>,
) -> Vec<TreeId> {
    let tree = match library.get_tree(id) {
        Ok(tree) => tree,
        Err(error) => {
            let detail = format!("tree {id}: {}", error.display_log());
            examination.note(&snapshot.name, DamageKind::Unreadable, detail);
            return Vec::new();
        }
    };
    for node in &tree.nodes {
        for piece in node.content.iter().flatten() {
            if library.get_index_entry(piece).is_err() {
                let detail = format!("{} lacks its piece {piece}", node.name);
                examination.note(&snapshot.name, DamageKind::Missing, detail);
            }
        }
    }
    tree.nodes.iter().filter_map(|node| node.subtree).collect()
}
