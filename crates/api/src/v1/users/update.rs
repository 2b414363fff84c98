//! Change a person.

use super::User;
use crate::{
    ApiState,
    caller::Caller,
    extract::{Body, Id, Patch},
    problem::{ApiError, Problem},
};
use axum::{Json, extract::State};
use latarnik_app::UserChange as AppUserChange;
use latarnik_model::{Permission, Role, TenantId, UserId, UserState};
use serde::Deserialize;
use utoipa::ToSchema;
/// What changes; absent stays as it is.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct UserChange {
    name: Option<String>,
    /// Not wider than the caller's own.
    role: Option<Role>,
    /// `active` or `disabled`.
    state: Option<UserState>,
    /// The clients that they see; null is all.
    #[serde(default)]
    #[schema(value_type = Option<Vec<TenantId>>)]
    client_ids: Patch<Vec<TenantId>>,
}

/// Changes a person. Who is disabled or gets another role is signed out everywhere.
#[utoipa::path(
    patch, path = "/api/v1/users/{id}", operation_id = "update_user", tag = "users",
    params(("id" = UserId, Path, description = "The person")),
    request_body = UserChange,
    extensions(("x-access" = json!(Permission::ManageUsers.name()))),
    responses(
        (status = 200, description = "The person as they are now", body = User),
        (status = 400, description = "`malformed_body`", body = Problem),
        (status = 401, description = "`not_signed_in`", body = Problem),
        (status = 403, description = "`forbidden`", body = Problem),
        (status = 404, description = "`not_found`", body = Problem),
        (status = 409, description = "`own_account`, `last_owner`", body = Problem),
        (status = 422, description = "`validation_failed`", body = Problem),
    )
)]
pub(crate) async fn handle(
    State(state): State<ApiState>,
    caller: Caller,
    Id(id): Id<UserId>,
    Body(body): Body<UserChange>,
) -> Result<Json<User>, ApiError> {
    let change = AppUserChange {
        name: body.name,
        role: body.role,
        state: body.state,
        clients: body.client_ids.into_change(),
    };
    let user = state
        .app()
        .update_user(caller.context(), id, change)
        .await?;
    Ok(Json(user.into()))
}
