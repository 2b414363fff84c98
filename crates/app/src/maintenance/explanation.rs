//! "Why not now?": the whole reasoning for one device.

use super::{MaintenanceBook, room, spans::is_in_range};
use crate::{App, AppError, Context, FieldCode, Problem, error::invalid};
use jiff::Timestamp;
use latarnik_model::{
    ActionKind, Blocker, Calendar, DeviceId, Explanation, MaintenanceAction, Permission,
    PolicyScope, PolicyVerdict, RestartRequired, Scope, TaskState, WaitReason,
};
use latarnik_store::{DeviceRecord, Direction, PageRequest, TaskFilter, TaskRecord};
use std::collections::HashMap;

/// Why automatic work may or may not run on a device, and what the scopes are called.
#[derive(Debug, Clone)]
pub struct DeviceMaintenance {
    /// The reasoning, with what else is in the way.
    pub explanation: Explanation,
    /// What the device and its groups are called.
    pub names: HashMap<PolicyScope, String>,
    /// The instant on the device's clock, with its offset from UTC.
    pub local_at: String,
}

/// Tasks that a device has at the same time; more do not change the answer.
const MOST_TASKS: u32 = 100;

impl App {
    /// Why automatic work of a kind may or may not run on a device, now or at an instant.
    ///
    /// # Errors
    /// [`Problem::NotFound`]; [`AppError::Invalid`] for an instant that is too far away.
    pub async fn explain_maintenance(
        &self,
        context: &Context,
        id: DeviceId,
        action: MaintenanceAction,
        at: Option<Timestamp>,
    ) -> Result<DeviceMaintenance, AppError> {
        context.authorize(Permission::ReadDevices)?;
        let device = self.store().device(&context.scope, id).await?;
        let device = device.ok_or(Problem::NotFound)?;
        let at = at.unwrap_or_else(|| self.now());
        if !is_in_range(at) {
            return Err(invalid("at", FieldCode::OutOfRange));
        }
        let book = MaintenanceBook::load(self.store(), device.tenant_id).await?;
        let rules = book.rules(id, device.group_id);
        let zones = jiff::tz::db();
        let calendar = rules.calendar(device.facts.time_zone.as_deref(), zones);
        let mut explanation = calendar.explain(action, at);
        let moment = calendar.local(latarnik_model::Opening {
            start: at,
            end: None,
        });
        let local_at = moment.local_start();
        let mut names: HashMap<_, _> = book
            .around(device.group_id)
            .filter_map(|scope| match scope {
                PolicyScope::Group(group) => Some((scope, book.group_name(group)?.to_owned())),
                PolicyScope::Tenant | PolicyScope::Device(_) => None,
            })
            .collect();
        names.insert(PolicyScope::Device(id), device.facts.hostname.clone());
        let tasks = self.open_tasks(&device).await?;
        explanation.blockers = self.blockers(context, &device, action, &tasks).await?;
        let idle = |blocker: &Blocker| {
            matches!(blocker, Blocker::NothingPending | Blocker::NoRestartPending)
        };
        let asked = |task: &TaskRecord| MaintenanceAction::of(task.kind) == Some(action);
        // Where there is nothing to be done, nothing needs room.
        if tasks.iter().any(asked) || !explanation.blockers.iter().any(idle) {
            let short = too_short(&calendar, &device, action, at, &tasks);
            explanation.blockers.extend(short);
        }
        Ok(DeviceMaintenance {
            explanation,
            names,
            local_at,
        })
    }

