//! Where a request comes from.

use crate::{ApiState, ProxyTrust, request_id};
use axum::extract::FromRequestParts;
use http::{HeaderMap, header, request::Parts};
use latarnik_app::Origin;
use std::{convert::Infallible, net::IpAddr};

/// The other end of the connection, put into each request by the listener.
#[derive(Debug, Clone, Copy)]
pub struct PeerAddress(pub IpAddr);

/// Where a request comes from, for routes that need no session.
pub(crate) struct RequestOrigin(pub(crate) Origin);

impl FromRequestParts<ApiState> for RequestOrigin {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &ApiState) -> Result<Self, Infallible> {
        Ok(Self(of(parts, state)))
    }
}

/// Where a request comes from.
pub(crate) fn of(parts: &Parts, state: &ApiState) -> Origin {
    Origin {
        address: address(parts, state),
        user_agent: parts
            .headers
            .get(header::USER_AGENT)
            .and_then(|value| value.to_str().ok())
            .map(ToOwned::to_owned),
        request_id: Some(request_id::current()),
    }
}

/// The address of whoever asks: the connection's, or what the proxy in front says.
pub(crate) fn address(parts: &Parts, state: &ApiState) -> Option<IpAddr> {
    let peer = parts
        .extensions
        .get::<PeerAddress>()
        .map(|peer| peer.0.to_canonical());
    match state.settings().proxy {
        ProxyTrust::None => peer,
        ProxyTrust::LastHop => forwarded(&parts.headers).or(peer),
    }
}

/// The last address in the list: the one that our own proxy added. All before it are what the
/// other side claims.
fn forwarded(headers: &HeaderMap) -> Option<IpAddr> {
    let last = headers.get_all("x-forwarded-for").iter().next_back()?;
    let text = last.to_str().ok()?.rsplit(',').next()?.trim();
    text.parse::<IpAddr>().ok().map(|ip| ip.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    #[test]
    fn only_what_the_own_proxy_added_counts() {
        let mut headers = HeaderMap::new();
        assert_eq!(forwarded(&headers), None);
        headers.append(
            "x-forwarded-for",
            HeaderValue::from_static("10.0.0.1, 192.0.2.7"),
        );
        assert_eq!(forwarded(&headers), Some(IpAddr::from([192, 0, 2, 7])));
        headers.append("x-forwarded-for", HeaderValue::from_static("198.51.100.2"));
        assert_eq!(forwarded(&headers), Some(IpAddr::from([198, 51, 100, 2])));
        headers.append("x-forwarded-for", HeaderValue::from_static("unknown"));
        assert_eq!(forwarded(&headers), None);
    }
}
