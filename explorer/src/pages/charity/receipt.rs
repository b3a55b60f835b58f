//! 捐赠回执查询: the donor types what stands on the receipt and sees where the gift is now.
//!
//! The code travels in the body of a request, so that it stands in no address, history or log, and
//! nothing of it is kept. The ledger holds its salted hash only; 128 bits cannot be guessed.

use askama::Template;
use axum::Form;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use data_encoding::HEXLOWER_PERMISSIVE;
use minglian_contracts::book::Interval;
use minglian_contracts::charity::disbursement::Reason;
use minglian_contracts::charity::donation::receipt_code;
use minglian_contracts::charity::path::{self, Given, Paid};
use minglian_contracts::charity::resolution::Votes;
use minglian_contracts::payment::{Reference, Status};
use minglian_contracts::trace::aggregate::Aggregate;
use minglian_contracts::trace::{Cursor, Direction};
use minglian_contracts::words::Names;
use serde::Deserialize;

use super::gifts::{GiftRow, PayoutRow, gifts, payouts};
use crate::database::Connection;
use crate::index::mirror::Mirror;
use crate::index::{account, read};
use crate::money::Money;
use crate::pages::escape;
use crate::pages::trace::{self, End, Flow};
use crate::web::{App, Frame, PageError, PageResult};

/// What the donor types. Never shown, logged or kept.
#[derive(Deserialize)]
pub struct Typed {
    code: String,
    salt: String,
}

/// A payment that the gift reached.
struct Reached {
    payout: PayoutRow,
    amount: Money,
    decision: Option<Decision>,
    /// Whether it was paid before the committee agreed.
    is_ahead: bool,
    bank: &'static str,
    bank_on: String,
    feedback: Option<Feedback>,
}

/// The resolution under which a payment was made.
struct Decision {
    number: String,
    decided_on: String,
    votes: Votes,
}

/// What the donor was told.
struct Feedback {
    told_on: String,
    record: u64,
}

/// A gift and its way.
struct Found {
    gift: GiftRow,
    charity: String,
    charity_code: String,
    fund: String,
    fund_link: String,
    interval: String,
    flows: Vec<Flow>,
    reached: Vec<Reached>,
    rests: Vec<End>,
    spent: Money,
    left: Money,
    is_summed: bool,
}

/// What the page says.
enum Answer {
    /// Nothing was asked yet.
    Nothing,
    /// What was typed is no code.
    Malformed,
    /// No gift has this code.
    Unknown,
    /// The gift; several if another charity has entered the code too.
    Found(Vec<Found>),
}

#[derive(Template)]
#[template(path = "receipt.html")]
struct Receipt {
    frame: Frame,
    answer: Answer,
}

/// `GET /receipt`.
pub async fn form(State(app): State<App>) -> PageResult {
    app.page(|_, frame| Ok(Receipt { frame, answer: Answer::Nothing })).await
}

/// `POST /receipt`.
pub async fn answer(State(app): State<App>, Form(typed): Form<Typed>) -> Response {
    let both = parsed(&typed);
    let page = app
        .page(move |connection, frame| {
            let answer = match both {
                None => Answer::Malformed,
                Some((code, salt)) => {
                    let found = find(connection, &code, &salt)?;
                    if found.is_empty() { Answer::Unknown } else { Answer::Found(found) }
                }
            };
            Ok(Receipt { frame, answer })
        })
        .await;
    ([(header::CACHE_CONTROL, "no-store")], page).into_response()
}

/// The code and its salt, each in its field or, as they are printed together, both in the first.
fn parsed(typed: &Typed) -> Option<([u8; 16], [u8; 16])> {
    let digits: String = typed.code.chars().filter(|it| !is_gap(*it)).collect();
    match digits.split_at_checked(CODE_DIGITS) {
        Some((code, salt)) if salt.len() == CODE_DIGITS && typed.salt.chars().all(is_gap) => {
            parse(code).zip(parse(salt))
        }
        _ => parse(&digits).zip(parse(&typed.salt)),
    }
}

/// How many digits a code has, and as many its salt.
const CODE_DIGITS: usize = 32;

fn is_gap(letter: char) -> bool {
    letter.is_whitespace() || letter == '-'
}

/// Sixteen bytes, as they are printed: hexadecimal, with or without gaps.
fn parse(text: &str) -> Option<[u8; 16]> {
    let digits: String = text.chars().filter(|it| !is_gap(*it)).collect();
    HEXLOWER_PERMISSIVE.decode(digits.as_bytes()).ok()?.try_into().ok()
}

