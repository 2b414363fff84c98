//! The list of alerts.

use super::{Alert, words};
use crate::{
    ApiState,
    caller::Caller,
    extract::Parameters,
    list::{self, List},
    problem::{ApiError, Problem},
};
use axum::{Json, extract::State};
use latarnik_app::{AlertFilter, AlertQuery};
use latarnik_model::{DeviceId, Permission, TenantId};
use serde::Deserialize;
use utoipa::IntoParams;

/// Which alerts, which page.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct AlertParameters {
    /// Of this tenant.
    tenant_id: Option<TenantId>,
    /// About this device.
    device_id: Option<DeviceId>,
    /// Of one of these kinds, separated by commas.
    kind: Option<String>,
    /// In one of these states, separated by commas: `open`, `acknowledged`, `closed`.
    state: Option<String>,
    /// Most items, 1 to 500.
    limit: Option<u32>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

/// Alerts, the latest first.
#[utoipa::path(
    get, path = "/api/v1/alerts", operation_id = "list_alerts", tag = "alerts",
    params(AlertParameters),
    extensions(("x-access" = json!(Permission::ReadDevices.name()))),
    responses(
        (status = 200, description = "A page", body = List<Alert>),
        (status = 400, description = "`malformed_request`", body = Problem),
        (status = 401, description = "`not_signed_in`", body = Problem),
        (status = 422, description = "`validation_failed`", body = Problem),
    )
)]
pub(crate) async fn handle(
    State(state): State<ApiState>,
    caller: Caller,
    Parameters(parameters): Parameters<AlertParameters>,
) -> Result<Json<List<Alert>>, ApiError> {
    let page = list::page(parameters.limit, parameters.cursor.as_deref())?;
    let query = AlertQuery {
        tenant_id: parameters.tenant_id,
        filter: AlertFilter {
            device_id: parameters.device_id,
            kinds: words(parameters.kind.as_deref())?,
            states: words(parameters.state.as_deref())?,
        },
    };
    let alerts = state
        .app()
        .list_alerts(caller.context(), &query, &page)
        .await?;
    Ok(Json(List::of(alerts.map(Alert::from))))
}
