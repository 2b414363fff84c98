//! The schema, forward only: a migration that has been released is never changed.

use crate::{Engine, Store, StoreError, Transaction, sql::sql, wall};
use latarnik_model::Scope;
use sea_orm::DbBackend;

/// Number and text of every migration, in order.
const MIGRATIONS: &[(i64, &str)] = &[
    (1, include_str!("../migrations/0001_initial.sql")),
    (2, include_str!("../migrations/0002_identity.sql")),
    (3, include_str!("../migrations/0003_device_authorities.sql")),
    (4, include_str!("../migrations/0004_update_ledger.sql")),
    (5, include_str!("../migrations/0005_update_policies.sql")),
    (6, include_str!("../migrations/0006_actions.sql")),
    (
        7,
        include_str!("../migrations/0007_restart_postponements.sql"),
    ),
    (8, include_str!("../migrations/0008_device_settings.sql")),
    (9, include_str!("../migrations/0009_alerts.sql")),
    (
        10,
        include_str!("../migrations/0010_pending_definitions.sql"),
    ),
    (
        11,
        include_str!("../migrations/0011_maintenance_windows.sql"),
    ),
    (12, include_str!("../migrations/0012_work_needs.sql")),
];

/// Any number that nothing else locks: servers that start together migrate one after the other.
const POSTGRES_LOCK: i64 = 0x6c61_7461_726e_696b;

/// Brings the schema up to date, all in one transaction.
pub(crate) async fn run(store: &Store) -> Result<(), StoreError> {
    let transaction = store.begin(&Scope::Everything).await?;
    if store.engine() == Engine::Postgres {
        transaction
            .one(sql!("SELECT pg_advisory_xact_lock($1)", POSTGRES_LOCK))
            .await?;
    }
    transaction
        .script("CREATE TABLE IF NOT EXISTS schema_version (version BIGINT NOT NULL)")
        .await?;
    let found = version(&transaction).await?;
    let known = MIGRATIONS.last().map_or(0, |(version, _)| *version);
    if found > known {
        return Err(StoreError::Newer { found, known });
    }
    for (version, text) in MIGRATIONS.iter().filter(|(version, _)| *version > found) {
        transaction
            .script(&in_dialect(text, transaction.engine()))
            .await?;
        transaction
            .execute(sql!("DELETE FROM schema_version"))
            .await?;
        transaction
            .execute(sql!("INSERT INTO schema_version VALUES ($1)", *version))
            .await?;
        tracing::info!(version, "database schema migrated");
    }
    wall::raise(&transaction).await?;
    transaction.commit().await
}

async fn version(transaction: &Transaction) -> Result<i64, StoreError> {
    let row = transaction
        .one(sql!("SELECT MAX(version) AS version FROM schema_version"))
        .await?;
    row.map_or(Ok(0), |row| {
        Ok(row.optional_integer("version")?.unwrap_or(0))
    })
}

/// Replaces the stand-ins for type names, and leaves out what stands between `{postgres}` or
/// `{sqlite}` and `{end}` for the other engine. `{c_text}` sorts by bytes on both engines, so that a
/// page of a list ends where the next begins whatever the database's locale.
fn in_dialect(text: &str, engine: DbBackend) -> String {
    let (uuid, bytes, c_text, other) = match engine {
        DbBackend::Postgres => ("UUID", "BYTEA", "TEXT COLLATE \"C\"", "{sqlite}"),
        _ => ("BLOB", "BLOB", "TEXT", "{postgres}"),
    };
    let mut skipping = false;
    let mut script = String::with_capacity(text.len());
    for line in text.lines() {
        match line {
            "{postgres}" | "{sqlite}" => skipping = line == other,
            "{end}" => skipping = false,
            _ if skipping => {}
            _ => {
                script.push_str(line);
                script.push('\n');
            }
        }
    }
    script
        .replace("{uuid}", uuid)
        .replace("{bytes}", bytes)
        .replace("{c_text}", c_text)
}
