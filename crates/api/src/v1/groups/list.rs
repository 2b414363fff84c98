//! The groups that the caller may see.

use crate::{
    ApiState,
    caller::Caller,
    extract::Parameters,
    list::List,
    problem::{ApiError, Problem},
};
use axum::{Json, extract::State};
use latarnik_app::GroupRecord;
use latarnik_model::{GroupId, TenantId};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// A group of devices.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Group {
    id: GroupId,
    tenant_id: TenantId,
    name: String,
    /// The group that it lies in.
    parent_id: Option<GroupId>,
}

impl From<GroupRecord> for Group {
    fn from(group: GroupRecord) -> Self {
        Self {
            id: group.id,
            tenant_id: group.tenant_id,
            name: group.name,
            parent_id: group.parent_id,
        }
    }
}

/// Which groups.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct GroupParameters {
    /// Of this tenant only.
    tenant_id: Option<TenantId>,
}

/// The groups that the caller may see, by name.
#[utoipa::path(
    get, path = "/api/v1/groups", operation_id = "list_groups", tag = "tenants",
    params(GroupParameters),
    responses(
        (status = 200, description = "All of them on one page", body = List<Group>),
        (status = 400, description = "`malformed_request`", body = Problem),
        (status = 401, description = "`not_signed_in`", body = Problem),
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
    Ok(Json(List::whole(
        groups.into_iter().map(Group::from).collect(),
    )))
}
