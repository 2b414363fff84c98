//! Whether updates may install themselves on a device now, and when they may next.

use super::MaintenanceBook;
use crate::{App, AppError};
use jiff::Timestamp;
use latarnik_model::{
    Because, DeviceId, GroupId, MaintenanceAction, MaintenanceRules, Opening, TenantId,
};
use latarnik_store::DeviceRecord;
use std::{
    collections::{HashMap, hash_map::Entry},
    sync::Arc,
};

/// Whether automatic updates may run on a device now, and when they may next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WindowOutlook {
    /// Whether they may run now.
    pub open: bool,
    /// Why.
    pub because: Because,
    /// Until when, if they may and there is an end in sight.
    pub until: Option<Timestamp>,
    /// The same on the device's clock, with its offset from UTC.
    pub local_until: Option<String>,
    /// From when on, if they may not now.
    pub next: Option<Timestamp>,
    /// The same on the device's clock.
    pub local_next: Option<String>,
}

/// The books that several devices need.
pub(crate) struct Books(HashMap<TenantId, Arc<MaintenanceBook>>);

impl Books {
    /// What binds a device. `None` if its tenant's book is not among them.
    pub(crate) fn rules(
        &self,
        tenant: TenantId,
        device: DeviceId,
        group: Option<GroupId>,
    ) -> Option<Arc<MaintenanceRules>> {
        let book = self.0.get(&tenant)?;
        Some(book.rules(device, group))
    }
}

/// Answers that devices of the same rules in the same zone share.
///
/// The rules are kept with the answers: as long as they are there, nothing else lies where they do.
pub(super) struct Shared<T>(HashMap<(usize, Option<String>), (Arc<MaintenanceRules>, T)>);

impl<T: Clone> Shared<T> {
    pub(super) fn new() -> Self {
        Self(HashMap::new())
    }

    /// The answer for these rules in a zone.
    pub(super) fn answer(
        &mut self,
        rules: &Arc<MaintenanceRules>,
        zone: Option<&str>,
        work_out: impl FnOnce() -> T,
    ) -> T {
        let key = (Arc::as_ptr(rules).addr(), zone.map(str::to_owned));
        let kept = || (rules.clone(), work_out());
        let (_, answer) = self.0.entry(key).or_insert_with(kept);
        answer.clone()
    }
}

impl App {
    /// The books of these tenants.
    pub(crate) async fn books_of(
        &self,
        tenants: impl Iterator<Item = TenantId>,
    ) -> Result<Books, AppError> {
        let mut books = HashMap::new();
        for tenant in tenants {
            if let Entry::Vacant(place) = books.entry(tenant) {
                place.insert(self.bookshelf().book(self.store(), tenant).await?);
            }
        }
        Ok(Books(books))
    }

    /// How these devices stand with windows for updates, in their order.
    pub(crate) async fn window_outlooks(
        &self,
        devices: &[DeviceRecord],
    ) -> Result<Vec<Option<WindowOutlook>>, AppError> {
        let tenants = devices.iter().map(|device| device.tenant_id);
        let books = self.books_of(tenants).await?;
        let now = self.now();
        let mut shared = Shared::new();
        let outlooks = devices.iter().map(|device| {
            let zone = device.facts.time_zone.as_deref();
            let rules = books.rules(device.tenant_id, device.id, device.group_id)?;
            Some(shared.answer(&rules, zone, || WindowOutlook::of(&rules, zone, now)))
        });
        Ok(outlooks.collect())
    }
}

impl WindowOutlook {
    fn of(rules: &MaintenanceRules, zone: Option<&str>, now: Timestamp) -> Self {
        let calendar = rules.calendar(zone, jiff::tz::db());
        let action = MaintenanceAction::Update;
        let verdict = calendar.verdict(action, now);
        let opening = calendar.openings(action, now, 1).into_iter().next();
        let until = opening
            .filter(|_| verdict.open)
            .and_then(|opening| opening.end);
        let next = opening
            .filter(|_| !verdict.open)
            .map(|opening| opening.start);
        let local = |at: Option<Timestamp>| {
            let start = at?;
            Some(calendar.local(Opening { start, end: None }).local_start())
        };
        Self {
            open: verdict.open,
            because: verdict.because,
            local_until: local(until),
            until,
            local_next: local(next),
            next,
        }
    }
}
