//! What the book says of a declared figure.

use std::collections::{BTreeMap, BTreeSet};

use minglian_ledger::date::{Date, Month};
use minglian_ledger::organization_code::OrganizationCode;
use minglian_ledger::state::{StateError, StateRead};
use minglian_ledger::text::Text;

use super::contradiction::Derived;
use super::facts::{Entry, Facts};
use super::printed::{Figure, FigureMeasure, FigureSubject, GameOfCentre};
use super::selection::{LINES_MAX, Lookup, Selection};
use crate::allocation::{Category, LINES, LineName};
use crate::book;
use crate::charity::declared::{DECLARED, DECLARED_YEARS, Helped};
use crate::charity::sums;
use crate::lottery::{FUND_RATIO, STATEMENTS, Side, Stated};
use crate::parameter::{self, Key};

/// Most lines and other entries that are read for all figures of one answer: four pages' worth.
pub const ENTRIES_MAX: usize = 4 * LINES_MAX;

/// Most games of a month that are added up.
const GAMES_MAX: usize = 1_000;

/// What the book says of the figures of one answer. All of them together read a bounded number of
/// entries, and lines that several speak of are read once.
pub struct Book<'a> {
    lookup: Lookup<'a>,
    /// By holder, division, fund and year; none where there are too many lines.
    read: Vec<(Selection, Option<Sums>)>,
}

/// What lines come to, by what they are for.
type Sums = BTreeMap<(Option<Category>, Option<Text<128>>), Lines>;

impl<'a> Book<'a> {
    /// Nothing read yet.
    pub fn new(reader: &'a dyn StateRead) -> Self {
        Self { lookup: Lookup::of(reader, ENTRIES_MAX), read: Vec::new() }
    }

    /// What the book says of a figure; none where it knows nothing of it.
    ///
    /// # Errors
    /// [`StateError`] if the state cannot be read.
    pub fn derive(&mut self, figure: &Figure) -> Result<Option<Derived>, StateError> {
        use FigureMeasure as M;
        match figure.measure {
            M::Received
            | M::Allocated
            | M::Carried
            | M::Balance
            | M::ExecutionRate
            | M::ProjectCount => self.of_lines(figure),
            // A charity's spending is called 支出 too; it is of no category of the welfare fund.
            M::Spent => match self.of_lines(figure)? {
                None if figure.category.is_none() => of_charity(&mut self.lookup, figure),
                found => Ok(found),
            },
            M::Income | M::Expenditure | M::ManagementCost | M::Beneficiaries => {
                of_charity(&mut self.lookup, figure)
            }
            M::Raised | M::Remitted => of_centre(&mut self.lookup, figure),
            M::Sales | M::Fund => of_game(self.lookup.reader(), figure),
            // What a total adds up and what something else is, only the notice says.
            M::Total | M::Other => Ok(None),
        }
    }

    fn of_lines(&mut self, figure: &Figure) -> Result<Option<Derived>, StateError> {
        let Some((selection, line)) = selection(figure) else { return Ok(None) };
        let is_of_line = line.is_some();
        let found = match line {
            Some(name) => self.of_line(name, &selection)?,
            None => self.of_selection(&selection)?,
        };
        let Some(sums) = found else { return Ok(Some(Derived::TooMany)) };
        if sums.count == 0 {
            return Ok(None);
        }
        let allocated = match (is_of_line, &selection.project) {
            (true, _) => sums.own,
            (false, Some(_)) => sums.arranged,
            (false, None) => sums.allocated,
        };
        Ok(Some(match figure.measure {
            FigureMeasure::Received => Derived::Value(sums.received),
            FigureMeasure::Allocated => Derived::Value(allocated),
            FigureMeasure::Spent => Derived::Value(sums.spent),
            FigureMeasure::Carried => Derived::Value(sums.carried),
            FigureMeasure::ProjectCount => {
                Derived::Value(i128::try_from(sums.projects.len()).unwrap_or(0))
            }
            FigureMeasure::ExecutionRate if allocated > 0 => {
                Derived::Share { part: sums.spent, whole: allocated }
            }
            FigureMeasure::ExecutionRate => return Ok(None),
            _ => Derived::Value(sums.left),
        }))
    }

    /// One line, which is read by its name; none where the answer has read enough.
    fn of_line(
        &mut self,
        name: LineName,
        selection: &Selection,
    ) -> Result<Option<Lines>, StateError> {
        let mut sums = Lines::default();
        if self.lookup.lines_left() == 0 {
            return Ok(None);
        }
        self.lookup.count(1);
        if let Some(line) = LINES.get(self.lookup.reader(), &name)?
            && selection.has_line(&name, &line)
        {
            sums.add(&Facts::of(name, line, selection, &mut self.lookup)?);
        }
        Ok(Some(sums))
    }

