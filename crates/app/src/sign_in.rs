//! Signing in to the console, and what a session is worth.

use crate::{
    App, AppError, Context, Origin, Password, Problem,
    audit::Entry,
    context::{Actor, Done, Hold, Mutation, Target},
};
use jiff::{SignedDuration, Timestamp};
use latarnik_model::{
    ColorScheme, EmailAddress, Language, Role, Scope, SessionId, SignInMethod, TenantId, UserState,
};
use latarnik_store::{SessionRecord, TenantRecord, UserRecord};
use sha2::{Digest, Sha256};
use std::fmt;

/// A session ends this long after the sign-in whatever happens.
const LONGEST: SignedDuration = SignedDuration::from_hours(84);
/// A session ends this long after it was last used.
const IDLE: SignedDuration = SignedDuration::from_hours(12);
/// How often "last used" is written.
pub(crate) const TOUCH_EVERY: SignedDuration = SignedDuration::from_mins(1);

pub(crate) const SIGN_IN: Mutation = Mutation {
    permission: None,
    action: "sign_in",
    target_kind: "session",
};
const SIGN_OUT: Mutation = Mutation {
    permission: None,
    action: "sign_out",
    target_kind: "session",
};

const UPDATE_PROFILE: Mutation = Mutation {
    permission: None,
    action: "update_profile",
    target_kind: "user",
};

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
    /// The code of their second factor, or a recovery code.
    pub totp_code: Option<String>,
    /// Where from.
    pub origin: Origin,
}

/// Someone who is signed in.
#[derive(Debug, Clone)]
pub struct SignedIn {
    /// The person.
    pub user: UserRecord,
    /// Their tenant.
    pub tenant: TenantRecord,
    /// Their session.
    pub session_id: SessionId,
    /// How they signed in.
    pub method: SignInMethod,
    /// When the session ends at the latest.
    pub expires_at: Timestamp,
    /// For their calls.
    pub context: Context,
}

impl App {
    /// Signs someone in.
    ///
    /// # Errors
    /// [`Problem::InvalidCredentials`], [`Problem::TotpRequired`], [`Problem::TotpInvalid`] or
    /// [`Problem::TooManyAttempts`].
    pub async fn sign_in(&self, sign_in: SignIn) -> Result<(SessionToken, SignedIn), AppError> {
        let SignIn {
            email,
            password,
            totp_code,
            origin,
        } = sign_in;
        let attempt = self.attempts().begin(&email, origin.address, self.now())?;
        let user = self.user_of_address(&email).await?;
        let user = user.filter(|user| user.state == UserState::Active);
        let hash = user.as_ref().and_then(|user| user.password_hash.clone());
        let right = self.passwords().verify(password, hash).await;
        let Some(user) = user.as_ref().filter(|_| right) else {
            self.attempts().failed(&attempt, self.now());
            let problem = Problem::InvalidCredentials;
            self.write_failed_sign_in(user.as_ref(), &email, &origin, problem)
                .await?;
            return Err(problem.into());
        };
        let done = self
            .enter(user, SignInMethod::Password, totp_code.as_deref(), &origin)
            .await;
        match &done {
            Ok(_) => self.attempts().succeeded(&attempt),
            Err(AppError::Refused(problem @ Problem::TotpInvalid)) => {
                self.attempts().failed(&attempt, self.now());
                self.write_failed_sign_in(Some(user), &email, &origin, *problem)
                    .await?;
            }
            Err(_) => {}
        }
        done
    }

    /// Who has an e-mail address, as somebody typed it. What is no address belongs to nobody.
    pub(crate) async fn user_of_address(
        &self,
        typed: &str,
    ) -> Result<Option<UserRecord>, AppError> {
        let Ok(address) = EmailAddress::parse(typed) else {
            return Ok(None);
        };
        let user = self
            .store()
            .user_by_email(&Scope::Everything, address.as_str())
            .await?;
        Ok(user)
    }

