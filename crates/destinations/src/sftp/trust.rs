//! Which server is the right one.

use crate::{Failure, FailureCode, Operation, ServerKey};
use russh::{
    client,
    keys::{
        Algorithm, HashAlg, PublicKey, PublicKeyOrCertificate,
        ssh_key::{self, Fingerprint},
    },
};
use std::{
    borrow::Cow,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// What is known of the server's host key.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Known {
    /// Nothing: the first one that it shows is the right one from then on.
    Nothing,
    Key(PublicKey),
    Fingerprint(Fingerprint),
}

/// What is known and seen, shared by all connections to one server.
#[derive(Debug)]
pub(super) struct Trust(Mutex<State>);

#[derive(Debug)]
struct State {
    known: Known,
    seen: Option<PublicKey>,
}

impl Trust {
    /// Reads a public key (`ssh-ed25519 AAAA… comment`) or a fingerprint (`SHA256:…`).
    pub(super) fn new(host_key: Option<&str>) -> Result<Self, Failure> {
        let invalid = |error: ssh_key::Error| {
            Failure::new(Operation::Connect, FailureCode::InvalidSettings).caused_by(error)
        };
        let known = match host_key.map(str::trim) {
            None | Some("") => Known::Nothing,
            Some(text) if text.starts_with("SHA256:") => {
                Known::Fingerprint(text.parse().map_err(invalid)?)
            }
            Some(text) => Known::Key(PublicKey::from_openssh(text).map_err(invalid)?),
        };
        Ok(Self(Mutex::new(State { known, seen: None })))
    }

    /// What the server showed last, right or wrong.
    pub(super) fn seen(&self) -> Option<ServerKey> {
        let key = self.state().seen.clone()?;
        Some(ServerKey {
            key: key.to_openssh().ok()?,
            fingerprint: key.fingerprint(HashAlg::Sha256).to_string(),
        })
    }

    /// The kinds of keys to ask for: that of the known key, since servers have several.
    pub(super) fn algorithms(&self) -> Vec<Algorithm> {
        let mut algorithms = russh::Preferred::DEFAULT.key.to_vec();
        if let Known::Key(key) = &self.state().known {
            algorithms.retain(|algorithm| is_same_kind(algorithm, &key.algorithm()));
        }
        algorithms
    }

    /// A fingerprint does not tell the kind of its key, so when another key was shown, the
    /// server may still have the right one among the kinds that are left.
    pub(super) fn algorithms_after(&self, tried: &[Algorithm]) -> Option<Vec<Algorithm>> {
        let state = self.state();
        let (Known::Fingerprint(_), Some(seen)) = (&state.known, &state.seen) else {
            return None;
        };
        let left: Vec<Algorithm> = tried
            .iter()
            .filter(|algorithm| !is_same_kind(algorithm, &seen.algorithm()))
            .cloned()
            .collect();
        (!left.is_empty() && left.len() < tried.len()).then_some(left)
    }

    /// Whether a failed negotiation can only mean that the known key is no longer there.
    pub(super) fn knows_a_key(&self) -> bool {
        self.state().known != Known::Nothing
    }

    fn accepts(&self, shown: &PublicKey) -> bool {
        let mut state = self.state();
        state.seen = Some(PublicKey::new(shown.key_data().clone(), ""));
        match &state.known {
            Known::Nothing => {
                state.known = Known::Key(shown.clone());
                true
            }
            Known::Key(key) => key.key_data() == shown.key_data(),
            Known::Fingerprint(fingerprint) => {
                *fingerprint == shown.fingerprint(fingerprint.algorithm())
            }
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn is_same_kind(one: &Algorithm, other: &Algorithm) -> bool {
    one == other || one.clone().is_rsa() && other.clone().is_rsa()
}

/// What a connection asks when the server shows its key.
pub(super) struct Gatekeeper(pub(super) Arc<Trust>);

impl client::Handler for Gatekeeper {
    type Error = russh::Error;

    async fn check_server_key(
        &mut self,
        shown: &PublicKeyOrCertificate,
    ) -> Result<bool, Self::Error> {
        let key = match shown {
            PublicKeyOrCertificate::PublicKey { key, .. } => Cow::Borrowed(key),
            PublicKeyOrCertificate::Certificate(certificate) => {
                Cow::Owned(PublicKey::from(certificate.public_key().clone()))
            }
        };
        Ok(self.0.accepts(&key))
    }
}

#[cfg(test)]
mod tests {
    use super::Trust;
    use crate::FailureCode;
    use russh::keys::{HashAlg, PublicKey};

    const ONE: &str =
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAILM+rvN+ot98qgEN796jTiQfZfG1KaT0PtFDJ/XFSqti";
    const OTHER: &str =
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIO7Z2Jd2KxG3nqVYd5iX+4c7IU0e8UOtkZkBGLPjpp6i";

    fn key(text: &str) -> PublicKey {
        PublicKey::from_openssh(text).unwrap()
    }

    #[test]
    fn the_first_key_is_kept_and_told_and_another_is_refused() {
        let trust = Trust::new(None).unwrap();
        assert_eq!(trust.seen(), None);
        assert!(trust.accepts(&key(ONE)));
        assert_eq!(trust.seen().unwrap().key, ONE);
        assert!(!trust.accepts(&key(OTHER)));
        assert_eq!(trust.seen().unwrap().key, OTHER);
    }

    #[test]
    fn a_key_and_its_fingerprint_are_as_good() {
        let fingerprint = key(ONE).fingerprint(HashAlg::Sha256).to_string();
        for known in [&format!("{ONE} root@host"), ONE, &fingerprint] {
            let trust = Trust::new(Some(known)).unwrap();
            assert!(trust.accepts(&key(ONE)), "{known}");
            assert!(!trust.accepts(&key(OTHER)), "{known}");
        }
    }

    #[test]
    fn what_is_neither_is_refused_before_anything_is_connected() {
        for text in [
            "SHA256:short",
            "ssh-ed25519",
            "MD5:00:11",
            "host ssh-ed25519 AAAA",
        ] {
            let failure = Trust::new(Some(text)).unwrap_err();
            assert_eq!(failure.code, FailureCode::InvalidSettings, "{text}");
        }
    }
}