    /// All lines that are asked for; none where they are too many.
    fn of_selection(&mut self, wanted: &Selection) -> Result<Option<Lines>, StateError> {
        let Selection { holder, division, fund, year, .. } = wanted.clone();
        let scope = Selection { holder, division, fund, year, ..Selection::default() };
        let known = self.read.iter().position(|(known, _)| *known == scope);
        let place = match known {
            Some(place) => place,
            None => {
                let sums = self.read_all(&scope)?;
                self.read.push((scope, sums));
                self.read.len() - 1
            }
        };
        let Some((_, Some(sums))) = self.read.get(place) else { return Ok(None) };
        let mut all = Lines::default();
        for ((category, project), lines) in sums {
            let same_category = wanted.category.is_none_or(|wanted| *category == Some(wanted));
            let same_project =
                wanted.project.as_ref().is_none_or(|wanted| project.as_ref() == Some(wanted));
            if same_category && same_project {
                all.merge(lines);
            }
        }
        Ok(Some(all))
    }

    fn read_all(&mut self, scope: &Selection) -> Result<Option<Sums>, StateError> {
        let (mut sums, lookup) = (Sums::new(), &mut self.lookup);
        let found = scope.lines(lookup, None, usize::MAX)?;
        if found.next.is_some() {
            return Ok(None);
        }
        for (name, line) in found.lines {
            let purpose = (line.purpose.category, line.purpose.project.clone());
            sums.entry(purpose).or_default().add(&Facts::of(name, line, scope, lookup)?);
        }
        Ok(Some(sums))
    }
}

/// What the quota lines that a figure speaks of come to.
#[derive(Default)]
struct Lines {
    received: i128,
    /// What lines with money from outside passed on.
    allocated: i128,
    arranged: i128,
    /// What each line got, from whomever, less what it passed on.
    own: i128,
    spent: i128,
    carried: i128,
    left: i128,
    projects: BTreeSet<Text<128>>,
    count: usize,
}

impl Lines {
    fn add(&mut self, facts: &Facts) {
        let sums = facts.sums();
        self.count += 1;
        self.received += sums.received;
        if facts.entry != Entry::Within {
            self.allocated += sums.issued - sums.returned;
        }
        self.arranged += sums.arranged();
        self.own += sums.received + sums.within + sums.returned - sums.issued;
        self.spent += sums.spent;
        self.carried += sums.carried;
        self.left += sums.left;
        self.projects.extend(facts.line.purpose.project.clone());
    }

    fn merge(&mut self, other: &Self) {
        self.count += other.count;
        self.received += other.received;
        self.allocated += other.allocated;
        self.arranged += other.arranged;
        self.own += other.own;
        self.spent += other.spent;
        self.carried += other.carried;
        self.left += other.left;
        self.projects.extend(other.projects.iter().cloned());
    }
}

/// Which lines a figure speaks of, and which one of them if of one.
fn selection(figure: &Figure) -> Option<(Selection, Option<LineName>)> {
    let mut selection =
        Selection { year: figure.year, category: figure.category, ..Selection::default() };
    let mut line = None;
    match &figure.subject {
        FigureSubject::Organization(code) => selection.holder = Some(*code),
        FigureSubject::Fund(of) => {
            (selection.holder, selection.fund) = (Some(of.holder), Some(of.fund.clone()));
        }
        FigureSubject::Line(name) => {
            selection.holder = Some(name.holder);
            (selection.fund, selection.year) = (Some(name.fund.clone()), Some(name.year));
            line = Some(name.clone());
        }
        FigureSubject::Project(reference) => selection.project = Some(reference.clone()),
        FigureSubject::Division(division) => selection.division = Some(*division),
        FigureSubject::CharityFund(_)
        | FigureSubject::Campaign(_)
        | FigureSubject::Other(_)
        | FigureSubject::Game(_) => return None,
    }
    Some((selection, line))
}

fn of_charity(lookup: &mut Lookup<'_>, figure: &Figure) -> Result<Option<Derived>, StateError> {
    let reader = lookup.reader();
    let (charity, fund) = match &figure.subject {
        FigureSubject::Organization(code) => (*code, None),
        FigureSubject::CharityFund(name) => (name.host, Some(&name.fund)),
        _ => return Ok(None),
    };
    let quarters = sums::quarters(reader, &charity, fund, figure.year)?;
    let all = quarters.iter().map(|(_, sums)| sums);
    // Surplus that passed between funds is neither income nor expenditure.
    let sum: i128 = match figure.measure {
        FigureMeasure::Income => all.map(|sums| i128::from(sums.income())).sum(),
        FigureMeasure::ManagementCost => all.map(|sums| i128::from(sums.management.get())).sum(),
        FigureMeasure::Beneficiaries => all.map(|sums| i128::from(sums.helped)).sum(),
        _ => all.map(|sums| i128::from(sums.spending())).sum(),
    };
    let is_count = figure.measure == FigureMeasure::Beneficiaries;
    match (&figure.subject, figure.year) {
        // Nobody's use is evidenced: what the charity's own notices declare, line by line.
        (FigureSubject::Organization(code), Some(year)) if is_count && sum == 0 => {
            declared_helped(lookup, *code, year)
        }
        _ if is_count && sum == 0 => Ok(None),
        // The charity's books of that year are not on the ledger: its notice is, line by line.
        (FigureSubject::Organization(code), Some(year)) if quarters.is_empty() => {
            let declared = DECLARED_YEARS.get(reader, &(*code, year))?;
            let sum = declared.and_then(|sums| match figure.measure {
                FigureMeasure::Income => Some(sums.income),
                FigureMeasure::Expenditure | FigureMeasure::Spent => Some(sums.expenditure),
                _ => None,
            });
            Ok(sum.map(|sum| Derived::Declared(sum.get().into())))
        }
        _ => Ok((!quarters.is_empty()).then_some(Derived::Value(sum))),
    }
}

