//! The page to print.

use crate::{destination, everything, key, local, office, older};
use latarnik_backup::recovery_kit::{KeyStanding, Language};

#[test]
fn the_page_in_english() {
    insta::assert_snapshot!("page_en", office().page(Language::En).unwrap());
}

#[test]
fn the_page_in_polish() {
    insta::assert_snapshot!("page_pl", office().page(Language::Pl).unwrap());
}

#[test]
fn nothing_is_loaded_from_anywhere() {
    let page = everything().page(Language::En).unwrap();
    assert!(page.contains("content=\"default-src 'none'; style-src 'unsafe-inline'\""));
    for loading in [
        "<link", "<script", "<img", "<iframe", "src=", "href=", "url(", "@import",
    ] {
        assert!(!page.contains(loading), "{loading}");
    }
}

#[test]
fn whatever_is_shown_is_escaped() {
    let hostile = "</code><script>alert('\"&')</script>";
    let mut kit = office();
    kit.organization = hostile.to_owned();
    kit.device = hostile.to_owned();
    kit.job = hostile.to_owned();
    kit.repository_id = hostile.to_owned();
    kit.keys = vec![key(1, hostile, KeyStanding::Current)];
    kit.destinations = vec![destination(hostile, local(hostile))];
    let page = kit.page(Language::En).unwrap();
    assert!(!page.contains("<script"));
    let escaped = "&lt;/code&gt;&lt;script&gt;alert(&#39;&quot;&amp;&#39;)&lt;/script&gt;";
    assert_eq!(
        page.matches(escaped).count(),
        8,
        "twice in the title, and once in each place"
    );
}

#[test]
fn an_older_generation_has_its_password_and_its_places_on_the_page() {
    let mut kit = office();
    kit.older.push(older(1, "abcd"));
    for (language, title) in [
        (Language::En, "Older snapshots: generation 1"),
        (Language::Pl, "Starsze migawki: generacja 1"),
    ] {
        let page = kit.page(language).unwrap();
        for text in [title, &format!("{:064x}", 1), "/mnt/kopie", "<td>abcd</td>"] {
            assert!(page.contains(text), "{language}: {text}");
        }
    }
}

#[test]
fn the_page_has_everything_that_the_file_has() {
    let kit = everything();
    let page = kit.page(Language::Pl).unwrap();
    let shown = |text: &str| {
        let text = text
            .replace('&', "&amp;")
            .replace('"', "&quot;")
            .replace('\'', "&#39;");
        page.contains(&text)
    };
    let file = kit.file().unwrap();
    for entry in &file.destinations {
        for access in [&entry.linux, &entry.windows] {
            assert!(shown(&access.repository), "{}", access.repository);
            let variables = access
                .environment
                .iter()
                .chain(&access.obscured_environment);
            for (name, value) in variables {
                assert!(shown(name) && shown(value), "{name}");
            }
            for command in &access.prepare {
                assert!(shown(command), "{command}");
            }
            for file in &access.files {
                assert!(shown(file.contents.reveal().trim_end()), "{}", file.name);
            }
        }
    }
    for key in &file.keys {
        assert!(shown(&key.check));
    }
}
