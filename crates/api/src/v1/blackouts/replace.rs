//! Replace a blackout.

use super::Blackout;
use crate::{
    ApiState,
    caller::Caller,
    extract::{Body, Id},
    problem::{ApiError, Problem},
    v1::update_policies::scope,
};
use axum::{Json, extract::State};
use latarnik_app::BlackoutChange as AppBlackoutChange;
use latarnik_model::{BlackoutDraft, BlackoutId, DeviceId, GroupId, Permission};
use serde::Deserialize;
use utoipa::ToSchema;

/// What a blackout is from now on. It is its tenant's unless a group or a device is named.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct BlackoutChange {
    /// The version that the caller has seen.
    version: u64,
    group_id: Option<GroupId>,
    device_id: Option<DeviceId>,
    /// 1 to 100 characters.
    name: String,
    definition: BlackoutDraft,
}

/// Replaces a blackout. Connected agents know it within seconds.
#[utoipa::path(
    put, path = "/api/v1/blackouts/{id}", operation_id = "replace_blackout",
    tag = "maintenance",
    params(("id" = BlackoutId, Path, description = "The blackout")),
    request_body = BlackoutChange,
    extensions(("x-access" = json!(Permission::ManageMaintenanceWindows.name()))),
    responses(
        (status = 200, description = "The blackout as it is now", body = Blackout),
        (status = 400, description = "`malformed_body`", body = Problem),
        (status = 401, description = "`not_signed_in`", body = Problem),
        (status = 403, description = "`forbidden`", body = Problem),
        (status = 404, description = "`not_found`", body = Problem),
        (status = 409, description = "`changed_meanwhile`", body = Problem),
        (status = 422, description = "`validation_failed`", body = Problem),
    )
)]
pub(crate) async fn handle(
    State(state): State<ApiState>,
    caller: Caller,
    Id(id): Id<BlackoutId>,
    Body(body): Body<BlackoutChange>,
) -> Result<Json<Blackout>, ApiError> {
    let change = AppBlackoutChange {
        version: body.version,
        scope: scope(body.group_id, body.device_id)?,
        name: body.name,
        definition: body.definition,
    };
    let blackout = state
        .app()
        .replace_blackout(caller.context(), id, change)
        .await?;
    Ok(Json(blackout.into()))
}
