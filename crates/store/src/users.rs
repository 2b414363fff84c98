//! People who sign in.

use crate::{
    Cursor, Direction, Page, PageRequest, Store, StoreError, Transaction,
    page::SortKey,
    row::{Row, milliseconds, number, optional_milliseconds, variant_name},
    sql::{Sql, sql},
};
use jiff::Timestamp;
use latarnik_model::{ColorScheme, Language, Role, Scope, TenantId, UserId, UserState};

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
    /// Whether they can sign in.
    pub state: UserState,
    /// Whether they see only some of their provider's clients.
    pub limited: bool,
    /// The console's language; `None` follows the browser.
    pub language: Option<Language>,
    /// Light or dark.
    pub color_scheme: ColorScheme,
    /// Argon2id, in PHC form; `None` if they have no password.
    pub password_hash: Option<String>,
    /// Their second factor.
    pub totp: TotpRecord,
    /// When they last signed in.
    pub signed_in_at: Option<Timestamp>,
    /// When the account was created.
    pub created_at: Timestamp,
}

/// A second factor, with its secrets sealed.
#[derive(Clone, Default)]
pub struct TotpRecord {
    /// The secret that codes are made with.
    pub secret: Option<Vec<u8>>,
    /// A secret that was shown and is not confirmed yet.
    pub pending: Option<Vec<u8>>,
    /// The last time step whose code was accepted.
    pub step: Option<u64>,
}

/// Which people.
#[derive(Debug, Clone, Default)]
pub struct UserFilter {
    /// With this text in their name or e-mail address, whatever the case.
    pub search: Option<String>,
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
            state: row.name("state")?,
            limited: row.integer("limited")? != 0,
            language: row.optional_name("language")?,
            color_scheme: row.name("color_scheme")?,
            password_hash: row.optional_text("password_hash")?,
            totp: TotpRecord {
                secret: row.optional_bytes("totp_secret")?,
                pending: row.optional_bytes("totp_pending")?,
                step: row.optional_count("totp_step")?,
            },
            signed_in_at: row.optional_time("signed_in_at")?,
            created_at: row.time("created_at")?,
        })
    }
}

/// How an address is compared. Addresses are plain ASCII, so that no two look alike.
fn email_key(email: &str) -> String {
    email.trim().to_ascii_lowercase()
}

impl Transaction {
    /// Adds a user.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] if the e-mail address is taken.
    pub async fn insert_user(&self, user: &UserRecord) -> Result<(), StoreError> {
        self.execute(sql!(
            "INSERT INTO users (tenant_id, id, email, email_key, name, role, state, limited,
                language, color_scheme, password_hash, created_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
            user.tenant_id.0,
            user.id.0,
            user.email.as_str(),
            email_key(&user.email),
            user.name.as_str(),
            variant_name(&user.role),
            variant_name(&user.state),
            i64::from(user.limited),
            user.language.as_ref().map(variant_name),
            variant_name(&user.color_scheme),
            user.password_hash.as_deref(),
            milliseconds(user.created_at),
        ))
        .await?;
        Ok(())
    }

