//! Tenants.

pub(super) mod list;

use latarnik_model::TenantId;
use serde::Serialize;
use utoipa::ToSchema;

/// A tenant, by name.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct TenantReference {
    pub(crate) id: TenantId,
    pub(crate) name: String,
}
