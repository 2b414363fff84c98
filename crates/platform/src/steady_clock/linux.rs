use latarnik_agent_core::SteadyClock;
use rustix::time::{ClockId, clock_gettime};
use std::time::Duration;

/// The time since the machine started; sleep counts.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SinceBoot;

impl SteadyClock for SinceBoot {
    fn elapsed(&self) -> Duration {
        Duration::try_from(clock_gettime(ClockId::Boottime)).unwrap_or_default()
    }
}
