//! How many holders reach what is wanted of early issue and of the share for the old, of a year.

use minglian_contracts::report::lines::Ask;
use minglian_contracts::report::selection::Selection;
use minglian_contracts::report::shares::shares;
use minglian_contracts::report::table::Cell;
use minglian_contracts::report::{AsOf, Report};
use minglian_ledger::height::{Height, LogIndex};

use crate::database::Connection;
use crate::index::mirror::Mirror;
use crate::index::{IndexError, count};
use crate::pages::address;
use crate::pages::bands::Filter;
use crate::web::Frame;

/// Most quota lines that are looked at; the report has all.
const LINES_MAX: usize = 500;

/// One indicator.
pub struct Indicator {
    /// What it is called.
    pub name: String,
    /// How many of a holder's funds reach it.
    pub met: usize,
    /// How many do not.
    pub unmet: usize,
}

/// What a page says of them.
pub struct Shares {
    /// The indicators that anything is known of.
    pub indicators: Vec<Indicator>,
    /// Whether there are more lines than were looked at.
    pub is_cut: bool,
    /// The report.
    pub link: String,
}

impl Shares {
    /// Those of the year that is asked for.
    ///
    /// # Errors
    /// [`IndexError`] if the state cannot be read.
    pub fn of(connection: &Connection, frame: &Frame, filter: &Filter) -> Result<Self, IndexError> {
        let year = filter.year().and_then(|year| u16::try_from(year).ok());
        let division = filter.division().and_then(|code| code.to_string().parse().ok());
        let selection = Selection { year, division, ..Selection::default() };
        let as_of = AsOf {
            height: Height(count(frame.height)),
            index: LogIndex(count(frame.log_size).saturating_sub(1)),
            date: frame.today,
        };
        let ask = Ask { selection, limit: LINES_MAX, ..Ask::default() };
        let report = shares(&Mirror(connection), &ask, as_of)?;
        let year = year.map_or_else(String::new, |year| year.to_string());
        let link = address("/reports/shares", &[("year", &year)]);
        Ok(Self { indicators: indicators(&report), is_cut: report.next.is_some(), link })
    }
}

fn indicators(report: &Report) -> Vec<Indicator> {
    let place = |key: &str| report.columns.iter().position(|column| column.key == key);
    let (Some(name), Some(met)) = (place("indicator"), place("is_met")) else { return Vec::new() };
    let mut found: Vec<Indicator> = Vec::new();
    for row in &report.rows {
        let (Some(Cell::Text(name)), Some(Cell::Flag(is_met))) = (row.get(name), row.get(met))
        else {
            continue;
        };
        let place = found.iter().position(|known| known.name == *name).unwrap_or_else(|| {
            found.push(Indicator { name: name.clone(), met: 0, unmet: 0 });
            found.len() - 1
        });
        if let Some(indicator) = found.get_mut(place) {
            let sum = if *is_met { &mut indicator.met } else { &mut indicator.unmet };
            *sum += 1;
        }
    }
    found
}
