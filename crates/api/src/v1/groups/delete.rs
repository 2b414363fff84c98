//! Delete a group.

use crate::{
    ApiState,
    caller::Caller,
    extract::Id,
    problem::{ApiError, Problem},
};
use axum::extract::State;
use http::StatusCode;
use latarnik_model::{GroupId, Permission};

/// Deletes a group; devices and groups in it move to the group around it.
#[utoipa::path(
    delete, path = "/api/v1/groups/{id}", operation_id = "delete_group", tag = "tenants",
    params(("id" = GroupId, Path, description = "The group")),
    extensions(("x-access" = json!(Permission::ManageGroups.name()))),
    responses(
        (status = 204, description = "Deleted"),
        (status = 401, description = "`not_signed_in`", body = Problem),
        (status = 403, description = "`forbidden`", body = Problem),
        (status = 404, description = "`not_found`", body = Problem),
        (status = 409, description = "`group_name_taken`", body = Problem),
    )
)]
pub(crate) async fn handle(
    State(state): State<ApiState>,
    caller: Caller,
    Id(id): Id<GroupId>,
) -> Result<StatusCode, ApiError> {
    state.app().delete_group(caller.context(), id).await?;
    Ok(StatusCode::NO_CONTENT)
}
