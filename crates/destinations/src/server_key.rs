//! How a server shows who it is.

use serde::{Deserialize, Serialize};

/// The key or certificate that a server showed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServerKey {
    /// What settings take to know the server again: an OpenSSH public key, or a certificate as
    /// PEM.
    pub key: String,
    /// The same for people to compare: `SHA256:…`, as the server's own tools print it.
    pub fingerprint: String,
}
