//! Passwords on paper: groups to type, and codes that show a mistake.

use sha2::{Digest, Sha256};
use std::fmt::Write as _;

const GROUP: usize = 4;
const GROUPS_ON_A_LINE: usize = 4;
const CODE_OF_A_LINE: usize = 4;
const CODE_OF_ALL: usize = 8;

/// A line of a password with its check code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TypingLine {
    /// Up to four groups of up to four characters.
    pub groups: Vec<String>,
    /// The first four hexadecimal digits of the SHA-256 of the line's characters, as UTF-8.
    pub check: String,
}

/// The lines in which a password is printed.
#[must_use]
pub fn typing_lines(password: &str) -> Vec<TypingLine> {
    let characters: Vec<char> = password.chars().collect();
    characters
        .chunks(GROUP * GROUPS_ON_A_LINE)
        .map(|line| TypingLine {
            groups: line.chunks(GROUP).map(String::from_iter).collect(),
            check: digits(&String::from_iter(line), CODE_OF_A_LINE),
        })
        .collect()
}

/// The check code of a whole password: the first eight hexadecimal digits of its SHA-256, as UTF-8.
/// `sha256sum` and PowerShell tell the same.
#[must_use]
pub fn check_code(password: &str) -> String {
    digits(password, CODE_OF_ALL)
}

fn digits(text: &str, count: usize) -> String {
    let mut code = String::new();
    for byte in Sha256::digest(text.as_bytes()) {
        // Writing to a string does not fail.
        let _ = write!(code, "{byte:02x}");
    }
    code.truncate(count);
    code
}
