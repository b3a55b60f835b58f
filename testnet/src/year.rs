//! A year of the whole world of the money, in the shape of 滁州市 and labelled 演示: sales,
//! quota, projects, payments, gifts, decisions, publications, complaints, an audit, a sample.
//!
//! [`plan`] is a pure function of the seed, the day and the scale: the same three make the same
//! acts. [`run`] carries them out on a running network, through signed transactions of different
//! officers, approvals included. Nothing is dated after the day; the header time is the machine's,
//! so what was due before today and is published now counts as late, as it would.
//!
//! **Scale.** Scale 1 can be read by hand. Each further step adds a lot ([`bulk`]): payments under
//! orders, gifts, small projects.

pub mod seeded;
pub mod calendar;
pub mod body;
pub mod script;
pub mod lottery;
pub mod quota;
pub mod projects;
pub mod year_end;
pub mod gifts;
pub mod community;
pub mod charity;
pub mod disclosure;
pub mod notices;
pub mod oversight;
pub mod bulk;
pub mod plan;
pub mod keyring;
pub mod admission;
pub mod carry_out;
pub mod http;
pub mod progress;
pub mod summary;
pub mod papers;
pub mod run;

pub use plan::{Parameters, Plan};
pub use run::{Wanted, YearReport, run};
