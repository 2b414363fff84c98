//! Acknowledge an alert.

use super::Alert;
use crate::{
    ApiState,
    caller::Caller,
    extract::{Body, Id},
    problem::{ApiError, Problem},
};
use axum::{Json, extract::State};
use latarnik_model::{AlertId, Permission};
use serde::Deserialize;
use utoipa::ToSchema;

/// What somebody says to an alert.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewAcknowledgement {
    /// Up to 500 characters on one line; absent is nothing.
    note: Option<String>,
}

/// Acknowledges an alert, in place of who did before: somebody knows of it. It is closed when its
/// cause is gone.
#[utoipa::path(
    post, path = "/api/v1/alerts/{id}/acknowledge", operation_id = "acknowledge_alert",
    tag = "alerts",
    params(("id" = AlertId, Path, description = "The alert")),
    request_body = NewAcknowledgement,
    extensions(("x-access" = json!(Permission::AcknowledgeAlerts.name()))),
    responses(
        (status = 200, description = "The alert as it is now", body = Alert),
        (status = 400, description = "`malformed_body`", body = Problem),
        (status = 401, description = "`not_signed_in`", body = Problem),
        (status = 403, description = "`forbidden`", body = Problem),
        (status = 404, description = "`not_found`", body = Problem),
        (status = 409, description = "`alert_closed`: its cause is gone", body = Problem),
        (status = 422, description = "`validation_failed`", body = Problem),
    )
)]
pub(crate) async fn handle(
    State(state): State<ApiState>,
    caller: Caller,
    Id(id): Id<AlertId>,
    Body(body): Body<NewAcknowledgement>,
) -> Result<Json<Alert>, ApiError> {
    let (app, context) = (state.app(), caller.context());
    let note = body.note.unwrap_or_default();
    app.acknowledge_alerts(context, &[id], &note).await?;
    Ok(Json(app.read_alert(context, id).await?.into()))
}
