//! Invite somebody.

use super::{IssuedLink, User};
use crate::{
    ApiState,
    caller::Caller,
    extract::Body,
    problem::{ApiError, Problem},
};
use axum::{Json, extract::State};
use http::StatusCode;
use latarnik_app::NewInvitation as AppNewInvitation;
use latarnik_model::{Language, Permission, Role, TenantId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
/// A person to be invited.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewUser {
    /// Their tenant; absent is the caller's.
    tenant_id: Option<TenantId>,
    /// In plain ASCII.
    email: String,
    /// 1 to 100 characters.
    name: String,
    /// Not wider than the caller's own.
    role: Role,
    /// Of the mail, and of the console until they choose another.
    language: Language,
    /// For people of the provider: the clients that they see; null is all.
    client_ids: Option<Vec<TenantId>>,
}

/// Somebody who was invited.
#[derive(Serialize, ToSchema)]
pub(crate) struct InvitedUser {
    user: User,
    invitation: IssuedLink,
}

/// Invites somebody: by mail, or by a link that the caller hands over.
#[utoipa::path(
    post, path = "/api/v1/users", operation_id = "create_user", tag = "users",
    request_body = NewUser,
    extensions(("x-access" = json!(Permission::ManageUsers.name()))),
    responses(
        (status = 201, description = "Invited", body = InvitedUser),
        (status = 400, description = "`malformed_body`", body = Problem),
        (status = 401, description = "`not_signed_in`", body = Problem),
        (status = 403, description = "`forbidden`", body = Problem),
        (status = 422, description = "`validation_failed`", body = Problem),
    )
)]
pub(crate) async fn handle(
    State(state): State<ApiState>,
    caller: Caller,
    Body(body): Body<NewUser>,
) -> Result<(StatusCode, Json<InvitedUser>), ApiError> {
    let new = AppNewInvitation {
        tenant_id: body.tenant_id.map_or_else(|| caller.tenant_id(), Ok)?,
        email: body.email,
        name: body.name,
        role: body.role,
        language: body.language,
        clients: body.client_ids,
    };
    let (id, invitation) = state.app().invite_user(caller.context(), new).await?;
    let user = state.app().read_user(caller.context(), id).await?;
    Ok((
        StatusCode::CREATED,
        Json(InvitedUser {
            user: user.into(),
            invitation: invitation.into(),
        }),
    ))
}
