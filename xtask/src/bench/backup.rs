//! `cargo xtask bench backup`: the backup engine beside restic and rustic, on the same files.
//!
//! All of them write format 2 with their own defaults, to a local folder, without a cache. What
//! they restore is compared with the files that were backed up.

mod engines;
mod measured;
mod table;

use super::processes;
use crate::{packages, programs, step, workspace::Workspace};
use anyhow::{Context, Result};
use clap::Args;
use engines::Engine;
use measured::{Measured, measure};
use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

const PACKAGES: &[&str] = &["diffutils", "python3", "restic", "time"];

/// Measures backups and restores beside restic, and beside rustic where it is installed.
#[derive(Debug, Args)]
pub(crate) struct Comparison {
    /// How often everything is done; medians are shown.
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..))]
    rounds: u32,
    /// The size of the files; 1 is about 1.6 GB in 39,000 files.
    #[arg(long, value_name = "FACTOR", default_value_t = 1.0)]
    scale: f64,
    /// Where files and repositories go; about seven times the size of the files is needed.
    #[arg(long, value_name = "DIR")]
    folder: Option<PathBuf>,
}

/// What is done to the files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Course {
    /// The first backup, which makes the repository.
    Full,
    /// A backup when nothing has changed.
    Unchanged,
    /// A backup when one file in a hundred has changed.
    Changed,
    /// Everything from the newest snapshot, into an empty folder.
    Restore,
    /// The first backup, to two destinations.
    TwoDestinations,
}

/// The figures of each engine and course, one a round.
type Figures = BTreeMap<(Course, Engine), Vec<Measured>>;

pub(crate) fn run(workspace: &Workspace, settings: &Comparison) -> Result<()> {
    packages::install(PACKAGES)?;
    let engines = Engine::all(programs::build_shipped_agent(workspace)?)?;
    let folder = tempfile::Builder::new()
        .prefix("latarnik-bench-")
        .tempdir_in(settings.folder.as_deref().unwrap_or(&workspace.target))?;
    let mut figures = Figures::new();
    let mut sizes = BTreeMap::<Engine, Vec<u64>>::new();
    for round in 0..settings.rounds {
        step::say(&format!(
            "\n== round {} of {} ==",
            round + 1,
            settings.rounds
        ));
        let mut bench = Round {
            workspace,
            folder: folder.path().join(format!("round-{round}")),
            // Nobody is always the first, which warms what the others find.
            engines: rotated(&engines, round as usize),
            figures: &mut figures,
        };
        bench.run(settings.scale)?;
        for engine in &engines {
            let bytes = folder_bytes(&engine.repository(&bench.folder))?;
            sizes.entry(engine.clone()).or_default().push(bytes);
        }
        fs::remove_dir_all(&bench.folder).context("could not remove a round's files")?;
    }
    let table = table::write(&processes::machine(), &engines, &figures, &sizes);
    let place = workspace.logs().join("bench-backup.md");
    fs::write(&place, &table).with_context(|| format!("could not write {}", place.display()))?;
    step::say(&format!("\n{table}\n{}", place.display()));
    Ok(())
}

struct Round<'a> {
    workspace: &'a Workspace,
    folder: PathBuf,
    engines: Vec<Engine>,
    figures: &'a mut Figures,
}

impl Round<'_> {
    fn run(&mut self, scale: f64) -> Result<()> {
        fs::create_dir_all(&self.folder)?;
        let scale = scale.to_string();
        self.corpus("make the files", "make", &["--scale", &scale])?;
        self.each(Course::Full, Engine::full)?;
        self.each(Course::Unchanged, Engine::backup)?;
        self.corpus("change one file in a hundred", "change", &[])?;
        self.each(Course::Changed, Engine::backup)?;
        self.each(Course::Restore, Engine::restore)?;
        for engine in &self.engines {
            let title = format!("compare what {} restored", engine.name());
            let mut compare = Command::new("diff");
            compare
                .args(["--recursive", "--no-dereference", "--brief"])
                .arg(self.files())
                .arg(engine.restored(&self.folder, &self.files()));
            step::run(&title, "bench-compare", compare)?;
            fs::remove_dir_all(engine.target(&self.folder))?;
        }
        self.each(Course::TwoDestinations, Engine::two_destinations)
    }

    fn each(
        &mut self,
        course: Course,
        work: impl Fn(&Engine, &Path, &Path) -> Result<Vec<Command>>,
    ) -> Result<()> {
        let files = self.files();
        for engine in &self.engines {
            let commands = work(engine, &self.folder, &files)?;
            if commands.is_empty() {
                continue;
            }
            let measured = step::work(&format!("{course:?}: {}", engine.name()), || {
                measure(commands, &self.folder)
            })?;
            self.figures
                .entry((course, engine.clone()))
                .or_default()
                .push(measured);
        }
        Ok(())
    }

    fn corpus(&self, title: &str, command: &str, arguments: &[&str]) -> Result<()> {
        let mut python = Command::new("python3");
        python
            .arg(self.workspace.root.join("xtask/src/bench/backup/corpus.py"))
            .arg(command)
            .arg(self.files())
            .args(arguments);
        step::run(title, "bench-corpus", python)?;
        // What is still to be written would be written while the first engine is measured.
        step::run("write it to the disk", "bench-sync", Command::new("sync"))
    }

    fn files(&self) -> PathBuf {
        self.folder.join("files")
    }
}

fn rotated(engines: &[Engine], by: usize) -> Vec<Engine> {
    let mut engines = engines.to_vec();
    let by = by % engines.len().max(1);
    engines.rotate_left(by);
    engines
}

fn folder_bytes(folder: &Path) -> Result<u64> {
    let mut bytes = 0;
    let entries =
        fs::read_dir(folder).with_context(|| format!("could not read {}", folder.display()))?;
    for entry in entries {
        let entry = entry?;
        let metadata = entry.metadata()?;
        bytes += if metadata.is_dir() {
            folder_bytes(&entry.path())?
        } else {
            metadata.len()
        };
    }
    Ok(bytes)
}
