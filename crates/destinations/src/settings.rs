//! A destination as it is described in a file or a message.

use crate::{
    Destination, Failure, Ftp, FtpSettings, Local, LocalSettings, ObjectName, S3, S3Settings, Sftp,
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

impl Settings {
    /// The same destination with a folder below its root as the root.
    #[must_use]
    pub fn below(&self, folder: &ObjectName) -> Self {
        let mut settings = self.clone();
        match &mut settings {
            Self::Local(local) => local.path.extend(folder.as_str().split('/')),
            Self::Smb(smb) if smb.is_whole_address() => append(&mut smb.server, folder),
            Self::Smb(smb) => append(&mut smb.path, folder),
            Self::S3(s3) => append(&mut s3.prefix, folder),
            Self::Sftp(sftp) => append(&mut sftp.path, folder),
            Self::Ftp(ftp) => append(&mut ftp.path, folder),
        }
        settings
    }
}

/// Appends to a path, which may be empty or end with a separator.
fn append(path: &mut String, folder: &ObjectName) {
    if !path.is_empty() && !path.ends_with(['/', '\\']) {
        path.push('/');
    }
    path.push_str(folder.as_str());
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
