//! Gifts: money, goods, anonymous, bound to a use, each with a receipt and the code that finds it.

use minglian_contracts::call::Call;
use minglian_contracts::charity;
use minglian_contracts::charity::donation::{
    Donate, DonationReceipt, DonationReference, Donor, Gift, receipt_code,
};
use minglian_contracts::charity::fund::{Filing, FundReference};
use minglian_ledger::date::Date;
use minglian_ledger::fen::Fen;
use minglian_ledger::hash::Commitment;
use minglian_ledger::organization_code::OrganizationCode;
use minglian_ledger::text::Text;

use super::script::Act;
use super::seeded::Seed;

/// What a donor holds: the code of the receipt and its salt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slip {
    /// The code, 128 bits.
    pub code: [u8; 16],
    /// Its salt.
    pub salt: [u8; 16],
    /// What the ledger has of the two.
    pub commitment: Commitment,
}

/// The slip of a gift.
pub fn slip(seed: Seed, charity: OrganizationCode, reference: &str) -> Slip {
    let code = seed.sixteen(&format!("查询码 {charity} {reference}"));
    let salt = seed.sixteen(&format!("查询码盐 {charity} {reference}"));
    Slip { code, salt, commitment: receipt_code(&salt, &code) }
}

/// Who gives to which fund of which charity.
#[derive(Debug, Clone)]
pub struct To {
    /// The charity.
    pub charity: OrganizationCode,
    /// Its fund.
    pub fund: FundReference,
    /// The campaign, if there is one.
    pub campaign: Option<Filing>,
}

/// What is given.
#[derive(Debug, Clone)]
pub struct Given {
    /// By whom.
    pub donor: Donor,
    /// Money or goods.
    pub gift: Gift,
    /// How much.
    pub amount: Fen,
    /// For which use only.
    pub restriction: Option<Text<128>>,
    /// When.
    pub on: Date,
}

impl Given {
    /// Money for no use of its own.
    pub fn money(donor: Donor, amount: Fen, on: Date) -> Self {
        Self { donor, gift: Gift::Money, amount, restriction: None, on }
    }
}

/// A donor without a name: a salted commitment to nobody.
pub fn person(seed: Seed, topic: &str) -> Donor {
    Donor::Person(seed.commitment(&format!("捐赠人 {topic}")))
}

/// The act that enters a gift. Whoever is not known gets no receipt.
pub fn donate(seed: Seed, to: &To, reference: &str, given: Given) -> anyhow::Result<Act> {
    let receipt = match given.donor {
        Donor::Anonymous => DonationReceipt::Waived,
        _ => DonationReceipt::Number(Text::new(format!("演示票据-{reference}"))?),
    };
    let donate = Donate {
        reference: DonationReference::new(reference)?,
        fund: to.fund.clone(),
        campaign: to.campaign.clone(),
        donor: given.donor,
        gift: given.gift,
        amount: given.amount,
        restriction: given.restriction,
        receipt,
        code: slip(seed, to.charity, reference).commitment,
        occurred_on: given.on,
    };
    Ok(Act::two(Call::Charity(charity::Call::Donate(donate)), to.charity))
}
