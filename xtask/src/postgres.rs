//! A private PostgreSQL in a temporary folder: fast, unsafe against power loss, gone afterwards.

use crate::{
    children::{self, Child},
    packages, stack, step,
    workspace::Workspace,
};
use anyhow::{Context, Result};
use rustix::process::Signal;
use std::{
    fs,
    os::unix::{fs::chown, process::CommandExt},
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};
use tempfile::TempDir;

/// What a private PostgreSQL needs.
pub(crate) const PACKAGES: &[&str] = &["postgresql"];
const START_LIMIT: Duration = Duration::from_secs(60);
/// Nothing here has to survive a crash.
const SETTINGS: &[&str] = &[
    "listen_addresses=127.0.0.1",
    "fsync=off",
    "synchronous_commit=off",
    "full_page_writes=off",
    "max_connections=300",
    "shared_buffers=128MB",
];

/// A running cluster. Dropping it stops it and removes its files.
#[derive(Debug)]
pub(crate) struct Postgres {
    // Stopped before its folder goes.
    server: Child,
    port: u16,
    programs: PathBuf,
    _folder: TempDir,
}

impl Postgres {
    /// Makes a cluster and starts it on a free port of the loopback interface.
    pub(crate) fn start(workspace: &Workspace, settings: &[&str]) -> Result<Self> {
        let programs = find_programs()?;
        // In the system's folder for temporary files, because another user must reach it.
        let folder = tempfile::Builder::new()
            .prefix("latarnik-postgresql-")
            .tempdir()?;
        let account = Account::for_server()?;
        if let Some(account) = account {
            chown(folder.path(), Some(account.user), Some(account.group))?;
        }
        let data = folder.path().join("data");
        let run = |program: &str| command(&programs.join(program), account, folder.path());
        let mut initdb = run("initdb");
        initdb.arg("--pgdata").arg(&data);
        initdb.args([
            "--username=postgres",
            "--auth=trust",
            "--encoding=UTF8",
            "--locale=C",
            "--no-sync",
        ]);
        step::run("make a private PostgreSQL", "postgresql-initdb", initdb)?;
        let port = stack::free_port()?;
        let mut postgres = run("postgres");
        postgres
            .arg("-D")
            .arg(&data)
            .arg("-k")
            .arg(folder.path())
            .args(["-p", &port.to_string()]);
        for setting in SETTINGS.iter().chain(settings) {
            postgres.args(["-c", setting]);
        }
        let log = workspace.logs().join("postgresql.log");
        // SIGINT is its fast shutdown: it does not wait for clients.
        let server = Child::start("PostgreSQL", postgres, &log)?.ends_with(Signal::INT);
        let mut started = Self {
            server,
            port,
            programs,
            _folder: folder,
        };
        children::wait_until("PostgreSQL", START_LIMIT, || {
            started.server.check()?;
            Ok(started
                .run_sql(&started.superuser_address(), "SELECT 1")
                .is_ok())
        })?;
        // Row-level security binds no superuser: the server refuses to work as one.
        started.run_sql(
            &started.superuser_address(),
            "CREATE ROLE latarnik LOGIN CREATEDB NOSUPERUSER NOBYPASSRLS",
        )?;
        Ok(started)
    }

    /// The address of one of its databases for an ordinary user who may make more; no password.
    pub(crate) fn address(&self, database: &str) -> String {
        format!("postgres://latarnik@127.0.0.1:{}/{database}", self.port)
    }

    /// The address for its superuser.
    pub(crate) fn superuser_address(&self) -> String {
        format!("postgres://postgres@127.0.0.1:{}/postgres", self.port)
    }

    /// Makes an empty database and returns its address.
    pub(crate) fn create_database(&self, name: &str) -> Result<String> {
        self.run_sql(
            &self.address("postgres"),
            &format!("CREATE DATABASE {name}"),
        )?;
        Ok(self.address(name))
    }

    /// The process that the server's other processes descend from.
    pub(crate) fn process_id(&self) -> u32 {
        self.server.id()
    }

    /// One of its own programs.
    pub(crate) fn program(&self, name: &str) -> PathBuf {
        self.programs.join(name)
    }

    /// Runs a statement at an address and returns the rows that it answers.
    pub(crate) fn run_sql(&self, address: &str, statement: &str) -> Result<String> {
        let mut psql = Command::new(self.program("psql"));
        psql.args([
            "--no-psqlrc",
            "--quiet",
            "--tuples-only",
            "--command",
            statement,
        ]);
        psql.arg(address);
        children::capture(psql)
    }
}

#[derive(Debug, Clone, Copy)]
struct Account {
    user: u32,
    group: u32,
}

impl Account {
    /// PostgreSQL refuses to run as root: then it runs as the account of its package.
    fn for_server() -> Result<Option<Self>> {
        if !rustix::process::getuid().is_root() {
            return Ok(None);
        }
        let accounts = fs::read_to_string("/etc/passwd").context("could not read the accounts")?;
        let account = ["postgres", "nobody"]
            .iter()
            .find_map(|name| Self::find(&accounts, name));
        Ok(Some(account.context(
            "there is neither an account `postgres` nor `nobody`",
        )?))
    }

    fn find(accounts: &str, name: &str) -> Option<Self> {
        let line = accounts
            .lines()
            .find(|line| line.split(':').next() == Some(name))?;
        let mut fields = line.split(':').skip(2).map(str::parse);
        Some(Self {
            user: fields.next()?.ok()?,
            group: fields.next()?.ok()?,
        })
    }
}

fn command(program: &Path, account: Option<Account>, folder: &Path) -> Command {
    let mut command = Command::new(program);
    command.current_dir(folder).env("TZ", "UTC");
    if let Some(account) = account {
        command
            .uid(account.user)
            .gid(account.group)
            .env("HOME", folder);
    }
    command
}

/// Debian keeps the server's programs of each version apart, and off the path.
fn find_programs() -> Result<PathBuf> {
    let versions = fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten();
    let newest = versions
        .map(|version| version.path().join("bin"))
        .filter(|folder| folder.join("initdb").is_file())
        .max_by_key(|folder| {
            let version = folder
                .parent()
                .and_then(Path::file_name)
                .unwrap_or_default();
            version.to_string_lossy().parse::<u32>().unwrap_or_default()
        });
    newest
        .or_else(|| {
            packages::find_program(&["initdb"])?
                .parent()
                .map(Path::to_owned)
        })
        .context("PostgreSQL's server programs are missing")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_is_found_by_its_whole_name() {
        let accounts = "root:x:0:0::/root:/bin/sh\npostgres:x:104:108::/var:/bin/sh\n";
        let account = Account::find(accounts, "postgres").unwrap();
        assert_eq!((account.user, account.group), (104, 108));
        assert!(Account::find(accounts, "post").is_none());
    }
}
