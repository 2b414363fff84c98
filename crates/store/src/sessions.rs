//! Signed-in browsers.

use crate::{
    Store, StoreError, Transaction, UserRecord,
    row::{Row, milliseconds, variant_name},
    sql::{Sql, sql},
};
use jiff::Timestamp;
use latarnik_model::{Scope, SessionId, SignInMethod, TenantId, UserId};

/// A signed-in browser. The token itself is in the browser only.
#[derive(Debug, Clone)]
pub struct SessionRecord {
    /// Its id, for lists.
    pub id: SessionId,
    /// SHA-256 of the token.
    pub token_hash: [u8; 32],
    /// Whose session.
    pub user_id: UserId,
    /// The user's tenant.
    pub tenant_id: TenantId,
    /// How they signed in.
    pub method: SignInMethod,
    /// Where from.
    pub address: Option<String>,
    /// What the browser calls itself.
    pub user_agent: Option<String>,
    /// When they signed in.
    pub created_at: Timestamp,
    /// When the session was last used, to the minute.
    pub last_seen_at: Timestamp,
    /// When it ends whatever happens.
    pub expires_at: Timestamp,
}

impl SessionRecord {
    fn read(row: &Row) -> Result<Self, StoreError> {
        Ok(Self {
            id: SessionId(row.uuid("session_id")?),
            token_hash: row.hash("token_hash")?,
            user_id: UserId(row.uuid("user_id")?),
            tenant_id: TenantId(row.uuid("session_tenant_id")?),
            method: row.name("method")?,
            address: row.optional_text("address")?,
            user_agent: row.optional_text("user_agent")?,
            created_at: row.time("session_created_at")?,
            last_seen_at: row.time("last_seen_at")?,
            expires_at: row.time("expires_at")?,
        })
    }
}

const COLUMNS: &str = "s.id AS session_id, s.tenant_id AS session_tenant_id, s.token_hash,
    s.user_id, s.method, s.address, s.user_agent, s.created_at AS session_created_at,
    s.last_seen_at, s.expires_at";

impl Transaction {
    /// Adds a session, and clears away those of its person that have ended.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn insert_session(&self, session: &SessionRecord) -> Result<(), StoreError> {
        self.execute(sql!(
            "DELETE FROM sessions WHERE tenant_id = $1 AND user_id = $2 AND expires_at < $3",
            session.tenant_id.0,
            session.user_id.0,
            milliseconds(session.created_at)
        ))
        .await?;
        self.execute(sql!(
            "INSERT INTO sessions (tenant_id, id, token_hash, user_id, method, address, user_agent,
                created_at, last_seen_at, expires_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
            session.tenant_id.0,
            session.id.0,
            session.token_hash.to_vec(),
            session.user_id.0,
            variant_name(&session.method),
            session.address.as_deref(),
            session.user_agent.as_deref(),
            milliseconds(session.created_at),
            milliseconds(session.last_seen_at),
            milliseconds(session.expires_at),
        ))
        .await?;
        Ok(())
    }

    /// Ends a person's session; whether there was one.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn delete_session(
        &self,
        tenant: TenantId,
        user: UserId,
        id: SessionId,
    ) -> Result<bool, StoreError> {
        let sql = sql!(
            "DELETE FROM sessions WHERE tenant_id = $1 AND user_id = $2 AND id = $3",
            tenant.0,
            user.0,
            id.0
        );
        Ok(self.execute(sql).await? == 1)
    }

    /// Ends all sessions of a person but one; how many.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn delete_sessions(
        &self,
        tenant: TenantId,
        user: UserId,
        but: Option<SessionId>,
    ) -> Result<u64, StoreError> {
        let mut sql = Sql::new("DELETE FROM sessions WHERE tenant_id = ");
        sql.bind(tenant.0).push(" AND user_id = ").bind(user.0);
        if let Some(kept) = but {
            sql.push(" AND id <> ").bind(kept.0);
        }
        self.execute(sql).await
    }
}

impl Store {
    /// The session of that token with its user, whether it has ended or not.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn session(
        &self,
        scope: &Scope,
        token_hash: [u8; 32],
    ) -> Result<Option<(SessionRecord, UserRecord)>, StoreError> {
        let mut sql = Sql::new(&format!(
            "SELECT u.*, {COLUMNS}
             FROM sessions s JOIN users u ON u.tenant_id = s.tenant_id AND u.id = s.user_id
             WHERE s.token_hash = "
        ));
        sql.bind(token_hash.to_vec())
            .push(" AND ")
            .within("s.tenant_id", scope);
        let row = self.one(scope, sql).await?;
        row.map(|row| Ok((SessionRecord::read(&row)?, UserRecord::read(&row)?)))
            .transpose()
    }

    /// The sessions of a person that have not ended, newest first.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn sessions_of_user(
        &self,
        tenant: TenantId,
        user: UserId,
        now: Timestamp,
    ) -> Result<Vec<SessionRecord>, StoreError> {
        let text = format!(
            "SELECT {COLUMNS} FROM sessions s
             WHERE s.tenant_id = $1 AND s.user_id = $2 AND s.expires_at > $3
             ORDER BY s.created_at DESC, s.id DESC"
        );
        let sql = sql!(&text, tenant.0, user.0, milliseconds(now));
        let rows = self.all(&Scope::one(tenant), sql).await?;
        rows.iter().map(SessionRecord::read).collect()
    }

    /// Notes that the session was used.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn touch_session(
        &self,
        tenant: TenantId,
        id: SessionId,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let sql = sql!(
            "UPDATE sessions SET last_seen_at = $3 WHERE tenant_id = $1 AND id = $2",
            tenant.0,
            id.0,
            milliseconds(now)
        );
        self.execute(&Scope::one(tenant), sql).await?;
        Ok(())
    }
}
