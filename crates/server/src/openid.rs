//! Talks to providers of identities (OpenID Connect).

#[cfg(test)]
mod tests;

use latarnik_app::{
    OpenidClient, OpenidClientSettings, OpenidError, OpenidFuture, OpenidIdentity, OpenidRequest,
    OpenidResponse,
};
use openidconnect::{
    AdditionalClaims, AsyncHttpClient, AuthenticationFlow, AuthorizationCode, ClientId,
    ClientSecret, CsrfToken, EmptyExtraTokenFields, EndpointMaybeSet, EndpointNotSet, EndpointSet,
    HttpRequest, HttpResponse, IdTokenFields, IssuerUrl, Nonce, PkceCodeChallenge,
    PkceCodeVerifier, RedirectUrl, Scope, StandardErrorResponse, StandardTokenResponse,
    TokenResponse as _,
    core::{
        CoreAuthDisplay, CoreAuthPrompt, CoreErrorResponseType, CoreGenderClaim, CoreJsonWebKey,
        CoreJweContentEncryptionAlgorithm, CoreJwsSigningAlgorithm, CoreProviderMetadata,
        CoreResponseType, CoreRevocableToken, CoreRevocationErrorResponse,
        CoreTokenIntrospectionResponse, CoreTokenType,
    },
};
use serde::{Deserialize, Serialize};
use std::{collections::HashMap, future::Future, pin::Pin, time::Duration};

/// Somebody waits in front of a browser.
const TIMEOUT: Duration = Duration::from_secs(15);
/// Longest answer of a provider, in bytes.
const MOST_BYTES: usize = 1024 * 1024;

/// All claims that the standard does not name, as they come.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct MoreClaims(HashMap<String, serde_json::Value>);
impl AdditionalClaims for MoreClaims {}

type TokenResponse = StandardTokenResponse<
    IdTokenFields<
        MoreClaims,
        EmptyExtraTokenFields,
        CoreGenderClaim,
        CoreJweContentEncryptionAlgorithm,
        CoreJwsSigningAlgorithm,
    >,
    CoreTokenType,
>;

type Client = openidconnect::Client<
    MoreClaims,
    CoreAuthDisplay,
    CoreGenderClaim,
    CoreJweContentEncryptionAlgorithm,
    CoreJsonWebKey,
    CoreAuthPrompt,
    StandardErrorResponse<CoreErrorResponseType>,
    TokenResponse,
    CoreTokenIntrospectionResponse,
    CoreRevocableToken,
    CoreRevocationErrorResponse,
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointMaybeSet,
    EndpointMaybeSet,
>;

/// Talks to providers over HTTPS, trusting what the system trusts.
pub(crate) struct HttpOpenidClient {
    http: reqwest::Client,
}

type Failure = Box<dyn std::error::Error + Send + Sync>;

fn unreachable(error: impl Into<Failure>) -> OpenidError {
    OpenidError::Unreachable(error.into())
}

fn refused(error: impl Into<Failure>) -> OpenidError {
    OpenidError::Refused(error.into())
}

impl HttpOpenidClient {
    /// A client that follows no redirect: a provider must not send the server anywhere else.
    pub(crate) fn new() -> anyhow::Result<Self> {
        let http = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .timeout(TIMEOUT)
            .user_agent(concat!("latarnik/", env!("CARGO_PKG_VERSION")))
            .build()?;
        Ok(Self { http })
    }

    async fn send(&self, request: HttpRequest) -> Result<HttpResponse, CallError> {
        let request = reqwest::Request::try_from(request).map_err(CallError)?;
        let mut response = self.http.execute(request).await.map_err(CallError)?;
        let mut answer = http::Response::builder().status(response.status());
        if let Some(headers) = answer.headers_mut() {
            headers.clone_from(response.headers());
        }
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(CallError)? {
            body.extend_from_slice(&chunk);
            if body.len() > MOST_BYTES {
                body.clear();
                break;
            }
        }
        Ok(answer
            .body(body)
            .expect("status and headers come from an answer"))
    }

