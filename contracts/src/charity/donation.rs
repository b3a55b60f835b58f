//! Gifts: who gave what for which use, the receipt, and where the gift stands in the book.
//!
//! Money that is given without a use of its own is pooled with the fund's other such money. A
//! restricted gift (限定用途) is an account of its own, and so is every gift of goods, at its
//! recorded value. A natural person is a salted commitment. The receipt bears a code of 128 bits of
//! which the ledger knows a salted hash only: who holds code and salt finds the gift.

use borsh::{BorshDeserialize, BorshSerialize};
use minglian_ledger::date::Date;
use minglian_ledger::fen::Fen;
use minglian_ledger::hash::{AttachmentHash, Commitment};
use minglian_ledger::organization_code::OrganizationCode;
use minglian_ledger::state::StateError;
use minglian_ledger::text::Text;
use serde::{Deserialize, Serialize};

use super::fund::{self, Filing, FundName, FundReference};
use super::sums::{self, Item, Place, Quarter};
use crate::book::{self, AccountId, CHARITY_FUND_MARK, Measure, Movement};
use crate::fault::Fault;
use crate::refusal::{Code, Refusal};
use crate::schema::{self, State, Table};

/// Gifts by charity and reference.
pub const DONATIONS: Table<(OrganizationCode, DonationReference), Donation> =
    Table::new(schema::prefix::CHARITY_FIRST + 4);

/// Numbers of receipts (捐赠票据) that a charity has issued.
pub const RECEIPTS: Table<(OrganizationCode, Text<64>), DonationReference> =
    Table::new(schema::prefix::CHARITY_FIRST + 5);

/// Which gift a receipt's code belongs to, by the code's salted hash and the charity. Whoever sees
/// a hash can enter it too, so several charities may have one.
pub const RECEIPT_CODES: Table<(Commitment, OrganizationCode), DonationReference> =
    Table::new(schema::prefix::CHARITY_FIRST + 6);

/// Gifts with an account of their own that still hold something: charity, fund, money or goods,
/// their use, reference.
pub const UNSPENT: Table<UnspentKey, ()> = Table::new(schema::prefix::CHARITY_FIRST + 7);

/// The key of an entry of [`UNSPENT`].
pub type UnspentKey = (FundName, Measure, Use, DonationReference);

/// What a charity calls a gift; used once.
pub type DonationReference = Text<96>;

/// What money is for, in the fund's own words: a project or a kind of help, never a person.
pub type Use = Text<128>;

/// Who gave.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Donor {
    /// An organisation; it need not be on the ledger.
    Organization(OrganizationCode),
    /// A natural person, or whoever does not consent to be named (慈善法 第八十二条), as a salted
    /// commitment to the name.
    Person(Commitment),
    /// Nobody knows (匿名).
    Anonymous,
}

/// On what a value rests.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Valuation {
    /// The donor's vouchers, e.g. invoices.
    Voucher,
    /// An appraiser's report.
    Appraisal,
    /// The market's price on the day.
    MarketPrice,
}

/// Goods.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct Goods {
    /// What they are.
    pub description: Text<192>,
    /// How many, with the unit.
    pub quantity: Text<64>,
    /// On what their value rests.
    pub valuation: Valuation,
    /// The voucher or report; only a market price does without.
    pub document: Option<AttachmentHash>,
}

/// What was given.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Gift {
    /// Money.
    Money,
    /// Goods.
    Goods(Goods),
}

/// The receipt (捐赠票据; 慈善法 第三十八条).
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DonationReceipt {
    /// Its number.
    Number(Text<64>),
    /// The donor wanted none, or is not known.
    Waived,
}

/// A gift that is being entered.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct Donate {
    /// What the charity calls it.
    pub reference: DonationReference,
    /// The fund that gets it.
    pub fund: FundReference,
    /// The campaign that brought it, if one did.
    pub campaign: Option<Filing>,
    /// Who gave.
    pub donor: Donor,
    /// What was given.
    pub gift: Gift,
    /// How much, or what the goods are worth.
    pub amount: Fen,
    /// The use to which the donor bound it, if to one.
    pub restriction: Option<Use>,
    /// The receipt.
    pub receipt: DonationReceipt,
    /// The salted hash of the receipt's code, see [`receipt_code`].
    pub code: Commitment,
    /// The day it came in.
    pub occurred_on: Date,
}

