//! Durations of one and the same thing.

use anyhow::{Context, Result};
use std::time::{Duration, Instant};

/// How long something took, each time.
#[derive(Debug, Default)]
pub(super) struct Times(Vec<Duration>);

/// What most of them come to.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Spread {
    pub(super) p50_ms: f64,
    pub(super) p95_ms: f64,
}

impl Times {
    /// Does it once more.
    pub(super) fn take<T>(&mut self, work: impl FnOnce() -> Result<T>) -> Result<T> {
        let started = Instant::now();
        let done = work()?;
        self.0.push(started.elapsed());
        Ok(done)
    }

    pub(super) fn count(&self) -> usize {
        self.0.len()
    }

    /// # Errors
    /// If nothing was timed.
    pub(super) fn spread(mut self) -> Result<Spread> {
        self.0.sort_unstable();
        let percentile = |percent: usize| {
            let time = self.0.get(self.0.len() * percent / 100);
            time.map(|time| time.as_secs_f64() * 1000.0)
                .context("nothing was timed")
        };
        Ok(Spread {
            p50_ms: percentile(50)?,
            p95_ms: percentile(95)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_does_not_matter() {
        let times = (1..=100).rev().map(Duration::from_millis).collect();
        let spread = Times(times).spread().unwrap();
        assert_eq!((spread.p50_ms, spread.p95_ms), (51.0, 96.0));
        assert!(Times::default().spread().is_err());
    }
}
