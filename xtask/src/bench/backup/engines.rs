//! The programs that are compared, and how each of them is called.

use crate::{children, packages};
use anyhow::Result;
use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

const PASSWORD: &str = "correct horse battery staple";

/// A program that backs up.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Engine {
    kind: Kind,
    program: PathBuf,
    version: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Latarnik,
    Restic,
    Rustic,
}

impl Engine {
    /// Ours, and those others that are installed.
    pub(super) fn all(agent: PathBuf) -> Result<Vec<Self>> {
        let mut engines = vec![Self {
            kind: Kind::Latarnik,
            version: "Latarnik".to_owned(),
            program: agent,
        }];
        for (kind, name, arguments) in [
            (Kind::Restic, "restic", ["version"]),
            (Kind::Rustic, "rustic", ["--version"]),
        ] {
            if let Some(program) = packages::find_program(&[name]) {
                let mut version = Command::new(&program);
                version.args(arguments);
                let version = children::capture(version)?;
                engines.push(Self {
                    kind,
                    program,
                    version: version.split(' ').take(2).collect::<Vec<_>>().join(" "),
                });
            }
        }
        Ok(engines)
    }

    pub(super) fn name(&self) -> &str {
        self.version.trim()
    }

    fn label(&self) -> &'static str {
        match self.kind {
            Kind::Latarnik => "latarnik",
            Kind::Restic => "restic",
            Kind::Rustic => "rustic",
        }
    }

    pub(super) fn repository(&self, folder: &Path) -> PathBuf {
        folder.join(self.label())
    }

    pub(super) fn target(&self, folder: &Path) -> PathBuf {
        folder.join(format!("{}-restored", self.label()))
    }

    /// Where the files are after a restore.
    pub(super) fn restored(&self, folder: &Path, files: &Path) -> PathBuf {
        match self.kind {
            // The part of the snapshot is named when it restores.
            Kind::Rustic => self.target(folder),
            Kind::Latarnik | Kind::Restic => self
                .target(folder)
                .join(files.strip_prefix("/").unwrap_or(files)),
        }
    }

    /// Makes the repository and backs up for the first time.
    pub(super) fn full(&self, folder: &Path, files: &Path) -> Result<Vec<Command>> {
        let repository = self.repository(folder);
        let mut commands = Vec::new();
        match self.kind {
            Kind::Latarnik => {
                fs::write(
                    self.job(folder, "job"),
                    self.job_text(folder, files, &[repository]),
                )?;
                return self.backup(folder, files);
            }
            Kind::Restic => {
                let mut init = self.foreign(&repository);
                init.args(["init", "--repository-version", "2"]);
                commands.push(init);
            }
            Kind::Rustic => {
                let mut init = self.foreign(&repository);
                init.arg("init");
                commands.push(init);
            }
        }
        commands.extend(self.backup(folder, files)?);
        Ok(commands)
    }

    /// Backs up once more.
    pub(super) fn backup(&self, folder: &Path, files: &Path) -> Result<Vec<Command>> {
        let mut backup = match self.kind {
            Kind::Latarnik => {
                return Ok(vec![self.own("run", &self.job(folder, "job"))]);
            }
            Kind::Restic | Kind::Rustic => self.foreign(&self.repository(folder)),
        };
        backup.arg("backup").arg(files);
        Ok(vec![backup])
    }

    /// Restores the newest snapshot.
    pub(super) fn restore(&self, folder: &Path, files: &Path) -> Result<Vec<Command>> {
        let target = self.target(folder);
        Ok(vec![match self.kind {
            Kind::Latarnik => {
                let mut restore = self.own("restore", &self.job(folder, "job"));
                restore.arg("--target").arg(target);
                restore
            }
            Kind::Restic => {
                let mut restore = self.foreign(&self.repository(folder));
                restore.args(["restore", "latest", "--target"]).arg(target);
                restore
            }
            Kind::Rustic => {
                let mut restore = self.foreign(&self.repository(folder));
                restore
                    .arg("restore")
                    .arg(format!("latest:{}", files.display()))
                    .arg(target);
                restore
            }
        }])
    }

    /// A first backup to two destinations at once, which only ours does.
    pub(super) fn two_destinations(&self, folder: &Path, files: &Path) -> Result<Vec<Command>> {
        if self.kind != Kind::Latarnik {
            return Ok(Vec::new());
        }
        let places = [folder.join("first"), folder.join("second")];
        let job = self.job(folder, "two");
        fs::write(&job, self.job_text(folder, files, &places))?;
        Ok(vec![self.own("run", &job)])
    }

    fn own(&self, command: &str, job: &Path) -> Command {
        let mut own = Command::new(&self.program);
        own.args(["backup", command, "--json", "--job"]).arg(job);
        own
    }

    fn foreign(&self, repository: &Path) -> Command {
        let mut foreign = Command::new(&self.program);
        let prefix = self.label().to_uppercase();
        foreign
            .env(format!("{prefix}_PASSWORD"), PASSWORD)
            .arg("--no-cache")
            .arg("--repo")
            .arg(repository);
        match self.kind {
            Kind::Rustic => foreign.arg("--no-progress"),
            Kind::Restic | Kind::Latarnik => foreign.arg("--quiet"),
        };
        foreign
    }

    fn job(&self, folder: &Path, name: &str) -> PathBuf {
        folder.join(format!("{name}.toml"))
    }

    fn job_text(&self, folder: &Path, files: &Path, destinations: &[PathBuf]) -> String {
        let mut text = format!(
            "name = \"bench\"\npassword = \"{PASSWORD}\"\nstate_folder = {:?}\n[[folders]]\npath = {files:?}\n",
            folder.join(format!("state-{}", destinations.len())),
        );
        for (number, destination) in destinations.iter().enumerate() {
            text.push_str(&format!(
                "[[destinations]]\nname = \"disk-{number}\"\nkind = \"local\"\npath = {destination:?}\n"
            ));
        }
        text
    }
}
