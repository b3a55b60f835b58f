//! How much one answer reads, whatever it is asked.

use std::cell::Cell;

use minglian_contracts::allocation::{Basis, Category, LINES, Line, LineName, Purpose};
use minglian_contracts::book::AccountId;
use minglian_contracts::report::declared::{FIGURES_MAX, declared};
use minglian_contracts::report::derived::ENTRIES_MAX;
use minglian_contracts::report::finding::findings;
use minglian_contracts::report::flow::{Flow, Flows, RefusedAct};
use minglian_contracts::report::lines::Ask;
use minglian_contracts::report::printed::{Figure, FigureMeasure, FigureSubject};
use minglian_contracts::report::selection::{LINES_MAX, Selection};
use minglian_contracts::report::shares::shares;
use minglian_ledger::fen::Fen;
use minglian_ledger::organization_code::OrganizationCode;
use minglian_ledger::state::{StateError, StateRead as _};

use super::derived::figure;
use super::log::{Log, as_of, column};
use super::pages::Shelf;
use super::{ask, go, of_year};
use crate::counting::Counting;
use crate::world::{World, code, text};

/// Adds so many lines of one holder's fund and year.
fn add_lines(shelf: &mut Shelf, count: usize) {
    let day = "2024-05-01".parse().unwrap();
    for number in 0..count {
        let line = text(&format!("{number:05}"));
        let name = LineName { holder: code("home"), fund: text("省级"), year: 2024, line };
        let mut line = Line::new(Purpose::default(), Basis::default(), 2024, day);
        line.quota = Fen::new(100).unwrap();
        shelf.put(LINES.key(&name), &line);
    }
}

/// The state of a world, to which entries may be added.
fn shelf_of(world: &World) -> Shelf {
    Shelf(world.state.scan_prefix(b"", None, usize::MAX).unwrap().into_iter().collect())
}

fn figures(make: impl Fn(u16) -> Figure) -> Vec<Figure> {
    (0..u16::try_from(FIGURES_MAX).unwrap()).map(make).collect()
}

#[test]
fn the_figures_of_one_notice_read_no_more_than_one_answer_may() {
    let (mut shelf, world) = (Shelf::default(), World::new());
    add_lines(&mut shelf, ENTRIES_MAX + 1);
    // Each speaks of all lines, and of others than the one before.
    let figures = figures(|number| {
        let subject = match number % 2 {
            0 => FigureSubject::Organization(code("home")),
            _ => FigureSubject::Project(text("睦邻点")),
        };
        figure(FigureMeasure::Balance, subject, None)
    });
    let reads = Counting::new(&shelf);
    let report = declared(&reads, &figures, as_of(&world)).unwrap();
    assert!(reads.all() < ENTRIES_MAX + LINES_MAX, "{}", reads.all());
    assert!(column(&report, "verdict").iter().all(|verdict| *verdict == "not_derivable"));
    assert!(column(&report, "english").iter().all(|said| said.contains("more entries")));
    assert!(report.is_reconciled());
}

#[test]
fn what_several_figures_speak_of_is_read_once() {
    let (mut shelf, world) = (Shelf::default(), World::new());
    add_lines(&mut shelf, 300);
    let home = || FigureSubject::Organization(code("home"));
    let reads = |figures: &[Figure]| {
        let reads = Counting::new(&shelf);
        let report = declared(&reads, figures, as_of(&world)).unwrap();
        (reads.all(), column(&report, "derived").join(" "))
    };
    let (once, _) = reads(&[figure(FigureMeasure::Received, home(), Some(2024))]);
    let many = figures(|number| {
        let measure = match number % 3 {
            0 => FigureMeasure::Received,
            1 => FigureMeasure::Balance,
            _ => FigureMeasure::Spent,
        };
        let category = (number > 2).then_some(Category::OldAge);
        Figure { category, ..figure(measure, home(), Some(2024)) }
    });
    let (all, derived) = reads(&many);
    assert_eq!(all, once);
    assert!(derived.starts_with("300") && !derived.contains("600"), "{derived}");
}

#[test]
fn a_share_of_more_lines_than_a_page_reads_is_not_judged() {
    let mut world = World::new();
    go(&mut world, &["county_finance record to=home/省级/2024/甲 amount=1万元 notice=公告"]);
    let mut shelf = shelf_of(&world);
    let met = |shelf: &Shelf| {
        let (mut met, mut after) = (Vec::new(), None);
        for _ in 0..3 {
            let ask = Ask { after, limit: LINES_MAX, ..ask(of_year(2024)) };
            let page = shares(shelf, &ask, as_of(&world)).unwrap();
            met.push(column(&page, "is_met").first().map(ToString::to_string));
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        met
    };
    assert_eq!(met(&shelf), [Some("false".to_owned())]);
    add_lines(&mut shelf, LINES_MAX - 2);
    assert_eq!(met(&shelf), [Some("false".to_owned()), None], "it is whole");
    add_lines(&mut shelf, LINES_MAX + 1);
    // Neither the part that was read first nor the rest is the whole.
    assert_eq!(met(&shelf), ["null", "null"].map(|none| Some(none.to_owned())));
}

/// A log in which everybody's money moved often.
struct Busy {
    flow: Flow,
    asked: Cell<usize>,
}

impl Flows for Busy {
    fn outflows(&self, _: &AccountId, limit: usize) -> Result<Vec<Flow>, StateError> {
        self.asked.set(self.asked.get() + limit);
        Ok(vec![self.flow.clone(); limit])
    }

    fn inflows(&self, _: &AccountId, _: usize) -> Result<Vec<Flow>, StateError> {
        Ok(Vec::new())
    }

    fn refusals(&self, _: &OrganizationCode, _: usize) -> Result<Vec<RefusedAct>, StateError> {
        Ok(Vec::new())
    }
}

#[test]
fn a_page_of_doubtful_points_ends_where_enough_of_the_log_was_read() {
    let mut world = World::new();
    go(&mut world, &["county_finance record to=home/省级/2024/甲 amount=1万元 notice=公告"]);
    let mut shelf = shelf_of(&world);
    add_lines(&mut shelf, 99);
    let flow = Log::of(&world).flows.first().unwrap().clone();
    let (mut subjects, mut after, mut pages) = (Vec::new(), None, 0);
    loop {
        let busy = Busy { flow: flow.clone(), asked: Cell::new(0) };
        let ask = Ask { after, limit: 100, ..ask(Selection::default()) };
        let page = findings(&shelf, &busy, &ask, as_of(&world)).unwrap();
        assert!(busy.asked.get() < 4_000, "{}", busy.asked.get());
        subjects.extend(column(&page, "subject").iter().map(ToString::to_string));
        (after, pages) = (page.next, pages + 1);
        if after.is_none() {
            break;
        }
    }
    assert!(pages > 5, "{pages}");
    subjects.sort();
    subjects.dedup();
    assert_eq!(subjects.len(), 100, "no line is left out");
}
