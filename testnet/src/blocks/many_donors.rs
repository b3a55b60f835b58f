//! A community fund to which very many give a little, and which is paid out: a third in one
//! payment, a third in small ones, a third as surplus through the host's own fund.

use minglian_contracts::call::Call;
use minglian_contracts::charity::Call as CharityCall;
use minglian_contracts::charity::change::Authority;
use minglian_contracts::charity::disbursement::{Disburse, Expense, Recipient};
use minglian_contracts::charity::donation::Donor;
use minglian_contracts::charity::ending::{Heir, TransferSurplus};
use minglian_contracts::charity::fund::{FundReference, Opening};
use minglian_contracts::charity::kind::FundKind;
use minglian_contracts::charity::resolution::{Matter, Resolve, Votes};
use minglian_ledger::fen::Fen;
use minglian_ledger::text::Text;

use super::organizations::enterprise;
use crate::year::calendar::MONTHS;
use crate::year::charity::{GENERAL, act, committee};
use crate::year::gifts::{Given, To, donate, person};
use crate::year::plan::Plan;
use crate::year::script::{Act, Thread};
use crate::year::seeded::Seed;

/// What the host calls the fund.
pub const FUND: &str = "万人社区";

/// Every so many gifts one is an enterprise's, if there is one; the others are persons'.
const ENTERPRISE_EVERY: u64 = 50;

/// Each gift, in fen.
const GIFT_FEN: u64 = 6_000;

/// Small payments.
const PAYMENTS: u64 = 20;

/// Signatures of a gift.
const SIGNATURES: u64 = 2;

/// What it is spent on.
const MEALS: &str = "社区助餐";

/// Transactions of a fund of `donors` donors, about.
pub const fn transactions(donors: u64) -> u64 {
    donors * SIGNATURES + 100
}

/// The fund, and who gives to it.
#[derive(Debug, Clone, Copy)]
pub struct ManyDonors<'a> {
    /// The year whose city charity hosts it.
    pub plan: &'a Plan,
    /// How many enterprises there are.
    pub organizations: u64,
}

impl ManyDonors<'_> {
    fn seed(&self) -> Seed {
        Seed(self.plan.parameters.seed)
    }

    fn act(&self, call: CharityCall) -> Act {
        act(call, self.plan.bodies.charity.code)
    }

    /// The fund is opened.
    ///
    /// # Errors
    /// If a name is too long.
    pub fn opening(&self) -> anyhow::Result<Thread> {
        let host = &self.plan.bodies.charity.name;
        let opening = Opening {
            fund: FundReference::new(FUND)?,
            kind: FundKind::CommunityFund,
            name: Text::new(format!("{host}{FUND}慈善基金"))?,
            filing: None,
            committee: committee(self.seed(), FUND, 5, 1),
            occurred_on: self.plan.window.day(0, 5),
        };
        Ok(vec![self.act(CharityCall::OpenFund(opening))])
    }

    /// The gifts of `donors` donors, so many threads at a time.
    pub fn gifts(
        &self,
        donors: u64,
        at_once: usize,
    ) -> impl Iterator<Item = anyhow::Result<Vec<Thread>>> {
        let step = at_once.max(1);
        (0..donors).step_by(step).map(move |first| {
            let last = donors.min(first + step as u64);
            (first..last).map(|number| Ok(vec![self.gift(number)?])).collect()
        })
    }

    fn gift(&self, number: u64) -> anyhow::Result<Act> {
        let (seed, window) = (self.seed(), self.plan.window);
        let reference = format!("演示众人捐赠-{number}");
        let turn = number / ENTERPRISE_EVERY;
        let is_enterprise = number.is_multiple_of(ENTERPRISE_EVERY) && self.organizations > 0;
        let donor = match is_enterprise {
            true => Donor::Organization(enterprise(turn % self.organizations)?.code),
            false => person(seed, &reference),
        };
        let month = usize::try_from(number)? % MONTHS;
        let given = Given::money(donor, Fen::new(GIFT_FEN)?, window.day(month, 8));
        let charity = self.plan.bodies.charity.code;
        let to = To { charity, fund: FundReference::new(FUND)?, campaign: None };
        donate(seed, &to, &reference, given)
    }

    /// What `donors` donors gave is spent.
    ///
    /// # Errors
    /// If it is too much money.
    pub fn use_of(&self, donors: u64) -> anyhow::Result<Thread> {
        let third = Fen::new(donors * GIFT_FEN / 3)?;
        let small = Fen::new(third.get() / PAYMENTS)?;
        let spend = Matter::Disbursement;
        let mut thread = vec![
            self.resolve(FUND, "演示众人决议-1", spend, MEALS, third, 5)?,
            self.disburse(FUND, "演示众人决议-1", "合计", third)?,
            self.resolve(FUND, "演示众人决议-2", spend, MEALS, third, 5)?,
        ];
        for number in 0..PAYMENTS {
            thread.push(self.disburse(FUND, "演示众人决议-2", &format!("分次{number}"), small)?);
        }
        thread.extend([
            self.resolve(FUND, "演示众人决议-3", Matter::Surplus, "", third, 5)?,
            self.transfer("演示众人决议-3", third)?,
            self.resolve(GENERAL, "演示众人决议-4", spend, MEALS, third, 7)?,
            self.disburse(GENERAL, "演示众人决议-4", "本级", third)?,
        ]);
        Ok(thread)
    }

    fn resolve(
        &self,
        fund: &str,
        number: &str,
        matter: Matter,
        purpose: &str,
        amount: Fen,
        in_favour: u16,
    ) -> anyhow::Result<Act> {
        Ok(self.act(CharityCall::Resolve(Resolve {
            fund: FundReference::new(fund)?,
            number: Text::new(number)?,
            matter,
            purpose: Text::new(purpose)?,
            amount,
            votes: Votes { in_favour, against: 0, abstained: 0 },
            supervisors: 1,
            minutes: self.seed().commitment(&format!("会议纪要 {number}")),
            occurred_on: self.plan.window.until(),
        })))
    }

    fn disburse(
        &self,
        fund: &str,
        resolution: &str,
        mark: &str,
        amount: Fen,
    ) -> anyhow::Result<Act> {
        let list = self.seed().commitment(&format!("受助名单 众人 {mark}"));
        let disburse = Disburse {
            fund: FundReference::new(fund)?,
            resolution: Text::new(resolution)?,
            from: None,
            expense: Expense::Program,
            reference: Text::new(format!("演示众人支付-{mark}"))?,
            recipient: Recipient::Persons { count: 500, list },
            amount,
            voucher: None,
            occurred_on: self.plan.window.until(),
        };
        let call = Call::Charity(CharityCall::Disburse(disburse));
        Ok(Act::three(call, self.plan.bodies.charity.code))
    }

    fn transfer(&self, resolution: &str, amount: Fen) -> anyhow::Result<Act> {
        Ok(self.act(CharityCall::TransferSurplus(TransferSurplus {
            fund: FundReference::new(FUND)?,
            from: None,
            to: Heir::Own(FundReference::new(GENERAL)?),
            amount,
            resolution: Text::new(resolution)?,
            authority: Authority::Agreement(Text::new("演示众人章程-1")?),
            occurred_on: self.plan.window.until(),
        })))
    }
}
