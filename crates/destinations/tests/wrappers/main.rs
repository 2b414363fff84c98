//! What lies around destinations, when these fail.

mod faulty;

use bytes::Bytes;
use faulty::{Fault, Faulty};
use latarnik_destinations::{
    Bandwidth, Content, Destination, FailureCode, Metered, Metrics, ObjectName, Options, Patience,
    Patient, Retries, Retrying, Throttled, Verification, Verified, Written, wrap,
};
use std::{num::NonZeroU64, sync::Arc, time::Duration};
use tokio::time::{Instant, timeout};

const RETRIES: Retries = Retries {
    attempts: 3,
    first_pause: Duration::from_secs(10),
    longest_pause: Duration::from_secs(30),
};

fn name() -> ObjectName {
    ObjectName::new("data/ab/file").expect("a name")
}

fn bytes() -> Bytes {
    (0..10_000_u32).map(|place| (place % 251) as u8).collect()
}

fn content() -> Content {
    Content::from(bytes())
}

fn faulty(script: impl IntoIterator<Item = Fault>) -> Arc<Faulty> {
    Arc::new(Faulty::with(script))
}

fn retrying(inner: &Arc<Faulty>) -> Retrying {
    Retrying::new(Arc::clone(inner) as _, RETRIES)
}

fn verified(inner: &Arc<Faulty>, verification: Verification) -> Verified {
    Verified::new(Arc::clone(inner) as _, verification)
}

fn bandwidth(bytes_per_second: u64) -> Arc<Bandwidth> {
    let bytes_per_second = NonZeroU64::new(bytes_per_second).expect("a rate");
    Arc::new(Bandwidth::new(bytes_per_second))
}

const CODES: [FailureCode; 20] = [
    FailureCode::NameNotResolved,
    FailureCode::ConnectionRefused,
    FailureCode::Unreachable,
    FailureCode::ConnectionLost,
    FailureCode::TimedOut,
    FailureCode::Tls,
    FailureCode::HostKeyChanged,
    FailureCode::Credentials,
    FailureCode::PermissionDenied,
    FailureCode::NoSuchContainer,
    FailureCode::NotFound,
    FailureCode::QuotaExceeded,
    FailureCode::NoSpace,
    FailureCode::ReadOnly,
    FailureCode::ChecksumMismatch,
    FailureCode::ServerBusy,
    FailureCode::Protocol,
    FailureCode::InvalidSettings,
    FailureCode::Unsupported,
    FailureCode::Other,
];

