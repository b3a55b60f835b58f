//! Movements of money, and the totals that they change.

use minglian_contracts::book::{AccountId, Movement};
use minglian_contracts::report::flow::day_of;
use minglian_ledger::date::Date;

use super::account::{AccountNumber, Attributes};
use super::act::{self, Act};
use super::posting::Posting;
use super::{IndexError, band, charity, crossing, state, stored, totals, trace};
use crate::database::{Connection, OptionalExtension, params};

/// Enters a movement and adds it to the totals. The lines that it touches are entered already.
pub(super) fn enter(
    posting: &Posting<'_>,
    index: u64,
    movement: &Movement,
    act: &Act,
    today: Date,
) -> Result<(), IndexError> {
    let from = match movement.from.account() {
        Some(from) => Some(posting.number(from)?),
        None => None,
    };
    let to = posting.number(&movement.to)?;
    let source = match from {
        Some(from) => posting.attributes(from)?,
        None => Attributes::default(),
    };
    let to_depth = posting.attributes(to)?.depth;
    let implied = from.map(|from| state::is_implied(posting, from)).transpose()?;
    let depths = (source.depth, to_depth);
    let mut flow = act::flow(movement, act.effective(), depths, implied.unwrap_or(false));
    if let ("returned", Some(from)) = (flow, from) {
        flow = returned(posting, from)?;
    }
    if movement.to.is_terminal() {
        // What was paid or voided counts for the line that it left.
        let depth = source.depth + 1;
        posting.set_attributes(to, Attributes { depth, ..source.clone() })?;
    }
    let attributes = match counts_where_it_left(flow) {
        true => source,
        false => posting.attributes(to)?,
    };
    let amount = stored("an amount", movement.amount().get())?;
    let mut statement = posting.prepare_cached(
        "INSERT INTO movements VALUES \
         (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)",
    )?;
    statement.execute(params![
        stored("a movement", movement.number.0)?,
        stored("a position", index)?,
        flow,
        attributes.measure,
        attributes.fund,
        attributes.level,
        attributes.category,
        attributes.notice,
        from,
        to,
        stored("a position", movement.to_interval.start())?,
        stored("a position", movement.to_interval.end())?,
        amount,
        minglian_contracts::schema::encode(movement),
    ])?;
    trace::enter(posting, movement, from)?;
    totals::add(posting, &attributes, flow, amount, 1);
    crossing::enter(posting, movement, (from, to), flow, amount)?;
    let day = day_of(act.events(), today);
    add_up(posting, movement, (from, to), flow, amount, day)
}

/// What money counts as that comes back from a payment: a refund that bounced is no spending less.
fn returned(connection: &Connection, payment: AccountNumber) -> Result<&'static str, IndexError> {
    let is_refund = charity::is_refund(connection, payment)?;
    Ok(if is_refund { "refund_returned" } else { "returned" })
}

/// Whether a flow counts for what the money left, and not for where it came.
fn counts_where_it_left(flow: &str) -> bool {
    matches!(
        flow,
        "carried"
            | "transferred_out"
            | "spent"
            | "refunded"
            | "remitted"
            | "voided"
            | "recovered"
            | "corrected_received"
            | "corrected_implied"
            | "carry_taken_back"
            | "allocation_taken_back"
            | "suballocation_taken_back"
    )
}

/// Adds a movement to the sums of places and organisations.
fn add_up(
    posting: &Posting<'_>,
    movement: &Movement,
    (from, to): (Option<AccountNumber>, AccountNumber),
    flow: &'static str,
    amount: i64,
    day: Date,
) -> Result<(), IndexError> {
    let goes_back = match from {
        Some(from) if flow.ends_with("allocation_taken_back") => {
            state::parent(posting, from)? == Some(to)
        }
        _ => false,
    };
    let leaves_corrections = match (movement.from.account(), from) {
        (Some(id), Some(number)) => holds_corrections(posting, id, number)?,
        _ => false,
    };
    let moved = band::Moved { movement, flow, goes_back, leaves_corrections, amount, day };
    band::moved(posting, (from, to), &moved)?;
    if flow.starts_with(act::CORRECTED_FLOW) {
        // It was never there: its holder has not had it, and finance has nothing from it.
        let holder = movement.from.account().map(AccountId::organization);
        let holder = holder.unwrap_or_else(|| movement.to.organization());
        totals::add_to_organization(posting, holder.as_str(), -amount, 0, 0);
    } else if goes_back {
        undo_for_organizations(posting, movement, amount);
    } else {
        count_for_organizations(posting, movement, flow, amount);
    }
    Ok(())
}

/// Whether an account holds what was taken back because too much had been entered: it is named so,
/// and its first money came so.
pub(super) fn holds_corrections(
    connection: &Connection,
    id: &AccountId,
    number: AccountNumber,
) -> Result<bool, IndexError> {
    if !act::is_correction(id) {
        return Ok(false);
    }
    let query = "SELECT flow FROM movements WHERE to_account = ?1 ORDER BY to_start LIMIT 1";
    let mut statement = connection.prepare_cached(query)?;
    let first: Option<String> = statement.query_row([number], |row| row.get(0)).optional()?;
    Ok(first.is_some_and(|flow| flow.starts_with(act::CORRECTED_FLOW)))
}

/// What a line gives back to the line from which it came: neither has had or given it.
fn undo_for_organizations(posting: &Posting<'_>, movement: &Movement, amount: i64) {
    let giver = movement.to.organization();
    if let Some(holder) = movement.from.account().map(AccountId::organization)
        && holder != giver
    {
        totals::add_to_organization(posting, holder.as_str(), -amount, 0, 0);
        totals::add_to_organization(posting, giver.as_str(), 0, -amount, 0);
    }
}

fn count_for_organizations(posting: &Posting<'_>, movement: &Movement, flow: &str, amount: i64) {
    let to = movement.to.organization();
    let from = movement.from.account().map(AccountId::organization);
    match (flow, from) {
        ("spent" | "remitted", _) => {
            totals::add_to_organization(posting, to.as_str(), 0, 0, amount);
        }
        // A gift that went back was never income.
        ("refunded", _) => totals::add_to_organization(posting, to.as_str(), -amount, 0, 0),
        ("refund_returned", _) => totals::add_to_organization(posting, to.as_str(), amount, 0, 0),
        ("returned", Some(from)) => {
            totals::add_to_organization(posting, from.as_str(), 0, 0, -amount);
        }
        (_, Some(from)) if from == to => {}
        (_, from) => {
            totals::add_to_organization(posting, to.as_str(), amount, 0, 0);
            if let Some(from) = from {
                totals::add_to_organization(posting, from.as_str(), 0, amount, 0);
            }
        }
    }
}
