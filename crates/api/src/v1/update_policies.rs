//! Policies for updates.

pub(super) mod create;
pub(super) mod delete;
pub(super) mod list;
pub(super) mod preview;
pub(super) mod read;
pub(super) mod read_in_force;
pub(super) mod replace;

use super::tasks::TaskPostponements;
use crate::{
    instant::{Instant, optional},
    problem::ApiError,
};
use latarnik_app::{AppError, FieldCode, FieldError, UpdatePolicyRecord};
use latarnik_model::{
    CategoryRule, DeviceId, DueBecause, GroupId, HeldBy, PolicyAnswer as Answer, PolicyScope,
    PolicyVerdict, Postponements, RestartDelay, RestartRule, RingPlan, Switch, TenantId,
    UpdateCategory, UpdateDeadline, UpdatePolicy as Policy, UpdatePolicyId,
};
use serde::{Deserialize, Deserializer, Serialize, de::Error as _};
use utoipa::ToSchema;

/// Whose policy or decision something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum ScopeKind {
    /// All devices of the tenant.
    Tenant,
    /// Those in a group, and in the groups that lie in it.
    Group,
    /// One.
    Device,
}

/// Whose policy or decision something is.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ScopeReference {
    kind: ScopeKind,
    group_id: Option<GroupId>,
    device_id: Option<DeviceId>,
    /// What the group or the device is called.
    name: Option<String>,
}

/// How updates of a category come to be installed.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum Installation {
    /// By a person.
    Manual,
    /// By itself, in the next maintenance window.
    Automatic,
}

/// How updates of one category come to be installed.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct CategoryEntry {
    #[serde(deserialize_with = "category")]
    category: UpdateCategory,
    install: Installation,
    /// With `automatic`: not before so many days after the device was first offered it, 0 to 365;
    /// absent is 0.
    after_days: Option<u16>,
}

/// What a policy says. What it leaves out, wider scopes decide.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct PolicyRules {
    /// Each category once.
    categories: Vec<CategoryEntry>,
    /// So many days after the first offer, 1 to 365, neither deferral nor rings hold back what
    /// installs by itself; 0 is no deadline, null leaves it to wider scopes.
    deadline_days: Option<u16>,
    /// The ring of the devices here, from 1.
    ring: Option<u8>,
    /// How updates go from ring to ring; in a tenant's policy only.
    rings: Option<RingPlan>,
    /// How the devices here come to restart when they wait for it; null leaves it to wider scopes,
    /// in the end to people.
    restart: Option<RestartEntry>,
    /// Windows: whether the devices here are offered updates for other products of Microsoft too,
    /// from the service Microsoft Update; null leaves it to wider scopes, in the end it is off.
    microsoft_update: Option<Switch>,
    /// Windows: whether its own automatic updating rests on the devices here, so that nothing is
    /// installed but what policies and people install; null leaves it to wider scopes, in the end
    /// it is off.
    control_automatic_updates: Option<Switch>,
}

/// How a device comes to restart when it waits for it.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum Restarting {
    /// When a person asks for it.
    Manual,
    /// By itself, in the next maintenance window.
    Automatic,
}

/// How devices come to restart when they wait for it.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RestartEntry {
    restart: Restarting,
    /// With `automatic`: 0 or 5 to 60 minutes for the people at the machine; absent is 0.
    delay_minutes: Option<u16>,
    /// With `automatic`: how often they may put it off; absent is not at all.
    postponements: Option<TaskPostponements>,
}

/// What a tenant, a group or a device says about updates.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct UpdatePolicy {
    id: UpdatePolicyId,
    tenant_id: TenantId,
    scope: ScopeReference,
    rules: PolicyRules,
    /// Counts the changes; whoever replaces it names the one that they have seen.
    version: u64,
    updated_at: Instant,
    updated_by: String,
}

/// What policies say of an offer.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum Verdict {
    /// It is installed in the next maintenance window.
    Due,
    /// It is held back.
    Held,
    /// A person decides.
    Manual,
    /// It is not installed.
    Blocked,
}

