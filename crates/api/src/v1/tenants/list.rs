//! The tenants that the caller may see.

use crate::{
    ApiState,
    caller::Caller,
    list::List,
    problem::{ApiError, Problem},
};
use axum::{Json, extract::State};
use latarnik_app::TenantRecord;
use latarnik_model::TenantId;
use serde::Serialize;
use utoipa::ToSchema;

/// A tenant.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Tenant {
    id: TenantId,
    name: String,
    /// The provider of a client.
    parent_id: Option<TenantId>,
    kind: TenantKind,
}

/// Provider or client.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum TenantKind {
    Provider,
    Client,
}

impl From<TenantRecord> for Tenant {
    fn from(tenant: TenantRecord) -> Self {
        let kind = if tenant.parent_id.is_none() {
            TenantKind::Provider
        } else {
            TenantKind::Client
        };
        Self {
            id: tenant.id,
            name: tenant.name,
            parent_id: tenant.parent_id,
            kind,
        }
    }
}

/// The tenants that the caller may see: the provider first, then by name.
#[utoipa::path(
    get, path = "/api/v1/tenants", operation_id = "list_tenants", tag = "tenants",
    responses(
        (status = 200, description = "All of them on one page", body = List<Tenant>),
        (status = 401, description = "`not_signed_in`", body = Problem),
    )
)]
pub(crate) async fn handle(
    State(state): State<ApiState>,
    caller: Caller,
) -> Result<Json<List<Tenant>>, ApiError> {
    let tenants = state.app().list_tenants(caller.context()).await?;
    Ok(Json(List::whole(
        tenants.into_iter().map(Tenant::from).collect(),
    )))
}
