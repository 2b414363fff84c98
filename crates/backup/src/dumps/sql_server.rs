//! Backups of Microsoft SQL Server: the server itself writes them into a folder of its own, from
//! which they are read and removed.
//!
//! The file of a database has the same name each time. A file that a killed run left behind is
//! removed by the next, or overwritten by the server.

use super::{
    DumpContext, DumpFailure, DumpFailureCode, DumpFile,
    ending::Ending,
    names::{Names, file_name},
    program::Program,
    stored_file::StoredFile,
    tools::Tools,
};
use latarnik_destinations::Secret;
use serde::{Deserialize, Serialize};
use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
};

const TOOLS: Tools = Tools {
    program_files: &[
        "Microsoft SQL Server/Client SDK/ODBC/*/Tools/Binn",
        "Microsoft SQL Server/*/Tools/Binn",
        "SqlCmd",
    ],
    folders: &["/opt/mssql-tools18/bin", "/opt/mssql-tools/bin"],
    newest_first: true,
};
const CONNECT_LIMIT_SECONDS: &str = "30";
/// `tempdb` is made anew at every start; snapshots of databases cannot be backed up.
const DATABASES: &str = "SET NOCOUNT ON; SELECT name FROM sys.databases \
    WHERE name <> N'tempdb' AND state = 0 AND source_database_id IS NULL ORDER BY name";

/// Databases of Microsoft SQL Server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SqlServerSettings {
    /// Tells several servers of one job apart: a folder below `sql-server/`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// The server as `sqlcmd` takes it: `host`, `host,port` or `host\instance`.
    #[serde(default = "this_machine")]
    pub server: String,
    /// User of SQL Server; the Windows account of the agent unless told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// Its password.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password: Option<Secret>,
    /// How the connection is protected.
    #[serde(default)]
    pub encryption: SqlServerEncryption,
    /// Databases; none means all of them but `tempdb`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub databases: Vec<String>,
    /// The folder into which the server writes, as the server calls it.
    pub backup_folder: String,
    /// The same folder as this machine calls it, where that is another name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub backup_folder_here: Option<PathBuf>,
    /// The folder of `sqlcmd`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub programs: Option<PathBuf>,
}

/// How the connection to SQL Server is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SqlServerEncryption {
    /// As `sqlcmd` and the server are set up.
    #[default]
    AsConfigured,
    /// Encrypted, and the certificate is checked.
    Verify,
    /// Encrypted with whatever certificate the server made for itself.
    TrustAnyCertificate,
}

fn this_machine() -> String {
    "localhost".to_owned()
}

impl SqlServerSettings {
    pub(super) fn files(&self, context: &DumpContext) -> Result<Vec<DumpFile>, DumpFailure> {
        let sqlcmd = TOOLS.find(&["sqlcmd"], self.programs.as_deref())?;
        let databases = match self.databases.as_slice() {
            [] => self.list(&sqlcmd, context)?,
            named => named.to_vec(),
        };
        let mut names = Names::below("sql-server", self.label.as_deref());
        let mut files = Vec::new();
        for database in databases {
            let name = names.next(&database, ".bak");
            // As unambiguous as the name in the snapshot.
            let stored = format!("latarnik-dump-{}", file_name(&name));
            remove(&self.folder_here().join(&stored)).map_err(DumpFailure::of_file)?;
            let (settings, sqlcmd, context) = (self.clone(), sqlcmd.clone(), context.clone());
            files.push(DumpFile::new(name, move || {
                Ok(Box::new(settings.back_up(&sqlcmd, &database, &stored, &context)?) as _)
            }));
        }
        Ok(files)
    }

    fn list(&self, sqlcmd: &Path, context: &DumpContext) -> Result<Vec<String>, DumpFailure> {
        let mut program = self.program(sqlcmd);
        // No headings, no padding, no line breaks of its own.
        program
            .args(["-h-1", "-W", "-w", "65535"])
            .args(["-Q", DATABASES]);
        let output = program.output(context)?;
        let output = String::from_utf8_lossy(&output);
        let names = output.lines().map(|line| line.trim_end_matches('\r'));
        let names = names.filter(|name| !name.is_empty());
        Ok(names.map(str::to_owned).collect())
    }

    fn back_up(
        &self,
        sqlcmd: &Path,
        database: &str,
        stored: &str,
        context: &DumpContext,
    ) -> Result<StoredFile<RemovedAfterwards>, DumpFailure> {
        let here = RemovedAfterwards(self.folder_here().join(stored));
        let mut program = self.program(sqlcmd);
        let statement = backup_statement(database, &self.path_at_server(stored));
        program.args(["-Q", &statement]).ending(Ending::Anything);
        program.output(context)?;
        let opened = File::open(&here.0);
        let file = opened.map_err(|source| {
            // The server wrote it, and it is not here: the folder is another one.
            let code = match source.kind() {
                io::ErrorKind::NotFound => DumpFailureCode::InvalidSettings,
                io::ErrorKind::PermissionDenied => DumpFailureCode::Permission,
                _ => DumpFailureCode::TemporaryFile,
            };
            DumpFailure::new(code).by("sqlcmd").because(source)
        })?;
        let file = StoredFile::new(file, here, context).map_err(DumpFailure::of_file)?;
        match file.is_empty() {
            true => Err(DumpFailure::new(DumpFailureCode::Empty).by("sqlcmd")),
            false => Ok(file),
        }
    }

