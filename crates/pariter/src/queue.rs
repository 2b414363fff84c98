//! What lies between two threads.

use std::{
    collections::VecDeque,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread,
    time::Duration,
};

/// From this many items on a queue is one of small items, of which many are awaited.
const MANY: usize = 64;
/// How long somebody who was woken waits for more of them.
const GATHERING: Duration = Duration::from_micros(500);

/// Makes a queue of at most this many items.
pub(crate) fn queue<T>(capacity: usize) -> (Sender<T>, Receiver<T>) {
    let shared = Arc::new(Shared {
        state: Mutex::new(State {
            items: VecDeque::new(),
            senders: 1,
            receivers: 1,
            is_broken: false,
        }),
        capacity,
        is_not_empty: Condvar::new(),
        is_not_full: Condvar::new(),
    });
    (Sender(Arc::clone(&shared)), Receiver(shared))
}

struct Shared<T> {
    state: Mutex<State<T>>,
    capacity: usize,
    is_not_empty: Condvar,
    is_not_full: Condvar,
}

struct State<T> {
    items: VecDeque<T>,
    senders: usize,
    receivers: usize,
    /// A sender's thread panicked, so that something is missing.
    is_broken: bool,
}

impl<T> Shared<T> {
    fn state(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The end where items are put in.
pub(crate) struct Sender<T>(Arc<Shared<T>>);

impl<T> Sender<T> {
    /// Waits for room. Says whether anybody is still there to receive it.
    pub(crate) fn send(&self, item: T) -> bool {
        let mut state = self.0.state();
        while state.items.len() >= self.0.capacity && state.receivers > 0 {
            state = wait(&self.0.is_not_full, state);
        }
        if state.receivers == 0 {
            return false;
        }
        state.items.push_back(item);
        drop(state);
        self.0.is_not_empty.notify_one();
        true
    }
}

impl<T> Clone for Sender<T> {
    fn clone(&self) -> Self {
        self.0.state().senders += 1;
        Self(Arc::clone(&self.0))
    }
}

impl<T> Drop for Sender<T> {
    fn drop(&mut self) {
        let mut state = self.0.state();
        state.senders -= 1;
        state.is_broken |= thread::panicking();
        drop(state);
        self.0.is_not_empty.notify_all();
    }
}

/// The end where items are taken out.
pub(crate) struct Receiver<T>(Arc<Shared<T>>);

impl<T> Receiver<T> {
    /// Waits for the next item; `None` when there is no further one.
    ///
    /// # Panics
    ///
    /// When a sender's thread panicked.
    pub(crate) fn receive(&self) -> Option<T> {
        let mut state = self.0.state();
        loop {
            assert!(
                !state.is_broken,
                "a thread panicked whose items are awaited"
            );
            if let Some(item) = state.items.pop_front() {
                drop(state);
                self.0.is_not_full.notify_one();
                return Some(item);
            }
            if state.senders == 0 {
                return None;
            }
            state = wait(&self.0.is_not_empty, state);
            let are_few = state.items.len() < self.0.capacity / 4;
            if self.0.capacity >= MANY && are_few && state.senders > 0 {
                drop(state);
                thread::sleep(GATHERING);
                state = self.0.state();
            }
        }
    }
}

impl<T> Clone for Receiver<T> {
    fn clone(&self) -> Self {
        self.0.state().receivers += 1;
        Self(Arc::clone(&self.0))
    }
}

impl<T> Drop for Receiver<T> {
    fn drop(&mut self) {
        let mut state = self.0.state();
        state.receivers -= 1;
        // Nobody will ask for them, and they may hold what others wait for.
        let unasked = (state.receivers == 0).then(|| std::mem::take(&mut state.items));
        drop(state);
        drop(unasked);
        self.0.is_not_full.notify_all();
    }
}

fn wait<'a, T>(condition: &Condvar, state: MutexGuard<'a, State<T>>) -> MutexGuard<'a, State<T>> {
    condition
        .wait(state)
        .unwrap_or_else(PoisonError::into_inner)
}
