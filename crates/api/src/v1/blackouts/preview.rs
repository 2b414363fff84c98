//! When a blackout would be.

use crate::{
    ApiState,
    caller::Caller,
    extract::Body,
    instant::Instant,
    problem::{ApiError, Problem},
    v1::maintenance::SpanPreview,
};
use axum::{Json, extract::State};
use latarnik_app::BlackoutPreview as AppBlackoutPreview;
use latarnik_model::{BlackoutDraft, Permission, TenantId};
use serde::Deserialize;
use utoipa::ToSchema;

/// A definition, and what to see of it.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct BlackoutPreviewRequest {
    /// The tenant; absent is the caller's.
    tenant_id: Option<TenantId>,
    definition: BlackoutDraft,
    /// The IANA time zone where the definition names none; absent is the tenant's.
    time_zone: Option<String>,
    /// Spans that end later than this, from 2000 to 2100; absent is now.
    from: Option<Instant>,
    /// So many of them, 1 to 50; absent is 10.
    count: Option<u32>,
}

/// Says when a blackout would be by itself. Spans that touch are one. Changes
/// nothing.
#[utoipa::path(
    post, path = "/api/v1/blackouts/preview",
    operation_id = "preview_blackout", tag = "maintenance",
    request_body = BlackoutPreviewRequest,
    extensions(("x-access" = json!(Permission::ReadDevices.name()))),
    responses(
        (status = 200, description = "The spans", body = SpanPreview),
        (status = 400, description = "`malformed_body`", body = Problem),
        (status = 401, description = "`not_signed_in`", body = Problem),
        (status = 422, description = "`validation_failed`", body = Problem),
    )
)]
pub(crate) async fn handle(
    State(state): State<ApiState>,
    caller: Caller,
    Body(body): Body<BlackoutPreviewRequest>,
) -> Result<Json<SpanPreview>, ApiError> {
    let preview = AppBlackoutPreview {
        tenant_id: body.tenant_id.map_or_else(|| caller.tenant_id(), Ok)?,
        definition: body.definition,
        time_zone: body.time_zone,
        from: body.from.map(|from| from.0),
        count: body.count,
    };
    let spans = state
        .app()
        .preview_blackout(caller.context(), preview)
        .await?;
    Ok(Json(spans.into()))
}
