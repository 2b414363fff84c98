//! `apt-get`, non-interactive and without ever removing a package.

use super::{
    listing::{self, Descriptions, Listing, Offer},
    outcome,
    progress::Progress,
};
use crate::{
    process::{Finished, Program, Stream},
    readiness::{self, SpaceRule},
};
use latarnik_agent_core::{
    CancelSignal, InstallReport, InstallRequest, LogSink, TaskProgress, Update, UpdateError,
    UpdateResult, Updates, WindowSignal,
};
use latarnik_model::{ReasonCode, UpdateOutcome};
use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

/// How long another package manager may hold the lock; unattended upgrades take minutes.
const LOCK_WAIT: Duration = Duration::from_secs(120);
/// The same in a folder that stands for a machine.
const LOCK_WAIT_IN_FOLDER: Duration = Duration::from_secs(1);
const REFRESH_LIMIT: Duration = Duration::from_secs(15 * 60);
const LIST_LIMIT: Duration = Duration::from_secs(5 * 60);
/// Packages in one `apt-cache show`, so that no command line grows too long.
const SHOWN_AT_ONCE: usize = 500;

/// Debian's package manager on one machine.
#[derive(Debug)]
pub(crate) struct Apt {
    root: PathBuf,
    configuration: Option<PathBuf>,
    lock_wait: Duration,
    /// One use at a time: apt would only wait for its own lock.
    turn: Mutex<()>,
}

impl Apt {
    pub(super) fn new(folder: Option<&Path>) -> Self {
        Self {
            root: folder.unwrap_or(Path::new("/")).to_owned(),
            configuration: folder.map(|folder| folder.join("apt.conf")),
            lock_wait: if folder.is_some() {
                LOCK_WAIT_IN_FOLDER
            } else {
                LOCK_WAIT
            },
            turn: Mutex::new(()),
        }
    }
}

impl Updates for Apt {
    fn scan(&self, sink: &dyn LogSink, cancel: &CancelSignal) -> Result<Vec<Update>, UpdateError> {
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        self.refresh(sink, cancel)?;
        let listing = self.list(cancel)?;
        Ok(self.describe(listing.offers, cancel))
    }

    fn install(
        &self,
        request: &InstallRequest,
        sink: &dyn LogSink,
        cancel: &CancelSignal,
    ) -> Result<InstallReport, UpdateError> {
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        let deadline = Instant::now() + request.timeout;
        self.refresh(sink, cancel)?;
        let offers = self.list(cancel)?.offers;
        let (chosen, skipped) = choose(&offers, request, sink)?;
        if chosen.is_empty() {
            return Ok(InstallReport {
                updates: skipped,
                left: Vec::new(),
                exit_code: None,
                output: Default::default(),
                // Of other categories there may be some.
                remaining: Ok(self.describe(offers, cancel)),
            });
        }
        self.check_readiness(&chosen, sink, cancel)?;
        let work = Work::of(&chosen, request);
        let mut progress = Progress::of(chosen.len());
        self.download(&work, deadline, &mut progress, sink, cancel)?;
        let mut installing = Installing {
            apt: self,
            deadline,
            progress,
            sink,
        };
        if !request.window.has_end() {
            sink.note(&outcome::begun(&chosen));
            let finished = installing.install(&work)?;
            return self.report((&chosen, Vec::new()), skipped, finished, sink);
        }
        let (begun, finished) = installing.one_by_one(&chosen, &request.window, cancel)?;
        let (attempted, left) = chosen.split_at_checked(begun).unwrap_or((&chosen, &[]));
        let left = left.iter().map(outcome::left).collect();
        self.report((attempted, left), skipped, finished, sink)
    }
}

/// An installation under way. Not to be cancelled within a package: a half-unpacked one can leave a
/// machine that does not start.
struct Installing<'a> {
    apt: &'a Apt,
    deadline: Instant,
    progress: Progress,
    sink: &'a dyn LogSink,
}

impl Installing<'_> {
    fn install(&mut self, work: &Work) -> Result<Finished, UpdateError> {
        let program = work
            .arguments(self.apt.apt_get())
            .timeout(until(self.deadline));
        let progress = &mut self.progress;
        let mut watch = |line: &str| progress.installing(line);
        let finished = run_watching(&program, self.sink, &CancelSignal::default(), &mut watch)?;
        if finished.exit_code != Some(0) {
            // apt stops with the first package that fails; the others need not stay half-done.
            self.apt.finish_interrupted(self.deadline, self.sink)?;
        }
        Ok(finished)
    }

    /// One package after the other, with what apt finds to belong to it, while the window has room:
    /// how many had their turn, and how the program ended that tells most. Packages that cannot be
    /// installed without each other are tried once more together.
    fn one_by_one(
        &mut self,
        chosen: &[Offer],
        window: &WindowSignal,
        cancel: &CancelSignal,
    ) -> Result<(usize, Finished), UpdateError> {
        let mut begun = 0;
        let mut ended: Option<Finished> = None;
        let mut failed = Vec::new();
        for offer in chosen {
            if cancel.is_cancelled() || !window.admits_next() {
                break;
            }
            begun += 1;
            self.sink.note(&outcome::so_far(chosen, begun));
            let finished = self.install(&Work::Chosen(vec![offer.key()]))?;
            if finished.exit_code != Some(0) {
                failed.push((offer.key(), finished.clone()));
            }
            ended = Some(finished);
        }
        if failed.len() > 1 && !cancel.is_cancelled() && window.admits_next() {
            let keys = failed.iter().map(|(key, _)| key.clone()).collect();
            let together = self.install(&Work::Chosen(keys))?;
            if together.exit_code == Some(0) {
                return Ok((begun, together));
            }
        }
        let told = failed.into_iter().next().map(|(_, finished)| finished);
        Ok((begun, told.or(ended).unwrap_or_default()))
    }
}

