//! FTP servers: vsftpd, which most Linux servers run, and pyftpdlib, which has accounts of its own.

mod certificates;

pub use self::certificates::Certificates;

use crate::{ServerProcess, SmallDisk, attempts, free_port};
use anyhow::Result;
use std::{
    ffi::{OsStr, OsString},
    fs,
    os::unix::{
        fs::{PermissionsExt, chown},
        process::CommandExt,
    },
    path::{Path, PathBuf},
    process::Command,
};
use tempfile::TempDir;

/// What Debian calls what is started here.
pub const PACKAGES: &[&str] = &["vsftpd", "python3-pyftpdlib", "python3-openssl"];

const VSFTPD: &str = "/usr/sbin/vsftpd";
const PYTHON: &str = "/usr/bin/python3";
const PYFTPDLIB: &str = include_str!("ftp/pyftpdlib.py");
/// An account of every Debian that can do nothing: what vsftpd runs as when root tests.
const BACKUP: u32 = 34;

/// Who may do everything at [`FtpServer::pyftpdlib`].
pub const USER: &str = "clerk";
/// Who may only read there.
pub const READER: &str = "reader";
/// The password of both.
pub const PASSWORD: &str = "correct horse";

/// How a server encrypts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encryption {
    /// Not at all.
    None,
    /// After `AUTH TLS`, which it insists on.
    Explicit,
    /// From the start.
    Implicit,
}

/// A running FTP server.
#[derive(Debug)]
pub struct FtpServer {
    process: ServerProcess,
    folder: TempDir,
    port: u16,
    certificates: Certificates,
}

impl FtpServer {
    /// Starts vsftpd for `anonymous`, who may write; any password will do. It runs without root's
    /// rights, so it can neither check passwords nor lock its users in. Data connections must
    /// resume the TLS session of their control connection.
    ///
    /// # Errors
    ///
    /// When vsftpd is not installed, or does not start.
    pub fn vsftpd(encryption: Encryption, configuration: &str) -> Result<Self> {
        let command = || {
            let mut command = Command::new(VSFTPD);
            if is_root() {
                command.uid(BACKUP).gid(BACKUP);
            }
            command
        };
        Self::start(command, Owner::Backup, |prepared| {
            let lines = vsftpd_configuration(prepared, encryption);
            let path = prepared.folder.join("vsftpd.conf");
            fs::write(&path, format!("{lines}{configuration}\n"))?;
            Ok(vec![path.into_os_string()])
        })
    }

    /// The same on a disk that is mounted over the folder in it that [`FtpServer::data`] names.
    ///
    /// # Errors
    ///
    /// As for [`FtpServer::vsftpd`].
    pub fn vsftpd_on(disk: &SmallDisk, data: &Path) -> Result<Self> {
        Self::start(
            || disk.command(VSFTPD),
            Owner::Tester,
            |prepared| {
                let lines = vsftpd_configuration(prepared, Encryption::None);
                let path = prepared.folder.join("vsftpd.conf");
                fs::write(&path, format!("{lines}anon_root={}\n", data.display()))?;
                Ok(vec![path.into_os_string()])
            },
        )
    }

    /// Starts pyftpdlib for [`USER`] and [`READER`]. Words make it differ from other servers: see
    /// `ftp/pyftpdlib.py`.
    ///
    /// # Errors
    ///
    /// When pyftpdlib is not installed, or does not start.
    pub fn pyftpdlib(encryption: Encryption, words: &[&str]) -> Result<Self> {
        Self::start(
            || Command::new(PYTHON),
            Owner::Tester,
            |prepared| {
                let script = prepared.folder.join("ftp.py");
                fs::write(&script, PYFTPDLIB)?;
                let certificate = match encryption {
                    Encryption::None => OsStr::new("-").to_owned(),
                    Encryption::Explicit | Encryption::Implicit => {
                        prepared.folder.join("server.pem").into_os_string()
                    }
                };
                let mut arguments = vec![
                    script.into_os_string(),
                    prepared.folder.join("data").into_os_string(),
                    prepared.port.to_string().into(),
                    USER.into(),
                    READER.into(),
                    PASSWORD.into(),
                    certificate,
                ];
                arguments.extend(words.iter().map(Into::into));
                Ok(arguments)
            },
        )
    }

