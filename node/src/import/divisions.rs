//! Which division a notice's region is: any of the country's, by its published name or its code.
//!
//! The ledger knows by name what its own pages show ([`minglian_ledger::division::names`]); a
//! notice may come from anywhere. `divisions.csv` has code and name of every province, prefecture
//! and county, from the National Bureau of Statistics' codes for statistics of 2023
//! (统计用区划代码), which follow GB/T 2260.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use minglian_ledger::division::{self, Division};
use minglian_ledger::width;

/// Code and name of a division, one a line, in the order of codes.
const DIVISIONS: &str = include_str!("divisions.csv");

/// Rows between a municipality or province and its counties that are no place of their own.
const NO_PLACE: [&str; 4] = ["市辖区", "县", "省直辖县级行政区划", "自治区直辖县级行政区划"];

static SPELLINGS: LazyLock<BTreeMap<String, Division>> = LazyLock::new(spellings);

/// The division that `region` names: `四川省泸州市泸县`, `泸州市泸县`, `福建省本级`, `浙江省(全省)`, a
/// county by its own name if there is one of that name only, or any of these after a code of six
/// digits (`510521 四川省泸州市泸县`), which decides.
pub fn find(region: &str) -> Option<Division> {
    let folded = width::fold(region);
    let text = folded.trim();
    if let Some(code) = text.get(..6).and_then(|digits| digits.parse::<Division>().ok()) {
        return Some(code);
    }
    division::find_by_name(text).or_else(|| SPELLINGS.get(own_name(text)).copied())
}

/// The name without a closing 本级 or bracketed remark.
fn own_name(text: &str) -> &str {
    let name = match text.split_once('(') {
        Some((before, remark)) if remark.ends_with(')') => before.trim_end(),
        _ => text,
    };
    name.strip_suffix("本级").unwrap_or(name)
}

/// Every spelling of every division that names no other.
fn spellings() -> BTreeMap<String, Division> {
    let names: BTreeMap<Division, &str> = DIVISIONS.lines().filter_map(read).collect();
    let places = || names.iter().filter(|(_, own)| !NO_PLACE.contains(own));
    let mut own_names = BTreeMap::<&str, u32>::new();
    for (_, own) in places() {
        *own_names.entry(own).or_default() += 1;
    }
    let mut spellings = BTreeMap::new();
    for (division, own) in places() {
        let above = |division: Division| {
            let name = division.parent().and_then(|above| names.get(&above)).copied();
            name.filter(|name| !NO_PLACE.contains(name))
        };
        let prefecture = above(*division);
        let province = division.parent().and_then(above);
        let mut path = (*own).to_owned();
        if own_names.get(own) == Some(&1) {
            spellings.insert(path.clone(), *division);
        }
        for name in [prefecture, province].into_iter().flatten() {
            path.insert_str(0, name);
            spellings.insert(path.clone(), *division);
        }
    }
    spellings
}

fn read(line: &str) -> Option<(Division, &str)> {
    let (code, name) = line.split_once(',')?;
    Some((code.parse().ok()?, name))
}
