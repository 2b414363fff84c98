//! Which devices have an update, and which lack it.

use super::{Standing, states};
use crate::{
    ApiState,
    caller::Caller,
    extract::{Id, Parameters},
    instant::Instant,
    list::{self, List},
    problem::{ApiError, Problem},
};
use axum::{Json, extract::State};
use latarnik_app::DeviceUpdateRecord;
use latarnik_model::{DeviceId, Permission, TenantId, UpdateId};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Which devices, which page.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct UpdateDeviceParameters {
    /// Of this tenant.
    tenant_id: Option<TenantId>,
    /// On which it stands in one of these states, separated by commas.
    state: Option<String>,
    /// Most items, 1 to 500.
    limit: Option<u32>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

/// A device and where one update stands on it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct UpdateDevice {
    device_id: DeviceId,
    tenant_id: TenantId,
    hostname: String,
    /// Identifies the update on the device; what an installation names.
    key: String,
    first_offered_at: Instant,
    standing: Standing,
}

impl From<DeviceUpdateRecord> for UpdateDevice {
    fn from(record: DeviceUpdateRecord) -> Self {
        Self {
            device_id: record.device_id,
            tenant_id: record.tenant_id,
            hostname: record.hostname,
            key: record.key,
            first_offered_at: record.first_offered_at.into(),
            standing: record.standing.into(),
        }
    }
}

/// The devices that are or were offered an update, by name.
#[utoipa::path(
    get, path = "/api/v1/updates/{id}/devices", operation_id = "list_update_devices",
    tag = "updates",
    params(("id" = UpdateId, Path, description = "The update"), UpdateDeviceParameters),
    extensions(("x-access" = json!(Permission::ReadDevices.name()))),
    responses(
        (status = 200, description = "A page", body = List<UpdateDevice>),
        (status = 400, description = "`malformed_request`", body = Problem),
        (status = 401, description = "`not_signed_in`", body = Problem),
        (status = 404, description = "`not_found`", body = Problem),
        (status = 422, description = "`validation_failed`", body = Problem),
    )
)]
pub(crate) async fn handle(
    State(state): State<ApiState>,
    caller: Caller,
    Id(id): Id<UpdateId>,
    Parameters(parameters): Parameters<UpdateDeviceParameters>,
) -> Result<Json<List<UpdateDevice>>, ApiError> {
    let page = list::page(parameters.limit, parameters.cursor.as_deref())?;
    let states = states(parameters.state.as_deref())?;
    let devices = state
        .app()
        .list_update_devices(caller.context(), parameters.tenant_id, id, (&states, &page))
        .await?;
    Ok(Json(List {
        next_cursor: devices.next.map(|cursor| cursor.to_string()),
        items: devices.items.into_iter().map(UpdateDevice::from).collect(),
        total: None,
    }))
}
