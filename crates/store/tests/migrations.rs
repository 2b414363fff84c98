//! Databases of earlier versions, on SQLite and on PostgreSQL.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a story that cannot be set up should fail at once"
)]

use latarnik_model::{
    ActionId, CreatorKind, DeviceId, Scope, TaskParameters, TaskState, TenantId, UserState,
};
use latarnik_store::{ConnectOptions, GroupRecord, Store, StoreError};
use latarnik_testkit::{on_empty_databases, test_start};
use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, TransactionTrait};
use uuid::Uuid;

const FIRST: &str = include_str!("../migrations/0001_initial.sql");
const DEFINITIONS: &str = include_str!("../migrations/0010_pending_definitions.sql");

/// A database as the first version made it, with a tenant, a person, and a device in a group
/// that was to be scanned.
async fn first_version(address: &str) -> DatabaseConnection {
    let connection = sea_orm::Database::connect(address).await.unwrap();
    let (uuid, bytes, c_text) = match connection.get_database_backend() {
        DbBackend::Postgres => ("UUID", "BYTEA", "TEXT COLLATE \"C\""),
        _ => ("BLOB", "BLOB", "TEXT"),
    };
    let schema = FIRST
        .replace("{uuid}", uuid)
        .replace("{bytes}", bytes)
        .replace("{c_text}", c_text);
    connection.execute_unprepared(&schema).await.unwrap();
    connection
        .execute_unprepared(
            "CREATE TABLE schema_version (version BIGINT NOT NULL);
             INSERT INTO schema_version VALUES (1);",
        )
        .await
        .unwrap();
    let id = |number: u8| match connection.get_database_backend() {
        DbBackend::Postgres => format!("'{}'", Uuid::from_u128(number.into())),
        _ => format!("x'{}'", Uuid::from_u128(number.into()).simple()),
    };
    let blob = |number: u8| match connection.get_database_backend() {
        DbBackend::Postgres => format!("'\\x{}'", format!("{number:02x}").repeat(32)),
        _ => format!("x'{}'", format!("{number:02x}").repeat(32)),
    };
    let (tenant, user, group, inner, token, device) = (id(1), id(2), id(3), id(4), id(5), id(6));
    let (action, task) = (id(7), id(8));
    let (secret, key) = (blob(1), blob(2));
    connection
        .execute_unprepared(&format!(
            "INSERT INTO tenants VALUES ({tenant}, NULL, 'One', 'one', 'UTC', 0);
             INSERT INTO users VALUES ({tenant}, {user}, 'Anna@example.com', 'anna@example.com',
                 'Anna', 'owner', 'pl', 'dark', '$argon2id$x', 0);
             INSERT INTO sessions VALUES ({tenant}, {secret}, {user}, 0, 0, 0);
             INSERT INTO device_groups VALUES ({tenant}, {group}, NULL, 'Warsaw', 0);
             INSERT INTO device_groups VALUES ({tenant}, {inner}, {group}, 'Servers', 0);
             INSERT INTO enrollment_tokens VALUES ({tenant}, {token}, {inner}, 'Office', {secret},
                 0, 'Anna', 0, NULL, 1, NULL);
             INSERT INTO devices (tenant_id, id, group_id, enrollment_token_id, key_fingerprint,
                 hostname, hostname_key, os_family, os_name, os_version, architecture,
                 agent_version, enrolled_at, last_seen_at, scan_state, restart_required,
                 task_sequence)
             VALUES ({tenant}, {device}, {inner}, {token}, {key}, 'till', 'till', 'linux', 'Debian',
                 '12', 'x86_64', '0.1.0', 0, 0, 'never', 0, 0);
             INSERT INTO actions VALUES ({tenant}, {action}, 'scan', '{{\"type\":\"now\"}}', 0, {user},
                 'Anna', 'key');
             INSERT INTO tasks (tenant_id, id, action_tenant_id, action_id, device_id, sequence,
                 kind, parameters, run_when, timeout_seconds, state, created_at, created_by_name)
             VALUES ({tenant}, {task}, {tenant}, {action}, {device}, 1, 'scan',
                 '{{\"kind\":\"scan\"}}', '{{\"type\":\"now\"}}', 60, 'queued', 0, 'Anna');"
        ))
        .await
        .unwrap();
    connection
}

