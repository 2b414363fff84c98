//! A job's repository, opened.

mod opening;

use crate::{
    clock::Clock,
    error::{BackupError, Result},
    locks::{self, Holder, Lock, LockKind},
    seal::Seal,
    set::{
        Member, MemberReport, Place, RepositorySet, SetBackend, Snapshots,
        catch_up::{self, CatchUp},
    },
    state::{JobState, StateFolder},
    system::OperatingSystem,
};
use latarnik_destinations::{ObjectName, Secret};
use rustic_core::{
    ConfigOptions, Credentials, Id, OpenStatus, ProgressBars, RepositoryBackends, RepositoryOptions,
};
use std::{
    collections::BTreeSet,
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
};
use tokio::runtime::Handle;
use tokio_util::sync::CancellationToken;

/// Packs are about this large: small enough for bounded memory, large enough for slow lines.
const PACK_BYTES: u64 = 16 * 1024 * 1024;
const TREE_PACK_BYTES: u64 = 4 * 1024 * 1024;

/// Around a job: where it remembers things, what it is called, how it is stopped.
#[derive(Debug, Clone)]
pub struct Surroundings {
    /// Where destinations are talked to from. The engine itself blocks, so it is called outside
    /// of this runtime's own threads.
    pub runtime: Handle,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// The device's name, in snapshots and locks.
    pub hostname: String,
    /// The account, in snapshots and locks.
    pub username: String,
    /// The job's memory on this machine, its own folder.
    pub state_folder: PathBuf,
    /// Where index and trees stay between runs, as they lie at the destinations; for those that
    /// are slower to ask than this machine's disk.
    pub cache_folder: Option<PathBuf>,
    /// What is asked of the operating system.
    pub system: Arc<dyn OperatingSystem>,
    /// Ends what is at work, without waiting for destinations.
    pub cancellation: CancellationToken,
}

/// This machine's name.
pub fn hostname() -> String {
    gethostname::gethostname().to_string_lossy().into_owned()
}

/// A job's repository at all of its destinations.
pub struct Repository {
    pub(crate) set: Arc<RepositorySet>,
    pub(crate) seal: Arc<Seal>,
    pub(crate) surroundings: Surroundings,
    credentials: Credentials,
    id: Id,
    folder: StateFolder,
    state: JobState,
}

/// Where index, trees and snapshots are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lookup {
    /// At the destinations, when this machine has no copy.
    ThroughCache,
    /// At the destinations: what is proven is what lies there.
    AtDestinations,
}

/// What to do when no destination has a repository.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WhenAbsent {
    /// Make one.
    Create,
    /// Fail.
    Fail,
}

pub(crate) type Library<S> = rustic_core::Repository<S>;

impl Repository {
    /// Opens the repository at the given places. A place that does not answer is behind; one that
    /// answers is enough.
    ///
    /// # Errors
    ///
    /// When another run of the job is at work, no place answers, the password is wrong, or there
    /// is no repository and none is to be made.
    pub fn open(
        places: Vec<Place>,
        password: &Secret,
        absent: WhenAbsent,
        surroundings: Surroundings,
    ) -> Result<Self> {
        let folder = StateFolder::hold(&surroundings.state_folder)?;
        let state = folder.load()?;
        // Those that the job knows come first: what lies at a new one may be somebody else's.
        let mut places = places;
        places.sort_by_key(|place| !state.members.contains_key(&place.name));
        let members = places
            .into_iter()
            .map(|place| {
                let record = state.members.get(&place.name).cloned().unwrap_or_default();
                Arc::new(Member::new(place.name, place.destination, record))
            })
            .collect();
        let set = RepositorySet::new(
            members,
            surroundings.runtime.clone(),
            surroundings.cancellation.clone(),
        );
        let holders = opening::contact(&set)?;
        let credentials = Credentials::Password(password.reveal().to_owned());
        let opened = opening::open(&set, &holders, &credentials, absent)?;
        let damaged = || BackupError::Damaged {
            detail: "the master key has another length".to_owned(),
        };
        let seal = Seal::new(&opened.key()).ok_or_else(damaged)?;
        Ok(Self {
            credentials: Credentials::Masterkey(opened.key()),
            id: *opened.config().id,
            set,
            seal: Arc::new(seal),
            surroundings,
            folder,
            state,
        })
    }

    /// The repository's id, as restic shows it.
    pub fn id(&self) -> String {
        self.id.to_hex().as_str().to_owned()
    }

    /// How each destination is.
    pub fn members(&self) -> Vec<MemberReport> {
        self.set.report()
    }

    /// The library's view, with what it reports as progress.
    pub(crate) fn library(
        &self,
        snapshots: Snapshots,
        lookup: Lookup,
        progress: impl ProgressBars,
    ) -> Result<Library<OpenStatus>> {
        let backend = SetBackend::new(Arc::clone(&self.set), snapshots);
        let cache = match lookup {
            Lookup::ThroughCache => self.surroundings.cache_folder.as_deref(),
            Lookup::AtDestinations => None,
        };
        unopened(backend, cache, progress)
            .and_then(|library| Ok(library.open(&self.credentials)?))
            .map_err(|error| self.set.explain(error))
    }

