//! What protects browsers: headers, and no mutation from other sites.

use crate::{ApiState, CookieSecurity, problem::ApiError};
use axum::{
    extract::{Request, State},
    middleware::Next,
    response::{IntoResponse, Response},
};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};

/// Scripts, styles and pictures come from here alone; styles that a page makes while it runs need
/// its nonce.
pub(crate) fn policy(nonce: Option<&str>) -> HeaderValue {
    let nonce = nonce.map_or_else(String::new, |nonce| format!(" 'nonce-{nonce}'"));
    let policy = format!(
        "default-src 'self'; script-src 'self'{nonce}; style-src 'self'{nonce}; img-src 'self' \
         data:; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    );
    HeaderValue::from_str(&policy).expect("a nonce is base64")
}

/// Adds the headers that tell browsers to be strict.
pub(crate) async fn headers(
    State(state): State<ApiState>,
    request: Request,
    next: Next,
) -> Response {
    // Browsers that came over TLS once come over nothing else for a year.
    let strict_transport = match state.settings().cookie_security {
        CookieSecurity::TlsOnly => Some(HeaderValue::from_static("max-age=31536000")),
        CookieSecurity::PlainAllowed => None,
    };
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    headers
        .entry(header::CONTENT_SECURITY_POLICY)
        .or_insert_with(|| policy(None));
    let fixed = [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::REFERRER_POLICY, "no-referrer"),
        (
            HeaderName::from_static("cross-origin-opener-policy"),
            "same-origin",
        ),
        (
            HeaderName::from_static("cross-origin-resource-policy"),
            "same-origin",
        ),
        (
            HeaderName::from_static("permissions-policy"),
            "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
        ),
    ];
    for (name, value) in fixed {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if let Some(age) = strict_transport {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, age);
    }
    response
}

/// Refuses mutations that a browser sends on behalf of another site. Programs that are no browsers
/// send neither header.
pub(crate) async fn same_origin(request: Request, next: Next) -> Response {
    let reads = matches!(
        *request.method(),
        Method::GET | Method::HEAD | Method::OPTIONS
    );
    if reads || is_same_origin(request.headers()) {
        return next.run(request).await;
    }
    ApiError::Refused(StatusCode::FORBIDDEN, "cross_site_request").into_response()
}

fn is_same_origin(headers: &HeaderMap) -> bool {
    // What is there and cannot be read is not what it should be.
    let text = |name| {
        let value = headers.get(name)?;
        Some(value.to_str().unwrap_or("unreadable"))
    };
    if let Some(site) = text(header::HeaderName::from_static("sec-fetch-site")) {
        return matches!(site, "same-origin" | "none");
    }
    let Some(origin) = text(header::ORIGIN) else {
        return true;
    };
    let host = origin.split_once("://").map(|(_, host)| host);
    host.is_some() && host == text(header::HOST)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(name, value)| {
                (
                    header::HeaderName::from_static(name),
                    HeaderValue::from_static(value),
                )
            })
            .collect()
    }

    #[test]
    fn other_site_is_refused_and_own_page_is_not() {
        assert!(is_same_origin(&headers(&[(
            "sec-fetch-site",
            "same-origin"
        )])));
        assert!(!is_same_origin(&headers(&[(
            "sec-fetch-site",
            "cross-site"
        )])));
        assert!(!is_same_origin(&headers(&[(
            "sec-fetch-site",
            "same-site"
        )])));
        assert!(is_same_origin(&headers(&[
            ("origin", "http://a:1"),
            ("host", "a:1")
        ])));
        assert!(!is_same_origin(&headers(&[
            ("origin", "http://b:1"),
            ("host", "a:1")
        ])));
        assert!(!is_same_origin(&headers(&[
            ("origin", "null"),
            ("host", "a:1")
        ])));
        assert!(is_same_origin(&headers(&[])));
    }
}
