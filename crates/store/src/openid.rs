//! Providers of identities that tenants sign in through (OpenID Connect).

use crate::{
    Store, StoreError, Transaction,
    row::{Row, milliseconds, to_json, variant_name},
    sql::{Sql, sql},
};
use jiff::Timestamp;
use latarnik_model::{Role, Scope, TenantId, UserId};

/// How a tenant signs in through a provider of its own.
#[derive(Debug, Clone)]
pub struct OpenidProviderRecord {
    /// The tenant.
    pub tenant_id: TenantId,
    /// The provider's address.
    pub issuer: String,
    /// What the provider calls this console.
    pub client_id: String,
    /// What this console proves itself with there; sealed.
    pub client_secret: Option<Vec<u8>>,
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
    /// When it was last changed.
    pub changed_at: Timestamp,
}

/// A sign-in on its way to the provider and back.
#[derive(Debug, Clone)]
pub struct OpenidSignInRecord {
    /// The tenant.
    pub tenant_id: TenantId,
    /// SHA-256 of the state that travels along.
    pub state_hash: [u8; 32],
    /// SHA-256 of what the browser keeps: nobody else can end the sign-in.
    pub browser_hash: [u8; 32],
    /// Comes back inside the provider's statement.
    pub nonce: String,
    /// Proves that whoever began the sign-in ends it.
    pub pkce_verifier: String,
    /// Somebody whom the provider has vouched for and whose second factor is still to come.
    pub user_id: Option<UserId>,
    /// When it is too late.
    pub expires_at: Timestamp,
}

impl OpenidProviderRecord {
    fn read(row: &Row, domains: Vec<String>) -> Result<Self, StoreError> {
        Ok(Self {
            tenant_id: TenantId(row.uuid("tenant_id")?),
            issuer: row.text("issuer")?,
            client_id: row.text("client_id")?,
            client_secret: row.optional_bytes("client_secret")?,
            domains,
            role_claim: row.text("role_claim")?,
            roles: row.json("roles")?,
            default_role: row.optional_name("default_role")?,
            enabled: row.integer("enabled")? != 0,
            changed_at: row.time("changed_at")?,
        })
    }
}

impl Transaction {
    /// Keeps how a tenant signs in, in place of what was.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] if another tenant has one of the domains.
    pub async fn set_openid_provider(
        &self,
        provider: &OpenidProviderRecord,
    ) -> Result<(), StoreError> {
        self.execute(sql!(
            "INSERT INTO openid_providers (tenant_id, issuer, client_id, client_secret, role_claim,
                roles, default_role, enabled, changed_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
             ON CONFLICT (tenant_id) DO UPDATE SET issuer = excluded.issuer,
                client_id = excluded.client_id, client_secret = excluded.client_secret,
                role_claim = excluded.role_claim, roles = excluded.roles,
                default_role = excluded.default_role, enabled = excluded.enabled,
                changed_at = excluded.changed_at",
            provider.tenant_id.0,
            provider.issuer.as_str(),
            provider.client_id.as_str(),
            provider.client_secret.clone(),
            provider.role_claim.as_str(),
            to_json(&provider.roles),
            provider.default_role.as_ref().map(variant_name),
            i64::from(provider.enabled),
            milliseconds(provider.changed_at),
        ))
        .await?;
        self.delete_openid_domains(provider.tenant_id).await?;
        for domain in &provider.domains {
            self.execute(sql!(
                "INSERT INTO openid_domains (tenant_id, domain) VALUES ($1, $2)",
                provider.tenant_id.0,
                domain.as_str()
            ))
            .await?;
        }
        Ok(())
    }

