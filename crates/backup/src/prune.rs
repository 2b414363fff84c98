//! Deleting snapshots, and what no snapshot needs any more.

use crate::{
    error::{BackupError, Result},
    files,
    locks::LockKind,
    manifest,
    progress::{Bars, Meter, Phase, ProgressSink},
    repository::{Lookup, Repository},
    set::Snapshots,
};
use rustic_core::{FileType, LimitOption, PruneOptions, repofile::SnapshotFile};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeSet, sync::Arc};

/// What deleting did.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct PruneReport {
    /// Snapshots that were deleted.
    pub removed_snapshots: u64,
    /// Snapshots that are left.
    pub kept_snapshots: u64,
    /// Bytes that were freed at each destination.
    pub freed_bytes: u64,
    /// Bytes that were written anew, since packs held both what is needed and what is not.
    pub rewritten_bytes: u64,
    /// Files of writers that were cut off.
    pub removed_leftovers: u64,
}

impl Repository {
    /// Deletes snapshots, then what none of the others needs. What is deleted is first made
    /// unreachable, so that a crash at any point leaves a whole repository.
    ///
    /// # Errors
    ///
    /// When another program holds a lock, no destination answers, it is cancelled, or the
    /// snapshots are all that there are: a repository is not emptied.
    pub fn prune(
        &mut self,
        remove: &[String],
        progress: Arc<dyn ProgressSink>,
    ) -> Result<PruneReport> {
        let meter = Meter::new(progress);
        meter.begin(Phase::Preparing);
        let lock = self.lock(LockKind::Exclusive)?;
        let result = self.prune_locked(remove, &meter);
        let result = self.distrust_cache(result);
        let unlocked = self.unlock(lock);
        let report = result?;
        unlocked?;
        Ok(report)
    }

    fn prune_locked(&mut self, remove: &[String], meter: &Arc<Meter>) -> Result<PruneReport> {
        meter.begin(Phase::CatchingUp);
        self.catch_up()?;
        meter.begin(Phase::Pruning);
        let library = self.library(
            Snapshots::Written,
            Lookup::ThroughCache,
            Bars(Arc::clone(meter)),
        )?;
        let all = library
            .get_all_snapshots()
            .map_err(|error| self.set.explain(error))?;
        let wanted: BTreeSet<&str> = remove.iter().map(String::as_str).collect();
        let (removed, kept): (Vec<SnapshotFile>, Vec<SnapshotFile>) = all
            .into_iter()
            .partition(|snapshot| wanted.contains(snapshot.id.to_hex().as_str()));
        if kept.is_empty() && !removed.is_empty() {
            return Err(BackupError::LastSnapshot);
        }
        let ids: Vec<_> = removed.iter().map(|snapshot| snapshot.id).collect();
        library
            .delete_snapshots(&ids)
            .map_err(|error| self.set.explain(error))?;
        let mut options = PruneOptions::default();
        // Nobody else is at work: an exclusive lock is held.
        options.instant_delete = true;
        // What is not needed goes, up to a twentieth, however much is to be written anew for it.
        options.max_repack = LimitOption::Unlimited;
        let plan = library
            .prune_plan(&options)
            .map_err(|error| self.set.explain(error))?;
        let sizes = plan.stats.size_sum();
        let unindexed = plan.stats.size_unref;
        library
            .prune(&options, plan)
            .map_err(|error| self.set.explain(error))?;
        self.remove_manifests(&kept)?;
        // Packs of an unfinished run were not in the index, and are gone now.
        self.set_unfinished(false)?;
        Ok(PruneReport {
            removed_snapshots: removed.len() as u64,
            kept_snapshots: kept.len() as u64,
            freed_bytes: sizes.remove + sizes.repackrm + unindexed,
            rewritten_bytes: sizes.repack - sizes.repackrm,
            removed_leftovers: self.remove_leftovers()?,
        })
    }

    /// Hashes of trees that no snapshot has any more.
    fn remove_manifests(&self, kept: &[SnapshotFile]) -> Result<()> {
        let trees: BTreeSet<String> = kept
            .iter()
            .map(|snapshot| snapshot.tree.to_hex().as_str().to_owned())
            .collect();
        for name in self.set.list_folder(&files::object(manifest::FOLDER))? {
            let is_kept = manifest::tree_of(&name).is_none_or(|tree| trees.contains(tree));
            if !is_kept {
                // Nothing refers to it, as nothing refers to a pack that is deleted.
                self.set.remove(FileType::Pack, &name)?;
            }
        }
        Ok(())
    }

    fn remove_leftovers(&self) -> Result<u64> {
        let mut removed = 0;
        for member in self.set.in_step() {
            let cleaned = self.set.block(member.destination.remove_leftovers());
            removed += self.set.without(&member, cleaned)?.unwrap_or_default();
        }
        Ok(removed)
    }
}
