//! "Tonight": what may run on which device in the next hours.

use super::{outlook::Shared, room};
use crate::{App, AppError, Context, FieldCode, error::invalid, tenants::narrowed};
use jiff::{SignedDuration, Timestamp};
use latarnik_model::{
    Because, DeviceId, LocalOpening, MaintenanceAction, MaintenanceRules, Permission,
    RestartRequired, Scope, TaskState, TenantId,
};
use latarnik_store::{
    DeviceFilter, DeviceRecord, DeviceSort, Direction, PageRequest, TaskFilter, TaskRecord,
};
use std::{collections::HashMap, ops::RangeInclusive};

/// What may run on which device in the next hours.
#[derive(Debug, Clone)]
pub struct MaintenancePlan {
    /// From now.
    pub from: Timestamp,
    /// Until then.
    pub until: Timestamp,
    /// Devices that have a window or a task that waits, in order of their first windows.
    pub devices: Vec<PlannedDevice>,
    /// Whether there are more.
    pub truncated: bool,
}

/// What may run on a device.
#[derive(Debug, Clone)]
pub struct PlannedDevice {
    /// The device.
    pub device: DeviceRecord,
    /// Whether it was heard of lately.
    pub online: bool,
    /// The IANA time zone that counts as its own.
    pub time_zone: String,
    /// Openings that windows make, for each kind of work, in order of their starts.
    pub openings: Vec<PlannedOpening>,
    /// Tasks that have not begun.
    pub tasks: Vec<TaskRecord>,
}

/// When a kind of work may run on a device.
#[derive(Debug, Clone, Copy)]
pub struct PlannedOpening {
    /// What may run.
    pub action: MaintenanceAction,
    /// When.
    pub opening: LocalOpening,
    /// How much time it needs there, in seconds, as far as the agent has told.
    pub needs_seconds: Option<u32>,
    /// Whether that is more than the opening has.
    pub too_short: bool,
}

const HOURS: RangeInclusive<u32> = 1..=168;
const DEFAULT_HOURS: u32 = 24;
/// Devices that a plan lists.
const MOST_DEVICES: usize = 500;
/// Waiting tasks that a plan looks at.
const MOST_TASKS: u32 = 5000;
/// Devices that are read at once.
const DEVICES_AT_ONCE: u32 = 500;
/// Openings of one kind of work that a plan looks at: a week has no more.
const MOST_OPENINGS: usize = 16;

/// A zone, and the openings in it.
type Openings = (String, Vec<(MaintenanceAction, LocalOpening)>);

impl App {
    /// What may run on which device in the next hours, on all devices that the caller may see or on
    /// those of one tenant.
    ///
    /// # Errors
    /// [`AppError::Invalid`] for a number of hours that is none.
    pub async fn plan_maintenance(
        &self,
        context: &Context,
        tenant: Option<TenantId>,
        hours: Option<u32>,
    ) -> Result<MaintenancePlan, AppError> {
        context.authorize(Permission::ReadDevices)?;
        let hours = hours.unwrap_or(DEFAULT_HOURS);
        if !HOURS.contains(&hours) {
            return Err(invalid("hours", FieldCode::OutOfRange));
        }
        let scope = narrowed(&context.scope, tenant);
        let from = self.now();
        let until = from + SignedDuration::from_hours(hours.into());
        let (mut tasks, mut truncated) = self.waiting_tasks(&scope).await?;
        let mut devices = Vec::new();
        let mut shared = Shared::new();
        let mut after = None;
        loop {
            let page = PageRequest {
                limit: DEVICES_AT_ONCE,
                after,
            };
            let (filter, sort) = (DeviceFilter::default(), DeviceSort::Hostname);
            let order = Direction::Ascending;
            let found = self.store().devices(&scope, &filter, sort, order, &page);
            let found = found.await?;
            let books = self
                .books_of(found.items.iter().map(|device| device.tenant_id))
                .await?;
            for device in found.items {
                let zone = device.facts.time_zone.as_deref();
                let rules = books.rules(device.tenant_id, device.id, device.group_id);
                let Some(rules) = rules else {
                    continue;
                };
                let (time_zone, openings) =
                    shared.answer(&rules, zone, || openings(&rules, zone, (from, until)));
                let tasks = tasks.remove(&device.id).unwrap_or_default();
                let openings = with_needs(openings, &device, &tasks);
                if !openings.is_empty() || !tasks.is_empty() {
                    devices.push(PlannedDevice {
                        online: from.duration_since(device.last_seen_at) <= self.online_for(),
                        device,
                        time_zone,
                        openings,
                        tasks,
                    });
                }
            }
            after = found.next;
            if after.is_none() {
                break;
            }
        }
        devices.sort_by_key(PlannedDevice::first_opening);
        truncated |= devices.len() > MOST_DEVICES;
        devices.truncate(MOST_DEVICES);
        Ok(MaintenancePlan {
            from,
            until,
            devices,
            truncated,
        })
    }

    /// Tasks that have not begun, by device, and whether there are more.
    async fn waiting_tasks(
        &self,
        scope: &Scope,
    ) -> Result<(HashMap<DeviceId, Vec<TaskRecord>>, bool), AppError> {
        let filter = TaskFilter {
            states: vec![
                TaskState::Queued,
                TaskState::Delivered,
                TaskState::WaitingForWindow,
            ],
            ..TaskFilter::default()
        };
        let page = PageRequest {
            limit: MOST_TASKS,
            after: None,
        };
        let order = Direction::Ascending;
        let found = self.store().tasks(scope, &filter, order, &page).await?;
        let mut tasks: HashMap<_, Vec<_>> = HashMap::new();
        for task in found.items {
            tasks.entry(task.device_id).or_default().push(task);
        }
        Ok((tasks, found.next.is_some()))
    }
}

impl PlannedDevice {
    fn first_opening(&self) -> Timestamp {
        let opening = self.openings.first();
        opening.map_or(Timestamp::MAX, |planned| planned.opening.opening.start)
    }

    /// Whether the device waits for a restart.
    #[must_use]
    pub fn restart_pending(&self) -> bool {
        self.device.restart_required == RestartRequired::Yes
    }
}

/// What is known of the time that work needs in the openings of a device.
fn with_needs(
    openings: Vec<(MaintenanceAction, LocalOpening)>,
    device: &DeviceRecord,
    tasks: &[TaskRecord],
) -> Vec<PlannedOpening> {
    let openings = openings.into_iter().map(|(action, opening)| {
        let need = room::needed(device.needs, action, tasks);
        PlannedOpening {
            action,
            opening,
            needs_seconds: need.map(room::seconds),
            too_short: need.is_some_and(|need| !opening.opening.fits(need)),
        }
    });
    openings.collect()
}

/// The openings that windows make; where work may run at any time there is nothing to plan.
fn openings(
    rules: &MaintenanceRules,
    zone: Option<&str>,
    (from, until): (Timestamp, Timestamp),
) -> Openings {
    let calendar = rules.calendar(zone, jiff::tz::db());
    let mut openings = Vec::new();
    for action in MaintenanceAction::ALL {
        let coming = calendar
            .openings(action, from, MOST_OPENINGS)
            .into_iter()
            .filter(|opening| opening.start < until)
            .filter(|opening| calendar.verdict(action, opening.start).because == Because::InWindow)
            .map(|opening| (action, calendar.local(opening)));
        openings.extend(coming);
    }
    openings.sort_by_key(|(_, opening)| opening.opening.start);
    let known = zone.filter(|zone| jiff::tz::db().get(zone).is_ok());
    let zone = known.unwrap_or(&rules.tenant_zone);
    (zone.to_owned(), openings)
}
