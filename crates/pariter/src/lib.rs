//! Iterators whose work several threads do, in order.
//!
//! `rustic_core` hands every file of a backup from thread to thread with these. It gets them from
//! the crate `pariter` on crates.io, in whose place this one stands (`[patch.crates-io]`), with
//! those parts of its interface that `rustic_core` uses. Two things are different:
//!
//! - A thread that waits for items is woken for many of them, not for each. Where nothing in a
//!   tree has changed, waking took most of the time of a backup.
//! - Whoever makes an iterator says how many items may be under way ([`with_window`]). With a few,
//!   as everywhere else, all threads wait for the one that has the largest file.
//!
//! See `docs/adr/0004-two-crates-below-rustic-core.md`.

mod parallel_map;
mod queue;
mod readahead;

pub use parallel_map::ParallelMap;
pub use readahead::Readahead;

use std::{cell::Cell, thread::Scope};

thread_local! {
    static WINDOW: Cell<Option<usize>> = const { Cell::new(None) };
}

/// Runs something. The iterators that this thread makes meanwhile have up to this many items under
/// way, so it is for items that take little memory.
pub fn with_window<T>(items: usize, work: impl FnOnce() -> T) -> T {
    struct Before(Option<usize>);
    impl Drop for Before {
        fn drop(&mut self) {
            WINDOW.set(self.0);
        }
    }
    let _before = Before(WINDOW.replace(Some(items.max(1))));
    work()
}

/// How many items may be under way.
fn window(otherwise: usize) -> usize {
    WINDOW.get().unwrap_or(otherwise)
}

/// What threads add to iterators.
pub trait IteratorExt: Iterator + Sized {
    /// Maps items in as many threads as there are processors. The results are in the items' order.
    fn parallel_map_scoped<'env, 'scope, F, O>(
        self,
        scope: &'scope Scope<'scope, 'env>,
        map: F,
    ) -> ParallelMap<Self, O>
    where
        F: FnMut(Self::Item) -> O + Clone + Send + 'env,
        O: Send + 'env,
        Self::Item: Send + 'env,
    {
        ParallelMap::new(self, scope, map)
    }

    /// Takes items out of the iterator in a thread of its own, before they are asked for.
    fn readahead_scoped<'env, 'scope>(
        self,
        scope: &'scope Scope<'scope, 'env>,
    ) -> Readahead<Self::Item>
    where
        Self: Send + 'env,
        Self::Item: Send + 'env,
    {
        Readahead::new(self, scope)
    }
}

impl<I: Iterator> IteratorExt for I {}
