//! Somebody who writes all the time, and never leaves a rule broken.
//!
//! Every transaction moves an amount from `a_left` to `z_right` and writes it down in `moves`:
//! what is on the left and what is on the right always make the same sum, and follow from `moves`.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

const LIMIT: Duration = Duration::from_secs(60);

/// The tables, with one in their middle that takes a while to dump, for any server.
pub const TABLES: &str = "
    CREATE TABLE a_left (id INTEGER PRIMARY KEY, amount INTEGER NOT NULL);
    CREATE TABLE moves (id INTEGER PRIMARY KEY, amount INTEGER NOT NULL);
    CREATE TABLE z_right (id INTEGER PRIMARY KEY, amount INTEGER NOT NULL);
    INSERT INTO a_left VALUES (1, 100000000);
    INSERT INTO z_right VALUES (1, 0);";

/// Sum of both sides; what the moves say is on the right; what is there; how many moves.
pub const STATE: &str =
    "SELECT (SELECT sum(amount) FROM a_left) + (SELECT sum(amount) FROM z_right),
    (SELECT coalesce(sum(amount), 0) FROM moves), (SELECT sum(amount) FROM z_right),
    (SELECT count(*) FROM moves)";

fn transaction(number: u64) -> String {
    let amount = number % 7 + 1;
    format!(
        "BEGIN;
        UPDATE a_left SET amount = amount - {amount} WHERE id = 1;
        INSERT INTO moves VALUES ({number}, {amount});
        UPDATE z_right SET amount = amount + {amount} WHERE id = 1;
        COMMIT;"
    )
}

/// Checks a row of [`STATE`] and returns how many moves it knows.
///
/// # Panics
///
/// When it is not one state.
pub fn check(row: &str) -> u64 {
    let row: Vec<u64> = row
        .split(['|', '\t'])
        .map(|field| field.trim().parse().expect("a row of STATE has numbers"))
        .collect();
    let [sum, moved, right, moves] = row[..] else {
        panic!("{row:?}")
    };
    assert_eq!(sum, 100_000_000);
    assert_eq!(moved, right);
    moves
}

/// Transactions that a client is given at a time.
pub const AT_ONCE: u64 = 50;
/// Transactions that are awaited in the middle of a dump.
pub const MEANWHILE: u64 = 200;

/// Checks that a dump with so many moves is from before the middle, of `done` at its end. Of what
/// a client was given, some may be in the dump before all of it counts as done.
///
/// # Panics
///
/// When nothing was written meanwhile.
pub fn check_that_writing_went_on(moves: u64, done: u64) {
    assert!(moves + MEANWHILE < done + AT_ONCE, "{moves} {done}");
}

/// Somebody who writes until they are stopped.
#[derive(Debug)]
pub struct Writer {
    stop: Arc<AtomicBool>,
    done: Arc<AtomicU64>,
    thread: JoinHandle<()>,
}

impl Writer {
    /// Calls `write` with numbers of transactions, `at_once` of them a time.
    pub fn start(at_once: u64, mut write: impl FnMut(&str) + Send + 'static) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let done = Arc::new(AtomicU64::new(0));
        let (stopped, counted) = (Arc::clone(&stop), Arc::clone(&done));
        let thread = thread::spawn(move || {
            let mut number = 0;
            while !stopped.load(Ordering::Relaxed) {
                let script: String = (number..number + at_once).map(transaction).collect();
                write(&script);
                number += at_once;
                counted.store(number, Ordering::Relaxed);
            }
        });
        let writer = Self { stop, done, thread };
        writer.wait_for(1);
        writer
    }

    /// How many transactions are done.
    pub fn done(&self) -> u64 {
        self.done.load(Ordering::Relaxed)
    }

    /// Waits until so many more are done.
    ///
    /// # Panics
    ///
    /// When that takes a minute, or writing fails.
    pub fn wait_for(&self, more: u64) {
        let (begun, wanted) = (Instant::now(), self.done() + more);
        while self.done() < wanted {
            assert!(begun.elapsed() < LIMIT && !self.thread.is_finished());
            thread::yield_now();
        }
    }

    /// Writes no more.
    ///
    /// # Panics
    ///
    /// When writing failed.
    pub fn stop(self) {
        self.stop.store(true, Ordering::Relaxed);
        self.thread.join().expect("writing does not fail");
    }
}
