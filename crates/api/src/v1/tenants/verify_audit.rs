//! Verify the audit of a tenant.

use crate::{
    ApiState,
    caller::Caller,
    extract::Id,
    problem::{ApiError, Problem},
};
use axum::{Json, extract::State};
use latarnik_app::{AuditBreak, AuditVerification as AppAuditVerification, hex};
use latarnik_model::{Permission, TenantId};
use serde::Serialize;
use utoipa::ToSchema;
/// What was found.
#[derive(Serialize, ToSchema)]
pub(crate) struct AuditVerification {
    state: ChainState,
    /// How many events were looked at.
    events: u64,
    /// The place of the oldest one that is kept; 0 if there is none.
    first_sequence: u64,
    /// The place of the newest one.
    last_sequence: u64,
    /// The hash of the newest one, to be kept elsewhere.
    last_hash: String,
    /// The first thing that is wrong.
    problem: Option<AuditProblem>,
}

/// Whether a chain is as it was written.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = AuditChainState)]
enum ChainState {
    Intact,
    Broken,
}

/// What is wrong with a chain.
#[derive(Serialize, ToSchema)]
struct AuditProblem {
    /// `event_missing`, `event_changed`, `event_surplus` or `seal_broken`.
    code: &'static str,
    /// The place of the event.
    sequence: Option<u64>,
}

impl From<AppAuditVerification> for AuditVerification {
    fn from(found: AppAuditVerification) -> Self {
        Self {
            state: match found.broken {
                None => ChainState::Intact,
                Some(_) => ChainState::Broken,
            },
            events: found.events,
            first_sequence: found.first_sequence,
            last_sequence: found.last_sequence,
            last_hash: hex(&found.last_hash),
            problem: found.broken.map(|broken| AuditProblem {
                code: AuditBreak::code(broken),
                sequence: broken.sequence(),
            }),
        }
    }
}

/// Looks whether the audit of a tenant is as it was written.
#[utoipa::path(
    get, path = "/api/v1/tenants/{id}/audit-verification", operation_id = "verify_audit", tag = "audit",
    params(("id" = TenantId, Path, description = "The tenant")),
    extensions(("x-access" = json!(Permission::ReadAudit.name()))),
    responses(
        (status = 200, description = "What was found", body = AuditVerification),
        (status = 401, description = "`not_signed_in`", body = Problem),
        (status = 403, description = "`forbidden`", body = Problem),
        (status = 404, description = "`not_found`", body = Problem),
    )
)]
pub(crate) async fn handle(
    State(state): State<ApiState>,
    caller: Caller,
    Id(id): Id<TenantId>,
) -> Result<Json<AuditVerification>, ApiError> {
    let found = state.app().verify_audit(caller.context(), id).await?;
    Ok(Json(found.into()))
}