/// What apt is told to install.
enum Work {
    /// Everything that needs no removal.
    All,
    /// These packages in these versions.
    Chosen(Vec<String>),
}

impl Work {
    fn of(chosen: &[Offer], request: &InstallRequest) -> Self {
        if request.update_keys.is_none() && request.categories.is_none() {
            Self::All
        } else {
            Self::Chosen(chosen.iter().map(Offer::key).collect())
        }
    }

    fn arguments(&self, program: Program) -> Program {
        match self {
            Self::All => program.args(["--with-new-pkgs", "upgrade"]),
            Self::Chosen(keys) => program
                .args(["--only-upgrade", "--no-remove", "install"])
                .args(keys),
        }
    }
}

impl Apt {
    /// Fetches the package lists. Fails unless all of them came: a list that is missing would look
    /// like "up to date".
    fn refresh(&self, sink: &dyn LogSink, cancel: &CancelSignal) -> Result<(), UpdateError> {
        let program = self
            .apt_get()
            .args(["-o", "APT::Update::Error-Mode=any", "update"]);
        let deadline = Instant::now() + self.lock_wait;
        loop {
            let finished = run(&program.clone().timeout(REFRESH_LIMIT), sink, cancel)?;
            if finished.exit_code == Some(0) && !outcome::is_incomplete(&finished) {
                return Ok(());
            }
            let error = outcome::failure(finished, ReasonCode::ScanFailed);
            // apt waits for the lock of the packages, but not for the one of the lists.
            if error.reason != ReasonCode::PackageManagerLocked || Instant::now() >= deadline {
                return Err(error);
            }
            std::thread::sleep(Duration::from_secs(1));
        }
    }

    /// What an upgrade would do that may do everything. Held and phased packages are not in it.
    fn list(&self, cancel: &CancelSignal) -> Result<Listing, UpdateError> {
        let program = self
            .apt_get()
            .args(["--simulate", "dist-upgrade"])
            .timeout(LIST_LIMIT);
        let (finished, simulation) = program
            .output(cancel)
            .map_err(|error| outcome::not_run(&error))?;
        if finished.exit_code == Some(0) {
            Ok(listing::parse(&simulation))
        } else {
            Err(outcome::failure(finished, ReasonCode::ScanFailed))
        }
    }

    /// Sizes and summaries are worth having and not worth failing for.
    fn describe(&self, offers: Vec<Offer>, cancel: &CancelSignal) -> Vec<Update> {
        let mut descriptions = Descriptions::default();
        for some in offers.chunks(SHOWN_AT_ONCE) {
            let program = self
                .program("apt-cache")
                .arg("show")
                .args(some.iter().map(Offer::key));
            if let Ok((_, paragraphs)) = program.timeout(LIST_LIMIT).output(cancel) {
                descriptions.add(&paragraphs);
            }
        }
        offers
            .into_iter()
            .map(|offer| offer.into_update(&descriptions))
            .collect()
    }

    /// Refuses before anything is downloaded what could not be installed.
    fn check_readiness(
        &self,
        chosen: &[Offer],
        sink: &dyn LogSink,
        cancel: &CancelSignal,
    ) -> Result<(), UpdateError> {
        let downloads = self.describe(chosen.to_vec(), cancel);
        let sizes = downloads.iter().map(|update| update.size_bytes);
        let needed = SpaceRule::APT.needed_bytes(sizes);
        readiness::look(&self.root)
            .check(needed)
            .inspect_err(|refused| sink.log(&format!("The machine is not ready: {refused}\n")))
    }

    fn download(
        &self,
        work: &Work,
        deadline: Instant,
        progress: &mut Progress,
        sink: &dyn LogSink,
        cancel: &CancelSignal,
    ) -> Result<(), UpdateError> {
        let mut watch = |line: &str| progress.downloading(line);
        let program = work.arguments(self.apt_get().arg("--download-only"));
        let mut finished = run_watching(
            &program.clone().timeout(until(deadline)),
            sink,
            cancel,
            &mut watch,
        )?;
        if outcome::was_interrupted(&finished) {
            self.finish_interrupted(deadline, sink)?;
            finished = run_watching(&program.timeout(until(deadline)), sink, cancel, &mut watch)?;
        }
        match finished.exit_code {
            Some(0) => Ok(()),
            _ => Err(outcome::failure(finished, ReasonCode::PackageManagerFailed)),
        }
    }

