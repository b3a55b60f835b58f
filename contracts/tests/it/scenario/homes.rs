//! Verbs of homes for the old.

use minglian_contracts::homes::Call;
use minglian_contracts::homes::occupancy::{ByLevel, MONTHS, StateOccupancy};
use minglian_contracts::homes::paying::Pay;
use minglian_contracts::homes::standing::{EndStanding, Rate, Standing};
use minglian_contracts::homes::subsidy::Compute;
use minglian_ledger::height::LogIndex;

use super::arguments::Arguments;
use super::gifts::named;
use super::money::order;
use crate::world::{World, code, text};

pub fn call(arguments: &Arguments, world: &World) -> Result<Option<Call>, String> {
    let occurred_on = arguments.occurred_on(world.date)?;
    let home = || arguments.organization("home");
    let until = arguments.optional("until").map(|_| arguments.parsed("until")).transpose();
    Ok(Some(match arguments.verb.as_str() {
        "rate_home" => Call::Rate(Rate {
            home: home()?,
            standing: Standing {
                certificate: text(arguments.optional("certificate").unwrap_or_default()),
                beds: arguments.parsed("beds")?,
                rating: named(arguments, "rating", "unrated")?,
                valid_from: arguments.parsed("from")?,
                valid_until: until?,
            },
            occurred_on,
        }),
        "end_standing" => {
            let valid_until = arguments.parsed("until")?;
            Call::EndStanding(EndStanding { home: home()?, valid_until, occurred_on })
        }
        "occupancy" => Call::StateOccupancy(StateOccupancy {
            month: arguments.parsed("month")?,
            beds: beds(arguments.get("beds")?)?,
            reviewer: code(arguments.optional("reviewer").unwrap_or("county_civil")),
            evidence: None,
            corrects: corrects(arguments, world)?,
            occurred_on,
        }),
        "compute" => {
            let month = arguments.parsed("month")?;
            Call::Compute(Compute { home: home()?, month, occurred_on })
        }
        "pay_subsidy" => Call::Pay(Pay {
            home: home()?,
            month: arguments.parsed("month")?,
            line: arguments.line("from")?,
            order: order(arguments, occurred_on)?,
        }),
        _ => return Ok(None),
    }))
}

/// Self-care/mild/moderate/severe.
pub fn beds(text: &str) -> Result<ByLevel, String> {
    let beds: Vec<u32> = text
        .split('/')
        .map(|beds| beds.parse().map_err(|_| format!("{beds} are no beds")))
        .collect::<Result<_, _>>()?;
    let [self_care, mild, moderate, severe] = beds[..] else { return Err("four levels".into()) };
    Ok(ByLevel { self_care, mild, moderate, severe })
}

/// `corrects=newest` names the newest statement of the month, `corrects=INDEX` that record.
fn corrects(arguments: &Arguments, world: &World) -> Result<Option<LogIndex>, String> {
    match arguments.optional("corrects") {
        Some("newest") => {
            let home = code(arguments.actor.split('.').next().unwrap_or_default());
            let month = MONTHS.get(&world.state, &(home, arguments.parsed("month")?));
            Ok(month.map_err(|error| error.to_string())?.map(|month| month.statement))
        }
        Some(_) => Ok(Some(LogIndex(arguments.parsed("corrects")?))),
        None => Ok(None),
    }
}
