//! The books of tenants whose agents this process has heard of, so that a heartbeat costs no query.

use super::MaintenanceBook;
use latarnik_model::TenantId;
use latarnik_store::{Store, StoreError};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// Books of tenants.
#[derive(Debug, Default)]
pub(crate) struct Bookshelf {
    books: Mutex<HashMap<TenantId, Arc<MaintenanceBook>>>,
    /// Held while a book is read from the database and put here, so that an older one never takes
    /// the place of a newer one.
    reading: tokio::sync::Mutex<()>,
}

/// A book in the place of another one.
pub(crate) struct Renewed {
    /// What it said before; `None` if nobody had asked.
    pub(crate) before: Option<Arc<MaintenanceBook>>,
    /// What it says now.
    pub(crate) now: Arc<MaintenanceBook>,
}

impl Bookshelf {
    /// The book of a tenant.
    pub(crate) async fn book(
        &self,
        store: &Store,
        tenant: TenantId,
    ) -> Result<Arc<MaintenanceBook>, StoreError> {
        if let Some(book) = self.known(tenant) {
            return Ok(book);
        }
        let _reading = self.reading.lock().await;
        if let Some(book) = self.known(tenant) {
            return Ok(book);
        }
        let book = Arc::new(MaintenanceBook::load(store, tenant).await?);
        self.books().insert(tenant, book.clone());
        Ok(book)
    }

    /// The book of a tenant, if somebody asked for it already.
    pub(crate) fn known(&self, tenant: TenantId) -> Option<Arc<MaintenanceBook>> {
        self.books().get(&tenant).cloned()
    }

    /// Reads the book of a tenant anew.
    pub(crate) async fn renew(
        &self,
        store: &Store,
        tenant: TenantId,
    ) -> Result<Renewed, StoreError> {
        let _reading = self.reading.lock().await;
        // If the reading fails, whoever asks next reads it.
        let before = self.books().remove(&tenant);
        let now = Arc::new(MaintenanceBook::load(store, tenant).await?);
        self.books().insert(tenant, now.clone());
        Ok(Renewed { before, now })
    }

    /// Forgets what a tenant said.
    pub(crate) fn forget(&self, tenant: TenantId) {
        self.books().remove(&tenant);
    }

    fn books(&self) -> MutexGuard<'_, HashMap<TenantId, Arc<MaintenanceBook>>> {
        self.books.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
