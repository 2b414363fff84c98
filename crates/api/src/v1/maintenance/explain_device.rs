//! Why something may or may not run on a device.

use super::LocalSpan;
use crate::{
    ApiState,
    caller::Caller,
    extract::{Id, Parameters},
    instant::{Instant, optional},
    problem::{ApiError, Problem},
    v1::update_policies::ScopeReference,
};
use axum::{Json, extract::State};
use jiff::Timestamp;
use latarnik_app::DeviceMaintenance;
use latarnik_model::{
    Because, BlackoutId, BlackoutReview as ModelBlackoutReview,
    BlackoutStanding as ModelBlackoutStanding, Blocker as ModelBlocker, DeviceId,
    MaintenanceAction, MaintenanceWindowId, Permission, PolicyScope,
    WindowReview as ModelWindowReview, WindowStanding as ModelWindowStanding, WithoutWindow,
    ZoneSource,
};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use utoipa::{IntoParams, ToSchema};

/// What somebody wants to know.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct ExplanationParameters {
    /// For this kind of work; absent is `update`.
    action: Option<MaintenanceAction>,
    /// At this instant, from 2000 to 2100; absent is now.
    #[param(value_type = Option<Instant>)]
    at: Option<Timestamp>,
}

/// Why automatic work of one kind may or may not run on a device at an instant.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MaintenanceExplanation {
    action: MaintenanceAction,
    at: Instant,
    /// On the device's clock, RFC 3339 with its offset from UTC.
    #[schema(format = DateTime)]
    local_at: String,
    /// Whether windows and blackouts let it run.
    open: bool,
    because: Because,
    /// The scope that decided; null where the tenant's setting did.
    scope: Option<ScopeReference>,
    /// The tenant's setting for this kind of work.
    without_window: WithoutWindow,
    /// The IANA time zone that counts as the device's.
    time_zone: String,
    zone_source: ZoneSource,
    /// Every window of the device's scopes, from the device outwards.
    windows: Vec<WindowReview>,
    /// Every blackout of the device's scopes, from the device outwards.
    blackouts: Vec<BlackoutReview>,
    /// What else is in its way.
    blockers: Vec<Blocker>,
    /// The next openings from the instant on, at most five.
    openings: Vec<LocalSpan>,
}

/// A window, and what it has to do with the verdict.
#[derive(Debug, Serialize, ToSchema)]
struct WindowReview {
    id: MaintenanceWindowId,
    name: String,
    scope: ScopeReference,
    standing: WindowStanding,
    /// With `open`: until when.
    until: Option<Instant>,
    /// With `closed`: when it opens; null if never again.
    next: Option<Instant>,
    /// With `overruled`: by which scope.
    overruled_by: Option<ScopeReference>,
    /// With `not_yet_valid`: from when on it counts.
    from: Option<Instant>,
    /// With `no_longer_valid`: since when.
    since: Option<Instant>,
}

/// What a window has to do with a verdict.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum WindowStanding {
    /// It decides, and is open.
    Open,
    /// It decides, and is closed.
    Closed,
    /// A window of a narrower scope decides.
    Overruled,
    /// It is not enabled.
    Disabled,
    /// It does not allow this kind of work.
    OtherActions,
    /// It does not count yet.
    NotYetValid,
    /// It does not count any more.
    NoLongerValid,
    /// Nothing is known about its time zone.
    UnknownZone,
}

/// A blackout, and what it has to do with the verdict.
#[derive(Debug, Serialize, ToSchema)]
struct BlackoutReview {
    id: BlackoutId,
    name: String,
    scope: ScopeReference,
    standing: BlackoutStanding,
    /// With `on`: at least until then.
    until: Option<Instant>,
    /// With `off`: when it comes.
    next: Option<Instant>,
}

/// What a blackout has to do with a verdict.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum BlackoutStanding {
    /// It is on.
    On,
    /// It comes.
    Off,
    /// It does not come again.
    Over,
    /// It forbids other kinds of work.
    OtherActions,
    /// Nothing is known about its time zone.
    UnknownZone,
}

/// What is in the way besides windows and blackouts.
#[derive(Debug, Serialize, ToSchema)]
struct Blocker {
    kind: BlockerKind,
    /// With `offline`: when it was last heard of.
    since: Option<Instant>,
    /// With `too_short`: how long the work needs, as far as the agent has told.
    needs_seconds: Option<u32>,
    /// With `too_short`: how much is left of the opening; null outside of openings.
    left_seconds: Option<u32>,
    /// With `too_short`: when an opening begins that is long enough; null if none is in sight, or if
    /// it is not known how long that is.
    fits_at: Option<Instant>,
}

/// What is in the way besides windows and blackouts.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum BlockerKind {
    /// The device is out of contact.
    Offline,
    /// The machine has to restart before anything more can be installed.
    RestartPending,
    /// Nothing asks for a restart.
    NoRestartPending,
    /// No policy installs what is pending, and nobody asked for it.
    NotApproved,
    /// Nothing is there to be done.
    NothingPending,
    /// Another task runs.
    Busy,
    /// The opening that it has, or the next one, is shorter than what the work needs.
    TooShort,
    /// The agent has never learned what time it is.
    ClockUnknown,
    /// The agent does not understand the rules.
    RulesUnknown,
}

