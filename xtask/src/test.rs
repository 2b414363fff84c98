//! `cargo xtask test`: installs what the tests need and runs every suite.

use crate::{
    api,
    browser::{self, Scene},
    children::{self, Interrupted},
    console, packages,
    postgres::{self, Postgres},
    programs::{self, Build, Programs},
    secured::{self, Secured},
    stack::Settings,
    step, tidy, windows, wine,
    workspace::Workspace,
};
use anyhow::{Context as _, Result, bail};
use clap::{Args, ValueEnum};
use std::{
    cell::OnceCell,
    time::{Duration, Instant},
};

/// Servers that tests of backups start, besides PostgreSQL.
const DESTINATIONS: &[&str] = &[
    "mariadb-server",
    "openssh-client",
    "openssh-server",
    "python3-openssl",
    "python3-pyftpdlib",
    "samba",
    "samba-common-bin",
    "vsftpd",
];

/// Simulated devices in front of the browser.
const DEVICES: u32 = 60;

/// What the tests of backups hold themselves against.
const BACKUP_PACKAGES: &[&str] = &["restic", "rsync"];

/// Runs the suites; without `--only`, all of them.
#[derive(Debug, Args)]
pub(crate) struct Test {
    /// Runs these suites alone.
    #[arg(long, value_enum, value_name = "SUITE", num_args = 1..)]
    only: Vec<Suite>,
    /// Lists the suites.
    #[arg(long)]
    list: bool,
}

/// A suite, in the order in which they run: what fails fast comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Suite {
    /// rustfmt
    Format,
    /// The console: Biome, types, texts, Vitest, build
    Console,
    /// Licences, sources and bans of dependencies (cargo-deny, offline)
    Deny,
    /// The repository's rules
    Tidy,
    /// clippy, without warnings
    Clippy,
    /// Unit and integration tests on SQLite and a private PostgreSQL
    Rust,
    /// The API against its own description (schemathesis)
    Api,
    /// The console in Chromium, on SQLite and once more on PostgreSQL
    EndToEnd,
    /// The console in Chromium as customers run it: TLS, second factor, mails, single sign-on
    Secured,
    /// The Windows agent under Wine
    Windows,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Outcome {
    Passed,
    Skipped(String),
    Failed,
}

struct Row {
    suite: Suite,
    outcome: Outcome,
    duration: Duration,
}

/// What suites share; each part is made when the first suite asks for it.
struct Bench<'a> {
    workspace: &'a Workspace,
    postgres: OnceCell<Postgres>,
}

pub(crate) fn run(workspace: &Workspace, test: &Test) -> Result<()> {
    if test.list {
        for suite in Suite::value_variants() {
            step::say(&format!("{:<12} {}", suite.name(), suite.purpose()));
        }
        return Ok(());
    }
    let started = Instant::now();
    let suites: Vec<Suite> = Suite::value_variants()
        .iter()
        .copied()
        .filter(|suite| test.only.is_empty() || test.only.contains(suite))
        .collect();
    let needed: Vec<&str> = suites.iter().flat_map(|suite| suite.packages()).collect();
    packages::install(&needed)?;
    let bench = Bench {
        workspace,
        postgres: OnceCell::new(),
    };
    let mut rows = Vec::new();
    for suite in suites {
        rows.push(run_suite(suite, &bench)?);
    }
    print_table(&rows, started.elapsed());
    match rows
        .iter()
        .filter(|row| row.outcome == Outcome::Failed)
        .count()
    {
        0 => Ok(()),
        1 => bail!("one suite failed"),
        failed => bail!("{failed} suites failed"),
    }
}

/// A failed suite does not keep the others from running; Ctrl-C does.
fn run_suite(suite: Suite, bench: &Bench<'_>) -> Result<Row> {
    step::say(&format!("\n== {} ==", suite.name()));
    let started = Instant::now();
    let outcome = match suite.run(bench) {
        Ok(outcome) => outcome,
        Err(error) if error.is::<Interrupted>() => return Err(error),
        Err(error) => {
            children::check_interruption()?;
            step::say(&format!("{error:#}"));
            Outcome::Failed
        }
    };
    Ok(Row {
        suite,
        outcome,
        duration: started.elapsed(),
    })
}

impl Suite {
    fn name(self) -> String {
        self.to_possible_value()
            .map(|value| value.get_name().to_owned())
            .unwrap_or_default()
    }

    fn purpose(self) -> String {
        let help = self
            .to_possible_value()
            .and_then(|value| value.get_help().cloned());
        help.map(|help| help.to_string()).unwrap_or_default()
    }

    fn packages(self) -> Vec<&'static str> {
        match self {
            Self::Rust => [postgres::PACKAGES, BACKUP_PACKAGES, DESTINATIONS].concat(),
            Self::Api => api::PACKAGES.to_vec(),
            Self::EndToEnd => [postgres::PACKAGES, browser::PACKAGES].concat(),
            Self::Secured => [browser::PACKAGES, secured::PACKAGES].concat(),
            Self::Windows => [windows::packages(), wine::packages(), DESTINATIONS].concat(),
            _ => Vec::new(),
        }
    }

    fn run(self, bench: &Bench<'_>) -> Result<Outcome> {
        match self {
            Self::Format => bench.format(),
            Self::Console => bench.console(),
            Self::Deny => bench.deny(),
            Self::Tidy => bench.tidy(),
            Self::Clippy => bench.clippy(),
            Self::Rust => bench.rust(),
            Self::Api => bench.api(),
            Self::EndToEnd => bench.end_to_end(),
            Self::Secured => bench.secured(),
            Self::Windows => bench.windows(),
        }
    }
}

