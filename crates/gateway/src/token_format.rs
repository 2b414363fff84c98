//! How enrollment tokens are written.

use crate::authorities::Authorities;
use latarnik_app::TokenFormat;
use latarnik_protocol::{EnrollmentToken, Secret};
use std::sync::Arc;

/// Writes tokens that lead to one gateway and pin the authority that is in force.
#[derive(Debug, Clone)]
pub struct EnrollmentTokenFormat {
    /// The gateway's address, `host:port`.
    pub address: String,
    /// The gateway's authorities.
    pub authorities: Arc<Authorities>,
}

impl TokenFormat for EnrollmentTokenFormat {
    fn token(&self, secret: [u8; 24]) -> String {
        EnrollmentToken {
            gateway: self.address.clone(),
            authority: self.authorities.present().fingerprint(),
            secret: Secret::new(secret),
        }
        .to_string()
    }
}
