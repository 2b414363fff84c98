//! Dumps of PostgreSQL by its own programs.

use super::{
    DumpContext, DumpFailure, DumpFailureCode, DumpFile, ending::Ending, names::Names,
    program::Program, tools::Tools,
};
use latarnik_destinations::Secret;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// An older `pg_dump` refuses a newer server, so the newest goes first.
const TOOLS: Tools = Tools {
    program_files: &["PostgreSQL/*/bin"],
    folders: &[
        "/usr/lib/postgresql/*/bin",
        "/usr/pgsql-*/bin",
        "/opt/postgresql/*/bin",
        "/usr/local/pgsql/bin",
    ],
    newest_first: true,
};
/// Where the server is asked for its other databases.
const MAINTENANCE: &str = "postgres";
const DATABASES: &str = "SELECT datname FROM pg_catalog.pg_database \
    WHERE datallowconn AND NOT datistemplate ORDER BY datname";
const CONNECT_LIMIT_SECONDS: &str = "30";

/// Databases of a PostgreSQL server.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PostgresqlSettings {
    /// Tells several servers of one job apart: a folder below `postgresql/`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// Host name, address, or the folder of its socket; the system's socket unless told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub host: Option<String>,
    /// Port; 5432 unless told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub port: Option<u16>,
    /// User; that of the system unless told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// Its password.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub password: Option<Secret>,
    /// Encryption of the connection; what client and server agree on unless told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tls: Option<PostgresqlTls>,
    /// Certificates that the server's is checked against, as a file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub root_certificate: Option<PathBuf>,
    /// Databases; none means all of them, each in a file of its own, and what belongs to the whole
    /// server (roles, tablespaces) in one more.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub databases: Vec<String>,
    /// The form of the dumps.
    pub format: PostgresqlFormat,
    /// Whether the dump of roles holds their passwords, which few users may read.
    pub role_passwords: RolePasswords,
    /// More arguments for `pg_dump`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub arguments: Vec<String>,
    /// The folder of `pg_dump`, `pg_dumpall` and `psql`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub programs: Option<PathBuf>,
}

/// The form of a dump.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PostgresqlFormat {
    /// SQL, restored by `psql`.
    #[default]
    Plain,
    /// An archive, restored whole or in parts by `pg_restore`. Not compressed: the repository does
    /// that, and finds what did not change.
    Custom,
}

/// How the connection is protected, weakest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PostgresqlTls {
    /// Not encrypted.
    Disable,
    /// Encrypted, to whomever.
    Require,
    /// The server's certificate is checked.
    VerifyCa,
    /// Its name as well.
    VerifyFull,
}

/// Whether the dump of roles holds their passwords.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RolePasswords {
    /// It does, as the hashes that the server keeps.
    #[default]
    Include,
    /// It does not.
    Omit,
}

impl PostgresqlSettings {
    pub(super) fn files(&self, context: &DumpContext) -> Result<Vec<DumpFile>, DumpFailure> {
        let pg_dump = self.find("pg_dump")?;
        let mut names = Names::below("postgresql", self.label.as_deref());
        let mut files = Vec::new();
        let (databases, scope) = if self.databases.is_empty() {
            // A database could be called like it, so it gets its name first.
            files.push(self.globals(&mut names, context)?);
            (self.list(context)?, Scope::WholeServer)
        } else {
            (self.databases.clone(), Scope::Named)
        };
        for database in databases {
            let name = names.next(&database, self.format.extension());
            let (settings, pg_dump, context) = (self.clone(), pg_dump.clone(), context.clone());
            files.push(DumpFile::new(name, move || {
                let program = settings.dump(&pg_dump, &database, scope);
                Ok(Box::new(program.start(&context)?) as _)
            }));
        }
        Ok(files)
    }

    fn find(&self, program: &str) -> Result<PathBuf, DumpFailure> {
        TOOLS.find(&[program], self.programs.as_deref())
    }

    fn list(&self, context: &DumpContext) -> Result<Vec<String>, DumpFailure> {
        let mut psql = self.program(&self.find("psql")?, MAINTENANCE);
        psql.args(["--no-password", "--no-psqlrc", "--quiet", "--tuples-only"])
            .args(["--no-align", "--record-separator-zero"])
            .args(["--set=ON_ERROR_STOP=1", "--command", DATABASES])
            .env("PGCLIENTENCODING", "UTF8");
        let output = psql.output(context)?;
        let output = String::from_utf8_lossy(&output);
        let databases = output.split(['\0', '\n']).map(str::to_owned);
        Ok(databases.filter(|name| !name.is_empty()).collect())
    }

    fn globals(&self, names: &mut Names, context: &DumpContext) -> Result<DumpFile, DumpFailure> {
        let name = names.next("globals", ".sql");
        let pg_dumpall = self.find("pg_dumpall")?;
        let (settings, context) = (self.clone(), context.clone());
        Ok(DumpFile::new(name, move || {
            let mut program = settings.program(&pg_dumpall, MAINTENANCE);
            program
                .args(["--no-password", "--globals-only"])
                .ending(Ending::Trailer(
                    "-- PostgreSQL database cluster dump complete",
                ));
            if settings.role_passwords == RolePasswords::Omit {
                program.arg("--no-role-passwords");
            }
            Ok(Box::new(program.start(&context)?) as _)
        }))
    }

