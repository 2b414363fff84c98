//! How many connections show the same certificate.

use latarnik_protocol::Fingerprint;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// Counts connections by certificate, so that one device cannot take the places of others before it
/// has even said a word.
#[derive(Debug, Default)]
pub(crate) struct Connections(Mutex<HashMap<Fingerprint, usize>>);

/// A connection's place. Dropping it makes room.
#[derive(Debug)]
pub(crate) struct Place {
    connections: Arc<Connections>,
    certificate: Fingerprint,
}

impl Connections {
    /// A place for one more connection, unless there are `most` already.
    pub(crate) fn enter(self: &Arc<Self>, certificate: Fingerprint, most: usize) -> Option<Place> {
        let mut counts = self.counts();
        let count = counts.entry(certificate).or_default();
        if *count >= most {
            return None;
        }
        *count += 1;
        Some(Place {
            connections: self.clone(),
            certificate,
        })
    }

    fn counts(&self) -> MutexGuard<'_, HashMap<Fingerprint, usize>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut counts = self.connections.counts();
        if let Some(count) = counts.get_mut(&self.certificate) {
            *count -= 1;
            if *count == 0 {
                counts.remove(&self.certificate);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn place_is_free_again_when_its_connection_ends() {
        let connections = Arc::new(Connections::default());
        let (one, other) = (Fingerprint::of(b"one"), Fingerprint::of(b"other"));
        let first = connections.enter(one, 1);
        assert!(first.is_some());
        assert!(connections.enter(one, 1).is_none());
        assert!(connections.enter(other, 1).is_some());
        drop(first);
        assert!(connections.enter(one, 1).is_some());
        assert!(connections.counts().is_empty());
    }
}
