//! What a policy would do, before it is saved.

use super::{
    NewUpdatePolicy,
    book::{PolicyBook, offer},
    check_policy,
};
use crate::{App, AppError, Context};
use jiff::Timestamp;
use latarnik_model::{
    DeviceId, HeldBy, Permission, PolicyScope, PolicyVerdict, RestartRequired, RestartRule,
    UpdateId,
};
use latarnik_store::{PolicyCandidate, PolicyDevice};
use std::collections::{BTreeMap, HashMap};

/// What becomes of offers under a policy, in numbers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PolicyCounts {
    /// Installed in the next maintenance window.
    pub due: u32,
    /// Their deferral is not over.
    pub deferred: u32,
    /// Earlier rings have them first.
    pub waiting: u32,
    /// Stopped, because they failed elsewhere.
    pub stopped: u32,
    /// They failed on the device, and are tried later or left to people.
    pub failed: u32,
    /// A task has them, or they wait for a restart.
    pub in_hand: u32,
    /// Left to people.
    pub manual: u32,
    /// Blocked.
    pub blocked: u32,
}

/// What would become of one update.
#[derive(Debug, Clone)]
pub struct UpdatePreview {
    /// One of its offers, for its names.
    pub update: PolicyCandidate,
    /// On how many devices it is what today.
    pub before: PolicyCounts,
    /// And with the policy.
    pub after: PolicyCounts,
    /// When the first deferral with the policy ends.
    pub next_at: Option<Timestamp>,
}

/// What would become of one device's offers.
#[derive(Debug, Clone)]
pub struct DevicePreview {
    /// The device.
    pub device: PolicyDevice,
    /// Its offers today.
    pub before: PolicyCounts,
    /// And with the policy.
    pub after: PolicyCounts,
}

/// What a policy would do.
#[derive(Debug, Clone)]
pub struct PolicyPreview {
    /// Devices that the policy is for.
    pub devices_in_scope: u64,
    /// All of their offers today.
    pub before: PolicyCounts,
    /// And with the policy.
    pub after: PolicyCounts,
    /// How many of the devices that wait for a restart now do it by themselves, today and with the
    /// policy.
    pub restarts: (u64, u64),
    /// Every update that they are offered: what is due on most devices first.
    pub updates: Vec<UpdatePreview>,
    /// Every device that is offered something: where most is due first.
    pub devices: Vec<DevicePreview>,
}

impl PolicyCounts {
    fn count(&mut self, verdict: PolicyVerdict) {
        let number = match verdict {
            PolicyVerdict::Due(_) => &mut self.due,
            PolicyVerdict::Manual => &mut self.manual,
            PolicyVerdict::Blocked => &mut self.blocked,
            PolicyVerdict::Held(HeldBy::Deferral(_)) => &mut self.deferred,
            PolicyVerdict::Held(HeldBy::Ring) => &mut self.waiting,
            PolicyVerdict::Held(HeldBy::Stopped) => &mut self.stopped,
            PolicyVerdict::Held(HeldBy::Retry(_) | HeldBy::Failures) => &mut self.failed,
            PolicyVerdict::Held(HeldBy::InHand) => &mut self.in_hand,
        };
        *number += 1;
    }
}

impl App {
    /// What a policy would do if it were saved now, next to what happens today.
    ///
    /// # Errors
    /// As when it is saved.
    pub async fn preview_update_policy(
        &self,
        context: &Context,
        new: &NewUpdatePolicy,
    ) -> Result<PolicyPreview, AppError> {
        context.authorize(Permission::ManageUpdatePolicies)?;
        let tenant = new.tenant_id;
        self.check_scope(context, tenant, new.scope).await?;
        check_policy(new.scope, &new.policy)?;
        let today = PolicyBook::load(self.store(), tenant).await?;
        let then = PolicyBook::load(self.store(), tenant).await?;
        let then = then.with(new.scope, new.policy.clone());
        let devices = self.store().policy_devices(tenant).await?;
        let in_scope = |device: &PolicyDevice| match new.scope {
            PolicyScope::Tenant => true,
            PolicyScope::Device(id) => device.id == id,
            PolicyScope::Group(id) => today.around(device.group_id).any(|group| group == id),
        };
        let devices: HashMap<_, _> = devices
            .into_iter()
            .filter(in_scope)
            .map(|device| (device.id, device))
            .collect();
        let only = match new.scope {
            PolicyScope::Device(id) => Some(id),
            PolicyScope::Tenant | PolicyScope::Group(_) => None,
        };
        let candidates = self.store().policy_candidates(tenant, only).await?;
        Ok(compare(&today, &then, devices, candidates, self.now()))
    }
}

fn compare(
    today: &PolicyBook,
    then: &PolicyBook,
    mut devices: HashMap<DeviceId, PolicyDevice>,
    mut candidates: Vec<PolicyCandidate>,
    now: Timestamp,
) -> PolicyPreview {
    let (mut before, mut after) = (PolicyCounts::default(), PolicyCounts::default());
    let mut updates: HashMap<UpdateId, UpdatePreview> = HashMap::new();
    let mut on_devices: BTreeMap<DeviceId, (PolicyCounts, PolicyCounts)> = BTreeMap::new();
    let devices_in_scope = devices.len() as u64;
    let restarts = |book: &PolicyBook| {
        let by_itself = |device: &&PolicyDevice| {
            let rule = book.rules(device.id, device.group_id).restart();
            device.restart_required == RestartRequired::Yes
                && matches!(rule, Some((_, RestartRule::Automatic { .. })))
        };
        devices.values().filter(by_itself).count() as u64
    };
    let restarts = (restarts(today), restarts(then));
    candidates.retain(|candidate| devices.contains_key(&candidate.device_id));
    for candidate in candidates {
        let Some(device) = devices.get(&candidate.device_id) else {
            continue;
        };
        let judge = |book: &PolicyBook| {
            let rules = book.rules(device.id, device.group_id);
            let access = book.access(&rules, candidate.id, candidate.category);
            rules.decide(&offer(&candidate), access, now).verdict
        };
        let (was, will_be) = (judge(today), judge(then));
        before.count(was);
        after.count(will_be);
        let on_device = on_devices.entry(candidate.device_id).or_default();
        on_device.0.count(was);
        on_device.1.count(will_be);
        let update = updates
            .entry(candidate.id)
            .or_insert_with(|| UpdatePreview {
                update: candidate,
                before: PolicyCounts::default(),
                after: PolicyCounts::default(),
                next_at: None,
            });
        update.before.count(was);
        update.after.count(will_be);
        if let PolicyVerdict::Held(HeldBy::Deferral(until)) = will_be {
            update.next_at = update.next_at.into_iter().chain([until]).min();
        }
    }
    let mut updates: Vec<_> = updates.into_values().collect();
    updates.sort_by(|a, b| {
        let key = |u: &UpdatePreview| std::cmp::Reverse((u.after.due, u.after.deferred));
        key(a)
            .cmp(&key(b))
            .then_with(|| a.update.title.cmp(&b.update.title))
    });
    let mut previews: Vec<_> = on_devices
        .into_iter()
        .filter_map(|(id, (before, after))| {
            Some(DevicePreview {
                device: devices.remove(&id)?,
                before,
                after,
            })
        })
        .collect();
    previews.sort_by(|a, b| {
        let due = b.after.due.cmp(&a.after.due);
        due.then_with(|| a.device.hostname.cmp(&b.device.hostname))
    });
    PolicyPreview {
        devices_in_scope,
        before,
        after,
        restarts,
        updates,
        devices: previews,
    }
}
