//! Telling a slow server from a silent one.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};
use tokio::time::{Instant, sleep};

/// When something last moved in an exchange.
#[derive(Debug)]
pub(super) struct Pulse(Mutex<State>);

#[derive(Debug, Clone, Copy)]
enum State {
    /// It is the server's turn since then.
    Since(Instant),
    /// It is ours.
    Paused,
}

impl Pulse {
    pub(super) fn new() -> Self {
        Self(Mutex::new(State::Since(Instant::now())))
    }

    /// Something moved.
    pub(super) fn beat(&self) {
        self.set(State::Since(Instant::now()));
    }

    /// Something may go on moving unseen for this long.
    pub(super) fn beat_in(&self, duration: Duration) {
        self.set(State::Since(Instant::now() + duration));
    }

    /// Nothing will move until the next [`beat`](Self::beat), and that is not the server's fault.
    pub(super) fn pause(&self) {
        self.set(State::Paused);
    }

    fn set(&self, state: State) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = state;
    }

    /// Returns once the server has been silent for this long.
    pub(super) async fn silence(&self, patience: Duration) {
        loop {
            let state = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
            let silent = match state {
                State::Since(instant) => Instant::now().saturating_duration_since(instant),
                State::Paused => Duration::ZERO,
            };
            if silent >= patience {
                return;
            }
            sleep(patience - silent).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Pulse;
    use std::time::Duration;
    use tokio::time::{Instant, sleep};

    #[tokio::test(start_paused = true)]
    async fn silence_begins_anew_with_each_beat_and_not_in_pauses() {
        let patience = Duration::from_secs(10);
        let started = Instant::now();
        let pulse = Pulse::new();
        let work = async {
            sleep(Duration::from_secs(9)).await;
            pulse.beat();
            sleep(Duration::from_secs(9)).await;
            pulse.pause();
            sleep(Duration::from_secs(60)).await;
            pulse.beat_in(Duration::from_secs(3));
            std::future::pending::<()>().await;
        };
        tokio::select! {
            () = work => {}
            () = pulse.silence(patience) => {}
        }
        assert_eq!(started.elapsed(), Duration::from_secs(9 + 9 + 60 + 3 + 10));
    }
}