    /// Forgets how a tenant signs in; whether there was anything.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn delete_openid_provider(&self, tenant: TenantId) -> Result<bool, StoreError> {
        self.delete_openid_domains(tenant).await?;
        let sql = sql!(
            "DELETE FROM openid_providers WHERE tenant_id = $1",
            tenant.0
        );
        Ok(self.execute(sql).await? == 1)
    }

    async fn delete_openid_domains(&self, tenant: TenantId) -> Result<(), StoreError> {
        self.execute(sql!(
            "DELETE FROM openid_domains WHERE tenant_id = $1",
            tenant.0
        ))
        .await?;
        Ok(())
    }

    /// Keeps a sign-in that begins, and forgets those of the tenant that are too late.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn insert_openid_sign_in(
        &self,
        sign_in: &OpenidSignInRecord,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.execute(sql!(
            "DELETE FROM openid_sign_ins WHERE tenant_id = $1 AND expires_at < $2",
            sign_in.tenant_id.0,
            milliseconds(now)
        ))
        .await?;
        self.execute(sql!(
            "INSERT INTO openid_sign_ins (tenant_id, state_hash, browser_hash, nonce, pkce_verifier,
                expires_at)
             VALUES ($1, $2, $3, $4, $5, $6)",
            sign_in.tenant_id.0,
            sign_in.state_hash.to_vec(),
            sign_in.browser_hash.to_vec(),
            sign_in.nonce.as_str(),
            sign_in.pkce_verifier.as_str(),
            milliseconds(sign_in.expires_at),
        ))
        .await?;
        Ok(())
    }

    /// Notes whom the provider has vouched for. The statement counts once: whether it did now.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn vouch_openid_sign_in(
        &self,
        sign_in: &OpenidSignInRecord,
        user: UserId,
    ) -> Result<bool, StoreError> {
        let sql = sql!(
            "UPDATE openid_sign_ins SET user_id = $3
             WHERE tenant_id = $1 AND state_hash = $2 AND user_id IS NULL",
            sign_in.tenant_id.0,
            sign_in.state_hash.to_vec(),
            user.0
        );
        Ok(self.execute(sql).await? == 1)
    }

    /// Ends a sign-in: it counts once. Whether it was there.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn delete_openid_sign_in(
        &self,
        sign_in: &OpenidSignInRecord,
    ) -> Result<bool, StoreError> {
        let sql = sql!(
            "DELETE FROM openid_sign_ins WHERE tenant_id = $1 AND state_hash = $2",
            sign_in.tenant_id.0,
            sign_in.state_hash.to_vec()
        );
        Ok(self.execute(sql).await? == 1)
    }
}

impl Store {
    /// Whether any tenant has one that is in use.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn any_openid_provider(&self) -> Result<bool, StoreError> {
        let sql = sql!("SELECT issuer FROM openid_providers WHERE enabled = 1 LIMIT 1");
        Ok(self.one(&Scope::Everything, sql).await?.is_some())
    }

    /// How a tenant signs in.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn openid_provider(
        &self,
        tenant: TenantId,
    ) -> Result<Option<OpenidProviderRecord>, StoreError> {
        let scope = Scope::one(tenant);
        let domains = sql!(
            "SELECT domain FROM openid_domains WHERE tenant_id = $1 ORDER BY domain",
            tenant.0
        );
        let domains = self.all(&scope, domains).await?;
        let domains: Result<Vec<_>, _> = domains.iter().map(|row| row.text("domain")).collect();
        let provider = sql!(
            "SELECT * FROM openid_providers WHERE tenant_id = $1",
            tenant.0
        );
        let row = self.one(&scope, provider).await?;
        let domains = domains?;
        row.map(|row| OpenidProviderRecord::read(&row, domains))
            .transpose()
    }

    /// The tenant whose people have e-mail addresses of this domain, if it signs in by itself.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn tenant_of_domain(&self, domain: &str) -> Result<Option<TenantId>, StoreError> {
        let sql = sql!(
            "SELECT d.tenant_id FROM openid_domains d
             JOIN openid_providers p ON p.tenant_id = d.tenant_id
             WHERE d.domain = $1 AND p.enabled = 1",
            domain
        );
        let row = self.one(&Scope::Everything, sql).await?;
        row.map(|row| row.uuid("tenant_id").map(TenantId))
            .transpose()
    }

    /// A sign-in on its way, whether it is too late or not.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn openid_sign_in(
        &self,
        scope: &Scope,
        state_hash: [u8; 32],
    ) -> Result<Option<OpenidSignInRecord>, StoreError> {
        let mut sql = Sql::new("SELECT * FROM openid_sign_ins WHERE state_hash = ");
        sql.bind(state_hash.to_vec())
            .push(" AND ")
            .within("tenant_id", scope);
        let row = self.one(scope, sql).await?;
        row.map(|row| {
            Ok(OpenidSignInRecord {
                tenant_id: TenantId(row.uuid("tenant_id")?),
                state_hash,
                browser_hash: row.hash("browser_hash")?,
                nonce: row.text("nonce")?,
                pkce_verifier: row.text("pkce_verifier")?,
                user_id: row.optional_uuid("user_id")?.map(UserId),
                expires_at: row.time("expires_at")?,
            })
        })
        .transpose()
    }
}
