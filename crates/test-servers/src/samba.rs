//! Samba, as a server of Windows shares.

use crate::process::{ServerProcess, free_port};
use anyhow::{Context as _, Result, bail};
use std::{
    fmt::Write as _,
    fs,
    io::Write as _,
    os::unix::{fs::PermissionsExt as _, process::CommandExt as _},
    path::{Path, PathBuf},
    process::{Command, Stdio},
};
use tempfile::TempDir;

/// Folders of the server itself.
const FOLDERS: [&str; 7] = [
    "private", "lock", "state", "cache", "pid", "ncalrpc", "files",
];

/// A Samba server with these shares of one folder:
///
/// | share | |
/// |---|---|
/// | `backups` | read and write |
/// | `archive` | read alone |
/// | `closed` | nobody may enter |
/// | `sealed` | encrypted connections alone |
#[derive(Debug)]
pub struct Samba {
    process: ServerProcess,
    folder: TempDir,
    port: u16,
}

/// What a server can be made to do.
#[derive(Debug, Clone, Default)]
pub struct SambaOptions {
    /// The newest version that it speaks, as `server max protocol`: `SMB2_10`, `SMB3_00`.
    pub max_protocol: Option<&'static str>,
    /// Offers no encryption; `sealed` cannot be entered then.
    pub without_encryption: bool,
    /// Takes a wrong account for a guest, as many NAS do.
    pub welcomes_guests: bool,
    /// Files beyond so many KiB do not fit: the disk seems full.
    pub largest_file_kib: Option<u64>,
    /// Runs on this port, where one has been before.
    pub port: Option<u16>,
}

impl Samba {
    /// The Debian packages that it needs.
    pub const PACKAGES: &[&str] = &["samba", "samba-common-bin"];
    /// The account.
    pub const USER: &str = "backup";
    /// Its password.
    pub const PASSWORD: &str = "Żółw-7 & more";

    /// Starts a server of the usual kind.
    ///
    /// # Errors
    ///
    /// When Samba is not installed or does not start; the message has its log.
    pub fn start() -> Result<Self> {
        Self::start_with(&SambaOptions::default())
    }

    /// Starts a server that does as it is told.
    ///
    /// # Errors
    ///
    /// As for [`Samba::start`].
    pub fn start_with(options: &SambaOptions) -> Result<Self> {
        let folder = tempfile::Builder::new().prefix("samba-").tempdir()?;
        for name in FOLDERS {
            fs::create_dir(folder.path().join(name))?;
        }
        // smbd looks after these itself, and refuses others.
        fs::set_permissions(
            folder.path().join("ncalrpc"),
            fs::Permissions::from_mode(0o755),
        )?;
        let port = match options.port {
            Some(port) => port,
            None => free_port()?,
        };
        let account = this_account()?;
        let configuration = folder.path().join("smb.conf");
        fs::write(
            folder.path().join("users.map"),
            format!("{account} = {}\n", Self::USER),
        )?;
        fs::write(
            &configuration,
            configure(folder.path(), port, &account, options)?,
        )?;
        add_account(&configuration, &account)?;
        let mut process = ServerProcess::start(command(&configuration, options), folder.path())?;
        process.wait_until_listening(port)?;
        Ok(Self {
            process,
            folder,
            port,
        })
    }

    /// Where it listens.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The folder behind all shares.
    pub fn files(&self) -> PathBuf {
        self.folder.path().join("files")
    }

    /// What it wrote.
    pub fn log(&self) -> String {
        self.process.log()
    }
}

impl Drop for Samba {
    fn drop(&mut self) {
        // A process of its own serves each connection.
        self.process.kill_group();
    }
}

/// Samba's accounts are accounts of the system: the one that runs the tests is there for sure.
fn this_account() -> Result<String> {
    let output = Command::new("id").arg("-un").output()?;
    Ok(String::from_utf8(output.stdout)?.trim().to_owned())
}

fn configure(folder: &Path, port: u16, account: &str, options: &SambaOptions) -> Result<String> {
    let here = folder.display();
    let mut text = format!(
        "[global]
server role = standalone server
server min protocol = SMB2_02
workgroup = LATARNIK
netbios name = LATARNIK
interfaces = lo
bind interfaces only = yes
smb ports = {port}
disable netbios = yes
private dir = {here}/private
lock directory = {here}/lock
state directory = {here}/state
cache directory = {here}/cache
pid directory = {here}/pid
ncalrpc dir = {here}/ncalrpc
log file = {here}/smbd.log
log level = 1
passdb backend = tdbsam:{here}/private/passdb.tdb
username map = {here}/users.map
load printers = no
printcap name = /dev/null
disable spoolss = yes
rpc start on demand helpers = no
"
    );
    if let Some(protocol) = options.max_protocol {
        writeln!(text, "server max protocol = {protocol}")?;
    }
    if options.without_encryption {
        writeln!(text, "server smb encrypt = off")?;
    }
    if options.welcomes_guests {
        writeln!(text, "map to guest = bad user\nguest account = {account}")?;
    }
    let not_this_account = format!("invalid users = {account}");
    for (share, settings) in [
        ("backups", "read only = no\nguest ok = yes"),
        ("archive", "read only = yes"),
        ("closed", not_this_account.as_str()),
        ("sealed", "read only = no\nserver smb encrypt = required"),
    ] {
        writeln!(text, "[{share}]\npath = {here}/files\n{settings}")?;
    }
    Ok(text)
}

fn add_account(configuration: &Path, account: &str) -> Result<()> {
    let mut child = Command::new("pdbedit")
        .arg("--configfile")
        .arg(configuration)
        .args(["--create", "--password-from-stdin", "--user"])
        .arg(account)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .context("could not start pdbedit; `cargo xtask test` installs what tests need")?;
    if let Some(mut input) = child.stdin.take() {
        write!(input, "{0}\n{0}\n", Samba::PASSWORD)?;
    }
    let output = child.wait_with_output()?;
    if !output.status.success() {
        bail!("pdbedit: {}", String::from_utf8_lossy(&output.stderr));
    }
    Ok(())
}

fn command(configuration: &Path, options: &SambaOptions) -> Command {
    let mut command = match options.largest_file_kib {
        None => Command::new("smbd"),
        Some(kib) => {
            // The signal would end the server, where a full disk fails its write.
            let mut shell = Command::new("bash");
            shell.args([
                "-c",
                &format!("trap '' XFSZ; ulimit -f {kib}; exec smbd \"$@\""),
                "smbd",
            ]);
            shell
        }
    };
    command
        .args(["--foreground", "--no-process-group", "--debug-stdout"])
        .arg("--configfile")
        .arg(configuration)
        .env(
            "PATH",
            "/usr/local/sbin:/usr/sbin:/sbin:/usr/local/bin:/usr/bin:/bin",
        )
        .process_group(0);
    command
}
