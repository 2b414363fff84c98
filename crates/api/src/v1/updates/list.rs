//! The updates that devices are or were offered.

use super::{Update, states};
use crate::{
    ApiState,
    caller::Caller,
    extract::Parameters,
    list::{self, List},
    problem::{ApiError, Problem},
};
use axum::{Json, extract::State};
use latarnik_app::{UpdateFilter, UpdateQuery, UpdateSort};
use latarnik_model::{Permission, TenantId, UpdateCategory};
use serde::{Deserialize, Deserializer, de::Error as _};
use utoipa::IntoParams;

/// Which updates, in which order, which page.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct UpdateParameters {
    /// On devices of this tenant.
    tenant_id: Option<TenantId>,
    /// With this text in their title, article or package.
    search: Option<String>,
    /// Of this kind.
    #[serde(default, deserialize_with = "known_category")]
    category: Option<UpdateCategory>,
    /// That stand in one of these states on a device, separated by commas.
    state: Option<String>,
    /// `lacking`, `failed`, `first_offered_at` or `title`, with `-` before it for the other
    /// direction. Without it, what most devices lack comes first.
    sort: Option<String>,
    /// Most items, 1 to 500.
    limit: Option<u32>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

/// Agents may name a category that this program does not know; whoever asks for one may not.
fn known_category<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<UpdateCategory>, D::Error> {
    let name = Option::<String>::deserialize(deserializer)?;
    name.map(|name| UpdateCategory::from_name(&name).ok_or_else(|| D::Error::custom("no category")))
        .transpose()
}

/// The updates that devices are or were offered, each with the number of devices that lack it.
#[utoipa::path(
    get, path = "/api/v1/updates", operation_id = "list_updates", tag = "updates",
    params(UpdateParameters),
    extensions(("x-access" = json!(Permission::ReadDevices.name()))),
    responses(
        (status = 200, description = "A page", body = List<Update>),
        (status = 400, description = "`malformed_request`", body = Problem),
        (status = 401, description = "`not_signed_in`", body = Problem),
        (status = 422, description = "`validation_failed`", body = Problem),
    )
)]
pub(crate) async fn handle(
    State(state): State<ApiState>,
    caller: Caller,
    Parameters(parameters): Parameters<UpdateParameters>,
) -> Result<Json<List<Update>>, ApiError> {
    let page = list::page(parameters.limit, parameters.cursor.as_deref())?;
    let (sort, direction) = list::sort(parameters.sort.as_deref().unwrap_or("-lacking"));
    let query = UpdateQuery {
        tenant_id: parameters.tenant_id,
        filter: UpdateFilter {
            search: parameters.search.filter(|text| !text.is_empty()),
            category: parameters.category,
            states: states(parameters.state.as_deref())?,
        },
        sort: match sort {
            "lacking" => UpdateSort::Lacking,
            "failed" => UpdateSort::Failed,
            "first_offered_at" => UpdateSort::FirstOfferedAt,
            "title" => UpdateSort::Title,
            _ => return Err(ApiError::MALFORMED_REQUEST),
        },
        direction,
    };
    let updates = state
        .app()
        .list_updates(caller.context(), &query, &page)
        .await?;
    Ok(Json(List {
        next_cursor: updates.next.map(|cursor| cursor.to_string()),
        items: updates.items.into_iter().map(Update::from).collect(),
        total: None,
    }))
}
