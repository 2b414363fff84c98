//! What the sign-in page can offer.

use crate::{ApiState, access, problem::ApiError};
use axum::{Json, extract::State};
use serde::Serialize;
use utoipa::ToSchema;
/// What the sign-in page can offer.
#[derive(Serialize, ToSchema)]
pub(crate) struct SignInOptions {
    /// Whether a forgotten password can be replaced by a mail.
    password_reset_by_mail: bool,
    /// Whether any tenant signs in through a provider of its own.
    openid: bool,
    /// Where a provider sends people back to; an administrator enters it at the provider, before
    /// anything is set up here.
    openid_redirect_url: String,
}

/// What the sign-in page can offer.
#[utoipa::path(
    get, path = "/api/v1/sign-in-options", operation_id = "read_sign_in_options", tag = "session",
    extensions(("x-access" = json!(access::PUBLIC))),
    responses(
        (status = 200, description = "What there is", body = SignInOptions),
    )
)]
pub(crate) async fn handle(State(state): State<ApiState>) -> Result<Json<SignInOptions>, ApiError> {
    Ok(Json(SignInOptions {
        password_reset_by_mail: state.app().can_send_mails(),
        openid: state.app().any_openid().await?,
        openid_redirect_url: state.app().openid_redirect_url(),
    }))
}
