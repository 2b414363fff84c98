//! Dumps of databases: by real servers where they run here, and by programs that stand in for the
//! others.

#![expect(
    clippy::unwrap_used,
    reason = "the scene belongs to the tests: what goes wrong there ends them"
)]

mod any_command;
mod firebird;
mod mariadb;
mod mysql;
mod postgresql;
mod scene;
mod settings;
mod sql_server;
mod sqlite;
