//! What networks do to an SFTP connection.

use super::{name, settings};
use latarnik_destinations::{
    Content, Destination as _, FailureCode, Retries, Retrying, Sftp, SftpSettings,
};
use latarnik_test_servers::{Fault, Proxy, ssh::SshServer};
use std::{
    sync::Arc,
    time::{Duration, Instant},
};

async fn behind_proxy(timeout_seconds: u64) -> (SshServer, Proxy, Arc<Sftp>) {
    let server = SshServer::start().expect("OpenSSH starts");
    let proxy = Proxy::start(server.port()).await.expect("it works");
    let settings = SftpSettings {
        timeout_seconds,
        ..settings(&server, proxy.port())
    };
    let sftp = Arc::new(Sftp::new(settings).expect("settings that make sense"));
    sftp.prepare().await.expect("it works");
    (server, proxy, sftp)
}

#[tokio::test]
async fn a_write_that_is_cut_off_leaves_the_old_file_and_the_next_one_works() {
    let (_server, proxy, sftp) = behind_proxy(60).await;
    let kept = name("data/kept");
    sftp.write(&kept, Content::from(vec![1; 1000]))
        .await
        .unwrap();
    proxy.set(Fault::CutAfter(400_000));
    for target in [&kept, &name("data/fresh")] {
        let failure = sftp
            .write(target, Content::from(vec![2; 2_000_000]))
            .await
            .unwrap_err();
        assert_eq!(failure.code, FailureCode::ConnectionLost);
    }
    proxy.set(Fault::None);
    assert_eq!(sftp.read(&kept).await.unwrap(), vec![1; 1000]);
    assert_eq!(sftp.list(None).await.unwrap().len(), 1);
    assert_eq!(sftp.remove_leftovers().await.unwrap(), 2);
    sftp.write(&kept, Content::from(vec![3; 2000]))
        .await
        .unwrap();
    assert_eq!(sftp.size(&kept).await.unwrap(), Some(2000));
}

#[tokio::test]
async fn after_a_cut_at_most_one_operation_fails() {
    let (_server, proxy, sftp) = behind_proxy(60).await;
    let one = name("one");
    let writes = (0..4).map(|_| sftp.write(&one, Content::from(vec![1])));
    futures_util::future::try_join_all(writes).await.unwrap();
    proxy.cut();
    let mut failures = Vec::new();
    for _ in 0..50 {
        failures.extend(sftp.size(&one).await.err().map(|failure| failure.code));
    }
    assert!(
        failures.is_empty() || failures == [FailureCode::ConnectionLost],
        "{failures:?}"
    );
    assert!(proxy.connections() > 4);
}

#[tokio::test]
async fn a_server_that_hangs_is_given_up_and_used_again_later() {
    let (_server, proxy, sftp) = behind_proxy(1).await;
    let file = name("data/file");
    proxy.set(Fault::Swallow);
    let operations = async {
        let content = Content::from(vec![1; 3_000_000]);
        let write = sftp.write(&file, content).await.unwrap_err();
        let connect = sftp.list(None).await.unwrap_err();
        [write.code, connect.code]
    };
    let codes = tokio::time::timeout(Duration::from_secs(20), operations).await;
    assert_eq!(codes.unwrap(), [FailureCode::TimedOut; 2]);
    proxy.set(Fault::None);
    sftp.write(&file, Content::from(vec![1])).await.unwrap();
}

#[tokio::test]
async fn a_server_that_comes_back_is_found_by_trying_again() {
    let (_server, proxy, sftp) = behind_proxy(60).await;
    let retries = Retries {
        attempts: 1000,
        first_pause: Duration::from_millis(10),
        longest_pause: Duration::from_millis(20),
    };
    let retrying = Retrying::new(sftp, retries);
    let file = name("data/file");
    proxy.set(Fault::Down);
    let before = proxy.connections();
    let write = retrying.write(&file, Content::from(vec![5; 100_000]));
    let repair = async {
        while proxy.connections() < before + 3 {
            tokio::task::yield_now().await;
        }
        proxy.set(Fault::None);
    };
    tokio::pin!(write);
    tokio::select! {
        early = &mut write => panic!("it did not try again: {early:?}"),
        () = repair => {}
    }
    write.await.unwrap();
    assert_eq!(retrying.size(&file).await.unwrap(), Some(100_000));
}

/// One request after the other would take 64 round trips of 100 ms.
#[tokio::test]
async fn a_long_way_does_not_slow_down_transfers_by_its_round_trips() {
    let (_server, proxy, sftp) = behind_proxy(60).await;
    let file = name("data/file");
    let bytes: Vec<u8> = (0..2 * 1024 * 1024)
        .map(|place| (place % 251) as u8)
        .collect();
    proxy.set(Fault::Delay(Duration::from_millis(50)));
    let started = Instant::now();
    sftp.write(&file, Content::from(bytes.clone()))
        .await
        .unwrap();
    let written = started.elapsed();
    let read = sftp.read(&file).await.unwrap();
    let both = started.elapsed();
    assert_eq!(read, bytes);
    println!(
        "2 MiB, 50 ms each way: written in {written:?}, read in {:?}",
        both - written
    );
    let one_by_one = Duration::from_millis(6400);
    assert!(written < one_by_one * 2 / 3, "{written:?}");
    assert!(both - written < one_by_one * 2 / 3, "{:?}", both - written);
}
