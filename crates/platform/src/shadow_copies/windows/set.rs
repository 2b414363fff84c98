//! One set of shadow copies, from the first call to the last.

use super::{
    super::{Failure, Reason},
    failure,
    vssapi::{self, BackupComponents, Library, Operation},
};
use std::{
    path::PathBuf,
    time::{Duration, Instant},
};
use windows::core::{GUID, HSTRING, Result as Answer};

/// Everything together takes at most so long.
const LIMIT: Duration = Duration::from_secs(600);
/// What releases copies takes at most so long.
const RELEASE_LIMIT: Duration = Duration::from_secs(120);
/// How often cancellation and time limit are looked at, in milliseconds.
const TICK: u16 = 200;
/// The service makes one set at a time.
const PAUSES: [Duration; 6] = [
    Duration::from_secs(2),
    Duration::from_secs(5),
    Duration::from_secs(10),
    Duration::from_secs(30),
    Duration::from_secs(60),
    Duration::from_secs(60),
];

/// Copies that are there as long as this is. Dropped before [`complete`](Self::complete), it tells
/// the programs that take part that the backup failed.
pub(super) struct CopySet {
    components: BackupComponents,
    is_open: bool,
}

/// What came of the wish for copies.
pub(super) struct Made {
    /// Keeps those that there are.
    pub(super) set: Option<CopySet>,
    /// For each volume where its copy lies, or why it has none.
    pub(super) devices: Vec<Result<PathBuf, Failure>>,
}

/// How long, and until who says so.
struct Patience<'a> {
    deadline: Instant,
    is_cancelled: &'a dyn Fn() -> bool,
}

/// Makes copies of the volumes. For a thread in an apartment.
pub(super) fn make(volumes: &[HSTRING], is_cancelled: &dyn Fn() -> bool) -> Result<Made, Failure> {
    let library = Library::load().map_err(|error| failure::of("LoadLibrary", &error))?;
    let patience = Patience {
        deadline: Instant::now() + LIMIT,
        is_cancelled,
    };
    let mut pauses = PAUSES.iter();
    loop {
        let failed = match attempt(library, volumes, &patience) {
            Ok(made) => return Ok(made),
            Err(failed) => failed,
        };
        let pause = pauses.next().filter(|_| failed.passes);
        match pause {
            Some(pause) if patience.pause(*pause) => {
                let detail = failed.failure.detail.as_deref();
                tracing::debug!(detail, "shadow copies are tried again");
            }
            _ => return Err(failed.failure),
        }
    }
}

/// An attempt that failed.
struct Failed {
    failure: Failure,
    /// Whether another one is likely to succeed.
    passes: bool,
}

impl From<Failure> for Failed {
    fn from(failure: Failure) -> Self {
        Self {
            failure,
            passes: false,
        }
    }
}

fn call<T>(name: &str, answer: Answer<T>) -> Result<T, Failed> {
    answer.map_err(|error| Failed {
        failure: failure::of(name, &error),
        passes: failure::passes(error.code()),
    })
}

fn attempt(library: Library, volumes: &[HSTRING], patience: &Patience<'_>) -> Result<Made, Failed> {
    let components = call("CreateVssBackupComponents", library.create())?;
    call("InitializeForBackup", components.initialize_for_backup())?;
    // From here on it has to be ended in order.
    let set = CopySet {
        components,
        is_open: true,
    };
    let components = &set.components;
    call("SetContext", components.set_context())?;
    call("SetBackupState", components.set_backup_state())?;
    let gathering = components.gather_writer_metadata();
    patience.see_through("GatherWriterMetadata", gathering)?;
    let supported: Vec<_> = volumes
        .iter()
        .map(|volume| check(components, volume))
        .collect();
    if supported.iter().all(Result::is_err) {
        return Ok(none(supported));
    }
    call("StartSnapshotSet", components.start_snapshot_set())?;
    let copies: Vec<_> = volumes
        .iter()
        .zip(supported)
        .map(|(volume, supported)| supported.and_then(|()| add(components, volume)))
        .collect();
    if copies.iter().all(Result::is_err) {
        return Ok(none(copies));
    }
    patience.see_through("PrepareForBackup", components.prepare_for_backup())?;
    patience.see_through("DoSnapshotSet", components.do_snapshot_set())?;
    let devices = copies
        .into_iter()
        .map(|copy| {
            library
                .device(components, copy?)
                .map_err(|error| failure::of("GetSnapshotProperties", &error))
        })
        .collect();
    Ok(Made {
        set: Some(set),
        devices,
    })
}

