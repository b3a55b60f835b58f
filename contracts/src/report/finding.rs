//! 疑点清单: what an auditor would ask about, each with its rule, its article and the records.
//!
//! A doubtful point is no verdict: it says what the ledger shows, and where.

mod duties;
mod giving;

use std::collections::BTreeMap;

use minglian_ledger::date::Date;
use minglian_ledger::fen::Fen;
use minglian_ledger::organization_code::OrganizationCode;
use minglian_ledger::state::{StateError, StateRead};

use super::facts::Facts;
use super::flow::Flows;
use super::holding::{HOLDING_LINES_MAX, Waited};
use super::lines::Ask;
use super::ratio;
use super::rule::{CARRY_OVER, HeldDays, Rule};
use super::selection::{Found, Lookup, Selection};
use super::table::{Cell, Column, Kind, Table};
use super::{AsOf, Check, Report};
use crate::allocation::{LINES, Line, LineName};
use crate::book::{self, Kind as Movement};
use crate::parameter;
use crate::payment::authorization::AUTHORIZATIONS;
use crate::payment::expenditure::DENIED;
use crate::refusal::Code;
use giving::Giving;

/// Most payments of a line that are compared with one another.
const PAYMENTS_MAX: usize = 256;

/// Most movements of the log that are read for one page: each is several entries. The page ends
/// with the line that brought it there.
const FLOWS_MAX: usize = 2_500;

/// Most payment orders of a holder that are looked at.
const ORDERS_MAX: usize = 1_000;

/// Most of a holder's latest refused acts that are looked at.
const REFUSALS_MAX: usize = 200;

/// Refusals that an auditor wants to know of: somebody tried.
const TELLING: [Code; 8] = [
    Code::ExpenditureDenied,
    Code::SameOfficer,
    Code::NotFinance,
    Code::FundChanged,
    Code::PurposeChanged,
    Code::RestrictionDiffers,
    Code::RecipientIsDonor,
    Code::PaymentTaken,
];

const COLUMNS: [Column; 9] = [
    Column::new("rule", Kind::Key, "疑点类型", "Rule"),
    Column::new("holder", Kind::Key, "单位代码", "Organisation"),
    Column::new("subject", Kind::Key, "对象", "Subject"),
    Column::new("records", Kind::Key, "账本记录", "Records"),
    Column::new("amount", Kind::Sum, "涉及金额", "Amount"),
    Column::new("days", Kind::Number, "天数", "Days"),
    Column::new("article", Kind::Particular, "依据", "Article"),
    Column::new("chinese", Kind::Particular, "说明", "In Chinese"),
    Column::new("english", Kind::Particular, "英文说明", "In English"),
];

/// A doubtful point.
struct Finding {
    rule: &'static str,
    holder: OrganizationCode,
    subject: String,
    records: Vec<u64>,
    amount: i128,
    days: Option<i64>,
    article: String,
    chinese: String,
    english: String,
}

impl Finding {
    fn cells(self) -> Vec<Cell> {
        let records: Vec<String> = self.records.iter().map(ToString::to_string).collect();
        vec![
            Cell::text(self.rule),
            Cell::text(self.holder),
            Cell::Text(self.subject),
            Cell::Text(records.join(" ")),
            self.amount.into(),
            self.days.map_or(Cell::Empty, Cell::Number),
            Cell::Text(self.article),
            Cell::Text(self.chinese),
            Cell::Text(self.english),
        ]
    }
}

struct Rules {
    held_days: HeldDays,
    carry_over: Rule,
}

