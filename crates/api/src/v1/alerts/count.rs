//! How many alerts there are.

use crate::{
    ApiState,
    caller::Caller,
    extract::Parameters,
    problem::{ApiError, Problem},
};
use axum::{Json, extract::State};
use latarnik_app::AlertCounts as AppAlertCounts;
use latarnik_model::{Permission, TenantId};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Which alerts.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct AlertCountParameters {
    /// Of this tenant.
    tenant_id: Option<TenantId>,
}

/// How many alerts are not closed.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AlertCounts {
    /// Those that nobody has acknowledged.
    open: u64,
    /// Of them, the critical ones.
    open_critical: u64,
    /// Those that somebody has acknowledged.
    acknowledged: u64,
}

impl From<AppAlertCounts> for AlertCounts {
    fn from(counts: AppAlertCounts) -> Self {
        Self {
            open: counts.open,
            open_critical: counts.open_critical,
            acknowledged: counts.acknowledged,
        }
    }
}

/// How many alerts are not closed. Read from an index of those alone.
#[utoipa::path(
    get, path = "/api/v1/alerts/counts", operation_id = "count_alerts", tag = "alerts",
    params(AlertCountParameters),
    extensions(("x-access" = json!(Permission::ReadDevices.name()))),
    responses(
        (status = 200, description = "So many", body = AlertCounts),
        (status = 400, description = "`malformed_request`", body = Problem),
        (status = 401, description = "`not_signed_in`", body = Problem),
    )
)]
pub(crate) async fn handle(
    State(state): State<ApiState>,
    caller: Caller,
    Parameters(parameters): Parameters<AlertCountParameters>,
) -> Result<Json<AlertCounts>, ApiError> {
    let counts = state
        .app()
        .count_alerts(caller.context(), parameters.tenant_id)
        .await?;
    Ok(Json(counts.into()))
}
