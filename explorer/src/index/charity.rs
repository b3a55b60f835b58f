//! What charities received, hold and spent, laid out by fund, campaign and quarter.

use std::collections::BTreeSet;

use minglian_contracts::book::{self, AccountId};
use minglian_contracts::charity::campaign::CAMPAIGNS;
use minglian_contracts::charity::disbursement::{Expense, PAYOUTS, Payout, Reason};
use minglian_contracts::charity::donation::{DONATIONS, Donation, Donor};
use minglian_contracts::charity::fund::FUNDS;
use minglian_contracts::charity::{self, Event as CharityEvent};
use minglian_contracts::event::Event;
use minglian_contracts::payment::Reference;
use minglian_ledger::date::Date;
use minglian_ledger::organization_code::OrganizationCode;
use minglian_ledger::state::{Changes, StateRead};

use super::act::Act;
use super::mirror::{entries, keys};
use super::posting::{Key, Posting, Sum};
use super::{IndexError, account, stored};
use crate::database::{Connection, OptionalExtension, params};

/// What stands before a fund's reference in the names of its accounts.
pub use minglian_contracts::book::CHARITY_FUND_MARK as FUND_MARK;

/// The line in which a fund keeps money that is bound to no use.
const POOL_LINE: &str = "非限定";

/// Income, in quarters.
pub const INCOME: &str = "income";

/// Enters funds and campaigns; before the block's balances, which funds add up.
pub(super) fn funds(connection: &Connection, changes: &Changes) -> Result<(), IndexError> {
    for (name, fund) in entries(changes, &FUNDS)? {
        let query = "INSERT INTO charity_funds \
                     (host, fund, kind, name, opened_on, closed_on, pool, restricted, goods) \
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6, 0, 0, 0) \
                     ON CONFLICT (host, fund) DO UPDATE SET closed_on = excluded.closed_on";
        connection.prepare_cached(query)?.execute(params![
            name.host.as_str(),
            name.fund.as_str(),
            fund.kind.code(),
            fund.name.as_str(),
            fund.opened_on.to_string(),
            fund.closed_on.map(|day| day.to_string()),
        ])?;
    }
    for (filing, campaign) in entries(changes, &CAMPAIGNS)? {
        let query = "INSERT INTO campaigns \
                     (filing, host, fund, title, begins_on, ends_on, raised, gifts) \
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6, 0, 0) \
                     ON CONFLICT (filing) DO UPDATE SET ends_on = excluded.ends_on";
        connection.prepare_cached(query)?.execute(params![
            filing.as_str(),
            campaign.fund.host.as_str(),
            campaign.fund.fund.as_str(),
            campaign.title.as_str(),
            campaign.begins_on.to_string(),
            campaign.ends_on.to_string(),
        ])?;
    }
    Ok(())
}

/// Enters gifts and payments, once the block's accounts are known.
pub(super) fn enter(
    posting: &Posting<'_>,
    changes: &Changes,
    touched: &BTreeSet<AccountId>,
    acts: &[(u64, &Act)],
    reader: &dyn StateRead,
) -> Result<(), IndexError> {
    for ((host, reference), gift) in entries(changes, &DONATIONS)? {
        enter_gift(posting, &host, reference.as_str(), &gift)?;
    }
    let mut paid: BTreeSet<(OrganizationCode, Reference)> =
        keys(changes, &PAYOUTS)?.into_iter().collect();
    paid.extend(touched.iter().filter_map(|account| match account {
        AccountId::Payment { organization, reference } => Some((*organization, reference.clone())),
        _ => None,
    }));
    for (host, reference) in paid {
        if let Some(payout) = PAYOUTS.get(reader, &(host, reference.clone()))? {
            enter_payout(posting, host, &reference, &payout, reader)?;
        }
    }
    for (index, act) in acts {
        let index = stored("a position", *index)?;
        for event in act.events() {
            if let Event::Charity(event) = event {
                enter_record(posting, index, act, event)?;
            }
        }
    }
    Ok(())
}

/// Notes by which record something came about.
fn enter_record(
    posting: &Posting<'_>,
    index: i64,
    act: &Act,
    event: &CharityEvent,
) -> Result<(), IndexError> {
    let host = act.author.as_str();
    match event {
        CharityEvent::Donated { donation, inflow } => {
            let came_in = act.events().iter().find_map(|event| match event {
                Event::Movement(movement) => Some(&movement.to),
                _ => None,
            });
            let account = came_in.map(|to| posting.number(to)).transpose()?;
            let query = "UPDATE gifts SET record = ?3, account = ?4, inflow = ?5 \
                         WHERE host = ?1 AND reference = ?2";
            let inflow = stored("a position", *inflow)?;
            let values = params![host, donation.as_str(), index, account, inflow];
            posting.prepare_cached(query)?.execute(values)?;
        }
        CharityEvent::Disbursed { payment, .. } | CharityEvent::PaidAhead { payment, .. } => {
            let query = "UPDATE payouts SET record = ?3 WHERE host = ?1 AND reference = ?2";
            posting.prepare_cached(query)?.execute(params![host, payment.as_str(), index])?;
        }
        // The event names the gift; which payment took it back, its movements say.
        CharityEvent::Refunded { .. } => {
            let query = "UPDATE payouts SET record = ?2 WHERE account = ?1";
            for event in act.events() {
                if let Event::Movement(movement) = event {
                    let account = posting.number(&movement.to)?;
                    posting.prepare_cached(query)?.execute(params![account, index])?;
                }
            }
        }
        CharityEvent::Used { payment, beneficiaries } => {
            let query = "UPDATE payouts SET evidence = ?3, helped = ?4 \
                         WHERE host = ?1 AND reference = ?2";
            let values = params![host, payment.as_str(), index, beneficiaries];
            posting.prepare_cached(query)?.execute(values)?;
        }
        _ => {}
    }
    Ok(())
}

