//! Movements in memory, indexed for traces: for tests, audits and re-execution.

use std::collections::BTreeMap;
use std::convert::Infallible;

use crate::book::{AccountId, Interval, Movement, MovementNumber};
use crate::trace::MovementSource;

/// By first position: the position after the last, and the movement.
type Positions = BTreeMap<u64, (u64, MovementNumber)>;

/// Movements by number, and by the positions they credit and take.
#[derive(Debug, Clone, Default)]
pub struct MovementIndex {
    movements: BTreeMap<MovementNumber, Movement>,
    credited: BTreeMap<AccountId, Positions>,
    taken: BTreeMap<AccountId, Positions>,
}

impl MovementIndex {
    /// No movements.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a movement.
    pub fn insert(&mut self, movement: Movement) {
        let number = movement.number;
        if let Some(from) = movement.from.account() {
            let positions = self.taken.entry(from.clone()).or_default();
            for interval in &movement.from_intervals {
                positions.insert(interval.start(), (interval.end(), number));
            }
        }
        let positions = self.credited.entry(movement.to.clone()).or_default();
        positions.insert(movement.to_interval.start(), (movement.to_interval.end(), number));
        self.movements.insert(number, movement);
    }

    /// Every movement, in order.
    pub fn movements(&self) -> impl Iterator<Item = &Movement> {
        self.movements.values()
    }

    fn lowest(
        &self,
        positions: &BTreeMap<AccountId, Positions>,
        account: &AccountId,
        interval: Interval,
    ) -> Option<Movement> {
        let positions = positions.get(account)?;
        let below = positions
            .range(..=interval.start())
            .next_back()
            .filter(|(_, (end, _))| *end > interval.start());
        let found = below.or_else(|| positions.range(interval.start()..interval.end()).next());
        found.and_then(|(_, (_, number))| self.movements.get(number)).cloned()
    }
}

impl MovementSource for MovementIndex {
    type Error = Infallible;

    fn inflow_at(
        &self,
        account: &AccountId,
        interval: Interval,
    ) -> Result<Option<Movement>, Infallible> {
        Ok(self.lowest(&self.credited, account, interval))
    }

    fn outflow_at(
        &self,
        account: &AccountId,
        interval: Interval,
    ) -> Result<Option<Movement>, Infallible> {
        Ok(self.lowest(&self.taken, account, interval))
    }
}
