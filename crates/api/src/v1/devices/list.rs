//! The devices that the caller may see.

use super::{
    Device,
    query::{
        ConnectionCondition, DeviceConditions, RestartCondition, UpdatesCondition, known_family,
    },
};
use crate::{
    ApiState,
    caller::Caller,
    extract::Parameters,
    list::{self, List},
    problem::{ApiError, Problem},
};
use axum::{Json, extract::State};
use latarnik_model::{GroupId, OsFamily, Permission, TenantId};
use serde::Deserialize;
use utoipa::IntoParams;

/// Which devices, in which order, which page.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct DeviceParameters {
    /// Of this tenant.
    tenant_id: Option<TenantId>,
    /// Of this group.
    group_id: Option<GroupId>,
    /// With `group_id`: of all groups in it as well.
    subgroups: Option<bool>,
    /// With this text in their name.
    search: Option<String>,
    /// With this kind of system.
    #[serde(default, deserialize_with = "known_family")]
    os_family: Option<OsFamily>,
    /// Heard of lately, or not.
    connection: Option<ConnectionCondition>,
    /// Waiting for a restart.
    restart: Option<RestartCondition>,
    /// By their pending updates; definitions do not count.
    updates: Option<UpdatesCondition>,
    /// `hostname`, `os_name`, `agent_version`, `pending_updates`, `restart`, `last_scan_at` or
    /// `last_seen_at`; with `-` before it, largest first. A number of pending updates that is not
    /// known, or stale because the last scan failed, is above every other.
    sort: Option<String>,
    /// Most items, 1 to 500.
    limit: Option<u32>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
    /// Whether to say how many match in all.
    count: Option<bool>,
}

/// The devices that the caller may see.
#[utoipa::path(
    get, path = "/api/v1/devices", operation_id = "list_devices", tag = "devices",
    params(DeviceParameters),
    extensions(("x-access" = json!(Permission::ReadDevices.name()))),
    responses(
        (status = 200, description = "A page", body = List<Device>),
        (status = 400, description = "`malformed_request`", body = Problem),
        (status = 401, description = "`not_signed_in`", body = Problem),
        (status = 422, description = "`validation_failed`", body = Problem),
    )
)]
pub(crate) async fn handle(
    State(state): State<ApiState>,
    caller: Caller,
    Parameters(parameters): Parameters<DeviceParameters>,
) -> Result<Json<List<Device>>, ApiError> {
    let page = list::page(parameters.limit, parameters.cursor.as_deref())?;
    let conditions = DeviceConditions {
        tenant_id: parameters.tenant_id,
        group_id: parameters.group_id,
        subgroups: parameters.subgroups,
        search: parameters.search,
        os_family: parameters.os_family,
        connection: parameters.connection,
        restart: parameters.restart,
        updates: parameters.updates,
    };
    let query = conditions.query(parameters.sort.as_deref())?;
    let devices = state
        .app()
        .list_devices(caller.context(), &query, &page)
        .await?;
    let total = match parameters.count {
        Some(true) => Some(state.app().count_devices(caller.context(), &query).await?),
        _ => None,
    };
    Ok(Json(List {
        next_cursor: devices.next.map(|cursor| cursor.to_string()),
        items: devices.items.into_iter().map(Device::from).collect(),
        total,
    }))
}
