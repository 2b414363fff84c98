//! `backup run` and `backup test-restore`.

use super::{Session, arguments, shadow_copies::OwnShadowCopies};
use crate::exit::BackupTrouble;
use anyhow::Context as _;
use latarnik_backup::{
    MemberState, RunKind, RunOutcome, SnapshotChoice, TestRestoreOutcome, TestRestoreRequest,
    WhenAbsent, dumps::DumpContext,
};
use std::{fs, process::ExitCode, sync::Arc, time::Duration};

/// The longest time that one dump may be waited for.
const DUMP_LIMIT: Duration = Duration::from_secs(24 * 60 * 60);

impl Session {
    pub(super) fn run(&self, running: &arguments::RunningBackup) -> anyhow::Result<ExitCode> {
        let mut generation = self.open_current(WhenAbsent::Create)?;
        let dumps = DumpContext {
            temporary_folder: self.state_folder.clone(),
            cancellation: self.cancellation.clone(),
            low_priority: running.low_priority,
            timeout: DUMP_LIMIT,
        };
        let kind = if running.full {
            RunKind::Full
        } else {
            RunKind::Incremental
        };
        let mut request = self
            .job
            .request(kind, &dumps, self.output.progress())
            .context("a dump cannot be made")?;
        request.shadow_copy_maker = Arc::new(OwnShadowCopies);
        let report = generation.repository.run(request)?;
        self.output.run(&report)?;
        let is_behind = report
            .destinations
            .iter()
            .any(|member| member.state != MemberState::InStep);
        if report.outcome == RunOutcome::Partial || is_behind {
            return Err(BackupTrouble::Partial.into());
        }
        Ok(ExitCode::SUCCESS)
    }

    pub(super) fn test_restore(
        &self,
        testing: &arguments::TestingRestore,
    ) -> anyhow::Result<ExitCode> {
        let sandbox = testing
            .sandbox
            .clone()
            .unwrap_or_else(|| self.state_folder.clone());
        fs::create_dir_all(&sandbox)
            .with_context(|| format!("{} cannot be made", sandbox.display()))?;
        let snapshot = match &testing.snapshot {
            Some(id) => SnapshotChoice::Id(id.clone()),
            None => SnapshotChoice::Latest {
                job: self.job.name.clone(),
            },
        };
        let report = self.open_all()?.test_restore(TestRestoreRequest {
            snapshot,
            sandbox,
            progress: self.output.progress(),
        })?;
        self.output.test_restore(&report)?;
        match report.outcome {
            TestRestoreOutcome::Passed => Ok(ExitCode::SUCCESS),
            TestRestoreOutcome::Failed => Err(BackupTrouble::TestFailed.into()),
        }
    }
}