    /// What was damaged may be the copy in the cache, which a machine that lost its power wrote.
    /// Without it the destinations are asked again.
    pub(crate) fn distrust_cache<T>(&self, result: Result<T>) -> Result<T> {
        if let (Err(BackupError::Repository { .. }), Some(cache)) =
            (&result, &self.surroundings.cache_folder)
            && let Err(error) = fs::remove_dir_all(cache)
            && error.kind() != io::ErrorKind::NotFound
        {
            tracing::warn!(folder = %cache.display(), %error, "the cache cannot be removed");
        }
        result
    }

    /// The library's view of another set, such as one destination alone.
    pub(crate) fn library_over(&self, set: &Arc<RepositorySet>) -> Result<Library<OpenStatus>> {
        let backend = SetBackend::new(Arc::clone(set), Snapshots::Written);
        unopened(backend, None, rustic_core::NoProgressBars {})
            .and_then(|library| Ok(library.open(&self.credentials)?))
            .map_err(|error| set.explain(error))
    }

    /// Takes a lock at every destination in step.
    pub(crate) fn lock(&mut self, kind: LockKind) -> Result<Lock> {
        let own: BTreeSet<ObjectName> = self
            .state
            .locks
            .iter()
            .filter_map(|name| ObjectName::new(name.as_str()).ok())
            .collect();
        // Nobody else holds the job's memory, so these are of processes that are gone, or of a
        // destination that was.
        let left: Vec<String> = own
            .iter()
            .filter(|name| !self.set.release(name))
            .map(ObjectName::to_string)
            .collect();
        let holder = Holder {
            hostname: self.surroundings.hostname.clone(),
            username: self.surroundings.username.clone(),
            clock: Arc::clone(&self.surroundings.clock),
            system: Arc::clone(&self.surroundings.system),
        };
        let (set, seal) = (Arc::clone(&self.set), Arc::clone(&self.seal));
        let remember = |name: &ObjectName| {
            self.state.locks = left;
            self.state.locks.push(name.to_string());
            self.save()
        };
        locks::lock(&set, &seal, &holder, kind, &own, remember)
    }

    /// Releases a lock, and forgets it where it is gone.
    pub(crate) fn unlock(&mut self, lock: Lock) -> Result<()> {
        let released = lock.names();
        let left = lock.release();
        self.state.locks.retain(|name| {
            let is = |other: &ObjectName| other.as_str() == name;
            !released.iter().any(is) || left.iter().any(is)
        });
        self.save()
    }

    /// Whether an earlier run did not come to its end.
    pub(crate) fn has_unfinished(&self) -> bool {
        self.state.unfinished
    }

    pub(crate) fn set_unfinished(&mut self, unfinished: bool) -> Result<()> {
        self.state.unfinished = unfinished;
        self.save()
    }

    /// Brings every destination in step that is behind and answers. Those that fail, or have
    /// another repository, stay behind.
    pub(crate) fn catch_up(&self) -> Result<Vec<(String, CatchUp)>> {
        let mut done = Vec::new();
        for member in self.set.members() {
            if member.is_in_step() {
                continue;
            }
            match catch_up::catch_up(&self.set, member) {
                Ok(copied) => done.push((member.name.clone(), copied)),
                Err(BackupError::Cancelled) => return Err(BackupError::Cancelled),
                Err(error) => member.fall_behind(&error),
            }
        }
        Ok(done)
    }

    /// Writes down how the destinations are.
    pub(crate) fn save(&mut self) -> Result<()> {
        self.state.members = self
            .set
            .members()
            .iter()
            .map(|member| (member.name.clone(), member.record()))
            .collect();
        self.folder.save(&self.state)
    }
}

fn unopened(
    backend: SetBackend,
    cache: Option<&Path>,
    progress: impl ProgressBars,
) -> Result<Library<()>> {
    let mut options = RepositoryOptions::default();
    options.no_cache = cache.is_none();
    options.cache_dir = cache.map(Path::to_owned);
    let backends = RepositoryBackends::new(Arc::new(backend), None);
    Ok(Library::new_with_progress(&options, &backends, progress)?)
}

fn config_options() -> ConfigOptions {
    ConfigOptions::default()
        .set_version(2_u32)
        .set_datapack_size(rustic_core_size(PACK_BYTES))
        .set_datapack_growfactor(0_u32)
        .set_treepack_size(rustic_core_size(TREE_PACK_BYTES))
        .set_treepack_growfactor(0_u32)
}

fn rustic_core_size(bytes: u64) -> bytesize::ByteSize {
    bytesize::ByteSize::b(bytes)
}
