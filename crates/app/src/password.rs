//! Passwords: never kept, only their argon2id hashes.

use crate::Randomness;
use argon2::{
    Argon2, PasswordHasher as _, PasswordVerifier as _, password_hash::phc::PasswordHash,
};
use std::{fmt, sync::Arc};
use tokio::sync::Semaphore;

/// A password as someone typed it.
#[derive(Clone)]
pub struct Password(String);

/// Why a text cannot be a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidPassword {
    /// Too short to resist guessing.
    #[error("a password has at least 12 characters")]
    TooShort,
    /// Longer than anyone types.
    #[error("a password has at most 1024 characters")]
    TooLong,
}

impl Password {
    /// A password for a new account.
    ///
    /// # Errors
    /// [`InvalidPassword`] if it is too short or too long.
    pub fn new(text: String) -> Result<Self, InvalidPassword> {
        match text.chars().count() {
            0..12 => Err(InvalidPassword::TooShort),
            12..=1024 => Ok(Self(text)),
            _ => Err(InvalidPassword::TooLong),
        }
    }

    /// A password that someone signs in with: whatever they typed.
    #[must_use]
    pub const fn typed(text: String) -> Self {
        Self(text)
    }

    /// A new password out of 20 characters that are easy to tell apart (100 bits).
    #[must_use]
    pub fn generate(randomness: &dyn Randomness) -> Self {
        Self(easy_text(randomness, 20, 5))
    }

    /// Whether it is one of those that are tried first: repeats of a few characters, or around the
    /// person's own name.
    pub(crate) fn is_easy_for(&self, words: &[&str]) -> bool {
        let text = self.0.to_lowercase();
        let mut kinds: Vec<char> = text.chars().collect();
        kinds.sort_unstable();
        kinds.dedup();
        kinds.len() < 5
            || words.iter().any(|word| {
                let word = word.to_lowercase();
                word.chars().count() >= 4
                    && text.contains(&word)
                    && text.chars().count() < word.chars().count() + 8
            })
    }

    /// The password itself, to be printed once.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(…)")
    }
}

/// Random characters that are easy to tell apart, five bits each, in groups.
pub(crate) fn easy_text(randomness: &dyn Randomness, characters: usize, group: usize) -> String {
    const ALPHABET: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
    let mut bytes = vec![0; characters];
    randomness.fill(&mut bytes);
    let characters: Vec<char> = bytes
        .iter()
        .filter_map(|byte| ALPHABET.get(usize::from(*byte % 32)))
        .map(|letter| char::from(*letter))
        .collect();
    let groups: Vec<String> = characters
        .chunks(group)
        .map(|group| group.iter().collect())
        .collect();
    groups.join("-")
}

/// Hashing on threads of its own, two at a time: each takes 19 MiB and tens of milliseconds.
#[derive(Clone)]
pub(crate) struct PasswordHasher {
    permits: Arc<Semaphore>,
    /// Verified against when there is no such user, so that both take equally long.
    nobody: Arc<str>,
}

impl PasswordHasher {
    pub(crate) fn new(randomness: &dyn Randomness) -> Self {
        let password = Password::generate(randomness);
        let mut salt = [0; 16];
        randomness.fill(&mut salt);
        Self {
            permits: Arc::new(Semaphore::new(2)),
            nobody: hash(&password, &salt).into(),
        }
    }

    /// The hash of a new password, in PHC form.
    pub(crate) async fn hash(&self, password: Password, randomness: &dyn Randomness) -> String {
        let mut salt = [0; 16];
        randomness.fill(&mut salt);
        self.run(move || hash(&password, &salt)).await
    }

    /// Whether the password is right. Without a hash (no such user) it takes as long and is wrong.
    pub(crate) async fn verify(&self, password: Password, hash: Option<String>) -> bool {
        let nobody = Arc::clone(&self.nobody);
        self.run(move || {
            let known = hash.is_some();
            let hash = hash.as_deref().unwrap_or(&nobody);
            let right = PasswordHash::new(hash).is_ok_and(|hash| {
                Argon2::default()
                    .verify_password(password.0.as_bytes(), &hash)
                    .is_ok()
            });
            right && known
        })
        .await
    }

    async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> T {
        let _permit = self
            .permits
            .acquire()
            .await
            .expect("the semaphore is never closed");
        tokio::task::spawn_blocking(work)
            .await
            .expect("hashing does not panic")
    }
}

fn hash(password: &Password, salt: &[u8]) -> String {
    Argon2::default()
        .hash_password_with_salt(password.0.as_bytes(), salt)
        .expect("the default parameters and a salt of 16 bytes are valid")
        .to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Counting(std::sync::atomic::AtomicU8);
    impl Randomness for Counting {
        fn fill(&self, bytes: &mut [u8]) {
            bytes.fill_with(|| self.0.fetch_add(37, std::sync::atomic::Ordering::Relaxed));
        }
    }

    #[tokio::test]
    async fn right_password_is_right_and_wrong_one_is_wrong() {
        let randomness = Counting(0.into());
        let hasher = PasswordHasher::new(&randomness);
        let password = Password::generate(&randomness);
        let hash = hasher.hash(password.clone(), &randomness).await;
        assert!(hash.starts_with("$argon2id$v=19$"), "{hash}");
        assert!(hasher.verify(password, Some(hash.clone())).await);
        assert!(
            !hasher
                .verify(Password::typed("wrong".to_owned()), Some(hash))
                .await
        );
    }

    #[tokio::test]
    async fn nobody_has_no_password() {
        let randomness = Counting(0.into());
        let hasher = PasswordHasher::new(&randomness);
        let first = Password::generate(&Counting(0.into()));
        assert!(!hasher.verify(first, None).await);
    }

    #[test]
    fn what_is_tried_first_is_easy() {
        let easy = |text: &str| {
            Password::typed(text.to_owned()).is_easy_for(&["anna.nowak", "Anna Nowak"])
        };
        for text in [
            "aaaaaaaaaaaa",
            "121212121212",
            "anna.nowak123",
            "Anna Nowak 2026",
        ] {
            assert!(easy(text), "{text}");
        }
        assert!(!easy("correct horse battery"));
        assert!(!easy("anna.nowak has a long sentence here"));
    }

    #[test]
    fn short_password_is_refused() {
        assert_eq!(
            Password::new("short".to_owned()).unwrap_err(),
            InvalidPassword::TooShort
        );
    }
}