    /// Begins a session of somebody who has proved who they are, up to the second factor.
    pub(crate) async fn enter(
        &self,
        user: &UserRecord,
        method: SignInMethod,
        totp_code: Option<&str>,
        origin: &Origin,
    ) -> Result<(SessionToken, SignedIn), AppError> {
        let now = self.now();
        let scope = Scope::one(user.tenant_id);
        let transaction = self.store().begin(&scope).await?;
        // As they are now: two sign-ins with one code must not both see it unused.
        let user = transaction
            .lock_user(&scope, user.id)
            .await?
            .filter(|user| user.state == UserState::Active);
        let mut user = user.ok_or(Problem::InvalidCredentials)?;
        let factor = self
            .check_second_factor(&transaction, &mut user, totp_code)
            .await?;
        user.signed_in_at = Some(now);
        transaction.update_user(&user).await?;
        let (token, session) = self.new_session(&user, method, origin);
        transaction.insert_session(&session).await?;
        let signed_in = self.signed_in(user, &session, origin.clone()).await?;
        let target = Target::new(
            signed_in.tenant.id,
            session.id,
            signed_in.user.email.as_str(),
        )
        .with("method", method_name(method))
        .with("second_factor", factor.name());
        let entry = Entry::of(&signed_in.context, &SIGN_IN, target);
        self.write_audit(&transaction, entry).await?;
        transaction.commit().await?;
        Ok((token, signed_in))
    }

    fn new_session(
        &self,
        user: &UserRecord,
        method: SignInMethod,
        origin: &Origin,
    ) -> (SessionToken, SessionRecord) {
        let now = self.now();
        let mut token = [0; 32];
        self.random(&mut token);
        let token = SessionToken(token);
        let session = SessionRecord {
            id: SessionId::generate(now, &self.ids()),
            token_hash: token.hash(),
            user_id: user.id,
            tenant_id: user.tenant_id,
            method,
            address: origin.address.map(|address| address.to_string()),
            user_agent: origin.user_agent.as_deref().map(shortened),
            created_at: now,
            last_seen_at: now,
            expires_at: now + LONGEST,
        };
        (token, session)
    }

    /// A sign-in that failed is written down with the person's tenant; one of nobody that is known,
    /// with the provider.
    async fn write_failed_sign_in(
        &self,
        user: Option<&UserRecord>,
        email: &str,
        origin: &Origin,
        problem: Problem,
    ) -> Result<(), AppError> {
        let tenant_id = match user {
            Some(user) => user.tenant_id,
            None => match self.find_provider().await? {
                Some(provider) => provider.id,
                None => return Ok(()),
            },
        };
        // People type passwords into the wrong field: only what looks like an address is kept.
        let typed = EmailAddress::parse(email).ok();
        let entry = Entry {
            tenant_id,
            actor_kind: if user.is_some() { "user" } else { "unknown" },
            actor_id: user.map(|user| user.id.0),
            actor_name: user.map_or_else(|| "unknown".to_owned(), |user| user.name.clone()),
            address: origin.address.map(|address| address.to_string()),
            action: SIGN_IN.action,
            target_kind: SIGN_IN.target_kind,
            target_id: String::new(),
            target_name: typed.map(|email| email.to_string()),
            result: problem.code(),
            request_id: origin.request_id.clone(),
            details: Vec::new(),
        };
        let transaction = self.store().begin(&Scope::one(tenant_id)).await?;
        self.write_audit(&transaction, entry).await?;
        Ok(transaction.commit().await?)
    }

    /// Who a session belongs to.
    ///
    /// # Errors
    /// [`Problem::NotSignedIn`] if it has ended.
    pub async fn resume(&self, token: &SessionToken, origin: Origin) -> Result<SignedIn, AppError> {
        let (session, user) = self.open_session(token).await?;
        let now = self.now();
        if now.duration_since(session.last_seen_at) > TOUCH_EVERY {
            self.store()
                .touch_session(session.tenant_id, session.id, now)
                .await?;
        }
        self.signed_in(user, &session, origin).await
    }

    /// Whose session it is, for somebody who only watches: that does not count as use, or a page
    /// that was left open would keep its session for ever.
    ///
    /// # Errors
    /// As [`App::resume`].
    pub async fn recognise(
        &self,
        token: &SessionToken,
        origin: Origin,
    ) -> Result<SignedIn, AppError> {
        let (session, user) = self.open_session(token).await?;
        self.signed_in(user, &session, origin).await
    }

    async fn open_session(
        &self,
        token: &SessionToken,
    ) -> Result<(SessionRecord, UserRecord), AppError> {
        let now = self.now();
        let found = self
            .store()
            .session(&Scope::Everything, token.hash())
            .await?;
        let (session, user) = found.ok_or(Problem::NotSignedIn)?;
        let idle = now.duration_since(session.last_seen_at);
        if now >= session.expires_at || idle > IDLE || user.state != UserState::Active {
            return Err(Problem::NotSignedIn.into());
        }
        Ok((session, user))
    }

