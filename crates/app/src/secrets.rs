//! Secrets at rest: each tenant has a data key, and each data key is wrapped with the master key,
//! which is not in the database. Whoever has the database alone reads no secret.
//!
//! AES-256-GCM throughout. What is sealed carries the id of its data key; tenant and purpose are
//! authenticated with it, so that nothing sealed opens in another place than its own.

use crate::{App, Randomness};
use jiff::Timestamp;
use latarnik_model::{DataKeyId, Scope, TenantId};
use latarnik_store::{DataKeyRecord, Store, StoreError, Transaction};
use ring::{aead, hkdf, hmac};
use sha2::{Digest, Sha256};
use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

const KEY_BYTES: usize = 32;
/// What is sealed begins with this.
const VERSION: u8 = 1;
const ID_BYTES: usize = 16;

/// The key that wraps all others.
#[derive(Clone)]
pub struct MasterKey([u8; KEY_BYTES]);

impl MasterKey {
    /// From its bytes.
    #[must_use]
    pub const fn new(bytes: [u8; KEY_BYTES]) -> Self {
        Self(bytes)
    }

    /// A new one.
    #[must_use]
    pub fn generate(randomness: &dyn Randomness) -> Self {
        let mut bytes = [0; KEY_BYTES];
        randomness.fill(&mut bytes);
        Self(bytes)
    }

    /// The bytes, for the file that keeps it.
    #[must_use]
    pub const fn reveal(&self) -> &[u8; KEY_BYTES] {
        &self.0
    }

    /// What names the key without telling it: 16 hexadecimal digits.
    #[must_use]
    pub fn id(&self) -> String {
        let digest = Sha256::new()
            .chain_update(b"latarnik master key id 1")
            .chain_update(self.0)
            .finalize();
        digest.iter().take(8).map(|b| format!("{b:02x}")).collect()
    }
}

impl fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MasterKey({})", self.id())
    }
}

/// Where the master key is kept: a file, or the environment.
pub trait MasterKeySource: Send + Sync {
    /// The key as it is there now.
    ///
    /// # Errors
    /// What kept it from being read.
    fn load(&self) -> Result<MasterKey, Box<dyn std::error::Error + Send + Sync>>;
}

/// Why a secret could not be sealed or opened.
#[derive(Debug, thiserror::Error)]
pub enum SecretsError {
    /// The master key cannot be read.
    #[error("the master key cannot be read")]
    Source(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The database's keys are wrapped with another master key.
    #[error(
        "the master key {given} is not the one that this database was sealed with ({wanted}); \
         give the server that key, without which no secret in the database can be read"
    )]
    WrongMasterKey {
        /// The id of the key at hand.
        given: String,
        /// The id of the key that is needed.
        wanted: String,
    },
    /// Something sealed does not open: changed, moved to another place, or of a lost key.
    #[error("a sealed {purpose} does not open")]
    Damaged {
        /// What it is.
        purpose: &'static str,
    },
    /// The database failed.
    #[error("the database failed")]
    Store(#[from] StoreError),
}

/// A tenant's key, unwrapped.
#[derive(Clone)]
pub(crate) struct DataKey {
    id: DataKeyId,
    bytes: [u8; KEY_BYTES],
}

/// What something sealed is, and whose: it opens nowhere else.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Purpose<'a> {
    /// What it is, such as `totp_secret`.
    pub(crate) name: &'static str,
    /// What it belongs to: the id of the row.
    pub(crate) subject: &'a [u8],
}

impl DataKey {
    fn derive(&self, info: &'static [u8]) -> [u8; KEY_BYTES] {
        derive(&self.bytes, info)
    }

    /// Seals a secret.
    pub(crate) fn seal(&self, app: &App, purpose: Purpose<'_>, secret: &[u8]) -> Vec<u8> {
        let mut sealed = vec![VERSION];
        sealed.extend_from_slice(self.id.0.as_bytes());
        let context = context(&sealed, purpose);
        let key = self.derive(b"latarnik seal 1");
        sealed.extend(encrypt(&key, app.randomness(), &context, secret));
        sealed
    }