    /// Completes what a package manager that was killed left half-done.
    fn finish_interrupted(&self, deadline: Instant, sink: &dyn LogSink) -> Result<(), UpdateError> {
        let mut program = self
            .program("dpkg")
            .args(["--force-confdef", "--force-confold"]);
        if self.configuration.is_some() {
            program = program
                .args([
                    "--force-not-root",
                    "--force-script-chrootless",
                    "--force-bad-path",
                ])
                .arg(format!("--root={}", self.root.display()));
        }
        let program = program.args(["--configure", "-a"]).timeout(until(deadline));
        run(&program, sink, &CancelSignal::default()).map(drop)
    }

    fn report(
        &self,
        (chosen, left): (&[Offer], Vec<UpdateResult>),
        skipped: Vec<UpdateResult>,
        finished: Finished,
        sink: &dyn LogSink,
    ) -> Result<InstallReport, UpdateError> {
        let cancel = CancelSignal::default();
        let after = self.list(&cancel);
        let mut updates = outcome::judge(
            chosen,
            after.as_ref().ok(),
            finished.exit_code,
            &self.packages_asking_for_restart(),
        );
        if !chosen.is_empty() && finished.exit_code != Some(0) {
            let error = outcome::failure(finished.clone(), ReasonCode::PackageManagerFailed);
            let none = !updates
                .iter()
                .any(|u| u.outcome == UpdateOutcome::Installed);
            if none && outcome::concerns_all(error.reason) {
                return Err(error);
            }
        }
        updates.extend(skipped);
        sink.progress(TaskProgress {
            percent: Some(100),
            ..TaskProgress::default()
        });
        Ok(InstallReport {
            updates,
            left,
            exit_code: finished.exit_code,
            output: finished.output,
            remaining: after.map(|listing| self.describe(listing.offers, &cancel)),
        })
    }

    fn packages_asking_for_restart(&self) -> BTreeSet<String> {
        fs::read_to_string(self.root.join("run/reboot-required.pkgs"))
            .unwrap_or_default()
            .lines()
            .map(|line| line.trim().to_owned())
            .collect()
    }

    fn program(&self, name: &str) -> Program {
        let program = Program::new(name)
            .env("DEBIAN_FRONTEND", "noninteractive")
            .env("APT_LISTCHANGES_FRONTEND", "none")
            .env("UCF_FORCE_CONFFOLD", "1");
        match &self.configuration {
            Some(file) => program.env("APT_CONFIG", file),
            None => program,
        }
    }

    /// Keeps configuration files that someone changed, takes the package's own otherwise.
    fn apt_get(&self) -> Program {
        self.program("apt-get")
            .args(["-y", "-q", "-o", "DPkg::Options::=--force-confdef"])
            .args([
                "-o",
                "DPkg::Options::=--force-confold",
                "-o",
                "DPkg::Use-Pty=false",
            ])
            .arg("-o")
            .arg(format!("DPkg::Lock::Timeout={}", self.lock_wait.as_secs()))
            .low_priority()
    }
}

fn until(deadline: Instant) -> Duration {
    deadline.saturating_duration_since(Instant::now())
}

/// The offers that are wanted, and results for wanted ones that are not offered.
fn choose(
    offers: &[Offer],
    request: &InstallRequest,
    sink: &dyn LogSink,
) -> Result<(Vec<Offer>, Vec<UpdateResult>), UpdateError> {
    let chosen: Vec<Offer> = offers
        .iter()
        .filter(|offer| request.wants(&offer.key(), offer.category))
        .cloned()
        .collect();
    let keys = request.update_keys.as_deref().unwrap_or_default();
    let skipped: Vec<UpdateResult> = keys
        .iter()
        .filter(|key| !chosen.iter().any(|offer| offer.key() == **key))
        .inspect(|key| sink.log(&format!("{key} is not offered any more\n")))
        .cloned()
        .map(outcome::skipped)
        .collect();
    if chosen.is_empty() && !skipped.is_empty() {
        return Err(outcome::error(ReasonCode::UpdateNotOffered));
    }
    Ok((chosen, skipped))
}

fn run(
    program: &Program,
    sink: &dyn LogSink,
    cancel: &CancelSignal,
) -> Result<Finished, UpdateError> {
    run_watching(program, sink, cancel, &mut |_| None)
}

fn run_watching(
    program: &Program,
    sink: &dyn LogSink,
    cancel: &CancelSignal,
    watch: &mut dyn FnMut(&str) -> Option<TaskProgress>,
) -> Result<Finished, UpdateError> {
    sink.log(&format!("$ {}\n", program.command_line()));
    let mut on_line = |_: Stream, line: &str| {
        sink.log(&format!("{line}\n"));
        if let Some(progress) = watch(line) {
            sink.progress(progress);
        }
    };
    program
        .run(&mut on_line, cancel)
        .map_err(|error| outcome::not_run(&error))
}
