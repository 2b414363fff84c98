//! Tokens that let agents register.

pub(super) mod create;
pub(super) mod delete;
pub(super) mod list;

use super::{groups::GroupReference, tenants::TenantReference};
use crate::instant::Instant;
use jiff::Timestamp;
use latarnik_app::{EnrollmentTokenRecord, EnrollmentTokenState, enrollment_token_state};
use latarnik_model::EnrollmentTokenId;
use serde::Serialize;
use utoipa::ToSchema;

/// A token; its text was shown once and is not kept.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct EnrollmentToken {
    id: EnrollmentTokenId,
    name: String,
    tenant: TenantReference,
    group: Option<GroupReference>,
    created_at: Instant,
    /// Who made it, by name.
    created_by: String,
    expires_at: Instant,
    /// How many devices may register; null is any number.
    max_uses: Option<u64>,
    /// How many devices did.
    uses: u64,
    state: TokenState,
}

/// What a token is still good for.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum TokenState {
    Active,
    Expired,
    UsedUp,
    Revoked,
}

impl EnrollmentToken {
    /// The token as it stands at an instant.
    pub(crate) fn new(token: EnrollmentTokenRecord, now: Timestamp) -> Self {
        let state = match enrollment_token_state(&token, now) {
            EnrollmentTokenState::Active => TokenState::Active,
            EnrollmentTokenState::Expired => TokenState::Expired,
            EnrollmentTokenState::UsedUp => TokenState::UsedUp,
            EnrollmentTokenState::Revoked => TokenState::Revoked,
        };
        Self {
            id: token.id,
            name: token.name,
            tenant: TenantReference {
                id: token.tenant_id,
                name: token.tenant_name,
            },
            group: GroupReference::optional(token.group_id, token.group_name),
            created_at: token.created_at.into(),
            created_by: token.created_by,
            expires_at: token.expires_at.into(),
            max_uses: token.max_uses,
            uses: token.uses,
            state,
        }
    }
}
