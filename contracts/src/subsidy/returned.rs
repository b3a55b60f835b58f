//! Payments that the bank sent back: which leaves of an applied batch, and how much in all.
//!
//! The validators verify that the leaves come to the total, as they verify a batch. A leaf that is
//! stated to have come back is marked at once, and no other act can state it; it is free again if
//! the return is rejected or expires. Marks are bits, a key for each chunk of leaves, so an act
//! reads and writes no more keys than it names leaves.

use borsh::{BorshDeserialize, BorshSerialize};
use minglian_ledger::date::Date;
use minglian_ledger::fen::Fen;
use minglian_ledger::subsidy::balance::BalanceProof;
use minglian_ledger::subsidy::batch::{BatchKind, BatchName};
use minglian_ledger::subsidy::domain::BatchId;
use minglian_ledger::subsidy::tree::CHUNK_LEAVES;
use serde::{Deserialize, Serialize};

use super::batch::{self, Batch, Content, Standing};
use super::money;
use crate::allocation::check_date;
use crate::context::Context;
use crate::fault::Fault;
use crate::refusal::{Code, Refusal};
use crate::schema::{self, State, Table};

/// Which leaves of a chunk of a batch came back, a bit for each, the lowest first.
pub const RETURNED: Table<(BatchId, u32), Vec<u8>> = Table::new(schema::prefix::SUBSIDY_FIRST + 5);

/// Most leaves that one act states to have come back.
pub const INDEXES_MAX: usize = 256;

/// States which payments of an applied batch came back.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct Return {
    /// The batch that paid.
    pub batch: BatchId,
    /// Counts the returns of the county's programme and period from 1.
    pub number: u16,
    /// Counts on when the return is stated again.
    pub attempt: u32,
    /// The leaves, ascending.
    pub indexes: Vec<u32>,
    /// What they come to.
    pub total: Fen,
    /// The proof of that.
    pub balance: BalanceProof,
    /// The day.
    pub occurred_on: Date,
}

/// A return as the state has it.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Returned {
    /// The batch that paid.
    pub of: BatchId,
    /// The leaves, ascending.
    pub indexes: Vec<u32>,
    /// What they come to.
    pub total: Fen,
    /// The proof of that.
    pub balance: BalanceProof,
}

pub(super) fn submit(
    act: &Return,
    state: &mut State<'_>,
    context: &mut Context<'_>,
) -> Result<(), Fault> {
    let Return { batch: of, number, attempt, indexes, total, balance, occurred_on } = act;
    check_date(context, *occurred_on)?;
    let paid = find_applied(of, state)?;
    batch::check_name(&paid.name, context)?;
    let Content::Payment { sealed, sources } = &paid.content else {
        return Err(Refusal::new(Code::BatchNotApplied, "a return").into());
    };
    check_indexes(indexes, sealed.header.leaves)?;
    if total.is_zero() {
        return Err(Refusal::new(Code::AmountZero, of).into());
    }
    let mut left = Fen::ZERO;
    for lot in 0..sources.len() {
        left = left.checked_add(money::held(&paid.name, lot, state)?).unwrap_or(Fen::MAX);
    }
    if left < *total {
        let detail = format!("{total} of {left}");
        return Err(Refusal::new(Code::ReturnExceeded, detail).into());
    }
    let name =
        BatchName { kind: BatchKind::Return(*number), attempt: *attempt, ..paid.name.clone() };
    check_order(&name, *number, state)?;
    batch::check_attempt(&name, state)?;
    mark(of, indexes, true, state)?;
    let leaves = u32::try_from(indexes.len()).unwrap_or(u32::MAX);
    let returned = Returned { of: *of, indexes: indexes.clone(), total: *total, balance: *balance };
    batch::enter(name, Content::Return(returned), leaves, *occurred_on, state, context)
}

/// Credits what came back to the lines of the batch.
pub(super) fn apply(
    returned: &Returned,
    state: &mut State<'_>,
    context: &mut Context<'_>,
) -> Result<(), Fault> {
    let paid = batch::find(&returned.of, state)?;
    let Content::Payment { sources, .. } = &paid.content else { return Ok(()) };
    money::give_back(&paid.name, sources, returned.total, state, context)
}

/// Takes the marks of a return back that does not hold.
pub(super) fn forget(returned: &Returned, state: &mut State<'_>) -> Result<(), Fault> {
    mark(&returned.of, &returned.indexes, false, state)
}

fn find_applied(of: &BatchId, state: &State<'_>) -> Result<Batch, Fault> {
    let found = batch::find(of, state)?;
    if found.standing == Standing::Applied {
        return Ok(found);
    }
    let detail = format!("{of}: {:?}", found.standing);
    Err(Refusal::new(Code::BatchNotApplied, detail).into())
}

fn check_indexes(indexes: &[u32], leaves: u32) -> Result<(), Refusal> {
    let ascend = indexes.windows(2).all(|pair| matches!(pair, [a, b] if a < b));
    let inside = indexes.last().is_some_and(|last| *last < leaves);
    if ascend && inside && indexes.len() <= INDEXES_MAX {
        return Ok(());
    }
    let detail = format!("{} of {leaves} leaves", indexes.len());
    Err(Refusal::new(Code::ReturnInvalid, detail))
}

/// Returns count from 1, each after the one before was applied: so one waits at most.
fn check_order(name: &BatchName, number: u16, state: &State<'_>) -> Result<(), Fault> {
    let wrong = |why: &str| Err(Refusal::new(Code::BatchKindWrong, why).into());
    let Some(before) = number.checked_sub(1) else { return wrong("returns count from 1") };
    if before == 0 {
        return Ok(());
    }
    match batch::newest(name, BatchKind::Return(before), state)? {
        Some(known) if known.standing == Standing::Applied => Ok(()),
        _ => wrong("the return before it is not applied"),
    }
}

/// Marks leaves as come back, or takes the marks back.
fn mark(of: &BatchId, indexes: &[u32], set: bool, state: &mut State<'_>) -> Result<(), Fault> {
    let in_one = |a: &u32, b: &u32| a / CHUNK_LEAVES == b / CHUNK_LEAVES;
    for part in indexes.chunk_by(in_one) {
        let Some(first) = part.first() else { continue };
        let key = (*of, first / CHUNK_LEAVES);
        let mut bits = RETURNED.get(state, &key)?.unwrap_or_default();
        // 512 bytes.
        bits.resize((CHUNK_LEAVES / 8) as usize, 0);
        for index in part {
            let place = index % CHUNK_LEAVES;
            let (byte, bit) = ((place / 8) as usize, 1_u8 << (place % 8));
            let Some(byte) = bits.get_mut(byte) else { continue };
            if set && *byte & bit != 0 {
                return Err(Refusal::new(Code::AlreadyReturned, format!("leaf {index}")).into());
            }
            *byte = if set { *byte | bit } else { *byte & !bit };
        }
        RETURNED.put(state, &key, &bits);
    }
    Ok(())
}
