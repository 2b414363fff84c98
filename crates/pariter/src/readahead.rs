//! Taking items before they are asked for.

use crate::{
    queue::{Receiver, queue},
    window,
};
use std::thread::Scope;

/// How many lie ready, unless somebody says so: items may be pieces of several MiB.
const READY: usize = 2;

/// The items of an iterator that runs in a thread of its own.
pub struct Readahead<T>(Receiver<T>);

impl<T> Readahead<T> {
    pub(crate) fn new<'env, 'scope, I>(iter: I, scope: &'scope Scope<'scope, 'env>) -> Self
    where
        I: Iterator<Item = T> + Send + 'env,
        T: Send + 'env,
    {
        let (sender, receiver) = queue(window(READY));
        scope.spawn(move || {
            for item in iter {
                if !sender.send(item) {
                    break;
                }
            }
        });
        Self(receiver)
    }
}

impl<T> Iterator for Readahead<T> {
    type Item = T;

    fn next(&mut self) -> Option<T> {
        self.0.receive()
    }
}
