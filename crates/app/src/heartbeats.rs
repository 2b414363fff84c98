//! Signs of life, written many at a time: one transaction for all devices of a moment instead of one
//! for each.

use crate::{App, Event};
use jiff::Timestamp;
use latarnik_model::{DeviceId, Scope};
use latarnik_store::StoreError;
use std::{
    collections::HashMap,
    future::Future,
    mem,
    pin::pin,
    sync::{Mutex, PoisonError},
    time::Duration,
};

/// How long a sign of life may wait. A crash loses at most this much of "last seen".
const INTERVAL: Duration = Duration::from_millis(500);
const BATCH: usize = 1000;

/// Devices that were seen and are not written yet.
#[derive(Debug, Default)]
pub(crate) struct Heartbeats(Mutex<HashMap<DeviceId, Timestamp>>);

impl Heartbeats {
    pub(crate) fn seen(&self, device: DeviceId, at: Timestamp) {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(device, at);
    }

    fn take(&self) -> Vec<(DeviceId, Timestamp)> {
        let mut seen: Vec<_> =
            mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
                .into_iter()
                .collect();
        // Always in the same order, so that two servers never wait for each other.
        seen.sort_unstable_by_key(|(device, _)| *device);
        seen
    }

    /// Puts back what could not be written, unless something newer came.
    fn put_back(&self, seen: Vec<(DeviceId, Timestamp)>) {
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for (device, at) in seen {
            waiting.entry(device).or_insert(at);
        }
    }
}

impl App {
    pub(crate) async fn write_heartbeats(&self, shutdown: impl Future<Output = ()> + Send) {
        let mut shutdown = pin!(shutdown);
        let mut ticks = tokio::time::interval(INTERVAL);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                () = &mut shutdown => break,
                _ = ticks.tick() => {}
            }
            self.flush_heartbeats().await;
            self.announce_silence();
        }
        self.flush_heartbeats().await;
    }

    async fn flush_heartbeats(&self) {
        let seen = self.heartbeats().take();
        for batch in seen.chunks(BATCH) {
            if let Err(error) = self.write_batch(batch).await {
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    devices = batch.len(),
                    "signs of life wait for the database"
                );
                self.heartbeats().put_back(batch.to_vec());
            }
        }
    }

    async fn write_batch(&self, batch: &[(DeviceId, Timestamp)]) -> Result<(), StoreError> {
        let transaction = self.store().begin(&Scope::Everything).await?;
        transaction.touch_devices(batch).await?;
        transaction.commit().await
    }

    /// Tells consoles about devices that have just become offline.
    fn announce_silence(&self) {
        for agent in self.fleet().newly_silent(self.now(), self.online_for()) {
            self.events().publish(Event::DeviceChanged {
                device_id: agent.device_id,
                tenant_id: agent.tenant_id,
            });
        }
    }
}
