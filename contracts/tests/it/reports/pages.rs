//! Pages of states with more entries than one page reads. Such states are written here entry by
//! entry: acts would take too long.

use std::collections::BTreeMap;

use borsh::BorshSerialize;
use minglian_contracts::allocation::{Basis, LINES, Line, LineName, Purpose};
use minglian_contracts::charity::declared::{DECLARED, Declared, Helped, Side};
use minglian_contracts::charity::sums::{Item, Quarter, Total, USES};
use minglian_contracts::report::contradiction::Derived;
use minglian_contracts::report::derived::Book;
use minglian_contracts::report::gifts::{AskGifts, ENTRIES_MAX, gifts};
use minglian_contracts::report::lines::{LinesReport, lines};
use minglian_contracts::report::printed::{FigureMeasure, FigureSubject};
use minglian_contracts::report::selection::{LINES_MAX, Lookup, Selection};
use minglian_contracts::schema;
use minglian_ledger::fen::Fen;
use minglian_ledger::state::{KeyValue, StateError, StateRead};

use super::derived::figure;
use super::log::{as_of, total};
use crate::world::{World, code, text};

#[derive(Default)]
pub struct Shelf(pub BTreeMap<Vec<u8>, Vec<u8>>);

impl Shelf {
    pub fn put(&mut self, key: Vec<u8>, value: &impl BorshSerialize) {
        self.0.insert(key, schema::encode(value));
    }
}

impl StateRead for Shelf {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StateError> {
        Ok(self.0.get(key).cloned())
    }

    fn scan_prefix(
        &self,
        prefix: &[u8],
        after: Option<&[u8]>,
        limit: usize,
    ) -> Result<Vec<KeyValue>, StateError> {
        let first = after.map_or(prefix, |after| after.max(prefix)).to_vec();
        let found = self.0.range(first..).filter(|(key, _)| after != Some(key.as_slice()));
        let found = found.take_while(|(key, _)| key.starts_with(prefix)).take(limit);
        Ok(found.map(|(key, value)| (key.clone(), value.clone())).collect())
    }
}

/// A page names twenty contradictions, however many there are: who mends these is told the next.
#[test]
fn a_page_names_up_to_twenty_lines_that_contradict_their_accounts() {
    let (world, day) = (World::new(), "2024-05-01".parse().unwrap());
    let named = |count: usize| {
        let mut shelf = Shelf::default();
        for number in 0..count {
            let line = text(&format!("{number:02}"));
            let name = LineName { holder: code("home"), fund: text("省级"), year: 2024, line };
            let empty = Line::new(Purpose::default(), Basis::default(), 2024, day);
            shelf.put(LINES.key(&name), &Line { quota: Fen::new(1).unwrap(), ..empty });
        }
        let ask = super::ask(Selection::default());
        let report = lines(&shelf, LinesReport::Execution, &ask, as_of(&world)).unwrap();
        assert_eq!(report.rows.len(), count);
        report.mismatches.len()
    };
    assert_eq!([19, 20, 21, 30].map(named), [19, 20, 20, 20]);
}

