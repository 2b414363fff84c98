//! What a person sees on standard error, and a program on standard output.

use serde::Serialize;
use std::{
    io::{self, Write},
    sync::atomic::{AtomicUsize, Ordering},
};

/// A line for people. A closed terminal is no reason to stop.
pub(crate) fn say(line: &str) {
    let _ = writeln!(io::stderr().lock(), "{line}");
}

/// A line of JSON for programs.
pub(crate) fn print_json(value: &impl Serialize) -> anyhow::Result<()> {
    let mut output = io::stdout().lock();
    serde_json::to_writer(&mut output, value)?;
    output.write_all(b"\n")?;
    Ok(output.flush()?)
}

/// Counts up to a total and says so at every tenth of the way.
#[derive(Debug)]
pub(crate) struct Counter {
    what: &'static str,
    total: usize,
    done: AtomicUsize,
}

impl Counter {
    /// A counter from 0 to `total`.
    pub(crate) const fn new(what: &'static str, total: usize) -> Self {
        Self {
            what,
            total,
            done: AtomicUsize::new(0),
        }
    }

    /// One more.
    pub(crate) fn count(&self) {
        let done = self.done.fetch_add(1, Ordering::Relaxed) + 1;
        let tenths = |done: usize| done * 10 / self.total.max(1);
        if tenths(done) != tenths(done - 1) {
            say(&format!("{} {done} of {} agents", self.what, self.total));
        }
    }
}
