//! An account: who holds money of which kind for what, and which of its positions are unspent.

use borsh::{BorshDeserialize, BorshSerialize};
use minglian_ledger::fen::Fen;
use minglian_ledger::organization_code::OrganizationCode;
use minglian_ledger::text::Text;
use serde::{Deserialize, Serialize};

use crate::book::POSITION_MAX;
use crate::book::age::{self, AgeRun, Aged, Ages};
use crate::book::interval::{self, Interval};
use crate::book::movement::MovementNumber;

/// What stands before a charity fund's reference in the fund of its accounts. No quota goes under
/// such a name, so that nobody takes it for gifts.
pub const CHARITY_FUND_MARK: &str = "慈善·";

/// What an account counts. They are never mixed: a quota is permission to spend, cash is money,
/// goods are things at their recorded value.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    BorshSerialize,
    BorshDeserialize,
    Serialize,
    Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Measure {
    /// Quota (指标) issued under a document number.
    Quota,
    /// Money at a bank.
    Cash,
    /// Goods, at the value at which they were given.
    Goods,
}

/// Names an account. Where the world keeps money apart, so do accounts: the earmark is the account.
#[derive(
    Debug,
    Clone,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    BorshSerialize,
    BorshDeserialize,
    Serialize,
    Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum AccountId {
    /// Money of one kind in one place.
    Line {
        /// Who holds it.
        holder: OrganizationCode,
        /// Quota, cash or goods.
        measure: Measure,
        /// The fund, for example 中央集中福彩公益金; it never changes along the chain (专款专用).
        fund: Text<64>,
        /// The budget year.
        year: u16,
        /// 文号 and row, project, restricted gift, or sales period.
        line: Text<160>,
    },
    /// One payment: money that has left for a payee. It can only bounce, or be corrected.
    Payment {
        /// Who paid.
        organization: OrganizationCode,
        /// The payer's reference of the payment.
        reference: Text<128>,
    },
    /// An entry from outside that turned out to be wrong: its money was never there.
    Voided {
        /// Who had recorded it.
        organization: OrganizationCode,
        /// The movement that had recorded it.
        movement: MovementNumber,
    },
}

impl AccountId {
    /// Whether money ends here: it leaves only by a return or a correction.
    pub fn is_terminal(&self) -> bool {
        !matches!(self, Self::Line { .. })
    }

    /// The organisation that answers for the account.
    pub fn organization(&self) -> &OrganizationCode {
        match self {
            Self::Line { holder, .. } => holder,
            Self::Payment { organization, .. } | Self::Voided { organization, .. } => organization,
        }
    }
}

/// The positions of one account: all of `[0, credited)` came in; those below `frontier` and in
/// `taken_ahead` are spent.
///
/// **Invariant:** `frontier <= credited`; `taken_ahead` is sorted, without neighbours that touch,
/// and lies strictly above `frontier` and inside `credited`.
#[derive(Debug, Clone, PartialEq, Eq, Default, BorshSerialize, BorshDeserialize)]
pub struct Account {
    /// How many fen ever came in, re-bases included.
    pub credited: u64,
    /// Every position below is spent.
    pub frontier: u64,
    /// Positions above the frontier that are spent, because an act named their inflow.
    pub taken_ahead: Vec<Interval>,
    /// How often its unspent money was moved to new positions.
    pub rebases: u32,
    pub(crate) ages: Vec<AgeRun>,
}

impl Account {
    /// The unspent money.
    pub fn balance(&self) -> Fen {
        Fen::new(interval::total(&self.unspent())).unwrap_or(Fen::MAX)
    }

    /// The unspent positions, lowest first.
    pub fn unspent(&self) -> Vec<Interval> {
        Interval::new(self.frontier, self.credited)
            .map_or_else(Vec::new, |window| interval::complement(window, &self.taken_ahead))
    }

    /// The unspent positions inside `window`.
    pub fn unspent_within(&self, window: Interval) -> Vec<Interval> {
        interval::intersection(window, &self.unspent())
    }

    /// How old the unspent money is, in the order in which it will be spent.
    pub fn unspent_by_age(&self) -> Vec<Aged> {
        self.ages_of(&self.unspent())
            .into_iter()
            .map(|(length, dates)| Aged { amount: Fen::new(length).unwrap_or(Fen::MAX), dates })
            .collect()
    }

    pub(crate) fn ages_of(&self, intervals: &[Interval]) -> Ages {
        age::ages_of(&self.ages, self.credited, intervals)
    }

    /// Gives the next positions to money that comes in; `None` if there are not so many.
    pub(crate) fn credit(&mut self, ages: &Ages) -> Option<Interval> {
        let amount = ages.iter().try_fold(0_u64, |sum, (length, _)| sum.checked_add(*length))?;
        let end = self.credited.checked_add(amount).filter(|end| *end <= POSITION_MAX)?;
        let interval = Interval::new(self.credited, end)?;
        age::append(&mut self.ages, self.credited, ages);
        self.credited = end;
        self.assert_invariants();
        Some(interval)
    }

    /// Spends `taken`, which must be unspent.
    pub(crate) fn consume(&mut self, taken: &[Interval]) {
        self.taken_ahead = interval::union(&self.taken_ahead, taken);
        // The list has no neighbours that touch, so only its first interval can meet the frontier.
        if let Some(first) = self.taken_ahead.first().copied() {
            assert!(
                first.start() >= self.frontier,
                "a position below the frontier was spent twice"
            );
            if first.start() == self.frontier {
                self.frontier = first.end();
                self.taken_ahead.remove(0);
            }
        }
        age::forget_below(&mut self.ages, self.frontier, self.credited);
        self.assert_invariants();
    }

    /// Money is about to be recorded as moved: a broken account must stop the node, not be signed.
    fn assert_invariants(&self) {
        assert!(self.frontier <= self.credited, "more was spent than came in");
        let mut lowest_start = self.frontier.saturating_add(1);
        for interval in &self.taken_ahead {
            assert!(interval.start() >= lowest_start, "spent intervals overlap or touch");
            assert!(interval.end() <= self.credited, "a position was spent that never came in");
            lowest_start = interval.end().saturating_add(1);
        }
    }
}
