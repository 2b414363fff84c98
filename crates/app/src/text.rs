//! Names that people give.

use crate::FieldCode;

/// Refuses what cannot be a name: 1 to 100 characters on one line, and none that hides or turns
/// around others.
pub(crate) fn check_name(name: &str) -> Result<(), FieldCode> {
    let name = name.trim();
    if name.is_empty() {
        Err(FieldCode::Required)
    } else if name.chars().count() > 100 {
        Err(FieldCode::TooLong)
    } else if name.chars().any(|c| c.is_control() || is_invisible(c)) {
        Err(FieldCode::Malformed)
    } else {
        Ok(())
    }
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
        for name in ["a\nb", "a\0b", "a\u{202e}b", "a\u{200b}b", "\u{feff}a"] {
            assert_eq!(check_name(name), Err(FieldCode::Malformed), "{name:?}");
        }
    }
}
