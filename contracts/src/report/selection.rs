//! Which quota lines a report is about, and how they are read: in bounded steps, in the order of
//! their names, each page behind the one before.
//!
//! Names begin with holder, fund and budget year, so what is not asked for is stepped over, a
//! holder, a fund or a year at a time, and the length of the log does not matter.

use std::collections::BTreeMap;

use minglian_ledger::division::Division;
use minglian_ledger::organization_code::OrganizationCode;
use minglian_ledger::state::{StateError, StateRead};
use minglian_ledger::text::Text;
use serde::Serialize;

use crate::allocation::{CORRECTED_LINE, Category, LINES, Line, LineName};
use crate::project::{PROJECTS, Project, line_status};
use crate::registry::{ORGANIZATIONS, Organization};

/// Most quota lines that are read for one page, and most steps from holder to holder and from fund
/// to fund.
pub const LINES_MAX: usize = 5_000;

/// How many lines are read at once.
const CHUNK: usize = 256;

/// Which quota lines. What is not named is not asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Selection {
    /// Who holds them.
    pub holder: Option<OrganizationCode>,
    /// Where their holders act: there or below.
    pub division: Option<Division>,
    /// Their fund.
    pub fund: Option<Text<64>>,
    /// Their budget year.
    pub year: Option<u16>,
    /// Their category.
    pub category: Option<Category>,
    /// Their project.
    pub project: Option<Text<128>>,
    /// A 文号 on which they rest, as it is printed canonically.
    pub document: Option<String>,
}

/// Lines that were found, and where the next page begins.
#[derive(Debug, Clone, Default)]
pub struct Found {
    /// The lines.
    pub lines: Vec<(LineName, Line)>,
    /// The place behind which the next page begins; none at the end.
    pub next: Option<Vec<u8>>,
}

/// The state, with the organisations and projects that one report has already looked up, and how
/// much one answer may still read, whatever it is asked.
pub struct Lookup<'a> {
    reader: &'a dyn StateRead,
    organizations: BTreeMap<OrganizationCode, Option<Organization>>,
    projects: BTreeMap<Text<128>, Option<Project>>,
    announced: BTreeMap<(OrganizationCode, Text<64>, u16), bool>,
    lines_left: usize,
    steps_left: usize,
}

impl<'a> Lookup<'a> {
    /// Nothing looked up yet, of a page's worth of lines.
    pub fn new(reader: &'a dyn StateRead) -> Self {
        Self::of(reader, LINES_MAX)
    }

    /// Nothing looked up yet; at most `lines_max` lines or other entries will be, and as many steps
    /// between them.
    pub fn of(reader: &'a dyn StateRead, lines_max: usize) -> Self {
        let (organizations, projects) = (BTreeMap::new(), BTreeMap::new());
        let (lines_left, steps_left) = (lines_max, lines_max);
        let announced = BTreeMap::new();
        Self { reader, organizations, projects, announced, lines_left, steps_left }
    }

    /// How many lines or other entries may still be read.
    pub fn lines_left(&self) -> usize {
        self.lines_left
    }

    /// Counts what was read.
    pub fn count(&mut self, entries: usize) {
        self.lines_left = self.lines_left.saturating_sub(entries);
    }

    /// The state.
    pub fn reader(&self) -> &'a dyn StateRead {
        self.reader
    }

    /// An organisation.
    ///
    /// # Errors
    /// [`StateError`] if the state cannot be read.
    pub fn organization(
        &mut self,
        code: &OrganizationCode,
    ) -> Result<Option<&Organization>, StateError> {
        if !self.organizations.contains_key(code) {
            self.organizations.insert(*code, ORGANIZATIONS.get(self.reader, code)?);
        }
        Ok(self.organizations.get(code).and_then(Option::as_ref))
    }

    /// A project.
    ///
    /// # Errors
    /// [`StateError`] if the state cannot be read.
    pub fn project(&mut self, reference: &Text<128>) -> Result<Option<&Project>, StateError> {
        if !self.projects.contains_key(reference) {
            self.projects.insert(reference.clone(), PROJECTS.get(self.reader, reference)?);
        }
        Ok(self.projects.get(reference).and_then(Option::as_ref))
    }
}

impl Lookup<'_> {
    /// Whether the use of a line's fund in its year is announced.
    ///
    /// # Errors
    /// [`StateError`] if the state cannot be read.
    pub fn is_announced(&mut self, name: &LineName) -> Result<bool, StateError> {
        let key = (name.holder, name.fund.clone(), name.year);
        if let Some(known) = self.announced.get(&key) {
            return Ok(*known);
        }
        let found = line_status::is_announced(self.reader, name)?;
        self.announced.insert(key, found);
        Ok(found)
    }
}