    fn program(&self, sqlcmd: &Path) -> Program {
        let mut program = Program::new(sqlcmd.to_owned());
        program
            .classify(classify)
            .args(["-S", &self.server])
            .args(["-l", CONNECT_LIMIT_SECONDS])
            // An error of a statement is an exit code, and is told on standard error.
            .args(["-b", "-r1"])
            // `$(…)` in a name is text.
            .arg("-x");
        match self.encryption {
            SqlServerEncryption::AsConfigured => &mut program,
            SqlServerEncryption::Verify => program.arg("-N"),
            SqlServerEncryption::TrustAnyCertificate => program.args(["-N", "-C"]),
        };
        match &self.user {
            Some(user) => program.args(["-U", user]),
            None => program.arg("-E"),
        };
        if let Some(password) = &self.password {
            program.env("SQLCMDPASSWORD", password.reveal());
            program.hide(password.reveal());
        }
        program
    }

    fn folder_here(&self) -> &Path {
        match &self.backup_folder_here {
            Some(folder) => folder,
            None => Path::new(&self.backup_folder),
        }
    }

    /// The server may be another system than this one.
    fn path_at_server(&self, name: &str) -> String {
        let separator = match self.backup_folder.contains('\\') {
            true => '\\',
            false => '/',
        };
        let folder = self.backup_folder.trim_end_matches(separator);
        format!("{folder}{separator}{name}")
    }
}

/// `COPY_ONLY` leaves the chain of the customer's own backups alone; `CHECKSUM` checks every page;
/// not compressed, since the repository does that and finds what did not change.
fn backup_statement(database: &str, path: &str) -> String {
    format!(
        "SET NOCOUNT ON; BACKUP DATABASE [{}] TO DISK = N'{}' \
         WITH COPY_ONLY, CHECKSUM, FORMAT, INIT, NO_COMPRESSION, STOP_ON_ERROR",
        database.replace(']', "]]"),
        path.replace('\'', "''"),
    )
}

/// A file that goes when nobody reads it any more.
struct RemovedAfterwards(PathBuf);

impl Drop for RemovedAfterwards {
    fn drop(&mut self) {
        if let Err(error) = remove(&self.0) {
            let path = self.0.display();
            tracing::warn!(%path, %error, "a backup of SQL Server could not be removed");
        }
    }
}

fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// By numbers, which stand behind `Msg` or its translation: servers speak the language of the
/// sign-in.
fn classify(said: &str) -> Option<DumpFailureCode> {
    let numbers = said.lines().filter_map(|line| {
        let (before, _) = line.split_once(',')?;
        before.rsplit(' ').next()?.parse::<u32>().ok()
    });
    let by_number = numbers.filter_map(|number| match number {
        18456 | 18452 | 18470 | 18486 | 18487 | 18488 => Some(DumpFailureCode::Credentials),
        911 | 4060 | 942 => Some(DumpFailureCode::NoSuchDatabase),
        229 | 262 | 916 | 3110 => Some(DumpFailureCode::Permission),
        // The server cannot write into its folder.
        3201 => Some(DumpFailureCode::Permission),
        112 | 3202 => Some(DumpFailureCode::NoSpace),
        824 | 3043 => Some(DumpFailureCode::Damaged),
        _ => None,
    });
    let by_words = || {
        let words = [
            "Login timeout expired",
            "network-related",
            "TCP Provider",
            "unable to open tcp",
        ];
        let is_told = words.iter().any(|words| said.contains(words));
        if said.contains("Login failed for user") {
            return Some(DumpFailureCode::Credentials);
        }
        is_told.then_some(DumpFailureCode::CannotConnect)
    };
    by_number.into_iter().next().or_else(by_words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_cannot_leave_their_quotes() {
        assert_eq!(
            backup_statement("a]; DROP DATABASE b --", r"D:\x'y\a.bak"),
            "SET NOCOUNT ON; BACKUP DATABASE [a]]; DROP DATABASE b --] TO DISK = N'D:\\x''y\\a.bak' \
             WITH COPY_ONLY, CHECKSUM, FORMAT, INIT, NO_COMPRESSION, STOP_ON_ERROR"
        );
    }

    #[test]
    fn the_path_is_that_of_the_server() {
        let path = |folder: &str| {
            let text = format!("backup_folder = '{folder}'");
            let settings: SqlServerSettings = toml::from_str(&text).unwrap();
            settings.path_at_server("a.bak")
        };
        assert_eq!(path(r"D:\Backup\"), r"D:\Backup\a.bak");
        assert_eq!(path("/var/opt/mssql"), "/var/opt/mssql/a.bak");
        assert_eq!(path(r"\\host\share"), r"\\host\share\a.bak");
    }

    #[test]
    fn what_the_server_says_has_codes_in_every_language() {
        let rows = [
            (
                "Msg 911, Level 16, State 1, Server X, Line 1\nDatabase 'x' does not exist.",
                DumpFailureCode::NoSuchDatabase,
            ),
            (
                "Komunikat 262, poziom 14, stan 1, serwer X, wiersz 1",
                DumpFailureCode::Permission,
            ),
            (
                "Sqlcmd: Error: Microsoft ODBC Driver 18 for SQL Server : Login failed for user 'sa'..",
                DumpFailureCode::Credentials,
            ),
            (
                "Sqlcmd: Error: Microsoft ODBC Driver 18 for SQL Server : Login timeout expired.",
                DumpFailureCode::CannotConnect,
            ),
        ];
        for (said, code) in rows {
            assert_eq!(classify(said), Some(code), "{said}");
        }
    }
}
