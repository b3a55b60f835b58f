//! Resolutions of a fund's committee: what it decided, by which votes, and how much of it is used.

use borsh::{BorshDeserialize, BorshSerialize};
use minglian_ledger::date::Date;
use minglian_ledger::fen::Fen;
use minglian_ledger::hash::Commitment;
use minglian_ledger::text::Text;
use serde::{Deserialize, Serialize};

use super::Event;
use super::donation::Use;
use super::fund::{self, FundName, FundReference};
use super::kind::{self, Demand, MAJORITY, QUORUM};
use crate::allocation::check_date;
use crate::context::Context;
use crate::fault::Fault;
use crate::lottery::accrual::BASIS_POINTS;
use crate::refusal::{Code, Refusal};
use crate::schema::{self, State, Table};

/// Resolutions by fund and number.
pub const RESOLUTIONS: Table<(FundName, ResolutionNumber), Resolution> =
    Table::new(schema::prefix::CHARITY_FIRST + 8);

/// What a fund calls a resolution; used once.
pub type ResolutionNumber = Text<64>;

/// What a resolution is about.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Matter {
    /// Spending for a use.
    Disbursement,
    /// Another use of gifts.
    PurposeChange,
    /// What is left goes to another fund.
    Surplus,
    /// The fund ends.
    Termination,
}

/// How a committee voted.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize,
)]
pub struct Votes {
    /// 同意.
    pub in_favour: u16,
    /// 反对.
    pub against: u16,
    /// 弃权.
    pub abstained: u16,
}

impl Votes {
    /// How many members were present.
    pub fn present(self) -> u32 {
        [self.in_favour, self.against, self.abstained].into_iter().map(u32::from).sum()
    }
}

/// A resolution that is being entered.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct Resolve {
    /// The fund.
    pub fund: FundReference,
    /// Its number.
    pub number: ResolutionNumber,
    /// What it is about.
    pub matter: Matter,
    /// The use it decides on; for a change of use the new one, empty for none.
    pub purpose: Use,
    /// How much at most; zero only where nothing is to move.
    pub amount: Fen,
    /// The votes.
    pub votes: Votes,
    /// How many supervisors attended.
    pub supervisors: u16,
    /// The minutes, opinions of supervisors included, as a salted commitment.
    pub minutes: Commitment,
    /// The day of the meeting.
    pub occurred_on: Date,
}

/// A resolution.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct Resolution {
    /// What it is about.
    pub matter: Matter,
    /// The use it decides on.
    pub purpose: Use,
    /// How much at most.
    pub amount: Fen,
    /// How much was moved under it and has not come back; if it was not carried, to how much of
    /// what was paid ahead it did not agree.
    pub used: Fen,
    /// The votes.
    pub votes: Votes,
    /// Whether it was carried.
    pub carried: bool,
    /// The minutes.
    pub minutes: Commitment,
    /// The day of the meeting.
    pub decided_on: Date,
}

pub(super) fn resolve(
    act: &Resolve,
    state: &mut State<'_>,
    context: &mut Context<'_>,
) -> Result<(), Fault> {
    let Resolve { number, matter, purpose, amount, votes, occurred_on, .. } = act;
    check_date(context, *occurred_on)?;
    let name = fund::own(&act.fund, context);
    // What comes back to a fund after its end is surplus too.
    let fund = match matter {
        Matter::Surplus => fund::find(state, &name)?,
        _ => fund::find_open(state, &name, *occurred_on)?,
    };
    fund::require_not_before(fund.opened_on, *occurred_on)?;
    if number.is_empty() || (*matter == Matter::Disbursement && purpose.is_empty()) {
        return Err(Refusal::new(Code::ReferenceMissing, &act.fund).into());
    }
    if amount.is_zero() && *matter != Matter::Termination {
        return Err(Refusal::new(Code::AmountZero, number).into());
    }
    let key = (name, number.clone());
    if RESOLUTIONS.contains(state, &key)? {
        return Err(Refusal::new(Code::ResolutionExists, number).into());
    }
    check_meeting(act, &fund, state, context)?;
    let majority = kind::judge(MAJORITY, *occurred_on, state, context)?;
    let resolution = Resolution {
        matter: *matter,
        purpose: purpose.clone(),
        amount: *amount,
        used: Fen::ZERO,
        votes: *votes,
        carried: share(votes.in_favour.into()) > u64::from(votes.present()) * u64::from(majority),
        minutes: act.minutes,
        decided_on: *occurred_on,
    };
    RESOLUTIONS.put(state, &key, &resolution);
    let (fund, carried) = (act.fund.clone(), resolution.carried);
    context.emit(Event::Resolved { fund, resolution: number.clone(), carried });
    Ok(())
}

