//! `POST /agent/register`: an enrollment token and a key in, a certificate out.

use super::issue;
use crate::{
    authentication::AnyPeer, authority::SigningRequest, body::JsonBody, conversion, gateway::Inner,
    refusal::Refusal,
};
use axum::{
    Json,
    extract::{FromRequestParts, State},
    http::request::Parts,
};
use latarnik_app::agents::{self, RegisterError};
use latarnik_protocol::{PROTOCOL_VERSION, ProblemCode, RegisterRequest, RegisterResponse, Secret};
use std::{net::IpAddr, sync::Arc};
use tokio::time::Instant;

/// The sender of a registration who does not have to wait. Extracted before the body, so that a
/// refusal costs nothing.
pub(super) struct Registrant(IpAddr);

impl FromRequestParts<Arc<Inner>> for Registrant {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, inner: &Arc<Inner>) -> Result<Self, Refusal> {
        let address = AnyPeer::from_request_parts(parts, inner).await?.0.address();
        inner.addresses.begin(address, Instant::now())?;
        Ok(Self(address))
    }
}

/// Registers a machine. Repeating the request with the same key gives the same device a further
/// certificate.
pub(super) async fn register(
    State(inner): State<Arc<Inner>>,
    Registrant(address): Registrant,
    JsonBody(request): JsonBody<RegisterRequest>,
) -> Result<Json<RegisterResponse>, Refusal> {
    let failed = || inner.addresses.record_failure(address, Instant::now());
    if !(1..=PROTOCOL_VERSION).contains(&request.protocol_version) {
        return Err(
            Refusal::new(ProblemCode::ProtocolUnsupported).with_detail(format!(
                "this server speaks versions 1 to {PROTOCOL_VERSION}"
            )),
        );
    }
    let signing_request =
        SigningRequest::parse(&request.signing_request).inspect_err(|_| failed())?;
    let registration = Secret::parse(&request.secret).map(|secret| agents::Registration {
        secret_hash: secret.hash(),
        key_fingerprint: *signing_request.key_fingerprint().as_bytes(),
        facts: conversion::facts(request.facts),
    });
    let registered = match registration {
        Some(registration) => agents::register(&inner.app, registration).await,
        None => Err(RegisterError::TokenUnknown),
    };
    let identity = registered.inspect_err(|error| {
        if !matches!(error, RegisterError::Unavailable(..)) {
            failed();
        }
    })?;
    let standing = inner.standing();
    let issued = issue(&inner, &standing, &identity, &signing_request).await?;
    tracing::info!(device = %identity.device_id, %address, "registered a device");
    Ok(Json(RegisterResponse {
        device_id: identity.device_id,
        certificate: issued.pem,
        expires_at: issued.not_after,
        authorities: standing.certificates_pem(),
        authority_fingerprints: standing.fingerprints(),
        server_time: inner.app.now(),
    }))
}