    /// Ends a session.
    ///
    /// # Errors
    /// [`AppError::Store`].
    pub async fn sign_out(&self, token: &SessionToken, origin: Origin) -> Result<(), AppError> {
        let signed_in = match self.resume(token, origin).await {
            Ok(signed_in) => signed_in,
            Err(AppError::Refused(_)) => return Ok(()),
            Err(other) => return Err(other),
        };
        self.mutate(&signed_in.context, &SIGN_OUT, async |transaction| {
            let (user, id) = (&signed_in.user, signed_in.session_id);
            transaction
                .delete_session(user.tenant_id, user.id, id)
                .await?;
            let target = Target::new(user.tenant_id, id, user.email.as_str());
            Ok(Done::to(target, ()))
        })
        .await
    }

    /// Keeps what someone chose for the console.
    ///
    /// # Errors
    /// [`Problem::UserRequired`] for a token.
    pub async fn update_profile(
        &self,
        context: &Context,
        language: Option<Language>,
        color_scheme: ColorScheme,
    ) -> Result<(), AppError> {
        let (id, tenant_id) = context.user()?;
        self.mutate(context, &UPDATE_PROFILE, async |transaction| {
            let user = transaction.lock_user(&Scope::one(tenant_id), id).await?;
            let mut user = user.ok_or(Problem::NotSignedIn)?;
            if (user.language, user.color_scheme) == (language, color_scheme) {
                return Ok(Done::nothing(()));
            }
            user.language = language;
            user.color_scheme = color_scheme;
            transaction.update_user(&user).await?;
            let target = Target::new(tenant_id, id, user.email.as_str());
            Ok(Done::to(target, ()))
        })
        .await
    }

    async fn signed_in(
        &self,
        user: UserRecord,
        session: &SessionRecord,
        origin: Origin,
    ) -> Result<SignedIn, AppError> {
        let own = Scope::one(user.tenant_id);
        let tenant = self.store().tenant(&own, user.tenant_id).await?;
        let tenant = tenant
            .filter(|tenant| tenant.deletion.is_none())
            .ok_or(Problem::NotSignedIn)?;
        let actor = Actor::User {
            id: user.id,
            tenant_id: user.tenant_id,
            name: user.name.clone(),
            role: user.role,
            session_id: session.id,
        };
        let scope = self.scope_of_user(&user, &tenant).await?;
        let missing = self.second_factor_is_required(user.role) && user.totp.secret.is_none();
        Ok(SignedIn {
            context: Context {
                actor,
                scope,
                of_provider: tenant.parent_id.is_none(),
                hold: missing.then_some(Hold::SecondFactorMissing),
                origin,
            },
            session_id: session.id,
            method: session.method,
            expires_at: session.expires_at,
            user,
            tenant,
        })
    }

    /// The tenants that a person sees: their own; for the provider's people also its clients, or
    /// those that they are limited to.
    async fn scope_of_user(
        &self,
        user: &UserRecord,
        tenant: &TenantRecord,
    ) -> Result<Scope, AppError> {
        let own = Scope::one(user.tenant_id);
        if tenant.parent_id.is_some() || user.role == Role::ClientView {
            return Ok(own);
        }
        let chosen = if user.limited {
            let pairs = self.store().user_tenants(&own, &[user.id]).await?;
            Some(pairs.into_iter().map(|(_, client)| client).collect())
        } else {
            None
        };
        self.scope_of_provider(tenant.id, chosen).await
    }

    /// The tenants of the provider: all, or those that were chosen and still are its clients.
    pub(crate) async fn scope_of_provider(
        &self,
        provider: TenantId,
        chosen: Option<Vec<TenantId>>,
    ) -> Result<Scope, AppError> {
        let mut tenants = self.store().tenant_with_clients(provider).await?;
        if let Some(chosen) = chosen {
            tenants.retain(|tenant| chosen.contains(tenant));
        }
        Ok(Scope::Tenants(tenants))
    }
}

/// How the audit calls it.
const fn method_name(method: SignInMethod) -> &'static str {
    match method {
        SignInMethod::Password => "password",
        SignInMethod::Openid => "openid",
    }
}

/// What a browser calls itself, as much of it as a list shows.
fn shortened(user_agent: &str) -> String {
    user_agent
        .chars()
        .filter(|c| !c.is_control())
        .take(300)
        .collect()
}
