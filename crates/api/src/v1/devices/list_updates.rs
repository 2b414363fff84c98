//! What is offered to a device.

use crate::{
    ApiState,
    caller::Caller,
    extract::Id,
    instant::{Instant, optional},
    list::List,
    problem::{ApiError, Problem},
    v1::{update_policies::PolicyAnswer, updates::Standing},
};
use axum::{Json, extract::State};
use latarnik_app::UpdateRecord;
use latarnik_model::{
    DeviceId, Permission, PolicyAnswer as Answer, RestartBehavior, Severity, Titles,
    UpdateCategory, UpdateId, UpdateSource,
};
use serde::Serialize;
use utoipa::ToSchema;

/// An update that is offered to a device.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DeviceUpdate {
    /// Identifies it on the device; what an installation names.
    key: String,
    /// The update, the same on all devices.
    id: UpdateId,
    standing: Standing,
    policy: PolicyAnswer,
    source: UpdateSource,
    /// For people, in the language of the device.
    title: String,
    /// By language (BCP 47), where the device's system has it in others too.
    titles: Titles,
    kb: Option<String>,
    package: Option<String>,
    /// Windows: the UpdateID.
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

impl DeviceUpdate {
    fn new(update: UpdateRecord, policy: Answer) -> Self {
        let offer = update.offer;
        Self {
            key: offer.key,
            id: update.id,
            standing: update.standing.into(),
            policy: policy.into(),
            source: offer.source,
            title: offer.title,
            titles: offer.titles,
            kb: offer.kb,
            package: offer.package,
            update_id: offer.update_id,
            revision: offer.revision,
            category: offer.category,
            severity: offer.severity,
            size_bytes: offer.size_bytes,
            released_at: optional(offer.released_at),
            installed_version: offer.installed_version,
            available_version: offer.available_version,
            may_restart: offer.restart,
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
        (status = 200, description = "All of them on one page", body = List<DeviceUpdate>),
        (status = 401, description = "`not_signed_in`", body = Problem),
        (status = 404, description = "`not_found`", body = Problem),
    )
)]
pub(crate) async fn handle(
    State(state): State<ApiState>,
    caller: Caller,
    Id(id): Id<DeviceId>,
) -> Result<Json<List<DeviceUpdate>>, ApiError> {
    let updates = state
        .app()
        .list_device_updates(caller.context(), id)
        .await?;
    let answers = state
        .app()
        .judge_updates(caller.context(), id, &updates)
        .await?;
    let updates = updates.into_iter().zip(answers);
    let items = updates.map(|(update, policy)| DeviceUpdate::new(update, policy));
    Ok(Json(List::whole(items.collect())))
}
