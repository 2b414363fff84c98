//! A private PostgreSQL.

use crate::{
    ServerProcess,
    account::{self, Account},
    client, free_port,
};
use anyhow::{Context, Result};
use rustix::process::{Pid, Signal, kill_process};
use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};
use tempfile::TempDir;

/// Nothing here has to survive a crash.
const SETTINGS: &[&str] = &[
    "listen_addresses=127.0.0.1",
    "fsync=off",
    "synchronous_commit=off",
    "full_page_writes=off",
    "shared_buffers=32MB",
    "max_connections=20",
    "autovacuum=off",
];

/// A running PostgreSQL whose users have to give their passwords; dropping it stops it and removes
/// its files.
#[derive(Debug)]
pub struct Postgresql {
    server: ServerProcess,
    data: PathBuf,
    port: u16,
    programs: PathBuf,
    _folder: TempDir,
}

impl Postgresql {
    /// Its superuser.
    pub const USER: &str = "postgres";
    /// The superuser's password, with what breaks careless quoting.
    pub const PASSWORD: &str = "z: \"ó\\'ł$%";

    /// Makes a cluster and starts it on a free port of the loopback interface.
    ///
    /// # Errors
    ///
    /// When PostgreSQL is not installed or does not start.
    pub fn start() -> Result<Self> {
        let programs = find_programs()?;
        let folder = tempfile::Builder::new()
            .prefix("latarnik-postgresql-")
            .tempdir()?;
        let account = Account::for_server("postgres")?;
        account::give(folder.path(), account)?;
        let data = folder.path().join("data");
        let password = folder.path().join("password");
        fs::write(&password, Self::PASSWORD)?;
        let mut initdb = account::command(&programs.join("initdb"), account, folder.path());
        initdb.arg("--pgdata").arg(&data);
        initdb.arg("--pwfile").arg(&password);
        initdb.args(["--username=postgres", "--auth=scram-sha-256"]);
        initdb.args(["--encoding=UTF8", "--locale=C", "--no-sync"]);
        client::run(initdb)?;
        let port = free_port()?;
        let mut postgres = account::command(&programs.join("postgres"), account, folder.path());
        postgres.arg("-D").arg(&data).arg("-k").arg(folder.path());
        postgres.args(["-p", &port.to_string()]);
        for setting in SETTINGS {
            postgres.args(["-c", setting]);
        }
        let mut server = ServerProcess::start(postgres, folder.path())?;
        server.wait_until_listening(port)?;
        let started = Self {
            server,
            data,
            port,
            programs,
            _folder: folder,
        };
        started.wait_until_ready()?;
        Ok(started)
    }

    /// Its port.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// One of its own programs.
    pub fn program(&self, name: &str) -> PathBuf {
        self.programs.join(name)
    }

    /// Runs statements as the superuser and returns the rows, a line each, columns behind `|`.
    ///
    /// # Errors
    ///
    /// When one of them fails.
    pub fn run_sql(&self, database: &str, statements: &str) -> Result<String> {
        self.feed(database, statements.as_bytes())
    }

    /// Feeds a script to `psql`; the first error ends it.
    ///
    /// # Errors
    ///
    /// When a statement fails.
    pub fn feed(&self, database: &str, script: &[u8]) -> Result<String> {
        let mut psql = self.client("psql", database);
        psql.args(["--no-psqlrc", "--quiet", "--tuples-only", "--no-align"]);
        psql.args(["--set=ON_ERROR_STOP=1", "--file=-"]);
        client::feed(psql, script)
    }

    /// Feeds an archive to `pg_restore`.
    ///
    /// # Errors
    ///
    /// When it cannot be restored.
    pub fn restore_archive(&self, database: &str, archive: &[u8]) -> Result<()> {
        let mut restore = self.client("pg_restore", database);
        restore.args(["--exit-on-error", "--dbname", database]);
        client::feed(restore, archive).map(drop)
    }

    /// Stops it as a crash does: every connection breaks at once.
    ///
    /// # Errors
    ///
    /// When it does not run.
    pub fn crash(&self) -> Result<()> {
        let file = fs::read_to_string(self.data.join("postmaster.pid"))?;
        let id = file.lines().next().and_then(|id| id.parse().ok());
        let id = id.and_then(Pid::from_raw).context("no process id")?;
        Ok(kill_process(id, Signal::QUIT)?)
    }

    fn client(&self, program: &str, database: &str) -> Command {
        let mut client = Command::new(self.program(program));
        client
            .env("PGHOST", "127.0.0.1")
            .env("PGPORT", self.port.to_string())
            .env("PGUSER", Self::USER)
            .env("PGPASSWORD", Self::PASSWORD)
            .env("PGDATABASE", database)
            .env("PGCLIENTENCODING", "UTF8");
        client
    }

    /// It listens before it lets anybody in.
    fn wait_until_ready(&self) -> Result<()> {
        let mut error = None;
        for _ in 0..100 {
            match self.run_sql("postgres", "SELECT 1") {
                Ok(_) => return Ok(()),
                Err(refused) => error = Some(refused),
            }
        }
        let error = error.context("never asked")?;
        Err(error.context(self.server.log()))
    }
}

impl Drop for Postgresql {
    fn drop(&mut self) {
        // Its children end with it; killed, it would leave them and its shared memory.
        if self.crash().is_ok() {
            self.server.wait();
        }
    }
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
            let version = folder.parent().and_then(Path::file_name);
            let version = version.unwrap_or_default().to_string_lossy();
            version.parse::<u32>().unwrap_or_default()
        });
    newest.context("PostgreSQL's server programs are missing")
}
