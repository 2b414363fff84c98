//! What programs of their own measure: use cases without the server around them.

use crate::{children, json, postgres::Postgres, step, workspace::Workspace};
use anyhow::{Context, Result};
use serde_json::Value;
use std::{
    path::{Path, PathBuf},
    process::Command,
};

const AUDIT_COST: &str = "audit_cost";
const ACTION_COURSE: &str = "action_course";
const POLICY_PASS: &str = "policy_pass";
const MAINTENANCE_LOAD: &str = "maintenance_load";
const NEXT_OPENINGS: &str = "next_openings";

/// Programs that measure, as they would be shipped.
#[derive(Debug)]
pub(super) struct Studies {
    folder: PathBuf,
}

/// The smallest mutation, with and without its event.
#[derive(Debug, Default)]
pub(super) struct AuditCost {
    pub(super) unaudited_p50_us: f64,
    pub(super) audited_p50_us: f64,
    pub(super) bytes_per_event: f64,
}

/// An action over many devices, in milliseconds.
#[derive(Debug, Default)]
pub(super) struct ActionCourse {
    pub(super) create: f64,
    pub(super) deliver: f64,
    pub(super) end: f64,
    pub(super) told_after: f64,
    pub(super) read: f64,
}

/// The policies of a tenant with many devices, in milliseconds.
#[derive(Debug, Default)]
pub(super) struct PolicyPass {
    pub(super) preview: f64,
    pub(super) makes_tasks: f64,
    pub(super) nothing_changes: f64,
    pub(super) takes_tasks_back: f64,
}

/// Something that was done several times, in milliseconds.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Course {
    pub(super) p50: f64,
    pub(super) p95: f64,
    /// What the process spent on processors, without a database of its own.
    pub(super) processor: f64,
}

/// What maintenance windows add to what is asked most.
#[derive(Debug, Default)]
pub(super) struct MaintenanceLoad {
    pub(super) page: Course,
    pub(super) page_without: Course,
    pub(super) check_ins: Course,
    pub(super) check_ins_without: Course,
    pub(super) list: Course,
}

/// Where a study takes place: on PostgreSQL, or on SQLite in this folder, which is where the server
/// has it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place<'a> {
    pub(super) postgres: Option<&'a Postgres>,
    pub(super) folder: &'a Path,
}

impl Studies {
    pub(super) fn build(workspace: &Workspace) -> Result<Self> {
        let mut cargo = workspace.cargo();
        cargo.args([
            "build",
            "--locked",
            "--release",
            "--package",
            "latarnik-app",
        ]);
        for program in [AUDIT_COST, ACTION_COURSE, POLICY_PASS, MAINTENANCE_LOAD] {
            cargo.args(["--example", program]);
        }
        cargo.args(["--package", "latarnik-model", "--example", NEXT_OPENINGS]);
        step::run("build what measures use cases", "cargo-build", cargo)?;
        let program = workspace.program("release/examples", AUDIT_COST);
        let folder = program.parent().map(Path::to_owned).unwrap_or_default();
        Ok(Self { folder })
    }

    pub(super) fn audit_cost(&self, place: Place<'_>) -> Result<AuditCost> {
        let told = self.told(AUDIT_COST, place, &[])?;
        Ok(AuditCost {
            unaudited_p50_us: told.number("unaudited_p50_us")?,
            audited_p50_us: told.number("audited_p50_us")?,
            bytes_per_event: told.number("bytes_per_event")?,
        })
    }

    pub(super) fn action_course(&self, place: Place<'_>, devices: u32) -> Result<ActionCourse> {
        let told = self.told(ACTION_COURSE, place, &[devices])?;
        Ok(ActionCourse {
            create: told.number("create_ms")?,
            deliver: told.number("deliver_ms")?,
            end: told.number("end_ms")?,
            told_after: told.number("told_after_ms")?,
            read: told.number("read_ms")?,
        })
    }

    pub(super) fn policy_pass(&self, place: Place<'_>, devices: u32) -> Result<PolicyPass> {
        let told = self.told(POLICY_PASS, place, &[devices])?;
        Ok(PolicyPass {
            preview: told.number("preview")?,
            makes_tasks: told.number("makes_tasks")?,
            nothing_changes: told.number("nothing_changes")?,
            takes_tasks_back: told.number("takes_tasks_back")?,
        })
    }

    pub(super) fn maintenance_load(
        &self,
        place: Place<'_>,
        devices: u32,
    ) -> Result<MaintenanceLoad> {
        let told = self.told(MAINTENANCE_LOAD, place, &[devices])?;
        Ok(MaintenanceLoad {
            page: told.course("page")?,
            page_without: told.course("page_without")?,
            check_ins: told.course("check_ins")?,
            check_ins_without: told.course("check_ins_without")?,
            list: told.course("list")?,
        })
    }

    /// What the next openings of a thousand devices take on a processor, in milliseconds.
    pub(super) fn next_openings(&self) -> Result<f64> {
        let lines = children::capture(Command::new(self.folder.join(NEXT_OPENINGS)))?;
        let first = lines.lines().next().unwrap_or_default();
        let value: Value =
            serde_json::from_str(first).with_context(|| format!("{NEXT_OPENINGS} told no JSON"))?;
        let told = Told {
            program: NEXT_OPENINGS,
            value,
        };
        told.number("processor")
    }

    fn told(&self, program: &'static str, place: Place<'_>, numbers: &[u32]) -> Result<Told> {
        let mut command = Command::new(self.folder.join(program));
        command.env("TMPDIR", place.folder);
        match place.postgres {
            None => command.arg("sqlite"),
            Some(postgres) => command
                .arg("postgres")
                .env("LATARNIK_TEST_POSTGRES", postgres.address("postgres")),
        };
        command.args(numbers.iter().map(u32::to_string));
        let line = children::capture(command)?;
        let value = serde_json::from_str(&line);
        let value = value.with_context(|| format!("{program} told no JSON"))?;
        Ok(Told { program, value })
    }
}

/// The line of JSON that a program told.
struct Told {
    program: &'static str,
    value: Value,
}

impl Told {
    fn number(&self, name: &str) -> Result<f64> {
        let number = json::field(&self.value, name).as_f64();
        number.with_context(|| format!("{} told no {name}", self.program))
    }

    fn course(&self, name: &str) -> Result<Course> {
        let part = Self {
            program: self.program,
            value: json::field(&self.value, name).clone(),
        };
        Ok(Course {
            p50: part.number("p50")?,
            p95: part.number("p95")?,
            processor: part.number("processor")?,
        })
    }
}
