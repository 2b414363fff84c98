//! What maintenance windows say to an action that a person asks for.

use super::request::{ActionRequest, ActionTarget, RequestedParameters, WindowBreach};
use crate::{App, AppError, Context, Problem, devices::check_query};
use jiff::Timestamp;
use latarnik_model::{
    ActionKind, Because, BlackoutStanding, Calendar, DeviceId, Explanation, GroupId, LocalOpening,
    MaintenanceAction, MaintenanceRules, TenantId, When, WindowStanding,
};
use latarnik_store::DeviceRecord;
use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::Arc,
};
use uuid::Uuid;

/// What would become of an action, as far as maintenance windows go.
#[derive(Debug, Clone, Default)]
pub struct ActionOutlook {
    /// How many devices it has.
    pub devices: usize,
    /// On how many of them it may run at its instant.
    pub open: usize,
    /// How many are outside of their windows then, or in a blackout.
    pub closed: usize,
    /// How many have no window, in a tenant whose work waits for one.
    pub held_without_window: usize,
    /// The earliest opening from its instant on, on any of the devices.
    pub first_opening: Option<LocalOpening>,
    /// When the last of the devices has its next opening, of those that have one.
    pub last_opening_at: Option<Timestamp>,
    /// How many have no opening in sight.
    pub without_opening: usize,
    /// What it would break, the most devices first.
    pub broken: Vec<BrokenWindow>,
}

/// A window or a blackout that an action breaks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BrokenWindow {
    /// Which of both it is.
    pub kind: BrokenKind,
    /// Its id.
    pub id: Uuid,
    /// What people call it.
    pub name: String,
    /// On how many devices.
    pub devices: usize,
}

/// What can be broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum BrokenKind {
    /// A window that is closed.
    Window,
    /// A blackout that is on.
    Blackout,
}

/// What is to be judged.
#[derive(Debug, Clone)]
pub struct OutlookRequest {
    /// What is to be done.
    pub kind: ActionKind,
    /// On which devices.
    pub target: ActionTarget,
    /// When.
    pub when: When,
}

/// A device of an action.
#[derive(Debug, Clone)]
pub(super) struct ChosenDevice {
    pub(super) tenant_id: TenantId,
    pub(super) id: DeviceId,
    group_id: Option<GroupId>,
    time_zone: Option<String>,
}

impl From<DeviceRecord> for ChosenDevice {
    fn from(device: DeviceRecord) -> Self {
        Self {
            tenant_id: device.tenant_id,
            id: device.id,
            group_id: device.group_id,
            time_zone: device.facts.time_zone,
        }
    }
}

/// The devices on which an action breaks windows, and for each tenant what it breaks.
#[derive(Debug, Default)]
pub(super) struct Breach {
    pub(super) devices: HashSet<DeviceId>,
    pub(super) tenants: BTreeMap<TenantId, Vec<BrokenWindow>>,
}

impl Breach {
    /// What the audit says was broken in a tenant.
    pub(super) fn names(&self, tenant: TenantId) -> Option<String> {
        /// Enough for people to know which night it was.
        const NAMED: usize = 10;
        let broken = self.tenants.get(&tenant)?;
        let names = broken.iter().take(NAMED).map(|one| one.name.as_str());
        Some(names.collect::<Vec<_>>().join(", "))
    }
}

impl App {
    /// What would become of an action, as far as maintenance windows go. Nothing is begun.
    ///
    /// # Errors
    /// As [`App::create_action`] refuses the devices.
    pub async fn read_action_outlook(
        &self,
        context: &Context,
        request: OutlookRequest,
    ) -> Result<ActionOutlook, AppError> {
        let parameters = RequestedParameters::of_kind(request.kind);
        if let Some(permission) = parameters.mutation().permission {
            context.authorize(permission)?;
        }
        if let ActionTarget::Matching(query) = &request.target {
            check_query(query)?;
        }
        let at = instant(request.when, self.now());
        let devices = self.targets(context, &request.target, &parameters).await?;
        let mut outlook = ActionOutlook {
            devices: devices.len(),
            ..ActionOutlook::default()
        };
        let Some(action) = MaintenanceAction::of(request.kind) else {
            outlook.open = devices.len();
            return Ok(outlook);
        };
        let mut broken = BTreeMap::new();
        for (_, cases) in self.cases(&devices).await? {
            for case in cases {
                case.calendar(|calendar| {
                    outlook.note(calendar, action, at, case.devices.len());
                    note_broken(&mut broken, calendar, action, at, case.devices.len());
                });
            }
        }
        outlook.broken = sorted(broken);
        Ok(outlook)
    }

