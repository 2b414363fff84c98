//! Repositories of one job, one after the other.
//!
//! A new generation is a new repository with a new master key. The job writes to the newest; older
//! ones are read, and lose their snapshots as the rules let go of them: over all generations
//! together, as though they were one repository. One that has none left is deleted.

use crate::{
    deletion,
    error::{BackupError, Result},
    job::Job,
    progress::ProgressSink,
    prune::{DeletedGeneration, LastSnapshot, PruneForecast, PruneReport},
    repair::RepairReport,
    repository::{Repository, Surroundings, WhenAbsent},
    restore::{RestoreReport, RestoreRequest, SnapshotChoice},
    set::Place,
    snapshots::SnapshotSummary,
    test_restore::{TestRestoreReport, TestRestoreRequest},
    verification::{VerificationReport, VerificationRequest},
};
use latarnik_destinations::Secret;
use serde::{Deserialize, Serialize};
use std::{collections::BTreeSet, sync::Arc};

/// A generation, opened.
pub struct Generation {
    /// Which one.
    pub number: u32,
    /// Its repository.
    pub repository: Repository,
    /// The password that opened it.
    pub password: Secret,
}

/// The generations of a job that have a repository, the newest first.
pub struct Generations {
    current: u32,
    open: Vec<Generation>,
    leaving: Vec<Leaving>,
}

/// A generation that is being deleted.
struct Leaving {
    number: u32,
    places: Vec<Place>,
    surroundings: Surroundings,
}

/// A snapshot and its generation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GenerationSnapshot {
    /// The generation.
    pub generation: u32,
    /// The snapshot.
    #[serde(flatten)]
    pub snapshot: SnapshotSummary,
}

/// What was found at one destination of one generation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GenerationVerification {
    /// The generation.
    pub generation: u32,
    /// What was found.
    #[serde(flatten)]
    pub report: VerificationReport,
}

/// What was mended at one destination of one generation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GenerationRepair {
    /// The generation.
    pub generation: u32,
    /// What was mended.
    #[serde(flatten)]
    pub report: RepairReport,
}

impl Generation {
    /// Opens one generation of a job, with the passwords that the job has for it, or with others.
    ///
    /// # Errors
    ///
    /// As for [`Repository::open`]; also when the job does not have this generation.
    pub fn open(
        job: &Job,
        number: u32,
        absent: WhenAbsent,
        surroundings: &Surroundings,
        others: &[Secret],
    ) -> Result<Self> {
        let opened = Self::open_with(job, number, absent, surroundings, others);
        opened.map_err(|error| told(job, number, error))
    }

    fn open_with(
        job: &Job,
        number: u32,
        absent: WhenAbsent,
        surroundings: &Surroundings,
        others: &[Secret],
    ) -> Result<Self> {
        let mut passwords = job.passwords(number)?;
        passwords.extend_from_slice(others);
        let surroundings = surroundings.of_generation(number);
        let mut refused = BackupError::WrongPassword;
        for (index, password) in passwords.into_iter().enumerate() {
            let places = job.places(number)?;
            match Repository::open(places, &password, absent, surroundings.clone()) {
                Ok(repository) => {
                    if index > 0 {
                        tracing::warn!(
                            generation = number,
                            "a rotation of the password did not come to its end: repeat it"
                        );
                    }
                    return Ok(Self {
                        number,
                        repository,
                        password,
                    });
                }
                Err(BackupError::WrongPassword) => {}
                Err(other) => {
                    refused = other;
                    break;
                }
            }
        }
        Err(refused)
    }
}

/// Where there are several generations, an error says which one it is about.
fn told(job: &Job, number: u32, error: BackupError) -> BackupError {
    match error {
        BackupError::Job(_) => error,
        error if job.older_generations.is_empty() => error,
        error => BackupError::Generation {
            number,
            source: Box::new(error),
        },
    }
}

