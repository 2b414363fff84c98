//! Choose language and colours.

use crate::{
    ApiState, access,
    caller::Person,
    extract::Body,
    problem::{ApiError, Problem},
    v1::session::Session,
};
use axum::{Json, extract::State};
use latarnik_model::{ColorScheme, Language};
use serde::Deserialize;
use utoipa::ToSchema;

/// What changes; absent is as before.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ProfileChange {
    language: Option<Language>,
    color_scheme: Option<ColorScheme>,
}

/// Keeps what the caller chose for the console.
#[utoipa::path(
    patch, path = "/api/v1/profile", operation_id = "update_profile", tag = "profile",
    request_body = ProfileChange,
    extensions(("x-access" = json!(access::PERSON))),
    responses(
        (status = 200, description = "The session with the choice", body = Session),
        (status = 400, description = "Not a choice", body = Problem),
        (status = 401, description = "`not_signed_in`", body = Problem),
        (status = 403, description = "`user_required`", body = Problem),
    )
)]
pub(crate) async fn handle(
    State(state): State<ApiState>,
    Person(mut signed_in): Person,
    Body(change): Body<ProfileChange>,
) -> Result<Json<Session>, ApiError> {
    let user = &mut signed_in.user;
    user.language = change.language.or(user.language);
    user.color_scheme = change.color_scheme.unwrap_or(user.color_scheme);
    let (language, color_scheme) = (user.language, user.color_scheme);
    state
        .app()
        .update_profile(&signed_in.context, language, color_scheme)
        .await?;
    Ok(Json(Session::of(&state, signed_in).await?))
}