impl Bench<'_> {
    fn programs(&self) -> Result<Programs> {
        programs::build(self.workspace, Build::ProgramsAndTests)
    }

    fn postgres(&self) -> Result<&Postgres> {
        if self.postgres.get().is_none() {
            let started = Postgres::start(self.workspace, &[])?;
            return Ok(self.postgres.get_or_init(|| started));
        }
        self.postgres.get().context("PostgreSQL was started")
    }

    fn format(&self) -> Result<Outcome> {
        let mut cargo = self.workspace.cargo();
        cargo.args(["fmt", "--all", "--check"]);
        step::run("cargo fmt --check", "format", cargo)?;
        Ok(Outcome::Passed)
    }

    fn console(&self) -> Result<Outcome> {
        console::install(self.workspace)?;
        for (script, title) in [("check", "check the console"), ("test", "test the console")] {
            let mut npm = self.workspace.npm();
            npm.args(["run", script]);
            step::run_shown(title, &format!("console-{script}"), npm)?;
        }
        console::build(self.workspace)?;
        Ok(Outcome::Passed)
    }

    fn deny(&self) -> Result<Outcome> {
        if !packages::has_program("cargo-deny") {
            return Ok(Outcome::Skipped("cargo-deny is not installed".to_owned()));
        }
        let mut cargo = self.workspace.cargo();
        cargo.args(["deny", "--offline", "check", "bans", "licenses", "sources"]);
        step::run_shown("cargo deny", "deny", cargo)?;
        Ok(Outcome::Passed)
    }

    fn tidy(&self) -> Result<Outcome> {
        tidy::run(self.workspace, &self.programs()?.server)?;
        Ok(Outcome::Passed)
    }

    fn clippy(&self) -> Result<Outcome> {
        console::build(self.workspace)?;
        let mut cargo = self.workspace.cargo();
        cargo.args([
            "clippy",
            "--workspace",
            "--all-targets",
            "--locked",
            "--",
            "-D",
            "warnings",
        ]);
        step::run("cargo clippy", "clippy", cargo)?;
        Ok(Outcome::Passed)
    }

    fn rust(&self) -> Result<Outcome> {
        self.programs()?;
        let address = self.postgres()?.address("postgres");
        let mut cargo = self.workspace.cargo();
        if packages::has_program("cargo-nextest") {
            cargo.args([
                "nextest",
                "run",
                "--workspace",
                "--locked",
                "--profile",
                "all",
            ]);
        } else {
            step::say("cargo-nextest is not installed: cargo test runs the same tests");
            cargo.args([
                "test",
                "--workspace",
                "--locked",
                "--no-fail-fast",
                "--all-targets",
            ]);
        }
        cargo.env("LATARNIK_TEST_POSTGRES", &address).env(
            "LATARNIK_TEST_POSTGRES_SUPERUSER",
            self.postgres()?.superuser_address(),
        );
        step::run_shown("unit and integration tests", "rust", cargo)?;
        let mut examples = self.workspace.cargo();
        examples.args(["test", "--workspace", "--locked", "--doc"]);
        step::run("examples in the documentation", "rust-examples", examples)?;
        Ok(Outcome::Passed)
    }

    fn api(&self) -> Result<Outcome> {
        api::run_suite(self.workspace, &self.programs()?)?;
        Ok(Outcome::Passed)
    }

    fn end_to_end(&self) -> Result<Outcome> {
        let programs = self.programs()?;
        let settings = Settings::for_one_run(self.workspace, "end-to-end-sqlite")?;
        self.run_browser(&programs, &settings, &[])?;
        let mut settings = Settings::for_one_run(self.workspace, "end-to-end-postgresql")?;
        settings.database = Some(self.postgres()?.create_database("end_to_end")?);
        self.run_browser(&programs, &settings, &["--", "--grep", "@smoke"])?;
        Ok(Outcome::Passed)
    }

    fn run_browser(&self, programs: &Programs, settings: &Settings, more: &[&str]) -> Result<()> {
        let database = if settings.database.is_some() {
            "PostgreSQL"
        } else {
            "SQLite"
        };
        let mut scene = Scene::start(programs, settings, DEVICES)?;
        let mut npm = scene.npm(self.workspace, "e2e")?;
        npm.args(more);
        let log = format!("end-to-end-{}", database.to_lowercase());
        step::run_shown(&format!("console in Chromium, {database}"), &log, npm)?;
        scene.check()
    }

    fn secured(&self) -> Result<Outcome> {
        let programs = self.programs()?;
        let settings = Settings::for_one_run(self.workspace, "secured")?;
        let mut secured = Secured::start(&programs, &settings)?;
        let npm = secured.npm(self.workspace)?;
        step::run_shown("console in Chromium, as customers run it", "secured", npm)?;
        secured.check()?;
        Ok(Outcome::Passed)
    }

    fn windows(&self) -> Result<Outcome> {
        self.programs()?;
        wine::run_suite(self.workspace)?;
        Ok(Outcome::Passed)
    }
}

fn print_table(rows: &[Row], total: Duration) {
    step::say("\nSuite        Result    Duration");
    for Row {
        suite,
        outcome,
        duration,
    } in rows
    {
        let (result, note) = match outcome {
            Outcome::Passed => ("passed", String::new()),
            Outcome::Skipped(reason) => ("skipped", format!("  {reason}")),
            Outcome::Failed => ("FAILED", String::new()),
        };
        let duration = step::duration(*duration);
        step::say(&format!(
            "{:<12} {result:<9} {duration}{note}",
            suite.name()
        ));
    }
    step::say(&format!(
        "{:<12} {:<9} {}",
        "all",
        "",
        step::duration(total)
    ));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_suite_says_what_it_runs() {
        for suite in Suite::value_variants() {
            assert!(!suite.name().is_empty() && !suite.purpose().is_empty());
        }
    }
}
