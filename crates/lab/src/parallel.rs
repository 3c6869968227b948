//! Work spread over threads, with its results in order.

use std::{
    num::NonZero,
    sync::atomic::{AtomicUsize, Ordering},
};

/// Called after each finished part of the work with the total number of parts.
pub(crate) type Progress<'a> = dyn Fn(u64) + Sync + 'a;

/// Results of `work(0)` to `work(count - 1)`, in that order, computed on up to `threads` threads.
pub(crate) fn map_in_parallel<T: Send>(
    threads: NonZero<usize>,
    count: usize,
    work: impl Fn(usize) -> T + Sync,
) -> Vec<T> {
    let next = AtomicUsize::new(0);
    let mut results: Vec<(usize, T)> = std::thread::scope(|scope| {
        let worker = || {
            let mut done = Vec::new();
            loop {
                let index = next.fetch_add(1, Ordering::Relaxed);
                if index >= count {
                    return done;
                }
                done.push((index, work(index)));
            }
        };
        let workers: Vec<_> = (0..threads.get().min(count)).map(|_| scope.spawn(worker)).collect();
        let joined = workers.into_iter().map(|worker| worker.join());
        joined
            .flat_map(|done| done.unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
            .collect()
    });
    results.sort_unstable_by_key(|(index, _)| *index);
    results.into_iter().map(|(_, result)| result).collect()
}
