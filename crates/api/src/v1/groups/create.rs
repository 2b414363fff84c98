//! Make a group.

use super::Group;
use crate::{
    ApiState,
    caller::Caller,
    extract::Body,
    problem::{ApiError, Problem},
};
use axum::{Json, extract::State};
use http::StatusCode;
use latarnik_app::NewGroup as AppNewGroup;
use latarnik_model::{GroupId, Permission, TenantId};
use serde::Deserialize;
use utoipa::ToSchema;
/// A group to be.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewGroup {
    /// Its tenant; absent is the caller's.
    tenant_id: Option<TenantId>,
    /// 1 to 100 characters, unique among its siblings.
    name: String,
    /// The group that it lies in; at most ten lie in each other.
    parent_id: Option<GroupId>,
}

/// Makes a group.
#[utoipa::path(
    post, path = "/api/v1/groups", operation_id = "create_group", tag = "tenants",
    request_body = NewGroup,
    extensions(("x-access" = json!(Permission::ManageGroups.name()))),
    responses(
        (status = 201, description = "Made", body = Group),
        (status = 400, description = "`malformed_body`", body = Problem),
        (status = 401, description = "`not_signed_in`", body = Problem),
        (status = 403, description = "`forbidden`", body = Problem),
        (status = 422, description = "`validation_failed`", body = Problem),
    )
)]
pub(crate) async fn handle(
    State(state): State<ApiState>,
    caller: Caller,
    Body(body): Body<NewGroup>,
) -> Result<(StatusCode, Json<Group>), ApiError> {
    let new = AppNewGroup {
        tenant_id: body.tenant_id.map_or_else(|| caller.tenant_id(), Ok)?,
        name: body.name,
        parent_id: body.parent_id,
    };
    let group = state.app().create_group(caller.context(), new).await?;
    Ok((StatusCode::CREATED, Json(group.into())))
}
