//! How many connections a reader takes at a time: a server has few, and other explorers want some.

use std::sync::{Condvar, Mutex, PoisonError};

/// Most connections of one reader to a server; PostgreSQL gives 100 to all.
const CONNECTIONS_MAX: usize = 24;

/// The turns of one reader.
#[derive(Debug, Default)]
pub struct Turns {
    taken: Mutex<usize>,
    given_back: Condvar,
}

/// A turn, until it is dropped.
#[derive(Debug)]
pub struct Turn<'t>(&'t Turns);

impl Turns {
    /// Waits for a turn.
    pub fn take(&self) -> Turn<'_> {
        let taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let free = self.given_back.wait_while(taken, |taken| *taken >= CONNECTIONS_MAX);
        let mut taken = free.unwrap_or_else(PoisonError::into_inner);
        *taken = taken.saturating_add(1);
        Turn(self)
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        let mut taken = self.0.taken.lock().unwrap_or_else(PoisonError::into_inner);
        *taken = taken.saturating_sub(1);
        self.0.given_back.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{TryRecvError, channel};

    use super::{CONNECTIONS_MAX, Turns};

    #[test]
    fn who_comes_when_all_are_taken_waits_for_one() {
        let turns = Turns::default();
        let mut taken: Vec<_> = (0..CONNECTIONS_MAX).map(|_| turns.take()).collect();
        std::thread::scope(|scope| {
            let (got, gets) = channel();
            let turns = &turns;
            scope.spawn(move || {
                let _turn = turns.take();
                got.send(()).unwrap();
            });
            assert_eq!(gets.try_recv(), Err(TryRecvError::Empty));
            taken.pop();
            gets.recv().unwrap();
        });
        drop(taken);
        assert_eq!(*turns.taken.lock().unwrap(), 0);
    }
}
