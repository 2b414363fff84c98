//! Cookies: the one that carries a session, and the one that a browser keeps while its user is at a
//! provider of identities.

use crate::CookieSecurity;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use http::{HeaderMap, HeaderValue, header};
use latarnik_app::{OpenidBrowser, SessionToken};

const SESSION: &str = "latarnik_session";
const OPENID: &str = "latarnik_openid";

/// With the prefix, browsers take the cookie over TLS only, from this very host, for all paths.
const fn prefix(security: CookieSecurity) -> &'static str {
    match security {
        CookieSecurity::TlsOnly => "__Host-",
        CookieSecurity::PlainAllowed => "",
    }
}

/// The session of a request.
pub(crate) fn read(headers: &HeaderMap, security: CookieSecurity) -> Option<SessionToken> {
    value(headers, SESSION, security).map(SessionToken::from_bytes)
}

/// What the browser kept while its user was at a provider.
pub(crate) fn read_openid(headers: &HeaderMap, security: CookieSecurity) -> Option<OpenidBrowser> {
    value(headers, OPENID, security).map(OpenidBrowser::from_bytes)
}

fn value(headers: &HeaderMap, name: &str, security: CookieSecurity) -> Option<[u8; 32]> {
    let name = format!("{}{name}", prefix(security));
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .filter(|(found, _)| *found == name)
        .find_map(|(_, value)| URL_SAFE_NO_PAD.decode(value).ok()?.try_into().ok())
}

/// Hands a session to the browser.
pub(crate) fn set(token: &SessionToken, security: CookieSecurity) -> HeaderValue {
    write(
        SESSION,
        &URL_SAFE_NO_PAD.encode(token.bytes()),
        "",
        security,
    )
}

/// Takes the session away from the browser.
pub(crate) fn clear(security: CookieSecurity) -> HeaderValue {
    write(SESSION, "", "; Max-Age=0", security)
}

/// Lets the browser remember that it was the one, for as long as a sign-in may take.
pub(crate) fn set_openid(browser: &OpenidBrowser, security: CookieSecurity) -> HeaderValue {
    let value = URL_SAFE_NO_PAD.encode(browser.bytes());
    write(OPENID, &value, "; Max-Age=600", security)
}

fn write(name: &str, value: &str, lifetime: &str, security: CookieSecurity) -> HeaderValue {
    let secure = match security {
        CookieSecurity::TlsOnly => "; Secure",
        CookieSecurity::PlainAllowed => "",
    };
    let prefix = prefix(security);
    let text =
        format!("{prefix}{name}={value}; Path=/; HttpOnly; SameSite=Strict{lifetime}{secure}");
    HeaderValue::from_str(&text).expect("base64url and fixed words are a valid header")
}