impl Generations {
    /// Opens all generations of a job that have a repository.
    ///
    /// # Errors
    ///
    /// As for [`Repository::open`], when one of them cannot be opened or none exists.
    pub fn open(job: &Job, surroundings: &Surroundings) -> Result<Self> {
        let mut generations = Self {
            current: job.generation,
            open: Vec::new(),
            leaving: Vec::new(),
        };
        let mut absent = None;
        for number in job.generations() {
            let own = surroundings.of_generation(number);
            if number != job.generation && deletion::is_begun(&own)? {
                generations.leaving.push(Leaving {
                    number,
                    places: job.places(number)?,
                    surroundings: own,
                });
                continue;
            }
            match Generation::open(job, number, WhenAbsent::Fail, surroundings, &[]) {
                Ok(generation) => generations.open.push(generation),
                Err(error) if error.code() == crate::ErrorCode::NoRepository => {
                    absent.get_or_insert(error);
                }
                Err(error) => return Err(error),
            }
        }
        match absent {
            Some(error) if generations.open.is_empty() => Err(error),
            _ => Ok(generations),
        }
    }

    /// Those that have a repository, the newest first.
    pub fn all(&self) -> &[Generation] {
        &self.open
    }

    /// All snapshots, the newest first.
    ///
    /// # Errors
    ///
    /// When no destination answers.
    pub fn snapshots(&self) -> Result<Vec<GenerationSnapshot>> {
        let mut all = Vec::new();
        for generation in &self.open {
            let snapshots = generation.repository.snapshots()?;
            all.extend(snapshots.into_iter().map(|snapshot| GenerationSnapshot {
                generation: generation.number,
                snapshot,
            }));
        }
        all.sort_by(|one, other| {
            let (one, other) = (&one.snapshot, &other.snapshot);
            other.time.cmp(&one.time).then(other.id.cmp(&one.id))
        });
        Ok(all)
    }

    /// Finds a snapshot, and the repository that has it.
    fn find(&mut self, choice: &SnapshotChoice) -> Result<(&mut Repository, String)> {
        let all = self.snapshots()?;
        let summaries = all.iter().map(|one| one.snapshot.clone()).collect();
        let found = choice.find(summaries)?;
        let number = all
            .iter()
            .find(|one| one.snapshot.id == found.id)
            .map(|one| one.generation);
        self.open
            .iter_mut()
            .find(|generation| Some(generation.number) == number)
            .map(|generation| (&mut generation.repository, found.id))
            .ok_or_else(|| BackupError::NoSnapshot {
                wanted: choice.to_string(),
            })
    }

    /// Restores files of a snapshot of any generation.
    ///
    /// # Errors
    ///
    /// As for [`Repository::restore`].
    pub fn restore(&mut self, mut request: RestoreRequest) -> Result<RestoreReport> {
        let (repository, id) = self.find(&request.snapshot)?;
        request.snapshot = SnapshotChoice::Id(id);
        repository.restore(&request)
    }

    /// Restores a snapshot of any generation into a sandbox and compares it.
    ///
    /// # Errors
    ///
    /// As for [`Repository::test_restore`].
    pub fn test_restore(&mut self, mut request: TestRestoreRequest) -> Result<TestRestoreReport> {
        let (repository, id) = self.find(&request.snapshot)?;
        request.snapshot = SnapshotChoice::Id(id);
        repository.test_restore(&request)
    }

    /// Examines every generation, or one of them, at every destination.
    ///
    /// # Errors
    ///
    /// As for [`Repository::verify`], and when this one has no repository.
    pub fn verify(
        &mut self,
        only: Option<u32>,
        request: &VerificationRequest,
    ) -> Result<Vec<GenerationVerification>> {
        let mut reports = Vec::new();
        for one in self.chosen(only)? {
            let found = one.repository.verify(request)?;
            reports.extend(found.into_iter().map(|report| GenerationVerification {
                generation: one.number,
                report,
            }));
        }
        Ok(reports)
    }

    /// Examines and mends every generation, or one of them.
    ///
    /// # Errors
    ///
    /// As for [`Repository::repair`], and when this one has no repository.
    pub fn repair(
        &mut self,
        only: Option<u32>,
        request: &VerificationRequest,
    ) -> Result<Vec<GenerationRepair>> {
        let mut reports = Vec::new();
        for one in self.chosen(only)? {
            let mended = one.repository.repair(request)?;
            reports.extend(mended.into_iter().map(|report| GenerationRepair {
                generation: one.number,
                report,
            }));
        }
        Ok(reports)
    }

    fn chosen(&mut self, only: Option<u32>) -> Result<Vec<&mut Generation>> {
        let is_chosen = |one: &&mut Generation| only.is_none_or(|only| only == one.number);
        let chosen: Vec<&mut Generation> = self.open.iter_mut().filter(is_chosen).collect();
        match only {
            Some(number) if chosen.is_empty() => Err(BackupError::NoRepository {
                location: format!("generation {number}"),
            }),
            _ => Ok(chosen),
        }
    }

