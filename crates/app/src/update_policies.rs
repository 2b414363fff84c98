//! Policies for updates: what installs by itself on which devices.

mod automatic;
mod book;
mod decisions;
mod preview;
mod restarts;
mod rollouts;

use crate::{
    App, AppError, Context, Event, FieldCode, FieldError, Problem,
    context::{Done, Mutation, Target},
    error::invalid,
    tenants::narrowed,
    text::check_name,
    users::taken,
};
pub(crate) use book::{PolicyBook, offer};
use latarnik_model::{
    CategoryRule, DeviceId, LONGEST_DEFERRAL_DAYS, LONGEST_RING_HOURS, MOST_RINGS, Offer,
    Permission, PolicyAnswer, PolicyScope, RestartRule, RingPlan, Scope, Switch, TenantId,
    UpdateCategory, UpdateDeadline, UpdateNames, UpdatePolicy, UpdatePolicyId,
};
use latarnik_store::{DeviceRecord, UpdateDecisionRecord, UpdatePolicyRecord, UpdateRecord};
use std::collections::{BTreeMap, HashSet};

pub use decisions::NewUpdateDecision;
pub use preview::{DevicePreview, PolicyCounts, PolicyPreview, UpdatePreview};
pub use rollouts::{RolloutChange, RolloutProgress};

/// A policy to be.
#[derive(Debug, Clone)]
pub struct NewUpdatePolicy {
    /// Its tenant.
    pub tenant_id: TenantId,
    /// Whose it is.
    pub scope: PolicyScope,
    /// What it says.
    pub policy: UpdatePolicy,
}

/// What holds for a device, and who says so.
#[derive(Debug, Clone)]
pub struct RulesInForce {
    /// How updates of each category come to be installed, where somebody says it.
    pub categories: BTreeMap<UpdateCategory, (PolicyScope, CategoryRule)>,
    /// The deadline.
    pub deadline: Option<(PolicyScope, UpdateDeadline)>,
    /// The device's ring, counted from 1, and what its tenant calls it; `None` without rings.
    pub ring: Option<(u8, String)>,
    /// Who says that it is this ring; `None` if it is the last for want of another.
    pub ring_scope: Option<PolicyScope>,
    /// How it comes to restart.
    pub restart: Option<(PolicyScope, RestartRule)>,
    /// Windows: whether Microsoft Update is wanted.
    pub microsoft_update: Option<(PolicyScope, Switch)>,
    /// Windows: whether its own automatic updating is to rest.
    pub control_automatic_updates: Option<(PolicyScope, Switch)>,
    /// The policies that were asked, from the device outwards.
    pub policies: Vec<UpdatePolicyRecord>,
    /// The decisions that were asked, from the device outwards.
    pub decisions: Vec<UpdateDecisionRecord>,
}

const CREATE: Mutation = manage("create_update_policy");
const CHANGE: Mutation = manage("change_update_policy");
const DELETE: Mutation = manage("delete_update_policy");

const fn manage(action: &'static str) -> Mutation {
    Mutation {
        permission: Some(Permission::ManageUpdatePolicies),
        action,
        target_kind: "update_policy",
    }
}

impl App {
    /// The policies that the caller may see, of all tenants or of one.
    ///
    /// # Errors
    /// [`AppError::Store`].
    pub async fn list_update_policies(
        &self,
        context: &Context,
        tenant: Option<TenantId>,
    ) -> Result<Vec<UpdatePolicyRecord>, AppError> {
        context.authorize(Permission::ReadDevices)?;
        let scope = narrowed(&context.scope, tenant);
        Ok(self.store().update_policies(&scope).await?)
    }

    /// One policy.
    ///
    /// # Errors
    /// [`Problem::NotFound`].
    pub async fn read_update_policy(
        &self,
        context: &Context,
        id: UpdatePolicyId,
    ) -> Result<UpdatePolicyRecord, AppError> {
        context.authorize(Permission::ReadDevices)?;
        let found = self.store().update_policy(&context.scope, id).await?;
        found.ok_or_else(|| Problem::NotFound.into())
    }

