//! How a bucket is described.

use crate::Secret;
use serde::{Deserialize, Serialize};

/// S3 takes no smaller parts, but for the last.
const MIN_PART_BYTES: u64 = 5 * 1024 * 1024;
/// S3 takes no larger ones, and no larger files that are sent at once.
const MAX_PART_BYTES: u64 = 5 * 1024 * 1024 * 1024;

/// How a bucket is described.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct S3Settings {
    /// The service's address: `https://s3.eu-central-1.amazonaws.com`, `http://10.0.0.5:9000`.
    pub endpoint: String,
    /// The bucket's region; most services other than Amazon's take any.
    #[serde(default = "default_region")]
    pub region: String,
    /// The bucket. It must exist.
    pub bucket: String,
    /// Who signs.
    pub access_key_id: String,
    /// With what.
    pub secret_access_key: Secret,
    /// What belongs to temporary keys.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session_token: Option<Secret>,
    /// The root: nothing outside of this folder of the bucket is seen or touched. Empty: all of it.
    #[serde(default)]
    pub prefix: String,
    /// In which storage class files are kept, such as `STANDARD_IA`; without it the bucket decides.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub storage_class: Option<String>,
    /// Where the bucket's name stands in addresses.
    #[serde(default)]
    pub addressing: Addressing,
    /// The authorities to trust instead of those that the machine trusts, in PEM.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ca_certificate: Option<String>,
    /// Files of more bytes are sent in parts.
    #[serde(default = "default_multipart_threshold_bytes")]
    pub multipart_threshold_bytes: u64,
    /// The size of these parts in bytes: 5 MiB to 5 GiB.
    #[serde(default = "default_part_bytes")]
    pub part_bytes: u64,
    /// How long the service may be silent, in seconds.
    #[serde(default = "default_timeout_seconds")]
    pub timeout_seconds: u32,
}

/// Where a bucket's name stands in addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Addressing {
    /// In the path: `https://host/bucket/key`.
    #[default]
    Path,
    /// In front of the host: `https://bucket.host/key`.
    VirtualHost,
}

fn default_region() -> String {
    "us-east-1".to_owned()
}

fn default_multipart_threshold_bytes() -> u64 {
    64 * 1024 * 1024
}

fn default_part_bytes() -> u64 {
    16 * 1024 * 1024
}

fn default_timeout_seconds() -> u32 {
    60
}

impl S3Settings {
    /// Settings with defaults for all that has one.
    pub fn new(
        endpoint: impl Into<String>,
        bucket: impl Into<String>,
        access_key_id: impl Into<String>,
        secret_access_key: impl Into<String>,
    ) -> Self {
        Self {
            endpoint: endpoint.into(),
            region: default_region(),
            bucket: bucket.into(),
            access_key_id: access_key_id.into(),
            secret_access_key: Secret::new(secret_access_key),
            session_token: None,
            prefix: String::new(),
            storage_class: None,
            addressing: Addressing::default(),
            ca_certificate: None,
            multipart_threshold_bytes: default_multipart_threshold_bytes(),
            part_bytes: default_part_bytes(),
            timeout_seconds: default_timeout_seconds(),
        }
    }

    /// Refuses what can never work. The address is examined where it is made.
    pub(super) fn check(&self) -> Result<(), Nonsense> {
        if self.access_key_id.is_empty() || self.secret_access_key.reveal().is_empty() {
            return Err(Nonsense("the keys are missing"));
        }
        if self.region.is_empty() {
            return Err(Nonsense("the region is missing"));
        }
        if !(MIN_PART_BYTES..=MAX_PART_BYTES).contains(&self.part_bytes) {
            return Err(Nonsense("parts have 5 MiB to 5 GiB"));
        }
        if self.multipart_threshold_bytes > MAX_PART_BYTES {
            return Err(Nonsense("files over 5 GiB must be sent in parts"));
        }
        if self.timeout_seconds == 0 {
            return Err(Nonsense("the service is given no time"));
        }
        Ok(())
    }
}

/// A setting that makes no sense.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(super) struct Nonsense(&'static str);
