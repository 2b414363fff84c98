//! An FTP destination as it is described in a file or a message.

use crate::Secret;
use serde::{Deserialize, Serialize};

/// How a folder of an FTP server is described.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FtpSettings {
    /// Name or address.
    pub host: String,
    /// The server's port; without it 21, or 990 with implicit TLS.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub port: Option<u16>,
    /// The account.
    pub user: String,
    /// Its password.
    pub password: Secret,
    /// The root: absolute, or relative to where the account arrives. Its parent must exist.
    #[serde(default)]
    pub path: String,
    /// How the connections are encrypted.
    #[serde(default)]
    pub security: FtpSecurity,
    /// PEM: the authority that signed the server's certificate, or that certificate itself.
    /// Without it, the authorities count that the system trusts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ca_certificate: Option<String>,
    /// SHA-256 of the server's own certificate, in hexadecimal: then nothing else counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub certificate_fingerprint: Option<String>,
    /// Silence after which the server counts as hanging, in seconds.
    #[serde(default = "default_timeout_seconds")]
    pub timeout_seconds: u64,
}

/// How connections to an FTP server are encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FtpSecurity {
    /// Not at all: whoever is on the way reads the password.
    None,
    /// By the command `AUTH TLS` on the usual port. There is no falling back to nothing.
    #[default]
    Explicit,
    /// From the first byte on, on a port of its own.
    Implicit,
}

fn default_timeout_seconds() -> u64 {
    60
}
