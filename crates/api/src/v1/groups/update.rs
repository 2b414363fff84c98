//! Change a group.

use super::Group;
use crate::{
    ApiState,
    caller::Caller,
    extract::{Body, Id, Patch},
    problem::{ApiError, Problem},
};
use axum::{Json, extract::State};
use latarnik_app::GroupChange as AppGroupChange;
use latarnik_model::{GroupId, Permission};
use serde::Deserialize;
use utoipa::ToSchema;
/// What changes; absent stays as it is.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct GroupChange {
    name: Option<String>,
    /// The group that it lies in; null is none.
    #[serde(default)]
    #[schema(value_type = Option<GroupId>)]
    parent_id: Patch<GroupId>,
}

/// Changes a group's name or place.
#[utoipa::path(
    patch, path = "/api/v1/groups/{id}", operation_id = "update_group", tag = "tenants",
    params(("id" = GroupId, Path, description = "The group")),
    request_body = GroupChange,
    extensions(("x-access" = json!(Permission::ManageGroups.name()))),
    responses(
        (status = 200, description = "The group as it is now", body = Group),
        (status = 400, description = "`malformed_body`", body = Problem),
        (status = 401, description = "`not_signed_in`", body = Problem),
        (status = 403, description = "`forbidden`", body = Problem),
        (status = 404, description = "`not_found`", body = Problem),
        (status = 422, description = "`validation_failed`", body = Problem),
    )
)]
pub(crate) async fn handle(
    State(state): State<ApiState>,
    caller: Caller,
    Id(id): Id<GroupId>,
    Body(body): Body<GroupChange>,
) -> Result<Json<Group>, ApiError> {
    let change = AppGroupChange {
        name: body.name,
        parent_id: body.parent_id.into_change(),
    };
    let group = state
        .app()
        .update_group(caller.context(), id, change)
        .await?;
    Ok(Json(group.into()))
}
