//! A provider of identities on the loopback interface, with keys of its own.

use axum::{
    Json, Router,
    extract::{Form, State},
    routing::{get, post},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use ring::signature::{Ed25519KeyPair, KeyPair};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, Ordering},
    },
};
use tokio::{net::TcpListener, task::JoinHandle};

pub(super) const CLIENT_ID: &str = "latarnik";
pub(super) const CLIENT_SECRET: &str = "a secret of the client";
const KEY_ID: &str = "first";

/// What the provider says of somebody, and what is wrong with it.
#[derive(Clone)]
pub(super) struct Claims {
    email: &'static str,
    verified: bool,
    groups: Vec<String>,
    audience: String,
    issuer: Option<String>,
    nonce: Option<String>,
    lasts_seconds: i64,
    other_key: bool,
    pub(super) fault: Option<&'static str>,
}

impl Claims {
    pub(super) fn of(email: &'static str) -> Self {
        Self {
            email,
            verified: true,
            groups: Vec::new(),
            audience: CLIENT_ID.to_owned(),
            issuer: None,
            nonce: None,
            lasts_seconds: 300,
            other_key: false,
            fault: None,
        }
    }

    pub(super) fn with_groups(mut self, groups: &[&str]) -> Self {
        self.groups = groups.iter().map(|group| (*group).to_owned()).collect();
        self
    }

    pub(super) fn unverified(mut self) -> Self {
        self.verified = false;
        self
    }

    pub(super) fn signed_by_another_key(mut self) -> Self {
        (self.other_key, self.fault) = (true, Some("another key"));
        self
    }

    pub(super) fn for_audience(mut self, audience: &str) -> Self {
        (self.audience, self.fault) = (audience.to_owned(), Some("another audience"));
        self
    }

    pub(super) fn issued_by(mut self, issuer: &str) -> Self {
        (self.issuer, self.fault) = (Some(issuer.to_owned()), Some("another issuer"));
        self
    }

    pub(super) fn over(mut self) -> Self {
        (self.lasts_seconds, self.fault) = (-300, Some("over"));
        self
    }

    pub(super) fn with_nonce(mut self, nonce: &str) -> Self {
        (self.nonce, self.fault) = (Some(nonce.to_owned()), Some("another nonce"));
        self
    }
}

/// A sign-in that somebody agreed to.
struct Consent {
    claims: Claims,
    nonce: String,
    challenge: String,
}

struct Inner {
    issuer: String,
    key: Ed25519KeyPair,
    other_key: Ed25519KeyPair,
    consents: Mutex<HashMap<String, Consent>>,
    codes: AtomicU32,
}

pub(super) struct Provider {
    pub(super) issuer: String,
    inner: Arc<Inner>,
    server: JoinHandle<()>,
}

impl Provider {
    pub(super) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let issuer = format!("http://{}", listener.local_addr().unwrap());
        let inner = Arc::new(Inner {
            issuer: issuer.clone(),
            key: Ed25519KeyPair::from_seed_unchecked(&[1; 32]).unwrap(),
            other_key: Ed25519KeyPair::from_seed_unchecked(&[2; 32]).unwrap(),
            consents: Mutex::default(),
            codes: AtomicU32::new(0),
        });
        let router = Router::new()
            .route("/.well-known/openid-configuration", get(configuration))
            .route("/keys", get(keys))
            .route("/token", post(token))
            .with_state(inner.clone());
        let server = tokio::spawn(async move {
            axum_serve(listener, router).await;
        });
        Self {
            issuer,
            inner,
            server,
        }
    }

    pub(super) async fn stop(&self) {
        self.server.abort();
        while !self.server.is_finished() {
            tokio::task::yield_now().await;
        }
    }

    /// Somebody signs in at the provider and agrees: state and code for the way back.
    pub(super) fn consent(&self, authorization_url: &str, claims: Claims) -> (String, String) {
        let (address, query) = authorization_url.split_once('?').unwrap();
        assert_eq!(address, format!("{}/authorize", self.issuer));
        let asked: HashMap<String, String> = query
            .split('&')
            .filter_map(|pair| pair.split_once('='))
            .map(|(name, value)| (name.to_owned(), decoded(value)))
            .collect();
        assert_eq!(asked["client_id"], CLIENT_ID);
        assert_eq!(asked["response_type"], "code");
        assert_eq!(asked["code_challenge_method"], "S256");
        assert_eq!(
            asked["redirect_uri"],
            "https://rmm.example.com/sign-in/openid"
        );
        assert!(asked["scope"].split(' ').any(|scope| scope == "openid"));
        let code = format!("code-{}", self.inner.codes.fetch_add(1, Ordering::Relaxed));
        let consent = Consent {
            claims,
            nonce: asked["nonce"].clone(),
            challenge: asked["code_challenge"].clone(),
        };
        self.inner
            .consents
            .lock()
            .unwrap()
            .insert(code.clone(), consent);
        (asked["state"].clone(), code)
    }
}

