//! Tokens that programs call the API with.

pub(super) mod create;
pub(super) mod delete;
pub(super) mod list;

use super::tenants::TenantReference;
use crate::instant::{self, Instant};
use latarnik_app::{ApiToken as AppApiToken, ApiTokenState};
use latarnik_model::{ApiTokenId, Role};
use serde::Serialize;
use utoipa::ToSchema;

/// A token; its text was shown once and is not kept.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ApiToken {
    id: ApiTokenId,
    tenant: TenantReference,
    name: String,
    role: Role,
    /// The clients that it sees; null is all.
    clients: Option<Vec<TenantReference>>,
    created_at: Instant,
    /// Who made it, by name.
    created_by: String,
    expires_at: Instant,
    /// To the minute.
    last_used_at: Option<Instant>,
    last_used_address: Option<String>,
    state: TokenState,
}

/// Whether a token works.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = ApiTokenState)]
enum TokenState {
    Active,
    Expired,
    Revoked,
}

impl From<AppApiToken> for ApiToken {
    fn from(token: AppApiToken) -> Self {
        let record = token.record;
        let clients = token
            .clients
            .into_iter()
            .map(TenantReference::from)
            .collect();
        Self {
            id: record.id,
            tenant: TenantReference {
                id: record.tenant_id,
                name: token.tenant_name,
            },
            name: record.name,
            role: record.role,
            clients: record.limited.then_some(clients),
            created_at: record.created_at.into(),
            created_by: record.created_by,
            expires_at: record.expires_at.into(),
            last_used_at: instant::optional(record.last_used_at),
            last_used_address: record.last_used_address,
            state: match token.state {
                ApiTokenState::Active => TokenState::Active,
                ApiTokenState::Expired => TokenState::Expired,
                ApiTokenState::Revoked => TokenState::Revoked,
            },
        }
    }
}
