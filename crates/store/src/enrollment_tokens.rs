//! Tokens that let agents register.

use crate::{
    Cursor, Direction, Page, PageRequest, Store, StoreError, Transaction,
    page::SortKey,
    row::{Row, milliseconds, number},
    sql::{Sql, sql},
};
use jiff::Timestamp;
use latarnik_model::{EnrollmentTokenId, GroupId, Scope, TenantId};

/// An enrollment token. The secret itself was shown once and is not kept.
#[derive(Debug, Clone)]
pub struct EnrollmentTokenRecord {
    /// Its id.
    pub id: EnrollmentTokenId,
    /// The tenant that devices register into.
    pub tenant_id: TenantId,
    /// The tenant's name; not written.
    pub tenant_name: String,
    /// The group that devices register into.
    pub group_id: Option<GroupId>,
    /// The group's name; not written.
    pub group_name: Option<String>,
    /// What it is for.
    pub name: String,
    /// SHA-256 of the secret.
    pub secret_hash: [u8; 32],
    /// When it was made.
    pub created_at: Timestamp,
    /// Who made it, by name.
    pub created_by: String,
    /// When it ends.
    pub expires_at: Timestamp,
    /// How many devices may register; `None` is any number.
    pub max_uses: Option<u64>,
    /// How many devices did.
    pub uses: u64,
    /// When it was revoked.
    pub revoked_at: Option<Timestamp>,
}

const SELECT: &str = "SELECT e.*, t.name AS tenant_name, g.name AS group_name
    FROM enrollment_tokens e JOIN tenants t ON t.tenant_id = e.tenant_id
    LEFT JOIN device_groups g ON g.tenant_id = e.tenant_id AND g.id = e.group_id WHERE ";

impl EnrollmentTokenRecord {
    fn read(row: &Row) -> Result<Self, StoreError> {
        Ok(Self {
            id: EnrollmentTokenId(row.uuid("id")?),
            tenant_id: TenantId(row.uuid("tenant_id")?),
            tenant_name: row.text("tenant_name")?,
            group_id: row.optional_uuid("group_id")?.map(GroupId),
            group_name: row.optional_text("group_name")?,
            name: row.text("name")?,
            secret_hash: row.bytes("secret_hash")?.try_into().unwrap_or_default(),
            created_at: row.time("created_at")?,
            created_by: row.text("created_by")?,
            expires_at: row.time("expires_at")?,
            max_uses: row.optional_count("max_uses")?,
            uses: row.count("uses")?,
            revoked_at: row.optional_time("revoked_at")?,
        })
    }
}

impl Transaction {
    /// Adds a token.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn insert_enrollment_token(
        &self,
        token: &EnrollmentTokenRecord,
    ) -> Result<(), StoreError> {
        self.execute(sql!(
            "INSERT INTO enrollment_tokens (tenant_id, id, group_id, name, secret_hash, created_at,
                created_by, expires_at, max_uses, uses, revoked_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, NULL)",
            token.tenant_id.0,
            token.id.0,
            token.group_id.map(|id| id.0),
            token.name.as_str(),
            token.secret_hash.to_vec(),
            milliseconds(token.created_at),
            token.created_by.as_str(),
            milliseconds(token.expires_at),
            token.max_uses.map(number),
            number(token.uses),
        ))
        .await?;
        Ok(())
    }

    /// The token with that secret, held until the transaction ends.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn enrollment_token_by_secret(
        &self,
        scope: &Scope,
        secret_hash: [u8; 32],
    ) -> Result<Option<EnrollmentTokenRecord>, StoreError> {
        let mut lock = Sql::new("SELECT id FROM enrollment_tokens WHERE secret_hash = ");
        lock.bind(secret_hash.to_vec()).push(self.for_update());
        self.one(lock).await?;
        let mut sql = Sql::new(SELECT);
        sql.push("e.secret_hash = ")
            .bind(secret_hash.to_vec())
            .push(" AND ")
            .within("e.tenant_id", scope);
        self.one(sql)
            .await?
            .as_ref()
            .map(EnrollmentTokenRecord::read)
            .transpose()
    }

    /// Counts one use; whether there was one left.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn use_enrollment_token(
        &self,
        tenant: TenantId,
        id: EnrollmentTokenId,
    ) -> Result<bool, StoreError> {
        let sql = sql!(
            "UPDATE enrollment_tokens SET uses = uses + 1
             WHERE tenant_id = $1 AND id = $2 AND (max_uses IS NULL OR uses < max_uses)",
            tenant.0,
            id.0
        );
        Ok(self.execute(sql).await? == 1)
    }

    /// Revokes a token; whether there was one to revoke.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn revoke_enrollment_token(
        &self,
        scope: &Scope,
        id: EnrollmentTokenId,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let mut sql = Sql::new("UPDATE enrollment_tokens SET revoked_at = COALESCE(revoked_at, ");
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
    pub async fn enrollment_tokens(
        &self,
        scope: &Scope,
        page: &PageRequest,
    ) -> Result<Page<EnrollmentTokenRecord>, StoreError> {
        let mut sql = Sql::new(SELECT);
        sql.within("e.tenant_id", scope);
        page.continue_sql(&mut sql, "e.created_at", "e.id", Direction::Descending);
        let rows = self.all(scope, sql).await?;
        let items: Result<Vec<_>, _> = rows.iter().map(EnrollmentTokenRecord::read).collect();
        Ok(Page::new(items?, page.limit, |token| Cursor {
            key: SortKey::Number(milliseconds(token.created_at)),
            id: token.id.0,
        }))
    }

    /// One token.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn enrollment_token(
        &self,
        scope: &Scope,
        id: EnrollmentTokenId,
    ) -> Result<Option<EnrollmentTokenRecord>, StoreError> {
        let mut sql = Sql::new(SELECT);
        sql.push("e.id = ")
            .bind(id.0)
            .push(" AND ")
            .within("e.tenant_id", scope);
        self.one(scope, sql)
            .await?
            .as_ref()
            .map(EnrollmentTokenRecord::read)
            .transpose()
    }
}
