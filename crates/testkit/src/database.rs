//! Databases of both kinds, one for each test.

use latarnik_store::{ConnectOptions, Engine, Store};
use sea_orm::{ConnectionTrait, Statement};
use std::hash::{BuildHasher as _, RandomState};
use tempfile::TempDir;

/// Names the server on which tests make their databases. `cargo xtask test` starts one and sets it.
const POSTGRES: &str = "LATARNIK_TEST_POSTGRES";

/// A database without any schema, for tests of migrations.
pub struct EmptyDatabase {
    /// `sqlite://…` or `postgres://…`.
    pub address: String,
    folder: Option<TempDir>,
}

impl EmptyDatabase {
    /// A SQLite file in a temporary folder, gone with this value.
    #[must_use]
    pub fn sqlite() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("test.db");
        std::fs::File::create(&file).unwrap();
        Self {
            address: format!("sqlite://{}", file.display()),
            folder: Some(folder),
        }
    }

    /// A database of its own on the test server.
    ///
    /// # Panics
    /// If there is no test server: a test that silently does nothing proves nothing.
    pub async fn postgres() -> Self {
        let server = std::env::var(POSTGRES).unwrap_or_else(|_| {
            panic!("{POSTGRES} names no server; `cargo xtask test --only rust` starts one")
        });
        // Numbers of processes come again while the databases of earlier tests are still there.
        let name = format!("test_{:016x}", RandomState::new().hash_one(()));
        let connection = sea_orm::Database::connect(&server).await.unwrap();
        connection
            .execute_unprepared(&format!("CREATE DATABASE {name}"))
            .await
            .unwrap();
        connection.close().await.unwrap();
        let (base, _) = server.rsplit_once('/').unwrap();
        Self {
            address: format!("{base}/{name}"),
            folder: None,
        }
    }
}

/// An empty database with the product's schema.
pub struct Database {
    /// The store on it.
    pub store: Store,
    /// How to connect to it again.
    pub options: ConnectOptions,
    _folder: Option<TempDir>,
}

impl Database {
    /// A SQLite file in a temporary folder, gone with this value.
    pub async fn sqlite() -> Self {
        Self::on(EmptyDatabase::sqlite()).await
    }

    /// A database of its own on the test server.
    ///
    /// # Panics
    /// If there is no test server.
    pub async fn postgres() -> Self {
        Self::on(EmptyDatabase::postgres().await).await
    }

    /// A connection to it that knows nothing of the product.
    pub async fn bare(&self) -> sea_orm::DatabaseConnection {
        sea_orm::Database::connect(&self.options.address)
            .await
            .unwrap()
    }

    /// Gives back the room of what was deleted and overwritten.
    pub async fn compact(&self) {
        let connection = self.bare().await;
        let vacuum = match self.store.engine() {
            Engine::Postgres => "VACUUM FULL",
            Engine::Sqlite => "VACUUM",
        };
        connection.execute_unprepared(vacuum).await.unwrap();
        connection.close().await.unwrap();
    }

    /// How much room a table takes with its indexes, in bytes.
    pub async fn table_bytes(&self, table: &str) -> u64 {
        let connection = self.bare().await;
        let ask = match self.store.engine() {
            Engine::Postgres => format!("SELECT pg_total_relation_size('{table}') AS bytes"),
            Engine::Sqlite => format!(
                "SELECT SUM(pgsize) AS bytes FROM dbstat
                 WHERE name IN (SELECT name FROM sqlite_schema WHERE tbl_name = '{table}')"
            ),
        };
        let ask = Statement::from_string(connection.get_database_backend(), ask);
        let row = connection.query_one_raw(ask).await.unwrap().unwrap();
        let bytes: i64 = row.try_get("", "bytes").unwrap();
        connection.close().await.unwrap();
        u64::try_from(bytes).unwrap()
    }

    async fn on(empty: EmptyDatabase) -> Self {
        let options = ConnectOptions {
            address: empty.address,
            max_connections: 4,
        };
        let store = Store::connect(&options).await.unwrap();
        Self {
            store,
            options,
            _folder: empty.folder,
        }
    }
}

/// Runs each story on SQLite and on PostgreSQL:
/// `on_both_engines! { async fn rule(database: Database) { … } }`.
#[macro_export]
macro_rules! on_both_engines {
    ($($(#[$attribute:meta])* async fn $name:ident($database:ident: Database) $story:block)*) => {$(
        $(#[$attribute])*
        mod $name {
            use super::*;

            async fn story($database: $crate::Database) $story

            #[tokio::test]
            async fn on_sqlite() {
                story($crate::Database::sqlite().await).await;
            }

            #[tokio::test]
            async fn on_postgres() {
                story($crate::Database::postgres().await).await;
            }
        }
    )*};
}

/// Runs each story on an empty SQLite and on an empty PostgreSQL database:
/// `on_empty_databases! { async fn rule(database: EmptyDatabase) { … } }`.
#[macro_export]
macro_rules! on_empty_databases {
    ($($(#[$attribute:meta])* async fn $name:ident($database:ident: EmptyDatabase) $story:block)*) => {$(
        $(#[$attribute])*
        mod $name {
            use super::*;

            async fn story($database: $crate::EmptyDatabase) $story

            #[tokio::test]
            async fn on_sqlite() {
                story($crate::EmptyDatabase::sqlite()).await;
            }

            #[tokio::test]
            async fn on_postgres() {
                story($crate::EmptyDatabase::postgres().await).await;
            }
        }
    )*};
}
