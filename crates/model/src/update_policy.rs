//! Policies for updates: what installs by itself, when, and what never does.
//!
//! A tenant, a group and a device may each have a policy and decisions on single updates. They are
//! asked from the device outwards, and the first that says something about a matter is the one that
//! counts for it. Nothing installs by itself unless some policy says so.

use crate::{
    DeviceId, GroupId, Postponements, RestartDelay, UpdateCategory, UpdateId, UpdateState,
};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, fmt};

/// Longest time that an update is left to itself after it was first offered, in days.
pub const LONGEST_DEFERRAL_DAYS: u16 = 365;
/// Attempts that fail before a policy leaves an update to people.
pub const MOST_ATTEMPTS: u32 = 3;
/// How long a policy waits after an attempt that failed.
const RETRY_AFTER: SignedDuration = SignedDuration::from_hours(24);
const DAY: SignedDuration = SignedDuration::from_hours(24);

/// Whose policy, decision or window it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(tag = "kind", content = "id", rename_all = "snake_case")]
pub enum PolicyScope {
    /// All devices of the tenant.
    Tenant,
    /// Those in a group, and in the groups that lie in it.
    Group(GroupId),
    /// One.
    Device(DeviceId),
}

/// What one scope says. What it leaves out, wider scopes decide.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct UpdatePolicy {
    /// How updates of a category come to be installed. What no scope names is left to people.
    pub categories: BTreeMap<UpdateCategory, CategoryRule>,
    /// After how long an update that installs by itself waits for nothing any more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deadline: Option<UpdateDeadline>,
    /// The ring of the devices here, counted from 1; the last one where no scope says it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ring: Option<u8>,
    /// How updates go from ring to ring. A tenant's alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rings: Option<crate::RingPlan>,
    /// How the devices here come to restart when they wait for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub restart: Option<RestartRule>,
    /// Windows: whether the devices here are offered updates for other products of Microsoft too.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub microsoft_update: Option<Switch>,
    /// Windows: whether its own automatic updating rests on the devices here.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub control_automatic_updates: Option<Switch>,
}

/// How a device comes to restart when it waits for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "restart", rename_all = "snake_case")]
pub enum RestartRule {
    /// When a person asks for it.
    Manual,
    /// By itself, in the next maintenance window.
    Automatic {
        /// Time for the people at the machine.
        delay_minutes: RestartDelay,
        /// Whether they may put it off.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        postponements: Option<Postponements>,
    },
}

/// Whether something is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Switch {
    /// It is.
    On,
    /// It is not.
    Off,
}

/// How a device's own source of updates should be set.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct SourceSettings {
    /// Windows: updates for other products of Microsoft too.
    pub microsoft_update: bool,
    /// Windows: its own automatic updating rests.
    pub control_automatic_updates: bool,
}

/// How updates of a category come to be installed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(tag = "install", rename_all = "snake_case")]
pub enum CategoryRule {
    /// By a person.
    Manual,
    /// By itself, in the next maintenance window.
    Automatic {
        /// Not before so many days after the device was first offered it.
        after_days: u16,
    },
}

/// The latest time for updates that install by themselves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum UpdateDeadline {
    /// There is none.
    None,
    /// So many days after the device was first offered it.
    Days {
        /// How many.
        days: u16,
    },
}

/// What names an update across devices.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(tag = "kind", content = "value", rename_all = "snake_case")]
pub enum UpdateRef {
    /// Windows: the knowledge base article, such as `KB5034441`, whatever update brings it.
    Kb(String),
    /// One update, in all of its revisions.
    UpdateId(UpdateId),
    /// Linux: the package, in any version.
    Package(String),
}

/// The text names no update.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this names no update (use KB and its digits, an UpdateID, or the name of a package)")]
pub struct InvalidUpdateRef;

impl UpdateRef {
    /// The kind's name in the API and the database.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Kb(_) => "kb",
            Self::UpdateId(_) => "update_id",
            Self::Package(_) => "package",
        }
    }

    /// What is named, without its kind.
    #[must_use]
    pub fn value(&self) -> String {
        match self {
            Self::Kb(text) | Self::Package(text) => text.clone(),
            Self::UpdateId(id) => id.to_string(),
        }
    }

    /// Reads kind and value, as people write them: `5034441` and `kb5034441` are one article.
    ///
    /// # Errors
    /// [`InvalidUpdateRef`].
    pub fn parse(kind: &str, value: &str) -> Result<Self, InvalidUpdateRef> {
        let value = value.trim();
        match kind {
            "kb" => article(value).map(Self::Kb),
            "update_id" => value.parse().map(Self::UpdateId).ok(),
            "package" => is_package(value).then(|| Self::Package(value.to_owned())),
            _ => None,
        }
        .ok_or(InvalidUpdateRef)
    }

    /// Whether it names this update.
    #[must_use]
    pub fn names(&self, update: &UpdateNames<'_>) -> bool {
        match self {
            Self::Kb(wanted) => update.kb.and_then(article).as_ref() == Some(wanted),
            Self::UpdateId(id) => update.id == *id,
            // A package of another architecture is written `name:architecture`.
            Self::Package(name) => update
                .package
                .is_some_and(|package| package.split(':').next() == Some(name.as_str())),
        }
    }
}

