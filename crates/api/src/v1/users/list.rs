//! The people that the caller may see.

use super::User;
use crate::{
    ApiState,
    caller::Caller,
    extract::Parameters,
    list::{self, List},
    problem::{ApiError, Problem},
};
use axum::{Json, extract::State};
use latarnik_app::UserFilter;
use latarnik_model::{Permission, TenantId};
use serde::Deserialize;
use utoipa::IntoParams;
/// Which people, which page.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct UserParameters {
    /// Of this tenant only.
    tenant_id: Option<TenantId>,
    /// With this text in their name or e-mail address.
    search: Option<String>,
    /// Most items, 1 to 500.
    limit: Option<u32>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

/// The people that the caller may see.
#[utoipa::path(
    get, path = "/api/v1/users", operation_id = "list_users", tag = "users",
    params(UserParameters),
    extensions(("x-access" = json!(Permission::ManageUsers.name()))),
    responses(
        (status = 200, description = "A page, by e-mail address", body = List<User>),
        (status = 400, description = "`malformed_request`", body = Problem),
        (status = 401, description = "`not_signed_in`", body = Problem),
        (status = 403, description = "`forbidden`", body = Problem),
        (status = 422, description = "`validation_failed`", body = Problem),
    )
)]
pub(crate) async fn handle(
    State(state): State<ApiState>,
    caller: Caller,
    Parameters(parameters): Parameters<UserParameters>,
) -> Result<Json<List<User>>, ApiError> {
    let page = list::page(parameters.limit, parameters.cursor.as_deref())?;
    let filter = UserFilter {
        search: parameters.search,
    };
    let users = state
        .app()
        .list_users(caller.context(), parameters.tenant_id, &filter, &page)
        .await?;
    Ok(Json(List::of(users.map(User::from))))
}
