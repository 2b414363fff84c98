//! What the server remembers of agents that check in, so that a plain heartbeat costs no query.

use super::AgentIdentity;
use jiff::{SignedDuration, Timestamp};
use latarnik_model::{DeviceId, GroupId, SourceSettings, TenantId};
use latarnik_store::AgentState;
use std::{
    collections::HashMap,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

/// The agents that this process has heard of since it started.
#[derive(Debug, Default)]
pub(crate) struct Fleet {
    members: Mutex<HashMap<DeviceId, Member>>,
    /// Counts the times at which devices came to lie in other groups.
    moves: AtomicU64,
}

/// What is known of an agent that decides how it is to be set up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place {
    /// How its own source of updates should be set.
    pub(crate) settings: SourceSettings,
    /// The group in which it lies.
    pub(crate) group: Option<GroupId>,
}

#[derive(Debug, Clone)]
struct Member {
    agent: AgentIdentity,
    state: AgentState,
    last_seen: Timestamp,
    announced_silent: bool,
    /// The highest sequence of tasks that was acknowledged.
    acknowledged: u64,
}

impl Fleet {
    /// Notes a sign of life: what is known of the agent, and whether it was silent before. `None`
    /// if this process does not know it yet.
    pub(crate) fn seen(&self, device: DeviceId, now: Timestamp) -> Option<(AgentState, bool)> {
        let mut members = self.lock();
        let member = members.get_mut(&device)?;
        member.last_seen = now;
        let was_silent = std::mem::take(&mut member.announced_silent);
        Some((member.state.clone(), was_silent))
    }

    /// Remembers what is known of an agent. How it is to be set up changes by [`Fleet::set_up`] and
    /// [`Fleet::regroup`] alone once it is known.
    pub(crate) fn remember(&self, agent: AgentIdentity, mut state: AgentState, now: Timestamp) {
        let mut members = self.lock();
        let before = members.get(&agent.device_id);
        let acknowledged = before.map_or(0, |member| member.acknowledged);
        if let Some(known) = before.map(|member| &member.state) {
            (state.settings, state.group_id) = (known.settings, known.group_id);
        }
        let member = Member {
            agent,
            state,
            last_seen: now,
            announced_silent: false,
            acknowledged,
        };
        members.insert(agent.device_id, member);
    }

    /// What decides how an agent is to be set up. `None` if this process does not know it yet.
    pub(crate) fn place(&self, device: DeviceId) -> Option<Place> {
        let members = self.lock();
        members.get(&device).map(|member| Place {
            settings: member.state.settings,
            group: member.state.group_id,
        })
    }

    /// To be read before the database is asked where a device lies: what was read counts unless
    /// devices were moved meanwhile.
    pub(crate) fn moves(&self) -> u64 {
        self.moves.load(Ordering::SeqCst)
    }

    /// Puts the agents of a tenant into the groups in which they lie now. `place` says which, and
    /// whether that changes how an agent is to be set up; those for which it does.
    pub(crate) fn regroup(
        &self,
        tenant: TenantId,
        place: impl Fn(DeviceId, Option<GroupId>) -> (Option<GroupId>, bool),
    ) -> Vec<DeviceId> {
        self.moves.fetch_add(1, Ordering::SeqCst);
        let mut members = self.lock();
        let of_tenant = members
            .values_mut()
            .filter(|member| member.agent.tenant_id == tenant);
        of_tenant
            .filter_map(|member| {
                let device = member.agent.device_id;
                let (group, changes) = place(device, member.state.group_id);
                member.state.group_id = group;
                changes.then_some(device)
            })
            .collect()
    }

    /// Notes how agents are to be set up from now on, as it stands in the database. Those for which
    /// that is something else than before.
    pub(crate) fn set_up(
        &self,
        devices: impl Iterator<Item = (DeviceId, SourceSettings)>,
    ) -> Vec<DeviceId> {
        let mut members = self.lock();
        let changed = devices.filter_map(|(device, settings)| {
            let member = members.get_mut(&device)?;
            let before = std::mem::replace(&mut member.state.settings, settings);
            (before != settings).then_some(device)
        });
        changed.collect()
    }

    /// Whether acknowledging up to that sequence says anything new.
    pub(crate) fn acknowledges(&self, device: DeviceId, up_to: u64) -> bool {
        self.lock()
            .get(&device)
            .is_none_or(|member| member.acknowledged < up_to)
    }

    /// Remembers an acknowledgement that was written.
    pub(crate) fn acknowledged(&self, device: DeviceId, up_to: u64) {
        if let Some(member) = self.lock().get_mut(&device) {
            member.acknowledged = up_to;
        }
    }

    /// Forgets an agent: it was removed, or what is remembered may be stale.
    pub(crate) fn forget(&self, device: DeviceId) {
        self.lock().remove(&device);
    }

    /// Forgets the agents of a tenant.
    pub(crate) fn forget_tenant(&self, tenant: TenantId) {
        self.lock()
            .retain(|_, member| member.agent.tenant_id != tenant);
    }

    /// Agents that have become silent since this was last asked.
    pub(crate) fn newly_silent(&self, now: Timestamp, after: SignedDuration) -> Vec<AgentIdentity> {
        self.lock()
            .values_mut()
            .filter(|member| {
                !member.announced_silent && now.duration_since(member.last_seen) > after
            })
            .map(|member| {
                member.announced_silent = true;
                member.agent
            })
            .collect()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<DeviceId, Member>> {
        self.members.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
