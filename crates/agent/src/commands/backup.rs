//! `latarnik-agent backup`: the backup engine, without a server.

mod keys;
mod kit;
mod output;
mod restore;
mod run;

use crate::{arguments::backup as arguments, exit::BackupTrouble};
use anyhow::Context as _;
use arguments::BackupCommand;
use jiff::tz::TimeZone;
use latarnik_backup::{
    BackupError, Generation, Generations, Job, Surroundings, SystemClock, VerificationRequest,
    WhenAbsent, destinations::probe, retention,
};
use output::Output;
use std::{path::PathBuf, process::ExitCode, sync::Arc};
use tokio::runtime::Runtime;
use tokio_util::sync::CancellationToken;

/// A job at work at a command line.
struct Session {
    job: Job,
    output: Arc<Output>,
    cancellation: CancellationToken,
    state_folder: PathBuf,
    runtime: Runtime,
}

pub(super) fn backup(arguments: &arguments::BackingUp) -> anyhow::Result<ExitCode> {
    let session = Session::begin(&arguments.common)?;
    match &arguments.command {
        BackupCommand::Run(running) => session.run(running),
        BackupCommand::List => session.list(),
        BackupCommand::Restore(restoring) => session.restore(restoring),
        BackupCommand::Verify(verifying) => session.verify(verifying),
        BackupCommand::Prune(pruning) => session.prune(pruning),
        BackupCommand::TestRestore(testing) => session.test_restore(testing),
        BackupCommand::Probe => session.probe(),
        BackupCommand::RecoveryKit(making) => session.recovery_kit(making),
        BackupCommand::Keys(managing) => session.keys(managing),
    }
}

impl Session {
    fn begin(common: &arguments::Common) -> anyhow::Result<Self> {
        let job = Job::read(&common.job)?;
        let cancellation = CancellationToken::new();
        let cancelled = cancellation.clone();
        ctrlc::set_handler(move || cancelled.cancel()).context("signals cannot be handled")?;
        let state_folder = job.state_folder.clone().unwrap_or_else(|| {
            let name: String = job
                .name
                .chars()
                .map(|letter| {
                    if letter.is_alphanumeric() {
                        letter
                    } else {
                        '_'
                    }
                })
                .collect();
            common.state_folder.join("backups").join(name)
        });
        Ok(Self {
            job,
            output: Output::new(common.json),
            cancellation,
            state_folder,
            runtime: Runtime::new().context("the runtime cannot be started")?,
        })
    }

    fn surroundings(&self) -> Surroundings {
        Surroundings {
            runtime: self.runtime.handle().clone(),
            clock: Arc::new(SystemClock),
            hostname: latarnik_backup::hostname(),
            username: std::env::var("USER")
                .or_else(|_| std::env::var("USERNAME"))
                .unwrap_or_default(),
            state_folder: self.state_folder.clone(),
            cancellation: self.cancellation.clone(),
        }
    }

    /// Opens the generation that the job writes to.
    fn open_current(&self, absent: WhenAbsent) -> anyhow::Result<Generation> {
        let (job, surroundings) = (&self.job, self.surroundings());
        Ok(Generation::open(
            job,
            job.generation,
            absent,
            &surroundings,
            &[],
        )?)
    }

    /// Opens all generations that there are.
    fn open_all(&self) -> anyhow::Result<Generations> {
        Ok(Generations::open(&self.job, &self.surroundings())?)
    }

    fn list(&self) -> anyhow::Result<ExitCode> {
        let snapshots = self.open_all()?.snapshots()?;
        self.output.snapshots(&snapshots)?;
        Ok(ExitCode::SUCCESS)
    }

    fn verify(&self, verifying: &arguments::Verifying) -> anyhow::Result<ExitCode> {
        let request = VerificationRequest {
            depth: verifying.depth(),
            seed: verifying.seed,
            progress: self.output.progress(),
        };
        let reports = self.open_all()?.verify(verifying.generation, &request)?;
        self.output.verification(&reports)?;
        if reports.iter().any(|found| found.report.damages > 0) {
            return Err(BackupTrouble::Damage.into());
        }
        Ok(ExitCode::SUCCESS)
    }

    /// Deletes what the job's rules do not keep.
    fn prune(&self, pruning: &arguments::Pruning) -> anyhow::Result<ExitCode> {
        let mut generations = self.open_all()?;
        let snapshots: Vec<_> = generations
            .snapshots()?
            .iter()
            .map(|one| &one.snapshot)
            .filter(|snapshot| snapshot.job == self.job.name)
            .filter_map(latarnik_backup::SnapshotSummary::for_retention)
            .collect();
        let now = latarnik_backup::Clock::now(&SystemClock);
        let plan = retention::plan(&snapshots, &self.job.retention, now, &TimeZone::system());
        if pruning.dry_run {
            let forecast = generations.forecast(&plan.remove)?;
            self.output.plan(&plan, &forecast)?;
            return Ok(ExitCode::SUCCESS);
        }
        let report = generations.prune(&plan.remove, &self.output.progress())?;
        self.output.pruned(&report)?;
        if report
            .deleted_generations
            .iter()
            .any(|gone| !gone.waiting.is_empty())
        {
            return Err(BackupTrouble::Partial.into());
        }
        Ok(ExitCode::SUCCESS)
    }

    /// Tries every destination.
    fn probe(&self) -> anyhow::Result<ExitCode> {
        let mut reports = Vec::new();
        for place in self.job.places(self.job.generation)? {
            let report = self.runtime.block_on(async {
                tokio::select! {
                    () = self.cancellation.cancelled() => Err(BackupError::Cancelled),
                    report = probe(place.destination.as_ref()) => Ok(report),
                }
            })?;
            reports.push((place.name, report));
        }
        self.output.probes(&reports)?;
        if reports.iter().any(|(_, report)| report.problem.is_some()) {
            return Err(BackupTrouble::Unusable.into());
        }
        Ok(ExitCode::SUCCESS)
    }
}