async fn axum_serve(listener: TcpListener, router: Router) {
    use hyper_util::{rt::TokioIo, service::TowerToHyperService};
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        let service = TowerToHyperService::new(router.clone());
        tokio::spawn(async move {
            let connection = hyper::server::conn::http1::Builder::new()
                .keep_alive(false)
                .serve_connection(TokioIo::new(stream), service);
            let _ = connection.await;
        });
    }
}

async fn configuration(State(inner): State<Arc<Inner>>) -> Json<Value> {
    let issuer = &inner.issuer;
    Json(json!({
        "issuer": issuer,
        "authorization_endpoint": format!("{issuer}/authorize"),
        "token_endpoint": format!("{issuer}/token"),
        "jwks_uri": format!("{issuer}/keys"),
        "response_types_supported": ["code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["EdDSA"],
    }))
}

async fn keys(State(inner): State<Arc<Inner>>) -> Json<Value> {
    let public = URL_SAFE_NO_PAD.encode(inner.key.public_key().as_ref());
    Json(json!({"keys": [{
        "kty": "OKP", "crv": "Ed25519", "use": "sig", "alg": "EdDSA", "kid": KEY_ID, "x": public,
    }]}))
}

/// Every code counts once, and only with the verifier of its sign-in.
async fn token(
    State(inner): State<Arc<Inner>>,
    headers: http::HeaderMap,
    Form(form): Form<HashMap<String, String>>,
) -> Result<Json<Value>, (http::StatusCode, Json<Value>)> {
    let refused = |error: &str| (http::StatusCode::BAD_REQUEST, Json(json!({"error": error})));
    let credentials = headers
        .get("authorization")
        .and_then(|value| value.to_str().ok());
    if !credentials.is_some_and(|value| value.starts_with("Basic ")) {
        return Err(refused("invalid_client"));
    }
    let consent = inner.consents.lock().unwrap().remove(&form["code"]);
    let consent = consent.ok_or_else(|| refused("invalid_grant"))?;
    let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(&form["code_verifier"]));
    if challenge != consent.challenge {
        return Err(refused("invalid_grant"));
    }
    Ok(Json(json!({
        "access_token": "access", "token_type": "Bearer", "expires_in": 60,
        "id_token": inner.statement(&consent),
    })))
}

impl Inner {
    fn statement(&self, consent: &Consent) -> String {
        let Consent { claims, nonce, .. } = consent;
        // The statement is judged by the real time.
        let now = latarnik_model::Clock::now(&crate::system::SystemClock).as_second();
        let header = json!({"alg": "EdDSA", "kid": KEY_ID});
        let content = json!({
            "iss": claims.issuer.as_ref().unwrap_or(&self.issuer), "sub": claims.email,
            "aud": claims.audience, "iat": now - 600, "exp": now + claims.lasts_seconds,
            "nonce": claims.nonce.as_ref().unwrap_or(nonce), "email": claims.email,
            "email_verified": claims.verified, "name": "Anna Nowak", "groups": claims.groups,
        });
        let encode = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let signed = format!("{}.{}", encode(&header), encode(&content));
        let key = if claims.other_key {
            &self.other_key
        } else {
            &self.key
        };
        let signature = URL_SAFE_NO_PAD.encode(key.sign(signed.as_bytes()).as_ref());
        format!("{signed}.{signature}")
    }
}

fn decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                let digits = [rest.next().unwrap(), rest.next().unwrap()];
                u8::from_str_radix(std::str::from_utf8(&digits).unwrap(), 16).unwrap()
            }
            other => other,
        });
    }
    String::from_utf8(bytes).unwrap()
}
