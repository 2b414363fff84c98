//! Make a blackout.

use super::Blackout;
use crate::{
    ApiState,
    caller::Caller,
    extract::Body,
    problem::{ApiError, Problem},
    v1::update_policies::scope,
};
use axum::{Json, extract::State};
use http::StatusCode;
use latarnik_app::NewBlackout as AppNewBlackout;
use latarnik_model::{BlackoutDraft, DeviceId, GroupId, Permission, TenantId};
use serde::Deserialize;
use utoipa::ToSchema;

/// A blackout to be. It is the tenant's unless a group or a device is named.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewBlackout {
    /// Its tenant; absent is the caller's.
    tenant_id: Option<TenantId>,
    group_id: Option<GroupId>,
    device_id: Option<DeviceId>,
    /// 1 to 100 characters.
    name: String,
    definition: BlackoutDraft,
}

/// Makes a blackout. Connected agents have it within seconds.
#[utoipa::path(
    post, path = "/api/v1/blackouts", operation_id = "create_blackout",
    tag = "maintenance",
    request_body = NewBlackout,
    extensions(("x-access" = json!(Permission::ManageMaintenanceWindows.name()))),
    responses(
        (status = 201, description = "Made", body = Blackout),
        (status = 400, description = "`malformed_body`", body = Problem),
        (status = 401, description = "`not_signed_in`", body = Problem),
        (status = 403, description = "`forbidden`", body = Problem),
        (status = 422, description = "`validation_failed`; `too_many_blackouts` beyond 200 \
            of a tenant", body = Problem),
    )
)]
pub(crate) async fn handle(
    State(state): State<ApiState>,
    caller: Caller,
    Body(body): Body<NewBlackout>,
) -> Result<(StatusCode, Json<Blackout>), ApiError> {
    let new = AppNewBlackout {
        tenant_id: body.tenant_id.map_or_else(|| caller.tenant_id(), Ok)?,
        scope: scope(body.group_id, body.device_id)?,
        name: body.name,
        definition: body.definition,
    };
    let blackout = state.app().create_blackout(caller.context(), new).await?;
    Ok((StatusCode::CREATED, Json(blackout.into())))
}
