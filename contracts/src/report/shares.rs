//! 提前下达与类别占比: which part of what a holder got for a year was issued before the year began,
//! and which part of its money is for each category that a rule names, beside the least that the
//! rule wants. Both are watched and never refused: a share that is not reached is no refusal.

use minglian_ledger::date::Date;
use minglian_ledger::state::{StateError, StateRead};

use super::facts::Facts;
use super::field::Field;
use super::rule::Rule;
use super::selection::{Found, LINES_MAX, Lookup, Selection};
use super::table::{Cell, Column, Kind, Table};
use super::{AsOf, Check, Report};
use crate::allocation::monitor::{self, Entry, Monitored, Share};
use crate::allocation::{Category, EARLY_ISSUE_MIN, LINES};
use crate::report::lines::Ask;

/// Most lines of a page. As many more are read to the end of the last holder's fund and year.
const PAGE_LINES_MAX: usize = LINES_MAX / 2;

const FIELDS: [Field; 4] = [Field::Holder, Field::HolderName, Field::Fund, Field::Year];

const COLUMNS: [Column; 8] = [
    Column::new("indicator", Kind::Key, "指标", "Indicator"),
    Column::new("part", Kind::Sum, "其中", "Part"),
    Column::new("whole", Kind::Sum, "全部", "Whole"),
    Column::new("share", Kind::Rate { part: "part", whole: "whole" }, "占比", "Share"),
    Column::new("least_basis_points", Kind::Number, "下限(万分比)", "Least (basis points)"),
    Column::new("is_met", Kind::Particular, "是否达到", "Reached"),
    Column::new("article", Kind::Particular, "依据", "Article"),
    Column::new("version", Kind::Particular, "参数版本", "Version of the parameter"),
];

/// Makes a page. Of the selection holder, division, fund and year count: a share of some of the
/// lines would be no share. A page ends with the last line of a holder's fund and year.
///
/// # Errors
/// [`StateError`] if the state cannot be read.
pub fn shares(reader: &dyn StateRead, ask: &Ask, as_of: AsOf) -> Result<Report, StateError> {
    let Selection { holder, division, fund, year, .. } = ask.selection.clone();
    let selection = Selection { holder, division, fund, year, ..Selection::default() };
    let mut lookup = Lookup::new(reader);
    let limit = ask.limit.min(PAGE_LINES_MAX);
    let found = selection.lines(&mut lookup, ask.after.as_deref(), limit)?;
    let (found, is_whole) = to_the_end_of_its_group(found, &selection, &mut lookup)?;
    let columns = FIELDS.iter().map(|field| field.column()).chain(COLUMNS).collect();
    let mut page = Page { reader, today: as_of.date, table: Table::new(columns), kept: 0, book: 0 };
    let mut facts = Vec::with_capacity(found.lines.len());
    for (name, line) in found.lines {
        facts.push(Facts::of(name, line, &selection, &mut lookup)?);
    }
    let same = |one: &Facts, next: &Facts| group(one) == group(next);
    let groups: Vec<&[Facts]> = facts.chunk_by(same).collect();
    for (number, lines) in groups.iter().enumerate() {
        let is_begun = ask.after.as_ref().is_some_and(|place| is_in_group(lines, place));
        page.add(lines, !is_begun && (is_whole || number + 1 < groups.len()))?;
    }
    let Page { table, kept, book, .. } = page;
    let mut report = Report::of("shares", as_of, table);
    let (chinese, english) =
        ("各指标留存合计 = 支出与账簿余额合计", "what stayed at the lines = spent and balances");
    report.reconciliation = vec![Check::new("kept", chinese, english, kept, book)];
    // Parts of several indicators add up to nothing.
    report.totals = vec![Cell::Empty; report.columns.len()];
    for (parameter, ..) in indicators() {
        let rule = Rule::find(reader, &parameter, as_of.date)?;
        report.rules.extend(Some(rule).filter(|rule| rule.value < i64::MAX));
    }
    report.next = found.next;
    Ok(report)
}

/// What one row is named by.
fn group(facts: &Facts) -> (&[u8], &str, u16) {
    (facts.name.holder.as_bytes(), facts.name.fund.as_str(), facts.name.year)
}

