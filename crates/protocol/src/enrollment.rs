//! The enrollment token: one line that a person pastes into an installer.

use crate::Fingerprint;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};
use std::{fmt, str::FromStr};

/// The secret half of an enrollment token.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret([u8; 24]);

impl Secret {
    /// From bytes that a good source of randomness made.
    #[must_use]
    pub const fn new(bytes: [u8; 24]) -> Self {
        Self(bytes)
    }

    /// What the server keeps: SHA-256 of the secret. The secret is 192 bits of randomness, so that
    /// a plain hash suffices.
    #[must_use]
    pub fn hash(&self) -> [u8; 32] {
        Sha256::digest(self.0).into()
    }

    /// The secret as it travels in a registration.
    #[must_use]
    pub fn reveal(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.0)
    }

    /// The inverse of [`Secret::reveal`].
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok().map(Self)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// Everything an agent needs to register: where, whom to trust, and the right to do it.
///
/// Text form: `latarnik1.` and, base64url without padding, in this order: the CA fingerprint (32
/// bytes), the secret (24 bytes), the gateway's address as `host:port` in UTF-8, and the first 4
/// bytes of the SHA-256 of all that as a check against typing errors.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnrollmentToken {
    /// The gateway's address, `host:port`.
    pub gateway: String,
    /// SHA-256 of the certificate of the authority that signs the gateway's certificate.
    pub authority: Fingerprint,
    /// The right to register.
    pub secret: Secret,
}

/// The text is not an enrollment token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidEnrollmentToken {
    /// It does not begin as tokens do.
    #[error("an enrollment token begins with {PREFIX:?}; copy the whole line from the console")]
    Prefix,
    /// It is cut off or mistyped.
    #[error("the enrollment token is incomplete or mistyped; copy the whole line from the console")]
    Damaged,
}

const PREFIX: &str = "latarnik1.";
const CHECK_BYTES: usize = 4;

impl fmt::Display for EnrollmentToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut bytes = Vec::with_capacity(96);
        bytes.extend(self.authority.as_bytes());
        bytes.extend(self.secret.0);
        bytes.extend(self.gateway.as_bytes());
        let check = Sha256::digest(&bytes);
        bytes.extend(check.iter().take(CHECK_BYTES));
        write!(f, "{PREFIX}{}", URL_SAFE_NO_PAD.encode(bytes))
    }
}

impl FromStr for EnrollmentToken {
    type Err = InvalidEnrollmentToken;
    fn from_str(text: &str) -> Result<Self, InvalidEnrollmentToken> {
        let encoded = text
            .trim()
            .strip_prefix(PREFIX)
            .ok_or(InvalidEnrollmentToken::Prefix)?;
        let damaged = InvalidEnrollmentToken::Damaged;
        let bytes = URL_SAFE_NO_PAD.decode(encoded).map_err(|_| damaged)?;
        let (content, check) = bytes.split_last_chunk::<CHECK_BYTES>().ok_or(damaged)?;
        if !Sha256::digest(content).starts_with(check) {
            return Err(damaged);
        }
        let (authority, rest) = content.split_first_chunk::<32>().ok_or(damaged)?;
        let (secret, gateway) = rest.split_first_chunk::<24>().ok_or(damaged)?;
        let gateway = std::str::from_utf8(gateway).map_err(|_| damaged)?;
        if !gateway.contains(':') {
            return Err(damaged);
        }
        Ok(Self {
            gateway: gateway.to_owned(),
            authority: Fingerprint::from_bytes(*authority),
            secret: Secret(*secret),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn token() -> EnrollmentToken {
        EnrollmentToken {
            gateway: "rmm.example.com:8443".to_owned(),
            authority: Fingerprint::of(b"authority"),
            secret: Secret::new([9; 24]),
        }
    }

    proptest! {
        #[test]
        fn any_text_is_parsed_or_refused_without_panic(text in ".{0,200}") {
            let _ = text.parse::<EnrollmentToken>();
            let _ = format!("{PREFIX}{text}").parse::<EnrollmentToken>();
        }

        #[test]
        fn one_changed_character_is_noticed(position in 0usize..100) {
            let text = token().to_string();
            let index = PREFIX.len() + position % (text.len() - PREFIX.len());
            let mut changed: Vec<char> = text.chars().collect();
            changed[index] = if changed[index] == 'A' { 'B' } else { 'A' };
            let changed: String = changed.into_iter().collect();
            prop_assert_eq!(changed.parse::<EnrollmentToken>(), Err(InvalidEnrollmentToken::Damaged));
        }
    }

    #[test]
    fn token_survives_its_text_form_and_a_careless_paste() {
        assert_eq!(format!(" {}\r\n", token()).parse(), Ok(token()));
    }

    #[test]
    fn text_form_never_changes() {
        insta::assert_snapshot!(token());
    }

    #[test]
    fn secret_is_not_printed() {
        assert!(!format!("{:?}", token()).contains(&token().secret.reveal()));
    }
}
