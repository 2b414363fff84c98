//! OpenSSH's server, without touching the machine's own.

use crate::{ServerProcess, attempts, free_port};
use anyhow::{Context, Result, ensure};
use std::{
    fs,
    os::unix::fs::{PermissionsExt, chown},
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};
use tempfile::TempDir;

/// What Debian calls what is started here.
pub const PACKAGES: &[&str] = &["openssh-server", "openssh-client"];

const SERVER: &str = "/usr/sbin/sshd";
/// An account of every Debian that can do nothing. It is not `nobody`, whom OpenSSH takes for
/// locked where systemd answers for accounts.
const NOBODY: u32 = 34;
const NOBODY_NAME: &str = "backup";

/// A running OpenSSH server for one user who signs in with a key.
///
/// A server that runs as root wants a folder of the machine (`/run/sshd`), so this one never
/// does: when the tests are run by root, it is another account's. It therefore cannot check passwords.
#[derive(Debug)]
pub struct SshServer {
    process: ServerProcess,
    folder: TempDir,
    port: u16,
    user: String,
}

/// How a server differs from the usual one.
#[derive(Debug, Clone, Copy, Default)]
pub struct SshOptions<'text> {
    /// Arguments of the SFTP server, such as `-R`, which lets nobody write.
    pub sftp_arguments: &'text str,
    /// More lines of its configuration.
    pub configuration: &'text str,
}

impl SshServer {
    /// Starts a server.
    ///
    /// # Errors
    ///
    /// When OpenSSH is not installed, or does not start.
    pub fn start() -> Result<Self> {
        Self::start_with(SshOptions::default())
    }

    /// Starts a server with other options.
    ///
    /// # Errors
    ///
    /// As for [`SshServer::start`].
    pub fn start_with(options: SshOptions<'_>) -> Result<Self> {
        attempts::start(|| Self::attempt(options))
    }

    fn attempt(options: SshOptions<'_>) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let path = folder.path();
        make_key(&path.join("host_ed25519"), "ed25519", "")?;
        make_key(&path.join("host_ecdsa"), "ecdsa", "")?;
        make_key(&path.join("user"), "ed25519", "")?;
        fs::copy(path.join("user.pub"), path.join("authorized_keys"))?;
        fs::create_dir(path.join("data"))?;
        let port = free_port()?;
        fs::write(path.join("sshd_config"), configuration(path, port, options))?;
        let mut command = Command::new(SERVER);
        command
            .args(["-D", "-e", "-f"])
            .arg(path.join("sshd_config"));
        let user = if rustix::process::geteuid().is_root() {
            give_away(path)?;
            command.uid(NOBODY).gid(NOBODY);
            NOBODY_NAME.to_owned()
        } else {
            own_name()?
        };
        let mut process = ServerProcess::start(command, path)?;
        process.wait_until_listening(port)?;
        Ok(Self {
            process,
            folder,
            port,
            user,
        })
    }

    /// Its port on the loopback interface.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Who may sign in.
    pub fn user(&self) -> &str {
        &self.user
    }

    /// The user's private key.
    ///
    /// # Panics
    ///
    /// When the server's folder was damaged.
    pub fn private_key(&self) -> String {
        self.read("user")
    }

    /// Lets another private key sign in.
    ///
    /// # Errors
    ///
    /// When it is no key, or the passphrase is wrong.
    pub fn admit(&self, private_key: &str, passphrase: &str) -> Result<()> {
        let key = russh::keys::decode_secret_key(private_key, Some(passphrase))?;
        let line = key.public_key().to_openssh()?;
        let path = self.folder.path().join("authorized_keys");
        let known = fs::read_to_string(&path)?;
        fs::write(path, format!("{known}{line}\n"))?;
        Ok(())
    }

    /// The server's public keys, Ed25519 and ECDSA.
    ///
    /// # Panics
    ///
    /// When the server's folder was damaged.
    pub fn host_keys(&self) -> [String; 2] {
        [self.read("host_ed25519.pub"), self.read("host_ecdsa.pub")]
    }

    /// A folder that the user may write to.
    pub fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// What it wrote so far.
    pub fn log(&self) -> String {
        self.process.log()
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.folder.path().join(name)).expect("the server's folder is whole")
    }
}

/// A private key in OpenSSH's format, encrypted unless the passphrase is empty.
///
/// # Errors
///
/// When OpenSSH's client tools are not installed.
pub fn new_private_key(kind: &str, passphrase: &str) -> Result<String> {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("key");
    make_key(&path, kind, passphrase)?;
    Ok(fs::read_to_string(path)?)
}

fn configuration(folder: &Path, port: u16, options: SshOptions<'_>) -> String {
    let folder = folder.display();
    let SshOptions {
        sftp_arguments,
        configuration,
    } = options;
    format!(
        "Port {port}\n\
         ListenAddress 127.0.0.1\n\
         HostKey {folder}/host_ed25519\n\
         HostKey {folder}/host_ecdsa\n\
         AuthorizedKeysFile {folder}/authorized_keys\n\
         PidFile none\n\
         StrictModes no\n\
         UsePAM no\n\
         PasswordAuthentication no\n\
         KbdInteractiveAuthentication no\n\
         PermitUserRC no\n\
         MaxStartups 100\n\
         Subsystem sftp internal-sftp -d {folder}/data {sftp_arguments}\n\
         {configuration}\n"
    )
}

fn make_key(path: &Path, kind: &str, passphrase: &str) -> Result<()> {
    let made = Command::new("ssh-keygen")
        // One round of key stretching: tests need no strong key.
        .args(["-q", "-a", "1", "-t", kind, "-N", passphrase, "-f"])
        .arg(path)
        .stdin(Stdio::null())
        .status()
        .context("could not start ssh-keygen; `cargo xtask test` installs what tests need")?;
    ensure!(made.success(), "ssh-keygen ended with {made}");
    Ok(())
}

/// Gives what is in the folder to the account that the server runs as.
fn give_away(folder: &Path) -> Result<()> {
    for entry in fs::read_dir(folder)? {
        chown(entry?.path(), Some(NOBODY), Some(NOBODY))?;
    }
    fs::set_permissions(folder, fs::Permissions::from_mode(0o755))?;
    Ok(())
}

fn own_name() -> Result<String> {
    let output = Command::new("id").arg("-un").output()?;
    Ok(String::from_utf8(output.stdout)?.trim().to_owned())
}
