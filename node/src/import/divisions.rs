//! Which division a notice's region is: any of the country's, by its published name or its code.
//!
//! The ledger knows by name what its own pages show ([`minglian_ledger::division::names`]); a
//! notice may come from anywhere. `divisions.csv` has code and name of every province, prefecture
//! and county, from the National Bureau of Statistics' codes for statistics of 2023
//! (统计用区划代码), which follow GB/T 2260.

use std::collections::BTreeMap;
use std::iter;
use std::sync::LazyLock;

use minglian_ledger::division::{self, Division};
use minglian_ledger::width;

/// Code and name of a division, one a line, in the order of codes.
const DIVISIONS: &str = include_str!("divisions.csv");

/// Rows between a municipality or province and its counties that are no place of their own.
const NO_PLACE: [&str; 4] = ["市辖区", "县", "省直辖县级行政区划", "自治区直辖县级行政区划"];

/// What stands in [`DIVISIONS`].
static NAMES: LazyLock<BTreeMap<Division, &str>> =
    LazyLock::new(|| DIVISIONS.lines().filter_map(read).collect());

static SPELLINGS: LazyLock<BTreeMap<String, Division>> = LazyLock::new(spellings);

/// What a place's everyday name leaves out at its end.
const LEVELS: [char; 6] = ['省', '市', '县', '区', '旗', '盟'];

/// The division that `region` names: `四川省泸州市泸县`, `泸州市泸县`, `福建省本级`, `浙江省(全省)`, a
/// county by its own name if there is one of that name only, or a code of six digits, alone or
/// before any of these (`510521 四川省泸州市泸县`). A code must be in the table, and a name behind it
/// that division's: two that disagree name nothing.
pub fn find(region: &str) -> Option<Division> {
    let folded = width::fold(region);
    let text = folded.trim();
    let code = text.get(..6).and_then(|digits| digits.parse::<Division>().ok());
    if let Some((division, name)) = code.zip(text.get(6..)) {
        return is_named(division, own_name(name.trim())).then_some(division);
    }
    division::find_by_name(text).or_else(|| SPELLINGS.get(own_name(text)).copied())
}

/// The division's whole name, from the province down (`四川省泸州市泸县`): the same for every
/// spelling that [`find`] takes, so what is made of it does not depend on how a table was written.
/// None for a code without a place.
pub fn path(division: Division) -> Option<String> {
    spellings_of(division).pop()
}

/// Whether what stands behind a code is a name of its division, or nothing.
fn is_named(division: Division, name: &str) -> bool {
    let spellings = spellings_of(division);
    let is_everyday = |spelling: &String| spelling.strip_suffix(LEVELS) == Some(name);
    let is_known = !spellings.is_empty();
    is_known && name.is_empty()
        || spellings.iter().any(|spelling| spelling == name || is_everyday(spelling))
        || is_known && division::find_by_name(name) == Some(division)
}

/// The name without a closing 本级 or bracketed remark.
fn own_name(text: &str) -> &str {
    let name = match text.split_once('(') {
        Some((before, remark)) if remark.ends_with(')') => before.trim_end(),
        _ => text,
    };
    name.strip_suffix("本级").unwrap_or(name)
}

/// A division's names: its own, then with those above it, the whole one last. None for a row that
/// is no place; what the statistics leave out has the name that the ledger knows.
fn spellings_of(division: Division) -> Vec<String> {
    let place =
        |division: Division| NAMES.get(&division).copied().filter(|name| !NO_PLACE.contains(name));
    let known = || division.name().filter(|_| !NAMES.contains_key(&division));
    let Some(own) = place(division).or_else(known) else { return Vec::new() };
    let mut spellings = vec![own.to_owned()];
    let mut path = own.to_owned();
    let above = iter::successors(division.parent(), |above| above.parent());
    for name in above.filter_map(place) {
        path.insert_str(0, name);
        spellings.push(path.clone());
    }
    spellings
}

/// Every spelling of every division that names no other.
fn spellings() -> BTreeMap<String, Division> {
    let places = || NAMES.iter().filter(|(_, own)| !NO_PLACE.contains(own));
    let mut own_names = BTreeMap::<&str, u32>::new();
    for (_, own) in places() {
        *own_names.entry(own).or_default() += 1;
    }
    let mut spellings = BTreeMap::new();
    for (division, own) in places() {
        let is_one = own_names.get(own) == Some(&1);
        for spelling in spellings_of(*division).into_iter().skip(usize::from(!is_one)) {
            spellings.insert(spelling, *division);
        }
    }
    spellings
}

fn read(line: &str) -> Option<(Division, &str)> {
    let (code, name) = line.split_once(',')?;
    Some((code.parse().ok()?, name))
}
