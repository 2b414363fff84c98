//! The groups that the caller may see.

use super::Group;
use crate::{
    ApiState,
    caller::Caller,
    extract::Parameters,
    list::List,
    problem::{ApiError, Problem},
};
use axum::{Json, extract::State};
use latarnik_model::{Permission, TenantId};
use serde::Deserialize;
use utoipa::IntoParams;
/// Which groups.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct GroupParameters {
    /// Of this tenant only.
    tenant_id: Option<TenantId>,
}

/// The groups that the caller may see.
#[utoipa::path(
    get, path = "/api/v1/groups", operation_id = "list_groups", tag = "tenants",
    params(GroupParameters),
    extensions(("x-access" = json!(Permission::ReadDevices.name()))),
    responses(
        (status = 200, description = "All of them on one page, by name", body = List<Group>),
        (status = 400, description = "`malformed_request`", body = Problem),
        (status = 401, description = "`not_signed_in`", body = Problem),
        (status = 403, description = "`forbidden`", body = Problem),
    )
)]
pub(crate) async fn handle(
    State(state): State<ApiState>,
    caller: Caller,
    Parameters(parameters): Parameters<GroupParameters>,
) -> Result<Json<List<Group>>, ApiError> {
    let groups = state
        .app()
        .list_groups(caller.context(), parameters.tenant_id)
        .await?;
    let items = groups.into_iter().map(Group::from).collect();
    Ok(Json(List::whole(items)))
}
