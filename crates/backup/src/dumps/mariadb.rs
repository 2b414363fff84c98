//! Dumps of MariaDB and MySQL by their own program.

use super::{
    DumpContext, DumpFailure, DumpFailureCode, DumpFile, ending::Ending, names::Names,
    program::Program, temporary::TemporaryFolder, tools::Tools,
};
use latarnik_destinations::Secret;
use serde::{Deserialize, Serialize};
use std::{
    io::{self, Write},
    path::{Path, PathBuf},
};

const TOOLS: Tools = Tools {
    program_files: &["MariaDB */bin", "MySQL/MySQL Server */bin"],
    folders: &[
        "/usr/local/mysql/bin",
        "/usr/local/mariadb/bin",
        "/opt/mysql/bin",
    ],
    newest_first: false,
};
/// MariaDB's name and MySQL's.
const PROGRAMS: &[&str] = &["mariadb-dump", "mysqldump"];
/// What the two have in common, and what each takes only if it knows it.
const ARGUMENTS: &[&str] = &[
    // One state of everything that is transactional, without locks.
    "--single-transaction",
    "--quick",
    "--routines",
    "--triggers",
    "--events",
    "--hex-blob",
    "--default-character-set=utf8mb4",
    // Needs a right that a user for backups should not have.
    "--no-tablespaces",
    // The trailer is a comment, and a file of settings may switch them off.
    "--comments",
    "--dump-date",
];
/// A newer MySQL's program asks older servers and MariaDB for what they do not have.
const MYSQL_ARGUMENTS: &[&str] = &["--loose-column-statistics=0", "--loose-set-gtid-purged=OFF"];

/// Databases of a MariaDB or MySQL server.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct MariadbSettings {
    /// Tells several servers of one job apart: a folder below `mariadb/`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// Host name or address; the system's socket unless told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub host: Option<String>,
    /// Port; 3306 unless told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub port: Option<u16>,
    /// A socket instead of host and port.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub socket: Option<PathBuf>,
    /// User; that of the system unless told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// Its password.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub password: Option<Secret>,
    /// Databases, each in a file of its own; none means all of them, with the users, in one file
    /// and one state.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub databases: Vec<String>,
    /// More arguments for the program, such as `--ssl-ca=…`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub arguments: Vec<String>,
    /// The folder of `mariadb-dump` or `mysqldump`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub programs: Option<PathBuf>,
}

impl MariadbSettings {
    pub(super) fn files(&self, context: &DumpContext) -> Result<Vec<DumpFile>, DumpFailure> {
        let path = TOOLS.find(PROGRAMS, self.programs.as_deref())?;
        let mut names = Names::below("mariadb", self.label.as_deref());
        let databases = match self.databases.as_slice() {
            [] => vec![None],
            named => named.iter().cloned().map(Some).collect(),
        };
        let mut files = Vec::new();
        for database in databases {
            let name = names.next(database.as_deref().unwrap_or("all-databases"), ".sql");
            let (settings, path, context) = (self.clone(), path.clone(), context.clone());
            files.push(DumpFile::new(name, move || {
                let program = settings.program(&path, database.as_deref(), &context)?;
                Ok(Box::new(program.start(&context)?) as _)
            }));
        }
        Ok(files)
    }

    fn program(
        &self,
        path: &Path,
        database: Option<&str>,
        context: &DumpContext,
    ) -> Result<Program, DumpFailure> {
        let mut program = Program::new(path.to_owned());
        program
            .classify(classify)
            .ending(Ending::Trailer("-- Dump completed"));
        if let Some(password) = &self.password {
            let folder = TemporaryFolder::create(&context.temporary_folder);
            let folder = folder.map_err(DumpFailure::of_file)?;
            let file = write_options(&folder, password).map_err(DumpFailure::of_file)?;
            // Must come first.
            let mut argument = std::ffi::OsString::from("--defaults-extra-file=");
            argument.push(file);
            program.arg(argument).hide(password.reveal()).keep(folder);
        }
        self.add_connection(&mut program);
        program.args(ARGUMENTS);
        if path.file_stem().is_some_and(|name| name == "mysqldump") {
            program.args(MYSQL_ARGUMENTS);
        }
        program.args(&self.arguments);
        match database {
            Some(database) => program.args(["--", database]),
            None => program.arg("--all-databases"),
        };
        Ok(program)
    }

