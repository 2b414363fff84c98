//! `POST /agent/register`: an enrollment token and a key in, a certificate out.

use super::issue;
use crate::{
    authentication::AnyPeer, authority::SigningRequest, body::JsonBody, conversion, gateway::Inner,
    refusal::Refusal,
};
use axum::{Json, extract::State};
use latarnik_app::agents::{self, RegisterError};
use latarnik_protocol::{PROTOCOL_VERSION, ProblemCode, RegisterRequest, RegisterResponse, Secret};
use std::sync::Arc;
use tokio::time::Instant;

/// Registers a machine. Repeating the request with the same key gives the same device a further
/// certificate.
pub(super) async fn register(
    State(inner): State<Arc<Inner>>,
    AnyPeer(peer): AnyPeer,
    JsonBody(request): JsonBody<RegisterRequest>,
) -> Result<Json<RegisterResponse>, Refusal> {
    inner
        .failures
        .check(peer.address(), Instant::now())
        .map_err(Refusal::too_many_requests)?;
    if !(1..=PROTOCOL_VERSION).contains(&request.protocol_version) {
        return Err(
            Refusal::new(ProblemCode::ProtocolUnsupported).with_detail(format!(
                "this server speaks versions 1 to {PROTOCOL_VERSION}"
            )),
        );
    }
    let signing_request = SigningRequest::parse(&request.signing_request)?;
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
            inner
                .failures
                .record_failure(peer.address(), Instant::now());
        }
    })?;
    let issued = issue(&inner, &identity, &signing_request).await?;
    tracing::info!(device = %identity.device_id, address = %peer.address(), "registered a device");
    Ok(Json(RegisterResponse {
        device_id: identity.device_id,
        certificate: issued.pem,
        expires_at: issued.not_after,
        authorities: inner.authority.certificate_pem().to_owned(),
        authority_fingerprints: vec![inner.authority.fingerprint()],
        server_time: inner.app.now(),
    }))
}