fn enter_gift(
    posting: &Posting<'_>,
    host: &OrganizationCode,
    reference: &str,
    gift: &Donation,
) -> Result<(), IndexError> {
    let kept = match gift.voided {
        true => 0,
        false => gift.amount.checked_sub(gift.refunded).unwrap_or_default().get(),
    };
    let kept = stored("an amount", kept)?;
    let (donor_kind, donor) = match &gift.donor {
        Donor::Organization(code) => ("单位", Some(code.to_string())),
        Donor::Person(commitment) => ("自然人", Some(commitment.to_string())),
        Donor::Anonymous => ("匿名", None),
    };
    let query = "SELECT kept, restriction IS NOT NULL FROM gifts \
                 WHERE host = ?1 AND reference = ?2";
    let known: Option<(i64, bool)> = posting
        .prepare_cached(query)?
        .query_row(params![host.as_str(), reference], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let before = known.map(|(kept, _)| kept);
    let query = "INSERT INTO gifts (host, reference, fund, campaign, received_on, goods, amount, \
                 kept, restriction, voided, donor_kind, donor, record) \
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, 0) \
                 ON CONFLICT (host, reference) DO UPDATE SET kept = excluded.kept, \
                 restriction = excluded.restriction, voided = excluded.voided";
    posting.prepare_cached(query)?.execute(params![
        host.as_str(),
        reference,
        gift.fund.as_str(),
        gift.campaign.as_ref().map(|filing| filing.as_str()),
        gift.received_on.to_string(),
        gift.measure == book::Measure::Goods,
        stored("an amount", gift.amount.get())?,
        kept,
        gift.restriction.as_ref().map(|restriction| restriction.as_str()),
        gift.voided,
        donor_kind,
        donor,
    ])?;
    let more = kept.saturating_sub(before.unwrap_or(0));
    if let Some(filing) = &gift.campaign {
        let query = "UPDATE campaigns SET raised = raised + ?2, gifts = gifts + ?3 \
                     WHERE filing = ?1";
        let values = params![filing.as_str(), more, i64::from(before.is_none())];
        posting.prepare_cached(query)?.execute(values)?;
    }
    let month = Place { host, fund: gift.fund.as_str(), on: gift.received_on };
    let now = (kept, gift.restriction.is_some());
    if known != Some(now) {
        // A gift that is bound no longer counts as unrestricted from the beginning.
        let (kept_before, was_restricted) = known.unwrap_or_default();
        add_to_month(posting, &month, income(gift.measure, was_restricted), -kept_before);
        add_to_month(posting, &month, income(gift.measure, now.1), kept);
    }
    add(posting, host, gift.received_on, INCOME, more);
    Ok(())
}

/// What a gift counts as, in months.
const fn income(measure: book::Measure, is_restricted: bool) -> &'static str {
    match (measure, is_restricted) {
        (book::Measure::Goods, _) => "goods",
        (_, true) => "restricted",
        (_, false) => "unrestricted",
    }
}

/// What a payment counts as, in quarters.
pub const fn expense(expense: Expense) -> &'static str {
    match expense {
        Expense::Program => "program",
        Expense::Management => "management",
        Expense::Fundraising => "fundraising",
        Expense::Other => "other",
    }
}

fn enter_payout(
    posting: &Posting<'_>,
    host: OrganizationCode,
    reference: &Reference,
    payout: &Payout,
    reader: &dyn StateRead,
) -> Result<(), IndexError> {
    let id = AccountId::Payment { organization: host, reference: reference.clone() };
    let balance = book::account(reader, &id)?.map_or(0, |account| account.balance().get());
    let kept = stored("a balance", balance)?;
    let number = posting.number(&id)?;
    let (resolution, kind) = match &payout.reason {
        Reason::Spent { resolution, expense: kind } => (Some(resolution.as_str()), expense(*kind)),
        Reason::Ahead { expense: kind, .. } => (None, expense(*kind)),
        Reason::Refunded => (None, "refund"),
    };
    let query = "SELECT kept FROM payouts WHERE host = ?1 AND reference = ?2";
    let before: Option<i64> = posting
        .prepare_cached(query)?
        .query_row(params![host.as_str(), reference.as_str()], |row| row.get(0))
        .optional()?;
    let query = "INSERT INTO payouts (host, reference, account, fund, gift, resolution, expense, \
                 paid_on, kept, record) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, 0) \
                 ON CONFLICT (host, reference) DO UPDATE \
                 SET kept = excluded.kept, resolution = excluded.resolution";
    posting.prepare_cached(query)?.execute(params![
        host.as_str(),
        reference.as_str(),
        number,
        payout.fund.as_str(),
        payout.donation.as_ref().map(|gift| gift.as_str()),
        resolution,
        kind,
        payout.paid_on.to_string(),
        kept,
    ])?;
    if kind == "refund" {
        return Ok(());
    }
    let more = kept.saturating_sub(before.unwrap_or(0));
    let month = Place { host: &host, fund: payout.fund.as_str(), on: payout.paid_on };
    add_to_month(posting, &month, kind, more);
    add(posting, &host, payout.paid_on, kind, more);
    Ok(())
}

