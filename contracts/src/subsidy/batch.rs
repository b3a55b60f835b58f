//! Batches: what is submitted, and what is known of it.

use borsh::{BorshDeserialize, BorshSerialize};
use minglian_ledger::date::{Date, Month};
use minglian_ledger::fen::Fen;
use minglian_ledger::height::{LogIndex, TimeMs};
use minglian_ledger::organization_code::OrganizationCode;
use minglian_ledger::state::{Changes, StateError, StateRead};
use minglian_ledger::subsidy::batch::{BatchHeader, BatchKind, BatchName, SealedBatch};
use minglian_ledger::subsidy::domain::BatchId;
use serde::{Deserialize, Serialize};

use super::Event;
use super::custody::{self, CustodyReceipt};
use super::money::{self, LotSource};
use super::programme::{self, PROGRAMMES, Terms};
use super::returned::Returned;
use super::verdict::Finding;
use crate::allocation::check_date;
use crate::context::Context;
use crate::enrolment::list;
use crate::fault::Fault;
use crate::parameter;
use crate::refusal::{Code, Refusal};
use crate::registry;
use crate::schema::{self, State, Table};

/// Batches by their id.
pub const BATCHES: Table<BatchId, Batch> = Table::new(BATCHES_PREFIX);

const BATCHES_PREFIX: u8 = schema::prefix::SUBSIDY_FIRST + 3;

/// The newest attempt of each batch: whether a county has paid a period of a programme.
pub const PAID: Table<PaidName, BatchId> = Table::new(schema::prefix::SUBSIDY_FIRST + 4);

/// The parameter that says for how many hours a batch waits for verdicts.
pub const VERDICT_HOURS: &str = "subsidy.verdict_hours";

/// What holds without the parameter.
pub const VERDICT_HOURS_DEFAULT: u64 = 72;

/// By how much the number of an attempt may exceed the one before: a county that has shown leaves
/// of a batch that it never submitted does not use their blinding factors again.
pub const ATTEMPTS_AHEAD_MAX: u32 = 64;

const HOUR_MS: u64 = 3_600_000;

/// What is paid once: by a county, of a programme, for a period, as the main or a numbered other
/// batch.
pub type PaidName = (OrganizationCode, u16, Month, BatchKind);

/// Submits a batch.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct Submit {
    /// The header with its proofs.
    pub sealed: SealedBatch,
    /// Where each lot of the header is, in their order.
    pub sources: Vec<LotSource>,
    /// Who keeps the envelopes, in the order of their codes.
    pub custody: Vec<CustodyReceipt>,
    /// The day.
    pub occurred_on: Date,
}

/// What a batch is about.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub enum Content {
    /// It pays.
    Payment {
        /// The header with its proofs.
        sealed: SealedBatch,
        /// Where each lot of the header was, in their order.
        sources: Vec<LotSource>,
    },
    /// Payments came back.
    Return(Returned),
}

/// What became of a batch.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// It waits for verdicts.
    Pending,
    /// It is found valid.
    Applied,
    /// It is found invalid.
    Rejected,
    /// Its time was over before it was found either.
    Expired,
}

/// A batch as the state has it.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Batch {
    /// What it is.
    pub name: BatchName,
    /// What it is about.
    pub content: Content,
    /// The record that submitted it.
    pub record: LogIndex,
    /// The last instant at which a verdict counts.
    pub due: TimeMs,
    /// The findings that were counted when it was settled or last looked at.
    pub findings: Vec<(OrganizationCode, Finding)>,
    /// What became of it.
    pub standing: Standing,
}

impl Batch {
    /// What it pays, or what came back by it.
    pub fn total(&self) -> Fen {
        match &self.content {
            Content::Payment { sealed, .. } => sealed.header.total,
            Content::Return(returned) => returned.total,
        }
    }
}

