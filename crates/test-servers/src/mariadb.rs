//! A private MariaDB.

use crate::{
    ServerProcess,
    account::{self, Account},
    client, free_port,
};
use anyhow::Result;
use std::{
    path::{Path, PathBuf},
    process::Command,
};
use tempfile::TempDir;

/// Nothing here has to survive a crash.
const SETTINGS: &[&str] = &[
    "--bind-address=127.0.0.1",
    "--innodb-flush-log-at-trx-commit=0",
    "--innodb-doublewrite=0",
    "--innodb-buffer-pool-size=32M",
    "--innodb-log-file-size=16M",
    "--innodb-use-native-aio=0",
    "--skip-log-bin",
    "--event-scheduler=OFF",
];

/// A running MariaDB; dropping it stops it and removes its files.
#[derive(Debug)]
pub struct Mariadb {
    server: Option<ServerProcess>,
    port: u16,
    socket: PathBuf,
    _folder: TempDir,
}

impl Mariadb {
    /// A user for backups, with the rights that the documentation names.
    pub const USER: &str = "backup";
    /// Its password, with what breaks careless quoting.
    pub const PASSWORD: &str = "p\"a#s\\s'w = ó";

    /// Makes a server and starts it on a free port of the loopback interface.
    ///
    /// # Errors
    ///
    /// When MariaDB is not installed or does not start.
    pub fn start() -> Result<Self> {
        let folder = tempfile::Builder::new()
            .prefix("latarnik-mariadb-")
            .tempdir()?;
        let account = Account::for_server("mysql")?;
        account::give(folder.path(), account)?;
        let data = folder.path().join("data");
        let run = |program: &str| account::command(Path::new(program), account, folder.path());
        let mut install = run("mariadb-install-db");
        install.args(["--no-defaults", "--skip-test-db"]);
        install.arg("--auth-root-authentication-method=normal");
        install.arg(format!("--datadir={}", data.display()));
        install.arg(format!("--tmpdir={}", folder.path().display()));
        client::run(install)?;
        let port = free_port()?;
        let socket = folder.path().join("socket");
        let mut mariadbd = run("mariadbd");
        mariadbd.arg("--no-defaults").args(SETTINGS);
        mariadbd.arg(format!("--datadir={}", data.display()));
        mariadbd.arg(format!("--socket={}", socket.display()));
        mariadbd.arg(format!("--port={port}"));
        let mut server = ServerProcess::start(mariadbd, folder.path())?;
        server.wait_until_listening(port)?;
        let started = Self {
            server: Some(server),
            port,
            socket,
            _folder: folder,
        };
        started.make_user()?;
        Ok(started)
    }

    /// Its port.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Runs statements as `root` and returns the rows, a line each, columns behind tabs.
    ///
    /// # Errors
    ///
    /// When one of them fails.
    pub fn run_sql(&self, database: &str, statements: &str) -> Result<String> {
        self.feed(database, statements.as_bytes())
    }

    /// Feeds a script to the client; the first error ends it. An empty name of a database means
    /// none.
    ///
    /// # Errors
    ///
    /// When a statement fails.
    pub fn feed(&self, database: &str, script: &[u8]) -> Result<String> {
        let mut client = Command::new("mariadb");
        client
            .arg("--no-defaults")
            .arg(format!("--socket={}", self.socket.display()))
            .args(["--user=root", "--batch", "--skip-column-names"])
            .arg("--default-character-set=utf8mb4");
        if !database.is_empty() {
            client.arg(database);
        }
        client::feed(client, script)
    }

    /// Kills it: every connection breaks at once.
    pub fn crash(&mut self) {
        self.server = None;
    }

    fn make_user(&self) -> Result<()> {
        let password = Self::PASSWORD.replace('\\', "\\\\").replace('\'', "\\'");
        let statements = format!(
            "CREATE USER 'backup'@'localhost' IDENTIFIED BY '{password}';
             GRANT SELECT, SHOW VIEW, TRIGGER, EVENT, LOCK TABLES, RELOAD
             ON *.* TO 'backup'@'localhost';"
        );
        self.run_sql("", &statements).map(drop)
    }
}
