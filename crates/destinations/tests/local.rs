//! A folder of this machine as a destination.

use latarnik_destinations::{
    Content, Destination, FailureCode, Local, LocalSettings, ObjectName, conformance, probe,
};
use std::{fs, sync::Arc};

fn local(path: impl Into<std::path::PathBuf>) -> Local {
    Local::new(LocalSettings { path: path.into() })
}

#[tokio::test]
async fn a_folder_conforms() {
    let folder = tempfile::tempdir().unwrap();
    let destination = Arc::new(local(folder.path().join("backups")));
    conformance::check(destination).await.unwrap();
}

#[tokio::test]
async fn a_drive_that_is_not_plugged_in_is_no_folder_to_write_to() {
    let folder = tempfile::tempdir().unwrap();
    let destination = local(folder.path().join("not-mounted/backups"));
    let name = ObjectName::new("config").unwrap();
    for code in [
        destination.prepare().await.unwrap_err().code,
        destination
            .write(&name, Content::from(vec![1]))
            .await
            .unwrap_err()
            .code,
        destination.read(&name).await.unwrap_err().code,
        destination.size(&name).await.unwrap_err().code,
        destination.remove(&name).await.unwrap_err().code,
        destination.list(None).await.unwrap_err().code,
        destination.space().await.unwrap_err().code,
    ] {
        assert_eq!(code, FailureCode::NoSuchContainer);
    }
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[tokio::test]
async fn a_probe_tells_room_and_latency_and_leaves_no_file() {
    let folder = tempfile::tempdir().unwrap();
    let destination = local(folder.path().join("backups"));
    let report = probe(&destination).await;
    assert_eq!(report.problem, None);
    assert!(report.latency_ms.is_some());
    assert!(report.space.unwrap().free_bytes > 0);
    assert_eq!(destination.list(None).await.unwrap(), []);
}

#[tokio::test]
async fn a_probe_names_what_is_wrong() {
    let folder = tempfile::tempdir().unwrap();
    let report = probe(&local(folder.path().join("absent/backups"))).await;
    let problem = report.problem.unwrap();
    assert_eq!(problem.code, FailureCode::NoSuchContainer);

    let file = folder.path().join("file");
    fs::write(&file, "not a folder").unwrap();
    assert!(probe(&local(file)).await.problem.is_some());
}
