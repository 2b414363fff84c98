//! Backups of Firebird by `gbak`, which reads one state of the database while others write.

use super::{
    DumpContext, DumpFailure, DumpFailureCode, DumpFile, names::Names, program::Program,
    tools::Tools,
};
use latarnik_destinations::Secret;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

const TOOLS: Tools = Tools {
    program_files: &["Firebird/Firebird_*", "Firebird/Firebird_*/bin"],
    folders: &["/opt/firebird/bin", "/usr/lib/firebird/*/bin"],
    newest_first: true,
};

/// Databases of a Firebird server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FirebirdSettings {
    /// Tells several servers of one job apart: a folder below `firebird/`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// Host name or address. Without one `gbak` opens the file itself, which only works where no
    /// server has it open.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host: Option<String>,
    /// Port; 3050 unless told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub port: Option<u16>,
    /// User.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// Its password.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password: Option<Secret>,
    /// Paths or aliases of databases, as the server calls them.
    pub databases: Vec<String>,
    /// More arguments for `gbak`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub arguments: Vec<String>,
    /// The folder of `gbak`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub programs: Option<PathBuf>,
}

impl FirebirdSettings {
    pub(super) fn files(&self, context: &DumpContext) -> Result<Vec<DumpFile>, DumpFailure> {
        if self.databases.is_empty() {
            return Err(DumpFailure::invalid_settings("no database is named"));
        }
        let gbak = TOOLS.find(&["gbak"], self.programs.as_deref())?;
        let mut names = Names::below("firebird", self.label.as_deref());
        let mut files = Vec::new();
        for database in &self.databases {
            if database.starts_with('-') {
                return Err(DumpFailure::invalid_settings("a database begins with `-`"));
            }
            let last = database.rsplit(['/', '\\']).next().unwrap_or(database);
            let stem = last.rsplit_once('.').map_or(last, |(stem, _)| stem);
            let name = names.next(stem, ".fbk");
            let address = self.address(database);
            let (settings, gbak, context) = (self.clone(), gbak.clone(), context.clone());
            files.push(DumpFile::new(name, move || {
                let program = settings.program(&gbak, &address);
                Ok(Box::new(program.start(&context)?) as _)
            }));
        }
        Ok(files)
    }

    /// `host/port:database`, with a host that holds colons in brackets.
    fn address(&self, database: &str) -> String {
        let Some(host) = &self.host else {
            return database.to_owned();
        };
        let host = match host.contains(':') {
            true => format!("[{host}]"),
            false => host.clone(),
        };
        match self.port {
            Some(port) => format!("{host}/{port}:{database}"),
            None => format!("{host}:{database}"),
        }
    }

    fn program(&self, gbak: &Path, address: &str) -> Program {
        let mut program = Program::new(gbak.to_owned());
        program
            .classify(classify)
            // Without collecting garbage on the way: faster, and the database is only read.
            .args(["-backup_database", "-garbage_collect"])
            .args(&self.arguments)
            .args([address, "stdout"]);
        if let Some(user) = &self.user {
            program.env("ISC_USER", user);
        }
        if let Some(password) = &self.password {
            program.env("ISC_PASSWORD", password.reveal());
            program.hide(password.reveal());
        }
        program
    }
}

const MEANINGS: &[(&str, DumpFailureCode)] = &[
    (
        "Your user name and password are not defined",
        DumpFailureCode::Credentials,
    ),
    ("Missing security context", DumpFailureCode::Credentials),
    (
        "Unable to complete network request",
        DumpFailureCode::CannotConnect,
    ),
    (
        "Failed to establish a connection",
        DumpFailureCode::CannotConnect,
    ),
    (
        "connection rejected by remote interface",
        DumpFailureCode::CannotConnect,
    ),
    (
        "Error reading data from the connection",
        DumpFailureCode::ConnectionLost,
    ),
    (
        "Error writing data to the connection",
        DumpFailureCode::ConnectionLost,
    ),
    ("connection shutdown", DumpFailureCode::ConnectionLost),
    ("unavailable database", DumpFailureCode::NoSuchDatabase),
    ("No such file or directory", DumpFailureCode::NoSuchDatabase),
    ("cannot find the file", DumpFailureCode::NoSuchDatabase),
    ("no permission for", DumpFailureCode::Permission),
    ("Unable to perform operation", DumpFailureCode::Permission),
    ("database file appears corrupt", DumpFailureCode::Damaged),
    ("not a valid database", DumpFailureCode::Damaged),
];

/// Firebird speaks English everywhere.
fn classify(said: &str) -> Option<DumpFailureCode> {
    let meaning = MEANINGS.iter().find(|(words, _)| said.contains(words));
    meaning.map(|(_, code)| *code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_name_host_and_port() {
        let address = |text: &str| {
            let settings: FirebirdSettings = toml::from_str(text).unwrap();
            settings.address(settings.databases.first().unwrap())
        };
        assert_eq!(address("databases = ['C:\\a.fdb']"), "C:\\a.fdb");
        assert_eq!(address("host = 'db'\ndatabases = ['erp']"), "db:erp");
        assert_eq!(
            address("host = '::1'\nport = 3051\ndatabases = ['erp']"),
            "[::1]/3051:erp"
        );
    }
}
