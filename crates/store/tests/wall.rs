//! The second wall: what PostgreSQL itself refuses, whatever the statements say.
#![expect(
    clippy::unwrap_used,
    reason = "a story that cannot be set up should fail at once"
)]

use latarnik_model::{Scope, TenantId};
use latarnik_store::{ConnectOptions, Engine, Store, StoreError, TenantRecord};
use latarnik_testkit::{CountingRandomness, Database, on_both_engines, test_start};
use sea_orm::{ConnectionTrait, DatabaseConnection, TransactionTrait};
use std::collections::BTreeSet;

async fn tenant(store: &Store, ids: &CountingRandomness, name: &str) -> TenantId {
    let tenant = TenantRecord {
        id: TenantId::generate(test_start(), ids),
        parent_id: None,
        name: name.to_owned(),
        time_zone: "Europe/Warsaw".to_owned(),
        audit_retention_days: None,
        deletion: None,
        created_at: test_start(),
    };
    let transaction = store.begin(&Scope::one(tenant.id)).await.unwrap();
    transaction.insert_tenant(&tenant).await.unwrap();
    transaction.commit().await.unwrap();
    tenant.id
}

/// The server's own connection, without the statements of the store: the first wall is down.
async fn bare(database: &Database) -> DatabaseConnection {
    sea_orm::Database::connect(&database.options.address)
        .await
        .unwrap()
}

/// How many tenants a statement without any condition sees, after being admitted to these.
async fn seen(connection: &DatabaseConnection, admitted: &[TenantId]) -> usize {
    let transaction = connection.begin().await.unwrap();
    let ids: Vec<_> = admitted.iter().map(ToString::to_string).collect();
    transaction
        .execute_unprepared(&format!("SET LOCAL latarnik.tenants = '{}'", ids.join(",")))
        .await
        .unwrap();
    let backend = transaction.get_database_backend();
    let all = sea_orm::Statement::from_string(backend, "SELECT tenant_id FROM tenants");
    transaction.query_all_raw(all).await.unwrap().len()
}

#[tokio::test]
async fn statement_without_conditions_sees_only_admitted_tenants_on_postgres() {
    let database = Database::postgres().await;
    let ids = CountingRandomness::default();
    let own = tenant(&database.store, &ids, "own").await;
    let other = tenant(&database.store, &ids, "other").await;
    let connection = bare(&database).await;
    assert_eq!(seen(&connection, &[own]).await, 1);
    assert_eq!(seen(&connection, &[own, other]).await, 2);
    assert_eq!(seen(&connection, &[]).await, 0);
    let backend = connection.get_database_backend();
    let all = sea_orm::Statement::from_string(backend, "SELECT tenant_id FROM tenants");
    let rows = connection.query_all_raw(all).await.unwrap();
    assert!(
        rows.is_empty(),
        "a connection that was admitted to nothing sees nothing"
    );
}

#[tokio::test]
async fn statement_without_conditions_changes_only_admitted_tenants_on_postgres() {
    let database = Database::postgres().await;
    let ids = CountingRandomness::default();
    let own = tenant(&database.store, &ids, "own").await;
    let other = tenant(&database.store, &ids, "other").await;
    let connection = bare(&database).await;
    let run = async |statement: &str| {
        let transaction = connection.begin().await.unwrap();
        let admit = format!("SET LOCAL latarnik.tenants = '{own}'");
        transaction.execute_unprepared(&admit).await.unwrap();
        let result = transaction.execute_unprepared(statement).await;
        let affected = result.map(|result| result.rows_affected());
        transaction.commit().await.ok();
        affected
    };
    assert_eq!(
        run("UPDATE tenants SET time_zone = 'UTC'").await.unwrap(),
        1
    );
    let insert = |tenant: TenantId, name: &str| {
        format!(
            "INSERT INTO device_groups (tenant_id, id, name, created_at)
             VALUES ('{tenant}', gen_random_uuid(), '{name}', 0)"
        )
    };
    assert_eq!(run(&insert(own, "mine")).await.unwrap(), 1);
    let refused = run(&insert(other, "theirs")).await.unwrap_err().to_string();
    assert!(refused.contains("row-level security"), "{refused}");
    let moved = format!("UPDATE device_groups SET tenant_id = '{other}'");
    let refused = run(&moved).await.unwrap_err().to_string();
    assert!(refused.contains("row-level security"), "{refused}");
    assert_eq!(run("DELETE FROM device_groups").await.unwrap(), 1);
    let zones = database.store.tenants(&Scope::one(other)).await.unwrap();
    assert_eq!(zones.first().unwrap().time_zone, "Europe/Warsaw");
}

#[tokio::test]
async fn database_user_above_the_wall_is_refused_on_postgres() {
    let superuser = std::env::var("LATARNIK_TEST_POSTGRES_SUPERUSER")
        .expect("`cargo xtask test` sets the address");
    let database = Database::postgres().await;
    let (base, _) = superuser.rsplit_once('/').unwrap();
    let (_, name) = database.options.address.rsplit_once('/').unwrap();
    let options = ConnectOptions {
        address: format!("{base}/{name}"),
        max_connections: 1,
    };
    match Store::connect(&options).await {
        Err(error @ StoreError::Unwalled { .. }) => {
            assert!(error.to_string().contains("NOSUPERUSER"), "{error}");
        }
        other => panic!("{other:?}"),
    }
}

on_both_engines! {
    async fn every_table_has_its_tenant_and_its_wall(database: Database) {
        let store = &database.store;
        let tables = store.tables().await.unwrap();
        assert!(tables.len() > 20, "{tables:?}");
        for table in &tables {
            assert!(table.has_tenant, "{} has rows of no tenant", table.name);
            let walled = store.engine() == Engine::Sqlite || table.walled;
            assert!(walled, "{} is open to every tenant", table.name);
        }
        let found: BTreeSet<_> = tables
            .iter()
            .map(|table| table.name.as_str())
            .filter(|name| *name != "tenants")
            .collect();
        let emptied: BTreeSet<_> = Store::tables_of_tenants().iter().copied().collect();
        assert_eq!(found, emptied, "deleting a tenant empties every table");
    }
}
