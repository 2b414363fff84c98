//! `backup verify`.

use super::{Session, arguments};
use crate::exit::BackupTrouble;
use latarnik_backup::{VerificationReport, VerificationRequest};
use std::process::ExitCode;

impl Session {
    pub(super) fn verify(&self, verifying: &arguments::Verifying) -> anyhow::Result<ExitCode> {
        let mut generations = self.open_all()?;
        let only = verifying.generation;
        let request = VerificationRequest {
            depth: verifying.depth(),
            seed: verifying.seed,
            progress: self.output.progress(),
        };
        let reports: Vec<VerificationReport> = if verifying.repair {
            let repairs = generations.repair(only, &request)?;
            self.output.repair(&repairs)?;
            repairs.into_iter().map(|one| one.report.left).collect()
        } else {
            let reports = generations.verify(only, &request)?;
            self.output.verification(&reports)?;
            reports.into_iter().map(|one| one.report).collect()
        };
        if reports.iter().any(|report| report.damages > 0) {
            return Err(BackupTrouble::Damage.into());
        }
        if reports.iter().any(|report| report.unexamined.is_some()) {
            return Err(BackupTrouble::Partial.into());
        }
        Ok(ExitCode::SUCCESS)
    }
}
