//! Tokens that programs call the API with.

use crate::{
    Actor, App, AppError, Context, FieldCode, FieldError, Origin, Problem,
    context::{Done, Mutation, Target},
    listing::check_page,
    sign_in::TOUCH_EVERY,
    tenants::{check_clients, narrowed},
    text::check_name,
};
use jiff::{SignedDuration, Timestamp};
use latarnik_model::{ApiTokenId, Permission, Role, Scope, TenantId};
use latarnik_store::{ApiTokenRecord, KeyKind, Page, PageRequest};
use sha2::{Digest, Sha256};
use std::{collections::HashMap, fmt};

/// What a program proves itself with: 256 bits of randomness, kept as a hash only.
#[derive(Clone, PartialEq, Eq)]
pub struct ApiTokenSecret([u8; 32]);

impl ApiTokenSecret {
    /// From bytes that a request carried.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The bytes, for the one look at the token.
    #[must_use]
    pub const fn bytes(&self) -> [u8; 32] {
        self.0
    }

    fn hash(&self) -> [u8; 32] {
        Sha256::digest(self.0).into()
    }
}

impl fmt::Debug for ApiTokenSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ApiTokenSecret(…)")
    }
}

/// A token to be.
#[derive(Debug, Clone)]
pub struct NewApiToken {
    /// What it is for.
    pub name: String,
    /// The tenant that it belongs to.
    pub tenant_id: TenantId,
    /// What it may do: not more than who makes it.
    pub role: Role,
    /// For tokens of the provider: see these clients alone. `None` is all.
    pub clients: Option<Vec<TenantId>>,
    /// How long it works, in days: 1 to 366.
    pub expires_in_days: u32,
}

/// A token as people see it.
#[derive(Debug, Clone)]
pub struct ApiToken {
    /// What is kept.
    pub record: ApiTokenRecord,
    /// Its tenant's name.
    pub tenant_name: String,
    /// The clients that it is limited to, if it is.
    pub clients: Vec<(TenantId, String)>,
    /// Whether it works.
    pub state: ApiTokenState,
}

/// Whether a token works.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ApiTokenState {
    /// It does.
    Active,
    /// Its time is over.
    Expired,
    /// It was revoked.
    Revoked,
}

fn state(token: &ApiTokenRecord, now: Timestamp) -> ApiTokenState {
    if token.revoked_at.is_some() {
        ApiTokenState::Revoked
    } else if now >= token.expires_at {
        ApiTokenState::Expired
    } else {
        ApiTokenState::Active
    }
}

const CREATE: Mutation = Mutation {
    permission: Some(Permission::ManageApiTokens),
    action: "create_api_token",
    target_kind: "api_token",
};
const REVOKE: Mutation = Mutation {
    permission: Some(Permission::ManageApiTokens),
    action: "revoke_api_token",
    target_kind: "api_token",
};

impl App {
    /// Whose token it is, for a call.
    ///
    /// # Errors
    /// [`Problem::NotSignedIn`] if it is unknown, revoked or over.
    pub async fn authenticate_api_token(
        &self,
        secret: &ApiTokenSecret,
        origin: Origin,
    ) -> Result<Context, AppError> {
        let now = self.now();
        let found = self
            .store()
            .api_token_by_secret(&Scope::Everything, secret.hash())
            .await?;
        let token = found.ok_or(Problem::NotSignedIn)?;
        let own = Scope::one(token.tenant_id);
        let tenant = self.store().tenant(&own, token.tenant_id).await?;
        let tenant = tenant
            .filter(|tenant| tenant.deletion.is_none())
            .filter(|_| state(&token, now) == ApiTokenState::Active)
            .ok_or(Problem::NotSignedIn)?;
        let of_provider = tenant.parent_id.is_none();
        let scope = if !of_provider || token.role == Role::ClientView {
            own.clone()
        } else {
            let chosen = if token.limited {
                let pairs = self.store().api_token_tenants(&own, &[token.id]).await?;
                Some(pairs.into_iter().map(|(_, client)| client).collect())
            } else {
                None
            };
            self.scope_of_provider(tenant.id, chosen).await?
        };
        if token
            .last_used_at
            .is_none_or(|last| now.duration_since(last) > TOUCH_EVERY)
        {
            let address = origin.address.map(|address| address.to_string());
            self.store()
                .touch_api_token(token.tenant_id, token.id, now, address.as_deref())
                .await?;
        }
        Ok(Context {
            actor: Actor::ApiToken {
                id: token.id,
                tenant_id: token.tenant_id,
                name: token.name,
                role: token.role,
            },
            scope,
            of_provider,
            hold: None,
            origin,
        })
    }