/// Why.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum Because {
    /// Due: somebody approved it.
    Approved,
    /// Due: its category installs by itself.
    Automatic,
    /// Due: its deadline has passed.
    Deadline,
    /// Held: it is not offered for long enough.
    Deferral,
    /// Held: earlier rings have it first.
    Ring,
    /// Held: it was stopped on its way through the rings.
    Stopped,
    /// Held: it failed here, and is tried again.
    Retry,
    /// Held: it failed here too often.
    Failures,
    /// Held: a task has it, or it waits for a restart.
    InHand,
}

/// What policies say of an offer, and why.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct PolicyAnswer {
    verdict: Verdict,
    because: Option<Because>,
    /// Until when it is held, where that is known.
    until: Option<Instant>,
    /// When its deadline is.
    deadline_at: Option<Instant>,
    /// Whose rule decided; null where nobody has one.
    scope: Option<ScopeKind>,
}

/// A category by its name, and not by whatever else stands there.
fn category<'de, D: Deserializer<'de>>(deserializer: D) -> Result<UpdateCategory, D::Error> {
    let name = String::deserialize(deserializer)?;
    UpdateCategory::from_name(&name).ok_or_else(|| D::Error::custom("unknown category"))
}

fn invalid(field: &'static str, code: FieldCode) -> ApiError {
    AppError::Invalid(vec![FieldError { field, code }]).into()
}

/// The scope that a request names.
pub(super) fn scope(
    group: Option<GroupId>,
    device: Option<DeviceId>,
) -> Result<PolicyScope, ApiError> {
    match (group, device) {
        (Some(_), Some(_)) => Err(invalid("device_id", FieldCode::NotAllowed)),
        (Some(group), None) => Ok(PolicyScope::Group(group)),
        (None, Some(device)) => Ok(PolicyScope::Device(device)),
        (None, None) => Ok(PolicyScope::Tenant),
    }
}

impl ScopeKind {
    const fn of(scope: PolicyScope) -> Self {
        match scope {
            PolicyScope::Tenant => Self::Tenant,
            PolicyScope::Group(_) => Self::Group,
            PolicyScope::Device(_) => Self::Device,
        }
    }
}

impl ScopeReference {
    pub(super) fn new(scope: PolicyScope, name: Option<String>) -> Self {
        let (group_id, device_id) = match scope {
            PolicyScope::Tenant => (None, None),
            PolicyScope::Group(id) => (Some(id), None),
            PolicyScope::Device(id) => (None, Some(id)),
        };
        Self {
            kind: ScopeKind::of(scope),
            group_id,
            device_id,
            name,
        }
    }
}

impl CategoryEntry {
    fn rule(&self) -> Result<CategoryRule, ApiError> {
        match (self.install, self.after_days) {
            (Installation::Manual, None) => Ok(CategoryRule::Manual),
            (Installation::Manual, Some(_)) => Err(invalid("categories", FieldCode::NotAllowed)),
            (Installation::Automatic, days) => Ok(CategoryRule::Automatic {
                after_days: days.unwrap_or_default(),
            }),
        }
    }

    fn new(category: UpdateCategory, rule: CategoryRule) -> Self {
        let (install, after_days) = match rule {
            CategoryRule::Manual => (Installation::Manual, None),
            CategoryRule::Automatic { after_days } => (Installation::Automatic, Some(after_days)),
        };
        Self {
            category,
            install,
            after_days,
        }
    }
}

impl RestartEntry {
    fn rule(self) -> Result<RestartRule, ApiError> {
        let out_of_range = |_| invalid("restart", FieldCode::OutOfRange);
        match self.restart {
            Restarting::Manual if self.delay_minutes.is_some() || self.postponements.is_some() => {
                Err(invalid("restart", FieldCode::NotAllowed))
            }
            Restarting::Manual => Ok(RestartRule::Manual),
            Restarting::Automatic => {
                let delay = RestartDelay::try_from(self.delay_minutes.unwrap_or_default());
                let postponements = self.postponements.map(Postponements::try_from);
                Ok(RestartRule::Automatic {
                    delay_minutes: delay.map_err(out_of_range)?,
                    postponements: postponements.transpose().map_err(out_of_range)?,
                })
            }
        }
    }