/// Makes a page of 疑点清单. What is known of a holder as a whole stands on its first page.
///
/// # Errors
/// [`StateError`] if state or indexes cannot be read.
pub fn findings(
    reader: &dyn StateRead,
    flows: &dyn Flows,
    ask: &Ask,
    as_of: AsOf,
) -> Result<Report, StateError> {
    let today = as_of.date;
    let rules = Rules {
        held_days: HeldDays::find(reader, today)?,
        carry_over: Rule::find(reader, CARRY_OVER, today)?,
    };
    let mut lookup = Lookup::new(reader);
    let limit = ask.limit.min(HOLDING_LINES_MAX);
    // Behind a holder's lines come what a charity of that code keeps.
    let giving = ask.selection.holder.filter(|_| is_of_holder(&ask.selection));
    let giving = giving.map(|holder| Giving::new(reader, flows, holder, ask.selection.year));
    let place = ask.after.as_deref();
    let is_behind_lines = giving.as_ref().is_some_and(|giving| giving.has_place(place));
    let mut found = match is_behind_lines {
        true => Found::default(),
        false => ask.selection.lines(&mut lookup, place, limit)?,
    };
    let mut findings = Vec::new();
    if let (Some(holder), None) = (&ask.selection.holder, &ask.after) {
        of_orders(reader, holder, today, &mut findings)?;
        of_refusals(flows, holder, &mut findings)?;
        let year = ask.selection.year.unwrap_or_else(|| today.year().saturating_sub(1));
        of_ratios(reader, holder, year, &mut findings)?;
        duties::of_organization(reader, holder, today, &mut findings)?;
    }
    // What the lines show stands last, but they say where the page ends.
    let lines = std::mem::take(&mut found.lines);
    let lines = of_lines(lines, flows, &rules, (&ask.selection, &mut lookup), today)?;
    found.next = lines.end.or(found.next);
    if let (Some(giving), None) = (giving, &found.next) {
        found.next = giving.points(place.filter(|_| is_behind_lines), &mut findings)?;
    }
    findings.extend(lines.findings);
    let mut table = Table::new(COLUMNS.to_vec());
    findings.into_iter().for_each(|finding| table.add(finding.cells()));
    let mut report = Report::of("findings", as_of, table);
    let (chinese, english) =
        ("所查指标应余合计 = 账簿余额合计", "what the lines leave = the book's balances");
    report.reconciliation = vec![Check::new("lines", chinese, english, lines.left, lines.balance)];
    report.rules = rules.held_days.into_rules();
    report.rules.push(rules.carry_over);
    report.next = found.next;
    Ok(report)
}

/// Whether all that a holder has is asked for, and not only lines of one kind.
fn is_of_holder(selection: &Selection) -> bool {
    let Selection { fund, category, project, document, .. } = selection;
    fund.is_none() && category.is_none() && project.is_none() && document.is_none()
}

/// What the lines of a page show.
#[derive(Default)]
struct OfLines {
    findings: Vec<Finding>,
    /// What they leave, by their sums.
    left: i128,
    /// The same, by the book.
    balance: i128,
    /// The last line, if the page ends there because enough of the log was read.
    end: Option<Vec<u8>>,
}