    /// Makes a token.
    ///
    /// # Errors
    /// [`AppError::Invalid`] with the fields that are not usable.
    pub async fn create_api_token(
        &self,
        context: &Context,
        new: NewApiToken,
    ) -> Result<(ApiToken, ApiTokenSecret), AppError> {
        let now = self.now();
        let mut secret = [0; 32];
        self.random(&mut secret);
        let secret = ApiTokenSecret(secret);
        let days = i64::from(new.expires_in_days);
        let record = ApiTokenRecord {
            id: ApiTokenId::generate(now, &self.ids()),
            tenant_id: new.tenant_id,
            name: new.name.trim().to_owned(),
            secret_hash: secret.hash(),
            role: new.role,
            limited: new.clients.is_some(),
            created_at: now,
            created_by: context.actor_name().to_owned(),
            expires_at: now + SignedDuration::from_hours(24 * days.min(366)),
            last_used_at: None,
            last_used_address: None,
            revoked_at: None,
        };
        let id = record.id;
        self.mutate(context, &CREATE, async |transaction| {
            self.check_new_api_token(context, &new).await?;
            let clients = new.clients.as_deref().unwrap_or_default();
            transaction.insert_api_token(&record, clients).await?;
            let target = Target::new(record.tenant_id, record.id, record.name.as_str())
                .with("role", record.role.name())
                .with("expires_at", record.expires_at);
            Ok(Done::to(target, ()))
        })
        .await?;
        let record = self.store().api_token(&context.scope, id).await?;
        let record = record.ok_or(Problem::NotFound)?;
        let token = self.with_names(context, vec![record]).await?.pop();
        Ok((token.ok_or(Problem::NotFound)?, secret))
    }

    async fn check_new_api_token(
        &self,
        context: &Context,
        new: &NewApiToken,
    ) -> Result<(), AppError> {
        let mut errors = Vec::new();
        let mut note = |field, code| errors.push(FieldError { field, code });
        if let Err(code) = check_name(&new.name) {
            note("name", code);
        }
        if !(1..=366).contains(&new.expires_in_days) {
            note("expires_in_days", FieldCode::OutOfRange);
        }
        if !context.covers(new.role) {
            note("role", FieldCode::NotAllowed);
        }
        let own = Scope::one(new.tenant_id);
        let tenant = match context.scope.contains(new.tenant_id) {
            true => self.store().tenant(&own, new.tenant_id).await?,
            false => None,
        };
        match &tenant {
            Some(tenant) if tenant.deletion.is_none() => {
                let clients = new.clients.as_deref();
                if let Err(code) = check_clients(context, tenant, new.role, clients) {
                    note("client_ids", code);
                }
            }
            _ => note("tenant_id", FieldCode::Unknown),
        }
        if errors.is_empty() {
            Ok(())
        } else {
            Err(AppError::Invalid(errors))
        }
    }

    /// Revokes a token: it stops working at once.
    ///
    /// # Errors
    /// [`Problem::NotFound`].
    pub async fn revoke_api_token(
        &self,
        context: &Context,
        id: ApiTokenId,
    ) -> Result<(), AppError> {
        self.mutate(context, &REVOKE, async |transaction| {
            let token = self.store().api_token(&context.scope, id).await?;
            let token = token.ok_or(Problem::NotFound)?;
            if !context.covers(token.role) {
                return Err(Problem::Forbidden.into());
            }
            if !transaction
                .revoke_api_token(&context.scope, id, self.now())
                .await?
            {
                return Err(Problem::NotFound.into());
            }
            Ok(Done::to(Target::new(token.tenant_id, id, token.name), ()))
        })
        .await
    }

    /// Tokens, newest first.
    ///
    /// # Errors
    /// [`Problem::Forbidden`].
    pub async fn list_api_tokens(
        &self,
        context: &Context,
        tenant: Option<TenantId>,
        page: &PageRequest,
    ) -> Result<Page<ApiToken>, AppError> {
        context.authorize(Permission::ManageApiTokens)?;
        check_page(page, KeyKind::Number)?;
        let scope = narrowed(&context.scope, tenant);
        let found = self.store().api_tokens(&scope, page).await?;
        Ok(Page {
            items: self.with_names(context, found.items).await?,
            next: found.next,
        })
    }

    async fn with_names(
        &self,
        context: &Context,
        tokens: Vec<ApiTokenRecord>,
    ) -> Result<Vec<ApiToken>, AppError> {
        let ids: Vec<_> = tokens.iter().map(|token| token.id).collect();
        let names: HashMap<TenantId, String> = self
            .store()
            .tenants(&context.scope)
            .await?
            .into_iter()
            .map(|tenant| (tenant.id, tenant.name))
            .collect();
        let limits = self.store().api_token_tenants(&context.scope, &ids).await?;
        let now = self.now();
        let with = |record: ApiTokenRecord| ApiToken {
            tenant_name: names.get(&record.tenant_id).cloned().unwrap_or_default(),
            clients: limits
                .iter()
                .filter(|(token, _)| *token == record.id)
                .filter_map(|(_, client)| Some((*client, names.get(client)?.clone())))
                .collect(),
            state: state(&record, now),
            record,
        };
        Ok(tokens.into_iter().map(with).collect())
    }
}
