//! What is offered to a device.

use crate::{
    ApiState,
    caller::Caller,
    extract::Id,
    instant::{Instant, optional},
    list::List,
    problem::{ApiError, Problem},
};
use axum::{Json, extract::State};
use latarnik_app::UpdateRecord;
use latarnik_model::{
    DeviceId, Permission, RestartBehavior, Severity, UpdateCategory, UpdateSource,
};
use serde::Serialize;
use utoipa::ToSchema;

/// An update that is offered to a device.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Update {
    /// Identifies it on the device; what an installation names.
    key: String,
    source: UpdateSource,
    /// For people, in any language.
    title: String,
    kb: Option<String>,
    package: Option<String>,
    update_id: Option<String>,
    revision: Option<i32>,
    category: UpdateCategory,
    severity: Option<Severity>,
    /// Bytes to download, at most.
    size_bytes: Option<u64>,
    released_at: Option<Instant>,
    installed_version: Option<String>,
    available_version: Option<String>,
    may_restart: RestartBehavior,
    first_offered_at: Instant,
}

impl From<UpdateRecord> for Update {
    fn from(update: UpdateRecord) -> Self {
        Self {
            key: update.key,
            source: update.source,
            title: update.title,
            kb: update.kb,
            package: update.package,
            update_id: update.update_id,
            revision: update.revision,
            category: update.category,
            severity: update.severity,
            size_bytes: update.size_bytes,
            released_at: optional(update.released_at),
            installed_version: update.installed_version,
            available_version: update.available_version,
            may_restart: update.restart,
            first_offered_at: update.first_offered_at.into(),
        }
    }
}

/// What is offered to a device, security first. Empty may mean "not scanned": the device says.
#[utoipa::path(
    get, path = "/api/v1/devices/{id}/updates", operation_id = "list_device_updates",
    tag = "devices",
    params(("id" = DeviceId, Path, description = "The device")),
    extensions(("x-access" = json!(Permission::ReadDevices.name()))),
    responses(
        (status = 200, description = "All of them on one page", body = List<Update>),
        (status = 401, description = "`not_signed_in`", body = Problem),
        (status = 404, description = "`not_found`", body = Problem),
    )
)]
pub(crate) async fn handle(
    State(state): State<ApiState>,
    caller: Caller,
    Id(id): Id<DeviceId>,
) -> Result<Json<List<Update>>, ApiError> {
    let updates = state
        .app()
        .list_device_updates(caller.context(), id)
        .await?;
    Ok(Json(List::whole(
        updates.into_iter().map(Update::from).collect(),
    )))
}