    fn dump(&self, pg_dump: &Path, database: &str, scope: Scope) -> Program {
        let mut program = self.program(pg_dump, database);
        program.arg("--no-password");
        match self.format {
            PostgresqlFormat::Plain => program
                .arg("--format=plain")
                .ending(Ending::Trailer("-- PostgreSQL database dump complete")),
            PostgresqlFormat::Custom => program
                .args(["--format=custom", "--compress=0"])
                .ending(Ending::Opening("PGDMP")),
        };
        if (self.format, scope) == (PostgresqlFormat::Plain, Scope::WholeServer) {
            program.arg("--create");
        }
        program.args(&self.arguments);
        program
    }

    /// Tells where to connect by variables alone: a name of a database in an argument could be
    /// taken for a whole connection string.
    fn program(&self, path: &Path, database: &str) -> Program {
        let mut program = Program::new(path.to_owned());
        program
            .env("PGDATABASE", database)
            .env("PGAPPNAME", "latarnik")
            .env("PGCONNECT_TIMEOUT", CONNECT_LIMIT_SECONDS)
            .classify(classify);
        let port = self.port.map(|port| port.to_string());
        let variables = [
            ("PGHOST", self.host.as_deref()),
            ("PGPORT", port.as_deref()),
            ("PGUSER", self.user.as_deref()),
            ("PGSSLMODE", self.tls.map(PostgresqlTls::mode)),
        ];
        for (name, value) in variables {
            if let Some(value) = value {
                program.env(name, value);
            }
        }
        if let Some(file) = &self.root_certificate {
            program.env("PGSSLROOTCERT", file);
        }
        if let Some(password) = &self.password {
            program.env("PGPASSWORD", password.reveal());
            program.hide(password.reveal());
        }
        program
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Scope {
    /// To be restored into a database of any name.
    Named,
    /// To build the server anew: dumps make their databases, with the settings that those have.
    WholeServer,
}

impl PostgresqlFormat {
    const fn extension(self) -> &'static str {
        match self {
            Self::Plain => ".sql",
            Self::Custom => ".dump",
        }
    }
}

impl PostgresqlTls {
    const fn mode(self) -> &'static str {
        match self {
            Self::Disable => "disable",
            Self::Require => "require",
            Self::VerifyCa => "verify-ca",
            Self::VerifyFull => "verify-full",
        }
    }
}

/// The programs speak English; servers speak the language of their installation, which in Poland
/// is often Polish, in one of several encodings.
const MEANINGS: &[(&str, DumpFailureCode)] = &[
    (
        "password authentication failed",
        DumpFailureCode::Credentials,
    ),
    ("autoryzacja has", DumpFailureCode::Credentials),
    ("no password supplied", DumpFailureCode::Credentials),
    (
        "authentication failed for user",
        DumpFailureCode::Credentials,
    ),
    ("no pg_hba.conf entry", DumpFailureCode::Credentials),
    (
        "server closed the connection",
        DumpFailureCode::ConnectionLost,
    ),
    ("terminating connection", DumpFailureCode::ConnectionLost),
    (
        "lost synchronization with server",
        DumpFailureCode::ConnectionLost,
    ),
    (
        "connection to server was lost",
        DumpFailureCode::ConnectionLost,
    ),
    (
        "no connection to the server",
        DumpFailureCode::ConnectionLost,
    ),
    ("Connection refused", DumpFailureCode::CannotConnect),
    (
        "could not translate host name",
        DumpFailureCode::CannotConnect,
    ),
    ("timeout expired", DumpFailureCode::CannotConnect),
    ("the database system is", DumpFailureCode::CannotConnect),
    ("permission denied", DumpFailureCode::Permission),
    ("odmowa dost", DumpFailureCode::Permission),
    ("must be superuser", DumpFailureCode::Permission),
    (
        "would be affected by row-level security",
        DumpFailureCode::Permission,
    ),
];

fn classify(said: &str) -> Option<DumpFailureCode> {
    for line in said.lines() {
        let is_missing = line.contains("does not exist") || line.contains("nie istnieje");
        if is_missing && (line.contains("role \"") || line.contains("rola \"")) {
            return Some(DumpFailureCode::Credentials);
        }
        if is_missing && (line.contains("database \"") || line.contains("baza danych \"")) {
            return Some(DumpFailureCode::NoSuchDatabase);
        }
    }
    let meaning = MEANINGS.iter().find(|(words, _)| said.contains(words));
    let could_not_connect =
        || said.contains("could not connect to server") || said.contains("connection to server at");
    meaning
        .map(|(_, code)| *code)
        .or_else(|| could_not_connect().then_some(DumpFailureCode::CannotConnect))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_programs_say_has_codes() {
        let rows = [
            (
                "pg_dump: error: connection to server at \"127.0.0.1\", port 1 failed: Connection refused\n\tIs the server running?",
                DumpFailureCode::CannotConnect,
            ),
            (
                "pg_dump: error: connection to server at \"db\", port 5432 failed: FATAL:  baza danych \"x\" nie istnieje",
                DumpFailureCode::NoSuchDatabase,
            ),
            (
                "psql: error: connection to server at \"db\", port 5432 failed: FATAL:  autoryzacja has\u{fffd}em nie powiod\u{fffd}a si\u{fffd} dla u\u{fffd}ytkownika \"x\"",
                DumpFailureCode::Credentials,
            ),
            (
                "pg_dump: error: query failed: ERROR:  permission denied for table orders",
                DumpFailureCode::Permission,
            ),
            (
                "pg_dump: error: Dumping the contents of table \"a\" failed: PQgetCopyData() failed.\npg_dump: detail: Error message from server: server closed the connection unexpectedly",
                DumpFailureCode::ConnectionLost,
            ),
        ];
        for (said, code) in rows {
            assert_eq!(classify(said), Some(code), "{said}");
        }
        assert_eq!(classify("pg_dump: error: out of memory"), None);
    }
}