    /// Opens what was sealed.
    pub(crate) fn open(
        &self,
        purpose: Purpose<'_>,
        sealed: &[u8],
    ) -> Result<Vec<u8>, SecretsError> {
        let damaged = SecretsError::Damaged {
            purpose: purpose.name,
        };
        let Some((head, rest)) = sealed.split_at_checked(1 + ID_BYTES) else {
            return Err(damaged);
        };
        let key = self.derive(b"latarnik seal 1");
        decrypt(&key, &context(head, purpose), rest).ok_or(damaged)
    }

    /// Proves that whoever wrote this had the key.
    pub(crate) fn sign(&self, message: &[u8]) -> Vec<u8> {
        hmac::sign(&self.signing_key(), message).as_ref().to_vec()
    }

    /// Whether a proof is right.
    pub(crate) fn verify(&self, message: &[u8], proof: &[u8]) -> bool {
        hmac::verify(&self.signing_key(), message, proof).is_ok()
    }

    fn signing_key(&self) -> hmac::Key {
        hmac::Key::new(hmac::HMAC_SHA256, &self.derive(b"latarnik audit seal 1"))
    }
}

fn context(head: &[u8], purpose: Purpose<'_>) -> Vec<u8> {
    let mut context = head.to_vec();
    context.extend_from_slice(purpose.name.as_bytes());
    context.push(0);
    context.extend_from_slice(purpose.subject);
    context
}

fn derive(key: &[u8; KEY_BYTES], info: &'static [u8]) -> [u8; KEY_BYTES] {
    let mut derived = [0; KEY_BYTES];
    hkdf::Salt::new(hkdf::HKDF_SHA256, &[])
        .extract(key)
        .expand(&[info], hkdf::HKDF_SHA256)
        .and_then(|derived_key| derived_key.fill(&mut derived))
        .expect("one block of output is never too much");
    derived
}

fn cipher(key: &[u8; KEY_BYTES]) -> aead::LessSafeKey {
    let key = aead::UnboundKey::new(&aead::AES_256_GCM, key).expect("the key has 32 bytes");
    aead::LessSafeKey::new(key)
}

/// Nonce, then ciphertext with its tag. A random nonce is safe for far more secrets than a tenant
/// ever has (2^32).
fn encrypt(
    key: &[u8; KEY_BYTES],
    randomness: &dyn Randomness,
    context: &[u8],
    plain: &[u8],
) -> Vec<u8> {
    let mut nonce = [0; aead::NONCE_LEN];
    randomness.fill(&mut nonce);
    let mut text = plain.to_vec();
    cipher(key)
        .seal_in_place_append_tag(
            aead::Nonce::assume_unique_for_key(nonce),
            aead::Aad::from(context),
            &mut text,
        )
        .expect("a secret is far shorter than the cipher's limit");
    [nonce.as_slice(), &text].concat()
}

fn decrypt(key: &[u8; KEY_BYTES], context: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
    let (nonce, text) = sealed.split_first_chunk::<{ aead::NONCE_LEN }>()?;
    let mut text = text.to_vec();
    let plain = cipher(key)
        .open_in_place(
            aead::Nonce::assume_unique_for_key(*nonce),
            aead::Aad::from(context),
            &mut text,
        )
        .ok()?;
    Some(plain.to_vec())
}

fn wrap(
    master: &MasterKey,
    randomness: &dyn Randomness,
    tenant: TenantId,
    key: &DataKey,
) -> Vec<u8> {
    let context = [tenant.0.as_bytes().as_slice(), key.id.0.as_bytes()].concat();
    let wrapping = derive(&master.0, b"latarnik wrap 1");
    encrypt(&wrapping, randomness, &context, &key.bytes)
}

fn unwrap(master: &MasterKey, record: &DataKeyRecord) -> Result<DataKey, SecretsError> {
    let wanted = &record.master_key_id;
    if *wanted != master.id() {
        return Err(SecretsError::WrongMasterKey {
            given: master.id(),
            wanted: wanted.clone(),
        });
    }
    let context = [
        record.tenant_id.0.as_bytes().as_slice(),
        record.id.0.as_bytes(),
    ]
    .concat();
    let wrapping = derive(&master.0, b"latarnik wrap 1");
    let bytes = decrypt(&wrapping, &context, &record.wrapped)
        .and_then(|bytes| bytes.try_into().ok())
        .ok_or(SecretsError::Damaged {
            purpose: "data key",
        })?;
    Ok(DataKey {
        id: record.id,
        bytes,
    })
}

