//! Dumps of databases: what a server or a program writes, as files of a snapshot.
//!
//! [`DumpSettings::files`] names the files, and each is opened when its turn comes. What is read
//! then comes straight from the program that makes the dump, through a few small buffers; only
//! SQLite and SQL Server need a temporary file. The reader ends only when the program ended well
//! and the dump is whole. Else the last `read` is an error that holds a [`DumpFailure`]
//! ([`DumpFailure::of`]), so a dump that failed never looks complete. Dropping a reader ends its
//! program with everything that this started.
//!
//! No shell is ever involved. Programs get their arguments as they are, an environment of a few
//! variables in which they speak English, and passwords only through that environment or through
//! a file that nobody else may read, never on their command line.

mod command;
mod ending;
mod excerpt;
mod failure;
mod firebird;
mod mariadb;
mod names;
mod postgresql;
mod process_tree;
mod program;
mod sql_server;
mod sqlite;
mod stored_file;
mod temporary;
mod tools;

pub use command::CommandSettings;
pub use failure::{DumpFailure, DumpFailureCode, MOST_EXCERPT_BYTES};
pub use firebird::FirebirdSettings;
pub use mariadb::MariadbSettings;
pub use postgresql::{PostgresqlFormat, PostgresqlSettings, PostgresqlTls, RolePasswords};
pub use sql_server::{SqlServerEncryption, SqlServerSettings};
pub use sqlite::SqliteSettings;
pub use temporary::clean_leftovers;

use serde::{Deserialize, Serialize};
use std::{fmt, io::Read, path::PathBuf, time::Duration};
use tokio_util::sync::CancellationToken;

/// What to dump, as it is described in a file or a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[non_exhaustive]
pub enum DumpSettings {
    /// Databases of a PostgreSQL server.
    Postgresql(PostgresqlSettings),
    /// Databases of a MariaDB or MySQL server.
    Mariadb(MariadbSettings),
    /// A file of SQLite.
    Sqlite(SqliteSettings),
    /// Databases of Microsoft SQL Server.
    SqlServer(SqlServerSettings),
    /// Databases of a Firebird server.
    Firebird(FirebirdSettings),
    /// Whatever a program writes.
    Command(CommandSettings),
}

/// Where and how dumps are made.
#[derive(Debug, Clone)]
pub struct DumpContext {
    /// A folder for temporary files, which other users should not reach. Nothing in it whose name
    /// begins with `latarnik-dump` may be somebody else's.
    pub temporary_folder: PathBuf,
    /// Ends a dump within a tenth of a second of its next `read`.
    pub cancellation: CancellationToken,
    /// Lets everything else on the machine go first.
    pub low_priority: bool,
    /// The longest time that one dump may be waited for. Time in which nobody reads does not
    /// count.
    pub timeout: Duration,
}

/// One file of a snapshot.
pub struct DumpFile {
    /// Its path in the snapshot, such as `postgresql/shop.sql`: the same in every run, and a name
    /// that every system takes.
    pub name: String,
    /// Starts the dump.
    pub open: OpenDump,
}

/// Starts a dump and returns what it writes.
pub type OpenDump = Box<dyn FnOnce() -> Result<Box<dyn Read + Send>, DumpFailure> + Send>;

impl fmt::Debug for DumpFile {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("DumpFile")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

impl DumpSettings {
    /// The files that these settings stand for. Servers are asked for their databases where the
    /// settings name none; what earlier runs left behind is removed. Blocks.
    ///
    /// # Errors
    ///
    /// When the settings make no sense, a program is missing, or a server does not answer.
    pub fn files(&self, context: &DumpContext) -> Result<Vec<DumpFile>, DumpFailure> {
        clean_leftovers(&context.temporary_folder).map_err(DumpFailure::of_file)?;
        match self {
            Self::Postgresql(settings) => settings.files(context),
            Self::Mariadb(settings) => settings.files(context),
            Self::Sqlite(settings) => settings.files(context),
            Self::SqlServer(settings) => settings.files(context),
            Self::Firebird(settings) => settings.files(context),
            Self::Command(settings) => settings.files(context),
        }
    }
}

impl DumpFile {
    fn new(
        name: String,
        open: impl FnOnce() -> Result<Box<dyn Read + Send>, DumpFailure> + Send + 'static,
    ) -> Self {
        Self {
            name,
            open: Box::new(open),
        }
    }
}
