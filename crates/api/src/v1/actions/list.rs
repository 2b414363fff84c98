//! The actions that touch devices which the caller may see.

use super::ActionSummary;
use crate::{
    ApiState,
    caller::Caller,
    extract::Parameters,
    list::{self, List},
    problem::{ApiError, Problem},
};
use axum::{Json, extract::State};
use latarnik_app::ActionQuery;
use latarnik_model::{ActionKind, CreatorKind, Permission, TenantId};
use serde::Deserialize;
use utoipa::IntoParams;

/// Which actions, which page.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct ActionParameters {
    /// That touch devices of this tenant.
    tenant_id: Option<TenantId>,
    /// Of this kind.
    kind: Option<ActionKind>,
    /// With tasks that have not ended; `false` is only those without.
    open: Option<bool>,
    /// Only what the caller asked for.
    own: Option<bool>,
    /// From somebody of this kind.
    created_by_kind: Option<CreatorKind>,
    /// Most items, 1 to 500.
    limit: Option<u32>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

/// The actions that touch devices which the caller may see, newest first.
#[utoipa::path(
    get, path = "/api/v1/actions", operation_id = "list_actions", tag = "actions",
    params(ActionParameters),
    extensions(("x-access" = json!(Permission::ReadDevices.name()))),
    responses(
        (status = 200, description = "A page", body = List<ActionSummary>),
        (status = 400, description = "`malformed_request`", body = Problem),
        (status = 401, description = "`not_signed_in`", body = Problem),
        (status = 422, description = "`validation_failed`", body = Problem),
    )
)]
pub(crate) async fn handle(
    State(state): State<ApiState>,
    caller: Caller,
    Parameters(parameters): Parameters<ActionParameters>,
) -> Result<Json<List<ActionSummary>>, ApiError> {
    let page = list::page(parameters.limit, parameters.cursor.as_deref())?;
    let query = ActionQuery {
        tenant_id: parameters.tenant_id,
        kind: parameters.kind,
        open: parameters.open,
        own: parameters.own == Some(true),
        created_by_kind: parameters.created_by_kind,
    };
    let actions = state
        .app()
        .list_actions(caller.context(), &query, &page)
        .await?;
    Ok(Json(List {
        next_cursor: actions.next.map(|cursor| cursor.to_string()),
        items: actions.items.into_iter().map(Into::into).collect(),
        total: None,
    }))
}
