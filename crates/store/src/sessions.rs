//! Signed-in browsers.

use crate::{
    Store, StoreError, UserRecord,
    row::milliseconds,
    sql::{Sql, sql},
};
use jiff::Timestamp;
use latarnik_model::{Scope, TenantId, UserId};

/// A signed-in browser. The token itself is in the browser only.
#[derive(Debug, Clone)]
pub struct SessionRecord {
    /// SHA-256 of the token.
    pub token_hash: [u8; 32],
    /// Whose session.
    pub user_id: UserId,
    /// The user's tenant.
    pub tenant_id: TenantId,
    /// When they signed in.
    pub created_at: Timestamp,
    /// When the session was last used, to the minute.
    pub last_seen_at: Timestamp,
    /// When it ends whatever happens.
    pub expires_at: Timestamp,
}

impl Store {
    /// Adds a session, and clears away those that have ended.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn insert_session(&self, session: &SessionRecord) -> Result<(), StoreError> {
        self.execute(sql!(
            "DELETE FROM sessions WHERE expires_at < $1",
            milliseconds(session.created_at)
        ))
        .await?;
        self.execute(sql!(
            "INSERT INTO sessions (tenant_id, token_hash, user_id, created_at, last_seen_at, expires_at)
             VALUES ($1, $2, $3, $4, $5, $6)",
            session.tenant_id.0,
            session.token_hash.to_vec(),
            session.user_id.0,
            milliseconds(session.created_at),
            milliseconds(session.last_seen_at),
            milliseconds(session.expires_at),
        ))
        .await?;
        Ok(())
    }

    /// The session of that token with its user, whether it has ended or not.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn session(
        &self,
        scope: &Scope,
        token_hash: [u8; 32],
    ) -> Result<Option<(SessionRecord, UserRecord)>, StoreError> {
        let mut sql = Sql::new(
            "SELECT u.*, s.created_at AS session_created_at, s.last_seen_at, s.expires_at
             FROM sessions s JOIN users u ON u.tenant_id = s.tenant_id AND u.id = s.user_id
             WHERE s.token_hash = ",
        );
        sql.bind(token_hash.to_vec())
            .push(" AND ")
            .within("s.tenant_id", scope);
        let Some(row) = self.one(sql).await? else {
            return Ok(None);
        };
        let user = UserRecord::read(&row)?;
        let session = SessionRecord {
            token_hash,
            user_id: user.id,
            tenant_id: user.tenant_id,
            created_at: row.time("session_created_at")?,
            last_seen_at: row.time("last_seen_at")?,
            expires_at: row.time("expires_at")?,
        };
        Ok(Some((session, user)))
    }

    /// Notes that the session was used.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn touch_session(
        &self,
        scope: &Scope,
        token_hash: [u8; 32],
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let mut sql = Sql::new("UPDATE sessions SET last_seen_at = ");
        sql.bind(milliseconds(now))
            .push(" WHERE token_hash = ")
            .bind(token_hash.to_vec())
            .push(" AND ")
            .within("tenant_id", scope);
        self.execute(sql).await?;
        Ok(())
    }

    /// Ends a session; whether there was one.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn delete_session(
        &self,
        scope: &Scope,
        token_hash: [u8; 32],
    ) -> Result<bool, StoreError> {
        let mut sql = Sql::new("DELETE FROM sessions WHERE token_hash = ");
        sql.bind(token_hash.to_vec())
            .push(" AND ")
            .within("tenant_id", scope);
        Ok(self.execute(sql).await? == 1)
    }
}
