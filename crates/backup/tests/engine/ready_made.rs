//! Repositories that are there already, as another machine of the same job would have made them.
//!
//! To derive a key from a password takes half a second and 128 MiB by design, at each opening by us
//! and by restic. Most tests are about other things: their repository has a key that is cheap to
//! derive. How we make repositories and keys is tested where [`Scene::create`] or `Scene::open` comes
//! first, and by the agent's tests.
//!
//! [`Scene::create`]: crate::scene::Scene::create

use aes256ctr_poly1305aes::{Aes256CtrPoly1305Aes, Key, Nonce, aead::Aead as _};
use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::{fs, path::Path};

/// Any irreducible polynomial of degree 53: restic makes one up for each repository.
const POLYNOMIAL: &str = "3da3358b4dc173";

/// How much work it is to derive a key: 2 to this power, times eight blocks.
const LOG_N: u8 = 4;

/// Files of a repository in which nothing is yet.
pub(crate) struct ReadyMade {
    config: Vec<u8>,
    key: Vec<u8>,
}

impl ReadyMade {
    pub(crate) fn new(password: &str) -> Self {
        let master: [u8; 64] = random();
        let (encrypt, mac) = master.split_at(32);
        let (k, r) = mac.split_at(16);
        let master_key = json!({
            "mac": {"k": BASE64.encode(k), "r": BASE64.encode(r)},
            "encrypt": BASE64.encode(encrypt),
        });
        let salt: [u8; 64] = random();
        let mut derived = [0; 64];
        let work = scrypt::Params::new(LOG_N, 8, 1).unwrap();
        scrypt::scrypt(password.as_bytes(), &salt, &work, &mut derived).unwrap();
        let key = json!({
            "created": "2026-09-21T14:13:20Z",
            "username": "backup",
            "hostname": "office",
            "kdf": "scrypt",
            "N": 1 << LOG_N,
            "r": 8,
            "p": 1,
            "salt": BASE64.encode(salt),
            "data": BASE64.encode(sealed(derived, &master_key)),
        });
        let config = json!({
            "version": 2,
            "id": hex(&random::<32>()),
            "chunker_polynomial": POLYNOMIAL,
        });
        Self {
            config: sealed(master, &config),
            key: key.to_string().into_bytes(),
        }
    }

    /// Puts it where nothing is.
    pub(crate) fn put(&self, place: &Path) {
        let keys = place.join("keys");
        fs::create_dir_all(&keys).unwrap();
        fs::write(place.join("config"), &self.config).unwrap();
        let name = hex(&Sha256::digest(&self.key));
        fs::write(keys.join(name), &self.key).unwrap();
    }
}

/// Nonce, ciphertext and tag:
/// <https://restic.readthedocs.io/en/stable/100_references.html#keys-encryption-and-mac>.
fn sealed(key: [u8; 64], plain: &Value) -> Vec<u8> {
    let nonce: [u8; 16] = random();
    let cipher = Aes256CtrPoly1305Aes::new(&Key::from(key));
    let plain = plain.to_string();
    let sealed = cipher.encrypt(&Nonce::from(nonce), plain.as_bytes());
    [&nonce[..], &sealed.unwrap()].concat()
}

fn random<const BYTES: usize>() -> [u8; BYTES] {
    let mut bytes = [0; BYTES];
    getrandom::fill(&mut bytes).unwrap();
    bytes
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