    fn add_connection(&self, program: &mut Program) {
        if let Some(socket) = &self.socket {
            program.arg("--protocol=socket");
            let mut argument = std::ffi::OsString::from("--socket=");
            argument.push(socket);
            program.arg(argument);
        } else if let Some(host) = &self.host {
            // Else `localhost` would mean a socket.
            program.arg("--protocol=tcp").arg(format!("--host={host}"));
        }
        if let Some(port) = self.port {
            program.arg(format!("--port={port}"));
        }
        if let Some(user) = &self.user {
            program.arg(format!("--user={user}"));
        }
    }
}

fn write_options(folder: &TemporaryFolder, password: &Secret) -> io::Result<PathBuf> {
    let (path, mut file) = folder.create_file("options")?;
    let password = quoted(password.reveal());
    file.write_all(format!("[client]\npassword={password}\n").as_bytes())?;
    Ok(path)
}

/// A value of a file of options.
fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '\\' => quoted.push_str("\\\\"),
            '"' => quoted.push_str("\\\""),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

/// By numbers: servers speak the language of their settings.
fn classify(said: &str) -> Option<DumpFailureCode> {
    numbers(said).find_map(|number| match number {
        1045 | 1698 | 1862 | 1251 | 2059 => Some(DumpFailureCode::Credentials),
        1044 | 1142 | 1143 | 1227 | 1370 => Some(DumpFailureCode::Permission),
        1049 => Some(DumpFailureCode::NoSuchDatabase),
        1040 | 1130 | 2002 | 2003 | 2005 | 2026 => Some(DumpFailureCode::CannotConnect),
        1053 | 1927 | 2006 | 2013 => Some(DumpFailureCode::ConnectionLost),
        _ => None,
    })
}

/// The numbers in `error: 1045:`, `Error 2013:` and `(1044)`.
fn numbers(said: &str) -> impl Iterator<Item = u32> {
    ["rror: ", "rror ", "("]
        .into_iter()
        .flat_map(move |before| {
            said.match_indices(before).filter_map(move |(at, _)| {
                let rest = said.get(at + before.len()..)?;
                let end = rest.find(|c: char| !c.is_ascii_digit())?;
                rest.get(..end)?.parse().ok()
            })
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_program_says_has_codes() {
        let rows = [
            (
                "mariadb-dump: Got error: 1045: \"Access denied for user 'a'@'localhost' (using password: YES)\" when trying to connect",
                DumpFailureCode::Credentials,
            ),
            (
                "mysqldump: Got error: 1049: \"Nieznana baza danych 'x'\" when selecting the database",
                DumpFailureCode::NoSuchDatabase,
            ),
            (
                "mariadb-dump: Error 2013: Lost connection to server during query when dumping table `a` at row: 10",
                DumpFailureCode::ConnectionLost,
            ),
            (
                "mariadb-dump: Got error: 2002: \"Can't connect to server on '127.0.0.1' (115)\" when trying to connect",
                DumpFailureCode::CannotConnect,
            ),
            (
                "mariadb-dump: Couldn't execute 'show events': Access denied for user 'a'@'localhost' to database 'shop' (1044)",
                DumpFailureCode::Permission,
            ),
        ];
        for (said, code) in rows {
            assert_eq!(classify(said), Some(code), "{said}");
        }
        assert_eq!(classify("mariadb-dump: Error: table 1045 is full"), None);
    }

    #[test]
    fn any_password_stands_in_a_file_of_options() {
        assert_eq!(quoted(r#"a"b\c # '"#), r#""a\"b\\c # '""#);
        assert_eq!(quoted("a\nb"), "\"a\\nb\"");
    }
}