/// Every gift of this code, with its charity: whoever saw the hash in the log could enter it too,
/// and the receipt says whose the donor's is.
fn find(
    connection: &Connection,
    code: &[u8; 16],
    salt: &[u8; 16],
) -> Result<Vec<Found>, PageError> {
    let known = path::find(&Mirror(connection), &receipt_code(salt, code), None)?;
    known.iter().filter_map(|given| of_charity(connection, given).transpose()).collect()
}

fn of_charity(connection: &Connection, given: &Given) -> Result<Option<Found>, PageError> {
    let host = given.charity;
    let rest = "WHERE g.host = ?1 AND g.reference = ?2";
    let values = vec![host.to_string().into(), given.reference.to_string().into()];
    let Some(gift) = gifts(connection, rest, values)?.pop() else { return Ok(None) };
    let query = "SELECT g.fund, coalesce(f.name, g.fund) FROM gifts g \
                 LEFT JOIN charity_funds f ON f.host = g.host AND f.fund = g.fund WHERE g.id = ?1";
    let (fund, fund_name): (String, String) = connection
        .prepare_cached(query)?
        .query_row([gift.id], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let mut found = Found {
        charity: read::names(connection).organization(&host),
        charity_code: host.to_string(),
        fund: fund_name,
        fund_link: format!("/charities/{host}/funds/{}", escape(&fund)),
        gift,
        interval: String::new(),
        flows: Vec::new(),
        reached: Vec::new(),
        rests: Vec::new(),
        spent: Money::default(),
        left: Money::default(),
        is_summed: true,
    };
    follow(connection, given, &mut found)?;
    Ok(Some(found))
}

/// Follows every fen of the gift from where it came in.
fn follow(connection: &Connection, given: &Given, found: &mut Found) -> Result<(), PageError> {
    let Some((number, start)) = found.gift.place else { return Ok(()) };
    let Some(id) = account::identity(connection, number)? else { return Ok(()) };
    let end = start.saturating_add(found.gift.amount.as_fen());
    let Some(interval) = Interval::new(crate::index::count(start), crate::index::count(end)) else {
        return Ok(());
    };
    found.interval = read::interval(interval);
    let whole =
        trace::follow(connection, Cursor::new(id, interval, Direction::Down), trace::SUMMED_MAX)?;
    let mut sums = Aggregate::default();
    sums.add(&whole);
    found.is_summed = whole.next.is_none();
    found.flows = trace::flows(connection, &sums)?;
    for end in trace::ends(connection, &sums)? {
        let rest = "WHERE p.account = ?1 AND p.host = ?2";
        let values = vec![end.place.account.unwrap_or(0).into(), given.charity.to_string().into()];
        match payouts(connection, rest, values)?.pop() {
            Some(payout) => {
                found.spent = found.spent.plus(end.amount);
                found.reached.push(reached(connection, given, payout, end.amount)?);
            }
            None => {
                found.left = found.left.plus(end.amount);
                found.rests.push(end);
            }
        }
    }
    Ok(())
}

/// What the ledger says of a payment: decision, bank result and what the donor was told.
fn reached(
    connection: &Connection,
    given: &Given,
    payout: PayoutRow,
    amount: Money,
) -> Result<Reached, PageError> {
    let known = match Reference::new(payout.reference.as_str()) {
        Ok(reference) => given.paid(&Mirror(connection), given.charity, &reference)?,
        Err(_) => None,
    };
    let (bank, bank_on) = match known.as_ref().and_then(|known| known.bank) {
        Some(Status::Paid(on)) => ("银行已支付", on.to_string()),
        Some(Status::Failed(on)) => ("银行退票", on.to_string()),
        Some(Status::Corrected(on)) => ("系错录,已冲正", on.to_string()),
        None => ("尚未登记", String::new()),
    };
    let is_ahead =
        known.as_ref().is_some_and(|known| matches!(known.payout.reason, Reason::Ahead { .. }));
    let decision = known.as_ref().and_then(|known| decision(&payout, known));
    let feedback = known
        .and_then(|known| known.feedback)
        .map(|told| Feedback { told_on: told.told_on.to_string(), record: told.record.0 });
    Ok(Reached { payout, amount, decision, is_ahead, bank, bank_on, feedback })
}

fn decision(payout: &PayoutRow, known: &Paid) -> Option<Decision> {
    let resolution = known.resolution.as_ref()?;
    Some(Decision {
        number: payout.resolution.clone(),
        decided_on: resolution.decided_on.to_string(),
        votes: resolution.votes,
    })
}
