//! Look at what maintenance windows say to an action before asking for it.

use super::super::maintenance::LocalSpan;
use crate::{
    ApiState, access,
    caller::Caller,
    extract::Body,
    instant::{Instant, optional},
    problem::{ApiError, Problem},
    v1::devices::query::DeviceConditions,
};
use axum::{Json, extract::State};
use latarnik_app::{ActionOutlook, BrokenKind, BrokenWindow, OutlookRequest};
use latarnik_model::{ActionKind, DeviceId, When};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What is to be done, on which devices, when.
#[derive(Deserialize, ToSchema)]
#[schema(as = ActionOutlookRequest)]
#[serde(deny_unknown_fields)]
pub(crate) struct OutlookQuestion {
    kind: ActionKind,
    #[serde(deserialize_with = "super::when::read")]
    when: When,
    /// These devices; either this or `filter`.
    device_ids: Option<Vec<DeviceId>>,
    /// All devices that match at this moment.
    filter: Option<DeviceConditions>,
}

/// What would become of an action, as far as maintenance windows go.
#[derive(Serialize, ToSchema)]
#[schema(as = ActionOutlook)]
pub(crate) struct Outlook {
    /// How many devices it has.
    devices: usize,
    /// On how many of them it may run at its instant.
    open: usize,
    /// How many are outside of their windows then, or in a blackout: there it begins with
    /// `break_windows` only.
    closed: usize,
    /// How many have no window, in a tenant whose work waits for one. What a person asks for now or
    /// at an instant begins there: it breaks nothing.
    held_without_window: usize,
    /// The earliest opening from its instant on, on any of the devices, in the time of that device.
    first_opening: Option<LocalSpan>,
    /// When the last of the devices has its next opening, of those that have one.
    last_opening_at: Option<Instant>,
    /// How many have no opening in sight.
    without_opening: usize,
    /// What it would break, the most devices first.
    broken: Vec<BrokenRule>,
}

/// A window or a blackout that it would break.
#[derive(Serialize, ToSchema)]
struct BrokenRule {
    kind: BrokenThing,
    /// Its id.
    #[schema(value_type = String, format = "uuid")]
    id: uuid::Uuid,
    name: String,
    /// On how many devices.
    devices: usize,
}

/// What can be broken.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum BrokenThing {
    /// A window that is closed.
    Window,
    /// A blackout that is on.
    Blackout,
}

impl From<BrokenWindow> for BrokenRule {
    fn from(broken: BrokenWindow) -> Self {
        Self {
            kind: match broken.kind {
                BrokenKind::Window => BrokenThing::Window,
                BrokenKind::Blackout => BrokenThing::Blackout,
            },
            id: broken.id,
            name: broken.name,
            devices: broken.devices,
        }
    }
}

impl From<ActionOutlook> for Outlook {
    fn from(outlook: ActionOutlook) -> Self {
        Self {
            devices: outlook.devices,
            open: outlook.open,
            closed: outlook.closed,
            held_without_window: outlook.held_without_window,
            first_opening: outlook.first_opening.map(Into::into),
            last_opening_at: optional(outlook.last_opening_at),
            without_opening: outlook.without_opening,
            broken: outlook.broken.into_iter().map(Into::into).collect(),
        }
    }
}

/// Says when an action could run, and which windows it would break. Begins nothing.
#[utoipa::path(
    post, path = "/api/v1/actions/outlook", operation_id = "read_action_outlook", tag = "actions",
    request_body = OutlookQuestion,
    extensions(("x-access" = json!(access::BY_ACTION))),
    responses(
        (status = 200, description = "The outlook", body = Outlook),
        (status = 400, description = "`malformed_body`", body = Problem),
        (status = 401, description = "`not_signed_in`", body = Problem),
        (status = 403, description = "`forbidden`", body = Problem),
        (status = 404, description = "`not_found`: a device or the group is not there", body = Problem),
        (status = 409, description = "`no_restart_pending` or `no_devices`", body = Problem),
        (status = 422, description = "`validation_failed` or `too_many_devices`", body = Problem),
    )
)]
pub(crate) async fn handle(
    State(state): State<ApiState>,
    caller: Caller,
    Body(body): Body<OutlookQuestion>,
) -> Result<Json<Outlook>, ApiError> {
    let request = OutlookRequest {
        kind: body.kind,
        target: super::create::target(body.device_ids, body.filter)?,
        when: body.when,
    };
    let outlook = state
        .app()
        .read_action_outlook(caller.context(), request)
        .await?;
    Ok(Json(outlook.into()))
}