    /// Makes a policy.
    ///
    /// # Errors
    /// [`AppError::Invalid`] with the fields that are not usable.
    pub async fn create_update_policy(
        &self,
        context: &Context,
        new: NewUpdatePolicy,
    ) -> Result<UpdatePolicyRecord, AppError> {
        let now = self.now();
        let id = UpdatePolicyId::generate(now, &self.ids());
        let tenant = new.tenant_id;
        self.mutate(context, &CREATE, async |transaction| {
            let name = self.check_scope(context, tenant, new.scope).await?;
            check_policy(new.scope, &new.policy)?;
            let record = UpdatePolicyRecord {
                id,
                tenant_id: tenant,
                scope: new.scope,
                scope_name: None,
                policy: new.policy.clone(),
                version: 1,
                updated_at: now,
                updated_by_name: context.actor_name().to_owned(),
            };
            transaction
                .insert_update_policy(&record)
                .await
                .map_err(|error| taken(error, scope_field(new.scope)))?;
            let target = described(Target::new(tenant, id, name), &record.policy);
            Ok(Done::to(target, ()))
        })
        .await?;
        self.policies_changed(tenant);
        self.read_update_policy(context, id).await
    }

    /// Replaces what a policy says, as long as nobody did since the caller saw this version of it.
    ///
    /// # Errors
    /// [`Problem::NotFound`], [`Problem::ChangedMeanwhile`]; [`AppError::Invalid`].
    pub async fn replace_update_policy(
        &self,
        context: &Context,
        id: UpdatePolicyId,
        version: u64,
        policy: UpdatePolicy,
    ) -> Result<UpdatePolicyRecord, AppError> {
        let tenant = self
            .mutate(context, &CHANGE, async |transaction| {
                let found = self.store().update_policy(&context.scope, id).await?;
                let found = found.ok_or(Problem::NotFound)?;
                check_policy(found.scope, &policy)?;
                let record = UpdatePolicyRecord {
                    policy: policy.clone(),
                    version: version.saturating_add(1),
                    updated_at: self.now(),
                    updated_by_name: context.actor_name().to_owned(),
                    ..found
                };
                if !transaction.replace_update_policy(&record).await? {
                    return Err(Problem::ChangedMeanwhile.into());
                }
                let tenant = record.tenant_id;
                let name = record.scope_name.unwrap_or_default();
                let target = described(Target::new(tenant, id, name), &record.policy);
                Ok(Done::to(target, tenant))
            })
            .await?;
        self.policies_changed(tenant);
        self.read_update_policy(context, id).await
    }

    /// Deletes a policy: wider ones hold for its devices again.
    ///
    /// # Errors
    /// [`Problem::NotFound`].
    pub async fn delete_update_policy(
        &self,
        context: &Context,
        id: UpdatePolicyId,
    ) -> Result<(), AppError> {
        let tenant = self
            .mutate(context, &DELETE, async |transaction| {
                let found = self.store().update_policy(&context.scope, id).await?;
                let found = found.ok_or(Problem::NotFound)?;
                let tenant = found.tenant_id;
                if !transaction.delete_update_policy(tenant, id).await? {
                    return Err(Problem::NotFound.into());
                }
                let target = Target::new(tenant, id, found.scope_name.unwrap_or_default());
                Ok(Done::to(target, tenant))
            })
            .await?;
        self.policies_changed(tenant);
        Ok(())
    }