pub(super) fn submit(
    act: &Submit,
    state: &mut State<'_>,
    context: &mut Context<'_>,
) -> Result<(), Fault> {
    let header = &act.sealed.header;
    check_date(context, act.occurred_on)?;
    header.check().map_err(|error| Refusal::new(Code::BatchInvalid, error))?;
    check_name(&header.name, context)?;
    let terms = check_programme(header, act.occurred_on, state)?;
    check_list(header, &terms, state)?;
    check_kind(header, &terms, state)?;
    check_attempt(&header.name, state)?;
    custody::check(&act.custody, header, state, context)?;
    money::hold(&act.sealed, &act.sources, act.occurred_on, state, context)?;
    let content = Content::Payment { sealed: act.sealed.clone(), sources: act.sources.clone() };
    enter(header.name.clone(), content, header.leaves, act.occurred_on, state, context)?;
    let number = header.name.programme;
    let mut programme = programme::find(number, state)?;
    programme.latest_period = programme.latest_period.max(Some(header.name.period));
    PROGRAMMES.put(state, &number, &programme);
    Ok(())
}

/// Whether the ledger has this batch as one that waits or is applied, or may still take it: what
/// is kept for it is kept until then.
///
/// # Errors
/// [`StateError`] if the state cannot be read.
pub fn may_count(reader: &dyn StateRead, name: &BatchName) -> Result<bool, StateError> {
    if let Some(batch) = BATCHES.get(reader, &name.id())? {
        return Ok(matches!(batch.standing, Standing::Pending | Standing::Applied));
    }
    let key = (name.county, name.programme, name.period, name.kind);
    let Some(newest) = PAID.get(reader, &key)? else { return Ok(true) };
    let newest = BATCHES.get(reader, &newest)?;
    Ok(newest.is_none_or(|newest| {
        newest.standing != Standing::Applied && newest.name.attempt < name.attempt
    }))
}

/// The batches that a block submitted or changed, by its changes to the state.
pub fn changed(changes: &Changes) -> Vec<BatchId> {
    let keys = changes.range(vec![BATCHES_PREFIX]..vec![BATCHES_PREFIX + 1]);
    keys.filter_map(|(key, _)| borsh::from_slice(&key[1..]).ok()).collect()
}

/// Refuses a name of another chain or county.
pub(super) fn check_name(name: &BatchName, context: &Context<'_>) -> Result<(), Refusal> {
    if name.chain_id != context.block.chain_id {
        return Err(Refusal::new(Code::BatchOfOtherChain, &name.chain_id));
    }
    if name.county != context.author.organization {
        return Err(Refusal::new(Code::NotYourOrganization, name.county));
    }
    Ok(())
}

/// Enters a batch whose attempt was checked: it waits for verdicts, the newest of its name.
pub(super) fn enter(
    name: BatchName,
    content: Content,
    leaves: u32,
    occurred_on: Date,
    state: &mut State<'_>,
    context: &mut Context<'_>,
) -> Result<(), Fault> {
    let batch = name.id();
    let BatchName { county, programme, period, kind, .. } = name;
    let hours = parameter::judge_if_set(state, context, VERDICT_HOURS, occurred_on)?
        .and_then(|hours| u64::try_from(hours).ok())
        .unwrap_or(VERDICT_HOURS_DEFAULT);
    let due = context.block.time_ms.0.saturating_add(hours.saturating_mul(HOUR_MS));
    let due = TimeMs(due);
    let (record, findings, standing) = (context.index, Vec::new(), Standing::Pending);
    let entered = Batch { name, content, record, due, findings, standing };
    let total = entered.total();
    PAID.put(state, &(county, programme, period, kind), &batch);
    BATCHES.put(state, &batch, &entered);
    context.emit(Event::Submitted { batch, county, programme, period, kind, leaves, total, due });
    Ok(())
}

/// The batch, whatever became of it.
///
/// # Errors
/// [`Code::BatchUnknown`].
pub(super) fn find(batch: &BatchId, state: &State<'_>) -> Result<Batch, Fault> {
    let unknown = || Refusal::new(Code::BatchUnknown, batch).into();
    BATCHES.get(state, batch)?.ok_or_else(unknown)
}

/// Refuses unless the programme is one that the county pays, the period one of its own that has
/// begun, and the standards those in force.
fn check_programme(
    header: &BatchHeader,
    occurred_on: Date,
    state: &State<'_>,
) -> Result<Terms, Fault> {
    let BatchName { county, programme: number, period, .. } = header.name;
    let programme = programme::find(number, state)?;
    let owner = registry::organization(state, &programme.owner)?.division;
    let division = registry::organization(state, &county)?.division;
    if !owner.contains(division) {
        let detail = format!("{county} is in {division}, the programme is of {owner}");
        return Err(Refusal::new(Code::DivisionOutside, detail).into());
    }
    if header.group != programme.group || header.epoch != period.year() {
        let detail = format!("group {} and year {}", header.group, header.epoch);
        return Err(Refusal::new(Code::GroupDiffers, detail).into());
    }
    programme.length.check(period, occurred_on)?;
    programme::in_force(number, header.standards_version, period, state)
}