    /// One person, held until the transaction ends.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn lock_user(
        &self,
        scope: &Scope,
        id: UserId,
    ) -> Result<Option<UserRecord>, StoreError> {
        let mut sql = Sql::new("SELECT * FROM users WHERE id = ");
        sql.bind(id.0)
            .push(" AND ")
            .within("tenant_id", scope)
            .push(self.for_update());
        let row = self.one(sql).await?;
        row.as_ref().map(UserRecord::read).transpose()
    }

    /// How many people of the tenant with that role can sign in. The tenant's people are held until
    /// the transaction ends, so that two changes never both count the other's last one.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn count_active(&self, tenant: TenantId, role: Role) -> Result<u64, StoreError> {
        let mut sql = Sql::new("SELECT role, state FROM users WHERE tenant_id = ");
        sql.bind(tenant.0)
            .push(" ORDER BY id")
            .push(self.for_update());
        let mut active = 0;
        for row in self.all(sql).await? {
            if row.name::<Role>("role")? == role
                && row.name::<UserState>("state")? == UserState::Active
            {
                active += 1;
            }
        }
        Ok(active)
    }

    /// Writes what others may change about a person, and what the person may; whether they exist.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn update_user(&self, user: &UserRecord) -> Result<bool, StoreError> {
        let affected = self
            .execute(sql!(
                "UPDATE users SET name = $3, role = $4, state = $5, limited = $6, language = $7,
                    color_scheme = $8, password_hash = $9, totp_secret = $10, totp_pending = $11,
                    totp_step = $12, signed_in_at = $13
                 WHERE tenant_id = $1 AND id = $2",
                user.tenant_id.0,
                user.id.0,
                user.name.as_str(),
                variant_name(&user.role),
                variant_name(&user.state),
                i64::from(user.limited),
                user.language.as_ref().map(variant_name),
                variant_name(&user.color_scheme),
                user.password_hash.as_deref(),
                user.totp.secret.clone(),
                user.totp.pending.clone(),
                user.totp.step.map(number),
                optional_milliseconds(user.signed_in_at),
            ))
            .await?;
        Ok(affected == 1)
    }

    /// Removes a person with everything that is theirs; whether there was one.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn delete_user(&self, tenant: TenantId, id: UserId) -> Result<bool, StoreError> {
        for table in ["sessions", "user_links", "recovery_codes", "user_tenants"] {
            let text = format!("DELETE FROM {table} WHERE tenant_id = $1 AND user_id = $2");
            self.execute(sql!(&text, tenant.0, id.0)).await?;
        }
        let sql = sql!(
            "DELETE FROM users WHERE tenant_id = $1 AND id = $2",
            tenant.0,
            id.0
        );
        Ok(self.execute(sql).await? == 1)
    }

    /// Sets which clients a limited person of the provider sees.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn set_user_tenants(
        &self,
        tenant: TenantId,
        user: UserId,
        clients: &[TenantId],
    ) -> Result<(), StoreError> {
        self.execute(sql!(
            "DELETE FROM user_tenants WHERE tenant_id = $1 AND user_id = $2",
            tenant.0,
            user.0
        ))
        .await?;
        for client in clients {
            self.execute(sql!(
                "INSERT INTO user_tenants (tenant_id, user_id, client_id) VALUES ($1, $2, $3)",
                tenant.0,
                user.0,
                client.0
            ))
            .await?;
        }
        Ok(())
    }

    /// Replaces a person's recovery codes.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn set_recovery_codes(
        &self,
        tenant: TenantId,
        user: UserId,
        hashes: &[[u8; 32]],
    ) -> Result<(), StoreError> {
        self.execute(sql!(
            "DELETE FROM recovery_codes WHERE tenant_id = $1 AND user_id = $2",
            tenant.0,
            user.0
        ))
        .await?;
        for hash in hashes {
            self.execute(sql!(
                "INSERT INTO recovery_codes (tenant_id, user_id, code_hash) VALUES ($1, $2, $3)",
                tenant.0,
                user.0,
                hash.to_vec()
            ))
            .await?;
        }
        Ok(())
    }

    /// Takes a recovery code; whether the person had it.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn use_recovery_code(
        &self,
        tenant: TenantId,
        user: UserId,
        hash: [u8; 32],
    ) -> Result<bool, StoreError> {
        let sql = sql!(
            "DELETE FROM recovery_codes WHERE tenant_id = $1 AND user_id = $2 AND code_hash = $3",
            tenant.0,
            user.0,
            hash.to_vec()
        );
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
        sql.bind(email_key(email))
            .push(" AND ")
            .within("tenant_id", scope);
        let row = self.one(scope, sql).await?;
        row.as_ref().map(UserRecord::read).transpose()
    }

    /// One person.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn user(&self, scope: &Scope, id: UserId) -> Result<Option<UserRecord>, StoreError> {
        let mut sql = Sql::new("SELECT * FROM users WHERE id = ");
        sql.bind(id.0).push(" AND ").within("tenant_id", scope);
        let row = self.one(scope, sql).await?;
        row.as_ref().map(UserRecord::read).transpose()
    }

    /// A page of the people in scope that match, by e-mail address.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn users(
        &self,
        scope: &Scope,
        filter: &UserFilter,
        page: &PageRequest,
    ) -> Result<Page<UserRecord>, StoreError> {
        let mut sql = Sql::new("SELECT * FROM users WHERE ");
        sql.within("tenant_id", scope);
        if let Some(search) = &filter.search {
            sql.push(" AND (")
                .contains("email_key", search)
                .push(" OR ")
                .contains_name("name", search)
                .push(")");
        }
        page.continue_sql(&mut sql, "email_key", "id", Direction::Ascending);
        let rows = self.all(scope, sql).await?;
        let items: Result<Vec<_>, _> = rows.iter().map(UserRecord::read).collect();
        Ok(Page::new(items?, page.limit, |user| Cursor {
            key: SortKey::Text(email_key(&user.email)),
            id: user.id.0,
        }))
    }

    /// The clients that limited people see, with the person of each.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn user_tenants(
        &self,
        scope: &Scope,
        users: &[UserId],
    ) -> Result<Vec<(UserId, TenantId)>, StoreError> {
        let mut sql = Sql::new("SELECT user_id, client_id FROM user_tenants WHERE user_id IN (");
        sql.bind_all(users.iter().map(|user| user.0))
            .push(") AND ")
            .within("tenant_id", scope);
        self.all(scope, sql)
            .await?
            .iter()
            .map(|row| {
                Ok((
                    UserId(row.uuid("user_id")?),
                    TenantId(row.uuid("client_id")?),
                ))
            })
            .collect()
    }

    /// How many recovery codes a person has left.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn count_recovery_codes(
        &self,
        tenant: TenantId,
        user: UserId,
    ) -> Result<u64, StoreError> {
        let sql = sql!(
            "SELECT COUNT(*) AS total FROM recovery_codes WHERE tenant_id = $1 AND user_id = $2",
            tenant.0,
            user.0
        );
        let row = self.one(&Scope::one(tenant), sql).await?;
        row.map_or(Ok(0), |row| row.count("total"))
    }
}