    /// What holds for a device, and who says so.
    ///
    /// # Errors
    /// [`Problem::NotFound`].
    pub async fn read_rules_in_force(
        &self,
        context: &Context,
        id: DeviceId,
    ) -> Result<RulesInForce, AppError> {
        context.authorize(Permission::ReadDevices)?;
        let device = self.store().device(&context.scope, id).await?;
        let device: DeviceRecord = device.ok_or(Problem::NotFound)?;
        let book = PolicyBook::load(self.store(), device.tenant_id).await?;
        let rules = book.rules(id, device.group_id);
        let ring = rules.ring();
        let number = book.plan().map(|plan| plan.ring_of(ring.map(|(_, n)| n)));
        let name = |number: u8| {
            let names = &book.plan()?.names;
            names.get(usize::from(number).checked_sub(1)?).cloned()
        };
        let chain: Vec<PolicyScope> = rules.0.iter().map(|rules| rules.scope).collect();
        let scope = Scope::one(device.tenant_id);
        let mut policies = self.store().update_policies(&scope).await?;
        let mut decisions = self.store().update_decisions(&scope).await?;
        let place = |scope: &PolicyScope| chain.iter().position(|other| other == scope);
        policies.retain(|record| place(&record.scope).is_some());
        policies.sort_by_key(|record| place(&record.scope));
        decisions.retain(|record| place(&record.scope).is_some());
        decisions.sort_by_key(|record| place(&record.scope));
        let category = |category| Some((category, rules.category(category)?));
        Ok(RulesInForce {
            categories: UpdateCategory::ALL
                .into_iter()
                .filter_map(category)
                .collect(),
            deadline: rules.deadline(),
            ring: number.and_then(|number| Some((number, name(number)?))),
            ring_scope: ring.map(|(scope, _)| scope),
            restart: rules.restart(),
            microsoft_update: rules.microsoft_update(),
            control_automatic_updates: rules.control_automatic_updates(),
            policies,
            decisions,
        })
    }

    /// What the policies say of updates of a device, in their order.
    ///
    /// # Errors
    /// [`Problem::NotFound`].
    pub async fn judge_updates(
        &self,
        context: &Context,
        id: DeviceId,
        updates: &[UpdateRecord],
    ) -> Result<Vec<PolicyAnswer>, AppError> {
        context.authorize(Permission::ReadDevices)?;
        let device = self.store().device(&context.scope, id).await?;
        let device: DeviceRecord = device.ok_or(Problem::NotFound)?;
        let book = PolicyBook::load(self.store(), device.tenant_id).await?;
        let rules = book.rules(id, device.group_id);
        let now = self.now();
        let judge = |update: &UpdateRecord| {
            let offer = Offer {
                names: UpdateNames {
                    id: update.id,
                    kb: update.offer.kb.as_deref(),
                    package: update.offer.package.as_deref(),
                },
                category: update.offer.category,
                first_offered_at: update.first_offered_at,
                state: update.standing.state,
                since: update.standing.since,
                failures: update.failures,
            };
            let access = book.access(&rules, update.id, update.offer.category);
            rules.decide(&offer, access, now)
        };
        Ok(updates.iter().map(judge).collect())
    }

    /// Refuses a scope that the caller may not see or that is not there; what it is called.
    pub(crate) async fn check_scope(
        &self,
        context: &Context,
        tenant: TenantId,
        scope: PolicyScope,
    ) -> Result<String, AppError> {
        let own = Scope::one(tenant);
        let unknown = || invalid(scope_field(scope), FieldCode::Unknown);
        let found = match context.scope.contains(tenant) {
            true => self.store().tenant(&own, tenant).await?,
            false => None,
        };
        let found = found.filter(|tenant| tenant.deletion.is_none());
        let found = found.ok_or_else(|| invalid("tenant_id", FieldCode::Unknown))?;
        match scope {
            PolicyScope::Tenant => Ok(found.name),
            PolicyScope::Group(id) => {
                let group = self.store().group(&own, id).await?;
                Ok(group.ok_or_else(unknown)?.name)
            }
            PolicyScope::Device(id) => {
                let device = self.store().device(&own, id).await?;
                Ok(device.ok_or_else(unknown)?.facts.hostname)
            }
        }
    }

    /// Says that other rules hold from now on, and has them applied.
    fn policies_changed(&self, tenant_id: TenantId) {
        self.events().publish(Event::PoliciesChanged { tenant_id });
        self.policies().notify_one();
    }
}

/// The field of a request that names the scope.
const fn scope_field(scope: PolicyScope) -> &'static str {
    match scope {
        PolicyScope::Tenant => "tenant_id",
        PolicyScope::Group(_) => "group_id",
        PolicyScope::Device(_) => "device_id",
    }
}

