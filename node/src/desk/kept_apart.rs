//! A name that the ledger holds a commitment to must stand in no text of the same act: no order
//! takes that text off the ledger.

use minglian_contracts::call::Call;
use minglian_contracts::contents;
use minglian_ledger::width;

/// Fewest characters of a name that is looked for: one alone stands in too many other words.
const NAME_CHARACTERS_MIN: usize = 2;

/// Whether a text holds a name, however wide its characters and whatever space is between them.
pub fn holds(text: &str, name: &str) -> bool {
    let name = plain(name);
    name.chars().count() >= NAME_CHARACTERS_MIN && plain(text).contains(&name)
}

/// Whether a text that people wrote in an act holds a name.
pub fn call_holds(call: &Call, name: &str) -> bool {
    contents::of(call).texts.iter().any(|text| holds(text, name))
}

fn plain(text: &str) -> String {
    let folded = width::fold(text);
    folded.chars().filter(|letter| !letter.is_whitespace() && *letter != '·').collect()
}
