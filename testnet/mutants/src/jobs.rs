//! Several things at a time.

use std::sync::Mutex;
use std::thread;

/// Does `work` to each of `items`, `jobs` at a time; the results come in any order.
///
/// # Errors
///
/// The first error of `work`; what other threads have begun is ended before.
pub fn each<T: Send, R: Send>(
    items: Vec<T>,
    jobs: usize,
    work: impl Fn(T) -> anyhow::Result<R> + Sync,
) -> anyhow::Result<Vec<R>> {
    let items = Mutex::new(items.into_iter());
    let some = || -> anyhow::Result<Vec<R>> {
        let mut done = Vec::new();
        loop {
            let next = items.lock().map_err(|_| anyhow::anyhow!("a thread died"))?.next();
            let Some(item) = next else { return Ok(done) };
            done.push(work(item)?);
        }
    };
    thread::scope(|scope| {
        let threads: Vec<_> = (0..jobs.max(1)).map(|_| scope.spawn(some)).collect();
        let mut all = Vec::new();
        for thread in threads {
            all.extend(thread.join().map_err(|_| anyhow::anyhow!("a thread died"))??);
        }
        Ok(all)
    })
}