impl fmt::Display for UpdateRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.value())
    }
}

fn article(text: &str) -> Option<String> {
    let digits = match text.get(..2) {
        Some(prefix) if prefix.eq_ignore_ascii_case("kb") => text.get(2..)?,
        _ => text,
    };
    let is_number = (4..=10).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
    is_number.then(|| format!("KB{digits}"))
}

/// Debian's rule for names of packages; others have some of one letter.
fn is_package(text: &str) -> bool {
    let is_letter = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    (1..=200).contains(&text.len())
        && text.bytes().next().is_some_and(is_letter)
        && text
            .bytes()
            .all(|b| is_letter(b) || matches!(b, b'+' | b'-' | b'.'))
}

/// What people decided on one update.
///
/// Inside one scope the greater counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum UpdateVerdict {
    /// It installs by itself, without deferral and whatever its category.
    Approve,
    /// It is not installed.
    Block,
}

impl UpdateVerdict {
    /// The name in the API and the database.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Approve => "approve",
            Self::Block => "block",
        }
    }
}

/// A decision on one update.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UpdateDecision {
    /// Which update.
    pub update: UpdateRef,
    /// What was decided.
    pub verdict: UpdateVerdict,
}

/// What one scope says about updates.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScopeRules<'a> {
    /// Whose rules they are.
    pub scope: PolicyScope,
    /// The policy, if there is one.
    pub policy: Option<&'a UpdatePolicy>,
    /// The decisions.
    pub decisions: &'a [UpdateDecision],
}

/// What names an update.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UpdateNames<'a> {
    /// The same on all devices.
    pub id: UpdateId,
    /// Windows: its article.
    pub kb: Option<&'a str>,
    /// Linux: its package.
    pub package: Option<&'a str>,
}

/// An update that a device is offered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Offer<'a> {
    /// What it is called.
    pub names: UpdateNames<'a>,
    /// Its kind.
    pub category: UpdateCategory,
    /// When the device was first offered it.
    pub first_offered_at: Timestamp,
    /// Where it stands.
    pub state: UpdateState,
    /// Since when.
    pub since: Timestamp,
    /// How many attempts failed since it was last installed.
    pub failures: u32,
}

/// Whether a policy installs an update, and why.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PolicyAnswer {
    /// The answer.
    pub verdict: PolicyVerdict,
    /// Whose rule decided; `None` where nobody has one.
    pub scope: Option<PolicyScope>,
    /// When its deadline is, if it has one.
    pub deadline_at: Option<Timestamp>,
}

/// Whether a policy installs an update.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PolicyVerdict {
    /// In the next maintenance window.
    Due(DueBecause),
    /// Later.
    Held(HeldBy),
    /// A person decides.
    Manual,
    /// Never.
    Blocked,
}

/// Why an update is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum DueBecause {
    /// Somebody approved it.
    Approved,
    /// Its category installs by itself, and its deferral is over.
    Automatic,
    /// Its deadline has passed.
    Deadline,
}

/// What holds an update back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HeldBy {
    /// Its deferral, until then.
    Deferral(Timestamp),
    /// The rings before the device's.
    Ring,
    /// It failed too often on the devices that had it first.
    Stopped,
    /// It failed here, and is tried again then.
    Retry(Timestamp),
    /// It failed here too often.
    Failures,
    /// A task that has it already, or a restart that it waits for.
    InHand,
}

/// How far an update may go in the tenant's rings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RingAccess {
    /// The tenant has no rings.
    NoRings,
    /// It is open for the device's ring.
    Open,
    /// Not yet.
    Waiting,
    /// It was stopped.
    Stopped,
}

/// The rules that hold for a device: its own, those of its groups from the inner to the outer, and
/// those of its tenant, in this order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UpdateRules<'a>(pub Vec<ScopeRules<'a>>);

