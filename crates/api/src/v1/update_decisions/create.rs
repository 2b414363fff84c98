//! Approve or block an update.

use super::{UpdateDecision, UpdateName};
use crate::{
    ApiState,
    caller::Caller,
    extract::Body,
    problem::{ApiError, Problem},
    v1::update_policies::scope,
};
use axum::{Json, extract::State};
use http::StatusCode;
use latarnik_app::NewUpdateDecision as AppNewUpdateDecision;
use latarnik_model::{
    DeviceId, GroupId, Permission, TenantId, UpdateDecision as Decision, UpdateVerdict,
};
use serde::Deserialize;
use utoipa::ToSchema;

/// A decision to be. It is about all devices of the tenant unless a group or a device is named.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewUpdateDecision {
    /// The tenant; absent is the caller's.
    tenant_id: Option<TenantId>,
    group_id: Option<GroupId>,
    device_id: Option<DeviceId>,
    update: UpdateName,
    verdict: UpdateVerdict,
    /// Why; up to 500 characters on one line.
    note: Option<String>,
}

/// Approves or blocks an update, in place of what the same scope decided on it before. It need not
/// be offered to any device yet.
#[utoipa::path(
    post, path = "/api/v1/update-decisions", operation_id = "create_update_decision",
    tag = "policies",
    request_body = NewUpdateDecision,
    extensions(("x-access" = json!(Permission::ManageUpdatePolicies.name()))),
    responses(
        (status = 201, description = "Decided", body = UpdateDecision),
        (status = 400, description = "`malformed_body`", body = Problem),
        (status = 401, description = "`not_signed_in`", body = Problem),
        (status = 403, description = "`forbidden`", body = Problem),
        (status = 422, description = "`validation_failed`", body = Problem),
    )
)]
pub(crate) async fn handle(
    State(state): State<ApiState>,
    caller: Caller,
    Body(body): Body<NewUpdateDecision>,
) -> Result<(StatusCode, Json<UpdateDecision>), ApiError> {
    let update = AppNewUpdateDecision::update(body.update.kind.name(), &body.update.value)?;
    let new = AppNewUpdateDecision {
        tenant_id: body.tenant_id.map_or_else(|| caller.tenant_id(), Ok)?,
        scope: scope(body.group_id, body.device_id)?,
        decision: Decision {
            update,
            verdict: body.verdict,
        },
        note: body.note.unwrap_or_default(),
    };
    let decision = state.app().decide_update(caller.context(), new).await?;
    Ok((StatusCode::CREATED, Json(decision.into())))
}