/// Each volume has its own reason, and nothing is left to be done.
fn none<T>(volumes: Vec<Result<T, Failure>>) -> Made {
    let reason = |volume: Result<T, Failure>| volume.and(Err(failure::because(Reason::Failed)));
    Made {
        set: None,
        devices: volumes.into_iter().map(reason).collect(),
    }
}

fn check(components: &BackupComponents, volume: &HSTRING) -> Result<(), Failure> {
    match components.is_volume_supported(volume) {
        Ok(true) => Ok(()),
        Ok(false) => Err(failure::because(Reason::UnsupportedVolume)),
        Err(error) => Err(failure::of("IsVolumeSupported", &error)),
    }
}

/// The id that the copy of a volume will have.
fn add(components: &BackupComponents, volume: &HSTRING) -> Result<GUID, Failure> {
    components
        .add_to_snapshot_set(volume)
        .map_err(|error| failure::of("AddToSnapshotSet", &error))
}

impl CopySet {
    /// Tells the programs that take part that the backup is done, and releases the copies.
    pub(super) fn complete(mut self) {
        let patience = Patience {
            deadline: Instant::now() + RELEASE_LIMIT,
            is_cancelled: &|| false,
        };
        let completing = self.components.backup_complete();
        match patience.see_through("BackupComplete", completing) {
            Ok(()) => self.is_open = false,
            // The copies go with the object all the same.
            Err(failed) => {
                let detail = failed.failure.detail.as_deref();
                tracing::warn!(
                    detail,
                    "the end of the backup could not be told to its writers"
                );
            }
        }
    }
}

impl Drop for CopySet {
    fn drop(&mut self) {
        if self.is_open
            && let Err(error) = self.components.abort_backup()
        {
            tracing::debug!(%error, "shadow copies could not be given up in order");
        }
    }
}

impl Patience<'_> {
    /// Waits for the end of an operation; one that takes too long or is not wanted any more is
    /// cancelled.
    fn see_through(&self, name: &str, begun: Answer<Operation>) -> Result<(), Failed> {
        let operation = call(name, begun)?;
        loop {
            let status = call(name, operation.wait(TICK))?;
            if status == vssapi::PENDING {
                if self.is_over() {
                    return Err(give_up(name, &operation).into());
                }
            } else if status == vssapi::CANCELLED {
                return Err(late(name).into());
            } else if status.is_ok() {
                return Ok(());
            } else {
                return Err(Failed {
                    failure: failure::coded(name, status),
                    passes: failure::passes(status),
                });
            }
        }
    }

    fn is_over(&self) -> bool {
        (self.is_cancelled)() || Instant::now() >= self.deadline
    }

    /// Whether the pause came to its end.
    fn pause(&self, pause: Duration) -> bool {
        let end = Instant::now() + pause;
        while Instant::now() < end && !self.is_over() {
            std::thread::sleep(Duration::from_millis(TICK.into()).min(pause));
        }
        !self.is_over()
    }
}

/// Cancels an operation. The object must not be released while it is under way.
fn give_up(name: &str, operation: &Operation) -> Failure {
    let _ = operation.cancel();
    let deadline = Instant::now() + RELEASE_LIMIT;
    while operation.wait(TICK) == Ok(vssapi::PENDING) && Instant::now() < deadline {}
    late(name)
}

fn late(name: &str) -> Failure {
    Failure {
        reason: Reason::TimedOut,
        detail: Some(name.to_owned()),
    }
}
