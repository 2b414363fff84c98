//! The nouns of Latarnik and the rules that hold between them.
//!
//! Everything here is pure: no I/O, no async, no clock and no randomness of its own. Whoever needs
//! the time or an id hands it in.

mod action;
mod alert;
mod clock;
mod device;
mod email;
mod id;
mod language;
mod ledger;
mod maintenance;
mod permission;
mod restart;
mod ring_plan;
mod scope;
mod task;
mod update;
mod update_policy;
mod user;
mod work_needs;

pub use action::{
    ActionKind, CreatorKind, InvalidParameters, Postponements, RestartDelay, TaskParameters, When,
};
pub use alert::{
    AlertCause, AlertCloseReason, AlertKind, AlertSeverity, AlertState, AlertSubject,
    FIRST_SCAN_WITHIN, MOST_ALERT_TITLES, RESTART_OVERDUE_AFTER, SCAN_FAILING_AFTER,
    UnknownAlertWord,
};
pub use clock::Clock;
pub use device::{Architecture, OsFamily, Platform, ScanState, UnknownPlatform};
pub use email::{EmailAddress, InvalidEmailAddress, is_domain};
pub use id::{
    ActionId, AlertId, ApiTokenId, AuditEventId, BlackoutId, CalendarFeedId, DataKeyId, DeviceId,
    EnrollmentTokenId, GroupId, IdSource, InvalidId, MaintenanceWindowId, RolloutId, SessionId,
    TaskId, TenantId, UpdateDecisionId, UpdateId, UpdatePolicyId, UserId,
};
pub use language::{ColorScheme, Language};
pub use ledger::{LedgerStep, Sighting, UnknownUpdateState, UpdateState};
pub use maintenance::{
    Because, Blackout, BlackoutDefinition, BlackoutDraft, BlackoutPeriod, BlackoutReview,
    BlackoutStanding, Blocker, Calendar, DefinitionFault, DefinitionFaults, Explanation, FaultKind,
    Fit, LONGEST_OPENING, LONGEST_WINDOW_MINUTES, LocalOpening, MOST_CHANGES, MOST_OFFSET_DAYS,
    MaintenanceAction, MaintenanceRules, MaintenanceWindow, MonthDay, Nth, Opening, PeriodDraft,
    RecurrenceDraft, SHORTEST_WINDOW_MINUTES, ScopeMaintenance, UnknownMaintenanceAction, Verdict,
    WindowDay, WindowDefinition, WindowDraft, WindowRecurrence, WindowReview, WindowStanding,
    WithoutWindow, WithoutWindows, ZoneSource,
};
pub use permission::{Permission, Reach, Role, UnknownRole};
pub use restart::{RestartRequired, RestartSignal, RestartSignalName, SignalStrength};
pub use ring_plan::{LONGEST_RING_HOURS, MOST_RINGS, RingPlan, RingResults, Rollout, RolloutState};
pub use scope::Scope;
pub use task::{
    InvalidTransition, ReasonCode, TaskState, UnknownTaskState, UpdateOutcome, WaitReason,
};
pub use update::{RestartBehavior, Severity, Titles, UpdateCategory, UpdateSource};
pub use update_policy::{
    CategoryRule, DueBecause, HeldBy, InvalidUpdateRef, LONGEST_DEFERRAL_DAYS, MOST_ATTEMPTS,
    Offer, PolicyAnswer, PolicyScope, PolicyVerdict, RestartRule, RingAccess, ScopeRules,
    SourceSettings, Switch, UpdateDeadline, UpdateDecision, UpdateNames, UpdatePolicy, UpdateRef,
    UpdateRules, UpdateVerdict,
};
pub use user::{SignInMethod, UserLinkKind, UserState};
pub use work_needs::WorkNeeds;