/// How many the declared lines of a charity's year helped; none where they count in different
/// things, which do not add up.
fn declared_helped(
    lookup: &mut Lookup<'_>,
    charity: OrganizationCode,
    year: u16,
) -> Result<Option<Derived>, StateError> {
    let limit = LINES_MAX.min(lookup.lines_left());
    let lines = DECLARED.scan(lookup.reader(), &(charity, year), None, limit)?;
    lookup.count(lines.len());
    if lines.len() == limit {
        return Ok(Some(Derived::TooMany));
    }
    let helped: Vec<&Helped> = lines.iter().filter_map(|(_, line)| line.helped.as_ref()).collect();
    let Some(first) = helped.first() else { return Ok(None) };
    let is_one_thing = helped.iter().all(|other| other.counted_in == first.counted_in);
    let sum = helped.iter().map(|helped| i128::from(helped.count)).sum();
    Ok(is_one_thing.then_some(Derived::Declared(sum)))
}

/// What a lottery centre's statements of a year's sales come to: the fund that they raised, with
/// unclaimed prizes (筹集), and how much of its central share went to the treasury (上缴).
fn of_centre(lookup: &mut Lookup<'_>, figure: &Figure) -> Result<Option<Derived>, StateError> {
    let (FigureSubject::Organization(centre), Some(year), None) =
        (&figure.subject, figure.year, figure.category)
    else {
        return Ok(None);
    };
    let (mut raised, mut central, mut count) = (0_i128, 0_i128, 0);
    let mut due = 0_i128;
    for month in (1..=12).filter_map(|month| Month::new(year, month).ok()) {
        let limit = GAMES_MAX.min(lookup.lines_left());
        let stated = STATEMENTS.scan(lookup.reader(), &(centre, month), None, limit)?;
        lookup.count(stated.len());
        if stated.len() == limit {
            return Ok(Some(Derived::TooMany));
        }
        count += stated.len();
        for (_, Stated { accrual, unclaimed_prizes, .. }) in stated {
            raised += i128::from(accrual.fund.get()) + i128::from(unclaimed_prizes.get());
            central += i128::from(accrual.central.get());
        }
        // What settlements took back was never due; what the treasury gave back is due again.
        let account = book::account(lookup.reader(), &Side::Central.account(*centre, month))?;
        due += account.map_or(0, |account| i128::from(account.balance().get()));
    }
    let value = if figure.measure == FigureMeasure::Raised { raised } else { central - due };
    Ok((count > 0).then_some(Derived::Value(value)))
}

/// What a centre's statements of a game's year come to: its sales, and the fund that they brought
/// without unclaimed prizes. Where nothing is stated, the fund is the notice's own sales times the
/// game's ratio, if one ratio held all year.
fn of_game(reader: &dyn StateRead, figure: &Figure) -> Result<Option<Derived>, StateError> {
    let (FigureSubject::Game(GameOfCentre { centre, game }), Some(year), None) =
        (&figure.subject, figure.year, figure.category)
    else {
        return Ok(None);
    };
    let (mut sales, mut fund, mut count) = (0_i128, 0_i128, 0);
    for month in (1..=12).filter_map(|month| Month::new(year, month).ok()) {
        if let Some(stated) = STATEMENTS.get(reader, &(*centre, month, game.clone()))? {
            sales += i128::from(stated.accrual.sales.get());
            fund += i128::from(stated.accrual.fund.get());
            count += 1;
        }
    }
    match (figure.measure, count) {
        (FigureMeasure::Sales, 0) => Ok(None),
        (FigureMeasure::Sales, _) => Ok(Some(Derived::Value(sales))),
        (_, 0) => Ok(ratio_of(reader, game.as_str(), year)?.map(Derived::Ratio)),
        _ => Ok(Some(Derived::Value(fund))),
    }
}

/// The ratio of a game, if the same held on the first and on the last day of a year.
fn ratio_of(reader: &dyn StateRead, game: &str, year: u16) -> Result<Option<u16>, StateError> {
    let Ok(key) = Key::new(format!("{FUND_RATIO}{game}")) else { return Ok(None) };
    let mut ratios = Vec::new();
    for (month, day) in [(1, 1), (12, 31)] {
        let Ok(date) = Date::new(year, month, day) else { return Ok(None) };
        let version = parameter::find(reader, &key, date)?;
        ratios.extend(version.and_then(|version| u16::try_from(version.value).ok()));
    }
    Ok(match ratios.as_slice() {
        [first, last] if first == last => Some(*first),
        _ => None,
    })
}