    /// What an action breaks that is to begin outside of windows.
    ///
    /// # Errors
    /// [`Problem::OutsideMaintenanceWindow`] if nobody asked for that.
    pub(super) async fn breach(
        &self,
        devices: &[ChosenDevice],
        request: &ActionRequest,
    ) -> Result<Breach, AppError> {
        let kind = request.parameters.parameters().kind();
        let mut breach = Breach::default();
        let Some(action) = MaintenanceAction::of(kind) else {
            return Ok(breach);
        };
        if request.when == When::InWindow {
            return Ok(breach);
        }
        let at = instant(request.when, self.now());
        for (tenant, cases) in self.cases(devices).await? {
            let mut broken = BTreeMap::new();
            for case in cases {
                let breaks = case.calendar(|calendar| {
                    note_broken(&mut broken, calendar, action, at, case.devices.len())
                });
                if breaks {
                    breach.devices.extend(case.devices);
                }
            }
            if !broken.is_empty() {
                breach.tenants.insert(tenant, sorted(broken));
            }
        }
        if !breach.devices.is_empty() && request.breach == WindowBreach::Refuse {
            return Err(Problem::OutsideMaintenanceWindow.into());
        }
        Ok(breach)
    }

    /// The devices by tenant, those together that have the same rules and the same time zone.
    async fn cases(
        &self,
        devices: &[ChosenDevice],
    ) -> Result<BTreeMap<TenantId, Vec<Case>>, AppError> {
        let books = self.books_of(devices.iter().map(|device| device.tenant_id));
        let books = books.await?;
        let mut found: HashMap<_, Case> = HashMap::new();
        for device in devices {
            let Some(rules) = books.rules(device.tenant_id, device.id, device.group_id) else {
                continue;
            };
            let zone = device.time_zone.as_deref();
            let key = (device.tenant_id, Arc::as_ptr(&rules), zone);
            let case = found.entry(key).or_insert_with(|| Case {
                rules,
                time_zone: device.time_zone.clone(),
                devices: Vec::new(),
            });
            case.devices.push(device.id);
        }
        let mut cases: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for ((tenant, ..), case) in found {
            cases.entry(tenant).or_default().push(case);
        }
        Ok(cases)
    }
}

/// Devices for which windows say the same.
struct Case {
    rules: Arc<MaintenanceRules>,
    time_zone: Option<String>,
    devices: Vec<DeviceId>,
}

impl Case {
    fn calendar<T>(&self, ask: impl FnOnce(&Calendar<'_>) -> T) -> T {
        ask(&self
            .rules
            .calendar(self.time_zone.as_deref(), jiff::tz::db()))
    }
}

impl ActionOutlook {
    fn note(
        &mut self,
        calendar: &Calendar<'_>,
        action: MaintenanceAction,
        at: Timestamp,
        devices: usize,
    ) {
        let verdict = calendar.verdict(action, at);
        let count = match (verdict.open, verdict.because) {
            (true, _) => &mut self.open,
            (false, Because::WithoutWindow) => &mut self.held_without_window,
            (false, _) => &mut self.closed,
        };
        *count += devices;
        match calendar.openings(action, at, 1).first() {
            Some(opening) => {
                let earlier = self
                    .first_opening
                    .is_none_or(|first| opening.start < first.opening.start);
                if earlier {
                    self.first_opening = Some(calendar.local(*opening));
                }
                self.last_opening_at = self.last_opening_at.max(Some(opening.start));
            }
            None => self.without_opening += devices,
        }
    }
}

/// What is broken, by kind and id, with its name and the number of devices.
type BrokenBy = BTreeMap<(BrokenKind, Uuid), (String, usize)>;

/// Notes what work at an instant breaks. Whether it breaks anything: where no window is in force,
/// there is nothing to break.
fn note_broken(
    broken: &mut BrokenBy,
    calendar: &Calendar<'_>,
    action: MaintenanceAction,
    at: Timestamp,
    devices: usize,
) -> bool {
    let verdict = calendar.verdict(action, at);
    if verdict.open || verdict.because == Because::WithoutWindow {
        return false;
    }
    for (kind, id, name) in in_the_way(calendar.explain(action, at), verdict.because) {
        let (_, count) = broken.entry((kind, id)).or_insert_with(|| (name, 0));
        *count += devices;
    }
    true
}

fn in_the_way(explanation: Explanation, because: Because) -> Vec<(BrokenKind, Uuid, String)> {
    if because == Because::Blackout {
        let on = explanation.blackouts.into_iter().filter(|blackout| {
            let standing = blackout.standing;
            matches!(
                standing,
                BlackoutStanding::On { .. } | BlackoutStanding::UnknownZone
            )
        });
        return on
            .map(|blackout| (BrokenKind::Blackout, blackout.id.0, blackout.name))
            .collect();
    }
    let closed = explanation.windows.into_iter().filter(|window| {
        let standing = window.standing;
        matches!(
            standing,
            WindowStanding::Closed { .. } | WindowStanding::UnknownZone
        )
    });
    closed
        .map(|window| (BrokenKind::Window, window.id.0, window.name))
        .collect()
}

fn sorted(broken: BrokenBy) -> Vec<BrokenWindow> {
    let mut broken: Vec<_> = broken
        .into_iter()
        .map(|((kind, id), (name, devices))| BrokenWindow {
            kind,
            id,
            name,
            devices,
        })
        .collect();
    broken.sort_by(|one, other| {
        let most_first = other.devices.cmp(&one.devices);
        most_first.then_with(|| one.name.cmp(&other.name))
    });
    broken
}

/// The instant at which an action is to begin, or from which it waits.
fn instant(when: When, now: Timestamp) -> Timestamp {
    match when {
        When::Now | When::InWindow => now,
        When::At { at } => at,
    }
}
