//! Files that arrive in parts.

use super::buckets::{Buckets, Object, Upload};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::BytesMut;
use s3s::{
    S3Result,
    crypto::{Checksum as _, Sha256},
    dto::{CompletedPart, ETag},
    s3_error,
};

const MIN_PART_BYTES: usize = 5 * 1024 * 1024;

/// An upload that was begun.
pub(super) fn upload<'a>(
    buckets: &'a mut Buckets,
    bucket: &str,
    key: String,
    id: String,
) -> S3Result<&'a mut Upload> {
    let bucket = buckets.bucket(bucket);
    bucket
        .and_then(|bucket| bucket.uploads.get_mut(&(key, id)))
        .ok_or_else(|| {
            s3_error!(
                NoSuchUpload,
                "The specified multipart upload does not exist."
            )
        })
}

/// Makes a file of parts.
pub(super) fn together(
    upload: &Upload,
    asked: &[CompletedPart],
) -> S3Result<(Object, Option<String>)> {
    if asked.is_empty() {
        return Err(s3_error!(MalformedXML));
    }
    let mut bytes = BytesMut::new();
    let mut digests = Vec::new();
    let mut last_number = 0;
    for (place, part) in asked.iter().enumerate() {
        let number = part.part_number.unwrap_or(0);
        if number <= last_number {
            return Err(s3_error!(InvalidPartOrder));
        }
        last_number = number;
        let told = part.e_tag.as_ref().map(ETag::value);
        let stored = upload
            .parts
            .get(&number)
            .filter(|stored| told == Some(stored.etag.as_str()))
            .ok_or_else(|| s3_error!(InvalidPart))?;
        if upload.has_checksums && part.checksum_sha256 != stored.checksum {
            return Err(s3_error!(
                InvalidRequest,
                "The upload was created using a sha256 checksum. The complete request must \
                 include the checksum for each part."
            ));
        }
        if stored.bytes.len() < MIN_PART_BYTES && place + 1 < asked.len() {
            return Err(s3_error!(EntityTooSmall));
        }
        bytes.extend_from_slice(&stored.bytes);
        digests.extend_from_slice(Sha256::checksum(&stored.bytes).as_ref());
    }
    let object = Object {
        bytes: bytes.freeze(),
        etag: format!("{}-{}", etag(&digests), asked.len()),
        storage_class: upload
            .storage_class
            .clone()
            .unwrap_or_else(|| "STANDARD".to_owned()),
    };
    let whole = STANDARD.encode(Sha256::checksum(&digests));
    let checksum = upload
        .has_checksums
        .then(|| format!("{whole}-{}", asked.len()));
    Ok((object, checksum))
}

/// That it is an MD5 must nobody rely on: with Amazon's own keys it is none either.
pub(super) fn etag(bytes: &[u8]) -> String {
    let mut etag = hexadecimal(Sha256::checksum(bytes).as_ref());
    etag.truncate(32);
    etag
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
