//! The cookie that carries a session.

use crate::CookieSecurity;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use http::{HeaderMap, HeaderValue, header};
use latarnik_app::SessionToken;

/// With the prefix, browsers take the cookie over TLS only, from this very host, for all paths.
const fn name(security: CookieSecurity) -> &'static str {
    match security {
        CookieSecurity::TlsOnly => "__Host-latarnik_session",
        CookieSecurity::PlainAllowed => "latarnik_session",
    }
}

/// The session of a request.
pub(crate) fn read(headers: &HeaderMap, security: CookieSecurity) -> Option<SessionToken> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .filter(|(found, _)| *found == name(security))
        .find_map(|(_, value)| URL_SAFE_NO_PAD.decode(value).ok()?.try_into().ok())
        .map(SessionToken::from_bytes)
}

/// Hands a session to the browser.
pub(crate) fn set(token: &SessionToken, security: CookieSecurity) -> HeaderValue {
    write(&URL_SAFE_NO_PAD.encode(token.bytes()), "", security)
}

/// Takes the session away from the browser.
pub(crate) fn clear(security: CookieSecurity) -> HeaderValue {
    write("", "; Max-Age=0", security)
}

fn write(value: &str, lifetime: &str, security: CookieSecurity) -> HeaderValue {
    let secure = match security {
        CookieSecurity::TlsOnly => "; Secure",
        CookieSecurity::PlainAllowed => "",
    };
    let name = name(security);
    let text = format!("{name}={value}; Path=/; HttpOnly; SameSite=Strict{lifetime}{secure}");
    HeaderValue::from_str(&text).expect("base64url and fixed words are a valid header")
}
