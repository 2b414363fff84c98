//! A destination as it is described in a file or a message.

use crate::{
    Destination, Failure, Ftp, FtpSettings, Local, LocalSettings, S3, S3Settings, Sftp,
    SftpSettings, Smb, SmbSettings,
};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Where a destination is and how to sign in there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Settings {
    /// A folder of this machine.
    Local(LocalSettings),
    /// A share of Windows, Samba or a NAS.
    Smb(SmbSettings),
    /// A bucket of a service that speaks S3.
    S3(Box<S3Settings>),
    /// A folder of a server, over SSH.
    Sftp(SftpSettings),
    /// A folder of an FTP server, with or without TLS.
    Ftp(FtpSettings),
}

/// Makes a destination of its description. Nothing is connected yet.
///
/// # Errors
///
/// [`InvalidSettings`](crate::FailureCode::InvalidSettings) when the description makes no sense.
pub fn open(settings: Settings) -> Result<Arc<dyn Destination>, Failure> {
    match settings {
        Settings::Local(settings) => Ok(Arc::new(Local::new(settings))),
        Settings::Smb(settings) => Ok(Arc::new(Smb::new(settings)?)),
        Settings::S3(settings) => Ok(Arc::new(S3::new(*settings)?)),
        Settings::Sftp(settings) => Ok(Arc::new(Sftp::new(settings)?)),
        Settings::Ftp(settings) => Ok(Arc::new(Ftp::new(settings)?)),
    }
}
