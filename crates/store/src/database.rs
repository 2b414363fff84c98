//! Connections and transactions.

use crate::{StoreError, migrations, row::Row, sql::Sql, wall};
use latarnik_model::Scope;
use sea_orm::{
    ConnectionTrait, Database, DatabaseConnection, DatabaseTransaction, DbBackend,
    SqliteTransactionMode, TransactionOptions, TransactionTrait,
};
use std::time::Duration;

/// How to reach the database.
#[derive(Debug, Clone)]
pub struct ConnectOptions {
    /// `sqlite://path` or `postgres://…`. Secret: a PostgreSQL address may hold a password.
    pub address: String,
    /// Most connections for reading, and (PostgreSQL only) as many again for writing.
    pub max_connections: u32,
}

/// Which database it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    /// One file, one server process.
    Sqlite,
    /// Many server processes.
    Postgres,
}

/// The database. Cheap to clone.
///
/// Reading and writing have connections of their own, so that a transaction which reads on the side
/// never waits for itself. SQLite takes one writer at a time: there all writing goes through one
/// connection, so that writers queue here instead of failing there.
///
/// On PostgreSQL every statement runs behind a second wall: see [`wall`].
#[derive(Debug, Clone)]
pub struct Store {
    reader: DatabaseConnection,
    writer: DatabaseConnection,
}

/// Statements that commit together. Dropping it rolls back.
#[derive(Debug)]
pub struct Transaction {
    transaction: DatabaseTransaction,
}

/// How long a SQLite writer waits for another process, such as an administration command.
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(10);

impl Store {
    /// Connects, and brings the schema up to date.
    ///
    /// # Errors
    /// [`StoreError`] if the database cannot be reached, or was made by a newer program.
    pub async fn connect(options: &ConnectOptions) -> Result<Self, StoreError> {
        let store = match options.address.split_once(':') {
            Some(("sqlite", _)) => Self::connect_sqlite(options).await?,
            Some(("postgres" | "postgresql", _)) => {
                let reader = Database::connect(pool(options, options.max_connections)).await?;
                let writer = Database::connect(pool(options, options.max_connections)).await?;
                let store = Self { reader, writer };
                migrations::run(&store).await?;
                store
            }
            _ => return Err(StoreError::Address),
        };
        wall::check(&store).await?;
        Ok(store)
    }

    async fn connect_sqlite(options: &ConnectOptions) -> Result<Self, StoreError> {
        let connect = async |size| {
            let mut pool = pool(options, size);
            pool.map_sqlx_sqlite_opts(|sqlite| {
                sqlite
                    .create_if_missing(true)
                    .foreign_keys(true)
                    .busy_timeout(BUSY_TIMEOUT)
                    .pragma("journal_mode", "WAL")
                    .pragma("synchronous", "NORMAL")
                    .pragma("temp_store", "MEMORY")
                    .pragma("cache_size", "-8192")
            });
            Database::connect(pool).await
        };
        let writer = connect(1).await?;
        migrations::run(&Self {
            reader: writer.clone(),
            writer: writer.clone(),
        })
        .await?;
        // Only now: a connection that knew the schema as it was before would trip over it.
        let reader = connect(options.max_connections).await?;
        Ok(Self { reader, writer })
    }

    /// Which database it is.
    #[must_use]
    pub fn engine(&self) -> Engine {
        match self.reader.get_database_backend() {
            DbBackend::Postgres => Engine::Postgres,
            _ => Engine::Sqlite,
        }
    }

    /// Asks the database for a sign of life.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if there is none.
    pub async fn ping(&self) -> Result<(), StoreError> {
        Ok(self.reader.ping().await?)
    }

