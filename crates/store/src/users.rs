//! People who sign in.

use crate::{
    Store, StoreError, Transaction,
    row::{Row, milliseconds, variant_name},
    sql::{Sql, sql},
};
use jiff::Timestamp;
use latarnik_model::{ColorScheme, Language, Role, Scope, TenantId, UserId};

/// A person who signs in.
#[derive(Clone)]
pub struct UserRecord {
    /// Their id.
    pub id: UserId,
    /// The tenant that they belong to.
    pub tenant_id: TenantId,
    /// Their e-mail address as they wrote it; unique whatever the case.
    pub email: String,
    /// Their name.
    pub name: String,
    /// What they may do.
    pub role: Role,
    /// The console's language; `None` follows the browser.
    pub language: Option<Language>,
    /// Light or dark.
    pub color_scheme: ColorScheme,
    /// Argon2id, in PHC form.
    pub password_hash: String,
    /// When the account was created.
    pub created_at: Timestamp,
}

impl std::fmt::Debug for UserRecord {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("UserRecord")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

impl UserRecord {
    pub(crate) fn read(row: &Row) -> Result<Self, StoreError> {
        Ok(Self {
            id: UserId(row.uuid("id")?),
            tenant_id: TenantId(row.uuid("tenant_id")?),
            email: row.text("email")?,
            name: row.text("name")?,
            role: row.name("role")?,
            language: row.optional_name("language")?,
            color_scheme: row.name("color_scheme")?,
            password_hash: row.text("password_hash")?,
            created_at: row.time("created_at")?,
        })
    }
}

impl Transaction {
    /// Adds a user.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] if the e-mail address is taken.
    pub async fn insert_user(&self, user: &UserRecord) -> Result<(), StoreError> {
        self.execute(sql!(
            "INSERT INTO users (tenant_id, id, email, email_key, name, role, language,
                color_scheme, password_hash, created_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
            user.tenant_id.0,
            user.id.0,
            user.email.as_str(),
            user.email.to_lowercase(),
            user.name.as_str(),
            variant_name(&user.role),
            user.language.as_ref().map(variant_name),
            variant_name(&user.color_scheme),
            user.password_hash.as_str(),
            milliseconds(user.created_at),
        ))
        .await?;
        Ok(())
    }

    /// Keeps what a user chose for the console; whether the user exists.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn update_profile(
        &self,
        scope: &Scope,
        user: UserId,
        language: Option<Language>,
        color_scheme: ColorScheme,
    ) -> Result<bool, StoreError> {
        let mut sql = Sql::new("UPDATE users SET language = ");
        sql.bind(language.as_ref().map(variant_name))
            .push(", color_scheme = ")
            .bind(variant_name(&color_scheme))
            .push(" WHERE id = ")
            .bind(user.0)
            .push(" AND ")
            .within("tenant_id", scope);
        Ok(self.execute(sql).await? == 1)
    }
}

impl Store {
    /// The user with that e-mail address, whatever the case.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn user_by_email(
        &self,
        scope: &Scope,
        email: &str,
    ) -> Result<Option<UserRecord>, StoreError> {
        let mut sql = Sql::new("SELECT * FROM users WHERE email_key = ");
        sql.bind(email.to_lowercase())
            .push(" AND ")
            .within("tenant_id", scope);
        self.one(sql)
            .await?
            .as_ref()
            .map(UserRecord::read)
            .transpose()
    }

    /// Whether there is any user in scope.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn any_user(&self, scope: &Scope) -> Result<bool, StoreError> {
        let mut sql = Sql::new("SELECT id FROM users WHERE ");
        sql.within("tenant_id", scope).push(" LIMIT 1");
        Ok(self.one(sql).await?.is_some())
    }
}
