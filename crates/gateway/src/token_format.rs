//! How enrollment tokens are written.

use latarnik_app::TokenFormat;
use latarnik_protocol::{EnrollmentToken, Fingerprint, Secret};

/// Writes tokens that lead to one gateway and pin its authority.
#[derive(Debug, Clone)]
pub struct EnrollmentTokenFormat {
    /// The gateway's address, `host:port`.
    pub address: String,
    /// The fingerprint of the gateway's authority.
    pub authority: Fingerprint,
}

impl TokenFormat for EnrollmentTokenFormat {
    fn token(&self, secret: [u8; 24]) -> String {
        EnrollmentToken {
            gateway: self.address.clone(),
            authority: self.authority,
            secret: Secret::new(secret),
        }
        .to_string()
    }
}