/// The keys at hand.
pub(crate) struct Keyring {
    source: Arc<dyn MasterKeySource>,
    known: Mutex<Known>,
}

#[derive(Default)]
struct Known {
    master: Option<MasterKey>,
    /// Keys that are in the database for certain.
    tenants: HashMap<TenantId, DataKey>,
}

impl Keyring {
    pub(crate) fn new(source: Arc<dyn MasterKeySource>) -> Self {
        Self {
            source,
            known: Mutex::default(),
        }
    }

    /// The master key, read once.
    fn master(&self) -> Result<MasterKey, SecretsError> {
        if let Some(master) = &self.known().master {
            return Ok(master.clone());
        }
        self.reload()
    }

    /// The master key as it is now: it may have been rotated while this process runs.
    fn reload(&self) -> Result<MasterKey, SecretsError> {
        let master = self.source.load().map_err(SecretsError::Source)?;
        self.known().master = Some(master.clone());
        Ok(master)
    }

    fn unwrap(&self, record: &DataKeyRecord) -> Result<DataKey, SecretsError> {
        match unwrap(&self.master()?, record) {
            Err(SecretsError::WrongMasterKey { .. }) => unwrap(&self.reload()?, record),
            other => other,
        }
    }

    /// A tenant's key; made in this transaction if the tenant has none.
    pub(crate) async fn data_key(
        &self,
        app: &App,
        transaction: &Transaction,
        tenant: TenantId,
    ) -> Result<DataKey, SecretsError> {
        if let Some(key) = self.known().tenants.get(&tenant) {
            return Ok(key.clone());
        }
        if let Some(record) = transaction.data_key(tenant).await? {
            let key = self.unwrap(&record)?;
            self.known().tenants.insert(tenant, key.clone());
            return Ok(key);
        }
        let record = self.new_record(app, tenant).await?;
        transaction.insert_data_key(&record).await?;
        // Another process may have been first. Remembered only by the next one who asks: this
        // transaction may still be rolled back.
        let record = transaction.data_key(tenant).await?.unwrap_or(record);
        self.unwrap(&record)
    }

    /// A tenant's key for looking at what is there; `None` if it has none.
    pub(crate) async fn existing_data_key(
        &self,
        store: &Store,
        tenant: TenantId,
    ) -> Result<Option<DataKey>, SecretsError> {
        let known = self.known().tenants.get(&tenant).cloned();
        if known.is_some() {
            return Ok(known);
        }
        let records = store.data_keys(&Scope::one(tenant)).await?;
        records
            .first()
            .map(|record| self.unwrap(record))
            .transpose()
    }

    async fn new_record(&self, app: &App, tenant: TenantId) -> Result<DataKeyRecord, SecretsError> {
        let mut master = self.master()?;
        // A key wrapped with a master key that was rotated away would be lost at the next start.
        if let Some(other) = app.store().data_keys(&Scope::Everything).await?.first()
            && other.master_key_id != master.id()
        {
            master = self.reload()?;
            unwrap(&master, other)?;
        }
        let mut bytes = [0; KEY_BYTES];
        app.randomness().fill(&mut bytes);
        let now = app.now();
        let key = DataKey {
            id: DataKeyId::generate(now, &app.ids()),
            bytes,
        };
        Ok(record(&master, app.randomness(), tenant, &key, now))
    }

    /// Forgets a tenant that was deleted.
    pub(crate) fn forget(&self, tenant: TenantId) {
        self.known().tenants.remove(&tenant);
    }

