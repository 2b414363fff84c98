//! Tokens that programs call the API with.

use crate::{
    Cursor, Direction, Page, PageRequest, Store, StoreError, Transaction,
    page::SortKey,
    row::{Row, milliseconds, variant_name},
    sql::{Sql, sql},
};
use jiff::Timestamp;
use latarnik_model::{ApiTokenId, Role, Scope, TenantId};

/// An API token. The secret itself was shown once and is not kept.
#[derive(Debug, Clone)]
pub struct ApiTokenRecord {
    /// Its id.
    pub id: ApiTokenId,
    /// The tenant that it belongs to.
    pub tenant_id: TenantId,
    /// What it is for.
    pub name: String,
    /// SHA-256 of the secret.
    pub secret_hash: [u8; 32],
    /// What it may do.
    pub role: Role,
    /// Whether it sees only some of its provider's clients.
    pub limited: bool,
    /// When it was made.
    pub created_at: Timestamp,
    /// Who made it, by name.
    pub created_by: String,
    /// When it ends.
    pub expires_at: Timestamp,
    /// When it was last used, to the minute.
    pub last_used_at: Option<Timestamp>,
    /// Where from.
    pub last_used_address: Option<String>,
    /// When it was revoked.
    pub revoked_at: Option<Timestamp>,
}

impl ApiTokenRecord {
    fn read(row: &Row) -> Result<Self, StoreError> {
        Ok(Self {
            id: ApiTokenId(row.uuid("id")?),
            tenant_id: TenantId(row.uuid("tenant_id")?),
            name: row.text("name")?,
            secret_hash: row.hash("secret_hash")?,
            role: row.name("role")?,
            limited: row.integer("limited")? != 0,
            created_at: row.time("created_at")?,
            created_by: row.text("created_by")?,
            expires_at: row.time("expires_at")?,
            last_used_at: row.optional_time("last_used_at")?,
            last_used_address: row.optional_text("last_used_address")?,
            revoked_at: row.optional_time("revoked_at")?,
        })
    }
}

impl Transaction {
    /// Adds a token, and which clients it sees if it is limited.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn insert_api_token(
        &self,
        token: &ApiTokenRecord,
        clients: &[TenantId],
    ) -> Result<(), StoreError> {
        self.execute(sql!(
            "INSERT INTO api_tokens (tenant_id, id, name, secret_hash, role, limited, created_at,
                created_by, expires_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
            token.tenant_id.0,
            token.id.0,
            token.name.as_str(),
            token.secret_hash.to_vec(),
            variant_name(&token.role),
            i64::from(token.limited),
            milliseconds(token.created_at),
            token.created_by.as_str(),
            milliseconds(token.expires_at),
        ))
        .await?;
        for client in clients {
            self.execute(sql!(
                "INSERT INTO api_token_tenants (tenant_id, api_token_id, client_id)
                 VALUES ($1, $2, $3)",
                token.tenant_id.0,
                token.id.0,
                client.0
            ))
            .await?;
        }
        Ok(())
    }

    /// Revokes a token; whether there was one to revoke.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn revoke_api_token(
        &self,
        scope: &Scope,
        id: ApiTokenId,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let mut sql = Sql::new("UPDATE api_tokens SET revoked_at = COALESCE(revoked_at, ");
        sql.bind(milliseconds(now))
            .push(") WHERE id = ")
            .bind(id.0)
            .push(" AND ")
            .within("tenant_id", scope);
        Ok(self.execute(sql).await? == 1)
    }
}

impl Store {
    /// Tokens in scope, newest first.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn api_tokens(
        &self,
        scope: &Scope,
        page: &PageRequest,
    ) -> Result<Page<ApiTokenRecord>, StoreError> {
        let mut sql = Sql::new("SELECT * FROM api_tokens WHERE ");
        sql.within("tenant_id", scope);
        page.continue_sql(&mut sql, "created_at", "id", Direction::Descending);
        let rows = self.all(scope, sql).await?;
        let items: Result<Vec<_>, _> = rows.iter().map(ApiTokenRecord::read).collect();
        Ok(Page::new(items?, page.limit, |token| Cursor {
            key: SortKey::Number(milliseconds(token.created_at)),
            id: token.id.0,
        }))
    }

    /// One token.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn api_token(
        &self,
        scope: &Scope,
        id: ApiTokenId,
    ) -> Result<Option<ApiTokenRecord>, StoreError> {
        let mut sql = Sql::new("SELECT * FROM api_tokens WHERE id = ");
        sql.bind(id.0).push(" AND ").within("tenant_id", scope);
        let row = self.one(scope, sql).await?;
        row.as_ref().map(ApiTokenRecord::read).transpose()
    }

    /// The token with that secret, whether it still works or not.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn api_token_by_secret(
        &self,
        scope: &Scope,
        secret_hash: [u8; 32],
    ) -> Result<Option<ApiTokenRecord>, StoreError> {
        let mut sql = Sql::new("SELECT * FROM api_tokens WHERE secret_hash = ");
        sql.bind(secret_hash.to_vec())
            .push(" AND ")
            .within("tenant_id", scope);
        let row = self.one(scope, sql).await?;
        row.as_ref().map(ApiTokenRecord::read).transpose()
    }

    /// The clients that limited tokens see, with the token of each.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn api_token_tenants(
        &self,
        scope: &Scope,
        tokens: &[ApiTokenId],
    ) -> Result<Vec<(ApiTokenId, TenantId)>, StoreError> {
        let mut sql = Sql::new(
            "SELECT api_token_id, client_id FROM api_token_tenants WHERE api_token_id IN (",
        );
        sql.bind_all(tokens.iter().map(|token| token.0))
            .push(") AND ")
            .within("tenant_id", scope);
        self.all(scope, sql)
            .await?
            .iter()
            .map(|row| {
                Ok((
                    ApiTokenId(row.uuid("api_token_id")?),
                    TenantId(row.uuid("client_id")?),
                ))
            })
            .collect()
    }

    /// Notes that the token was used.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn touch_api_token(
        &self,
        tenant: TenantId,
        id: ApiTokenId,
        now: Timestamp,
        address: Option<&str>,
    ) -> Result<(), StoreError> {
        let sql = sql!(
            "UPDATE api_tokens SET last_used_at = $3, last_used_address = $4
             WHERE tenant_id = $1 AND id = $2",
            tenant.0,
            id.0,
            milliseconds(now),
            address
        );
        self.execute(&Scope::one(tenant), sql).await?;
        Ok(())
    }
}