    async fn metadata(&self, issuer: &str) -> Result<CoreProviderMetadata, OpenidError> {
        let issuer = IssuerUrl::new(issuer.to_owned()).map_err(unreachable)?;
        CoreProviderMetadata::discover_async(issuer, self)
            .await
            .map_err(|error| unreachable(error.to_string()))
    }
}

impl<'c> AsyncHttpClient<'c> for HttpOpenidClient {
    type Error = CallError;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, CallError>> + Send + Sync + 'c>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(self.send(request))
    }
}

/// A call that failed.
#[derive(Debug, thiserror::Error)]
#[error("the provider was not reached")]
pub(crate) struct CallError(#[source] reqwest::Error);

impl OpenidClient for HttpOpenidClient {
    fn discover(&self, issuer: String) -> OpenidFuture<'_, String> {
        Box::pin(async move {
            let metadata = self.metadata(&issuer).await?;
            Ok(metadata.authorization_endpoint().to_string())
        })
    }

    fn begin(&self, settings: OpenidClientSettings) -> OpenidFuture<'_, OpenidRequest> {
        Box::pin(async move {
            let metadata = self.metadata(&settings.issuer).await?;
            let redirect = RedirectUrl::new(settings.redirect_url).map_err(unreachable)?;
            let client = Client::from_provider_metadata(
                metadata,
                ClientId::new(settings.client_id),
                settings.client_secret.map(ClientSecret::new),
            )
            .set_redirect_uri(redirect);
            let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
            let flow = AuthenticationFlow::<CoreResponseType>::AuthorizationCode;
            let (url, state, nonce) = client
                .authorize_url(flow, CsrfToken::new_random, Nonce::new_random)
                .add_scope(Scope::new("email".to_owned()))
                .add_scope(Scope::new("profile".to_owned()))
                .set_pkce_challenge(challenge)
                .url();
            Ok(OpenidRequest {
                authorization_url: url.to_string(),
                state: state.secret().clone(),
                nonce: nonce.secret().clone(),
                pkce_verifier: verifier.secret().clone(),
            })
        })
    }

    fn finish(
        &self,
        settings: OpenidClientSettings,
        response: OpenidResponse,
    ) -> OpenidFuture<'_, OpenidIdentity> {
        Box::pin(async move {
            let metadata = self.metadata(&settings.issuer).await?;
            let redirect = RedirectUrl::new(settings.redirect_url).map_err(unreachable)?;
            let client = Client::from_provider_metadata(
                metadata,
                ClientId::new(settings.client_id),
                settings.client_secret.map(ClientSecret::new),
            )
            .set_redirect_uri(redirect);
            let tokens = client
                .exchange_code(AuthorizationCode::new(response.code))
                .map_err(unreachable)?
                .set_pkce_verifier(PkceCodeVerifier::new(response.pkce_verifier))
                .request_async(self)
                .await
                .map_err(|error| refused(error.to_string()))?;
            let token = tokens
                .id_token()
                .ok_or_else(|| refused("the answer has no ID token"))?;
            // Signature, issuer, audience, times and nonce.
            let nonce = Nonce::new(response.nonce);
            let claims = token
                .claims(&client.id_token_verifier(), &nonce)
                .map_err(refused)?;
            let name = claims.name().and_then(|name| name.get(None));
            Ok(OpenidIdentity {
                email: claims.email().map(|email| email.as_str().to_owned()),
                email_verified: claims.email_verified() == Some(true),
                name: name.map(|name| name.as_str().to_owned()),
                roles: values(claims.additional_claims().0.get(&response.role_claim)),
            })
        })
    }
}

/// A claim is one text or a list of them.
fn values(claim: Option<&serde_json::Value>) -> Vec<String> {
    match claim {
        Some(serde_json::Value::String(value)) => vec![value.clone()],
        Some(serde_json::Value::Array(values)) => values
            .iter()
            .filter_map(|value| value.as_str().map(ToOwned::to_owned))
            .collect(),
        _ => Vec::new(),
    }
}
