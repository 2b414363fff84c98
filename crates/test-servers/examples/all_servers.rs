//! A server of each kind that backups go to, on loopback, for programs that are tried from outside:
//! the Windows agent under Wine. Tells in one line of JSON where they are and who may sign in, and
//! ends with SIGTERM.

#![cfg_attr(
    unix,
    expect(clippy::print_stdout, reason = "telling is what it is for")
)]

#[cfg(unix)]
fn main() -> anyhow::Result<()> {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?
        .block_on(servers::run())
}

#[cfg(not(unix))]
fn main() {}

#[cfg(unix)]
mod servers {
    use anyhow::Result;
    use latarnik_test_servers::{
        S3Server, Samba,
        ftp::{Encryption, FtpServer, PASSWORD, USER},
        ssh::SshServer,
    };
    use std::path::Path;
    use tokio::signal::unix::{SignalKind, signal};

    pub(super) async fn run() -> Result<()> {
        let mut end = signal(SignalKind::terminate())?;
        let s3 = S3Server::start().await?;
        let ssh = SshServer::start()?;
        let ftp = FtpServer::vsftpd(Encryption::None, "")?;
        let ftps = FtpServer::pyftpdlib(Encryption::Explicit, &[])?;
        let samba = Samba::start()?;
        let [host_key, _] = ssh.host_keys();
        let told = serde_json::json!({
            "s3": {
                "port": s3.port(),
                "bucket": S3Server::BUCKET,
                "region": S3Server::REGION,
                "id": S3Server::KEY.0,
                "secret": S3Server::KEY.1,
            },
            "sftp": {
                "port": ssh.port(),
                "user": ssh.user(),
                "private_key": ssh.private_key(),
                "host_key": host_key.trim(),
                "files": text(&ssh.data()),
            },
            "ftp": {
                "port": ftp.port(),
                "user": "anonymous",
                "password": "anonymous",
                "files": text(&ftp.data()),
            },
            "ftps": {
                "port": ftps.port(),
                "user": USER,
                "password": PASSWORD,
                "authority": ftps.certificates().authority,
                "files": text(&ftps.data()),
            },
            "smb": {
                "port": samba.port(),
                "share": "backups",
                "user": Samba::USER,
                "password": Samba::PASSWORD,
                "files": text(&samba.files()),
            },
        });
        println!("{told}");
        end.recv().await;
        Ok(())
    }

    fn text(path: &Path) -> String {
        path.display().to_string()
    }
}