/// What the audit says of a policy, in codes and numbers.
fn described(target: Target, policy: &UpdatePolicy) -> Target {
    let (mut automatic, mut manual) = (Vec::new(), Vec::new());
    for (category, rule) in &policy.categories {
        match rule {
            CategoryRule::Manual => manual.push(category.name().to_owned()),
            CategoryRule::Automatic { after_days } => {
                automatic.push(format!("{} {after_days}", category.name()));
            }
        }
    }
    let deadline = policy.deadline.map(|deadline| match deadline {
        UpdateDeadline::None => "none".to_owned(),
        UpdateDeadline::Days { days } => days.to_string(),
    });
    let rings = policy.rings.as_ref().map(|plan| plan.names.join(", "));
    let list = |names: Vec<String>| (!names.is_empty()).then(|| names.join(", "));
    [
        ("automatic_after_days", list(automatic)),
        ("manual", list(manual)),
        ("deadline_days", deadline),
        ("ring", policy.ring.map(|ring| ring.to_string())),
        ("rings", rings),
        ("restart", policy.restart.map(restart)),
        ("microsoft_update", policy.microsoft_update.map(switch)),
        (
            "control_automatic_updates",
            policy.control_automatic_updates.map(switch),
        ),
    ]
    .into_iter()
    .filter_map(|(name, value)| Some((name, value?)))
    .fold(target, |target, (name, value)| target.with(name, value))
}

fn restart(rule: RestartRule) -> String {
    match rule {
        RestartRule::Manual => "manual".to_owned(),
        RestartRule::Automatic {
            delay_minutes,
            postponements,
        } => {
            let postponed = postponements.map(|p| format!(" {}x{}", p.most(), p.minutes()));
            let minutes = delay_minutes.minutes();
            format!("automatic {minutes}{}", postponed.unwrap_or_default())
        }
    }
}

fn switch(switch: Switch) -> String {
    match switch {
        Switch::On => "on".to_owned(),
        Switch::Off => "off".to_owned(),
    }
}

fn check_policy(scope: PolicyScope, policy: &UpdatePolicy) -> Result<(), AppError> {
    let mut errors = Vec::new();
    let mut note = |field, code| errors.push(FieldError { field, code });
    let too_late = |rule: &CategoryRule| matches!(rule, CategoryRule::Automatic { after_days } if *after_days > LONGEST_DEFERRAL_DAYS);
    if policy.categories.values().any(too_late) {
        note("categories", FieldCode::OutOfRange);
    }
    if let Some(UpdateDeadline::Days { days }) = policy.deadline
        && !(1..=LONGEST_DEFERRAL_DAYS).contains(&days)
    {
        note("deadline_days", FieldCode::OutOfRange);
    }
    if let Some(ring) = policy.ring
        && !(1..=MOST_RINGS).contains(&ring.into())
    {
        note("ring", FieldCode::OutOfRange);
    }
    if let Some(plan) = &policy.rings {
        if scope != PolicyScope::Tenant {
            note("rings", FieldCode::NotAllowed);
        } else if let Err(code) = check_plan(plan) {
            note("rings", code);
        }
    }
    if errors.is_empty() {
        Ok(())
    } else {
        Err(AppError::Invalid(errors))
    }
}

fn check_plan(plan: &RingPlan) -> Result<(), FieldCode> {
    let percents = [
        plan.attempted_percent,
        plan.success_percent,
        plan.stop_failed_percent,
    ];
    let in_range = (2..=MOST_RINGS).contains(&plan.names.len())
        && plan.wait_hours <= LONGEST_RING_HOURS
        && percents.iter().all(|percent| (1..=100).contains(percent))
        && plan.stop_failed_devices > 0;
    if !in_range {
        return Err(FieldCode::OutOfRange);
    }
    for name in &plan.names {
        check_name(name)?;
    }
    let different: HashSet<_> = plan.names.iter().map(|name| name.trim()).collect();
    if different.len() == plan.names.len() {
        Ok(())
    } else {
        Err(FieldCode::Taken)
    }
}
