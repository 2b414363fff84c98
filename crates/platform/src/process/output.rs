//! What a running program says, as lines.

use latarnik_agent_core::OutputExcerpt;
use std::{
    io::{BufRead, BufReader, Read},
    process::Child,
    sync::mpsc::{Receiver, SyncSender, sync_channel},
};

/// A longer line is cut into several.
const LINE_BYTES: u64 = 16 * 1024;
/// Lines that may wait; a program that says more is slowed down.
const WAITING_LINES: usize = 256;

/// Where a program said something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stream {
    /// Standard output.
    Output,
    /// Standard error.
    Error,
}

pub(super) struct Line {
    pub(super) stream: Stream,
    /// Without its line end; what is not UTF-8 is replaced.
    pub(super) text: String,
}

/// Begins to read both streams. The channel ends with the later of the two.
pub(super) fn read(child: &mut Child) -> Receiver<Line> {
    let (sender, receiver) = sync_channel(WAITING_LINES);
    if let Some(output) = child.stdout.take() {
        let sender = sender.clone();
        std::thread::spawn(move || forward(output, Stream::Output, &sender));
    }
    if let Some(error) = child.stderr.take() {
        std::thread::spawn(move || forward(error, Stream::Error, &sender));
    }
    receiver
}

fn forward(source: impl Read, stream: Stream, lines: &SyncSender<Line>) {
    let mut source = BufReader::new(source);
    let mut bytes = Vec::new();
    loop {
        bytes.clear();
        match source
            .by_ref()
            .take(LINE_BYTES)
            .read_until(b'\n', &mut bytes)
        {
            Ok(0) | Err(_) => return,
            Ok(_) => {}
        }
        // A carriage return inside a line is a program drawing over its own progress.
        let text = String::from_utf8_lossy(&bytes);
        let text = text
            .trim_end_matches(['\r', '\n'])
            .rsplit('\r')
            .next()
            .unwrap_or_default();
        if lines
            .send(Line {
                stream,
                text: text.to_owned(),
            })
            .is_err()
        {
            return;
        }
    }
}

/// Keeps the end of each stream.
pub(super) struct Excerpt {
    limit: usize,
    output: OutputExcerpt,
}

impl Excerpt {
    pub(super) fn new(limit: usize) -> Self {
        Self {
            limit,
            output: OutputExcerpt::default(),
        }
    }

    pub(super) fn push(&mut self, line: &Line) {
        let text = match line.stream {
            Stream::Output => &mut self.output.stdout,
            Stream::Error => &mut self.output.stderr,
        };
        text.push_str(&line.text);
        text.push('\n');
        if text.len() > self.limit * 2 {
            cut_front(text, self.limit);
        }
    }

    pub(super) fn into_output(mut self) -> OutputExcerpt {
        cut_front(&mut self.output.stdout, self.limit);
        cut_front(&mut self.output.stderr, self.limit);
        self.output
    }
}

fn cut_front(text: &mut String, limit: usize) {
    let mut start = text.len().saturating_sub(limit);
    while !text.is_char_boundary(start) {
        start += 1;
    }
    text.drain(..start);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_excerpt_is_the_end_and_never_cuts_a_character() {
        let mut excerpt = Excerpt::new(7);
        for text in ["aaaaaaaaaaaaaaaa", "żółw"] {
            excerpt.push(&Line {
                stream: Stream::Output,
                text: text.to_owned(),
            });
        }
        assert_eq!(excerpt.into_output().stdout, "żółw\n"[2..].to_owned());
    }
}