impl UpdateRules<'_> {
    /// Decides on an update that the device is offered.
    #[must_use]
    pub fn decide(&self, offer: &Offer<'_>, ring: RingAccess, now: Timestamp) -> PolicyAnswer {
        let deadline_at = match self.deadline() {
            Some((_, UpdateDeadline::Days { days })) => {
                Some(after_days(offer.first_offered_at, days))
            }
            Some((_, UpdateDeadline::None)) | None => None,
        };
        let (wanted, scope) = match self.decision(&offer.names) {
            Some((scope, UpdateVerdict::Block)) => (PolicyVerdict::Blocked, Some(scope)),
            Some((scope, UpdateVerdict::Approve)) => {
                (PolicyVerdict::Due(DueBecause::Approved), Some(scope))
            }
            None => match self.category(offer.category) {
                Some((scope, CategoryRule::Automatic { after_days: days })) => {
                    let due_at = after_days(offer.first_offered_at, days);
                    (automatic(due_at, deadline_at, ring, now), Some(scope))
                }
                Some((scope, CategoryRule::Manual)) => (PolicyVerdict::Manual, Some(scope)),
                None => (PolicyVerdict::Manual, None),
            },
        };
        let verdict = match wanted {
            PolicyVerdict::Due(_) => obstacle(offer, now).map_or(wanted, PolicyVerdict::Held),
            other => other,
        };
        let installs = matches!(verdict, PolicyVerdict::Due(_) | PolicyVerdict::Held(_));
        PolicyAnswer {
            verdict,
            scope,
            deadline_at: deadline_at.filter(|_| installs),
        }
    }

    /// The decision on one update that counts: of the narrowest scope that has one, and there a
    /// block before an approval.
    #[must_use]
    pub fn decision(&self, update: &UpdateNames<'_>) -> Option<(PolicyScope, UpdateVerdict)> {
        self.0.iter().find_map(|scope| {
            let verdicts = scope
                .decisions
                .iter()
                .filter(|decision| decision.update.names(update))
                .map(|decision| decision.verdict);
            Some((scope.scope, verdicts.max()?))
        })
    }

    /// The rule for a category that counts.
    #[must_use]
    pub fn category(&self, category: UpdateCategory) -> Option<(PolicyScope, CategoryRule)> {
        self.narrowest(|policy| policy.categories.get(&category).copied())
    }

    /// The deadline that counts.
    #[must_use]
    pub fn deadline(&self) -> Option<(PolicyScope, UpdateDeadline)> {
        self.narrowest(|policy| policy.deadline)
    }

    /// The device's ring, counted from 1; `None` is the last.
    #[must_use]
    pub fn ring(&self) -> Option<(PolicyScope, u8)> {
        self.narrowest(|policy| policy.ring)
    }

    /// The rule for restarts that counts.
    #[must_use]
    pub fn restart(&self) -> Option<(PolicyScope, RestartRule)> {
        self.narrowest(|policy| policy.restart)
    }

    /// Whether Microsoft Update is wanted, and who says so.
    #[must_use]
    pub fn microsoft_update(&self) -> Option<(PolicyScope, Switch)> {
        self.narrowest(|policy| policy.microsoft_update)
    }

    /// Whether Windows' own automatic updating is to rest, and who says so.
    #[must_use]
    pub fn control_automatic_updates(&self) -> Option<(PolicyScope, Switch)> {
        self.narrowest(|policy| policy.control_automatic_updates)
    }

    /// How the device's own source of updates should be set; what nobody speaks of is off.
    #[must_use]
    pub fn source_settings(&self) -> SourceSettings {
        let is_on = |said: Option<(PolicyScope, Switch)>| matches!(said, Some((_, Switch::On)));
        SourceSettings {
            microsoft_update: is_on(self.microsoft_update()),
            control_automatic_updates: is_on(self.control_automatic_updates()),
        }
    }

    fn narrowest<T>(&self, say: impl Fn(&UpdatePolicy) -> Option<T>) -> Option<(PolicyScope, T)> {
        self.0
            .iter()
            .find_map(|scope| Some((scope.scope, say(scope.policy?)?)))
    }
}

/// Failures stop an update even where its deadline has passed: a deadline is no reason to break
/// the rest of the machines.
fn automatic(
    due_at: Timestamp,
    deadline_at: Option<Timestamp>,
    ring: RingAccess,
    now: Timestamp,
) -> PolicyVerdict {
    if ring == RingAccess::Stopped {
        return PolicyVerdict::Held(HeldBy::Stopped);
    }
    if deadline_at.is_some_and(|deadline| deadline <= now) {
        return PolicyVerdict::Due(DueBecause::Deadline);
    }
    if now < due_at {
        let until = deadline_at.map_or(due_at, |deadline| deadline.min(due_at));
        return PolicyVerdict::Held(HeldBy::Deferral(until));
    }
    match ring {
        RingAccess::Waiting => PolicyVerdict::Held(HeldBy::Ring),
        RingAccess::NoRings | RingAccess::Open | RingAccess::Stopped => {
            PolicyVerdict::Due(DueBecause::Automatic)
        }
    }
}

/// What keeps a policy from installing what is due.
fn obstacle(offer: &Offer<'_>, now: Timestamp) -> Option<HeldBy> {
    match offer.state {
        UpdateState::Failed if offer.failures >= MOST_ATTEMPTS => Some(HeldBy::Failures),
        UpdateState::Failed => {
            let again = later(offer.since, RETRY_AFTER);
            (now < again).then_some(HeldBy::Retry(again))
        }
        UpdateState::Offered | UpdateState::Downloaded => None,
        UpdateState::Approved
        | UpdateState::Unconfirmed
        | UpdateState::RestartPending
        | UpdateState::Installed
        | UpdateState::Superseded => Some(HeldBy::InHand),
    }
}

fn after_days(from: Timestamp, days: u16) -> Timestamp {
    later(from, DAY * i32::from(days))
}

fn later(from: Timestamp, by: SignedDuration) -> Timestamp {
    from.checked_add(by).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests;
