//! Encryption as the format has it, for files that the library for the format does not write.
//!
//! AES-256-CTR with Poly1305-AES; a file is nonce (16 bytes), ciphertext, tag (16 bytes):
//! <https://restic.readthedocs.io/en/stable/100_references.html#keys-encryption-and-mac>.

use aes256ctr_poly1305aes::{Aes256CtrPoly1305Aes, Key, Nonce, aead::Aead as _};
use rustic_core::repofile::MasterKey;

const NONCE_BYTES: usize = 16;

/// The repository's master key.
pub(crate) struct Seal(Aes256CtrPoly1305Aes);

/// What was opened is damaged, or of another repository.
#[derive(Debug, thiserror::Error)]
#[error("it cannot be decrypted")]
pub(crate) struct Broken;

impl Seal {
    pub(crate) fn new(master: &MasterKey) -> Option<Self> {
        let bytes = [&master.encrypt[..], &master.mac.k[..], &master.mac.r[..]].concat();
        // 32, 16 and 16 bytes.
        let bytes: [u8; 64] = bytes.try_into().ok()?;
        Some(Self(Aes256CtrPoly1305Aes::new(&Key::from(bytes))))
    }

    pub(crate) fn seal(&self, plain: &[u8]) -> Result<Vec<u8>, Broken> {
        let mut nonce = [0; NONCE_BYTES];
        getrandom::fill(&mut nonce).map_err(|_| Broken)?;
        let sealed = self
            .0
            .encrypt(&Nonce::from(nonce), plain)
            .map_err(|_| Broken)?;
        Ok([&nonce[..], &sealed].concat())
    }

    pub(crate) fn open(&self, sealed: &[u8]) -> Result<Vec<u8>, Broken> {
        let (nonce, sealed) = sealed.split_first_chunk::<NONCE_BYTES>().ok_or(Broken)?;
        self.0
            .decrypt(&Nonce::from(*nonce), sealed)
            .map_err(|_| Broken)
    }
}