impl From<ModelBlocker> for Blocker {
    fn from(blocker: ModelBlocker) -> Self {
        let bare = |kind| Self {
            kind,
            since: None,
            needs_seconds: None,
            left_seconds: None,
            fits_at: None,
        };
        match blocker {
            ModelBlocker::Offline { since } => Self {
                since: optional(since),
                ..bare(BlockerKind::Offline)
            },
            ModelBlocker::RestartPending => bare(BlockerKind::RestartPending),
            ModelBlocker::NoRestartPending => bare(BlockerKind::NoRestartPending),
            ModelBlocker::NotApproved => bare(BlockerKind::NotApproved),
            ModelBlocker::NothingPending => bare(BlockerKind::NothingPending),
            ModelBlocker::Busy => bare(BlockerKind::Busy),
            ModelBlocker::TooShort {
                needs_seconds,
                left_seconds,
                fits_at,
            } => Self {
                needs_seconds,
                left_seconds,
                fits_at: optional(fits_at),
                ..bare(BlockerKind::TooShort)
            },
            ModelBlocker::ClockUnknown => bare(BlockerKind::ClockUnknown),
            ModelBlocker::RulesUnknown => bare(BlockerKind::RulesUnknown),
        }
    }
}

/// What scopes are called.
struct Names(HashMap<PolicyScope, String>);

impl Names {
    fn reference(&self, scope: PolicyScope) -> ScopeReference {
        ScopeReference::new(scope, self.0.get(&scope).cloned())
    }

    fn window(&self, review: ModelWindowReview) -> WindowReview {
        use ModelWindowStanding as Standing;
        let mut window = WindowReview {
            id: review.id,
            name: review.name,
            scope: self.reference(review.scope),
            standing: WindowStanding::Closed,
            until: None,
            next: None,
            overruled_by: None,
            from: None,
            since: None,
        };
        window.standing = match review.standing {
            Standing::Open { until } => {
                window.until = Some(until.into());
                WindowStanding::Open
            }
            Standing::Closed { next } => {
                window.next = optional(next);
                WindowStanding::Closed
            }
            Standing::Overruled { by } => {
                window.overruled_by = Some(self.reference(by));
                WindowStanding::Overruled
            }
            Standing::NotYetValid { from } => {
                window.from = Some(from.into());
                WindowStanding::NotYetValid
            }
            Standing::NoLongerValid { since } => {
                window.since = Some(since.into());
                WindowStanding::NoLongerValid
            }
            Standing::Disabled => WindowStanding::Disabled,
            Standing::OtherActions => WindowStanding::OtherActions,
            Standing::UnknownZone => WindowStanding::UnknownZone,
        };
        window
    }

    fn blackout(&self, review: ModelBlackoutReview) -> BlackoutReview {
        use ModelBlackoutStanding as Standing;
        let (standing, until, next) = match review.standing {
            Standing::On { until } => (BlackoutStanding::On, Some(until), None),
            Standing::Off { next } => (BlackoutStanding::Off, None, Some(next)),
            Standing::Over => (BlackoutStanding::Over, None, None),
            Standing::OtherActions => (BlackoutStanding::OtherActions, None, None),
            Standing::UnknownZone => (BlackoutStanding::UnknownZone, None, None),
        };
        BlackoutReview {
            id: review.id,
            name: review.name,
            scope: self.reference(review.scope),
            standing,
            until: optional(until),
            next: optional(next),
        }
    }
}

impl From<DeviceMaintenance> for MaintenanceExplanation {
    fn from(maintenance: DeviceMaintenance) -> Self {
        let (names, explanation) = (Names(maintenance.names), maintenance.explanation);
        let windows = explanation.windows.into_iter();
        let blackouts = explanation.blackouts.into_iter();
        Self {
            action: explanation.action,
            at: explanation.at.into(),
            local_at: maintenance.local_at,
            open: explanation.open,
            because: explanation.because,
            scope: explanation.scope.map(|scope| names.reference(scope)),
            without_window: explanation.without_window,
            time_zone: explanation.time_zone,
            zone_source: explanation.zone_source,
            windows: windows.map(|review| names.window(review)).collect(),
            blackouts: blackouts.map(|review| names.blackout(review)).collect(),
            blockers: explanation
                .blockers
                .into_iter()
                .map(Blocker::from)
                .collect(),
            openings: explanation
                .openings
                .into_iter()
                .map(LocalSpan::from)
                .collect(),
        }
    }
}

/// Why automatic work of one kind may or may not run on a device, now or at an instant.
#[utoipa::path(
    get, path = "/api/v1/devices/{id}/maintenance", operation_id = "explain_device_maintenance",
    tag = "maintenance",
    params(("id" = DeviceId, Path, description = "The device"), ExplanationParameters),
    extensions(("x-access" = json!(Permission::ReadDevices.name()))),
    responses(
        (status = 200, description = "The whole reasoning", body = MaintenanceExplanation),
        (status = 400, description = "`malformed_request`", body = Problem),
        (status = 401, description = "`not_signed_in`", body = Problem),
        (status = 404, description = "`not_found`", body = Problem),
        (status = 422, description = "`validation_failed`", body = Problem),
    )
)]
pub(crate) async fn handle(
    State(state): State<ApiState>,
    caller: Caller,
    Id(id): Id<DeviceId>,
    Parameters(parameters): Parameters<ExplanationParameters>,
) -> Result<Json<MaintenanceExplanation>, ApiError> {
    let action = parameters.action.unwrap_or(MaintenanceAction::Update);
    let maintenance = state
        .app()
        .explain_maintenance(caller.context(), id, action, parameters.at)
        .await?;
    Ok(Json(maintenance.into()))
}
