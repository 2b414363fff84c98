//! Make a policy for updates.

use super::{PolicyRules, UpdatePolicy, scope};
use crate::{
    ApiState,
    caller::Caller,
    extract::Body,
    problem::{ApiError, Problem},
};
use axum::{Json, extract::State};
use http::StatusCode;
use latarnik_app::NewUpdatePolicy as AppNewUpdatePolicy;
use latarnik_model::{DeviceId, GroupId, Permission, TenantId};
use serde::Deserialize;
use utoipa::ToSchema;

/// A policy to be. It is the tenant's unless a group or a device is named.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewUpdatePolicy {
    /// Its tenant; absent is the caller's.
    tenant_id: Option<TenantId>,
    group_id: Option<GroupId>,
    device_id: Option<DeviceId>,
    rules: PolicyRules,
}

impl NewUpdatePolicy {
    pub(super) fn read(self, caller: &Caller) -> Result<AppNewUpdatePolicy, ApiError> {
        Ok(AppNewUpdatePolicy {
            tenant_id: self.tenant_id.map_or_else(|| caller.tenant_id(), Ok)?,
            scope: scope(self.group_id, self.device_id)?,
            policy: self.rules.policy()?,
        })
    }
}

/// Makes a policy for updates. It is applied within moments, and nothing is installed outside of
/// maintenance windows.
#[utoipa::path(
    post, path = "/api/v1/update-policies", operation_id = "create_update_policy",
    tag = "policies",
    request_body = NewUpdatePolicy,
    extensions(("x-access" = json!(Permission::ManageUpdatePolicies.name()))),
    responses(
        (status = 201, description = "Made", body = UpdatePolicy),
        (status = 400, description = "`malformed_body`", body = Problem),
        (status = 401, description = "`not_signed_in`", body = Problem),
        (status = 403, description = "`forbidden`", body = Problem),
        (status = 422, description = "`validation_failed`; `taken` if the scope has one", body = Problem),
    )
)]
pub(crate) async fn handle(
    State(state): State<ApiState>,
    caller: Caller,
    Body(body): Body<NewUpdatePolicy>,
) -> Result<(StatusCode, Json<UpdatePolicy>), ApiError> {
    let new = body.read(&caller)?;
    let policy = state
        .app()
        .create_update_policy(caller.context(), new)
        .await?;
    Ok((StatusCode::CREATED, Json(policy.into())))
}
