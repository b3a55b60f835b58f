//! Values for the places of a statement, as callers have them.

use super::{ToSql, Value};

/// Values for the places of a statement.
pub trait Params {
    /// Gives them as a list.
    fn with<R>(&self, work: impl FnOnce(&[&dyn ToSql]) -> R) -> R;
}

impl Params for &[&dyn ToSql] {
    fn with<R>(&self, work: impl FnOnce(&[&dyn ToSql]) -> R) -> R {
        work(self)
    }
}

impl Params for [&dyn ToSql; 0] {
    fn with<R>(&self, work: impl FnOnce(&[&dyn ToSql]) -> R) -> R {
        work(&[])
    }
}

macro_rules! params_of_arrays {
    ($($count:literal)*) => {$(
        impl<T: ToSql> Params for [T; $count] {
            fn with<R>(&self, work: impl FnOnce(&[&dyn ToSql]) -> R) -> R {
                work(&self.each_ref().map(|value| value as &dyn ToSql))
            }
        }
    )*};
}

// Not for any length: an empty array would not say what it is of.
params_of_arrays!(1 2 3 4 5 6);

/// Values that were counted only when they came.
pub struct ParamsFromIter(Vec<Value>);

/// The values of a list.
pub fn params_from_iter(values: impl IntoIterator<Item = Value>) -> ParamsFromIter {
    ParamsFromIter(values.into_iter().collect())
}

impl Params for ParamsFromIter {
    fn with<R>(&self, work: impl FnOnce(&[&dyn ToSql]) -> R) -> R {
        let values: Vec<&dyn ToSql> = self.0.iter().map(|value| value as &dyn ToSql).collect();
        work(&values)
    }
}