    /// Tells what deleting these snapshots would free, and changes nothing.
    ///
    /// # Errors
    ///
    /// As for [`Repository::forecast`].
    pub fn forecast(&mut self, remove: &[String]) -> Result<PruneForecast> {
        let fates = self.fates(remove)?;
        let mut forecast = PruneForecast::default();
        for (generation, fate) in self.open.iter_mut().zip(fates) {
            let part = match fate {
                Fate::Leaves(_) => PruneForecast {
                    freed_bytes: generation.repository.size()?,
                    deleted_generations: vec![generation.number],
                    ..PruneForecast::default()
                },
                Fate::Stays { remove, .. } => generation.repository.forecast(&remove)?,
            };
            forecast.add(part);
        }
        Ok(forecast)
    }

    /// Deletes snapshots, what none of the others needs, and older generations that have no
    /// snapshot left.
    ///
    /// # Errors
    ///
    /// As for [`Repository::prune`]. What was done before an error is done.
    pub fn prune(self, remove: &[String], progress: &Arc<dyn ProgressSink>) -> Result<PruneReport> {
        let fates = self.fates(remove)?;
        let mut report = PruneReport::default();
        for (generation, fate) in self.open.into_iter().zip(fates) {
            let Generation {
                number,
                mut repository,
                ..
            } = generation;
            match fate {
                Fate::Stays { remove, last } => {
                    report.add(repository.prune_to(&remove, last, Arc::clone(progress))?);
                }
                Fate::Leaves(snapshots) => {
                    let deletion = repository.delete(&snapshots)?;
                    report.removed_snapshots += snapshots.len() as u64;
                    report.note(number, deletion);
                }
            }
        }
        for leaving in self.leaving {
            if let Some(deletion) = deletion::go_on(leaving.places, &leaving.surroundings)? {
                report.note(leaving.number, deletion);
            }
        }
        Ok(report)
    }

    /// What becomes of each generation when these snapshots go.
    fn fates(&self, remove: &[String]) -> Result<Vec<Fate>> {
        let removed: BTreeSet<&str> = remove.iter().map(String::as_str).collect();
        let mut halves = Vec::new();
        for generation in &self.open {
            let ids = generation.repository.snapshot_ids()?;
            let halved: (BTreeSet<String>, BTreeSet<String>) = ids
                .into_iter()
                .partition(|id| removed.contains(id.as_str()));
            halves.push(halved);
        }
        let kept: usize = halves.iter().map(|(_, kept)| kept.len()).sum();
        let fates = self.open.iter().zip(halves);
        Ok(fates
            .map(|(generation, (removed, own))| {
                let others_have_some = kept > own.len();
                if own.is_empty() && others_have_some && generation.number != self.current {
                    return Fate::Leaves(removed);
                }
                Fate::Stays {
                    remove: removed.into_iter().collect(),
                    last: if others_have_some {
                        LastSnapshot::MayGo
                    } else {
                        LastSnapshot::Stays
                    },
                }
            })
            .collect())
    }
}

/// What becomes of a generation.
enum Fate {
    /// It loses these snapshots.
    Stays {
        remove: Vec<String>,
        last: LastSnapshot,
    },
    /// It loses these, which are all that it has, and goes.
    Leaves(BTreeSet<String>),
}

impl PruneReport {
    fn add(&mut self, part: Self) {
        self.removed_snapshots += part.removed_snapshots;
        self.kept_snapshots += part.kept_snapshots;
        self.freed_bytes += part.freed_bytes;
        self.rewritten_bytes += part.rewritten_bytes;
        self.removed_leftovers += part.removed_leftovers;
    }

    fn note(&mut self, generation: u32, deletion: deletion::Deletion) {
        self.freed_bytes += deletion.freed_bytes;
        self.deleted_generations.push(DeletedGeneration {
            generation,
            freed_bytes: deletion.freed_bytes,
            waiting: deletion.waiting,
        });
    }
}

impl PruneForecast {
    fn add(&mut self, part: Self) {
        self.freed_bytes += part.freed_bytes;
        self.rewritten_bytes += part.rewritten_bytes;
        self.left_bytes += part.left_bytes;
        self.deleted_generations.extend(part.deleted_generations);
    }
}
