//! What every destination must do, as one function for tests.
//!
//! A destination that passes [`check`] can hold repositories. It is run against real servers.

use crate::{Bandwidth, Content, Destination, Failure, FailureCode, ObjectName};
use bytes::Bytes;
use std::{collections::BTreeMap, num::NonZeroU64, sync::Arc, time::Duration};

/// A rule that a destination broke.
#[derive(Debug, thiserror::Error)]
#[error("{rule}: {detail}")]
pub struct Violation {
    /// The rule.
    pub rule: &'static str,
    /// What happened instead.
    pub detail: String,
}

/// More files than a page of any listing holds: S3's has 1,000.
const MANY_FILES: usize = 1_050;
const WRITERS: usize = 8;

/// Checks every rule, in a root that is empty at the start and at the end.
///
/// # Errors
///
/// The first rule that was broken.
pub async fn check(destination: Arc<dyn Destination>) -> Result<(), Violation> {
    let destination = destination.as_ref();
    preparing_twice_is_fine(destination).await?;
    what_does_not_exist_is_told(destination).await?;
    what_is_written_is_read_back(destination).await?;
    ranges_are_exact(destination).await?;
    listings_are_exact(destination).await?;
    long_listings_are_whole(destination).await?;
    many_work_at_once(destination).await?;
    a_dropped_write_leaves_whole_files(destination).await?;
    removing_leaves_nothing(destination).await
}

async fn preparing_twice_is_fine(destination: &dyn Destination) -> Result<(), Violation> {
    let rule = "preparing twice is fine, and a new root is empty";
    expect(rule, "prepare", destination.prepare().await)?;
    expect(rule, "prepare again", destination.prepare().await)?;
    let listing = expect(rule, "list", destination.list(None).await)?;
    ensure(rule, listing.is_empty(), || format!("{listing:?}"))
}

async fn what_does_not_exist_is_told(destination: &dyn Destination) -> Result<(), Violation> {
    let rule = "what does not exist is told as such";
    for name in ["nothing", "no/such/folder/nothing"] {
        let name = object(name);
        let size = expect(rule, "size", destination.size(&name).await)?;
        ensure(rule, size.is_none(), || format!("size of {name}: {size:?}"))?;
        not_found(rule, "read", destination.read(&name).await)?;
        not_found(
            rule,
            "read range",
            destination.read_range(&name, 0..1).await,
        )?;
        expect(rule, "remove", destination.remove(&name).await)?;
        let listing = expect(rule, "list", destination.list(Some(&name)).await)?;
        ensure(rule, listing.is_empty(), || format!("{listing:?}"))?;
    }
    Ok(())
}

async fn what_is_written_is_read_back(destination: &dyn Destination) -> Result<(), Violation> {
    let rule = "what is written is read back, whatever its size";
    for bytes in [0, 1, 4096, 1024 * 1024 + 1, 20 * 1024 * 1024 + 7] {
        let name = object(&format!("data/ab/size-{bytes}"));
        round_trip(rule, destination, &name, &pattern(bytes, 1)).await?;
    }
    let rule = "writing again replaces the whole file";
    let name = object("data/ab/size-4096");
    round_trip(rule, destination, &name, &pattern(5000, 2)).await?;
    round_trip(rule, destination, &name, &pattern(17, 3)).await
}

async fn round_trip(
    rule: &'static str,
    destination: &dyn Destination,
    name: &ObjectName,
    bytes: &[u8],
) -> Result<(), Violation> {
    // In pieces of odd sizes, as packs arrive.
    let pieces: Vec<Bytes> = bytes.chunks(999_983).map(Bytes::copy_from_slice).collect();
    expect(
        rule,
        "write",
        destination.write(name, Content::from(pieces)).await,
    )?;
    let size = expect(rule, "size", destination.size(name).await)?;
    ensure(rule, size == Some(bytes.len() as u64), || {
        format!("{name}: size {size:?} instead of {}", bytes.len())
    })?;
    let read = expect(rule, "read", destination.read(name).await)?;
    ensure(rule, read == bytes, || {
        format!("{name}: other content, {} bytes", read.len())
    })
}

