//! Mapping in several threads.

use crate::{
    queue::{Receiver, Sender, queue},
    window,
};
use std::{
    collections::VecDeque,
    thread::{Scope, available_parallelism},
};

/// The results of a map, in the order of the items.
pub struct ParallelMap<I: Iterator, O> {
    iter: I,
    /// `None` once there are no further items.
    jobs: Option<Sender<(u64, I::Item)>>,
    results: Receiver<(u64, O)>,
    window: usize,
    /// The number of the next result.
    next: u64,
    /// The items under way, from that one on, with the results of those that are done.
    under_way: VecDeque<Option<O>>,
}

impl<I: Iterator, O> ParallelMap<I, O> {
    pub(crate) fn new<'env, 'scope, F>(iter: I, scope: &'scope Scope<'scope, 'env>, map: F) -> Self
    where
        F: FnMut(I::Item) -> O + Clone + Send + 'env,
        O: Send + 'env,
        I::Item: Send + 'env,
    {
        let threads = available_parallelism().map_or(1, usize::from);
        let window = window(threads * 2);
        // There is room for all that are under way, so that nobody waits for it.
        let (jobs, jobs_to_do) = queue::<(u64, I::Item)>(window);
        let (results_done, results) = queue(window);
        for _ in 0..threads {
            let (jobs, results, mut map) = (jobs_to_do.clone(), results_done.clone(), map.clone());
            scope.spawn(move || {
                while let Some((number, item)) = jobs.receive() {
                    if !results.send((number, map(item))) {
                        break;
                    }
                }
            });
        }
        Self {
            iter,
            jobs: Some(jobs),
            results,
            window,
            next: 0,
            under_way: VecDeque::new(),
        }
    }

    /// Gives the threads as much to do as may be under way.
    fn fill(&mut self) {
        while let Some(jobs) = &self.jobs
            && self.under_way.len() < self.window
        {
            let number = self.next + self.under_way.len() as u64;
            let item = self.iter.next();
            if item.is_some_and(|item| jobs.send((number, item))) {
                self.under_way.push_back(None);
            } else {
                self.jobs = None;
            }
        }
    }
}

impl<I: Iterator, O> Iterator for ParallelMap<I, O> {
    type Item = O;

    fn next(&mut self) -> Option<O> {
        self.fill();
        loop {
            match self.under_way.pop_front()? {
                Some(result) => {
                    self.next += 1;
                    return Some(result);
                }
                None => self.under_way.push_front(None),
            }
            // While something is under way the threads are there, unless one panicked.
            let (number, result) = self.results.receive()?;
            let place = usize::try_from(number - self.next).ok()?;
            *self.under_way.get_mut(place)? = Some(result);
        }
    }
}