fn of_lines(
    lines: Vec<(LineName, Line)>,
    flows: &dyn Flows,
    rules: &Rules,
    (selection, lookup): (&Selection, &mut Lookup<'_>),
    today: Date,
) -> Result<OfLines, StateError> {
    let (mut found, mut flows_read) = (OfLines::default(), 0);
    let mut lines = lines.into_iter().peekable();
    while let Some((name, line)) = lines.next() {
        let facts = Facts::of(name, line, selection, lookup)?;
        let waited = Waited::of(&facts, flows, today)?;
        let known = found.findings.len();
        of_line(&facts, &waited, rules, today, &mut found.findings);
        if found.findings.len() > known {
            name_opening(flows, &facts, &mut found.findings[known..])?;
        }
        flows_read += of_payments(lookup.reader(), flows, &facts, &mut found.findings)?;
        found.left += facts.sums().left;
        found.balance += i128::from(facts.balance.get());
        if flows_read >= FLOWS_MAX && lines.peek().is_some() {
            found.end = Some(LINES.key(&facts.name));
            break;
        }
    }
    Ok(found)
}

fn of_line(
    facts: &Facts,
    waited: &Waited,
    rules: &Rules,
    today: Date,
    findings: &mut Vec<Finding>,
) {
    let sums = facts.sums();
    let balance = i128::from(facts.balance.get());
    let mut add = |rule, amount, days, article: &str, chinese: String, english: String| {
        findings.push(Finding {
            rule,
            holder: facts.name.holder,
            subject: format!("{} {} {}", facts.name.fund, facts.name.year, facts.name.line),
            records: waited.onward.iter().map(|flow| flow.record.0).collect(),
            amount,
            days,
            article: article.to_owned(),
            chinese,
            english,
        });
    };
    let Rule { value: limit, article, .. } = rules.held_days.of(facts.level());
    let (limit, days) = (*limit, waited.days_to_receive);
    if facts.line.received_on.is_none() && days > limit {
        let chinese = format!("指标下达 {days} 日仍未签收,超过 {limit} 日");
        let english = format!("not confirmed {days} days after issue, the limit is {limit}");
        add("not_received", balance, Some(days), article, chinese, english);
    }
    let days = waited.days_held.unwrap_or(0);
    if waited.is_held && days > limit {
        let chinese = format!("签收后 {days} 日未分配、未支付,超过 {limit} 日");
        let english = format!("neither passed on nor paid for {days} days, the limit is {limit}");
        add("idle", balance, Some(days), article, chinese, english);
    }
    let last = i64::from(facts.line.first_year).saturating_add(rules.carry_over.value);
    if i64::from(today.year()) > last && sums.left > 0 {
        let first = facts.line.first_year;
        let chinese = format!("{first} 年首次下达,{last} 年末仍未用完,应作为结余资金收回");
        let english = format!("first issued for {first}, unspent after {last}: to be taken back");
        add("lapse_due", sums.left, None, &rules.carry_over.article, chinese, english);
    }
    if facts.line.implied {
        let chinese = "公告未列收入,指标由支出或分配推定".to_owned();
        let english = "the notice prints no receipt; the quota is implied".to_owned();
        add("implied", facts.line.quota.get().into(), None, "", chinese, english);
    } else if facts.line.basis.documents.is_empty() {
        let chinese = "指标没有文号,仅有公告出处".to_owned();
        let english = "the quota rests on a notice and on no document number".to_owned();
        add("no_document", facts.line.quota.get().into(), None, "", chinese, english);
    }
    if sums.left != balance {
        let difference = sums.left - balance;
        let chinese = format!("各项合计应余 {} 分,账簿实余 {balance} 分", sums.left);
        let english = format!("its sums leave {} fen, the book holds {balance} fen", sums.left);
        add("sum_error", difference, None, "", chinese, english);
    }
}

/// Puts the record that opened the line before the others.
fn name_opening(
    flows: &dyn Flows,
    facts: &Facts,
    findings: &mut [Finding],
) -> Result<(), StateError> {
    let opening = flows.inflows(&facts.name.account(), 1)?;
    let Some(opening) = opening.first() else { return Ok(()) };
    for finding in findings {
        finding.records.insert(0, opening.record.0);
    }
    Ok(())
}

/// Payments of one line with the same amount on the same day, none of which came back. Returns how
/// many movements were read for it.
fn of_payments(
    reader: &dyn StateRead,
    flows: &dyn Flows,
    facts: &Facts,
    findings: &mut Vec<Finding>,
) -> Result<usize, StateError> {
    let mut alike: BTreeMap<(Date, Fen), Vec<(u64, String)>> = BTreeMap::new();
    let outflows = flows.outflows(&facts.name.account(), PAYMENTS_MAX)?;
    let flows_read = outflows.len();
    for flow in outflows {
        let book::AccountId::Payment { reference, .. } = &flow.movement.to else { continue };
        let account = book::account(reader, &flow.movement.to)?;
        let amount = flow.movement.amount();
        let stands = account.is_some_and(|account| account.balance() == amount);
        if flow.movement.kind == Movement::Payment && stands {
            let place = alike.entry((flow.occurred_on, amount)).or_default();
            if !place.iter().any(|(record, _)| *record == flow.record.0) {
                place.push((flow.record.0, reference.to_string()));
            }
        }
    }
    for ((date, amount), payments) in alike.into_iter().filter(|(_, many)| many.len() > 1) {
        let references: Vec<&str> = payments.iter().map(|(_, name)| name.as_str()).collect();
        let (count, references) = (payments.len(), references.join(" "));
        let repeated = i128::from(amount.get()) * i128::try_from(count - 1).unwrap_or(0);
        findings.push(Finding {
            rule: "duplicate_payment",
            holder: facts.name.holder,
            subject: format!("{} {} {}", facts.name.fund, facts.name.year, facts.name.line),
            records: payments.iter().map(|(record, _)| *record).collect(),
            amount: repeated,
            days: None,
            article: String::new(),
            chinese: format!("同一指标 {date} 有 {count} 笔同额付款({amount} 元): {references}"),
            english: format!("{count} payments of {amount} yuan on {date}: {references}"),
        });
    }
    Ok(flows_read)
}

/// Payment orders that are open for a type of expenditure which is denied by now.
fn of_orders(
    reader: &dyn StateRead,
    holder: &OrganizationCode,
    today: Date,
    findings: &mut Vec<Finding>,
) -> Result<(), StateError> {
    for ((_, name), order) in AUTHORIZATIONS.scan(reader, holder, None, ORDERS_MAX)? {
        let code = order.expenditure.code();
        let is_open = !order.revoked && today <= order.until && order.paid < order.total;
        // The names are far shorter than their field.
        let key = parameter::Key::new(format!("{DENIED}{code}")).unwrap_or_default();
        let denied = parameter::find(reader, &key, today)?.filter(|found| found.value != 0);
        let (true, Some(denied)) = (is_open, denied) else { continue };
        findings.push(Finding {
            rule: "denied_expenditure",
            holder: *holder,
            subject: name.to_string(),
            records: Vec::new(),
            amount: order.total.checked_sub(order.paid).unwrap_or_default().get().into(),
            days: None,
            article: denied.article.to_string(),
            chinese: format!("用款授权的支出类型「{code}」属禁止用途,授权仍有效"),
            english: format!("an open payment order is for the denied expenditure {code}"),
        });
    }
    Ok(())
}

fn of_refusals(
    flows: &dyn Flows,
    holder: &OrganizationCode,
    findings: &mut Vec<Finding>,
) -> Result<(), StateError> {
    for refused in flows.refusals(holder, REFUSALS_MAX)? {
        let code = Code::from_number(refused.code).filter(|code| TELLING.contains(code));
        let Some(code) = code else { continue };
        findings.push(Finding {
            rule: "refused_act",
            holder: *holder,
            subject: refused.reference,
            records: vec![refused.record.0],
            amount: 0,
            days: None,
            article: code.article().to_owned(),
            chinese: format!("{} 被拒绝({}): {}", refused.date, refused.code, code.chinese()),
            english: format!("refused on {} ({}): {}", refused.date, refused.code, code.english()),
        });
    }
    Ok(())
}

fn of_ratios(
    reader: &dyn StateRead,
    holder: &OrganizationCode,
    year: u16,
    findings: &mut Vec<Finding>,
) -> Result<(), StateError> {
    for breach in ratio::breaches(reader, holder, year)? {
        findings.push(Finding {
            rule: "ratio_breach",
            holder: *holder,
            subject: format!("{year} {}", breach.key),
            records: Vec::new(),
            amount: breach.part,
            days: None,
            article: breach.article,
            chinese: format!("{year} 年度{}", breach.chinese),
            english: format!("{year}: {}", breach.english),
        });
    }
    Ok(())
}
