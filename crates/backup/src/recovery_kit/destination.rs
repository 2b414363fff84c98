//! Where a repository lies, as a kit describes it.

use latarnik_destinations::Secret;

/// A place where the repository lies.
#[derive(Debug, Clone)]
pub struct KitDestination {
    /// What people call it.
    pub name: String,
    /// Where it is and how to sign in.
    pub place: KitPlace,
}

/// Where the repository is and how to sign in there.
#[derive(Debug, Clone)]
pub enum KitPlace {
    /// A folder of the machine itself, or of a disk that is attached to it.
    Local {
        /// The folder.
        path: String,
    },
    /// A bucket.
    S3 {
        /// The service, with `https://` or `http://`; without either, `https://`.
        endpoint: String,
        /// The bucket.
        bucket: String,
        /// The folder in the bucket; empty is none.
        prefix: String,
        /// The region, where the service has any.
        region: Option<String>,
        /// The access key's id.
        access_key: String,
        /// The secret key.
        secret_key: Secret,
        /// The token of temporary keys.
        session_token: Option<Secret>,
        /// How the bucket is addressed.
        addressing: S3Addressing,
        /// The certificate authority to trust, as PEM, where it is a private one.
        authority: Option<String>,
    },
    /// A folder of an SSH server.
    Sftp {
        /// The server.
        host: String,
        /// Its port.
        port: u16,
        /// The user.
        user: String,
        /// The folder; relative to the user's own unless it begins with `/`.
        path: String,
        /// The user's password.
        password: Option<Secret>,
        /// The user's private key, as OpenSSH writes it.
        private_key: Option<Secret>,
        /// The server's key, or its fingerprint, to compare on the first connection.
        host_key: Option<String>,
    },
    /// A folder of an FTP server.
    Ftp {
        /// The server.
        host: String,
        /// Its port.
        port: u16,
        /// The user.
        user: String,
        /// The user's password.
        password: Secret,
        /// The folder; relative to the user's own unless it begins with `/`.
        path: String,
        /// Whether and how TLS is used.
        encryption: FtpEncryption,
        /// The certificate authority to trust, as PEM, where it is a private one.
        authority: Option<String>,
    },
    /// A folder of a Windows or Samba share.
    Smb {
        /// The server.
        host: String,
        /// The share.
        share: String,
        /// The folder in the share, with `/` or `\`; empty is none.
        path: String,
        /// The user.
        user: String,
        /// The user's domain or workgroup.
        domain: Option<String>,
        /// The user's password.
        password: Secret,
    },
}

/// How a bucket is addressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum S3Addressing {
    /// As restic finds out.
    Automatic,
    /// In the path.
    Path,
    /// In the host's name.
    VirtualHost,
}

/// Whether and how an FTP connection is encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FtpEncryption {
    /// Not at all.
    None,
    /// `AUTH TLS` on the ordinary port.
    Explicit,
    /// TLS from the first byte.
    Implicit,
}

impl KitPlace {
    /// The kind's code.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Local { .. } => "local",
            Self::S3 { .. } => "s3",
            Self::Sftp { .. } => "sftp",
            Self::Ftp { .. } => "ftp",
            Self::Smb { .. } => "smb",
        }
    }
}
