//! Titles in the languages that the server asked for.
//!
//! Windows has the titles of what a search found in every language: asking again without going
//! online, in a session with another `UserLocale`, is cheap. Keys are the same in all of them.

use super::{
    offer::Offer,
    session::{Place, Session},
};
use latarnik_agent_core::{LogSink, Update};
use std::collections::BTreeMap;
use windows::{Win32::Globalization::LocaleNameToLCID, core::HSTRING};

/// More languages than anybody reads are a mistake.
const LANGUAGES: usize = 8;
/// Bits of an LCID that name the language, without its region.
const LANGUAGE_BITS: u32 = 0x3ff;
/// `SUBLANG_DEFAULT`: the region that Windows means when none is named.
const DEFAULT_REGION: u32 = 1 << 10;
/// What Windows answers for a locale that it knows and has no number for.
const WITHOUT_NUMBER: u32 = 0x1000;

/// Adds them. A language that Windows does not know, or a search that fails, adds none: the updates
/// are found all the same.
pub(super) fn add(updates: &mut [Update], languages: &[String], place: Place, sink: &dyn LogSink) {
    if updates.is_empty() {
        return;
    }
    for language in languages.iter().take(LANGUAGES) {
        match in_language(language, place) {
            Some(titles) => {
                for update in &mut *updates {
                    if let Some(title) = titles.get(&update.key) {
                        let known = update.titles.get_or_insert_default();
                        known.insert(language.clone(), title.clone());
                    }
                }
            }
            None => sink.log(&format!("Windows has no titles in {language}\n")),
        }
    }
    for update in updates {
        let says_nothing_new =
            |titles: &BTreeMap<_, String>| titles.values().all(|title| *title == update.title);
        if update.titles.as_ref().is_some_and(says_nothing_new) {
            update.titles = None;
        }
    }
}

/// The titles in one language, by key.
fn in_language(language: &str, place: Place) -> Option<BTreeMap<String, String>> {
    let session = Session::open().ok()?;
    session.speak(locale(language)?).ok()?;
    let found = session.search(place.offline()).ok()?;
    let read = |object| {
        let update = Offer::read(object).ok()?.update;
        Some((update.key, update.title))
    };
    Some(found.into_iter().filter_map(read).collect())
}

/// Windows' number for a language such as `pl` or `pt-BR`.
fn locale(language: &str) -> Option<u32> {
    // SAFETY: the name ends with a zero.
    let number = unsafe { LocaleNameToLCID(&HSTRING::from(language), 0) };
    match number {
        0 | WITHOUT_NUMBER => None,
        number if number & !LANGUAGE_BITS == 0 => Some(number | DEFAULT_REGION),
        number => Some(number),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn languages_have_windows_numbers() {
        assert_eq!(locale("en"), Some(1033));
        assert_eq!(locale("en-US"), Some(1033));
        assert_eq!(locale("pl"), Some(1045));
        assert_eq!(locale("de-DE"), Some(1031));
        assert_eq!(locale("no language at all"), None);
    }
}
