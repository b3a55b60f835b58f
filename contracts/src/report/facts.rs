//! What a report says of one quota line: its own sums, told apart by where money came from, and
//! what the book holds for it.

use minglian_ledger::date::Date;
use minglian_ledger::division::{Division, Level};
use minglian_ledger::fen::Fen;
use minglian_ledger::state::StateError;

use super::selection::{Lookup, Selection};
use crate::allocation::status::Stage;
use crate::allocation::{Category, Line, LineName};
use crate::book;
use crate::payment::RETURNED;
use crate::project::line_status;

/// Where a line's money came from, as the report's selection sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Entry {
    /// From outside of what was asked for, in the budget year.
    Received,
    /// From a budget year before.
    BroughtForward,
    /// From another line that the report may hold.
    Within,
}

/// One line, with what the report needs of its surroundings.
#[derive(Debug, Clone)]
pub struct Facts {
    /// Its name.
    pub name: LineName,
    /// Its state.
    pub line: Line,
    /// Where its money came from.
    pub entry: Entry,
    /// The holder's registered name.
    pub holder_name: Option<String>,
    /// Where the holder acts.
    pub division: Option<Division>,
    /// The project's title.
    pub project_title: Option<String>,
    /// What its payments gave back; part of what came back in all.
    pub payments_returned: Fen,
    /// What its account holds in the book.
    pub balance: Fen,
    /// How far its money is, where a report asks for it ([`Facts::find_stage`]).
    pub stage: Option<Stage>,
}

/// The sums of a line as reports print them, in fen. What is derived may be negative where a line
/// passed on what came back to it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Sums {
    /// Came in from outside of what was asked for.
    pub received: i128,
    /// Came in from a year before.
    pub brought_forward: i128,
    /// Came in from within.
    pub within: i128,
    /// Came back from lines below.
    pub returned: i128,
    /// Was issued or allocated to other lines.
    pub issued: i128,
    /// Was paid and did not come back.
    pub spent: i128,
    /// Was carried to the next year.
    pub carried: i128,
    /// Was taken back, or lapsed.
    pub recovered: i128,
    /// 调出.
    pub transferred_out: i128,
    /// What these sums leave.
    pub left: i128,
}

impl Facts {
    /// Looks up what belongs to a line.
    ///
    /// # Errors
    /// [`StateError`] if the state cannot be read.
    pub fn of(
        name: LineName,
        line: Line,
        selection: &Selection,
        lookup: &mut Lookup<'_>,
    ) -> Result<Self, StateError> {
        let entry = entry(&name, &line, selection, lookup)?;
        let holder = lookup.organization(&name.holder)?;
        let holder_name = holder.map(|holder| holder.name.to_string());
        let division = holder.map(|holder| holder.division);
        let project_title = match &line.purpose.project {
            Some(reference) => lookup.project(reference)?.map(|found| found.title.to_string()),
            None => None,
        };
        let reader = lookup.reader();
        let payments_returned = RETURNED.get(reader, &name)?.unwrap_or(Fen::ZERO);
        let account = book::account(reader, &name.account())?;
        let balance = account.map_or(Fen::ZERO, |account| account.balance());
        Ok(Self {
            name,
            line,
            entry,
            holder_name,
            division,
            project_title,
            payments_returned,
            balance,
            stage: None,
        })
    }

    /// Looks up how far its money is.
    ///
    /// # Errors
    /// [`StateError`] if the state cannot be read.
    pub fn find_stage(&mut self, lookup: &mut Lookup<'_>) -> Result<(), StateError> {
        let is_announced = lookup.is_announced(&self.name)?;
        let (reader, name) = (lookup.reader(), &self.name);
        let status = line_status::status_of(reader, name, &self.line, is_announced)?;
        self.stage = Some(status.stage);
        Ok(())
    }

    /// Its sums.
    pub fn sums(&self) -> Sums {
        let fen = |amount: Fen| i128::from(amount.get());
        let Line { quota, returned, paid, issued, carried, recovered, transferred_out, .. } =
            &self.line;
        let by_entry = |entry| if self.entry == entry { fen(*quota) } else { 0 };
        let came_in = fen(*quota) + fen(*returned);
        let gone: i128 = [paid, issued, carried, recovered, transferred_out]
            .into_iter()
            .map(|amount| fen(*amount))
            .sum();
        Sums {
            received: by_entry(Entry::Received),
            brought_forward: by_entry(Entry::BroughtForward),
            within: by_entry(Entry::Within),
            returned: fen(*returned) - fen(self.payments_returned),
            issued: fen(*issued),
            spent: fen(*paid) - fen(self.payments_returned),
            carried: fen(*carried),
            recovered: fen(*recovered),
            transferred_out: fen(*transferred_out),
            left: came_in - gone,
        }
    }

    /// Its category in words.
    pub fn category(&self) -> Option<&'static str> {
        self.line.purpose.category.map(category_words)
    }

    /// The 文号 on which it rests, as printed; the notice where there are none.
    pub fn documents(&self) -> String {
        let basis = &self.line.basis;
        let numbers: Vec<String> =
            basis.documents.as_slice().iter().map(ToString::to_string).collect();
        match &basis.printed_in {
            Some(notice) if numbers.is_empty() => notice.to_string(),
            _ => numbers.join(";"),
        }
    }

    /// At which level the holder stands; a holder that nobody registered at the lowest.
    pub fn level(&self) -> Level {
        self.division.map_or(Level::County, Division::level)
    }

    /// Days from issue until the holder confirmed it; until `today` while it has not.
    pub fn days_to_receive(&self, today: Date) -> i64 {
        let until = self.line.received_on.unwrap_or(today);
        i64::from(self.line.issued_on.days_until(until))
    }
}

impl Sums {
    /// What could be spent: all that came in less what was passed on.
    pub fn disposable(&self) -> i128 {
        self.received + self.brought_forward + self.within + self.returned - self.issued
    }

    /// What was arranged for the line's own use (安排) by a line that the report may hold: what it
    /// got less what it passed on.
    pub fn arranged(&self) -> i128 {
        if self.within == 0 { 0 } else { self.within + self.returned - self.issued }
    }
}

/// A category as notices print it.
pub const fn category_words(category: Category) -> &'static str {
    match category {
        Category::OldAge => "老年人福利",
        Category::Disability => "残疾人福利",
        Category::Children => "儿童福利",
        Category::PublicGood => "社会公益",
    }
}

/// A category by what notices print, or by its name in JSON.
pub fn category_of(words: &str) -> Option<Category> {
    match words {
        "老年人福利" | "old_age" => Some(Category::OldAge),
        "残疾人福利" | "disability" => Some(Category::Disability),
        "儿童福利" | "children" => Some(Category::Children),
        "社会公益" | "public_good" => Some(Category::PublicGood),
        _ => None,
    }
}

fn entry(
    name: &LineName,
    line: &Line,
    selection: &Selection,
    lookup: &mut Lookup<'_>,
) -> Result<Entry, StateError> {
    let is_earlier = line.first_year < name.year;
    let by_year = if is_earlier { Entry::BroughtForward } else { Entry::Received };
    let Some(parent) = &line.parent else { return Ok(by_year) };
    if parent.year != name.year {
        // Carried money is older than its line; what lapsed is budgeted anew.
        return Ok(by_year);
    }
    let is_within = selection.has_holder(&parent.holder, lookup)?;
    Ok(if is_within { Entry::Within } else { Entry::Received })
}