async fn ranges_are_exact(destination: &dyn Destination) -> Result<(), Violation> {
    let rule = "a range has exactly its bytes";
    let name = object("data/cd/ranges");
    let bytes = pattern(100_000, 4);
    round_trip(rule, destination, &name, &bytes).await?;
    for range in [0..1, 0..100_000, 99_999..100_000, 12_345..67_890] {
        let read = expect(
            rule,
            "read range",
            destination.read_range(&name, range.clone()).await,
        )?;
        let expected = bytes
            .get(range.start as usize..range.end as usize)
            .unwrap_or_default();
        ensure(rule, read == expected, || {
            format!("{range:?}: {} bytes, or others", read.len())
        })?;
    }
    for range in [99_999..100_001, 200_000..200_001] {
        let read = destination.read_range(&name, range.clone()).await;
        let code = read.as_ref().err().map(|failure| failure.code);
        ensure(rule, code == Some(FailureCode::Protocol), || {
            format!("{range:?} leaves the file, and was answered with {read:?}")
        })?;
    }
    Ok(())
}

async fn listings_are_exact(destination: &dyn Destination) -> Result<(), Violation> {
    let rule = "a listing has the files below its folder, with their sizes, and no others";
    for (name, bytes) in [
        ("list/a/1", 1),
        ("list/a/b/c/2", 2),
        ("list/ab/3", 3),
        ("list/a.b", 4),
    ] {
        round_trip(rule, destination, &object(name), &pattern(bytes, 5)).await?;
    }
    let below = [
        ("list/a", vec![("list/a/1", 1), ("list/a/b/c/2", 2)]),
        ("list/a/b", vec![("list/a/b/c/2", 2)]),
        (
            "list",
            vec![
                ("list/a.b", 4),
                ("list/a/1", 1),
                ("list/a/b/c/2", 2),
                ("list/ab/3", 3),
            ],
        ),
    ];
    for (folder, expected) in below {
        let found = listed(rule, destination, Some(folder)).await?;
        let expected: BTreeMap<String, u64> = expected
            .into_iter()
            .map(|(name, bytes)| (name.to_owned(), bytes))
            .collect();
        ensure(rule, found == expected, || format!("{folder}: {found:?}"))?;
    }
    let all = listed(rule, destination, None).await?;
    ensure(
        rule,
        all.contains_key("list/ab/3") && all.contains_key("data/ab/size-1"),
        || format!("root: {all:?}"),
    )
}

async fn long_listings_are_whole(destination: &dyn Destination) -> Result<(), Violation> {
    let rule = "a listing of many files has them all";
    let names: Vec<ObjectName> = (0..MANY_FILES)
        .map(|number| object(&format!("many/{number:05}")))
        .collect();
    for batch in names.chunks(WRITERS) {
        let writes = batch
            .iter()
            .map(|name| destination.write(name, Content::from(vec![7])));
        for written in join_all(writes).await {
            expect(rule, "write", written)?;
        }
    }
    let found = listed(rule, destination, Some("many")).await?;
    ensure(rule, found.len() == MANY_FILES, || {
        format!("{} files instead of {MANY_FILES}", found.len())
    })
}

async fn many_work_at_once(destination: &dyn Destination) -> Result<(), Violation> {
    let rule = "many write and read at once";
    let name = |number: usize| object(&format!("data/ef/{number}"));
    let content = |number: usize| pattern(300_000 + number, number as u8);
    let writes = (0..WRITERS).map(|number| {
        let name = name(number);
        async move {
            destination
                .write(&name, Content::from(content(number)))
                .await
        }
    });
    for written in join_all(writes).await {
        expect(rule, "write", written)?;
    }
    let reads = (0..WRITERS).map(|number| {
        let name = name(number);
        async move { destination.read(&name).await }
    });
    for (number, read) in join_all(reads).await.into_iter().enumerate() {
        let read = expect(rule, "read", read)?;
        ensure(rule, read == content(number), || {
            format!("other content in {number}")
        })?;
    }
    Ok(())
}

