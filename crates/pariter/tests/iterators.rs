//! Order, bounds, and ends of all kinds.

use pariter::{IteratorExt as _, with_window};
use std::{
    collections::HashSet,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    thread,
    time::Duration,
};

/// How much is under way between two places.
#[derive(Default)]
struct UnderWay {
    now: AtomicUsize,
    most: AtomicUsize,
}

impl UnderWay {
    fn enter<T>(&self, item: T) -> T {
        let now = self.now.fetch_add(1, SeqCst) + 1;
        self.most.fetch_max(now, SeqCst);
        item
    }

    fn leave<T>(&self, item: T) -> T {
        self.now.fetch_sub(1, SeqCst);
        item
    }
}

#[test]
fn results_are_in_order_whoever_is_slow() {
    for window in [1, 3, 1000] {
        let doubled: Vec<usize> = with_window(window, || {
            thread::scope(|scope| {
                (0..500_usize)
                    .parallel_map_scoped(scope, |number| {
                        if number % 50 == 0 {
                            thread::sleep(Duration::from_millis(3));
                        }
                        number * 2
                    })
                    .readahead_scoped(scope)
                    .collect()
            })
        });
        assert!(doubled.into_iter().eq((0..500).map(|number| number * 2)));
    }
}

#[test]
fn several_threads_work() {
    let threads = Mutex::new(HashSet::new());
    thread::scope(|scope| {
        (0..100)
            .parallel_map_scoped(scope, |_| {
                threads.lock().unwrap().insert(thread::current().id());
                thread::sleep(Duration::from_millis(1));
            })
            .for_each(drop);
    });
    let processors = thread::available_parallelism().unwrap().get();
    assert_eq!(threads.lock().unwrap().len(), processors);
}

#[test]
fn a_slow_item_is_waited_for_by_as_many_as_the_window_allows() {
    let processors = thread::available_parallelism().unwrap().get();
    if processors == 1 {
        return;
    }
    for window in [8, 200] {
        let done = AtomicUsize::new(0);
        let before_the_first = with_window(window, || {
            thread::scope(|scope| {
                let mut results = (0..1000).parallel_map_scoped(scope, |number| {
                    if number == 0 {
                        while done.load(SeqCst) < window - 1 {
                            thread::yield_now();
                        }
                        // If more were under way they would be done soon.
                        thread::sleep(Duration::from_millis(20));
                    } else {
                        done.fetch_add(1, SeqCst);
                    }
                    number
                });
                assert_eq!(results.next(), Some(0));
                done.load(SeqCst)
            })
        });
        assert_eq!(before_the_first, window - 1);
    }
}

#[test]
fn what_is_under_way_is_bounded() {
    let processors = thread::available_parallelism().unwrap().get();
    let under_way = UnderWay::default();
    thread::scope(|scope| {
        (0..2000)
            .map(|number| under_way.enter(number))
            .readahead_scoped(scope)
            .parallel_map_scoped(scope, |number| number)
            .readahead_scoped(scope)
            .for_each(|number| {
                thread::sleep(Duration::from_micros(50));
                under_way.leave(number);
            });
    });
    assert_eq!(under_way.now.load(SeqCst), 0);
    // Two ready in each of two queues, two a thread in the map, and what each place holds.
    let most = 2 * 2 + 2 * processors + 4;
    assert!(under_way.most.load(SeqCst) <= most);
}

#[test]
fn the_window_is_that_of_the_work_alone() {
    let most = |work: &dyn Fn(&UnderWay)| {
        let under_way = UnderWay::default();
        work(&under_way);
        under_way.most.load(SeqCst)
    };
    let slowly = |under_way: &UnderWay| {
        thread::scope(|scope| {
            let ready = (0..300)
                .map(|number| under_way.enter(number))
                .readahead_scoped(scope);
            thread::sleep(Duration::from_millis(100));
            ready.for_each(|number| {
                under_way.leave(number);
            });
        });
    };
    assert!(most(&|under_way| with_window(200, || slowly(under_way))) >= 200);
    catch_unwind(|| with_window(200, || panic!("in the middle"))).unwrap_err();
    assert!(most(&slowly) < 10);
}

#[test]
fn who_asks_no_more_ends_the_work() {
    let taken = AtomicUsize::new(0);
    let first: Vec<usize> = thread::scope(|scope| {
        (0..usize::MAX)
            .inspect(|_| {
                taken.fetch_add(1, SeqCst);
            })
            .parallel_map_scoped(scope, |number| number)
            .readahead_scoped(scope)
            .take(10)
            .collect()
    });
    assert!(first.into_iter().eq(0..10));
    assert!(taken.load(SeqCst) < 1000);
}

#[test]
fn a_panic_is_one_for_who_asks() {
    for window in [1, 1000] {
        let asked = AssertUnwindSafe(|| {
            with_window(window, || {
                thread::scope(|scope| {
                    (0..100)
                        .parallel_map_scoped(scope, |number| {
                            assert_ne!(number, 50, "in the middle");
                            number
                        })
                        .readahead_scoped(scope)
                        .count()
                })
            })
        });
        catch_unwind(asked).unwrap_err();
    }
}

#[test]
fn an_iterator_of_nothing_ends() {
    let nothing = thread::scope(|scope| {
        std::iter::empty::<u8>()
            .parallel_map_scoped(scope, |number| number)
            .readahead_scoped(scope)
            .count()
    });
    assert_eq!(nothing, 0);
}