on_empty_databases! {
    async fn what_the_first_version_held_is_still_there(database: EmptyDatabase) {
        let connection = first_version(&database.address).await;
        connection.close().await.unwrap();
        let options = ConnectOptions { address: database.address.clone(), max_connections: 2 };
        let store = Store::connect(&options).await.unwrap();
        let tenant = TenantId(Uuid::from_u128(1));
        let scope = Scope::one(tenant);
        let user = store.user_by_email(&scope, "ANNA@example.com").await.unwrap().unwrap();
        assert_eq!((user.name.as_str(), user.state), ("Anna", UserState::Active));
        assert_eq!(user.password_hash.as_deref(), Some("$argon2id$x"));
        let groups = store.groups(&scope).await.unwrap();
        assert_eq!(groups.len(), 2);
        let inner = groups.iter().find(|group| group.name == "Servers").unwrap();
        assert_eq!(inner.parent_id, Some(groups.iter().find(|g| g.name == "Warsaw").unwrap().id));
        assert_eq!(store.group_sizes(&scope).await.unwrap(), [(inner.id, 1)]);

        let action = store.action(&scope, ActionId(Uuid::from_u128(7))).await.unwrap().unwrap();
        assert_eq!(action.created_by.kind, CreatorKind::User);
        assert_eq!(action.parameters, TaskParameters::Scan);
        assert_eq!(action.tasks[&TaskState::Queued], 1);

        // Names are unique among siblings now, and no longer in the whole tenant.
        let transaction = store.begin(&scope).await.unwrap();
        let twin = |number: u8, parent| GroupRecord {
            id: latarnik_model::GroupId(Uuid::from_u128(number.into())),
            tenant_id: tenant,
            parent_id: parent,
            name: "Servers".to_owned(),
            created_at: test_start(),
        };
        transaction.insert_group(&twin(10, None)).await.unwrap();
        let taken = transaction.insert_group(&twin(11, inner.parent_id)).await;
        assert!(matches!(taken, Err(StoreError::Conflict(_))), "{taken:?}");
    }

    async fn definitions_that_were_counted_as_pending_are_counted_apart(database: EmptyDatabase) {
        first_version(&database.address).await.close().await.unwrap();
        let options = ConnectOptions { address: database.address.clone(), max_connections: 2 };
        Store::connect(&options).await.unwrap();
        let connection = sea_orm::Database::connect(&database.address).await.unwrap();
        let transaction = connection.begin().await.unwrap();
        if connection.get_database_backend() == DbBackend::Postgres {
            let open = "SET LOCAL latarnik.everything = 'yes'";
            transaction.execute_unprepared(open).await.unwrap();
        }
        let offer = |key: &str, category: &str, offered: u8| {
            format!(
                "INSERT INTO device_updates (tenant_id, device_id, update_key, id, source, title,
                    category, restart_behavior, first_offered_at, offered, state, state_at)
                 SELECT tenant_id, id, '{key}', id, 'apt', '{key}', '{category}', 'never', 0,
                    {offered}, 'offered', 0 FROM devices;"
            )
        };
        let before = [
            offer("1", "definition", 1),
            offer("2", "definition", 0),
            offer("3", "security", 1),
            "UPDATE devices SET pending_updates = 2, pending_security = 1;
             ALTER TABLE devices DROP COLUMN pending_definitions;".to_owned(),
        ];
        for statements in before.iter().map(String::as_str).chain([DEFINITIONS]) {
            transaction.execute_unprepared(statements).await.unwrap();
        }
        transaction.commit().await.unwrap();
        connection.close().await.unwrap();
        // Connections know the columns that there were when they were opened.
        let store = Store::connect(&options).await.unwrap();
        let scope = Scope::one(TenantId(Uuid::from_u128(1)));
        let device = store.device(&scope, DeviceId(Uuid::from_u128(6))).await.unwrap().unwrap();
        assert_eq!((device.pending_updates, device.pending_definitions), (Some(1), Some(1)));
    }

    async fn database_of_a_newer_version_is_refused(database: EmptyDatabase) {
        let options = ConnectOptions { address: database.address.clone(), max_connections: 1 };
        Store::connect(&options).await.unwrap();
        let connection = sea_orm::Database::connect(&database.address).await.unwrap();
        connection.execute_unprepared("UPDATE schema_version SET version = 9999").await.unwrap();
        let error = Store::connect(&options).await.unwrap_err();
        assert!(matches!(error, StoreError::Newer { found: 9999, .. }), "{error}");
    }
}