    fn new(rule: RestartRule) -> Self {
        let (restart, delay_minutes, postponements) = match rule {
            RestartRule::Manual => (Restarting::Manual, None, None),
            RestartRule::Automatic {
                delay_minutes,
                postponements,
            } => {
                let minutes = delay_minutes.minutes();
                (Restarting::Automatic, Some(minutes), postponements)
            }
        };
        Self {
            restart,
            delay_minutes,
            postponements: postponements.map(TaskPostponements::from),
        }
    }
}

impl PolicyRules {
    pub(super) fn policy(self) -> Result<Policy, ApiError> {
        let mut policy = Policy {
            deadline: self.deadline_days.map(|days| match days {
                0 => UpdateDeadline::None,
                days => UpdateDeadline::Days { days },
            }),
            ring: self.ring,
            rings: self.rings,
            restart: self.restart.map(RestartEntry::rule).transpose()?,
            microsoft_update: self.microsoft_update,
            control_automatic_updates: self.control_automatic_updates,
            ..Policy::default()
        };
        for entry in &self.categories {
            let before = policy.categories.insert(entry.category, entry.rule()?);
            if before.is_some() {
                return Err(invalid("categories", FieldCode::Taken));
            }
        }
        Ok(policy)
    }
}

impl From<Policy> for PolicyRules {
    fn from(policy: Policy) -> Self {
        let entry = |(category, rule)| CategoryEntry::new(category, rule);
        Self {
            categories: policy.categories.into_iter().map(entry).collect(),
            deadline_days: policy.deadline.map(deadline_days),
            ring: policy.ring,
            rings: policy.rings,
            restart: policy.restart.map(RestartEntry::new),
            microsoft_update: policy.microsoft_update,
            control_automatic_updates: policy.control_automatic_updates,
        }
    }
}

const fn deadline_days(deadline: UpdateDeadline) -> u16 {
    match deadline {
        UpdateDeadline::None => 0,
        UpdateDeadline::Days { days } => days,
    }
}

impl From<UpdatePolicyRecord> for UpdatePolicy {
    fn from(record: UpdatePolicyRecord) -> Self {
        Self {
            id: record.id,
            tenant_id: record.tenant_id,
            scope: ScopeReference::new(record.scope, record.scope_name),
            rules: record.policy.into(),
            version: record.version,
            updated_at: record.updated_at.into(),
            updated_by: record.updated_by_name,
        }
    }
}

impl From<Answer> for PolicyAnswer {
    fn from(answer: Answer) -> Self {
        let (verdict, because, until) = match answer.verdict {
            PolicyVerdict::Due(DueBecause::Approved) => {
                (Verdict::Due, Some(Because::Approved), None)
            }
            PolicyVerdict::Due(DueBecause::Automatic) => {
                (Verdict::Due, Some(Because::Automatic), None)
            }
            PolicyVerdict::Due(DueBecause::Deadline) => {
                (Verdict::Due, Some(Because::Deadline), None)
            }
            PolicyVerdict::Manual => (Verdict::Manual, None, None),
            PolicyVerdict::Blocked => (Verdict::Blocked, None, None),
            PolicyVerdict::Held(held) => {
                let (because, until) = match held {
                    HeldBy::Deferral(until) => (Because::Deferral, Some(until)),
                    HeldBy::Ring => (Because::Ring, None),
                    HeldBy::Stopped => (Because::Stopped, None),
                    HeldBy::Retry(until) => (Because::Retry, Some(until)),
                    HeldBy::Failures => (Because::Failures, None),
                    HeldBy::InHand => (Because::InHand, None),
                };
                (Verdict::Held, Some(because), until)
            }
        };
        Self {
            verdict,
            because,
            until: optional(until),
            deadline_at: optional(answer.deadline_at),
            scope: answer.scope.map(ScopeKind::of),
        }
    }
}
