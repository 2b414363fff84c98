//! What the system keeps of files beside what every system knows, on its way from where it lies to
//! the files.

use crate::{
    manifest::MetadataReader,
    source::{FindingKind, Findings},
    system::{OperatingSystem, SystemMetadata},
};
use std::{
    collections::HashMap,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// Looks it up in the order of the walk, and keeps it for those who write files until they are
/// done.
pub(super) struct Properties {
    reader: Mutex<Option<MetadataReader>>,
    expected: Mutex<HashMap<PathBuf, SystemMetadata>>,
    system: Arc<dyn OperatingSystem>,
    findings: Arc<Findings>,
}

impl Properties {
    pub(super) fn new(
        reader: Option<MetadataReader>,
        system: Arc<dyn OperatingSystem>,
        findings: Arc<Findings>,
    ) -> Self {
        Self {
            reader: Mutex::new(reader),
            expected: Mutex::default(),
            system,
            findings,
        }
    }

    /// The next entry of the walk.
    pub(super) fn expect(&self, entry: &Path) {
        let mut reader = lock(&self.reader);
        let Some(open) = reader.as_mut() else {
            return;
        };
        match open.find(entry) {
            Ok(None) => {}
            Ok(Some(metadata)) => {
                lock(&self.expected).insert(entry.to_owned(), metadata);
            }
            // Files are of use without it.
            Err(error) => {
                *reader = None;
                self.refuse(entry, error.chain());
            }
        }
    }

    /// Gives an entry what it had. What the system refuses is told, and keeps nobody from the
    /// content.
    pub(super) fn give(&self, entry: &Path, path: &Path) {
        let Some(metadata) = lock(&self.expected).remove(entry) else {
            return;
        };
        if let Err(error) = self.system.set_metadata(path, &metadata) {
            self.refuse(entry, error.to_string());
        }
    }

    /// The entry stays as it is.
    pub(super) fn forget(&self, entry: &Path) {
        lock(&self.expected).remove(entry);
    }

    fn refuse(&self, entry: &Path, detail: String) {
        self.findings.add(entry, FindingKind::Incomplete, detail);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
