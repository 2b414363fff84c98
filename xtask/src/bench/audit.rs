//! What an audit event costs. No server writes none, so a program of its own compares.

use crate::{children, json, postgres::Postgres, step, workspace::Workspace};
use anyhow::{Context, Result};
use std::{
    path::{Path, PathBuf},
    process::Command,
};

const PROGRAM: &str = "audit_cost";

/// The smallest mutation, with and without its event.
#[derive(Debug, Default)]
pub(super) struct AuditCost {
    pub(super) unaudited_p50_us: f64,
    pub(super) audited_p50_us: f64,
    pub(super) bytes_per_event: f64,
}

/// Builds what compares, as it would be shipped.
pub(super) fn build(workspace: &Workspace) -> Result<PathBuf> {
    let mut cargo = workspace.cargo();
    cargo.args(["build", "--locked", "--release"]);
    cargo.args(["--package", "latarnik-app", "--example", PROGRAM]);
    step::run("build the comparison of the audit", "cargo-build", cargo)?;
    Ok(workspace.program("release/examples", PROGRAM))
}

/// Compares on PostgreSQL, or on SQLite in this folder, which is where the server has it.
pub(super) fn compare(
    program: &Path,
    postgres: Option<&Postgres>,
    folder: &Path,
) -> Result<AuditCost> {
    let mut command = Command::new(program);
    command.env("TMPDIR", folder);
    match postgres {
        None => command.arg("sqlite"),
        Some(postgres) => command
            .arg("postgres")
            .env("LATARNIK_TEST_POSTGRES", postgres.address("postgres")),
    };
    let told = children::capture(command)?;
    let told = serde_json::from_str(&told).context("the comparison told no JSON")?;
    let number = |name: &str| {
        let number = json::field(&told, name).as_f64();
        number.with_context(|| format!("the comparison told no {name}"))
    };
    Ok(AuditCost {
        unaudited_p50_us: number("unaudited_p50_us")?,
        audited_p50_us: number("audited_p50_us")?,
        bytes_per_event: number("bytes_per_event")?,
    })
}
