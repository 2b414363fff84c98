//! Everything that a tenant's policies say, and where its updates stand in its rings.

use crate::AppError;
use latarnik_model::{
    DeviceId, GroupId, Offer, PolicyScope, RingAccess, RingPlan, Rollout, RolloutState, Scope,
    ScopeRules, TenantId, UpdateCategory, UpdateDecision, UpdateId, UpdateNames, UpdatePolicy,
    UpdateRules,
};
use latarnik_store::{PolicyCandidate, Store};
use std::collections::HashMap;

/// What a tenant's policies say.
pub(crate) struct PolicyBook {
    policies: HashMap<PolicyScope, UpdatePolicy>,
    decisions: HashMap<PolicyScope, Vec<UpdateDecision>>,
    parents: HashMap<GroupId, Option<GroupId>>,
    rollouts: HashMap<UpdateId, Rollout>,
}

impl PolicyBook {
    pub(crate) async fn load(store: &Store, tenant: TenantId) -> Result<Self, AppError> {
        let scope = Scope::one(tenant);
        let policies = store.update_policies(&scope).await?;
        let mut decisions: HashMap<_, Vec<_>> = HashMap::new();
        for record in store.update_decisions(&scope).await? {
            let of_scope = decisions.entry(record.scope).or_default();
            of_scope.push(record.decision);
        }
        let groups = store.groups(&scope).await?;
        let rollouts = store.rollouts(&scope, &[]).await?;
        Ok(Self {
            policies: policies
                .into_iter()
                .map(|record| (record.scope, record.policy))
                .collect(),
            decisions,
            parents: groups
                .into_iter()
                .map(|group| (group.id, group.parent_id))
                .collect(),
            rollouts: rollouts
                .into_iter()
                .map(|record| (record.update_id, record.rollout))
                .collect(),
        })
    }

    /// The book as it would be with this policy.
    pub(super) fn with(mut self, scope: PolicyScope, policy: UpdatePolicy) -> Self {
        self.policies.insert(scope, policy);
        self
    }

    /// The book as it would be if an update had come so far in the rings.
    pub(super) fn note_rollout(&mut self, update: UpdateId, rollout: Rollout) {
        self.rollouts.insert(update, rollout);
    }

    pub(super) fn rollout(&self, update: UpdateId) -> Option<Rollout> {
        self.rollouts.get(&update).copied()
    }

    /// The rules for a device.
    pub(crate) fn rules(&self, device: DeviceId, group: Option<GroupId>) -> UpdateRules<'_> {
        let own = std::iter::once(PolicyScope::Device(device));
        let around = self.around(group).map(PolicyScope::Group);
        let chain = own.chain(around).chain([PolicyScope::Tenant]);
        UpdateRules(
            chain
                .map(|scope| ScopeRules {
                    scope,
                    policy: self.policies.get(&scope),
                    decisions: self.decisions.get(&scope).map_or(&[], Vec::as_slice),
                })
                .collect(),
        )
    }

    /// A group and those around it, from the inner to the outer.
    pub(super) fn around(&self, group: Option<GroupId>) -> impl Iterator<Item = GroupId> {
        std::iter::successors(group, |id| self.parents.get(id).copied().flatten())
    }

    pub(crate) fn plan(&self) -> Option<&RingPlan> {
        let tenant = self.policies.get(&PolicyScope::Tenant)?;
        tenant.rings.as_ref()
    }

    /// The number of a device's ring; 1 where the tenant has none.
    pub(super) fn ring_of(&self, rules: &UpdateRules<'_>) -> u8 {
        let named = rules.ring().map(|(_, ring)| ring);
        self.plan().map_or(1, |plan| plan.ring_of(named))
    }

    /// Whether an update may go to the devices of a ring. Signatures of protection programs are
    /// replaced several times a day: no ring is fast enough for them.
    pub(crate) fn access(
        &self,
        rules: &UpdateRules<'_>,
        update: UpdateId,
        category: UpdateCategory,
    ) -> RingAccess {
        if self.plan().is_none() || category == UpdateCategory::Definition {
            return RingAccess::NoRings;
        }
        let ring = self.ring_of(rules);
        match self.rollouts.get(&update) {
            None if ring == 1 => RingAccess::Open,
            None => RingAccess::Waiting,
            Some(rollout) => match rollout.state {
                RolloutState::StoppedByFailures | RolloutState::StoppedByPerson => {
                    RingAccess::Stopped
                }
                RolloutState::Complete => RingAccess::Open,
                RolloutState::Running if ring <= rollout.ring => RingAccess::Open,
                RolloutState::Running => RingAccess::Waiting,
            },
        }
    }
}

/// A candidate, as the rules ask for it.
pub(crate) fn offer(candidate: &PolicyCandidate) -> Offer<'_> {
    Offer {
        names: UpdateNames {
            id: candidate.id,
            kb: candidate.kb.as_deref(),
            package: candidate.package.as_deref(),
        },
        category: candidate.category,
        first_offered_at: candidate.first_offered_at,
        state: candidate.state,
        since: candidate.since,
        failures: candidate.failures,
    }
}
