//! Lines of quota: how they are called, and how a row draws on them.

use std::collections::{BTreeMap, BTreeSet};

use minglian_contracts::allocation::Basis;
use minglian_contracts::allocation::line::LineName;
use minglian_ledger::date::Date;
use minglian_ledger::fen::Fen;
use minglian_ledger::hash::Commitment;
use minglian_ledger::organization_code::OrganizationCode;
use minglian_ledger::text::Text;

use super::{Available, GroupKey, Planner, documents_text, funds, group_of};
use crate::import::notice::NoticeRow;
use crate::import::refusal::Reason;

impl Planner<'_> {
    /// The line by which quota of this row's group is known.
    pub(super) fn quota_line(
        &self,
        row: &NoticeRow,
        holder: OrganizationCode,
        what: &str,
    ) -> Result<LineName, Reason> {
        let documents = documents_text(row);
        let documents = if documents.is_empty() { "未印文号" } else { &documents };
        let line = format!("{}·{documents}·{}·{what}", row.dataset, row.category);
        let fund = shortened(&funds::fund_name(row))?;
        Ok(LineName { holder, fund, year: row.year, line: shortened(&line)? })
    }

    /// The line to which this row allocates.
    pub(super) fn row_line(
        &self,
        row: &NoticeRow,
        holder: OrganizationCode,
    ) -> Result<LineName, Reason> {
        let line = format!("{}·第{}行·{}", row.dataset, row.row, row.item);
        let fund = shortened(&funds::fund_name(row))?;
        Ok(LineName { holder, fund, year: row.year, line: shortened(&line)? })
    }

    pub(super) fn enter(&mut self, group: GroupKey, name: LineName, left: Fen) {
        self.balances.entry(group).or_default().push(Available { name, left });
    }

    /// Takes a row's amount from its group's quota: of its own documents and category first, then
    /// of its fund's quota without category.
    pub(super) fn draw_quota(&mut self, row: &NoticeRow) -> Result<Vec<(LineName, Fen)>, Reason> {
        let (fund, documents, category) = group_of(row);
        let groups = [
            (fund.clone(), documents.clone(), category),
            (fund.clone(), documents, String::new()),
            (fund, String::new(), String::new()),
        ];
        draw(&mut self.balances, &groups, row)
    }

    /// Takes a row's amount from what was allocated to its category, or, where the notice prints no
    /// allocations, from quota.
    pub(super) fn draw_spendable(
        &mut self,
        row: &NoticeRow,
    ) -> Result<Vec<(LineName, Fen)>, Reason> {
        let group = group_of(row);
        if self.funds.has_allocations(&group.0) {
            return draw(&mut self.allocated, &[group], row);
        }
        self.draw_quota(row)
    }
}

/// Takes an amount from lines in order. Nothing is taken if it does not suffice.
fn draw(
    lines: &mut BTreeMap<GroupKey, Vec<Available>>,
    groups: &[GroupKey],
    row: &NoticeRow,
) -> Result<Vec<(LineName, Fen)>, Reason> {
    let mut needed = row.amount;
    let mut taken: Vec<(GroupKey, usize, Fen)> = Vec::new();
    let mut seen = BTreeSet::new();
    for group in groups.iter().filter(|group| seen.insert((*group).clone())) {
        for (position, line) in lines.get(group).into_iter().flatten().enumerate() {
            let part = needed.min(line.left);
            if !part.is_zero() {
                taken.push((group.clone(), position, part));
                needed = needed.checked_sub(part).unwrap_or(Fen::ZERO);
            }
        }
    }
    if !needed.is_zero() {
        let available = row.amount.checked_sub(needed).unwrap_or(Fen::ZERO);
        return Err(Reason::MoreThanThereIs { amount: row.amount, available });
    }
    let mut drawn = Vec::new();
    for (group, position, part) in taken {
        if let Some(line) = lines.get_mut(&group).and_then(|lines| lines.get_mut(position)) {
            line.left = line.left.checked_sub(part).unwrap_or(Fen::ZERO);
            drawn.push((line.name.clone(), part));
        }
    }
    Ok(drawn)
}

/// What an act rests on: the printed documents, and the notice itself.
pub(super) fn basis(row: &NoticeRow) -> Result<Basis, Reason> {
    let printed_in = format!("按公告补录:{} 第{}行", row.dataset, row.row);
    let documents = row.document_numbers.clone();
    Ok(Basis { documents, printed_in: Some(shortened(&printed_in)?) })
}

/// A notice reports on a year and prints no days: its acts are entered for the year's last.
pub(super) fn year_end(row: &NoticeRow) -> Result<Date, Reason> {
    Date::new(row.year, 12, 31).map_err(|_| Reason::Year)
}

pub(super) fn reference(row: &NoticeRow, part: usize) -> Result<Text<128>, Reason> {
    let suffix = if part == 0 { String::new() } else { format!("/{}", part + 1) };
    named(&format!("{}#{}/{}{suffix}", row.dataset, row.row, row.kind.as_str()))
}

/// A reference with room for what is added to it: the steps of a row, the versions of a correction.
pub(super) fn named(name: &str) -> Result<Text<128>, Reason> {
    let short: Text<96> = shortened(name)?;
    Text::new(short.as_str()).map_err(Reason::name)
}

/// The text, cut to fit its field; what was cut is told apart by a hash of the whole.
pub(super) fn shortened<const MAX: usize>(text: &str) -> Result<Text<MAX>, Reason> {
    if text.len() <= MAX {
        return Text::new(text).map_err(Reason::name);
    }
    let hash = Commitment::of(&[text.as_bytes()]).to_string();
    let mark = format!("…{}", &hash[..12]);
    let end = (0..=MAX - mark.len()).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0);
    Text::new(format!("{}{mark}", &text[..end])).map_err(Reason::name)
}
