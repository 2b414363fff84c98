//! Signing in through a tenant's own provider of identities (OpenID Connect).
//!
//! The provider vouches for an e-mail address; what its owner may do follows from a claim. It
//! vouches for people of its tenant alone: an address of another tenant, or of a domain that is not
//! the tenant's, gets nobody in.

mod checks;

use crate::{
    App, AppError, Context, FieldCode, Origin, Problem, SessionToken, SignedIn,
    context::{Done, Mutation, Target},
    secrets::Purpose,
};
use checks::{check_change, checked_endpoint, is_address, normalized};
use jiff::SignedDuration;
use latarnik_model::{
    ColorScheme, EmailAddress, Permission, Role, Scope, SignInMethod, TenantId, UserId, UserState,
};
use latarnik_store::{
    OpenidProviderRecord, OpenidSignInRecord, TotpRecord, Transaction, UserRecord,
};
use sha2::{Digest, Sha256};
use std::{fmt, future::Future, pin::Pin};

/// How long somebody may take at the provider.
const LASTS: SignedDuration = SignedDuration::from_mins(10);

const CHANGE: Mutation = settings("update_openid");
const DELETE: Mutation = settings("delete_openid");
const PROVISION: Mutation = Mutation {
    permission: None,
    action: "create_user",
    target_kind: "user",
};

const fn settings(action: &'static str) -> Mutation {
    Mutation {
        permission: Some(Permission::ManageSettings),
        action,
        target_kind: "openid",
    }
}

/// What a client of a provider needs to know.
#[derive(Clone)]
pub struct OpenidClientSettings {
    /// The provider's address.
    pub issuer: String,
    /// What the provider calls this console.
    pub client_id: String,
    /// What this console proves itself with.
    pub client_secret: Option<String>,
    /// Where the provider sends people back to.
    pub redirect_url: String,
}

/// A sign-in that begins.
#[derive(Debug, Clone)]
pub struct OpenidRequest {
    /// Where the browser goes.
    pub authorization_url: String,
    /// Comes back with the browser.
    pub state: String,
    /// Comes back inside the provider's statement.
    pub nonce: String,
    /// Proves that whoever began the sign-in ends it.
    pub pkce_verifier: String,
}

/// What came back.
#[derive(Debug, Clone)]
pub struct OpenidResponse {
    /// What the provider's statement is fetched with.
    pub code: String,
    /// As it was in the request.
    pub nonce: String,
    /// As it was in the request.
    pub pkce_verifier: String,
    /// The claim that roles follow from.
    pub role_claim: String,
}

/// Whom the provider vouches for.
#[derive(Debug, Clone)]
pub struct OpenidIdentity {
    /// E-mail address.
    pub email: Option<String>,
    /// Whether the provider has made sure of it.
    pub email_verified: bool,
    /// Name.
    pub name: Option<String>,
    /// The values of the claim that roles follow from.
    pub roles: Vec<String>,
}

