//! Packs on their way.

use latarnik_destinations::ObjectName;
use std::{
    collections::HashSet,
    sync::{Arc, Mutex, PoisonError},
};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Permits are counted in KiB, as their number is limited.
const UNIT: u64 = 1024;

/// What is being sent, limited in bytes.
pub(super) struct InFlight {
    room: Arc<Semaphore>,
    all: u32,
    names: Arc<Mutex<HashSet<ObjectName>>>,
}

/// Room that is held until the pack has arrived everywhere.
pub(super) struct OnItsWay {
    name: ObjectName,
    names: Arc<Mutex<HashSet<ObjectName>>>,
    _permit: Option<OwnedSemaphorePermit>,
}

impl InFlight {
    pub(super) fn new(bytes: u64) -> Self {
        let all = u32::try_from(bytes / UNIT).unwrap_or(u32::MAX);
        Self {
            room: Arc::new(Semaphore::new(all as usize)),
            all,
            names: Arc::default(),
        }
    }

    /// Waits for room. A pack that is larger than all the room goes alone.
    pub(super) async fn begin(&self, name: &ObjectName, bytes: u64) -> OnItsWay {
        let wanted = u32::try_from(bytes.div_ceil(UNIT))
            .unwrap_or(u32::MAX)
            .clamp(1, self.all);
        let permit = Arc::clone(&self.room).acquire_many_owned(wanted).await.ok();
        lock(&self.names).insert(name.clone());
        OnItsWay {
            name: name.clone(),
            names: Arc::clone(&self.names),
            _permit: permit,
        }
    }

    /// Waits until nothing is on its way.
    pub(super) async fn settle(&self) {
        self.room.acquire_many(self.all).await.ok();
    }

    pub(super) fn contains(&self, name: &ObjectName) -> bool {
        lock(&self.names).contains(name)
    }
}

impl Drop for OnItsWay {
    fn drop(&mut self) {
        lock(&self.names).remove(&self.name);
    }
}

fn lock(names: &Mutex<HashSet<ObjectName>>) -> std::sync::MutexGuard<'_, HashSet<ObjectName>> {
    names.lock().unwrap_or_else(PoisonError::into_inner)
}
