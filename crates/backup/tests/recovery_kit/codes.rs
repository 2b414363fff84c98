//! The codes on the page, read as a phone reads them.

use crate::{everything, key, office, older};
use latarnik_backup::recovery_kit::{Access, KeyStanding, Language, RecoveryKit};
use latarnik_destinations::Secret;
use rqrr::PreparedImage;

const PIXELS: usize = 4;

/// The texts of all codes of a page, in order.
fn codes(page: &str) -> Vec<String> {
    let drawings = page.split("<svg ").skip(1);
    drawings
        .map(|drawing| {
            let width = between(drawing, "viewBox=\"0 0 ", " ").parse().unwrap();
            let (_, dark) = drawing.split_once("/><path ").unwrap();
            read(width, between(dark, "d=\"", "\""))
        })
        .collect()
}

fn between<'a>(text: &'a str, start: &str, end: &str) -> &'a str {
    let (_, rest) = text.split_once(start).unwrap();
    rest.split_once(end).unwrap().0
}

/// Paints runs of `Mx ylengthv1h-lengthz` and reads the picture.
fn read(width: usize, path: &str) -> String {
    let mut dark = vec![false; width * width];
    for run in path.split('z').filter(|run| !run.is_empty()) {
        let (x, rest) = run.strip_prefix('M').unwrap().split_once(' ').unwrap();
        let (y, rest) = rest.split_once('h').unwrap();
        let (length, _) = rest.split_once('v').unwrap();
        let [x, y, length] = [x, y, length].map(|text| text.parse::<usize>().unwrap());
        dark[y * width + x..][..length].fill(true);
    }
    let side = width * PIXELS;
    let mut image = PreparedImage::prepare_from_greyscale(side, side, |x, y| {
        if dark[y / PIXELS * width + x / PIXELS] {
            0
        } else {
            255
        }
    });
    let grids = image.detect_grids();
    assert_eq!(grids.len(), 1);
    grids[0].decode().unwrap().1
}

fn read_codes(kit: &RecoveryKit) -> Vec<String> {
    codes(&kit.page(Language::Pl).unwrap())
}

#[test]
fn codes_hold_the_passwords_and_the_entries_of_the_file() {
    let kit = everything();
    let file = kit.file().unwrap();
    let codes = read_codes(&kit);
    let (passwords, destinations) = codes.split_at(kit.keys.len());
    for (code, key) in passwords.iter().zip(&kit.keys) {
        assert_eq!(code, key.password.reveal());
    }
    assert_eq!(destinations.len(), kit.destinations.len());
    for (code, entry) in destinations.iter().zip(&file.destinations) {
        let expected = Access {
            files: Vec::new(),
            rclone_config: None,
            ..entry.linux.clone()
        };
        assert_eq!(serde_json::from_str::<Access>(code).unwrap(), expected);
    }
}

#[test]
fn older_generations_have_codes_of_their_own() {
    let mut kit = office();
    kit.older = vec![older(2, "second password"), older(1, "first password")];
    let codes = read_codes(&kit);
    let current = kit.keys.len() + kit.destinations.len();
    assert_eq!(codes.len(), current + 4);
    assert_eq!(codes[current], "second password");
    assert!(codes[current + 1].contains("/mnt/kopie"));
    assert_eq!(codes[current + 2], "first password");
}

#[test]
fn passwords_of_any_letters_are_read_back() {
    for password in [
        "zażółć gęślą jaźń",
        "0",
        "<script>&\"'",
        "1234567890123456",
        "ABC $%*",
    ] {
        let mut kit = office();
        kit.keys = vec![key(1, password, KeyStanding::Current)];
        assert_eq!(read_codes(&kit)[0], password);
    }
}

#[test]
fn what_is_too_long_for_a_code_is_left_to_the_file() {
    let mut kit = office();
    kit.destinations.truncate(1);
    if let latarnik_backup::recovery_kit::KitPlace::S3 { session_token, .. } =
        &mut kit.destinations[0].place
    {
        *session_token = Some(Secret::new("t".repeat(2000)));
    }
    let page = kit.page(Language::En).unwrap();
    assert_eq!(codes(&page).len(), 1);
    assert!(page.contains("Too long for a code"));
}