/// Why a provider was of no use.
#[derive(Debug, thiserror::Error)]
pub enum OpenidError {
    /// It cannot be reached, or does not answer as it should.
    #[error("the provider of identities cannot be reached, or answers something else")]
    Unreachable(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// It did not vouch, or its statement does not hold.
    #[error("the provider of identities did not vouch for the sign-in")]
    Refused(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// The future of a client's call.
pub type OpenidFuture<'a, T> = Pin<Box<dyn Future<Output = Result<T, OpenidError>> + Send + 'a>>;

/// Talks to providers.
pub trait OpenidClient: Send + Sync {
    /// Where a provider signs people in: proves that it can be reached and is one.
    fn discover(&self, issuer: String) -> OpenidFuture<'_, String>;
    /// Begins a sign-in.
    fn begin(&self, settings: OpenidClientSettings) -> OpenidFuture<'_, OpenidRequest>;
    /// Ends it.
    fn finish(
        &self,
        settings: OpenidClientSettings,
        response: OpenidResponse,
    ) -> OpenidFuture<'_, OpenidIdentity>;
}

impl From<OpenidError> for AppError {
    fn from(error: OpenidError) -> Self {
        tracing::warn!(
            error = &error as &dyn std::error::Error,
            "a sign-in through a provider of identities failed"
        );
        match error {
            OpenidError::Unreachable(_) => Problem::OpenidUnreachable.into(),
            OpenidError::Refused(_) => Problem::OpenidRefused.into(),
        }
    }
}

/// How a tenant signs in, as its administrators set it up.
#[derive(Clone)]
pub struct OpenidChange {
    /// The provider's address.
    pub issuer: String,
    /// What the provider calls this console.
    pub client_id: String,
    /// `None` keeps the one that there is.
    pub client_secret: Option<String>,
    /// E-mail domains of the people who sign in here.
    pub domains: Vec<String>,
    /// The claim that roles follow from.
    pub role_claim: String,
    /// Value of the claim and role; the first match counts.
    pub roles: Vec<(String, Role)>,
    /// The role of those whom no value gives one; `None` lets only known people in.
    pub default_role: Option<Role>,
    /// Whether it is in use.
    pub enabled: bool,
}

/// What the browser keeps while its user is at the provider.
#[derive(Clone, PartialEq, Eq)]
pub struct OpenidBrowser([u8; 32]);

impl OpenidBrowser {
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
}

impl fmt::Debug for OpenidBrowser {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OpenidBrowser(…)")
    }
}

/// What a browser brings back from the provider.
#[derive(Debug, Clone)]
pub struct OpenidReturn {
    /// As it was in the request.
    pub state: String,
    /// What the provider's statement is fetched with.
    pub code: String,
    /// What the browser kept.
    pub browser: OpenidBrowser,
    /// The code of the second factor, or a recovery code.
    pub totp_code: Option<String>,
    /// Where from.
    pub origin: Origin,
}

impl App {
    /// Whether any tenant signs in through a provider of its own.
    ///
    /// # Errors
    /// [`AppError::Store`].
    pub async fn any_openid(&self) -> Result<bool, AppError> {
        Ok(self.openid_client().is_some() && self.store().any_openid_provider().await?)
    }

    /// Where a provider sends people back to.
    #[must_use]
    pub fn openid_redirect_url(&self) -> String {
        let url = self.sign_in_settings().console_url.trim_end_matches('/');
        format!("{url}/sign-in/openid")
    }

    /// How a tenant signs in.
    ///
    /// # Errors
    /// [`Problem::NotFound`] if it does so with passwords alone.
    pub async fn read_openid(
        &self,
        context: &Context,
        tenant: TenantId,
    ) -> Result<OpenidProviderRecord, AppError> {
        context.authorize(Permission::ManageSettings)?;
        self.visible_tenant(context, tenant).await?;
        let provider = self.store().openid_provider(tenant).await?;
        provider.ok_or_else(|| Problem::NotFound.into())
    }

    /// Sets up how a tenant signs in.
    ///
    /// # Errors
    /// [`AppError::Invalid`] with the fields that are not usable; [`Problem::NotFound`].
    pub async fn update_openid(
        &self,
        context: &Context,
        tenant: TenantId,
        change: OpenidChange,
    ) -> Result<OpenidProviderRecord, AppError> {
        self.mutate(context, &CHANGE, async |transaction| {
            let found = self.visible_tenant(context, tenant).await?;
            let domains = normalized(&change.domains);
            check_change(context, &change, &domains)?;
            let before = self.store().openid_provider(tenant).await?;
            let client_secret = match change.client_secret.as_deref() {
                Some("") => None,
                Some(secret) => {
                    let key = self.keyring().data_key(self, transaction, tenant).await?;
                    Some(key.seal(self, purpose(&tenant), secret.as_bytes()))
                }
                None => before.and_then(|before| before.client_secret),
            };
            let provider = OpenidProviderRecord {
                tenant_id: tenant,
                issuer: change.issuer.trim().to_owned(),
                client_id: change.client_id.trim().to_owned(),
                client_secret,
                domains,
                role_claim: change.role_claim.trim().to_owned(),
                roles: change.roles.clone(),
                default_role: change.default_role,
                enabled: change.enabled,
                changed_at: self.now(),
            };
            transaction
                .set_openid_provider(&provider)
                .await
                .map_err(|error| crate::users::taken(error, "domains"))?;
            let target = Target::new(tenant, tenant, found.name)
                .with("issuer", &provider.issuer)
                .with("enabled", provider.enabled);
            Ok(Done::to(target, ()))
        })
        .await?;
        self.read_openid(context, tenant).await
    }

    /// Ends signing in through a provider; people with passwords go on.
    ///
    /// # Errors
    /// [`Problem::NotFound`].
    pub async fn delete_openid(&self, context: &Context, tenant: TenantId) -> Result<(), AppError> {
        self.mutate(context, &DELETE, async |transaction| {
            let found = self.visible_tenant(context, tenant).await?;
            if !transaction.delete_openid_provider(tenant).await? {
                return Err(Problem::NotFound.into());
            }
            Ok(Done::to(Target::new(tenant, tenant, found.name), ()))
        })
        .await
    }

    /// Whether there is a provider at an address: where it signs people in.
    ///
    /// # Errors
    /// [`Problem::OpenidUnreachable`]; [`AppError::Invalid`].
    pub async fn test_openid(
        &self,
        context: &Context,
        tenant: TenantId,
        issuer: &str,
    ) -> Result<String, AppError> {
        context.authorize(Permission::ManageSettings)?;
        self.visible_tenant(context, tenant).await?;
        if !is_address(issuer.trim()) {
            return Err(crate::error::invalid("issuer", FieldCode::Malformed));
        }
        let client = self.openid_client().ok_or(Problem::OpenidUnreachable)?;
        checked_endpoint(client.discover(issuer.trim().to_owned()).await?)
    }

    /// Begins a sign-in: where the browser goes, and what it keeps.
    ///
    /// # Errors
    /// [`Problem::OpenidUnknown`] if the address belongs to no tenant that signs in by itself;
    /// [`Problem::OpenidUnreachable`].
    pub async fn begin_openid(&self, email: &str) -> Result<(String, OpenidBrowser), AppError> {
        let address = EmailAddress::parse(email).map_err(|_| Problem::OpenidUnknown)?;
        let tenant = self.store().tenant_of_domain(&address.domain()).await?;
        let tenant = tenant.ok_or(Problem::OpenidUnknown)?;
        let provider = self.usable_provider(tenant).await?;
        let client = self.openid_client().ok_or(Problem::OpenidUnknown)?;
        let scope = Scope::one(tenant);
        let settings = {
            let transaction = self.store().begin(&scope).await?;
            self.client_settings(&transaction, &provider).await?
        };
        let request = client.begin(settings).await?;
        let authorization_url = checked_endpoint(request.authorization_url)?;
        let mut bytes = [0; 32];
        self.random(&mut bytes);
        let browser = OpenidBrowser(bytes);
        let now = self.now();
        let transaction = self.store().begin(&scope).await?;
        let sign_in = OpenidSignInRecord {
            tenant_id: tenant,
            state_hash: Sha256::digest(&request.state).into(),
            browser_hash: Sha256::digest(browser.0).into(),
            nonce: request.nonce,
            pkce_verifier: request.pkce_verifier,
            user_id: None,
            expires_at: now + LASTS,
        };
        transaction.insert_openid_sign_in(&sign_in, now).await?;
        transaction.commit().await?;
        Ok((authorization_url, browser))
    }

    /// Ends a sign-in. The provider's statement counts once; somebody whose second factor is still
    /// to come brings it with the same return.
    ///
    /// # Errors
    /// [`Problem::OpenidRefused`], [`Problem::OpenidNoAccess`], [`Problem::OpenidUnreachable`];
    /// [`Problem::TotpRequired`], [`Problem::TotpInvalid`]; [`Problem::TooManyAttempts`].
    pub async fn finish_openid(
        &self,
        back: OpenidReturn,
    ) -> Result<(SessionToken, SignedIn), AppError> {
        let state_hash: [u8; 32] = Sha256::digest(&back.state).into();
        let browser_hash: [u8; 32] = Sha256::digest(back.browser.0).into();
        let found = self
            .store()
            .openid_sign_in(&Scope::Everything, state_hash)
            .await?;
        let sign_in = found
            .filter(|found| found.browser_hash == browser_hash && found.expires_at > self.now())
            .ok_or(Problem::OpenidRefused)?;
        let user_id = match sign_in.user_id {
            Some(user) => user,
            None => self.vouched(&sign_in, &back).await?,
        };
        let scope = Scope::one(sign_in.tenant_id);
        let user = self.store().user(&scope, user_id).await?;
        let user = user.ok_or(Problem::OpenidNoAccess)?;
        let (account, now) = (user_id.0.to_string(), self.now());
        let attempt = self.attempts().begin(&account, back.origin.address, now)?;
        let method = SignInMethod::Openid;
        let entered = self
            .enter(&user, method, back.totp_code.as_deref(), &back.origin)
            .await;
        self.note_attempt(&attempt, &entered);
        let entered = entered?;
        let transaction = self.store().begin(&scope).await?;
        transaction.delete_openid_sign_in(&sign_in).await?;
        transaction.commit().await?;
        Ok(entered)
    }

    /// Whom the provider vouches for: somebody that the tenant has, or who gets an account now.
    async fn vouched(
        &self,
        sign_in: &OpenidSignInRecord,
        back: &OpenidReturn,
    ) -> Result<UserId, AppError> {
        let provider = self.usable_provider(sign_in.tenant_id).await?;
        let client = self.openid_client().ok_or(Problem::OpenidUnknown)?;
        let scope = Scope::one(sign_in.tenant_id);
        let settings = {
            let transaction = self.store().begin(&scope).await?;
            self.client_settings(&transaction, &provider).await?
        };
        let response = OpenidResponse {
            code: back.code.clone(),
            nonce: sign_in.nonce.clone(),
            pkce_verifier: sign_in.pkce_verifier.clone(),
            role_claim: provider.role_claim.clone(),
        };
        let identity = client.finish(settings, response).await?;
        let email = verified_email(&identity, &provider)?;
        let transaction = self.store().begin(&Scope::Everything).await?;
        let known = self
            .store()
            .user_by_email(&Scope::Everything, email.as_str())
            .await?;
        let role = mapped_role(&provider, &identity);
        let user = match known {
            Some(user) if user.tenant_id != sign_in.tenant_id => {
                return Err(Problem::OpenidNoAccess.into());
            }
            Some(user) if user.state == UserState::Disabled => {
                return Err(Problem::OpenidNoAccess.into());
            }
            Some(user) => self.welcome(&transaction, user, role).await?,
            None => {
                let role = role.or(provider.default_role);
                let role = role.ok_or(Problem::OpenidNoAccess)?;
                self.provision(
                    &transaction,
                    sign_in.tenant_id,
                    (&email, &identity),
                    (role, back),
                )
                .await?
            }
        };
        if !transaction.vouch_openid_sign_in(sign_in, user).await? {
            return Err(Problem::OpenidRefused.into());
        }
        transaction.commit().await?;
        Ok(user)
    }

    /// Somebody who was there before: an invitation is accepted by this, and a mapped role counts.
    async fn welcome(
        &self,
        transaction: &Transaction,
        user: UserRecord,
        role: Option<Role>,
    ) -> Result<UserId, AppError> {
        let scope = Scope::one(user.tenant_id);
        let locked = transaction.lock_user(&scope, user.id).await?;
        let before = locked.ok_or(Problem::OpenidNoAccess)?;
        let mut user = before.clone();
        user.state = UserState::Active;
        if let Some(role) = role {
            user.role = role;
        }
        transaction.update_user(&user).await?;
        crate::users::keep_an_owner(transaction, &before).await?;
        Ok(user.id)
    }

    async fn provision(
        &self,
        transaction: &Transaction,
        tenant_id: TenantId,
        (email, identity): (&EmailAddress, &OpenidIdentity),
        (role, back): (Role, &OpenidReturn),
    ) -> Result<UserId, AppError> {
        let now = self.now();
        let name = identity.name.as_deref().unwrap_or_default().trim();
        let name = match crate::text::check_name(name) {
            Ok(()) => name,
            Err(_) => email.name(),
        };
        let user = UserRecord {
            id: UserId::generate(now, &self.ids()),
            tenant_id,
            email: email.to_string(),
            name: name.to_owned(),
            role,
            state: UserState::Active,
            limited: false,
            language: None,
            color_scheme: ColorScheme::Auto,
            password_hash: None,
            totp: TotpRecord::default(),
            signed_in_at: None,
            created_at: now,
        };
        transaction.insert_user(&user).await?;
        let target = Target::new(tenant_id, user.id, user.email.as_str())
            .with("role", role.name())
            .with("method", "openid");
        let context = Context {
            origin: back.origin.clone(),
            ..Context::command_line()
        };
        let entry = crate::audit::Entry {
            actor_kind: "system",
            actor_name: "openid".to_owned(),
            ..crate::audit::Entry::of(&context, &PROVISION, target)
        };
        self.write_audit(transaction, entry).await?;
        Ok(user.id)
    }

    async fn usable_provider(&self, tenant: TenantId) -> Result<OpenidProviderRecord, AppError> {
        let provider = self.store().openid_provider(tenant).await?;
        provider
            .filter(|provider| provider.enabled)
            .ok_or_else(|| Problem::OpenidUnknown.into())
    }

    async fn client_settings(
        &self,
        transaction: &Transaction,
        provider: &OpenidProviderRecord,
    ) -> Result<OpenidClientSettings, AppError> {
        let client_secret = match &provider.client_secret {
            Some(sealed) => {
                let tenant = provider.tenant_id;
                let key = self.keyring().data_key(self, transaction, tenant).await?;
                let opened = key.open(purpose(&tenant), sealed)?;
                Some(String::from_utf8_lossy(&opened).into_owned())
            }
            None => None,
        };
        Ok(OpenidClientSettings {
            issuer: provider.issuer.clone(),
            client_id: provider.client_id.clone(),
            client_secret,
            redirect_url: self.openid_redirect_url(),
        })
    }
}

const fn purpose(tenant: &TenantId) -> Purpose<'_> {
    Purpose {
        name: "openid_client_secret",
        subject: tenant.0.as_bytes(),
    }
}

/// The address that a provider vouches for, if it may.
fn verified_email(
    identity: &OpenidIdentity,
    provider: &OpenidProviderRecord,
) -> Result<EmailAddress, AppError> {
    let email = identity
        .email
        .as_deref()
        .filter(|_| identity.email_verified);
    let email = email.and_then(|email| EmailAddress::parse(email).ok());
    email
        .filter(|email| provider.domains.contains(&email.domain()))
        .ok_or_else(|| Problem::OpenidNoAccess.into())
}

fn mapped_role(provider: &OpenidProviderRecord, identity: &OpenidIdentity) -> Option<Role> {
    provider
        .roles
        .iter()
        .find(|(value, _)| identity.roles.contains(value))
        .map(|(_, role)| *role)
}