    fn start(
        command: impl Fn() -> Command,
        owner: Owner,
        configure: impl Fn(&Prepared<'_>) -> Result<Vec<OsString>>,
    ) -> Result<Self> {
        attempts::start(|| Self::attempt(command(), owner, &configure))
    }

    fn attempt(
        mut command: Command,
        owner: Owner,
        configure: impl Fn(&Prepared<'_>) -> Result<Vec<OsString>>,
    ) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let path = folder.path();
        let certificates = Certificates::new()?;
        fs::create_dir(path.join("data"))?;
        fs::create_dir(path.join("empty"))?;
        let pem = format!("{}{}", certificates.certificate, certificates.key);
        fs::write(path.join("server.pem"), pem)?;
        let port = free_port()?;
        let prepared = Prepared { folder: path, port };
        command.args(configure(&prepared)?);
        if is_root() && owner == Owner::Backup {
            give_away(path)?;
        }
        let mut process = ServerProcess::start(command, path)?;
        process.wait_until_listening(port)?;
        Ok(Self {
            process,
            folder,
            port,
            certificates,
        })
    }

    /// Its port on the loopback interface.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Its certificate and who signed it.
    pub fn certificates(&self) -> &Certificates {
        &self.certificates
    }

    /// The folder where users arrive.
    pub fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// What it wrote so far.
    pub fn log(&self) -> String {
        let own = fs::read_to_string(self.folder.path().join("vsftpd.log"));
        format!("{}{}", self.process.log(), own.unwrap_or_default())
    }
}

/// Whose a server's files are when root tests: vsftpd reads only its user's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Owner {
    Tester,
    Backup,
}

struct Prepared<'folder> {
    folder: &'folder Path,
    port: u16,
}

fn vsftpd_configuration(prepared: &Prepared<'_>, encryption: Encryption) -> String {
    let Prepared { folder, port } = prepared;
    let folder = folder.display();
    let yes_no = |yes| if yes { "YES" } else { "NO" };
    let tls = yes_no(encryption != Encryption::None);
    let implicit = yes_no(encryption == Encryption::Implicit);
    format!(
        "listen=YES\n\
         listen_address=127.0.0.1\n\
         listen_port={port}\n\
         background=NO\n\
         run_as_launching_user=YES\n\
         nopriv_user=backup\n\
         ftp_username=backup\n\
         secure_chroot_dir={folder}/empty\n\
         session_support=NO\n\
         seccomp_sandbox=NO\n\
         isolate=NO\n\
         isolate_network=NO\n\
         anonymous_enable=YES\n\
         local_enable=NO\n\
         write_enable=YES\n\
         anon_root={folder}/data\n\
         anon_upload_enable=YES\n\
         anon_mkdir_write_enable=YES\n\
         anon_other_write_enable=YES\n\
         anon_world_readable_only=NO\n\
         anon_umask=022\n\
         allow_anon_ssl=YES\n\
         ssl_enable={tls}\n\
         implicit_ssl={implicit}\n\
         force_anon_logins_ssl={tls}\n\
         force_anon_data_ssl={tls}\n\
         require_ssl_reuse={tls}\n\
         ssl_ciphers=HIGH\n\
         rsa_cert_file={folder}/server.pem\n\
         log_ftp_protocol=YES\n\
         vsftpd_log_file={folder}/vsftpd.log\n\
         xferlog_enable=YES\n"
    )
}

fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// Lets the account that vsftpd runs as use the folder.
fn give_away(folder: &Path) -> Result<()> {
    for entry in fs::read_dir(folder)? {
        chown(entry?.path(), Some(BACKUP), Some(BACKUP))?;
    }
    chown(folder, Some(BACKUP), Some(BACKUP))?;
    fs::set_permissions(folder, fs::Permissions::from_mode(0o755))?;
    Ok(())
}
