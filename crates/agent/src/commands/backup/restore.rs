//! `backup restore`.

use super::{Session, arguments};
use crate::exit::BackupTrouble;
use latarnik_backup::{Existing, RestoreRequest, Selection, SnapshotChoice};
use std::process::ExitCode;

impl Session {
    pub(super) fn restore(&self, restoring: &arguments::Restoring) -> anyhow::Result<ExitCode> {
        let job = self.job.name.clone();
        let snapshot = match (&restoring.snapshot, restoring.at) {
            (Some(id), _) => SnapshotChoice::Id(id.clone()),
            (None, Some(instant)) => SnapshotChoice::At { job, instant },
            (None, None) => SnapshotChoice::Latest { job },
        };
        let report = self.open_all()?.restore(RestoreRequest {
            snapshot,
            selection: Selection {
                paths: restoring.paths.clone(),
                patterns: restoring.patterns.clone(),
            },
            target: restoring.target.clone(),
            existing: if restoring.replace {
                Existing::Replace
            } else {
                Existing::Keep
            },
            progress: self.output.progress(),
        })?;
        self.output.restored(&report)?;
        if report.findings > 0 {
            return Err(BackupTrouble::Partial.into());
        }
        Ok(ExitCode::SUCCESS)
    }
}
