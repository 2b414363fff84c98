//! `latarnik-agent backup`: the backup engine, without a server.

mod host;
mod keys;
mod kit;
mod output;
mod restore;
mod run;
mod shadow_copies;
mod verify;

use crate::{arguments::backup as arguments, exit::BackupTrouble};
use anyhow::Context as _;
use arguments::BackupCommand;
use host::Host;
use jiff::tz::TimeZone;
use latarnik_backup::{
    BackupError, Generation, Generations, Job, Surroundings, SystemClock, WhenAbsent,
    destinations::probe, retention,
};
use output::Output;
use std::{path::PathBuf, process::ExitCode, sync::Arc, time::Duration};
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

/// How long what is at work at a destination is waited for at the end: a network drive may hang in
/// the system's hands.
const LAST_WAIT: Duration = Duration::from_millis(100);

pub(super) fn backup(arguments: &arguments::BackingUp) -> anyhow::Result<ExitCode> {
    if let BackupCommand::Run(running) = &arguments.command
        && running.low_priority
    {
        // Before there are threads that would not have it.
        lower_priority();
    }
    let session = Session::begin(&arguments.common)?;
    let done = session.obey(&arguments.command);
    session.runtime.shutdown_timeout(LAST_WAIT);
    done
}

/// What may not be had is done without, and told.
fn lower_priority() {
    if let Err(error) = latarnik_platform::process::lower_own_priority() {
        tracing::warn!(%error, "the priority could not be lowered everywhere");
    }
}

impl Session {
    fn obey(&self, command: &BackupCommand) -> anyhow::Result<ExitCode> {
        match command {
            BackupCommand::Run(running) => self.run(running),
            BackupCommand::List => self.list(),
            BackupCommand::Restore(restoring) => self.restore(restoring),
            BackupCommand::Verify(verifying) => self.verify(verifying),
            BackupCommand::Prune(pruning) => self.prune(pruning),
            BackupCommand::TestRestore(testing) => self.test_restore(testing),
            BackupCommand::Probe => self.probe(),
            BackupCommand::RecoveryKit(making) => self.recovery_kit(making),
            BackupCommand::Keys(managing) => self.keys(managing),
        }
    }

    fn begin(common: &arguments::Common) -> anyhow::Result<Self> {
        let job = Job::read(&common.job)?;
        latarnik_platform::privileges::enable_for_backups();
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
            cache_folder: self
                .job
                .is_distant()
                .then(|| self.state_folder.join("cache")),
            system: Arc::new(Host),
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
