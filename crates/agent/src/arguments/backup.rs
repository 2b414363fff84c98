//! The command line of `latarnik-agent backup`.

use clap::{Args, Subcommand, ValueEnum};
use jiff::Timestamp;
use latarnik_backup::VerificationDepth;
use latarnik_platform::paths;
use std::path::PathBuf;

const EXIT_CODES: &str = "\
A job is a file in TOML; docs/backup-commands.md describes it.

Exit codes:
   0  done
   1  something failed; standard error says what
   2  the command line is not understood
   9  done, but not everything: files that could not be read or restored, or a destination
      that is behind
  10  damage was found, or the test restore failed
  11  another run or another program works with the repository
  12  a destination cannot be used (of `probe`)
 130  cancelled";

const KEYS_HELP: &str = "\
A new password keeps out who has the old one alone. Who had the password and a copy of the
repository has its master key: against that helps a new generation; docs/backup-keys.md says how.";

#[derive(Debug, Args)]
#[command(after_help = EXIT_CODES)]
pub(crate) struct BackingUp {
    #[command(subcommand)]
    pub(crate) command: BackupCommand,
    #[command(flatten)]
    pub(crate) common: Common,
}

#[derive(Debug, Args)]
pub(crate) struct Common {
    /// The job's file.
    #[arg(long, global = true, value_name = "FILE", default_value = "job.toml")]
    pub(crate) job: PathBuf,
    /// One line of JSON for each event, and for the result, on standard output.
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// Where jobs without a state folder of their own remember things.
    #[arg(
        long,
        global = true,
        env = "LATARNIK_AGENT_STATE_FOLDER",
        default_value_os_t = paths::state_folder(),
        value_name = "DIR"
    )]
    pub(crate) state_folder: PathBuf,
}

#[derive(Debug, Subcommand)]
pub(crate) enum BackupCommand {
    /// Makes a snapshot of the sources at every destination.
    Run(RunningBackup),
    /// Lists the snapshots.
    List,
    /// Restores files.
    ///
    /// What exists stays as it is, unless --replace says otherwise.
    Restore(Restoring),
    /// Examines the repository at every destination.
    Verify(Verifying),
    /// Deletes the snapshots that the job's rules do not keep, and what no other needs.
    Prune(Pruning),
    /// Restores a snapshot into a sandbox, compares every byte, and removes the sandbox.
    TestRestore(TestingRestore),
    /// Writes, reads, lists and deletes a small file at every destination.
    Probe,
    /// Makes the page to print and the file with which stock restic restores.
    RecoveryKit(MakingKit),
    /// Lists, adds, removes and rotates the passwords of the repository.
    #[command(after_help = KEYS_HELP)]
    Keys(ManagingKeys),
}