/// A gift.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct Donation {
    /// The fund that got it.
    pub fund: FundReference,
    /// The campaign that brought it, if one did.
    pub campaign: Option<Filing>,
    /// Who gave.
    pub donor: Donor,
    /// Money or goods.
    pub measure: Measure,
    /// How much, or what the goods were worth.
    pub amount: Fen,
    /// The use to which it is bound now.
    pub restriction: Option<Use>,
    /// How often its use was changed.
    pub changes: u16,
    /// By what it was changed last.
    pub changed_by: Option<Text<128>>,
    /// Where it came into its present account: first positions, the newest last, at most
    /// [`INFLOWS_MAX`]. For fen that came back to further places the oldest of the account go.
    pub inflows: Vec<u64>,
    /// How much was given back to the donor.
    pub refunded: Fen,
    /// Whether it was entered wrongly and taken back.
    pub voided: bool,
    /// The day it came in.
    pub received_on: Date,
}

/// Most first positions that a gift keeps.
pub const INFLOWS_MAX: usize = 16;

/// The line in which a fund keeps money that is bound to no use.
pub(super) const POOL_LINE: &str = "非限定";

/// The salted hash of a receipt's code as the ledger has it.
pub fn receipt_code(salt: &[u8; 16], code: &[u8; 16]) -> Commitment {
    Commitment::of(&[salt, code])
}

/// The account in which `fund` keeps money that is bound to no use.
pub fn pool(fund: &FundName) -> AccountId {
    account(fund, Measure::Cash, POOL_LINE.to_owned())
}

fn account(fund: &FundName, measure: Measure, line: String) -> AccountId {
    AccountId::Line {
        holder: fund.host,
        measure,
        // A mark of 8 bytes and a reference of at most 48; a mark, a number and one of at most 96.
        fund: Text::new(format!("{CHARITY_FUND_MARK}{}", fund.fund)).unwrap_or_default(),
        // Gifts are bound to no budget year.
        year: 0,
        line: Text::new(line).unwrap_or_default(),
    }
}

impl Donation {
    /// The fund that has it, with its host.
    pub fn fund_of(&self, host: OrganizationCode) -> FundName {
        FundName { host, fund: self.fund.clone() }
    }

    /// Whether it is an account of its own.
    pub fn stands_alone(&self) -> bool {
        self.restriction.is_some() || self.measure == Measure::Goods
    }

    /// Where it stands in the book.
    pub fn account(&self, host: OrganizationCode, reference: &DonationReference) -> AccountId {
        let fund = self.fund_of(host);
        if !self.stands_alone() {
            return pool(&fund);
        }
        let mark = if self.measure == Measure::Goods { "物资" } else { "限定" };
        let number = if self.changes == 0 { String::new() } else { self.changes.to_string() };
        account(&fund, self.measure, format!("{mark}{number}/{reference}"))
    }

    /// Where it came in, when it was given: the account and the first position, at which a donor's
    /// trace begins.
    pub fn origin(
        &self,
        host: OrganizationCode,
        reference: &DonationReference,
    ) -> (AccountId, u64) {
        let mut given = self.clone();
        if given.changes > 0 {
            // What had another use was an account of its own from the start.
            given.changes = 0;
            given.restriction.get_or_insert_default();
            given.inflows.clear();
        }
        let account = given.account(host, reference);
        (account, given.inflows.first().copied().unwrap_or(0))
    }

    /// Where it counts among the charity's sums, and how much of it.
    fn counted(&self, host: OrganizationCode) -> (Place, Fen) {
        let item = match (self.measure, self.restriction.is_some()) {
            (Measure::Goods, _) => Item::Goods,
            (_, true) => Item::MoneyRestricted,
            (_, false) => Item::MoneyFree,
        };
        let place = Place {
            fund: self.fund_of(host),
            quarter: Quarter::of(self.received_on),
            item,
            purpose: self.restriction.clone().unwrap_or_default(),
        };
        let kept = self.amount.checked_sub(self.refunded).unwrap_or_default();
        (place, if self.voided { Fen::ZERO } else { kept })
    }
}

