//! 慈善: what charities may do, received, hold and spent, down to one gift.

pub mod campaign;
pub mod declared;
pub mod fund;
pub mod gifts;
pub mod giving;
pub mod list;
pub mod receipt;
pub mod year;
