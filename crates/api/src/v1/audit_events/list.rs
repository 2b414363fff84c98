//! The audit, newest first.

use super::{AuditEvent, audit_parameters, tenant_names};
use crate::{
    ApiState,
    caller::Caller,
    extract::Parameters,
    list::{self, List},
    problem::{ApiError, Problem},
};
use axum::{Json, extract::State};
use latarnik_model::Permission;

audit_parameters! {
    /// Which events, which page.
    AuditParameters {
        /// Most items, 1 to 500.
        limit: Option<u32>,
        /// `next_cursor` of the page before.
        cursor: Option<String>,
    }
}

/// The audit, newest first.
#[utoipa::path(
    get, path = "/api/v1/audit-events", operation_id = "list_audit_events", tag = "audit",
    params(AuditParameters),
    extensions(("x-access" = json!(Permission::ReadAudit.name()))),
    responses(
        (status = 200, description = "A page, newest first", body = List<AuditEvent>),
        (status = 400, description = "`malformed_request`", body = Problem),
        (status = 401, description = "`not_signed_in`", body = Problem),
        (status = 403, description = "`forbidden`", body = Problem),
        (status = 422, description = "`validation_failed`", body = Problem),
    )
)]
pub(crate) async fn handle(
    State(state): State<ApiState>,
    caller: Caller,
    Parameters(parameters): Parameters<AuditParameters>,
) -> Result<Json<List<AuditEvent>>, ApiError> {
    let page = list::page(parameters.limit, parameters.cursor.as_deref())?;
    let query = parameters.query();
    let context = caller.context();
    let events = state
        .app()
        .list_audit_events(context, &query, &page)
        .await?;
    let names = tenant_names(&state, context).await?;
    Ok(Json(List::of(
        events.map(|event| AuditEvent::new(event, &names)),
    )))
}