/// Where `movements` came into `account`: first positions, as many as a gift keeps.
pub(super) fn arrivals(movements: &[Movement], account: &AccountId) -> Vec<u64> {
    let arrived = movements.iter().filter(|movement| movement.to == *account);
    arrived.map(|movement| movement.to_interval.start()).take(INFLOWS_MAX).collect()
}

impl Donation {
    /// Notes that fen of the gift came back to `account`, where it is. What refunds have used up
    /// makes room, but for the first place, where the gift came in.
    pub(super) fn note_arrivals(
        &mut self,
        movements: &[Movement],
        account: &AccountId,
        state: &State<'_>,
    ) -> Result<(), StateError> {
        let mut kept = Vec::new();
        for (place, start) in self.inflows.iter().enumerate() {
            let found = book::inflow(state, account, *start)?;
            if place == 0 || found.is_some_and(|found| found.named < found.amount) {
                kept.push(*start);
            }
        }
        kept.extend(arrivals(movements, account));
        kept.truncate(INFLOWS_MAX);
        self.inflows = kept;
        Ok(())
    }
}

pub(super) fn closed(reference: &DonationReference) -> Refusal {
    Refusal::new(Code::DonationClosed, reference)
}

/// The gift of this reference, unless it was taken back or came in after `date`.
///
/// # Errors
/// [`Code::DonationUnknown`], [`Code::DonationClosed`], [`Code::DateOrder`].
pub(super) fn find_valid(
    state: &State<'_>,
    host: OrganizationCode,
    reference: &DonationReference,
    date: Date,
) -> Result<Donation, Fault> {
    let unknown = || Refusal::new(Code::DonationUnknown, reference);
    let key = (host, reference.clone());
    let donation = DONATIONS.get(state, &key)?.ok_or_else(unknown)?;
    if donation.voided {
        return Err(closed(reference).into());
    }
    fund::require_not_before(donation.received_on, date)?;
    Ok(donation)
}

/// The gift that `reference` names, if it is an account of its own in `fund`.
///
/// # Errors
/// As [`find_valid`], and [`Code::NotRestricted`].
pub(super) fn find_alone(
    state: &State<'_>,
    fund: &FundName,
    reference: &DonationReference,
    date: Date,
) -> Result<Donation, Fault> {
    let donation = find_valid(state, fund.host, reference, date)?;
    if donation.fund != fund.fund || !donation.stands_alone() {
        let detail = format!("{reference} is no account of its own in {}", fund.fund);
        return Err(Refusal::new(Code::NotRestricted, detail).into());
    }
    Ok(donation)
}

/// Puts a gift, counts it, and says in [`UNSPENT`] whether its own account holds something.
pub(super) fn put(
    state: &mut State<'_>,
    host: OrganizationCode,
    reference: &DonationReference,
    donation: &Donation,
) -> Result<(), Fault> {
    let key = (host, reference.clone());
    let (place, amount) = donation.counted(host);
    match DONATIONS.get(state, &key)?.map(|before| before.counted(host)) {
        Some((known, before)) if known != place => {
            sums::count(&known, before, Fen::ZERO, state)?;
            sums::count(&place, Fen::ZERO, amount, state)?;
        }
        Some((_, before)) => sums::count(&place, before, amount, state)?,
        None => sums::count(&place, Fen::ZERO, amount, state)?,
    }
    DONATIONS.put(state, &key, donation);
    if donation.stands_alone() {
        let key = unspent_key(host, reference, donation);
        let account = book::account(state, &donation.account(host, reference))?;
        if account.is_some_and(|account| !account.balance().is_zero()) {
            UNSPENT.put(state, &key, &());
        } else {
            UNSPENT.delete(state, &key);
        }
    }
    Ok(())
}

/// The key of a gift in [`UNSPENT`].
pub(super) fn unspent_key(
    host: OrganizationCode,
    reference: &DonationReference,
    donation: &Donation,
) -> UnspentKey {
    let restriction = donation.restriction.clone().unwrap_or_default();
    (donation.fund_of(host), donation.measure, restriction, reference.clone())
}