/// A count in units of which the whole is as many as a basis-point share of it is multiplied by.
fn share(count: u32) -> u64 {
    u64::from(count) * u64::from(BASIS_POINTS)
}

fn check_meeting(
    act: &Resolve,
    fund: &fund::Fund,
    state: &State<'_>,
    context: &mut Context<'_>,
) -> Result<(), Fault> {
    let Resolve { votes, supervisors, occurred_on, .. } = act;
    let (members, known) = (fund.committee.members.len(), fund.committee.supervisors.len());
    let present = votes.present();
    if present as usize > members || usize::from(*supervisors) > known {
        let detail =
            format!("{present} of {members} members, {supervisors} of {known} supervisors");
        return Err(Refusal::new(Code::VotesInvalid, detail).into());
    }
    let quorum = kind::judge(QUORUM, *occurred_on, state, context)?;
    if share(present) < members as u64 * u64::from(quorum) || present == 0 {
        let detail = format!("{present} of {members} members, {quorum} basis points are needed");
        return Err(Refusal::new(Code::QuorumMissing, detail).into());
    }
    let fewest = Demand::Supervisors.of(fund.kind, *occurred_on, state, context)?;
    if u32::from(*supervisors) < fewest {
        let detail = format!("{supervisors} attended, at least {fewest}");
        return Err(Refusal::new(Code::SupervisorMissing, detail).into());
    }
    Ok(())
}

/// Uses `amount` of a resolution on `matter`; the resolution after that.
///
/// # Errors
/// [`Code::ResolutionUnknown`], [`Code::ResolutionNotCarried`], [`Code::ResolutionMatter`],
/// [`Code::DateOrder`], [`Code::ResolutionExceeded`].
pub(super) fn use_up(
    fund: &FundName,
    number: &ResolutionNumber,
    matter: Matter,
    amount: Fen,
    date: Date,
    state: &mut State<'_>,
) -> Result<Resolution, Fault> {
    let (key, mut resolution) = find(fund, number, state)?;
    if !resolution.carried {
        return Err(Refusal::new(Code::ResolutionNotCarried, number).into());
    }
    if resolution.matter != matter {
        let detail = format!("{number} is on {:?}", resolution.matter);
        return Err(Refusal::new(Code::ResolutionMatter, detail).into());
    }
    fund::require_not_before(resolution.decided_on, date)?;
    resolution.take(amount)?;
    RESOLUTIONS.put(state, &key, &resolution);
    Ok(resolution)
}

/// Uses `amount` of a resolution, carried or not, on what was paid before it.
///
/// # Errors
/// [`Code::ResolutionUnknown`], [`Code::ResolutionExceeded`].
pub(super) fn decide_on(
    fund: &FundName,
    number: &ResolutionNumber,
    amount: Fen,
    state: &mut State<'_>,
) -> Result<(), Fault> {
    let (key, mut resolution) = find(fund, number, state)?;
    resolution.take(amount)?;
    RESOLUTIONS.put(state, &key, &resolution);
    Ok(())
}

impl Resolution {
    fn take(&mut self, amount: Fen) -> Result<(), Refusal> {
        let used = self.used.checked_add(amount).filter(|used| *used <= self.amount);
        let Some(used) = used else {
            let detail = format!("{amount} after {} of {}", self.used, self.amount);
            return Err(Refusal::new(Code::ResolutionExceeded, detail));
        };
        self.used = used;
        Ok(())
    }
}

/// What was moved under a resolution came back; the resolution after that.
pub(super) fn give_back(
    fund: &FundName,
    number: &ResolutionNumber,
    amount: Fen,
    state: &mut State<'_>,
) -> Result<Resolution, Fault> {
    let (key, mut resolution) = find(fund, number, state)?;
    resolution.used = resolution.used.checked_sub(amount).unwrap_or_default();
    RESOLUTIONS.put(state, &key, &resolution);
    Ok(resolution)
}

/// The resolution of this number, with its key.
///
/// # Errors
/// [`Code::ResolutionUnknown`].
pub(super) fn find(
    fund: &FundName,
    number: &ResolutionNumber,
    state: &State<'_>,
) -> Result<((FundName, ResolutionNumber), Resolution), Fault> {
    let key = (fund.clone(), number.clone());
    let unknown = || Refusal::new(Code::ResolutionUnknown, format!("{} {number}", fund.fund));
    let resolution = RESOLUTIONS.get(state, &key)?.ok_or_else(unknown)?;
    Ok((key, resolution))
}