#[test]
fn a_page_of_lines_ends_where_it_has_read_enough() {
    let (mut shelf, day) = (Shelf::default(), "2024-05-01".parse().unwrap());
    for number in 0..=LINES_MAX {
        let line = text(&format!("{number:05}"));
        let name = LineName { holder: code("home"), fund: text("省级"), year: 2024, line };
        let line = Line::new(Purpose::default(), Basis::default(), 2024, day);
        shelf.put(LINES.key(&name), &line);
    }
    let read = |selection: &Selection, limit: usize| {
        let (mut sizes, mut names, mut after): (Vec<usize>, Vec<LineName>, _) =
            (Vec::new(), Vec::new(), None);
        for _ in 0..5 {
            let mut lookup = Lookup::new(&shelf);
            let page = selection.lines(&mut lookup, after.as_deref(), limit).unwrap();
            sizes.push(page.lines.len());
            names.extend(page.lines.into_iter().map(|(name, _)| name));
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        let in_order = names.is_sorted_by(|one, next| one.line < next.line);
        assert!(in_order, "no line twice, none left out of its order");
        sizes
    };
    // However many are asked for, a page reads 5,000 lines, wanted or not.
    let all = Selection::default();
    assert_eq!(read(&all, usize::MAX), [5_000, 1]);
    assert_eq!(read(&all, 3_000), [3_000, 2_001]);
    let none = Selection { project: Some(text("睦邻点")), ..Selection::default() };
    assert_eq!(read(&none, usize::MAX), [0, 0]);
}

/// 5,001 funds of one line each, of which the last is asked for: 5,000 are passed over on one page.
#[test]
fn a_page_ends_where_it_has_passed_over_enough_funds() {
    let (mut shelf, day) = (Shelf::default(), "2024-05-01".parse().unwrap());
    for number in 0..=LINES_MAX {
        let fund = text(&format!("{number:05}"));
        let name = LineName { holder: code("home"), fund, year: 2024, line: text("甲") };
        let line = Line::new(Purpose::default(), Basis::default(), 2024, day);
        shelf.put(LINES.key(&name), &line);
    }
    let last = Selection { fund: Some(text("05000")), ..Selection::default() };
    let page = |after: Option<&[u8]>| {
        let found = last.lines(&mut Lookup::new(&shelf), after, usize::MAX).unwrap();
        (found.lines.len(), found.next)
    };
    let (lines, next) = page(None);
    assert_eq!((lines, next.is_some()), (0, true));
    assert_eq!(page(next.as_deref()), (1, None));
}

#[test]
fn a_page_of_charity_money_ends_where_it_has_read_enough() {
    let (mut shelf, charity) = (Shelf::default(), code("慈善总会"));
    for number in 0..=ENTRIES_MAX {
        let purpose = text(&format!("{number:05}"));
        let key = (charity, Quarter::new(2024, 1), text("南湖"), Item::Program, purpose);
        let total = Total { amount: Fen::new(1).unwrap(), entries: 1 };
        shelf.put(USES.key(&key), &total);
    }
    let world = World::new();
    let mut ask = AskGifts { charity, fund: None, year: None, quarter: None, after: None };
    for (rows, is_last) in [(5_000, false), (1, true)] {
        let page = gifts(&shelf, &ask, as_of(&world)).unwrap();
        assert_eq!(page.rows.len(), rows);
        assert_eq!(total(&page, "expenditure"), rows.to_string());
        // No page alone can be compared with the sums of the quarters.
        assert_eq!(page.reconciliation[1].holds, None);
        assert_eq!(page.next.is_none(), is_last);
        ask.after = page.next;
    }
}

#[test]
fn what_a_notice_declares_is_added_up_only_if_all_of_it_was_read() {
    let (mut shelf, charity) = (Shelf::default(), code("慈善总会"));
    let line = Declared {
        side: Side::Expenditure,
        subject: text("助"),
        amount: Fen::ZERO,
        helped: Some(Helped { count: 2, counted_in: text("人次") }),
        basis: Basis::default(),
    };
    let subject = FigureSubject::Organization(charity);
    let figure = figure(FigureMeasure::Beneficiaries, subject, Some(2021));
    for number in 1..=LINES_MAX {
        shelf.put(DECLARED.key(&(charity, 2021, text(&format!("{number:05}")))), &line);
        let sum = match number {
            1 => Some(2),
            4_999 => Some(9_998),
            5_000 => None,
            _ => continue,
        };
        // There may be more than so many.
        let wanted = sum.map_or(Derived::TooMany, Derived::Declared);
        let derived = Book::new(&shelf).derive(&figure).unwrap();
        assert_eq!(derived, Some(wanted), "{number}");
    }
}