    fn known(&self) -> std::sync::MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn record(
    master: &MasterKey,
    randomness: &dyn Randomness,
    tenant: TenantId,
    key: &DataKey,
    now: Timestamp,
) -> DataKeyRecord {
    DataKeyRecord {
        tenant_id: tenant,
        id: key.id,
        wrapped: wrap(master, randomness, tenant, key),
        master_key_id: master.id(),
        created_at: now,
    }
}

impl App {
    /// Makes sure that the master key at hand opens this database. Called before anything else is
    /// done with it.
    ///
    /// # Errors
    /// [`SecretsError::WrongMasterKey`] and what else keeps a key from being read.
    pub async fn unlock_secrets(&self) -> Result<(), SecretsError> {
        let master = self.keyring().reload()?;
        for record in self.store().data_keys(&Scope::Everything).await? {
            unwrap(&master, &record)?;
        }
        Ok(())
    }

    /// Wraps every data key with another master key, all or none. What was sealed stays as it is,
    /// and running servers keep working with the data keys that they hold.
    ///
    /// Returns how many keys there are.
    ///
    /// # Errors
    /// [`SecretsError`]; then nothing has changed.
    pub async fn rotate_master_key(&self, next: &MasterKey) -> Result<u64, SecretsError> {
        let transaction = self.store().begin(&Scope::Everything).await?;
        let mut rotated = 0;
        for known in transaction.lock_data_keys(&Scope::Everything).await? {
            let key = self.keyring().unwrap(&known)?;
            let next = record(next, self.randomness(), known.tenant_id, &key, self.now());
            transaction.rewrap_data_key(&next).await?;
            rotated += 1;
        }
        transaction.commit().await?;
        Ok(rotated)
    }

    /// Whether the database's keys are wrapped with this master key; `None` while it has none.
    ///
    /// # Errors
    /// [`SecretsError::Store`].
    pub async fn is_sealed_with(&self, master: &MasterKey) -> Result<Option<bool>, SecretsError> {
        let keys = self.store().data_keys(&Scope::Everything).await?;
        Ok(keys.first().map(|key| key.master_key_id == master.id()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicU8, Ordering};
    use uuid::Uuid;

    struct Counting(AtomicU8);
    impl Randomness for Counting {
        fn fill(&self, bytes: &mut [u8]) {
            bytes.fill_with(|| self.0.fetch_add(37, Ordering::Relaxed));
        }
    }

    fn tenant(number: u128) -> TenantId {
        TenantId(Uuid::from_u128(number))
    }

    fn key(number: u8) -> DataKey {
        DataKey {
            id: DataKeyId(Uuid::from_u128(number.into())),
            bytes: [number; KEY_BYTES],
        }
    }

    #[test]
    fn wrapped_key_opens_with_its_master_key_and_for_its_tenant_alone() {
        let (right, wrong) = (MasterKey::new([1; 32]), MasterKey::new([2; 32]));
        let randomness = Counting(0.into());
        let mut wrapped = record(
            &right,
            &randomness,
            tenant(1),
            &key(7),
            Timestamp::UNIX_EPOCH,
        );
        assert_eq!(unwrap(&right, &wrapped).unwrap().bytes, [7; 32]);
        let error = unwrap(&wrong, &wrapped).err().unwrap();
        assert!(error.to_string().contains(&right.id()) && error.to_string().contains(&wrong.id()));
        wrapped.tenant_id = tenant(2);
        assert!(unwrap(&right, &wrapped).is_err(), "moved to another tenant");
    }

    #[test]
    fn every_changed_bit_is_noticed() {
        let randomness = Counting(0.into());
        let sealed = encrypt(&[3; 32], &randomness, b"place", b"secret");
        assert_eq!(decrypt(&[3; 32], b"place", &sealed).unwrap(), b"secret");
        assert!(decrypt(&[3; 32], b"other place", &sealed).is_none());
        assert!(decrypt(&[4; 32], b"place", &sealed).is_none());
        for bit in 0..sealed.len() * 8 {
            let mut changed = sealed.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            assert!(decrypt(&[3; 32], b"place", &changed).is_none(), "bit {bit}");
        }
        for length in 0..sealed.len() {
            assert!(decrypt(&[3; 32], b"place", &sealed[..length]).is_none());
        }
    }

    #[test]
    fn master_key_is_never_shown() {
        let master = MasterKey::new([0xAB; 32]);
        assert!(!format!("{master:?}").contains("abab"));
        assert_eq!(master.id().len(), 16);
    }
}