/// Whether a payment gave a gift back.
pub(super) fn is_refund(
    connection: &Connection,
    payment: account::AccountNumber,
) -> Result<bool, IndexError> {
    let query = "SELECT EXISTS (SELECT 1 FROM accounts a JOIN payouts p \
                 ON p.host = a.organization AND p.reference = a.name \
                 WHERE a.id = ?1 AND a.kind = 'payment' AND p.expense = 'refund')";
    Ok(connection.prepare_cached(query)?.query_row([payment], |row| row.get(0))?)
}

const QUARTERS: Sum = Sum("INSERT INTO charity_quarters VALUES (?1, ?2, ?3, ?4, ?5) \
     ON CONFLICT (host, year, quarter, kind) DO UPDATE \
     SET amount = charity_quarters.amount + excluded.amount");

const MONTHS: Sum = Sum("INSERT INTO charity_months VALUES (?1, ?2, ?3, ?4, ?5) \
     ON CONFLICT (host, fund, month, kind) DO UPDATE \
     SET amount = charity_months.amount + excluded.amount");

fn add(posting: &Posting<'_>, host: &OrganizationCode, on: Date, kind: &str, amount: i64) {
    let quarter = on.month().month().saturating_sub(1) / 3 + 1;
    let (year, quarter) = (i64::from(on.year()), i64::from(quarter));
    let key = [host.as_str().into(), year.into(), quarter.into(), kind.into()];
    posting.add(QUARTERS, key, &[amount]);
}

/// Where and when a charity got or spent something.
struct Place<'a> {
    host: &'a OrganizationCode,
    fund: &'a str,
    on: Date,
}

/// Adds to a month of the fund, of its charity and of all.
fn add_to_month(
    posting: &Posting<'_>,
    Place { host, fund, on }: &Place<'_>,
    kind: &str,
    amount: i64,
) {
    let month = on.month().to_string();
    for (host, fund) in [(host.as_str(), *fund), (host.as_str(), ""), ("", "")] {
        posting.add(MONTHS, [host, fund, &month, kind].map(Key::from), &[amount]);
    }
}

/// Adds what an account of a fund has more, or less, than before.
pub(super) fn add_balance(
    connection: &Connection,
    id: &AccountId,
    more: i64,
) -> Result<(), IndexError> {
    let AccountId::Line { holder, measure, fund, line, .. } = id else { return Ok(()) };
    let Some(reference) = fund.as_str().strip_prefix(FUND_MARK) else { return Ok(()) };
    let column = match measure {
        book::Measure::Quota => return Ok(()),
        book::Measure::Goods => "goods",
        _ if line.as_str() == POOL_LINE => "pool",
        _ => "restricted",
    };
    let query =
        format!("UPDATE charity_funds SET {column} = {column} + ?3 WHERE host = ?1 AND fund = ?2");
    connection.prepare_cached(&query)?.execute(params![holder.as_str(), reference, more])?;
    Ok(())
}

/// What an act of charity money is about.
pub(super) fn subjects(call: &charity::Call, author: &OrganizationCode) -> Vec<String> {
    use charity::Call;
    let fund = |reference: &str| format!("fund:{author}/{reference}");
    match call {
        Call::OpenFund(act) => vec![fund(act.fund.as_str())],
        Call::ChangeCommittee { fund: name, .. } | Call::TerminateFund { fund: name, .. } => {
            vec![fund(name.as_str())]
        }
        Call::FileCampaign(act) => {
            vec![fund(act.fund.as_str()), format!("campaign:{}", act.filing)]
        }
        Call::EndCampaign { filing, .. } => vec![format!("campaign:{filing}")],
        Call::Donate(act) => vec![fund(act.fund.as_str())],
        Call::Contribute(act) => vec![fund(act.gift.fund.as_str())],
        Call::PayAhead(act) => vec![fund(act.fund.as_str())],
        Call::Resolve(act) => vec![fund(act.fund.as_str())],
        Call::Disburse(act) => vec![fund(act.fund.as_str())],
        Call::TransferSurplus(act) => vec![fund(act.fund.as_str())],
        _ => Vec::new(),
    }
}
