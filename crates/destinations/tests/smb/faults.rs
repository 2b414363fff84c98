//! Shares whose server, network or disk fails.

use crate::{big, in_pieces, name, settings, smb};
use latarnik_destinations::{
    Bandwidth, Destination, FailureCode, Retries, Retrying, Smb, SmbSettings, Verification,
    Verified,
};
use latarnik_test_servers::{Fault, Proxy, Samba, SambaOptions};
use std::{fs, num::NonZeroU64, sync::Arc, time::Duration};
use tokio::time::Instant;

fn retrying(destination: Smb) -> Retrying {
    let retries = Retries {
        attempts: 200,
        first_pause: Duration::from_millis(50),
        longest_pause: Duration::from_millis(200),
    };
    Retrying::new(Arc::new(destination), retries)
}

#[tokio::test]
async fn a_full_disk_is_told_and_leaves_nothing() {
    let server = Samba::start_with(&SambaOptions {
        largest_file_kib: Some(4096),
        ..SambaOptions::default()
    })
    .unwrap();
    let destination = smb(settings(server.port()));
    destination.prepare().await.unwrap();
    let file = name("data/ab/file");
    let failure = destination
        .write(&file, in_pieces(&big(6 * 1024 * 1024)))
        .await
        .unwrap_err();
    assert_eq!(failure.code, FailureCode::NoSpace, "{}", failure.chain());
    assert_eq!(destination.size(&file).await.unwrap(), None);
    let small = big(1024 * 1024);
    destination.write(&file, in_pieces(&small)).await.unwrap();
    assert_eq!(destination.read(&file).await.unwrap(), small);
    // What was not finished is removed in the background, and before that by this.
    destination.remove_leftovers().await.unwrap();
    let left = fs::read_dir(server.files().join("office/pc-1/tmp")).unwrap();
    assert_eq!(left.count(), 0);
}

