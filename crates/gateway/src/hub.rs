//! Who is connected, and whom to wake.

use crate::authentication::Peer;
use latarnik_app::{AgentIdentity, Event};
use latarnik_model::DeviceId;
use std::{
    collections::{HashMap, hash_map::Entry},
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
};
use tokio::sync::{
    broadcast::{Receiver, error::RecvError},
    oneshot,
};

/// Why a waiting poll goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wake {
    /// There may be something to deliver; whom the poll belongs to may have changed as well.
    LookAgain,
    /// The agent is to be set up otherwise than before.
    Reconfigured,
    /// A newer poll of the same device took its place.
    Replaced,
    /// The device was removed.
    Removed,
    /// The server shuts down.
    Stopping,
}

/// What came of joining.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Join {
    /// The connection counts among those of its device.
    Joined,
    /// A device was removed, or an authority replaced, in the meantime: the identity must be asked
    /// for again.
    Outdated,
    /// The device has as many connections as it may have.
    Full,
}

/// Presence of devices and their waiting polls. Locks are held for the time of a map operation.
#[derive(Debug, Default)]
pub(crate) struct Hub {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    devices: HashMap<DeviceId, Presence>,
    /// Counts events after which answers of the database that are on their way are outdated.
    removals: u64,
    polls_made: u64,
    stopping: bool,
}

/// A device with at least one connection.
#[derive(Debug, Default)]
struct Presence {
    peers: Vec<Weak<Peer>>,
    poll: Option<Waiting>,
    /// Whether its agent is to be set up otherwise, and no poll was there to hear of it.
    reconfigured: bool,
}

#[derive(Debug)]
struct Waiting {
    number: u64,
    wake: oneshot::Sender<Wake>,
}

impl Waiting {
    fn wake(self, why: Wake) {
        // The poll may have ended by itself meanwhile: then nobody needs waking.
        let _ = self.wake.send(why);
    }
}

impl Hub {
    /// Devices with at least one connection.
    pub(crate) fn connected_devices(&self) -> usize {
        self.state().devices.len()
    }

    /// Polls that wait.
    pub(crate) fn waiting_polls(&self) -> usize {
        self.state()
            .devices
            .values()
            .filter(|presence| presence.poll.is_some())
            .count()
    }

    /// Whether the device has a connection.
    pub(crate) fn is_connected(&self, device: DeviceId) -> bool {
        self.state().devices.contains_key(&device)
    }

    /// To be read before the database is asked for an identity; see [`Hub::join`].
    pub(crate) fn removals(&self) -> u64 {
        self.state().removals
    }

    /// Notes whom a connection belongs to, unless something happened since `removals` was read or
    /// the device has `most` other connections.
    #[must_use]
    pub(crate) fn join(
        &self,
        identity: AgentIdentity,
        peer: &Arc<Peer>,
        removals: u64,
        most: usize,
    ) -> Join {
        let mut state = self.state();
        if state.removals != removals {
            return Join::Outdated;
        }
        if peer.device().is_none() {
            let presence = state.devices.entry(identity.device_id).or_default();
            if presence.peers.len() >= most {
                return Join::Full;
            }
            presence.peers.push(Arc::downgrade(peer));
        }
        peer.remember(identity);
        Join::Joined
    }

    /// The connection is over.
    pub(crate) fn leave(&self, peer: &Arc<Peer>) {
        let Some(device) = peer.device() else { return };
        let gone = Arc::downgrade(peer);
        let mut state = self.state();
        if let Entry::Occupied(mut entry) = state.devices.entry(device) {
            entry.get_mut().peers.retain(|peer| !peer.ptr_eq(&gone));
            if entry.get().peers.is_empty() {
                entry.remove();
            }
        }
    }

