use crate::{Authorities, AuthorityError, Refresh};
use jiff::{SignedDuration, Timestamp};
use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    thread,
};
use tempfile::TempDir;

fn now() -> Timestamp {
    "2026-11-23T12:00:00Z".parse().unwrap()
}

fn later() -> Timestamp {
    now().checked_add(SignedDuration::from_hours(24)).unwrap()
}

fn folder() -> (TempDir, PathBuf) {
    let root = tempfile::tempdir().unwrap();
    let path = root.path().join("authority");
    (root, path)
}

fn open(path: &Path) -> Authorities {
    Authorities::open_or_create(path, now()).unwrap()
}

/// Every file below a folder with its content, to see that nothing is lost.
fn content(path: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(path).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(content(&path));
        } else {
            found.push((path.clone(), fs::read(&path).unwrap()));
        }
    }
    found.sort();
    found
}

#[test]
fn next_authority_stands_beside_the_present_one_and_then_takes_its_place() {
    let (_root, path) = folder();
    let authorities = open(&path);
    let first = authorities.present().fingerprint();
    assert_eq!(authorities.since(), now());
    let next = authorities.rotate(later()).unwrap().fingerprint();
    assert_eq!(authorities.present().fingerprint(), first);
    assert_eq!(authorities.next().unwrap().fingerprint(), next);
    assert_eq!(authorities.since(), later());
    let end = later().checked_add(SignedDuration::from_hours(1)).unwrap();
    assert_eq!(authorities.finish(end).unwrap().fingerprint(), next);
    let reopened = open(&path);
    assert_eq!(reopened.present().fingerprint(), next);
    assert!(reopened.next().is_none());
    assert_eq!(reopened.since(), end);
}

#[test]
fn next_authority_is_private() {
    let (_root, path) = folder();
    open(&path).rotate(now()).unwrap();
    let mode = |path: PathBuf| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(path.join("next")), 0o700);
    assert_eq!(mode(path.join("next/key.pem")), 0o600);
    fs::set_permissions(path.join("next/key.pem"), fs::Permissions::from_mode(0o644)).unwrap();
    let refused = Authorities::open_or_create(&path, now()).unwrap_err();
    assert!(
        matches!(refused, AuthorityError::KeyExposed { .. }),
        "{refused}"
    );
}

#[test]
fn second_rotation_is_refused_while_one_is_under_way() {
    let (_root, path) = folder();
    let (one, other) = (open(&path), open(&path));
    let next = one.rotate(now()).unwrap().fingerprint();
    let before = content(&path);
    for authorities in [one, other] {
        let refused = authorities.rotate(later()).unwrap_err();
        assert!(
            matches!(refused, AuthorityError::UnderWay { next: known, .. } if known == next),
            "{refused}"
        );
    }
    assert_eq!(content(&path), before);
}

#[test]
fn nothing_is_finished_that_was_not_begun() {
    let (_root, path) = folder();
    let refused = open(&path).finish(now()).unwrap_err();
    assert!(
        refused.to_string().contains("latarnik authority rotate"),
        "{refused}"
    );
}

#[test]
fn of_rotations_at_the_same_moment_one_makes_the_authority_and_the_others_say_so() {
    let (_root, path) = folder();
    open(&path);
    let made = thread::scope(|scope| {
        let threads: Vec<_> = (0..8)
            .map(|_| scope.spawn(|| open(&path).rotate(now()).map(|next| next.fingerprint())))
            .collect();
        threads
            .into_iter()
            .filter_map(|thread| match thread.join().unwrap() {
                Ok(made) => Some(made),
                Err(AuthorityError::UnderWay { .. }) => None,
                Err(other) => panic!("{other}"),
            })
            .collect::<Vec<_>>()
    });
    assert_eq!(made, [open(&path).next().unwrap().fingerprint()]);
}