async fn a_dropped_write_leaves_whole_files(
    destination: &dyn Destination,
) -> Result<(), Violation> {
    let rule = "a write that is dropped midway leaves the old file or the new one, whole";
    let old = pattern(1000, 6);
    let new = pattern(3 * 1024 * 1024, 7);
    let kept = object("data/01/kept");
    let fresh = object("data/01/fresh");
    round_trip(rule, destination, &kept, &old).await?;
    // So slow that it is dropped after about a third.
    let pace = Arc::new(Bandwidth::new(
        NonZeroU64::new(1024 * 1024 * 5).expect("not zero"),
    ));
    for name in [&kept, &fresh] {
        let pieces: Vec<Bytes> = new.chunks(65_536).map(Bytes::copy_from_slice).collect();
        let content = Content::from(pieces).paced(Arc::clone(&pace));
        let dropped =
            tokio::time::timeout(Duration::from_millis(200), destination.write(name, content));
        dropped.await.ok();
    }
    expect(
        rule,
        "remove leftovers",
        destination.remove_leftovers().await,
    )?;
    let read = expect(rule, "read", destination.read(&kept).await)?;
    ensure(rule, read == old || read == new, || {
        format!("{} bytes that nobody wrote", read.len())
    })?;
    let size = expect(rule, "size", destination.size(&fresh).await)?;
    ensure(
        rule,
        size.is_none_or(|size| size == new.len() as u64),
        || format!("a piece of {size:?} bytes"),
    )?;
    let names = listed(rule, destination, None).await?;
    let strange: Vec<&String> = names
        .keys()
        .filter(|name| {
            !["data/", "list/", "many/"]
                .iter()
                .any(|folder| name.starts_with(folder))
        })
        .collect();
    ensure(rule, strange.is_empty(), || format!("left: {strange:?}"))
}

async fn removing_leaves_nothing(destination: &dyn Destination) -> Result<(), Violation> {
    let rule = "what is removed is gone";
    let names: Vec<ObjectName> = listed(rule, destination, None)
        .await?
        .keys()
        .map(|name| object(name))
        .collect();
    for batch in names.chunks(WRITERS) {
        for removed in join_all(batch.iter().map(|name| destination.remove(name))).await {
            expect(rule, "remove", removed)?;
        }
    }
    let left = listed(rule, destination, None).await?;
    ensure(rule, left.is_empty(), || format!("left: {left:?}"))?;
    let space = expect(rule, "space", destination.space().await)?;
    ensure(rule, space.is_none_or(|space| space.free_bytes > 0), || {
        format!("{space:?}")
    })
}

async fn listed(
    rule: &'static str,
    destination: &dyn Destination,
    folder: Option<&str>,
) -> Result<BTreeMap<String, u64>, Violation> {
    let folder = folder.map(object);
    let listing = expect(rule, "list", destination.list(folder.as_ref()).await)?;
    let count = listing.len();
    let files: BTreeMap<String, u64> = listing
        .into_iter()
        .map(|entry| (entry.name.as_str().to_owned(), entry.bytes))
        .collect();
    ensure(rule, files.len() == count, || {
        "a file is listed twice".to_owned()
    })?;
    Ok(files)
}

fn object(name: &str) -> ObjectName {
    ObjectName::new(name).expect("names of this module are fine")
}

/// Bytes that differ with place and seed.
fn pattern(bytes: usize, seed: u8) -> Vec<u8> {
    (0..bytes)
        .map(|place| (place % 251) as u8 ^ (place / 65_536) as u8 ^ seed)
        .collect()
}

fn expect<T>(rule: &'static str, what: &str, result: Result<T, Failure>) -> Result<T, Violation> {
    result.map_err(|failure| Violation {
        rule,
        detail: format!("{what}: {}", failure.chain()),
    })
}

fn not_found<T: std::fmt::Debug>(
    rule: &'static str,
    what: &str,
    result: Result<T, Failure>,
) -> Result<(), Violation> {
    let code = result.as_ref().err().map(|failure| failure.code);
    ensure(rule, code == Some(FailureCode::NotFound), || {
        format!("{what}: {result:?}")
    })
}

fn ensure(
    rule: &'static str,
    holds: bool,
    detail: impl FnOnce() -> String,
) -> Result<(), Violation> {
    if holds {
        Ok(())
    } else {
        Err(Violation {
            rule,
            detail: detail(),
        })
    }
}

async fn join_all<F: Future>(futures: impl IntoIterator<Item = F>) -> Vec<F::Output> {
    futures_util::future::join_all(futures).await
}
