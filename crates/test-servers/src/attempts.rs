//! Ports that somebody else takes first.

use anyhow::Result;

const ATTEMPTS: usize = 4;

/// Starts a server that looks for a free port: another program may take that port before the
/// server listens there.
pub(crate) fn start<T>(start: impl Fn() -> Result<T>) -> Result<T> {
    for _ in 1..ATTEMPTS {
        if let Ok(started) = start() {
            return Ok(started);
        }
    }
    start()
}