#[derive(Debug, Args)]
pub(crate) struct ManagingKeys {
    #[command(subcommand)]
    pub(crate) command: KeysCommand,
    /// Of this generation; else of the one that is written to.
    #[arg(long, global = true, value_name = "N")]
    pub(crate) generation: Option<u32>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum KeysCommand {
    /// Lists the keys: when they were made, by whom, where they lie, and which one is in use.
    List,
    /// Adds a password, and proves that it opens every destination.
    Add(AddingKey),
    /// Removes a key at every destination. Never the one in use.
    Remove(RemovingKey),
    /// Replaces the password at every destination.
    ///
    /// Adds the new one, proves that it opens every destination, and removes all others. With a
    /// password file in the job, that file has the new one afterwards. Safe to repeat after it was
    /// cut off.
    Rotate(RotatingKey),
}

#[derive(Debug, Args)]
pub(crate) struct AddingKey {
    /// A file that has the new password, in one line.
    #[arg(long, value_name = "FILE")]
    pub(crate) new_password_file: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct RemovingKey {
    /// The key, by the beginning of its id.
    #[arg(value_name = "ID")]
    pub(crate) id: String,
}

#[derive(Debug, Args)]
pub(crate) struct RotatingKey {
    /// A file that has the new password, in one line; else one is made up, if the job has a
    /// password file.
    #[arg(long, value_name = "FILE")]
    pub(crate) new_password_file: Option<PathBuf>,
    /// Remove only the password that is replaced, and leave others.
    #[arg(long)]
    pub(crate) keep_others: bool,
}

#[derive(Debug, Args)]
pub(crate) struct RunningBackup {
    /// Read every byte again, trusting no time stamps.
    #[arg(long)]
    pub(crate) full: bool,
    /// Let everything else on the machine go first.
    #[arg(long)]
    pub(crate) low_priority: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Restoring {
    /// A snapshot, by the beginning of its id; else the newest of the job.
    #[arg(long, value_name = "ID", conflicts_with = "at")]
    pub(crate) snapshot: Option<String>,
    /// The newest snapshot that is not newer than this, such as 2026-11-27T12:00:00Z.
    #[arg(long, value_name = "TIME")]
    pub(crate) at: Option<Timestamp>,
    /// Into this folder.
    #[arg(long, value_name = "DIR", required_unless_present = "in_place")]
    pub(crate) target: Option<PathBuf>,
    /// To where the files came from.
    #[arg(long, conflicts_with = "target")]
    pub(crate) in_place: bool,
    /// Only this file or folder, as the snapshot shows it; may be given again.
    #[arg(long = "path", value_name = "PATH")]
    pub(crate) paths: Vec<PathBuf>,
    /// Only files that match, after gitignore's rules; may be given again.
    #[arg(long = "pattern", value_name = "PATTERN")]
    pub(crate) patterns: Vec<String>,
    /// Replace files that exist.
    #[arg(long)]
    pub(crate) replace: bool,
}

/// How much is examined.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum Depth {
    /// That everything is there and has its size
    Structure,
    /// Also some packs are read
    Sample,
    /// Every byte is read
    Full,
}

#[derive(Debug, Args)]
pub(crate) struct Verifying {
    /// How much is examined.
    #[arg(long, value_enum, default_value = "full")]
    depth: Depth,
    /// Packs of a thousand that a sample reads.
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u16).range(1..=1000))]
    per_mille: u16,
    /// Which packs a sample reads: another number reads others.
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) seed: u64,
    /// Only this generation; else all.
    #[arg(long, value_name = "N")]
    pub(crate) generation: Option<u32>,
    /// Replace what is damaged or missing at one destination by what another one has.
    #[arg(long)]
    pub(crate) repair: bool,
}

impl Verifying {
    pub(crate) fn depth(&self) -> VerificationDepth {
        match self.depth {
            Depth::Structure => VerificationDepth::Structure,
            Depth::Sample => VerificationDepth::Sample {
                per_mille: self.per_mille,
            },
            Depth::Full => VerificationDepth::Full,
        }
    }
}

#[derive(Debug, Args)]
pub(crate) struct Pruning {
    /// Only tell what would be deleted, and what that would free.
    #[arg(long)]
    pub(crate) dry_run: bool,
}

#[derive(Debug, Args)]
pub(crate) struct TestingRestore {
    /// A snapshot, by the beginning of its id; else the newest of the job.
    #[arg(long, value_name = "ID")]
    pub(crate) snapshot: Option<String>,
    /// A folder with room for all of it; else the job's state folder.
    #[arg(long, value_name = "DIR")]
    pub(crate) sandbox: Option<PathBuf>,
}

/// The language of the page.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum KitLanguage {
    /// English
    En,
    /// Polish
    Pl,
}

#[derive(Debug, Args)]
pub(crate) struct MakingKit {
    /// Where to write the page and the file.
    #[arg(long, value_name = "DIR")]
    pub(crate) output: PathBuf,
    /// The language of the page.
    #[arg(long, value_enum, default_value = "en")]
    pub(crate) language: KitLanguage,
    /// Whose backups these are, on the page.
    #[arg(long, value_name = "NAME", default_value = "")]
    pub(crate) organization: String,
}
