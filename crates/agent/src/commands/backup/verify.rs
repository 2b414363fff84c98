//! `backup verify`.

use super::{Session, arguments};
use crate::exit::BackupTrouble;
use latarnik_backup::{VerificationReport, VerificationRequest, WhenAbsent};
use std::process::ExitCode;

impl Session {
    pub(super) fn verify(&self, verifying: &arguments::Verifying) -> anyhow::Result<ExitCode> {
        let mut repository = self.open(WhenAbsent::Fail)?;
        let request = VerificationRequest {
            depth: verifying.depth(),
            seed: verifying.seed,
            progress: self.output.progress(),
        };
        let reports: Vec<VerificationReport> = if verifying.repair {
            let repairs = repository.repair(&request)?;
            self.output.repair(&repairs)?;
            repairs.into_iter().map(|repair| repair.left).collect()
        } else {
            let reports = repository.verify(&request)?;
            self.output.verification(&reports)?;
            reports
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
