//! What can go wrong between the program and its database.

use sea_orm::{DbErr, SqlErr};

/// A store call that did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database cannot be reached, is locked for too long, or refuses; trying again may help.
    #[error("the database is not available")]
    Unavailable(#[source] DbErr),
    /// Something with this name or key exists already.
    #[error("exists already")]
    Conflict(#[source] DbErr),
    /// A row that this version of the program cannot read.
    #[error("column {column} holds something unreadable")]
    Unreadable {
        /// The column.
        column: &'static str,
        /// Why.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The database was made by a newer version of the program.
    #[error("the database has schema version {found}, this program knows versions up to {known}")]
    Newer {
        /// In the database.
        found: i64,
        /// In the program.
        known: i64,
    },
    /// The database user is above row-level security.
    #[error(
        "the database user {user:?} is above row-level security, so that nothing would keep tenants \
         apart if a statement went wrong; use an ordinary one: \
         CREATE ROLE latarnik LOGIN NOSUPERUSER NOBYPASSRLS, and make it the owner of the database"
    )]
    Unwalled {
        /// Its name.
        user: String,
    },
    /// The database's address is not understood.
    #[error("a database address begins with sqlite:// or postgres://")]
    Address,
}

impl From<DbErr> for StoreError {
    fn from(error: DbErr) -> Self {
        match error.sql_err() {
            Some(SqlErr::UniqueConstraintViolation(_)) => Self::Conflict(error),
            _ => Self::Unavailable(error),
        }
    }
}
