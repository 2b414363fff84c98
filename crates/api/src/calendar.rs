//! Calendars for programs that know a feed's secret. They have no session and no cookie.

use crate::{
    ApiState,
    extract::{HexToken, Parameters},
    problem::ApiError,
};
use axum::{
    extract::{Path, State},
    response::{IntoResponse, Response},
};
use http::header;
use latarnik_app::FeedSecret;
use latarnik_model::Language;
use serde::Deserialize;

/// How the calendar is wanted.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CalendarParameters {
    /// The language of what people did not name; absent is English.
    lang: Option<Language>,
}

/// The calendar behind a secret.
pub(crate) async fn read(
    State(state): State<ApiState>,
    Path(file): Path<String>,
    Parameters(parameters): Parameters<CalendarParameters>,
) -> Result<Response, ApiError> {
    let secret = file.strip_suffix(".ics").and_then(HexToken::parse);
    let secret = FeedSecret(secret.ok_or(ApiError::NOT_FOUND)?);
    let language = parameters.lang.unwrap_or(Language::En);
    let calendar = state.app().read_calendar_feed(&secret, language).await?;
    let headers = [
        (header::CONTENT_TYPE, "text/calendar; charset=utf-8"),
        (header::CACHE_CONTROL, "private, max-age=300"),
    ];
    Ok((headers, calendar).into_response())
}
