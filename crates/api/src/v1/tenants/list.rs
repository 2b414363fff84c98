//! The tenants that the caller may see.

use super::Tenant;
use crate::{
    ApiState,
    caller::Caller,
    list::List,
    problem::{ApiError, Problem},
};
use axum::{Json, extract::State};
use latarnik_model::Permission;

/// The tenants that the caller may see.
#[utoipa::path(
    get, path = "/api/v1/tenants", operation_id = "list_tenants", tag = "tenants",
    extensions(("x-access" = json!(Permission::ReadDevices.name()))),
    responses(
        (status = 200, description = "All of them on one page, the provider first", body = List<Tenant>),
        (status = 401, description = "`not_signed_in`", body = Problem),
        (status = 403, description = "`forbidden`", body = Problem),
    )
)]
pub(crate) async fn handle(
    State(state): State<ApiState>,
    caller: Caller,
) -> Result<Json<List<Tenant>>, ApiError> {
    let tenants = state.app().list_tenants(caller.context()).await?;
    let items = tenants.into_iter().map(Tenant::from).collect();
    Ok(Json(List::whole(items)))
}
