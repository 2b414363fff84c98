//! Shadow copies: volumes as they were at one instant, from which a run reads what programs have
//! open and change meanwhile.
//!
//! Who can make them is handed in with a run; the snapshot shows the files at their true places.

mod reading;

pub use reading::{Consistency, Live, LiveReason, Reading, SourceReading};

use crate::{
    error::{BackupError, Result},
    source::FolderSource,
};
use serde::{Deserialize, Serialize};
use std::{
    fs,
    path::{Path, PathBuf},
};
use tokio_util::sync::CancellationToken;

/// Whether a run reads from shadow copies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ShadowCopyUse {
    /// Where they can be had; the rest is read as it lies there.
    #[default]
    Auto,
    /// A run fails when one of its folders is not in any.
    Required,
    /// Never.
    Off,
}

impl ShadowCopyUse {
    pub(crate) fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

/// Makes shadow copies.
pub trait ShadowCopyMaker: Send + Sync {
    /// Copies the volumes that hold these folders, all of them at one instant.
    fn make(&self, folders: &[&Path], cancellation: &CancellationToken) -> ShadowCopies;
}

/// What became of the wish for shadow copies.
pub struct ShadowCopies {
    /// For each folder, in their order, where its copy lies, or why it has none.
    pub places: Vec<Result<PathBuf, Live>>,
    /// Keeps the copies.
    pub hold: Box<dyn ShadowCopyHold>,
}

/// Keeps shadow copies until it is dropped, on whatever way.
pub trait ShadowCopyHold: Send {
    /// Releases them after everything was read. Without this call the reading failed.
    fn finish(self: Box<Self>);
}

/// Makes none: for systems that have none.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoShadowCopies;

impl ShadowCopyMaker for NoShadowCopies {
    fn make(&self, folders: &[&Path], _cancellation: &CancellationToken) -> ShadowCopies {
        none(folders.len(), &Live::from(LiveReason::UnsupportedSystem))
    }
}

impl ShadowCopyHold for NoShadowCopies {
    fn finish(self: Box<Self>) {}
}

fn none(folders: usize, why: &Live) -> ShadowCopies {
    ShadowCopies {
        places: vec![Err(why.clone()); folders],
        hold: Box::new(NoShadowCopies),
    }
}

/// The folders of a run, each with the place where it is read.
pub(crate) struct Frozen {
    pub(crate) folders: Vec<(FolderSource, PathBuf)>,
    pub(crate) readings: Vec<SourceReading>,
    hold: Box<dyn ShadowCopyHold>,
}

impl Frozen {
    /// Freezes what can be frozen.
    pub(crate) fn take(
        folders: Vec<FolderSource>,
        wanted: ShadowCopyUse,
        maker: &dyn ShadowCopyMaker,
        cancellation: &CancellationToken,
    ) -> Result<Self> {
        for folder in &folders {
            // A source that is not there at all is no empty source.
            if let Err(source) = fs::symlink_metadata(&folder.path) {
                let path = folder.path.clone();
                return Err(BackupError::Source { path, source });
            }
        }
        let paths: Vec<&Path> = folders.iter().map(|folder| folder.path.as_path()).collect();
        let copies = match wanted {
            ShadowCopyUse::Off => none(paths.len(), &Live::from(LiveReason::SwitchedOff)),
            // Dumps alone need none.
            _ if paths.is_empty() => none(0, &Live::from(LiveReason::SwitchedOff)),
            ShadowCopyUse::Auto | ShadowCopyUse::Required => maker.make(&paths, cancellation),
        };
        if cancellation.is_cancelled() {
            return Err(BackupError::Cancelled);
        }
        let mut places = copies.places.into_iter();
        let mut frozen = Self {
            folders: Vec::with_capacity(folders.len()),
            readings: Vec::with_capacity(folders.len()),
            hold: copies.hold,
        };
        for folder in folders {
            let unanswered = || Err(Live::from(LiveReason::Failed));
            let place = places.next().unwrap_or_else(unanswered).and_then(readable);
            if let (ShadowCopyUse::Required, Err(live)) = (wanted, &place) {
                return Err(BackupError::NoShadowCopy {
                    path: folder.path,
                    live: live.clone(),
                });
            }
            let (actual, reading) = match place {
                Ok(place) => (place, Reading::ShadowCopy),
                Err(live) => (folder.path.clone(), Reading::Live(live)),
            };
            frozen.readings.push(SourceReading {
                path: folder.path.clone(),
                reading,
            });
            frozen.folders.push((folder, actual));
        }
        Ok(frozen)
    }

