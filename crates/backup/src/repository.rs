//! A job's repository, opened.

mod opening;

use crate::{
    clock::Clock,
    error::{BackupError, Result},
    files,
    locks::{self, Holder, Lock, LockKind},
    seal::Seal,
    set::{
        Member, MemberReport, Place, RepositorySet, SetBackend, Snapshots,
        catch_up::{self, CatchUp},
        key_changes,
        key_mold::{Cast, KeyMold},
    },
    state::{JobState, StateFolder},
    system::OperatingSystem,
};
use latarnik_destinations::{ObjectName, Secret};
use rustic_core::{
    ConfigOptions, Credentials, Id, KeyOptions, OpenStatus, ProgressBars, RepositoryBackends,
    RepositoryOptions, WriteBackend,
};
use std::{
    collections::BTreeSet,
    fs, io,
    path::{Path, PathBuf},
    sync::{Arc, PoisonError},
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

impl Surroundings {
    /// The same for one generation of a job, which remembers things of its own.
    pub(crate) fn of_generation(&self, number: u32) -> Self {
        let mut own = self.clone();
        if number > 1 {
            own.state_folder.push(format!("generation-{number}"));
        }
        own
    }
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
    /// The key that opened it.
    pub(crate) key: Id,
    pub(crate) state: JobState,
    credentials: Credentials,
    id: Id,
    folder: StateFolder,
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
    /// When another run of the job is at work, no place answers, the password is wrong, the
    /// repository was deleted, or there is none and none is to be made.
    pub fn open(
        places: Vec<Place>,
        password: &Secret,
        absent: WhenAbsent,
        surroundings: Surroundings,
    ) -> Result<Self> {
        let folder = StateFolder::hold(&surroundings.state_folder)?;
        let state = folder.load()?;
        if state.deleting {
            return Err(BackupError::Deleted);
        }
        let are_keys_due = state.members.values().any(|one| !one.keys.is_empty());
        let set = set_of(places, &state, &surroundings);
        let holders = opening::contact(&set, state.config.as_deref())?;
        let credentials = Credentials::Password(password.reveal().to_owned());
        let (opened, key) = opening::open(&set, &holders, &credentials, absent, &surroundings)?;
        let damaged = |detail: &str| BackupError::Damaged {
            detail: detail.to_owned(),
        };
        let seal = Seal::new(&opened.key());
        let seal = seal.ok_or_else(|| damaged("the master key has another length"))?;
        let mut repository = Self {
            key: key.ok_or_else(|| damaged("no key opened it"))?,
            credentials: Credentials::Masterkey(opened.key()),
            id: *opened.config().id,
            set,
            seal: Arc::new(seal),
            surroundings,
            folder,
            state,
        };
        let config = repository.set.read(&files::config())?;
        repository.state.config = Some(key_changes::hash(&config));
        if are_keys_due {
            repository.save()?;
        }
        Ok(repository)
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
        if let (Err(BackupError::Repository { .. } | BackupError::Damaged { .. }), Some(cache)) =
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
        open_over(set, &self.credentials)
    }

    /// What a password opens at one destination alone: the key, or `None` when it opens none.
    pub(crate) fn opened_by(&self, member: &Arc<Member>, password: &Secret) -> Result<Option<Id>> {
        let credentials = Credentials::Password(password.reveal().to_owned());
        match open_over(&self.set.alone(member, BTreeSet::new()), &credentials) {
            Ok(library) => Ok(library.key_id().map(|key| *key)),
            Err(BackupError::WrongPassword) => Ok(None),
            Err(other) => Err(other),
        }
    }

    /// Makes the file of a key for a password. It lies nowhere yet.
    pub(crate) fn make_key(&self, password: &Secret) -> Result<Option<(Id, Vec<u8>)>> {
        let cast = Cast::default();
        let mold = KeyMold {
            backend: SetBackend::new(Arc::clone(&self.set), Snapshots::Written),
            cast: Arc::clone(&cast),
        };
        unopened(mold, None, rustic_core::NoProgressBars {})
            .and_then(|library| {
                let library = library.open(&self.credentials)?;
                Ok(library.add_key(password.reveal(), &key_options(&self.surroundings))?)
            })
            .map_err(|error| self.set.explain(error))?;
        let mut cast = cast.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(cast.take())
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

/// The places as a set, with what is remembered of them.
pub(crate) fn set_of(
    mut places: Vec<Place>,
    state: &JobState,
    surroundings: &Surroundings,
) -> Arc<RepositorySet> {
    // Those that the job knows come first: what lies at a new one may be somebody else's.
    places.sort_by_key(|place| !state.members.contains_key(&place.name));
    let members = places
        .into_iter()
        .map(|place| {
            let record = state.members.get(&place.name).cloned().unwrap_or_default();
            Arc::new(Member::new(place.name, place.destination, record))
        })
        .collect();
    RepositorySet::new(
        members,
        surroundings.runtime.clone(),
        surroundings.cancellation.clone(),
    )
}

fn open_over(set: &Arc<RepositorySet>, credentials: &Credentials) -> Result<Library<OpenStatus>> {
    let backend = SetBackend::new(Arc::clone(set), Snapshots::Written);
    unopened(backend, None, rustic_core::NoProgressBars {})
        .and_then(|library| Ok(library.open(credentials)?))
        .map_err(|error| set.explain(error))
}

/// Who made a key, and when: restic lists it.
fn key_options(surroundings: &Surroundings) -> KeyOptions {
    KeyOptions::default()
        .hostname(surroundings.hostname.clone())
        .username(surroundings.username.clone())
        .with_created(true)
}

fn unopened(
    backend: impl WriteBackend,
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
