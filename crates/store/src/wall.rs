//! The second wall between tenants: row-level security of PostgreSQL.
//!
//! The first wall is in the statements, each of which is bound to a [`Scope`]. The second one does
//! not trust them: every table carries a policy that lets through only the rows of the tenants that
//! the transaction was admitted to, for reading and for writing, and a transaction that was admitted
//! to nothing sees nothing. It is forced, so that it binds the tables' owner too.
//!
//! SQLite has no such thing. There the file belongs to one process, and the first wall stands alone.

use crate::{Engine, Store, StoreError, Transaction, row::Row, sql::sql};
use latarnik_model::Scope;
use sea_orm::{ConnectionTrait, DatabaseTransaction, DbBackend};
use std::fmt::Write as _;

/// Settings of a transaction: the ids of its tenants, separated by commas, and whether it may touch
/// all of them.
const TENANTS: &str = "latarnik.tenants";
const EVERYTHING: &str = "latarnik.everything";

/// The only table without tenants.
const UNWALLED: &str = "schema_version";

/// Puts the wall around every table that does not have it yet. The sub-selects are worked out once
/// a statement instead of once a row.
pub(crate) async fn raise(transaction: &Transaction) -> Result<(), StoreError> {
    if transaction.engine() != DbBackend::Postgres {
        return Ok(());
    }
    let tables = transaction
        .all(sql!(
            "SELECT c.relname::text AS name FROM pg_class c
             WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p')
               AND c.relname <> $1 AND NOT c.relforcerowsecurity",
            UNWALLED
        ))
        .await?;
    for table in tables {
        let table = table.text("name")?;
        transaction
            .script(&format!(
                "ALTER TABLE \"{table}\" ENABLE ROW LEVEL SECURITY;
                 ALTER TABLE \"{table}\" FORCE ROW LEVEL SECURITY;
                 CREATE POLICY tenant_wall ON \"{table}\" USING (
                     (SELECT current_setting('{EVERYTHING}', true) = 'yes')
                     OR tenant_id IN (SELECT unnest(string_to_array(
                         current_setting('{TENANTS}', true), ',')::uuid[])))"
            ))
            .await?;
    }
    Ok(())
}

/// Lets a transaction through to the tenants of a scope, until it ends.
pub(crate) async fn admit(
    transaction: &DatabaseTransaction,
    scope: &Scope,
) -> Result<(), StoreError> {
    if transaction.get_database_backend() != DbBackend::Postgres {
        return Ok(());
    }
    let mut tenants = String::new();
    let everything = match scope {
        Scope::Everything => "yes",
        Scope::Tenants(admitted) => {
            for tenant in admitted {
                let comma = if tenants.is_empty() { "" } else { "," };
                write!(tenants, "{comma}{tenant}").expect("writing to a string");
            }
            "no"
        }
    };
    // Ids and fixed words only: nothing here comes from outside.
    transaction
        .execute_unprepared(&format!(
            "SET LOCAL {TENANTS} = '{tenants}'; SET LOCAL {EVERYTHING} = '{everything}'"
        ))
        .await?;
    Ok(())
}

/// Refuses a database user whom no wall binds.
pub(crate) async fn check(store: &Store) -> Result<(), StoreError> {
    if store.engine() != Engine::Postgres {
        return Ok(());
    }
    let row = store
        .one(
            &Scope::Everything,
            sql!(
                "SELECT current_user::text AS name, rolsuper OR rolbypassrls AS unbound
                 FROM pg_roles WHERE rolname = current_user"
            ),
        )
        .await?;
    match row {
        Some(row) if row.flag("unbound")? => Err(StoreError::Unwalled {
            user: row.text("name")?,
        }),
        _ => Ok(()),
    }
}

/// What stands around one table, for the test that none was forgotten.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WalledTable {
    /// Its name.
    pub name: String,
    /// Whether row-level security is on and forced, with the policy.
    pub walled: bool,
    /// Whether it has a column `tenant_id` that is never empty.
    pub has_tenant: bool,
}

impl Store {
    /// Every table, with what stands around it. On SQLite there is no wall to report.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn tables(&self) -> Result<Vec<WalledTable>, StoreError> {
        let sql = match self.engine() {
            Engine::Postgres => sql!(
                "SELECT c.relname::text AS name,
                    c.relrowsecurity AND c.relforcerowsecurity AND EXISTS (SELECT 1 FROM pg_policy p
                        WHERE p.polrelid = c.oid AND p.polname = 'tenant_wall') AS walled,
                    EXISTS (SELECT 1 FROM pg_attribute a WHERE a.attrelid = c.oid
                        AND a.attname = 'tenant_id' AND a.attnotnull) AS has_tenant
                 FROM pg_class c
                 WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p')
                   AND c.relname <> $1 ORDER BY c.relname",
                UNWALLED
            ),
            Engine::Sqlite => sql!(
                "SELECT m.name AS name, 0 = 1 AS walled,
                    EXISTS (SELECT 1 FROM pragma_table_info(m.name) c WHERE c.name = 'tenant_id'
                        AND (c.\"notnull\" = 1 OR c.pk > 0)) AS has_tenant
                 FROM sqlite_schema m WHERE m.type = 'table' AND m.name <> $1
                   AND m.name NOT LIKE 'sqlite_%' ORDER BY m.name",
                UNWALLED
            ),
        };
        let read = |row: &Row| {
            Ok(WalledTable {
                name: row.text("name")?,
                walled: row.flag("walled")?,
                has_tenant: row.flag("has_tenant")?,
            })
        };
        let rows = self.all(&Scope::Everything, sql).await?;
        rows.iter().map(read).collect()
    }
}