    /// Releases the copies, after everything was read.
    pub(crate) fn finish(self) -> Vec<SourceReading> {
        self.hold.finish();
        self.readings
    }
}

/// A copy that cannot be read serves nobody.
fn readable(place: PathBuf) -> Result<PathBuf, Live> {
    match fs::symlink_metadata(&place) {
        Ok(_) => Ok(place),
        Err(error) => Err(Live {
            reason: LiveReason::CopyUnreadable,
            detail: Some(error.to_string()),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::{Arc, Mutex};

    /// Answers what it is told to, and notes the end.
    #[derive(Clone)]
    struct Scripted {
        places: Vec<Result<PathBuf, Live>>,
        ends: Arc<Mutex<Vec<&'static str>>>,
    }

    impl Scripted {
        fn new(places: Vec<Result<PathBuf, Live>>) -> Self {
            Self {
                places,
                ends: Arc::default(),
            }
        }

        fn note(&self, end: &'static str) {
            self.ends.lock().unwrap().push(end);
        }

        fn ends(&self) -> Vec<&'static str> {
            self.ends.lock().unwrap().clone()
        }
    }

    impl ShadowCopyMaker for Scripted {
        fn make(&self, _folders: &[&Path], _cancellation: &CancellationToken) -> ShadowCopies {
            ShadowCopies {
                places: self.places.clone(),
                hold: Box::new(Held(self.clone())),
            }
        }
    }

    struct Held(Scripted);

    impl ShadowCopyHold for Held {
        fn finish(self: Box<Self>) {
            self.0.note("finished");
        }
    }

    impl Drop for Held {
        fn drop(&mut self) {
            self.0.note("released");
        }
    }

    fn network() -> Live {
        Live::from(LiveReason::Network)
    }

    /// Two folders that exist, and a place that does.
    fn scene() -> (tempfile::TempDir, Vec<FolderSource>, PathBuf) {
        let root = tempfile::tempdir().unwrap();
        let path = |name: &str| {
            let path = root.path().join(name);
            fs::create_dir(&path).unwrap();
            path
        };
        let folders = ["books", "letters"].map(|name| FolderSource::new(path(name)));
        let place = path("copy");
        (root, folders.to_vec(), place)
    }

    fn take(
        folders: &[FolderSource],
        wanted: ShadowCopyUse,
        maker: &dyn ShadowCopyMaker,
    ) -> Result<Frozen> {
        Frozen::take(folders.to_vec(), wanted, maker, &CancellationToken::new())
    }

    #[test]
    fn each_folder_is_read_where_its_copy_lies_and_the_rest_live() {
        let (_root, folders, place) = scene();
        let maker = Scripted::new(vec![Ok(place.clone()), Err(network())]);
        let frozen = take(&folders, ShadowCopyUse::Auto, &maker).unwrap();
        let actual: Vec<_> = frozen.folders.iter().map(|(_, actual)| actual).collect();
        assert_eq!(actual, [&place, &folders[1].path]);
        let readings = frozen.finish();
        assert_eq!(readings[0].reading, Reading::ShadowCopy);
        assert_eq!(readings[1].reading, Reading::Live(network()));
        assert_eq!(
            Consistency::of(&readings),
            Consistency::NotCrashConsistent,
            "one of them was read live"
        );
        assert_eq!(maker.ends(), ["finished", "released"]);
    }

    #[test]
    fn a_copy_that_cannot_be_read_is_done_without() {
        let (root, folders, _) = scene();
        let gone = root.path().join("gone");
        let maker = Scripted::new(vec![Ok(gone.clone()), Ok(gone)]);
        let frozen = take(&folders, ShadowCopyUse::Auto, &maker).unwrap();
        assert_eq!(frozen.folders[0].1, folders[0].path);
        let reasons = frozen.readings.iter().map(|one| match &one.reading {
            Reading::Live(live) => Some(live.reason),
            Reading::ShadowCopy => None,
        });
        assert!(reasons.eq([Some(LiveReason::CopyUnreadable); 2]));
    }

    #[test]
    fn a_run_that_requires_copies_fails_without_one_and_keeps_none() {
        let (_root, folders, place) = scene();
        let maker = Scripted::new(vec![Ok(place), Err(network())]);
        let refused = take(&folders, ShadowCopyUse::Required, &maker)
            .err()
            .unwrap();
        let words = refused.to_string();
        assert!(words.contains("letters") && words.contains("shadow_copies"));
        assert_eq!(refused.code(), crate::ErrorCode::NoShadowCopy);
        assert_eq!(maker.ends(), ["released"]);
    }

    #[test]
    fn copies_are_released_when_the_run_was_cancelled_meanwhile() {
        let (_root, folders, place) = scene();
        let maker = Scripted::new(vec![Ok(place.clone()), Ok(place)]);
        let cancelled = CancellationToken::new();
        cancelled.cancel();
        let ended = Frozen::take(folders, ShadowCopyUse::Auto, &maker, &cancelled);
        assert!(matches!(ended, Err(BackupError::Cancelled)));
        assert_eq!(maker.ends(), ["released"]);
    }

    #[test]
    fn nothing_is_copied_when_the_job_wants_none_or_has_no_folders() {
        let (_root, folders, _) = scene();
        struct Never;
        impl ShadowCopyMaker for Never {
            fn make(&self, _: &[&Path], _: &CancellationToken) -> ShadowCopies {
                panic!("nobody asked for copies")
            }
        }
        let frozen = take(&folders, ShadowCopyUse::Off, &Never).unwrap();
        let off = Reading::Live(Live::from(LiveReason::SwitchedOff));
        assert!(frozen.readings.iter().all(|one| one.reading == off));
        let dumps_alone = take(&[], ShadowCopyUse::Required, &Never).unwrap();
        assert_eq!(
            Consistency::of(&dumps_alone.finish()),
            Consistency::CrashConsistent
        );
    }

    #[test]
    fn a_source_that_is_not_there_is_told_before_anything_is_copied() {
        let (root, _, place) = scene();
        let absent = [FolderSource::new(root.path().join("absent"))];
        let maker = Scripted::new(vec![Ok(place)]);
        let refused = take(&absent, ShadowCopyUse::Auto, &maker);
        assert!(matches!(refused, Err(BackupError::Source { .. })));
        assert!(maker.ends().is_empty());
    }
}