impl Selection {
    /// Whether `holder` is asked for.
    ///
    /// # Errors
    /// [`StateError`] if the state cannot be read.
    pub fn has_holder(
        &self,
        holder: &OrganizationCode,
        lookup: &mut Lookup<'_>,
    ) -> Result<bool, StateError> {
        if self.holder.is_some_and(|wanted| wanted != *holder) {
            return Ok(false);
        }
        let Some(division) = self.division else { return Ok(true) };
        let found = lookup.organization(holder)?;
        Ok(found.is_some_and(|found| division.contains(found.division)))
    }

    /// Whether a line is asked for. What was entered too high and corrected was never there: the
    /// line that keeps it is part of no report.
    pub fn has_line(&self, name: &LineName, line: &Line) -> bool {
        let Line { purpose, basis, .. } = line;
        let same_document = |wanted: &String| {
            let mut documents = basis.documents.as_slice().iter();
            documents.any(|document| document.to_string() == *wanted)
        };
        let was_there = !name.line.as_str().starts_with(CORRECTED_LINE);
        was_there
            && self.category.is_none_or(|wanted| purpose.category == Some(wanted))
            && self.project.as_ref().is_none_or(|wanted| purpose.project.as_ref() == Some(wanted))
            && self.document.as_ref().is_none_or(same_document)
    }

    /// At most `limit` lines behind the place `after`; fewer where the answer has read enough.
    ///
    /// # Errors
    /// [`StateError`] if the state cannot be read.
    pub fn lines(
        &self,
        lookup: &mut Lookup<'_>,
        after: Option<&[u8]>,
        limit: usize,
    ) -> Result<Found, StateError> {
        let reader = lookup.reader();
        let everything = match (&self.holder, &self.fund) {
            (Some(holder), Some(fund)) => LINES.prefix_of(&(holder, fund)),
            (Some(holder), None) => LINES.prefix_of(holder),
            (None, _) => LINES.prefix_of(&()),
        };
        let mut found = Found::default();
        let mut place = after.map(<[u8]>::to_vec);
        while lookup.steps_left > 0 {
            lookup.steps_left -= 1;
            let first = LINES.scan_from(reader, &everything, place.as_deref(), 1)?.pop();
            let Some((_, name, _)) = first else { return Ok(found) };
            if !self.has_holder(&name.holder, lookup)? {
                place = Some(end_of(LINES.prefix_of(&name.holder)));
                continue;
            }
            let of_fund = LINES.prefix_of(&(&name.holder, &name.fund));
            if self.fund.as_ref().is_none_or(|wanted| *wanted == name.fund) {
                let wanted = match self.year {
                    Some(year) => LINES.prefix_of(&(&name.holder, &name.fund, year)),
                    None => of_fund.clone(),
                };
                if self.collect(lookup, &wanted, &mut place, limit, &mut found)? {
                    found.next = place.or(Some(everything));
                    return Ok(found);
                }
            }
            place = Some(end_of(of_fund));
        }
        found.next = place.or(Some(everything));
        Ok(found)
    }

    /// Reads the lines whose keys begin with `prefix`; whether the page is full.
    fn collect(
        &self,
        lookup: &mut Lookup<'_>,
        prefix: &[u8],
        place: &mut Option<Vec<u8>>,
        limit: usize,
        found: &mut Found,
    ) -> Result<bool, StateError> {
        loop {
            if lookup.lines_left == 0 {
                return Ok(true);
            }
            let entries = LINES.scan_from(lookup.reader, prefix, place.as_deref(), CHUNK)?;
            let is_last = entries.len() < CHUNK;
            for (key, name, line) in entries {
                *place = Some(key);
                lookup.count(1);
                if self.has_line(&name, &line) {
                    found.lines.push((name, line));
                }
                if found.lines.len() >= limit || lookup.lines_left == 0 {
                    return Ok(true);
                }
            }
            if is_last {
                return Ok(false);
            }
        }
    }
}

/// A place behind all keys that begin with `prefix`: what follows there is a year or the length of
/// a text, and neither is three bytes of 0xff.
fn end_of(mut prefix: Vec<u8>) -> Vec<u8> {
    prefix.extend([0xff; 3]);
    prefix
}
