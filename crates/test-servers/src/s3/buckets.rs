//! What lies in the buckets.

use bytes::Bytes;
use std::collections::BTreeMap;

#[derive(Debug, Default)]
pub(super) struct Buckets {
    buckets: BTreeMap<String, Bucket>,
    begun: u64,
}

#[derive(Debug, Default)]
pub(super) struct Bucket {
    pub(super) objects: BTreeMap<String, Object>,
    /// By key and id, the order in which they are listed.
    pub(super) uploads: BTreeMap<(String, String), Upload>,
}

#[derive(Debug, Clone)]
pub(super) struct Object {
    pub(super) bytes: Bytes,
    pub(super) etag: String,
    pub(super) storage_class: String,
}

#[derive(Debug, Default)]
pub(super) struct Upload {
    pub(super) storage_class: Option<String>,
    /// Whether each part must come with a SHA-256.
    pub(super) has_checksums: bool,
    pub(super) parts: BTreeMap<i32, Part>,
}

#[derive(Debug, Clone)]
pub(super) struct Part {
    pub(super) bytes: Bytes,
    pub(super) etag: String,
    /// In Base64.
    pub(super) checksum: Option<String>,
}

impl Buckets {
    pub(super) fn with(bucket: &str) -> Self {
        let mut buckets = Self::default();
        buckets.buckets.insert(bucket.to_owned(), Bucket::default());
        buckets
    }

    pub(super) fn bucket(&mut self, bucket: &str) -> Option<&mut Bucket> {
        self.buckets.get_mut(bucket)
    }

    pub(super) fn object(&self, bucket: &str, key: &str) -> Option<&Object> {
        self.buckets.get(bucket)?.objects.get(key)
    }

    pub(super) fn put(&mut self, bucket: &str, key: &str, bytes: &[u8]) {
        let object = Object {
            bytes: Bytes::copy_from_slice(bytes),
            etag: "unknown".to_owned(),
            storage_class: "STANDARD".to_owned(),
        };
        if let Some(bucket) = self.buckets.get_mut(bucket) {
            bucket.objects.insert(key.to_owned(), object);
        }
    }

    pub(super) fn delete(&mut self, bucket: &str, key: &str) {
        if let Some(bucket) = self.buckets.get_mut(bucket) {
            bucket.objects.remove(key);
        }
    }

    pub(super) fn uploads(&self, bucket: &str) -> Vec<String> {
        let uploads = self.buckets.get(bucket).map(|bucket| &bucket.uploads);
        uploads
            .into_iter()
            .flat_map(BTreeMap::keys)
            .map(|(key, _)| key.clone())
            .collect()
    }

    /// Begins an upload and tells its id.
    pub(super) fn begin(
        &mut self,
        bucket: &str,
        key: &str,
        storage_class: Option<String>,
        has_checksums: bool,
    ) -> Option<String> {
        self.begun += 1;
        let id = format!("upload/{:04}+{}=", self.begun, key.len());
        let upload = Upload {
            storage_class,
            has_checksums,
            parts: BTreeMap::new(),
        };
        let bucket = self.buckets.get_mut(bucket)?;
        bucket.uploads.insert((key.to_owned(), id.clone()), upload);
        Some(id)
    }

    /// All that takes room.
    pub(super) fn bytes(&self) -> u64 {
        let of_bucket = |bucket: &Bucket| -> u64 {
            let objects = bucket.objects.values().map(|object| object.bytes.len());
            let parts = bucket.uploads.values().flat_map(|upload| {
                let parts = upload.parts.values();
                parts.map(|part| part.bytes.len())
            });
            objects.chain(parts).map(|length| length as u64).sum()
        };
        self.buckets.values().map(of_bucket).sum()
    }
}
