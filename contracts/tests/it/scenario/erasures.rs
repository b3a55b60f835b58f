//! Verbs of orders to erase: `erase person:甲 document:发票 ground=consent_withdrawn`.

use minglian_contracts::call::Call;
use minglian_contracts::naming::Thing;
use minglian_contracts::opening::{self, Ground};
use minglian_ledger::date::Date;
use minglian_ledger::hash::AttachmentHash;

use super::arguments::Arguments;
use super::gifts::person;

pub fn call(arguments: &Arguments, today: Date) -> Result<Option<Call>, String> {
    let occurred_on = arguments.occurred_on(today)?;
    let ground = || parse_ground(arguments.optional("ground").unwrap_or("consent_withdrawn"));
    let reviewer = || arguments.optional("reviewer").map(|_| arguments.organization("reviewer"));
    Ok(Some(Call::Opening(match arguments.verb.as_str() {
        "erase" => opening::Call::Erase {
            things: things(arguments)?,
            ground: ground()?,
            reviewer: reviewer().transpose()?,
            occurred_on,
        },
        "erase_of" => opening::Call::EraseOf {
            organization: arguments.organization("organization")?,
            things: things(arguments)?,
            ground: ground()?,
            occurred_on,
        },
        _ => return Ok(None),
    })))
}

fn parse_ground(name: &str) -> Result<Ground, String> {
    serde_json::from_value(name.into()).map_err(|error| error.to_string())
}

/// `person:` and `document:` words; `many=` persons nobody named.
fn things(arguments: &Arguments) -> Result<Vec<Thing>, String> {
    let named = arguments.words.iter().map(|word| match word.split_once(':') {
        Some(("person", name)) => Ok(Thing::Opening(person(name))),
        Some(("document", name)) => Ok(Thing::Attachment(AttachmentHash::of(&[name.as_bytes()]))),
        _ => Err(format!("{word} is neither person: nor document:")),
    });
    let mut things = named.collect::<Result<Vec<_>, _>>()?;
    let many: usize = arguments.optional("many").map_or(Ok(0), |_| arguments.parsed("many"))?;
    things.extend((0..many).map(|at| Thing::Opening(person(&format!("某人{at}")))));
    Ok(things)
}
