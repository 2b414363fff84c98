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
use rustic_core::{FileType, Id, LimitOption, PruneOptions, PruneStats, repofile::SnapshotFile};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeSet, sync::Arc};

/// What deleting did.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct PruneReport {
    /// Snapshots that were deleted.
    pub removed_snapshots: u64,
    /// Snapshots that are left.
    pub kept_snapshots: u64,
    /// Bytes of stored data that were freed at each destination, as [`PruneForecast`] counts them.
    pub freed_bytes: u64,
    /// Bytes that were written anew, since packs held both what is needed and what is not.
    pub rewritten_bytes: u64,
    /// Files of writers that were cut off.
    pub removed_leftovers: u64,
    /// Generations that had no snapshot left, and were deleted whole.
    #[serde(default)]
    pub deleted_generations: Vec<DeletedGeneration>,
}

/// What deleting would do. Counted is data as it is stored, compressed and encrypted, at each
/// destination: pieces of files, and of folders, that no snapshot which stays refers to, and packs
/// that no index names. The headers of packs, indexes, snapshots and hashes are not counted; of
/// what is deleted as a whole generation, every file is.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct PruneForecast {
    /// Bytes that would be freed.
    pub freed_bytes: u64,
    /// Bytes that would be written anew for it.
    pub rewritten_bytes: u64,
    /// Bytes that nothing needs and that would stay, since rewriting for them is not worth it: a
    /// twentieth of what is left, at most.
    pub left_bytes: u64,
    /// Generations that would have no snapshot left, and would be deleted whole.
    #[serde(default)]
    pub deleted_generations: Vec<u32>,
}

/// A generation of which nothing is left.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeletedGeneration {
    /// Which one.
    pub generation: u32,
    /// Bytes of all files that were deleted, at the destination that had most.
    pub freed_bytes: u64,
    /// Destinations where it still lies, as they did not answer; it is deleted there later.
    pub waiting: Vec<String>,
}

/// Whether a repository may lose its last snapshot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LastSnapshot {
    /// It is all that there is.
    Stays,
    /// Another generation has snapshots.
    MayGo,
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
        self.prune_to(remove, LastSnapshot::Stays, progress)
    }

    pub(crate) fn prune_to(
        &mut self,
        remove: &[String],
        last: LastSnapshot,
        progress: Arc<dyn ProgressSink>,
    ) -> Result<PruneReport> {
        let meter = Meter::new(progress);
        meter.begin(Phase::Preparing);
        let lock = self.lock(LockKind::Exclusive)?;
        let result = self.prune_locked(remove, last, &meter);
        let result = self.distrust_cache(result);
        let unlocked = self.unlock(lock);
        let report = result?;
        unlocked?;
        Ok(report)
    }

    /// Tells what deleting these snapshots would free, and changes nothing.
    ///
    /// # Errors
    ///
    /// When another program holds an exclusive lock, or no destination answers.
    pub fn forecast(&mut self, remove: &[String]) -> Result<PruneForecast> {
        let lock = self.lock(LockKind::Shared)?;
        let result = self.forecast_locked(remove);
        let result = self.distrust_cache(result);
        let unlocked = self.unlock(lock);
        let forecast = result?;
        unlocked?;
        Ok(forecast)
    }

    fn forecast_locked(&self, remove: &[String]) -> Result<PruneForecast> {
        let library = self.library(
            Snapshots::Written,
            Lookup::ThroughCache,
            rustic_core::NoProgressBars {},
        )?;
        let mut options = options();
        options.ignore_snaps = remove
            .iter()
            .filter_map(|id| Some(id.parse::<Id>().ok()?.into()))
            .collect();
        let plan = library
            .prune_plan(&options)
            .map_err(|error| self.set.explain(error))?;
        Ok(forecast(&plan.stats))
    }

    fn prune_locked(
        &mut self,
        remove: &[String],
        last: LastSnapshot,
        meter: &Arc<Meter>,
    ) -> Result<PruneReport> {
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
        if kept.is_empty() && !removed.is_empty() && last == LastSnapshot::Stays {
            return Err(BackupError::LastSnapshot);
        }
        let ids: Vec<_> = removed.iter().map(|snapshot| snapshot.id).collect();
        library
            .delete_snapshots(&ids)
            .map_err(|error| self.set.explain(error))?;
        let options = options();
        let plan = library
            .prune_plan(&options)
            .map_err(|error| self.set.explain(error))?;
        let done = forecast(&plan.stats);
        library
            .prune(&options, plan)
            .map_err(|error| self.set.explain(error))?;
        self.remove_manifests(&kept)?;
        // Packs of an unfinished run were not in the index, and are gone now.
        self.set_unfinished(false)?;
        Ok(PruneReport {
            removed_snapshots: removed.len() as u64,
            kept_snapshots: kept.len() as u64,
            freed_bytes: done.freed_bytes,
            rewritten_bytes: done.rewritten_bytes,
            removed_leftovers: self.remove_leftovers()?,
            deleted_generations: Vec::new(),
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

fn options() -> PruneOptions {
    let mut options = PruneOptions::default();
    // Nobody else is at work: an exclusive lock is held.
    options.instant_delete = true;
    // What is not needed goes, up to a twentieth, however much is to be written anew for it.
    options.max_repack = LimitOption::Unlimited;
    options
}

fn forecast(stats: &PruneStats) -> PruneForecast {
    let sizes = stats.size_sum();
    let freed = sizes.remove + sizes.repackrm;
    PruneForecast {
        freed_bytes: freed + stats.size_unref,
        rewritten_bytes: sizes.repack.saturating_sub(sizes.repackrm),
        left_bytes: sizes.unused.saturating_sub(freed),
        deleted_generations: Vec::new(),
    }
}