    /// Starts a poll; an older one of the same device ends.
    pub(crate) fn poll(self: &Arc<Self>, device: DeviceId) -> Poll {
        let (wake, woken) = oneshot::channel();
        let mut state = self.state();
        state.polls_made += 1;
        let waiting = Waiting {
            number: state.polls_made,
            wake,
        };
        let poll = Poll {
            hub: self.clone(),
            device,
            number: waiting.number,
            woken,
        };
        if state.stopping {
            waiting.wake(Wake::Stopping);
        } else if let Some(presence) = state.devices.get_mut(&device) {
            let older = if std::mem::take(&mut presence.reconfigured) {
                waiting.wake(Wake::Reconfigured);
                presence.poll.take()
            } else {
                presence.poll.replace(waiting)
            };
            if let Some(older) = older {
                older.wake(Wake::Replaced);
            }
        } else {
            // The connection ended while its request was on the way here.
            waiting.wake(Wake::Replaced);
        }
        poll
    }

    /// Ends every poll, and every one that comes, at once.
    pub(crate) fn stop(&self) {
        let mut state = self.state();
        state.stopping = true;
        for presence in state.devices.values_mut() {
            if let Some(poll) = presence.poll.take() {
                poll.wake(Wake::Stopping);
            }
        }
    }

    /// Follows the application's events for as long as it sends any.
    pub(crate) async fn follow(&self, mut events: Receiver<Event>) {
        loop {
            match events.recv().await {
                Ok(Event::TasksWaiting { device_ids, .. }) => self.wake_all(&device_ids),
                Ok(Event::ConfigurationChanged { device_ids }) => self.reconfigure(&device_ids),
                Ok(Event::DeviceRemoved { device_id, .. }) => self.remove(device_id),
                Ok(Event::TenantDeleted { .. }) => self.recheck_all(),
                Ok(_) => {}
                Err(RecvError::Lagged(missed)) => {
                    tracing::warn!(
                        missed,
                        "the hub missed events and looks at every device again"
                    );
                    self.recheck_all();
                }
                Err(RecvError::Closed) => return,
            }
        }
    }

    fn wake_all(&self, devices: &[DeviceId]) {
        let mut state = self.state();
        for device in devices {
            let presence = state.devices.get_mut(device);
            if let Some(poll) = presence.and_then(|presence| presence.poll.take()) {
                poll.wake(Wake::LookAgain);
            }
        }
    }

    fn reconfigure(&self, devices: &[DeviceId]) {
        let mut state = self.state();
        for device in devices {
            if let Some(presence) = state.devices.get_mut(device) {
                match presence.poll.take() {
                    Some(poll) => poll.wake(Wake::Reconfigured),
                    None => presence.reconfigured = true,
                }
            }
        }
    }

    fn remove(&self, device: DeviceId) {
        let mut state = self.state();
        state.removals += 1;
        if let Some(presence) = state.devices.get_mut(&device) {
            presence
                .peers
                .iter()
                .filter_map(Weak::upgrade)
                .for_each(|peer| peer.forget());
            if let Some(poll) = presence.poll.take() {
                poll.wake(Wake::Removed);
            }
        }
    }

    /// Every connection has to prove anew whom it belongs to, waiting polls as well.
    pub(crate) fn recheck_all(&self) {
        let mut state = self.state();
        state.removals += 1;
        for presence in state.devices.values_mut() {
            presence
                .peers
                .iter()
                .filter_map(Weak::upgrade)
                .for_each(|peer| peer.forget());
            if let Some(poll) = presence.poll.take() {
                poll.wake(Wake::LookAgain);
            }
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A poll that waits. Dropping it (its connection broke) takes it out of the hub.
#[derive(Debug)]
pub(crate) struct Poll {
    hub: Arc<Hub>,
    device: DeviceId,
    number: u64,
    woken: oneshot::Receiver<Wake>,
}

impl Poll {
    /// Waits until something happens.
    pub(crate) async fn woken(&mut self) -> Wake {
        // The sender is dropped unsent only with the device's last connection.
        (&mut self.woken).await.unwrap_or(Wake::Replaced)
    }
}

impl Drop for Poll {
    fn drop(&mut self) {
        let mut state = self.hub.state();
        if let Some(presence) = state.devices.get_mut(&self.device) {
            presence
                .poll
                .take_if(|waiting| waiting.number == self.number);
        }
    }
}
