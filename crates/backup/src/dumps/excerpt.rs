//! What a program said on standard error: its beginning and its end, without secrets.

use super::failure::MOST_EXCERPT_BYTES;
use std::{
    collections::VecDeque,
    io::{BufRead, BufReader, Read},
};

/// A longer line is cut, and what was cut is thrown away.
const MOST_LINE_BYTES: usize = 8 * 1024;
/// So much of a line is kept.
const KEPT_LINE_BYTES: usize = 1000;
const HEAD_BYTES: usize = 1024;
/// The rest, without the mark between the two.
const TAIL_BYTES: usize = MOST_EXCERPT_BYTES - HEAD_BYTES - MARK.len();
const MARK: &str = "…\n";
const HIDDEN: &str = "***";

/// Keeps a beginning and an end of lines.
#[derive(Debug, Default)]
pub(super) struct Excerpt {
    head: String,
    tail: VecDeque<String>,
    tail_bytes: usize,
    is_cut: bool,
}

impl Excerpt {
    /// Reads to the end, however much it is; the program must never wait for its reader.
    pub(super) fn read(source: impl Read, secrets: &[String], mut push: impl FnMut(String)) {
        let mut source = BufReader::new(source);
        let mut line = Vec::new();
        while read_line(&mut source, &mut line) {
            push(clean(&line, secrets));
        }
    }

    pub(super) fn push(&mut self, line: String) {
        if self.tail.is_empty() && self.head.len() + line.len() < HEAD_BYTES {
            self.head.push_str(&line);
            self.head.push('\n');
            return;
        }
        self.tail_bytes += line.len() + 1;
        self.tail.push_back(line);
        while self.tail_bytes > TAIL_BYTES {
            let Some(oldest) = self.tail.pop_front() else {
                break;
            };
            self.tail_bytes -= oldest.len() + 1;
            self.is_cut = true;
        }
    }

    pub(super) fn text(&self) -> String {
        let mut text = self.head.clone();
        if self.is_cut {
            text.push_str(MARK);
        }
        for line in &self.tail {
            text.push_str(line);
            text.push('\n');
        }
        text
    }
}

/// One line without its end; of a line without measure only the beginning. `false` at the end.
fn read_line(source: &mut impl BufRead, line: &mut Vec<u8>) -> bool {
    line.clear();
    let mut has_read = false;
    loop {
        let available = match source.fill_buf() {
            Ok(bytes) if !bytes.is_empty() => bytes,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
            _ => return has_read,
        };
        has_read = true;
        let end = available.iter().position(|byte| *byte == b'\n');
        let piece = available.get(..end.unwrap_or(available.len()));
        let piece = piece.unwrap_or_default();
        let room = MOST_LINE_BYTES.saturating_sub(line.len());
        line.extend(piece.iter().take(room));
        let used = piece.len() + usize::from(end.is_some());
        source.consume(used);
        if end.is_some() {
            return true;
        }
    }
}

fn clean(line: &[u8], secrets: &[String]) -> String {
    let text = String::from_utf8_lossy(line);
    let mut text = text.trim_end().to_owned();
    for secret in secrets {
        text = text.replace(secret, HIDDEN);
    }
    if line.len() >= MOST_LINE_BYTES {
        // Half a secret may stand where the line was cut.
        let longest = secrets.iter().map(String::len).max().unwrap_or_default();
        cut(&mut text, MOST_LINE_BYTES.saturating_sub(longest));
    }
    cut(&mut text, KEPT_LINE_BYTES);
    text
}

fn cut(text: &mut String, most: usize) {
    text.truncate(text.floor_char_boundary(most));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn excerpt(said: &[u8], secrets: &[&str]) -> String {
        let secrets: Vec<String> = secrets.iter().map(ToString::to_string).collect();
        let mut excerpt = Excerpt::default();
        Excerpt::read(said, &secrets, |line| excerpt.push(line));
        excerpt.text()
    }

    #[test]
    fn little_is_kept_whole() {
        assert_eq!(excerpt(b"one\r\ntwo", &[]), "one\ntwo\n");
        assert_eq!(excerpt(b"", &[]), "");
    }

    #[test]
    fn much_keeps_its_beginning_and_its_end() {
        let said: String = (0..100_000).map(|line| format!("line {line}\n")).collect();
        let kept = excerpt(said.as_bytes(), &[]);
        assert!(kept.len() <= MOST_EXCERPT_BYTES, "{}", kept.len());
        assert!(kept.starts_with("line 0\n"));
        assert!(kept.ends_with("line 99999\n"));
    }

    #[test]
    fn one_endless_line_is_cut() {
        let kept = excerpt(&[b'x'; 1_000_000], &[]);
        assert!(kept.len() <= KEPT_LINE_BYTES + 1);
    }

    #[test]
    fn secrets_do_not_stand_in_it() {
        let kept = excerpt(b"login with hunter2 failed, hunter2!\n", &["hunter2"]);
        assert_eq!(kept, "login with *** failed, ***!\n");
    }

    #[test]
    fn not_even_half_of_a_secret_where_a_line_is_cut() {
        let secret = "s3cret".repeat(1300);
        let line = format!("{}{secret}", "y".repeat(900));
        let kept = excerpt(line.as_bytes(), &[&secret]);
        assert!(!kept.contains("s3cret"), "{kept}");
    }
}
