//! A payment is reversed only where the corrected one will stand: both together, or neither.
//!
//! Whoever can sign the reversal to its end and not the new payment does neither. A reversal that
//! stops for an officer whose key is not at hand takes effect when that officer says so.
//!
//! What remains of a plan is reckoned through against what the ledger says is left, in the order in
//! which it would be sent. Where a payment would not be made again, what takes quota back from its
//! line is left out first, then the payment's own correction.

use std::collections::{BTreeMap, BTreeSet};

use minglian_contracts::allocation::{self, LineName};
use minglian_contracts::call::Call;
use minglian_contracts::payment;
use minglian_ledger::fen::Fen;
use minglian_ledger::genesis::Role;

use super::super::plan::{Act, Stage};
use super::{Run, RunError};

/// What is left of each line, and how much each payment that is to be reversed gives back.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Room {
    lines: BTreeMap<LineName, Fen>,
    /// By place.
    reversed: BTreeMap<usize, Fen>,
}

impl Run<'_> {
    /// The places whose payment this run would reverse and could not make again, each with the role
    /// whose key it lacks. Without signers nothing is reversed.
    pub(super) fn without_keys(&self, remaining: &[(usize, Act)]) -> BTreeMap<usize, Role> {
        let Some(signers) = &self.signers else { return BTreeMap::new() };
        let lacking = |act: &Act, signed: usize| {
            let mut due = act.signers.iter().skip(signed).copied();
            due.find(|role| signers.key(act.organization, *role).is_none())
        };
        let mut held = BTreeMap::new();
        for (place, undo) in remaining.iter().filter(|(_, act)| act.stage == Stage::UndoPayment) {
            let signed = self.pending.get(&undo.reference).map_or(0, |waiting| waiting.signed);
            if lacking(undo, signed).is_some() {
                continue;
            }
            let mut replacements =
                remaining.iter().filter(|(other, act)| other == place && is_replacement(act));
            if let Some(role) = replacements.find_map(|(_, act)| lacking(act, 0)) {
                held.insert(*place, role);
            }
        }
        held
    }

    /// The places of `remaining`, which is in order, that cannot be corrected.
    pub(super) async fn without_room(
        &self,
        remaining: &[(usize, Act)],
    ) -> Result<BTreeSet<usize>, RunError> {
        let mut room = Room::default();
        if !remaining.iter().any(|(_, act)| is_replacement(act)) {
            return Ok(BTreeSet::new());
        }
        for (place, act) in remaining {
            if let Call::Payment(payment::Call::Correct { payment, .. }) = &act.call {
                let paid = self.paid(act.organization, payment).await?;
                room.reversed.insert(*place, paid.unwrap_or(Fen::ZERO));
            }
            for line in lines_of(&act.call) {
                if !room.lines.contains_key(line) {
                    let left = self.available(line).await?.unwrap_or(Fen::ZERO);
                    room.lines.insert(line.clone(), left);
                }
            }
        }
        Ok(room.lacking(remaining))
    }
}

fn is_replacement(act: &Act) -> bool {
    matches!(&act.call, Call::Payment(payment::Call::Instruct { order, .. })
        if order.replaces.is_some())
}

/// The lines whose money an act moves before or while payments are made again.
fn lines_of(call: &Call) -> Vec<&LineName> {
    match call {
        Call::Allocation(allocation::Call::Recover(take)) => vec![&take.line, &take.to],
        Call::Allocation(allocation::Call::RecordQuota(quota)) => vec![&quota.to],
        Call::Allocation(allocation::Call::Issue(grant) | allocation::Call::Allocate(grant)) => {
            vec![&grant.from, &grant.to]
        }
        Call::Payment(payment::Call::Instruct { line, .. }) => vec![line],
        _ => Vec::new(),
    }
}

impl Room {
    /// The places that have to stay as they are.
    fn lacking(&self, remaining: &[(usize, Act)]) -> BTreeSet<usize> {
        let mut held = BTreeSet::new();
        // Each turn holds one place more, so there are at most as many as acts.
        while let Some(failed) = self.first_lacking(remaining, &held) {
            let (place, act) = &remaining[failed];
            let line = lines_of(&act.call);
            let takes = remaining.iter().filter(|(place, act)| {
                let recover = matches!(&act.call, Call::Allocation(allocation::Call::Recover(take))
                    if line.contains(&&take.line));
                recover && !held.contains(place)
            });
            let takes: Vec<usize> = takes.map(|(place, _)| *place).collect();
            if takes.is_empty() {
                held.insert(*place);
            }
            held.extend(takes);
        }
        held
    }

    /// The first replacement that would be refused, were all but `held` sent.
    fn first_lacking(&self, remaining: &[(usize, Act)], held: &BTreeSet<usize>) -> Option<usize> {
        let mut lines = self.lines.clone();
        let mut given_back = BTreeMap::<&LineName, Fen>::new();
        for (place, act) in remaining.iter().filter(|(place, _)| !held.contains(place)) {
            if let Call::Payment(payment::Call::Instruct { line, .. }) = &act.call {
                let back = self.reversed.get(place).copied().unwrap_or(Fen::ZERO);
                let sum = given_back.entry(line).or_insert(Fen::ZERO);
                *sum = sum.checked_add(back).unwrap_or(Fen::MAX);
            }
        }
        for (line, back) in given_back {
            add(&mut lines, line, back);
        }
        for (number, (place, act)) in remaining.iter().enumerate() {
            if held.contains(place) {
                continue;
            }
            let has_room = match &act.call {
                Call::Allocation(allocation::Call::Recover(take)) => {
                    shift(&mut lines, &take.line, Some(&take.to), take.amount)
                }
                Call::Allocation(allocation::Call::RecordQuota(quota)) => {
                    add(&mut lines, &quota.to, quota.amount);
                    true
                }
                Call::Allocation(
                    allocation::Call::Issue(grant) | allocation::Call::Allocate(grant),
                ) => shift(&mut lines, &grant.from, Some(&grant.to), grant.amount),
                Call::Payment(payment::Call::Instruct { line, order, .. }) => {
                    shift(&mut lines, line, None, order.amount)
                }
                _ => true,
            };
            if !has_room && is_replacement(act) {
                return Some(number);
            }
        }
        None
    }
}

fn add(lines: &mut BTreeMap<LineName, Fen>, line: &LineName, amount: Fen) {
    let left = lines.entry(line.clone()).or_insert(Fen::ZERO);
    *left = left.checked_add(amount).unwrap_or(Fen::MAX);
}

/// Moves an amount, if there is as much; whether there was.
fn shift(
    lines: &mut BTreeMap<LineName, Fen>,
    from: &LineName,
    to: Option<&LineName>,
    amount: Fen,
) -> bool {
    let left = lines.get(from).and_then(|left| left.checked_sub(amount));
    let Some(left) = left else { return false };
    lines.insert(from.clone(), left);
    if let Some(to) = to {
        add(lines, to, amount);
    }
    true
}
