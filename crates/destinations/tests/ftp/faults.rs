//! What networks do to FTP connections.

use super::{name, network::FtpNetwork, plain};
use latarnik_destinations::{
    Content, Destination as _, FailureCode, Ftp, FtpSettings, Retries, Retrying,
};
use latarnik_test_servers::{
    Fault,
    ftp::{Encryption, FtpServer},
};
use std::{
    sync::Arc,
    time::{Duration, Instant},
};

async fn behind_network(timeout_seconds: u64) -> (FtpServer, FtpNetwork, Arc<Ftp>) {
    let server = FtpServer::vsftpd(Encryption::None, "").expect("vsftpd starts");
    let network = FtpNetwork::start(server.port()).await;
    let settings = FtpSettings {
        timeout_seconds,
        ..plain(network.port, "anonymous")
    };
    let ftp = Arc::new(Ftp::new(settings).expect("settings that make sense"));
    ftp.prepare().await.expect("it works");
    (server, network, ftp)
}

#[tokio::test]
async fn a_write_whose_data_connection_is_cut_off_leaves_the_old_file() {
    let (server, network, ftp) = behind_network(60).await;
    let kept = name("data/kept");
    ftp.write(&kept, Content::from(vec![1; 1000]))
        .await
        .unwrap();
    network.set(Fault::None, Fault::CutAfter(400_000));
    for target in [&kept, &name("data/fresh")] {
        let failure = ftp
            .write(target, Content::from(vec![2; 2_000_000]))
            .await
            .unwrap_err();
        assert!(
            failure.code.is_worth_retrying(),
            "{}\n{}",
            failure.chain(),
            server.log()
        );
    }
    network.set(Fault::None, Fault::None);
    assert_eq!(ftp.read(&kept).await.unwrap(), vec![1; 1000]);
    assert_eq!(ftp.list(None).await.unwrap().len(), 1);
    ftp.write(&kept, Content::from(vec![3; 2000]))
        .await
        .unwrap();
    assert_eq!(ftp.size(&kept).await.unwrap(), Some(2000));
}

#[tokio::test]
async fn a_write_whose_control_connection_is_cut_off_leaves_a_leftover() {
    let (_server, network, ftp) = behind_network(60).await;
    let file = name("data/file");
    ftp.size(&file).await.unwrap();
    // Data passes slowly, so that the cut comes in the middle.
    network.set(Fault::None, Fault::Delay(Duration::from_millis(20)));
    let before = network.connections();
    let write = ftp.write(&file, Content::from(vec![2; 4_000_000]));
    let cut = async {
        while network.data_bytes() < 500_000 {
            tokio::task::yield_now().await;
        }
        network.cut_control();
    };
    let (written, ()) = tokio::join!(write, cut);
    assert_eq!(written.unwrap_err().code, FailureCode::ConnectionLost);
    network.set(Fault::None, Fault::None);
    assert_eq!(ftp.size(&file).await.unwrap(), None);
    assert_eq!(ftp.remove_leftovers().await.unwrap(), 1);
    assert_eq!(network.connections(), before + 1);
}

#[tokio::test]
async fn a_read_that_is_cut_off_is_no_short_file() {
    let (_server, network, ftp) = behind_network(60).await;
    let file = name("data/file");
    ftp.write(&file, Content::from(vec![2; 4_000_000]))
        .await
        .unwrap();
    network.set(Fault::None, Fault::Delay(Duration::from_millis(20)));
    let cutting = async {
        loop {
            network.cut_data();
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    let code = tokio::select! {
        read = ftp.read(&file) => read.err().map(|failure| failure.code),
        () = cutting => None,
    };
    assert!(code.is_some_and(FailureCode::is_worth_retrying), "{code:?}");
    network.set(Fault::None, Fault::None);
    assert_eq!(ftp.read(&file).await.unwrap().len(), 4_000_000);
}

#[tokio::test]
async fn a_server_that_hangs_is_given_up_and_used_again_later() {
    let (_server, network, ftp) = behind_network(1).await;
    let file = name("data/file");
    let mut codes = Vec::new();
    for (control, data) in [(Fault::None, Fault::Swallow), (Fault::Swallow, Fault::None)] {
        network.set(control, data);
        let content = Content::from(vec![1; 300_000]);
        let write = tokio::time::timeout(Duration::from_secs(20), ftp.write(&file, content));
        codes.push(write.await.unwrap().unwrap_err().code);
    }
    // What the network swallowed whole, the server takes for an empty file, and says so.
    assert_eq!(
        codes,
        [FailureCode::ChecksumMismatch, FailureCode::TimedOut]
    );
    network.set(Fault::None, Fault::None);
    ftp.write(&file, Content::from(vec![1])).await.unwrap();
}

#[tokio::test]
async fn a_server_that_comes_back_is_found_by_trying_again() {
    let (_server, network, ftp) = behind_network(60).await;
    let retries = Retries {
        attempts: 1000,
        first_pause: Duration::from_millis(10),
        longest_pause: Duration::from_millis(20),
    };
    let retrying = Retrying::new(ftp, retries);
    let file = name("data/file");
    network.set(Fault::Down, Fault::None);
    let before = network.connections();
    let write = retrying.write(&file, Content::from(vec![5; 100_000]));
    let repair = async {
        while network.connections() < before + 3 {
            tokio::task::yield_now().await;
        }
        network.set(Fault::None, Fault::None);
    };
    tokio::pin!(write);
    tokio::select! {
        early = &mut write => panic!("it did not try again: {early:?}"),
        () = repair => {}
    }
    write.await.unwrap();
    assert_eq!(retrying.size(&file).await.unwrap(), Some(100_000));
}

#[tokio::test]
async fn a_part_of_a_file_is_read_without_the_rest() {
    let (_server, network, ftp) = behind_network(60).await;
    let file = name("data/file");
    let bytes: Vec<u8> = (0..20 * 1024 * 1024)
        .map(|place| (place % 251) as u8)
        .collect();
    ftp.write(&file, Content::from(bytes.clone()))
        .await
        .unwrap();
    network.set(Fault::None, Fault::Delay(Duration::from_millis(50)));
    let started = Instant::now();
    let before = network.connections();
    for start in [0, 5_000_001, 12_345_678] {
        let read = ftp.read_range(&file, start..start + 1000).await.unwrap();
        assert_eq!(read, bytes[start as usize..start as usize + 1000]);
    }
    // The whole file would take 16 seconds each time.
    assert!(
        started.elapsed() < Duration::from_secs(8),
        "{:?}",
        started.elapsed()
    );
    assert_eq!(
        network.connections(),
        before,
        "the same connection does it all"
    );
}