    /// Begins a transaction that writes, and on PostgreSQL sees nothing outside the scope.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn begin(&self, scope: &Scope) -> Result<Transaction, StoreError> {
        let transaction = self
            .writer
            .begin_with_options(TransactionOptions {
                sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
                ..TransactionOptions::default()
            })
            .await?;
        wall::admit(&transaction, scope).await?;
        Ok(Transaction { transaction })
    }

    pub(crate) async fn all(&self, scope: &Scope, sql: Sql) -> Result<Vec<Row>, StoreError> {
        match self.engine() {
            Engine::Sqlite => all(&self.reader, sql).await,
            Engine::Postgres => {
                let walled = walled(&self.reader, scope).await?;
                let rows = all(&walled, sql).await?;
                walled.commit().await?;
                Ok(rows)
            }
        }
    }

    pub(crate) async fn one(&self, scope: &Scope, sql: Sql) -> Result<Option<Row>, StoreError> {
        match self.engine() {
            Engine::Sqlite => one(&self.reader, sql).await,
            Engine::Postgres => {
                let walled = walled(&self.reader, scope).await?;
                let row = one(&walled, sql).await?;
                walled.commit().await?;
                Ok(row)
            }
        }
    }

    /// Writes a single statement.
    pub(crate) async fn execute(&self, scope: &Scope, sql: Sql) -> Result<u64, StoreError> {
        match self.engine() {
            Engine::Sqlite => execute(&self.writer, sql).await,
            Engine::Postgres => {
                let walled = walled(&self.writer, scope).await?;
                let affected = execute(&walled, sql).await?;
                walled.commit().await?;
                Ok(affected)
            }
        }
    }
}

async fn walled(
    connection: &DatabaseConnection,
    scope: &Scope,
) -> Result<DatabaseTransaction, StoreError> {
    let transaction = connection.begin().await?;
    wall::admit(&transaction, scope).await?;
    Ok(transaction)
}

impl Transaction {
    /// Makes it last.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`]; then nothing of it happened.
    pub async fn commit(self) -> Result<(), StoreError> {
        Ok(self.transaction.commit().await?)
    }

    /// Whether the engine locks rows that are read in order to be changed (SQLite locks the whole
    /// file instead, and knows no such words).
    pub(crate) fn for_update(&self) -> &'static str {
        match self.transaction.get_database_backend() {
            DbBackend::Postgres => " FOR UPDATE",
            _ => "",
        }
    }

    pub(crate) fn engine(&self) -> DbBackend {
        self.transaction.get_database_backend()
    }

    pub(crate) async fn all(&self, sql: Sql) -> Result<Vec<Row>, StoreError> {
        all(&self.transaction, sql).await
    }

    pub(crate) async fn one(&self, sql: Sql) -> Result<Option<Row>, StoreError> {
        one(&self.transaction, sql).await
    }

    pub(crate) async fn execute(&self, sql: Sql) -> Result<u64, StoreError> {
        execute(&self.transaction, sql).await
    }

    pub(crate) async fn script(&self, text: &str) -> Result<(), StoreError> {
        self.transaction.execute_unprepared(text).await?;
        Ok(())
    }
}

fn pool(options: &ConnectOptions, size: u32) -> sea_orm::ConnectOptions {
    let mut pool = sea_orm::ConnectOptions::new(options.address.clone());
    pool.max_connections(size)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        .sqlx_logging(false);
    pool
}

async fn all(connection: &impl ConnectionTrait, sql: Sql) -> Result<Vec<Row>, StoreError> {
    let statement = sql.statement(connection.get_database_backend());
    Ok(connection
        .query_all_raw(statement)
        .await?
        .into_iter()
        .map(Row)
        .collect())
}

async fn one(connection: &impl ConnectionTrait, sql: Sql) -> Result<Option<Row>, StoreError> {
    let statement = sql.statement(connection.get_database_backend());
    Ok(connection.query_one_raw(statement).await?.map(Row))
}

async fn execute(connection: &impl ConnectionTrait, sql: Sql) -> Result<u64, StoreError> {
    let statement = sql.statement(connection.get_database_backend());
    Ok(connection.execute_raw(statement).await?.rows_affected())
}
