//! Links that mails lead back with: invitations and password resets.

use crate::{
    Store, StoreError, Transaction, UserRecord,
    row::{milliseconds, variant_name},
    sql::{Sql, sql},
};
use jiff::Timestamp;
use latarnik_model::{Scope, TenantId, UserId, UserLinkKind};

/// A link that works once. The token itself is in the mail only.
#[derive(Debug, Clone)]
pub struct UserLinkRecord {
    /// SHA-256 of the token.
    pub token_hash: [u8; 32],
    /// Whose.
    pub user_id: UserId,
    /// The person's tenant.
    pub tenant_id: TenantId,
    /// What it is for.
    pub kind: UserLinkKind,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it ends.
    pub expires_at: Timestamp,
}

impl Transaction {
    /// Keeps a link, in place of an earlier one of its kind.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn set_user_link(&self, link: &UserLinkRecord) -> Result<(), StoreError> {
        self.delete_user_link(link.tenant_id, link.user_id, link.kind)
            .await?;
        self.execute(sql!(
            "INSERT INTO user_links (tenant_id, token_hash, user_id, kind, created_at, expires_at)
             VALUES ($1, $2, $3, $4, $5, $6)",
            link.tenant_id.0,
            link.token_hash.to_vec(),
            link.user_id.0,
            variant_name(&link.kind),
            milliseconds(link.created_at),
            milliseconds(link.expires_at),
        ))
        .await?;
        Ok(())
    }

    /// Forgets a link; whether there was one.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn delete_user_link(
        &self,
        tenant: TenantId,
        user: UserId,
        kind: UserLinkKind,
    ) -> Result<bool, StoreError> {
        let sql = sql!(
            "DELETE FROM user_links WHERE tenant_id = $1 AND user_id = $2 AND kind = $3",
            tenant.0,
            user.0,
            variant_name(&kind)
        );
        Ok(self.execute(sql).await? == 1)
    }

    /// When the present link of a kind was made.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn link_made_at(
        &self,
        tenant: TenantId,
        user: UserId,
        kind: UserLinkKind,
    ) -> Result<Option<Timestamp>, StoreError> {
        let sql = sql!(
            "SELECT created_at FROM user_links WHERE tenant_id = $1 AND user_id = $2 AND kind = $3",
            tenant.0,
            user.0,
            variant_name(&kind)
        );
        let row = self.one(sql).await?;
        row.map(|row| row.time("created_at")).transpose()
    }
}

impl Store {
    /// The link of that token and kind with its person, whether it has ended or not.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn user_link(
        &self,
        scope: &Scope,
        token_hash: [u8; 32],
        kind: UserLinkKind,
    ) -> Result<Option<(UserLinkRecord, UserRecord)>, StoreError> {
        let mut sql = Sql::new(
            "SELECT u.*, l.created_at AS link_created_at, l.expires_at AS link_expires_at
             FROM user_links l JOIN users u ON u.tenant_id = l.tenant_id AND u.id = l.user_id
             WHERE l.token_hash = ",
        );
        sql.bind(token_hash.to_vec())
            .push(" AND l.kind = ")
            .bind(variant_name(&kind))
            .push(" AND ")
            .within("l.tenant_id", scope);
        let Some(row) = self.one(scope, sql).await? else {
            return Ok(None);
        };
        let user = UserRecord::read(&row)?;
        let link = UserLinkRecord {
            token_hash,
            user_id: user.id,
            tenant_id: user.tenant_id,
            kind,
            created_at: row.time("link_created_at")?,
            expires_at: row.time("link_expires_at")?,
        };
        Ok(Some((link, user)))
    }

    /// When the invitations of these people end; those without one are missing from the answer.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn invitation_ends(
        &self,
        scope: &Scope,
        users: &[UserId],
    ) -> Result<Vec<(UserId, Timestamp)>, StoreError> {
        let mut sql = Sql::new("SELECT user_id, expires_at FROM user_links WHERE kind = ");
        sql.bind(variant_name(&UserLinkKind::Invitation))
            .push(" AND user_id IN (")
            .bind_all(users.iter().map(|user| user.0))
            .push(") AND ")
            .within("tenant_id", scope);
        self.all(scope, sql)
            .await?
            .iter()
            .map(|row| Ok((UserId(row.uuid("user_id")?), row.time("expires_at")?)))
            .collect()
    }
}