/// Refuses unless the batch has a leaf for each handle that the enrolment list had when it was cut
/// off, and enough of them.
fn check_list(header: &BatchHeader, terms: &Terms, state: &State<'_>) -> Result<(), Fault> {
    let BatchName { county, programme, .. } = header.name;
    let list = list::list(state, &county, programme, header.epoch)?;
    if let Some(list) = list.filter(|list| list.group != header.group) {
        let detail = format!("the list is of group {}", list.group);
        return Err(Refusal::new(Code::GroupDiffers, detail).into());
    }
    let found = list::root_at(state, &county, programme, header.epoch, header.leaves)?;
    if found.is_none_or(|found| found.root != header.enrolment_root) {
        let detail = format!("no list of {} handles with this root", header.leaves);
        return Err(Refusal::new(Code::EnrolmentListDiffers, detail).into());
    }
    if header.leaves < terms.handles_min {
        let detail = format!("{} handles, at least {}", header.leaves, terms.handles_min);
        return Err(Refusal::new(Code::HandlesTooFew, detail).into());
    }
    Ok(())
}

/// Refuses a supplementary batch before the ones it supplements are applied, one over a shorter
/// list, and any where the programme does not say what all batches together may pay.
fn check_kind(header: &BatchHeader, terms: &Terms, state: &State<'_>) -> Result<(), Fault> {
    let name = &header.name;
    let wrong = |why: &str| Err(Refusal::new(Code::BatchKindWrong, why).into());
    let number = match name.kind {
        BatchKind::Main => return Ok(()),
        BatchKind::Return(_) => return wrong("a return is stated by an act of its own"),
        BatchKind::Supplementary(number) => number,
    };
    if terms.cumulative.is_none() {
        return wrong("the standards do not say what all batches together may pay");
    }
    let before = match number {
        0 => return wrong("supplementary batches count from 1"),
        1 => BatchKind::Main,
        _ => BatchKind::Supplementary(number.saturating_sub(1)),
    };
    let Some(before) = newest(name, before, state)? else {
        return wrong("the batch before it was never submitted");
    };
    match before.content {
        Content::Payment { sealed, .. }
            if before.standing == Standing::Applied && sealed.header.leaves <= header.leaves =>
        {
            Ok(())
        }
        _ => wrong("the batch before it is not applied, or has more leaves"),
    }
}

/// The newest attempt of the batch of this kind for the county, programme and period of `name`.
pub(super) fn newest(
    name: &BatchName,
    kind: BatchKind,
    state: &State<'_>,
) -> Result<Option<Batch>, Fault> {
    let key = (name.county, name.programme, name.period, kind);
    let Some(batch) = PAID.get(state, &key)? else { return Ok(None) };
    find(&batch, state).map(Some)
}

/// Refuses a batch whose like is pending or applied, and a number of an attempt that was used or
/// leads nowhere.
///
/// # Errors
/// [`Code::PeriodPaid`], [`Code::AttemptTaken`].
pub(super) fn check_attempt(name: &BatchName, state: &State<'_>) -> Result<(), Fault> {
    let newest = newest(name, name.kind, state)?;
    if let Some(known) = &newest
        && matches!(known.standing, Standing::Pending | Standing::Applied)
    {
        let detail = format!("{} is {:?}", known.name.id(), known.standing);
        return Err(Refusal::new(Code::PeriodPaid, detail).into());
    }
    // No attempt follows the greatest number.
    let next = newest.map_or(Some(0), |known| known.name.attempt.checked_add(1));
    let ahead = next.and_then(|next| name.attempt.checked_sub(next));
    if ahead.is_some_and(|ahead| ahead <= ATTEMPTS_AHEAD_MAX) {
        return Ok(());
    }
    let detail = format!("attempt {}, the next is {next:?}", name.attempt);
    Err(Refusal::new(Code::AttemptTaken, detail).into())
}