/// Whether `place` is that of a line of the same holder, fund and year: the page before had some.
fn is_in_group(lines: &[Facts], place: &[u8]) -> bool {
    let name = lines.first().map(|facts| &facts.name);
    let prefix = name.map(|name| LINES.prefix_of(&(&name.holder, &name.fund, name.year)));
    prefix.is_some_and(|prefix| place.starts_with(&prefix))
}

/// The indicators: their parameters, their names, and the category if it is of one.
fn indicators() -> Vec<(String, &'static str, Option<Category>)> {
    let mut all = vec![(EARLY_ISSUE_MIN.to_owned(), "提前下达", None)];
    for category in
        [Category::OldAge, Category::Disability, Category::Children, Category::PublicGood]
    {
        all.push((monitor::category_parameter(category), category.code(), Some(category)));
    }
    all
}

/// Reads on until the last line's holder, fund and year are whole; whether they are.
fn to_the_end_of_its_group(
    mut found: Found,
    selection: &Selection,
    lookup: &mut Lookup<'_>,
) -> Result<(Found, bool), StateError> {
    let Some((last, _)) = found.lines.last() else { return Ok((found, true)) };
    if found.next.is_none() {
        return Ok((found, true));
    }
    let (holder, fund, year) = (Some(last.holder), Some(last.fund.clone()), Some(last.year));
    let rest = Selection { holder, fund, year, ..selection.clone() };
    let more = rest.lines(lookup, found.next.as_deref(), LINES_MAX)?;
    if let Some((last, _)) = more.lines.last() {
        found.next = Some(LINES.key(last));
    }
    found.lines.extend(more.lines);
    let is_whole = more.next.is_none();
    found.next = more.next.or(found.next);
    Ok((found, is_whole))
}

/// A page that is being filled.
struct Page<'a> {
    reader: &'a dyn StateRead,
    today: Date,
    table: Table,
    /// What stayed at the lines, by their sums.
    kept: i128,
    /// The same, by what they spent and their accounts hold.
    book: i128,
}

impl Page<'_> {
    /// Adds the rows of one holder's fund and year. Of lines that are not all there nothing is
    /// judged.
    fn add(&mut self, lines: &[Facts], is_whole: bool) -> Result<(), StateError> {
        let Some(first) = lines.first() else { return Ok(()) };
        let entries = || {
            lines.iter().map(|facts| Entry {
                name: &facts.name,
                line: &facts.line,
                bounced: facts.payments_returned,
            })
        };
        // The rule is that of the year's last day, or of today while the year runs.
        let last_day = Date::new(first.name.year, 12, 31).unwrap_or(Date::MAX);
        let date = last_day.min(self.today);
        for (parameter, indicator, category) in indicators() {
            let share = match category {
                None => monitor::early_issue(entries()),
                Some(category) => monitor::category_share(entries(), category),
            };
            let found = monitor::against(self.reader, &parameter, date, share)?;
            // Of a category that no rule names, and of no money, nothing is to be said.
            if share.whole_fen > 0 && (category.is_none() || found.least.is_some()) {
                self.row(first, indicator, found, is_whole);
            }
        }
        self.kept += fen(monitor::category_share(entries(), Category::OldAge).whole_fen);
        for facts in lines {
            self.book += facts.sums().spent + i128::from(facts.balance.get());
        }
        Ok(())
    }

    fn row(&mut self, first: &Facts, indicator: &str, found: Monitored, is_whole: bool) {
        let Monitored { share: Share { part_fen, whole_fen }, least, is_met } = found;
        let sums = first.sums();
        let mut cells: Vec<Cell> =
            FIELDS.iter().map(|field| field.cell(first, &sums, self.today)).collect();
        cells.extend([
            Cell::text(indicator),
            fen(part_fen).into(),
            fen(whole_fen).into(),
            Cell::Empty,
            least.as_ref().map_or(Cell::Empty, |least| Cell::Number(least.value)),
            is_met.filter(|_| is_whole).map_or(Cell::Empty, Cell::Flag),
            Cell::optional(least.as_ref().map(|least| least.article.clone())),
            Cell::optional(least.as_ref().map(|least| least.version)),
        ]);
        self.table.add(cells);
    }
}

/// At most 2^53 fen in each of a page's lines.
fn fen(amount: u128) -> i128 {
    i128::try_from(amount).unwrap_or(i128::MAX)
}