#[tokio::test]
async fn a_cut_in_the_middle_of_a_write_leaves_the_old_file() {
    let server = Samba::start().unwrap();
    let proxy = Proxy::start(server.port()).await.unwrap();
    let destination = smb(settings(proxy.port()));
    destination.prepare().await.unwrap();
    let file = name("data/ab/file");
    let new = big(8 * 1024 * 1024);
    for old in [None, Some(big(1000))] {
        if let Some(old) = &old {
            destination.write(&file, in_pieces(old)).await.unwrap();
        }
        // It counts for each connection from its start, so there has to be a new one.
        proxy.set(Fault::CutAfter(2 * 1024 * 1024));
        proxy.cut();
        destination.size(&file).await.ok();
        let failure = destination.write(&file, in_pieces(&new)).await.unwrap_err();
        assert_eq!(
            failure.code,
            FailureCode::ConnectionLost,
            "{}",
            failure.chain()
        );
        proxy.set(Fault::None);
        // The connection that was cut may be found out by one more operation.
        let found = match destination.size(&file).await {
            Err(_) => destination.size(&file).await.unwrap(),
            Ok(found) => found,
        };
        assert_eq!(found, old.as_ref().map(|old| old.len() as u64));
        if let Some(old) = old {
            assert_eq!(destination.read(&file).await.unwrap(), old);
        }
    }
    destination.write(&file, in_pieces(&new)).await.unwrap();
    assert_eq!(destination.read(&file).await.unwrap(), new);
    destination.remove_leftovers().await.unwrap();
    assert_eq!(destination.list(None).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_connection_that_was_cut_while_idle_is_made_anew() {
    let server = Samba::start().unwrap();
    let proxy = Proxy::start(server.port()).await.unwrap();
    let destination = retrying(smb(settings(proxy.port())));
    destination.prepare().await.unwrap();
    let file = name("config");
    destination.write(&file, in_pieces(&[1])).await.unwrap();
    let made = proxy.connections();
    proxy.cut();
    let started = Instant::now();
    while proxy.connections() == made {
        assert_eq!(destination.read(&file).await.unwrap(), [1].as_slice());
        assert!(started.elapsed() < Duration::from_secs(20));
    }
}

#[tokio::test]
async fn a_server_that_hangs_is_given_up() {
    let server = Samba::start().unwrap();
    let proxy = Proxy::start(server.port()).await.unwrap();
    let destination = smb(SmbSettings {
        timeout_seconds: 1,
        ..settings(proxy.port())
    });
    destination.prepare().await.unwrap();
    let file = name("config");
    destination.write(&file, in_pieces(&[1])).await.unwrap();
    proxy.set(Fault::Swallow);
    let started = Instant::now();
    // Once on a connection that was fine, once while a new one is made.
    for _ in 0..2 {
        let failure = destination.read(&file).await.unwrap_err();
        assert_eq!(failure.code, FailureCode::TimedOut, "{}", failure.chain());
    }
    let failure = destination
        .write(&file, in_pieces(&big(3 * 1024 * 1024)))
        .await
        .unwrap_err();
    assert_eq!(failure.code, FailureCode::TimedOut, "{}", failure.chain());
    assert!(
        started.elapsed() < Duration::from_secs(15),
        "{:?}",
        started.elapsed()
    );
    proxy.set(Fault::None);
    assert_eq!(destination.read(&file).await.unwrap(), [1].as_slice());
}

#[tokio::test]
async fn a_slow_transfer_is_no_silent_one() {
    let server = Samba::start().unwrap();
    let proxy = Proxy::start(server.port()).await.unwrap();
    let destination = smb(SmbSettings {
        timeout_seconds: 1,
        ..settings(proxy.port())
    });
    destination.prepare().await.unwrap();
    proxy.set(Fault::Delay(Duration::from_millis(40)));
    let file = name("data/ab/file");
    let bytes = big(1024 * 1024);
    let started = Instant::now();
    destination.write(&file, in_pieces(&bytes)).await.unwrap();
    assert_eq!(destination.read(&file).await.unwrap(), bytes);
    assert!(started.elapsed() > Duration::from_secs(1));
}

#[tokio::test]
async fn a_server_that_comes_back_is_used_again() {
    let server = Samba::start().unwrap();
    let port = server.port();
    let destination = smb(settings(port));
    destination.prepare().await.unwrap();
    let file = name("config");
    destination.write(&file, in_pieces(&[1])).await.unwrap();
    drop(server);
    // The connection's end may be found out by this one.
    destination.size(&file).await.unwrap_err();
    let failure = destination.size(&file).await.unwrap_err();
    assert_eq!(
        failure.code,
        FailureCode::ConnectionRefused,
        "{}",
        failure.chain()
    );
    let destination = retrying(destination);
    let (written, server) = tokio::join!(
        async {
            destination.prepare().await?;
            destination.write(&file, in_pieces(&[2])).await
        },
        tokio::task::spawn_blocking(move || Samba::start_with(&SambaOptions {
            port: Some(port),
            ..SambaOptions::default()
        })),
    );
    written.unwrap();
    let server = server.unwrap().unwrap();
    assert_eq!(
        fs::read(server.files().join("office/pc-1/config")).unwrap(),
        [2]
    );
}

#[tokio::test]
async fn a_file_that_was_changed_behind_our_back_is_found() {
    let server = Samba::start().unwrap();
    let destination = Arc::new(smb(settings(server.port())));
    destination.prepare().await.unwrap();
    let file = name("data/ab/file");
    let verified = Verified::new(Arc::clone(&destination) as _, Verification::Checksum);
    let bytes = big(100_000);
    verified.write(&file, in_pieces(&bytes)).await.unwrap();
    let path = server.files().join("office/pc-1/data/ab/file");
    assert_eq!(fs::read(&path).unwrap(), bytes);

    fs::write(&path, &bytes[..50_000]).unwrap();
    assert_eq!(destination.size(&file).await.unwrap(), Some(50_000));
    let failure = destination
        .read_range(&file, 49_000..51_000)
        .await
        .unwrap_err();
    assert_eq!(failure.code, FailureCode::Protocol);
    fs::remove_file(&path).unwrap();
    let failure = destination.read(&file).await.unwrap_err();
    assert_eq!(failure.code, FailureCode::NotFound);
}

#[tokio::test]
async fn a_dropped_write_removes_what_it_left() {
    let server = Samba::start().unwrap();
    let destination = smb(settings(server.port()));
    destination.prepare().await.unwrap();
    let pace = Arc::new(Bandwidth::new(NonZeroU64::new(1024 * 1024).unwrap()));
    let content = in_pieces(&big(4 * 1024 * 1024)).paced(pace);
    let file = name("data/ab/file");
    let unfinished = server.files().join("office/pc-1/tmp");
    let mut writing = Box::pin(destination.write(&file, content));
    let has_leftover = || fs::read_dir(&unfinished).is_ok_and(|mut folder| folder.next().is_some());
    while !has_leftover() {
        tokio::select! {
            written = &mut writing => panic!("written at once: {written:?}"),
            () = tokio::task::yield_now() => {}
        }
    }
    drop(writing);
    let started = Instant::now();
    while has_leftover() {
        assert!(started.elapsed() < Duration::from_secs(20));
        tokio::task::yield_now().await;
    }
    assert_eq!(destination.size(&file).await.unwrap(), None);
}
