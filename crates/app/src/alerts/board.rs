//! Tenants in which something ended that may raise or close an alert.

use latarnik_model::TenantId;
use std::{
    collections::BTreeSet,
    mem,
    sync::{Mutex, PoisonError},
};
use tokio::sync::Notify;

/// Tenants to look at before their turn: however many tasks end, there is one look for all of them.
#[derive(Debug, Default)]
pub(crate) struct AlertBoard {
    changed: Mutex<BTreeSet<TenantId>>,
    news: Notify,
}

impl AlertBoard {
    /// Notes that something ended in a tenant.
    pub(crate) fn note(&self, tenant: TenantId) {
        let mut changed = self.changed.lock().unwrap_or_else(PoisonError::into_inner);
        changed.insert(tenant);
        drop(changed);
        self.news.notify_one();
    }

    /// Waits until something is noted.
    pub(super) async fn noted(&self) {
        self.news.notified().await;
    }

    /// What was noted, and forgets it.
    pub(super) fn take(&self) -> BTreeSet<TenantId> {
        mem::take(&mut *self.changed.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
