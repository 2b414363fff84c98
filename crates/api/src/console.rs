//! The console's own files.

use crate::{ApiState, problem::ApiError, security};
use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use http::{HeaderValue, StatusCode, Uri, header};
use rust_embed::RustEmbed;

/// Stands in the built page wherever a nonce belongs.
const NONCE: &str = "LATARNIK_CSP_NONCE";

/// `console/dist` as it was built. Without a build there is no console, only the API.
#[derive(RustEmbed)]
#[folder = "../../console/dist/"]
#[allow_missing = true]
struct Files;

const NOT_BUILT: &str = "The console is not part of this build. Build it (npm ci && npm run build \
    in the folder console), then build the server again.";

/// Answers with a file; any other path is a place inside the console.
pub(crate) async fn serve(State(state): State<ApiState>, uri: Uri) -> Response {
    let path = uri.path().trim_start_matches('/');
    if path.starts_with("api/") || path.starts_with("download/") {
        return ApiError::NOT_FOUND.into_response();
    }
    let is_page = path.is_empty() || path == "index.html";
    if let Some(file) = Files::get(path).filter(|_| !is_page) {
        let cache = if path.starts_with("assets/") {
            "public, max-age=31536000, immutable"
        } else {
            "no-cache"
        };
        return answer(file, path, cache);
    }
    // A missing asset is missing; answering with the page would only confuse the browser.
    if path.starts_with("assets/") {
        return StatusCode::NOT_FOUND.into_response();
    }
    match Files::get("index.html") {
        Some(page) => with_nonce(&state, &page),
        None => (StatusCode::NOT_FOUND, NOT_BUILT).into_response(),
    }
}

/// The page with a nonce of its own, which its policy lets add styles: components make some while
/// they run.
fn with_nonce(state: &ApiState, page: &rust_embed::EmbeddedFile) -> Response {
    let mut bytes = [0; 18];
    state.app().random(&mut bytes);
    let nonce = STANDARD.encode(bytes);
    let html = String::from_utf8_lossy(&page.data).replace(NONCE, &nonce);
    let headers = [
        (
            header::CONTENT_TYPE,
            HeaderValue::from_static("text/html; charset=utf-8"),
        ),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (
            header::CONTENT_SECURITY_POLICY,
            security::policy(Some(&nonce)),
        ),
    ];
    (headers, html).into_response()
}

fn answer(file: rust_embed::EmbeddedFile, path: &str, cache: &'static str) -> Response {
    let kind = match path.rsplit_once('.').map(|(_, extension)| extension) {
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("json") => "application/json",
        Some("png") => "image/png",
        Some("ico") => "image/x-icon",
        Some("woff2") => "font/woff2",
        Some("webmanifest") => "application/manifest+json",
        _ => "application/octet-stream",
    };
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(kind)),
        (header::CACHE_CONTROL, HeaderValue::from_static(cache)),
    ];
    (headers, file.data.into_owned()).into_response()
}
