//! Texts that people type.

use crate::{AppError, FieldCode, error::invalid};

/// Most characters of a name.
const LONGEST_NAME: usize = 100;
/// Most characters that a search looks for: more than any name has.
const LONGEST_SEARCH: usize = 200;

/// Refuses what cannot be a name: 1 to 100 characters on one line, and none that hides or turns
/// around others. Blanks at its ends do not count.
pub(crate) fn check_name(name: &str) -> Result<(), FieldCode> {
    let length = name.trim().chars().count();
    // Also at its ends: a line break is a blank, and still no part of what somebody typed.
    let is_line = !name.chars().any(|c| c.is_control() || is_invisible(c));
    match length {
        0 => Err(FieldCode::Required),
        1..=LONGEST_NAME if is_line => Ok(()),
        1..=LONGEST_NAME => Err(FieldCode::Malformed),
        _ => Err(FieldCode::TooLong),
    }
}

/// Refuses a text of one line that is longer than this, or no line.
pub(crate) fn check_line(text: &str, longest: usize) -> Result<(), FieldCode> {
    if text.chars().any(char::is_control) {
        Err(FieldCode::Malformed)
    } else if text.chars().count() > longest {
        Err(FieldCode::TooLong)
    } else {
        Ok(())
    }
}

/// Refuses to look for what nothing can be called. SQLite ends a pattern at a NUL, and so would find
/// everything; PostgreSQL takes none; and both give up on very long ones.
pub(crate) fn check_search(field: &'static str, text: Option<&str>) -> Result<(), AppError> {
    check_line(text.unwrap_or_default(), LONGEST_SEARCH).map_err(|code| invalid(field, code))
}

/// Characters without a shape of their own: with them two names look the same and are not, or read
/// backwards.
const fn is_invisible(c: char) -> bool {
    matches!(
        c,
        '\u{ad}'
            | '\u{61c}'
            | '\u{180e}'
            | '\u{200b}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{feff}'
            | '\u{fff9}'..='\u{fffb}'
            | '\u{e0000}'..='\u{e007f}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn name_is_one_visible_line() {
        assert_eq!(check_name(" Piekarnia Zdrój "), Ok(()));
        assert_eq!(check_name("<b>' OR 1=1; --</b>"), Ok(()));
        assert_eq!(check_name("  "), Err(FieldCode::Required));
        assert_eq!(check_name(&"ą".repeat(100)), Ok(()));
        assert_eq!(check_name(&"ą".repeat(101)), Err(FieldCode::TooLong));
        for name in [
            "a\n",
            "\ta",
            "a\nb",
            "a\0b",
            "a\u{202e}b",
            "a\u{200b}b",
            "\u{feff}a",
        ] {
            assert_eq!(check_name(name), Err(FieldCode::Malformed), "{name:?}");
        }
    }

    #[test]
    fn search_looks_for_one_line_that_may_be_anything() {
        for text in [
            None,
            Some(""),
            Some("100%"),
            Some("'; --"),
            Some("\u{202e}"),
        ] {
            assert!(check_search("search", text).is_ok(), "{text:?}");
        }
        for text in ["\0", "a\nb", &"a".repeat(201)] {
            assert!(check_search("search", Some(text)).is_err(), "{text:?}");
        }
    }
}
