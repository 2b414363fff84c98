//! When maintenance windows are open in the coming days.

use crate::{
    ApiState,
    caller::Caller,
    extract::Parameters,
    list::List,
    problem::{ApiError, Problem},
    v1::{maintenance::LocalSpan, update_policies::ScopeReference},
};
use axum::{Json, extract::State};
use latarnik_app::WindowOccurrence as AppWindowOccurrence;
use latarnik_model::{MaintenanceAction, MaintenanceWindowId, Permission, TenantId};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Which occurrences.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct OccurrenceParameters {
    /// Of this tenant only.
    tenant_id: Option<TenantId>,
    /// In so many days from now, 1 to 92; absent is 14.
    days: Option<u32>,
}

/// A window that is open or opens.
#[derive(Debug, Serialize, ToSchema)]
struct OccurringWindow {
    id: MaintenanceWindowId,
    tenant_id: TenantId,
    name: String,
    scope: ScopeReference,
    /// What may run in it.
    actions: Vec<MaintenanceAction>,
}

/// When a window is open, by itself.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct WindowOccurrence {
    window: OccurringWindow,
    #[serde(flatten)]
    span: LocalSpan,
    /// How many devices its scope has.
    devices: u64,
}

impl From<AppWindowOccurrence> for WindowOccurrence {
    fn from(occurrence: AppWindowOccurrence) -> Self {
        let record = occurrence.record;
        let actions = record.window.definition.actions();
        Self {
            window: OccurringWindow {
                id: record.window.id,
                tenant_id: record.tenant_id,
                name: record.window.name.clone(),
                scope: ScopeReference::new(record.scope, record.scope_name.clone()),
                actions: actions.iter().copied().collect(),
            },
            span: occurrence.span.into(),
            devices: occurrence.devices,
        }
    }
}

/// When the enabled maintenance windows that the caller may see are open in the coming days, each by
/// itself and in its own zone or its tenant's: in order of their starts, at most 200.
#[utoipa::path(
    get, path = "/api/v1/maintenance-windows/occurrences", operation_id = "list_window_occurrences",
    tag = "maintenance",
    params(OccurrenceParameters),
    extensions(("x-access" = json!(Permission::ReadDevices.name()))),
    responses(
        (status = 200, description = "All of them on one page", body = List<WindowOccurrence>),
        (status = 400, description = "`malformed_request`", body = Problem),
        (status = 401, description = "`not_signed_in`", body = Problem),
        (status = 422, description = "`validation_failed`", body = Problem),
    )
)]
pub(crate) async fn handle(
    State(state): State<ApiState>,
    caller: Caller,
    Parameters(parameters): Parameters<OccurrenceParameters>,
) -> Result<Json<List<WindowOccurrence>>, ApiError> {
    let occurrences = state
        .app()
        .list_window_occurrences(caller.context(), parameters.tenant_id, parameters.days)
        .await?;
    let items = occurrences.into_iter().map(WindowOccurrence::from);
    Ok(Json(List::whole(items.collect())))
}
