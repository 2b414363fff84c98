//! Deleting a tenant with everything that it has, some rows at a time.

use crate::{Store, StoreError, Transaction, sql::sql};
use latarnik_model::{Scope, TenantId};
use sea_orm::DbBackend;

/// Every table with rows of tenants, in an order in which nothing refers to what is gone already.
/// The tenant's own row comes last, by itself. A test compares this with the schema.
const TABLES: &[&str] = &[
    "task_log_chunks",
    "tasks",
    "action_tenants",
    "actions",
    "alerts",
    "calendar_feeds",
    "maintenance_windows",
    "blackouts",
    "update_decisions",
    "update_policies",
    "update_rollouts",
    "update_steps",
    "device_updates",
    "device_certificates",
    "device_authorities",
    "devices",
    "enrollment_tokens",
    "device_groups",
    "openid_sign_ins",
    "openid_domains",
    "openid_providers",
    "api_token_tenants",
    "api_tokens",
    "sessions",
    "user_links",
    "recovery_codes",
    "user_tenants",
    "users",
    "audit_events",
    "audit_chains",
    "data_keys",
];

/// Tables of the provider that name a client in this column.
const CLIENT_TABLES: &[&str] = &["user_tenants", "api_token_tenants"];

impl Store {
    /// How many rows a tenant has.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn count_tenant_rows(&self, tenant: TenantId) -> Result<u64, StoreError> {
        let mut total = 0;
        for table in TABLES {
            let text = format!("SELECT COUNT(*) AS total FROM {table} WHERE tenant_id = $1");
            let row = self.one(&Scope::one(tenant), sql!(&text, tenant.0)).await?;
            total += row.map_or(Ok(0), |row| row.count("total"))?;
        }
        Ok(total)
    }
}

impl Transaction {
    /// Deletes at most so many rows of a tenant; how many it met. 0 means that all are gone but
    /// the tenant's own.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn delete_tenant_rows(
        &self,
        tenant: TenantId,
        limit: u32,
    ) -> Result<u64, StoreError> {
        let row = match self.engine() {
            DbBackend::Postgres => "ctid",
            _ => "rowid",
        };
        for table in TABLES {
            // A group goes after those that lie in it.
            let leaves_first = if *table == "device_groups" {
                " AND NOT EXISTS (SELECT 1 FROM device_groups c
                    WHERE c.tenant_id = $1 AND c.parent_id = device_groups.id)"
            } else {
                ""
            };
            let text = format!(
                "DELETE FROM {table} WHERE {row} IN
                    (SELECT {row} FROM {table} WHERE tenant_id = $1{leaves_first} LIMIT {limit})"
            );
            let deleted = self.execute(sql!(&text, tenant.0)).await?;
            if deleted > 0 {
                return Ok(deleted);
            }
        }
        Ok(0)
    }

    /// Deletes the tenant itself, and what the provider keeps about it.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], also if rows of it are left.
    pub async fn delete_tenant(&self, tenant: TenantId) -> Result<(), StoreError> {
        for table in CLIENT_TABLES {
            let text = format!("DELETE FROM {table} WHERE client_id = $1");
            self.execute(sql!(&text, tenant.0)).await?;
        }
        // What the provider asked for on its devices, and on no other.
        self.execute(sql!(
            "DELETE FROM actions WHERE NOT EXISTS (SELECT 1 FROM tasks k
                WHERE k.action_tenant_id = actions.tenant_id AND k.action_id = actions.id)"
        ))
        .await?;
        self.execute(sql!("DELETE FROM tenants WHERE tenant_id = $1", tenant.0))
            .await?;
        Ok(())
    }
}

impl Store {
    /// Tables that [`Transaction::delete_tenant_rows`] empties, for the test that none is missing.
    #[must_use]
    pub const fn tables_of_tenants() -> &'static [&'static str] {
        TABLES
    }
}