    /// What is in the way of automatic work besides windows and blackouts.
    async fn blockers(
        &self,
        context: &Context,
        device: &DeviceRecord,
        action: MaintenanceAction,
        tasks: &[TaskRecord],
    ) -> Result<Vec<Blocker>, AppError> {
        let mut blockers = Vec::new();
        if self.now().duration_since(device.last_seen_at) > self.online_for() {
            blockers.push(Blocker::Offline {
                since: Some(device.last_seen_at),
            });
        }
        let busy = tasks.iter().any(|task| task.state == TaskState::Running);
        if busy {
            blockers.push(Blocker::Busy);
        }
        let of_action = |task: &&TaskRecord| MaintenanceAction::of(task.kind) == Some(action);
        let waiting = tasks.iter().filter(of_action);
        let mut reasons: Vec<_> = waiting.filter_map(|task| task.waits_for).collect();
        reasons.sort_unstable_by_key(|reason| format!("{reason:?}"));
        reasons.dedup();
        blockers.extend(reasons.into_iter().filter_map(blocker));
        let restart = device.restart_required == RestartRequired::Yes;
        match action {
            MaintenanceAction::Update => {
                if restart {
                    blockers.push(Blocker::RestartPending);
                }
                let asked = tasks
                    .iter()
                    .any(|task| task.kind == ActionKind::InstallUpdates);
                let pending = [device.pending_updates, device.pending_definitions];
                if pending.iter().flatten().all(|pending| *pending == 0) {
                    if device.pending_updates.is_some() {
                        blockers.push(Blocker::NothingPending);
                    }
                } else if !asked && !self.is_something_due(context, device).await? {
                    blockers.push(Blocker::NotApproved);
                }
            }
            MaintenanceAction::Restart if !restart => blockers.push(Blocker::NoRestartPending),
            MaintenanceAction::Restart => {}
            // There is nothing yet that backs up.
            MaintenanceAction::Backup => blockers.push(Blocker::NothingPending),
        }
        Ok(blockers)
    }

    /// The tasks of a device that have not ended.
    async fn open_tasks(&self, device: &DeviceRecord) -> Result<Vec<TaskRecord>, AppError> {
        let scope = Scope::one(device.tenant_id);
        let filter = TaskFilter {
            device_id: Some(device.id),
            states: TaskState::ALL
                .into_iter()
                .filter(|state| !state.is_final())
                .collect(),
            ..TaskFilter::default()
        };
        let page = PageRequest {
            limit: MOST_TASKS,
            after: None,
        };
        let tasks = self
            .store()
            .tasks(&scope, &filter, Direction::Ascending, &page);
        Ok(tasks.await?.items)
    }

    /// Whether policies would install one of the updates that a device is offered.
    async fn is_something_due(
        &self,
        context: &Context,
        device: &DeviceRecord,
    ) -> Result<bool, AppError> {
        let scope = Scope::one(device.tenant_id);
        let updates = self.store().updates_of_device(&scope, device.id).await?;
        let answers = self.judge_updates(context, device.id, &updates).await?;
        let mut answers = answers.iter();
        Ok(answers.any(|answer| matches!(answer.verdict, PolicyVerdict::Due(_))))
    }
}

/// Whether an opening is too short for the work: by what the agent told that it needs, or else by
/// what it says that its tasks wait for.
fn too_short(
    calendar: &Calendar<'_>,
    device: &DeviceRecord,
    action: MaintenanceAction,
    at: Timestamp,
    tasks: &[TaskRecord],
) -> Option<Blocker> {
    if let Some(need) = room::needed(device.needs, action, tasks) {
        return room::too_short(calendar, action, at, need);
    }
    let waits = |task: &TaskRecord| {
        MaintenanceAction::of(task.kind) == Some(action)
            && task.waits_for == Some(WaitReason::LongerWindow)
    };
    tasks.iter().any(waits).then_some(Blocker::TooShort {
        needs_seconds: None,
        left_seconds: None,
        fits_at: None,
    })
}

/// What a waiting task says that the rules do not know.
const fn blocker(reason: WaitReason) -> Option<Blocker> {
    match reason {
        WaitReason::ClockUnknown => Some(Blocker::ClockUnknown),
        WaitReason::RulesUnknown => Some(Blocker::RulesUnknown),
        WaitReason::LongerWindow
        | WaitReason::StartTime
        | WaitReason::Window
        | WaitReason::Blackout
        | WaitReason::WindowDefinition
        | WaitReason::Other => None,
    }
}
