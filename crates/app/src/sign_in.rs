//! Signing in to the console, and what a session is worth.

use crate::{App, AppError, Context, Password, Problem, context::Actor};
use jiff::{SignedDuration, Timestamp};
use latarnik_model::{ColorScheme, Language, Scope};
use latarnik_store::{SessionRecord, TenantRecord, UserRecord};
use sha2::{Digest, Sha256};
use std::fmt;

/// A session ends this long after the sign-in whatever happens.
const LONGEST: SignedDuration = SignedDuration::from_hours(12 * 7);
/// A session ends this long after it was last used.
const IDLE: SignedDuration = SignedDuration::from_hours(12);
/// How often "last used" is written.
const TOUCH_EVERY: SignedDuration = SignedDuration::from_mins(1);

/// What a browser proves its session with: 256 bits of randomness, kept as a hash only.
#[derive(Clone, PartialEq, Eq)]
pub struct SessionToken([u8; 32]);

impl SessionToken {
    /// From bytes that a cookie carried.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The bytes, for the cookie.
    #[must_use]
    pub const fn bytes(&self) -> [u8; 32] {
        self.0
    }

    fn hash(&self) -> [u8; 32] {
        Sha256::digest(self.0).into()
    }
}

impl fmt::Debug for SessionToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SessionToken(…)")
    }
}

/// Someone who signs in.
#[derive(Debug, Clone)]
pub struct SignIn {
    /// Their e-mail address.
    pub email: String,
    /// Their password.
    pub password: Password,
}

/// Someone who is signed in.
#[derive(Debug, Clone)]
pub struct SignedIn {
    /// The person.
    pub user: UserRecord,
    /// Their tenant.
    pub tenant: TenantRecord,
    /// When the session ends at the latest.
    pub expires_at: Timestamp,
    /// For their calls.
    pub context: Context,
}

impl App {
    /// Signs someone in.
    ///
    /// # Errors
    /// [`Problem::InvalidCredentials`] or [`Problem::TooManyAttempts`].
    pub async fn sign_in(&self, sign_in: SignIn) -> Result<(SessionToken, SignedIn), AppError> {
        let now = self.now();
        let key = sign_in.email.trim().to_lowercase();
        if let Some(pause) = self.sign_ins().pause(&key, now) {
            let seconds = u64::try_from(pause.as_secs()).unwrap_or_default() + 1;
            return Err(Problem::TooManyAttempts {
                retry_after_seconds: seconds,
            }
            .into());
        }
        let user = self.store().user_by_email(&Scope::Everything, &key).await?;
        let hash = user.as_ref().map(|user| user.password_hash.clone());
        let right = self.passwords().verify(sign_in.password, hash).await;
        let Some(user) = user.filter(|_| right) else {
            self.sign_ins().failed(&key, now);
            return Err(Problem::InvalidCredentials.into());
        };
        self.sign_ins().succeeded(&key);
        let mut token = [0; 32];
        self.random(&mut token);
        let token = SessionToken(token);
        let session = SessionRecord {
            token_hash: token.hash(),
            user_id: user.id,
            tenant_id: user.tenant_id,
            created_at: now,
            last_seen_at: now,
            expires_at: now + LONGEST,
        };
        self.store().insert_session(&session).await?;
        tracing::info!(user_id = %user.id, "signed in");
        Ok((token, self.signed_in(user, session.expires_at, None).await?))
    }

    /// Who a session belongs to.
    ///
    /// # Errors
    /// [`Problem::NotSignedIn`] if it has ended.
    pub async fn resume(
        &self,
        token: &SessionToken,
        request_id: Option<String>,
    ) -> Result<SignedIn, AppError> {
        let now = self.now();
        let hash = token.hash();
        let found = self.store().session(&Scope::Everything, hash).await?;
        let (session, user) = found.ok_or(Problem::NotSignedIn)?;
        if now >= session.expires_at || now.duration_since(session.last_seen_at) > IDLE {
            return Err(Problem::NotSignedIn.into());
        }
        if now.duration_since(session.last_seen_at) > TOUCH_EVERY {
            self.store()
                .touch_session(&Scope::one(user.tenant_id), hash, now)
                .await?;
        }
        self.signed_in(user, session.expires_at, request_id).await
    }

    /// Ends a session.
    ///
    /// # Errors
    /// [`AppError::Store`].
    pub async fn sign_out(&self, token: &SessionToken) -> Result<(), AppError> {
        self.store()
            .delete_session(&Scope::Everything, token.hash())
            .await?;
        Ok(())
    }

    /// Keeps what someone chose for the console.
    ///
    /// # Errors
    /// [`Problem::NotFound`] if the account is gone.
    pub async fn update_profile(
        &self,
        context: &Context,
        language: Option<Language>,
        color_scheme: ColorScheme,
    ) -> Result<(), AppError> {
        let Actor::User { id, tenant_id, .. } = context.actor else {
            return Err(Problem::NotFound.into());
        };
        let transaction = self.store().begin().await?;
        let scope = Scope::one(tenant_id);
        if !transaction
            .update_profile(&scope, id, language, color_scheme)
            .await?
        {
            return Err(Problem::NotFound.into());
        }
        Ok(transaction.commit().await?)
    }

    async fn signed_in(
        &self,
        user: UserRecord,
        expires_at: Timestamp,
        request_id: Option<String>,
    ) -> Result<SignedIn, AppError> {
        let scope = self.store().scope_of_tenant(user.tenant_id).await?;
        let tenants = self.store().tenants(&Scope::one(user.tenant_id)).await?;
        let tenant = tenants.into_iter().next().ok_or(Problem::NotSignedIn)?;
        let actor = Actor::User {
            id: user.id,
            tenant_id: user.tenant_id,
            name: user.name.clone(),
            role: user.role,
        };
        Ok(SignedIn {
            user,
            tenant,
            expires_at,
            context: Context {
                actor,
                scope,
                request_id,
            },
        })
    }
}
