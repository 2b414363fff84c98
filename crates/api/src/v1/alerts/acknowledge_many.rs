//! Acknowledge several alerts.

use crate::{
    ApiState,
    caller::Caller,
    extract::Body,
    problem::{ApiError, Problem},
};
use axum::{Json, extract::State};
use latarnik_model::{AlertId, Permission};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Alerts, and what somebody says to them.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewAcknowledgements {
    /// 1 to 200.
    alert_ids: Vec<AlertId>,
    /// Up to 500 characters on one line; absent is nothing.
    note: Option<String>,
}

/// What became of it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AcknowledgedAlerts {
    /// How many are acknowledged now; the others were closed in between.
    acknowledged: u64,
}

/// Acknowledges several alerts, in place of who did before. Those whose cause is gone are passed
/// over.
#[utoipa::path(
    post, path = "/api/v1/alerts/acknowledge", operation_id = "acknowledge_alerts",
    tag = "alerts",
    request_body = NewAcknowledgements,
    extensions(("x-access" = json!(Permission::AcknowledgeAlerts.name()))),
    responses(
        (status = 200, description = "Acknowledged", body = AcknowledgedAlerts),
        (status = 400, description = "`malformed_body`", body = Problem),
        (status = 401, description = "`not_signed_in`", body = Problem),
        (status = 403, description = "`forbidden`", body = Problem),
        (status = 404, description = "`not_found`: one of them is not there", body = Problem),
        (status = 409, description = "`alert_closed`: the causes of all are gone", body = Problem),
        (status = 422, description = "`validation_failed`", body = Problem),
    )
)]
pub(crate) async fn handle(
    State(state): State<ApiState>,
    caller: Caller,
    Body(body): Body<NewAcknowledgements>,
) -> Result<Json<AcknowledgedAlerts>, ApiError> {
    let note = body.note.unwrap_or_default();
    let acknowledged = state
        .app()
        .acknowledge_alerts(caller.context(), &body.alert_ids, &note)
        .await?;
    Ok(Json(AcknowledgedAlerts { acknowledged }))
}