#[tokio::test(start_paused = true)]
async fn what_may_pass_by_itself_is_repeated_and_what_a_person_must_change_is_not() {
    for code in CODES {
        let inner = faulty([Fault::Fails(code)]);
        let written = retrying(&inner).write(&name(), content()).await;
        if code.is_worth_retrying() {
            written.unwrap();
            assert_eq!(inner.calls(), ["write", "write"], "{code}");
            assert_eq!(inner.stored(&name()), Some(bytes()));
        } else {
            assert_eq!(written.unwrap_err().code, code);
            assert_eq!(inner.calls(), ["write"], "{code}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn after_its_attempts_it_gives_up_and_tells_the_last_failure() {
    let inner = faulty([
        Fault::Fails(FailureCode::ServerBusy),
        Fault::Cuts,
        Fault::Fails(FailureCode::TimedOut),
        Fault::Fails(FailureCode::ConnectionRefused),
    ]);
    let started = Instant::now();
    let failure = retrying(&inner)
        .write(&name(), content())
        .await
        .unwrap_err();
    assert_eq!(failure.code, FailureCode::ConnectionRefused);
    assert_eq!(inner.calls().len(), 4);
    // Ten, twenty and thirty seconds, each of them at least half.
    let waited = started.elapsed();
    assert!(
        (Duration::from_secs(30)..=Duration::from_secs(60)).contains(&waited),
        "{waited:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn every_operation_is_repeated() {
    let busy = Fault::Fails(FailureCode::ServerBusy);
    let inner = faulty([Fault::None]);
    let destination = retrying(&inner);
    destination.write(&name(), content()).await.unwrap();
    let script = || faulty([busy, busy]);
    for call in [
        "prepare",
        "list",
        "size",
        "remove",
        "remove_leftovers",
        "space",
    ] {
        let inner = script();
        let destination = retrying(&inner);
        match call {
            "prepare" => destination.prepare().await.unwrap(),
            "list" => drop(destination.list(None).await.unwrap()),
            "size" => assert_eq!(destination.size(&name()).await.unwrap(), None),
            "remove" => destination.remove(&name()).await.unwrap(),
            "remove_leftovers" => {
                destination.remove_leftovers().await.unwrap();
            }
            _ => assert_eq!(destination.space().await.unwrap(), None),
        }
        assert_eq!(inner.calls(), [call; 3]);
    }
    for call in ["read", "read_range"] {
        let inner = faulty([Fault::None, busy, busy]);
        let destination = retrying(&inner);
        destination.write(&name(), content()).await.unwrap();
        let read = match call {
            "read" => destination.read(&name()).await,
            _ => destination.read_range(&name(), 0..10_000).await,
        };
        assert_eq!(read.unwrap(), bytes());
        assert_eq!(inner.calls(), ["write", call, call, call]);
    }
}

#[tokio::test(start_paused = true)]
async fn dropping_ends_the_attempts() {
    let inner = faulty([Fault::Fails(FailureCode::ServerBusy), Fault::None]);
    let destination = retrying(&inner);
    // It falls into the first pause.
    let name = name();
    let write = destination.write(&name, content());
    assert!(timeout(Duration::from_secs(1), write).await.is_err());
    tokio::time::sleep(Duration::from_secs(3600)).await;
    assert_eq!(inner.calls(), ["write"]);
    assert_eq!(inner.stored(&name), None);
}

#[tokio::test(start_paused = true)]
async fn a_cut_write_is_sent_again_whole() {
    let inner = faulty([Fault::Cuts, Fault::Cuts]);
    retrying(&inner).write(&name(), content()).await.unwrap();
    assert_eq!(inner.stored(&name()), Some(bytes()));
}

#[tokio::test]
async fn a_flipped_bit_is_found_and_the_bad_file_deleted() {
    let inner = faulty([Fault::Corrupts]);
    let failure = verified(&inner, Verification::Checksum)
        .write(&name(), content())
        .await
        .unwrap_err();
    assert_eq!(failure.code, FailureCode::ChecksumMismatch);
    assert_eq!(failure.name, Some(name()));
    assert_eq!(inner.stored(&name()), None);
    assert_eq!(inner.calls(), ["write", "read", "remove"]);
}

#[tokio::test]
async fn a_file_that_did_not_arrive_is_found() {
    for verification in [Verification::Checksum, Verification::Size] {
        let inner = faulty([Fault::Forgets]);
        let failure = verified(&inner, verification)
            .write(&name(), content())
            .await
            .unwrap_err();
        assert_eq!(failure.code, FailureCode::ChecksumMismatch);
    }
}

#[tokio::test]
async fn the_size_alone_proves_the_size_alone() {
    let inner = faulty([Fault::Corrupts]);
    let written = verified(&inner, Verification::Size)
        .write(&name(), content())
        .await;
    assert_eq!(written.unwrap(), Written::Unconfirmed);
    assert_eq!(inner.calls(), ["write", "size"]);
    let written = verified(&inner, Verification::Checksum)
        .write(&name(), content())
        .await;
    assert_eq!(written.unwrap(), Written::Confirmed);
}

#[tokio::test]
async fn a_bad_file_that_cannot_be_deleted_is_told_as_bad() {
    let inner = faulty([
        Fault::Corrupts,
        Fault::None,
        Fault::Fails(FailureCode::PermissionDenied),
    ]);
    let failure = verified(&inner, Verification::Checksum)
        .write(&name(), content())
        .await
        .unwrap_err();
    assert_eq!(failure.code, FailureCode::ChecksumMismatch);
    assert!(
        failure.chain().contains("permission_denied"),
        "{}",
        failure.chain()
    );
}

#[tokio::test(start_paused = true)]
async fn a_backup_sends_again_what_did_not_arrive() {
    let inner = faulty([Fault::Corrupts]);
    let connected = wrap(Arc::clone(&inner) as _, &Options::default());
    let written = connected.destination.write(&name(), content()).await;
    assert_eq!(written.unwrap(), Written::Confirmed);
    assert_eq!(inner.stored(&name()), Some(bytes()));
    assert_eq!(inner.calls(), ["write", "read", "remove", "write", "read"]);
    // Both attempts, and both readings.
    assert_eq!(
        connected.metrics(),
        Metrics {
            operations: 5,
            failures: 0,
            written_bytes: 20_000,
            read_bytes: 20_000,
        }
    );
}

#[tokio::test(start_paused = true)]
async fn a_backup_gives_up_what_hangs_and_tries_again() {
    let inner = faulty([Fault::Hangs, Fault::None, Fault::Hangs]);
    let options = Options {
        bandwidth: Some(bandwidth(1_000_000)),
        patience: Patience {
            step: Duration::from_secs(60),
            whole: Duration::from_secs(600),
        },
        ..Options::default()
    };
    let connected = wrap(Arc::clone(&inner) as _, &options);
    let started = Instant::now();
    connected
        .destination
        .write(&name(), content())
        .await
        .unwrap();
    let waited = started.elapsed();
    // The write that hung, the reading back that hung, and what lies between.
    assert!(
        (Duration::from_secs(660)..Duration::from_secs(665)).contains(&waited),
        "{waited:?}"
    );
    assert_eq!(connected.metrics().failures, 2);
    assert_eq!(inner.calls(), ["write", "write", "read", "write", "read"]);
}

#[tokio::test(start_paused = true)]
async fn a_backup_keeps_its_rate_when_it_reads_back_and_sends_again() {
    let inner = faulty([Fault::Corrupts]);
    let options = Options {
        bandwidth: Some(bandwidth(1000)),
        retries: Retries {
            first_pause: Duration::ZERO,
            ..Retries::default()
        },
        ..Options::default()
    };
    let started = Instant::now();
    let connected = wrap(Arc::clone(&inner) as _, &options);
    connected
        .destination
        .write(&name(), content())
        .await
        .unwrap();
    // Twice 10,000 bytes there and back. Each begins when what was before has passed, the last
    // is let through at once.
    assert_eq!(started.elapsed(), Duration::from_secs(30));
}

#[tokio::test(start_paused = true)]
async fn destinations_that_share_a_rate_keep_it_together() {
    let (one, two) = (faulty([]), faulty([]));
    let rate = bandwidth(1000);
    let throttled = |inner: &Arc<Faulty>| Throttled::new(Arc::clone(inner) as _, Arc::clone(&rate));
    let started = Instant::now();
    let (here, there) = (throttled(&one), throttled(&two));
    let name = name();
    let (first, second) =
        tokio::join!(here.write(&name, content()), there.write(&name, content()),);
    first.unwrap();
    second.unwrap();
    // The last of twenty pieces begins after nineteen seconds.
    assert_eq!(started.elapsed(), Duration::from_secs(19));
    let read = there.read(&name).await.unwrap();
    assert_eq!(read, bytes());
    assert_eq!(started.elapsed(), Duration::from_secs(20));
    here.read_range(&name, 0..5000).await.unwrap();
    assert_eq!(started.elapsed(), Duration::from_secs(30));
    // What carries no content is not slowed.
    here.size(&name).await.unwrap();
    here.list(None).await.unwrap();
    assert_eq!(started.elapsed(), Duration::from_secs(30));
}

#[tokio::test]
async fn what_goes_over_the_line_is_counted() {
    let inner = faulty([
        Fault::None,
        Fault::Cuts,
        Fault::None,
        Fault::Fails(FailureCode::TimedOut),
    ]);
    let metered = Metered::new(Arc::clone(&inner) as _);
    metered.write(&name(), content()).await.unwrap();
    metered.write(&name(), content()).await.unwrap_err();
    metered.read(&name()).await.unwrap();
    metered.read(&name()).await.unwrap_err();
    metered.read_range(&name(), 100..200).await.unwrap();
    metered.size(&name()).await.unwrap();
    assert_eq!(
        metered.metrics(),
        Metrics {
            operations: 6,
            failures: 2,
            written_bytes: 10_000,
            read_bytes: 10_100,
        }
    );
}

fn patient(inner: &Arc<Faulty>) -> Patient {
    let patience = Patience {
        step: Duration::from_secs(10),
        whole: Duration::from_secs(100),
    };
    Patient::new(Arc::clone(inner) as _, patience)
}

#[tokio::test(start_paused = true)]
async fn what_hangs_times_out() {
    let started = Instant::now();
    let hung = || faulty([Fault::Hangs]);
    let codes = [
        patient(&hung()).prepare().await.unwrap_err().code,
        patient(&hung())
            .write(&name(), content())
            .await
            .unwrap_err()
            .code,
        patient(&hung()).size(&name()).await.unwrap_err().code,
        patient(&hung()).remove(&name()).await.unwrap_err().code,
        patient(&hung()).space().await.unwrap_err().code,
    ];
    assert_eq!(codes, [FailureCode::TimedOut; 5]);
    assert_eq!(started.elapsed(), Duration::from_secs(50));
    let codes = [
        patient(&hung()).read(&name()).await.unwrap_err().code,
        patient(&hung())
            .read_range(&name(), 0..1)
            .await
            .unwrap_err()
            .code,
        patient(&hung()).list(None).await.unwrap_err().code,
        patient(&hung()).remove_leftovers().await.unwrap_err().code,
    ];
    assert_eq!(codes, [FailureCode::TimedOut; 4]);
    assert_eq!(started.elapsed(), Duration::from_secs(450));
}

#[tokio::test(start_paused = true)]
async fn a_long_write_that_goes_on_does_not_time_out() {
    let inner = faulty([]);
    let slow = content().paced(bandwidth(50));
    let started = Instant::now();
    // Each piece waits for 20 seconds, and more than a step is allowed.
    patient(&inner).write(&name(), slow).await.unwrap();
    assert_eq!(started.elapsed(), Duration::from_secs(180));
    assert_eq!(inner.stored(&name()), Some(bytes()));
}

#[tokio::test(start_paused = true)]
async fn a_slow_write_that_stands_still_times_out() {
    let inner = faulty([Fault::Delays(Duration::from_secs(11))]);
    let slow = content().paced(bandwidth(50));
    let started = Instant::now();
    let failure = patient(&inner).write(&name(), slow).await.unwrap_err();
    assert_eq!(failure.code, FailureCode::TimedOut);
    assert_eq!(started.elapsed(), Duration::from_secs(190));
}
