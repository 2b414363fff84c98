//! What goes on after the client's call has returned: downloads and installations of
//! `BeginDownload` and `BeginInstall`.
//!
//! Each runs on a thread of its own, takes the time that the scenario says, moves its progress, calls
//! the client back, and changes the world at its end. One that is asked to end in time does so with
//! `orcAborted` and `WU_E_CALL_CANCELLED`, and changes nothing, unless the scenario says that it does
//! not listen. It dies with its client, where the real one is a service and goes on.

use crate::scenario;
use std::{
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};
use windows::Win32::System::{
    Com::{COINIT_MULTITHREADED, CoInitializeEx, CoUninitialize},
    UpdateAgent::{WU_E_CALL_CANCELLED, orcAborted},
};

const TICK: Duration = Duration::from_millis(10);

/// What became of one update.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Outcome {
    pub(crate) code: i32,
    pub(crate) hresult: i32,
    pub(crate) needs_reboot: bool,
}

impl Outcome {
    pub(crate) const fn failed(hresult: i32) -> Self {
        Self {
            code: windows::Win32::System::UpdateAgent::orcFailed.0,
            hresult,
            needs_reboot: false,
        }
    }
}

/// What a job does to one update in the end, and how long it takes.
#[derive(Debug, Clone)]
pub(crate) struct Plan {
    pub(crate) ids: Vec<String>,
    pub(crate) duration: Duration,
    pub(crate) bytes: u64,
    /// Goes on to its end when it is asked to abort.
    pub(crate) ignores_abort: bool,
    pub(crate) apply: fn(&str) -> Outcome,
}

#[derive(Debug, Default)]
struct Standing {
    outcomes: Option<Vec<Outcome>>,
    abort: bool,
    percent: u8,
}

/// A job under way; shared by the client's object and the thread that does it.
#[derive(Debug)]
pub(crate) struct Run {
    plan: Plan,
    standing: Mutex<Standing>,
    ended: Condvar,
}

impl Run {
    /// Begins; the client hears of progress and of the end through the two calls.
    pub(crate) fn start(
        plan: Plan,
        progress: impl Fn() + Send + 'static,
        completed: impl FnOnce() + Send + 'static,
    ) -> Arc<Self> {
        let run = Arc::new(Self {
            plan,
            standing: Mutex::default(),
            ended: Condvar::new(),
        });
        let worker = run.clone();
        std::thread::spawn(move || {
            // SAFETY: a fresh thread has no apartment yet; left again below on this same thread.
            let entered = unsafe { CoInitializeEx(None, COINIT_MULTITHREADED) };
            worker.work(&progress);
            drop(progress);
            completed();
            if entered.is_ok() {
                // SAFETY: balances the call above; the callbacks are dropped.
                unsafe { CoUninitialize() };
            }
        });
        run
    }

    fn work(&self, progress: &impl Fn()) {
        let begun = Instant::now();
        let mut told = 0;
        let aborted = loop {
            if self.lock().abort && !self.plan.ignores_abort {
                break true;
            }
            let elapsed = begun.elapsed();
            if elapsed >= self.plan.duration {
                break false;
            }
            let share = elapsed.as_millis() * 100 / self.plan.duration.as_millis().max(1);
            let percent = u8::try_from(share).unwrap_or(100);
            if percent > told {
                told = percent;
                self.lock().percent = percent;
                progress();
            }
            std::thread::sleep(TICK);
        };
        let outcome = |id: &String| match aborted {
            true => Outcome {
                code: orcAborted.0,
                ..Outcome::failed(WU_E_CALL_CANCELLED.0)
            },
            false => (self.plan.apply)(id),
        };
        let outcomes = self.plan.ids.iter().map(outcome).collect();
        let mut standing = self.lock();
        if !aborted {
            standing.percent = 100;
        }
        standing.outcomes = Some(outcomes);
        self.ended.notify_all();
    }

    pub(crate) fn is_completed(&self) -> bool {
        self.lock().outcomes.is_some()
    }

    pub(crate) fn request_abort(&self, what: &str) {
        scenario::log(&format!("RequestAbort {what} {}", self.plan.ids.join(" ")));
        self.lock().abort = true;
    }

    pub(crate) fn percent(&self) -> u8 {
        self.lock().percent
    }

    /// How many bytes have come, and how many there are.
    pub(crate) fn bytes(&self) -> (u64, u64) {
        let all = self.plan.bytes;
        (all * u64::from(self.percent()) / 100, all)
    }

    /// Waits for the end.
    pub(crate) fn outcomes(&self) -> Vec<Outcome> {
        let mut standing = self.lock();
        loop {
            if let Some(outcomes) = &standing.outcomes {
                return outcomes.clone();
            }
            standing = self
                .ended
                .wait(standing)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Standing> {
        self.standing.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A client's object on its way to the thread of a job.
pub(crate) struct Carried<T>(T);

// SAFETY: the clients that this double serves live in the multi-threaded apartment, as the job's
// thread does, and objects of that apartment may be called from any of its threads.
unsafe impl<T> Send for Carried<T> {}

impl<T> Carried<T> {
    pub(crate) const fn new(object: T) -> Self {
        Self(object)
    }

    pub(crate) const fn get(&self) -> &T {
        &self.0
    }
}