#[test]
fn rotation_that_was_killed_before_its_step_leaves_the_authority_as_it_was() {
    for files in [
        &[][..],
        &["key.pem"],
        &["key.pem", "certificate.pem", "bridge.pem"],
    ] {
        let (_root, path) = folder();
        let first = open(&path).present().fingerprint();
        let staging = path.join(".next.new-4711");
        fs::create_dir(&staging).unwrap();
        for name in files {
            fs::write(staging.join(name), "half").unwrap();
        }
        let authorities = open(&path);
        assert_eq!(authorities.present().fingerprint(), first);
        assert!(authorities.next().is_none());
        authorities.rotate(now()).unwrap();
        assert!(open(&path).next().is_some());
    }
}

#[test]
fn finish_that_was_killed_before_its_step_leaves_the_rotation_under_way() {
    for left_behind in ["since", ".since.new-4711"] {
        let (_root, path) = folder();
        let authorities = open(&path);
        let next = authorities.rotate(now()).unwrap().fingerprint();
        fs::write(path.join("next").join(left_behind), "2020-").unwrap();
        let after = open(&path);
        assert_eq!(
            after.present().fingerprint(),
            authorities.present().fingerprint()
        );
        assert_eq!(after.next().unwrap().fingerprint(), next);
        assert_eq!(after.finish(later()).unwrap().fingerprint(), next);
        assert_eq!(open(&path).since(), later());
    }
}

#[test]
fn late_process_that_still_believes_in_a_rotation_overwrites_nothing() {
    let (_root, path) = folder();
    let authorities = open(&path);
    authorities.rotate(now()).unwrap();
    authorities.finish(now()).unwrap();
    authorities.rotate(now()).unwrap();
    let before = content(&path);
    // As if it had looked before the first rotation was finished.
    let late = super::Generations::new(&path);
    let refused = late.take_over(1, now()).unwrap_err();
    assert!(
        matches!(refused, AuthorityError::TakeOver { .. }),
        "{refused}"
    );
    let keys = |content: Vec<(PathBuf, Vec<u8>)>| -> Vec<_> {
        let is_key = |path: &Path| path.extension().is_some_and(|name| name == "pem");
        content
            .into_iter()
            .filter(|(path, _)| is_key(path))
            .collect()
    };
    assert_eq!(keys(content(&path)), keys(before));
    assert!(open(&path).next().is_some());
}

#[test]
fn files_of_an_authority_that_was_replaced_may_be_deleted() {
    let (_root, path) = folder();
    let authorities = open(&path);
    let next = authorities.rotate(now()).unwrap().fingerprint();
    authorities.finish(now()).unwrap();
    fs::remove_file(path.join("key.pem")).unwrap();
    fs::remove_file(path.join("certificate.pem")).unwrap();
    assert_eq!(open(&path).present().fingerprint(), next);
}

#[test]
fn refresh_sees_the_steps_of_another_process_and_nothing_else() {
    let (_root, path) = folder();
    let (server, command) = (open(&path), open(&path));
    assert_eq!(server.refresh(now()).unwrap(), Refresh::Unchanged);
    let next = command.rotate(now()).unwrap().fingerprint();
    assert_eq!(server.refresh(now()).unwrap(), Refresh::Changed);
    assert_eq!(server.next().unwrap().fingerprint(), next);
    command.finish(now()).unwrap();
    assert_eq!(server.refresh(now()).unwrap(), Refresh::Changed);
    assert_eq!(server.present().fingerprint(), next);
    assert_eq!(server.refresh(now()).unwrap(), Refresh::Unchanged);
}

#[test]
fn next_authority_is_certified_by_the_one_before() {
    let (_root, path) = folder();
    let authorities = open(&path);
    let next = authorities.rotate(now()).unwrap();
    let leaf = next.sign_gateway("localhost", now(), [1; 16]).unwrap();
    let [_, root, bridge] = leaf.chain.as_slice() else {
        panic!("{} certificates", leaf.chain.len());
    };
    let parse = |der| x509_parser::parse_x509_certificate(der).unwrap().1;
    let first = authorities.present();
    let (root, bridge) = (parse(root), parse(bridge));
    assert_eq!(bridge.public_key(), root.public_key());
    let signer = parse(first.certificate());
    bridge.verify_signature(Some(signer.public_key())).unwrap();
    assert_ne!(root.subject(), signer.subject());
}
