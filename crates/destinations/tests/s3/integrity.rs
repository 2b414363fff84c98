//! What is known about a file after it was written.

use crate::{MIB, bucket, bytes, object};
use latarnik_destinations::{
    Content, Destination as _, FailureCode, Verification, Verified, Written,
};
use latarnik_test_servers::{S3Checksums, S3Fault, S3Server};
use std::sync::Arc;

/// Sent at once, and in parts.
const LENGTHS: [usize; 3] = [0, 1000, 11 * MIB];

#[tokio::test]
async fn what_the_service_compared_is_confirmed() {
    let server = S3Server::start().await.unwrap();
    let destination = bucket(&server);
    for length in LENGTHS {
        let content = Content::from(bytes(length));
        let written = destination.write(&object("file"), content).await.unwrap();
        assert_eq!(written, Written::Confirmed, "{length} bytes");
    }
}

#[tokio::test]
async fn what_the_service_did_not_compare_is_not_confirmed() {
    for checksums in [S3Checksums::Ignored, S3Checksums::Refused] {
        let server = S3Server::start().await.unwrap();
        server.set_checksums(checksums);
        let destination = bucket(&server);
        for length in LENGTHS {
            let content = Content::from(bytes(length));
            let written = destination.write(&object("file"), content).await.unwrap();
            assert_eq!(written, Written::Unconfirmed, "{checksums:?}, {length}");
            assert_eq!(server.object("file").unwrap(), bytes(length));
        }
        assert_eq!(server.uploads(), Vec::<String>::new());
    }
}

#[tokio::test]
async fn a_service_that_refuses_checksums_is_asked_once() {
    let server = S3Server::start().await.unwrap();
    server.set_checksums(S3Checksums::Refused);
    let destination = bucket(&server);
    for _ in 0..3 {
        let content = Content::from(bytes(10));
        destination.write(&object("file"), content).await.unwrap();
    }
    assert_eq!(server.requests(), 4);
}

#[tokio::test]
async fn a_service_that_compares_takes_no_damaged_file() {
    let server = S3Server::start().await.unwrap();
    let destination = bucket(&server);
    let name = object("file");
    let old = Content::from(b"old".to_vec());
    destination.write(&name, old).await.unwrap();
    server.set(S3Fault::Damage);
    for length in [1000, 11 * MIB] {
        let content = Content::from(bytes(length));
        let failure = destination.write(&name, content).await.unwrap_err();
        assert_eq!(failure.code, FailureCode::ChecksumMismatch);
        assert_eq!(server.object("file").unwrap(), b"old");
    }
    assert_eq!(server.uploads(), Vec::<String>::new());
}

#[tokio::test]
async fn verification_finds_what_the_service_did_not() {
    let server = S3Server::start().await.unwrap();
    server.set_checksums(S3Checksums::Ignored);
    let verified = Verified::new(Arc::new(bucket(&server)), Verification::Checksum);
    let name = object("file");
    for length in [1000, 11 * MIB] {
        let content = Content::from(bytes(length));
        let written = verified.write(&name, content.clone()).await.unwrap();
        assert_eq!(written, Written::Confirmed);

        server.set(S3Fault::Damage);
        let failure = verified.write(&name, content).await.unwrap_err();
        assert_eq!(failure.code, FailureCode::ChecksumMismatch);
        assert_eq!(server.object("file"), None);
        server.set(S3Fault::None);
    }
}

#[tokio::test]
async fn what_changes_behind_our_back_is_told_as_it_is() {
    let server = S3Server::start().await.unwrap();
    let destination = bucket(&server);
    let name = object("data/file");
    let content = Content::from(bytes(1000));
    destination.write(&name, content).await.unwrap();

    server.put("data/file", b"other");
    assert_eq!(destination.read(&name).await.unwrap(), "other");
    assert_eq!(destination.size(&name).await.unwrap(), Some(5));
    let range = destination.read_range(&name, 0..1000).await;
    assert_eq!(range.unwrap_err().code, FailureCode::Protocol);

    server.delete("data/file");
    let read = destination.read(&name).await;
    assert_eq!(read.unwrap_err().code, FailureCode::NotFound);
    assert_eq!(destination.size(&name).await.unwrap(), None);
    assert_eq!(destination.list(None).await.unwrap(), []);
}
