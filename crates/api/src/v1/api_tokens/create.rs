//! Make an API token.

use super::ApiToken;
use crate::{
    ApiState,
    caller::{self, Caller},
    extract::Body,
    problem::{ApiError, Problem},
};
use axum::{Json, extract::State};
use http::StatusCode;
use latarnik_app::NewApiToken as AppNewApiToken;
use latarnik_model::{Permission, Role, TenantId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
/// A token to be.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewApiToken {
    /// What it is for, 1 to 100 characters.
    name: String,
    /// Not wider than the caller's own.
    role: Role,
    /// The tenant that it belongs to; absent is the caller's.
    tenant_id: Option<TenantId>,
    /// For tokens of the provider: the clients that it sees; null is all.
    client_ids: Option<Vec<TenantId>>,
    /// How long it works, 1 to 366 days.
    expires_in_days: u32,
}

/// A new token, with the one look at its text.
#[derive(Serialize, ToSchema)]
pub(crate) struct IssuedApiToken {
    api_token: ApiToken,
    /// The token itself, for `Authorization: Bearer`. Never shown again.
    token: String,
}

/// Makes an API token.
#[utoipa::path(
    post, path = "/api/v1/api-tokens", operation_id = "create_api_token", tag = "api-tokens",
    request_body = NewApiToken,
    extensions(("x-access" = json!(Permission::ManageApiTokens.name()))),
    responses(
        (status = 201, description = "Made", body = IssuedApiToken),
        (status = 400, description = "`malformed_body`", body = Problem),
        (status = 401, description = "`not_signed_in`", body = Problem),
        (status = 403, description = "`forbidden`", body = Problem),
        (status = 422, description = "`validation_failed`", body = Problem),
    )
)]
pub(crate) async fn handle(
    State(state): State<ApiState>,
    caller: Caller,
    Body(body): Body<NewApiToken>,
) -> Result<(StatusCode, Json<IssuedApiToken>), ApiError> {
    let new = AppNewApiToken {
        name: body.name,
        tenant_id: body.tenant_id.map_or_else(|| caller.tenant_id(), Ok)?,
        role: body.role,
        clients: body.client_ids,
        expires_in_days: body.expires_in_days,
    };
    let (token, secret) = state.app().create_api_token(caller.context(), new).await?;
    Ok((
        StatusCode::CREATED,
        Json(IssuedApiToken {
            api_token: token.into(),
            token: caller::write_token(&secret),
        }),
    ))
}
