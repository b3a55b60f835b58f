//! The book once more, by brute force: every fen is an element of a vector and remembers where it
//! has been. Slow, and obviously right; the real book must agree with it fen by fen.

use std::collections::BTreeMap;

use minglian_contracts::book::{AccountId, Basis, INTERVALS_AHEAD_MAX, Kind};
use minglian_contracts::refusal::Code;
use minglian_ledger::date::Date;

/// One stop on a fen's way.
#[derive(Debug, Clone, PartialEq)]
pub struct Stop {
    pub account: AccountId,
    pub position: u64,
    pub movement: u64,
    pub kind: Kind,
    pub basis: Basis,
}

/// A fen: when it came about, and where it has been.
#[derive(Debug, Clone)]
pub struct FenOnItsWay {
    pub born: Date,
    pub way: Vec<Stop>,
}

/// A position of an account.
#[derive(Debug, Clone, Copy)]
pub struct Slot {
    pub fen: usize,
    /// The inflow that the fen came in by, which a re-base does not change.
    inflow: u64,
    pub spent: bool,
}

/// An inflow that can be named.
#[derive(Debug, Clone)]
pub struct ModelInflow {
    pub start: u64,
    pub amount: u64,
    pub movement: u64,
    pub from: Option<AccountId>,
    pub named: u64,
}

#[derive(Debug, Clone, Default)]
pub struct ModelAccount {
    pub slots: Vec<Slot>,
    pub inflows: Vec<ModelInflow>,
    rebase_starts: Vec<u64>,
}

impl ModelAccount {
    /// The unspent positions, lowest first.
    pub fn unspent(&self) -> Vec<usize> {
        (0..self.slots.len()).filter(|position| !self.slots[*position].spent).collect()
    }

    /// How many runs of spent positions stand behind the first unspent one.
    fn runs_ahead(&self) -> usize {
        let frontier = self.slots.iter().take_while(|slot| slot.spent).count();
        let ahead = &self.slots[frontier..];
        ahead.windows(2).filter(|pair| !pair[0].spent && pair[1].spent).count()
    }
}

/// The whole book.
#[derive(Debug, Clone, Default)]
pub struct Model {
    pub accounts: BTreeMap<AccountId, ModelAccount>,
    pub fens: Vec<FenOnItsWay>,
    pub movements: u64,
}

impl Model {
    pub fn balance(&self, id: &AccountId) -> u64 {
        self.accounts.get(id).map_or(0, |account| account.unspent().len() as u64)
    }

    pub fn receive(&mut self, to: &AccountId, amount: u64, born: Date) -> Result<(), Code> {
        if amount == 0 {
            return Err(Code::AmountZero);
        }
        let first = self.fens.len();
        for _ in 0..amount {
            self.fens.push(FenOnItsWay { born, way: Vec::new() });
        }
        let fens: Vec<usize> = (first..self.fens.len()).collect();
        self.arrive(None, to, &fens, Kind::Receipt, Basis::Designated);
        Ok(())
    }

    /// Takes `amount` from `from`, by name or not, and hands it to `to`.
    pub fn hand_over(
        &mut self,
        from: &AccountId,
        to: &AccountId,
        amount: u64,
        named: Option<u64>,
        kind: Kind,
    ) -> Result<(), Code> {
        if amount == 0 {
            return Err(Code::AmountZero);
        }
        if from == to {
            return Err(Code::SameAccount);
        }
        let account = self.accounts.get_mut(from).ok_or(Code::AccountUnknown)?;
        if (account.unspent().len() as u64) < amount {
            return Err(Code::BalanceShort);
        }
        let mut parts = Vec::new();
        let mut missing = amount;
        let mut basis = Basis::FirstInFirstOut;
        if let Some(start) = named {
            if account.rebase_starts.contains(&start) {
                return Err(Code::InflowRebased);
            }
            let inflow = account.inflows.iter_mut().find(|inflow| inflow.start == start);
            let inflow = inflow.ok_or(Code::InflowUnknown)?;
            if inflow.named + amount > inflow.amount {
                return Err(Code::InflowAnswered);
            }
            inflow.named += amount;
            let own = take(account, &mut missing, |slot| slot.inflow == start);
            parts.push((own, Basis::Designated));
            basis = Basis::Substitution { inflow: start };
        }
        parts.push((take(account, &mut missing, |_| true), basis));
        for (fens, basis) in parts.into_iter().filter(|(fens, _)| !fens.is_empty()) {
            self.arrive(Some(from), to, &fens, kind.clone(), basis);
        }
        if self.accounts[from].runs_ahead() > INTERVALS_AHEAD_MAX {
            self.rebase(from);
        }
        Ok(())
    }

    /// A payment, or a part of it, comes back to the account that paid.
    pub fn bounce(&mut self, payment: &AccountId, amount: u64) -> Result<(), Code> {
        let account = self.accounts.get(payment).ok_or(Code::AccountUnknown)?;
        let payer = account.inflows[0].from.clone().expect("a payment comes from an account");
        if amount == 0 {
            return Err(Code::AmountZero);
        }
        if (account.unspent().len() as u64) < amount {
            return Err(Code::BalanceShort);
        }
        let open =
            account.inflows.iter().map(|inflow| (inflow.start, inflow.amount - inflow.named));
        let mut missing = amount;
        for (start, open) in open.collect::<Vec<_>>() {
            let part = open.min(missing);
            if part > 0 {
                self.hand_over(payment, &payer, part, Some(start), Kind::Return)?;
                missing -= part;
            }
        }
        assert_eq!(missing, 0);
        Ok(())
    }

    /// Moves all unspent fens behind all others if there are gaps; says whether.
    pub fn rebase(&mut self, id: &AccountId) -> bool {
        let number = self.movements;
        let Some(account) = self.accounts.get_mut(id) else { return false };
        if account.runs_ahead() == 0 {
            return false;
        }
        account.rebase_starts.push(account.slots.len() as u64);
        for position in account.unspent() {
            let slot = account.slots[position];
            account.slots[position].spent = true;
            self.fens[slot.fen].way.push(Stop {
                account: id.clone(),
                position: account.slots.len() as u64,
                movement: number,
                kind: Kind::Rebase,
                basis: Basis::Designated,
            });
            account.slots.push(slot);
        }
        self.movements += 1;
        true
    }

    fn arrive(
        &mut self,
        from: Option<&AccountId>,
        to: &AccountId,
        fens: &[usize],
        kind: Kind,
        basis: Basis,
    ) {
        let movement = self.movements;
        self.movements += 1;
        let account = self.accounts.entry(to.clone()).or_default();
        let (start, from) = (account.slots.len() as u64, from.cloned());
        let amount = fens.len() as u64;
        account.inflows.push(ModelInflow { start, amount, movement, from, named: 0 });
        for fen in fens {
            let position = account.slots.len() as u64;
            let (account_id, kind) = (to.clone(), kind.clone());
            self.fens[*fen].way.push(Stop { account: account_id, position, movement, kind, basis });
            account.slots.push(Slot { fen: *fen, inflow: start, spent: false });
        }
    }
}

/// Spends the lowest unspent fens that fit, at most `missing`, which it lowers.
fn take(account: &mut ModelAccount, missing: &mut u64, fits: impl Fn(&Slot) -> bool) -> Vec<usize> {
    let mut taken = Vec::new();
    for slot in account.slots.iter_mut().filter(|slot| !slot.spent && fits(slot)) {
        if *missing == 0 {
            break;
        }
        *missing -= 1;
        slot.spent = true;
        taken.push(slot.fen);
    }
    taken
}
