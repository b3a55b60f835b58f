//! The community fund's year: gifts, decisions, payments, evidence, feedback, what goes back, what
//! gets another use, surplus.

use minglian_contracts::call::Call;
use minglian_contracts::charity::Call as CharityCall;
use minglian_contracts::charity::change::{Authority, ChangePurpose, Refund};
use minglian_contracts::charity::disbursement::{Disburse, Expense, Recipient};
use minglian_contracts::charity::donation::{Donor, Gift, Goods, Valuation};
use minglian_contracts::charity::ending::{Heir, TransferSurplus};
use minglian_contracts::charity::fund::{Filing, FundReference};
use minglian_contracts::charity::resolution::{Matter, Resolve, Votes};
use minglian_contracts::refusal::Code;
use minglian_ledger::fen::Fen;
use minglian_ledger::text::Text;

use super::charity::{CAMPAIGN, COMMUNITY, GENERAL, Host, act};
use super::gifts::{Given, To, donate, person};
use super::lottery::add;
use super::notices::paper;
use super::script::{Act, Thread};

/// What restricted gifts are for.
const MEALS: &str = "高龄独居老人助餐";

/// What one of them is for first.
const SCHOOL: &str = "困境儿童助学";

/// Gifts of money that is bound to no use.
const GIFTS: u64 = 24;

/// The gift whose donor's slip the summary prints.
pub const TRACED: &str = "演示捐赠-社区-1";

/// The acts of the community fund, with its sums.
#[derive(Debug)]
pub struct Book<'a> {
    host: &'a Host<'a>,
    /// The acts, in order.
    pub thread: Thread,
    /// All gifts, goods included, less what was wrong or went back.
    pub given: Fen,
    /// What was paid.
    pub spent: Fen,
}

impl<'a> Book<'a> {
    /// Without acts.
    pub fn new(host: &'a Host<'a>) -> Self {
        Self { host, thread: Vec::new(), given: Fen::ZERO, spent: Fen::ZERO }
    }

    /// The year's acts, behind those that are there.
    pub fn enter(&mut self) -> anyhow::Result<()> {
        self.gifts()?;
        self.restricted_gifts()?;
        self.decisions()?;
        self.meals()?;
        self.changes()
    }

    fn to(&self) -> anyhow::Result<To> {
        let campaign = Some(Filing::new(CAMPAIGN)?);
        Ok(To { charity: self.host.code(), fund: FundReference::new(COMMUNITY)?, campaign })
    }

    fn act(&mut self, call: CharityCall) {
        self.thread.push(act(call, self.host.code()));
    }

    fn give(&mut self, reference: &str, given: Given) -> anyhow::Result<()> {
        self.given = add(self.given, given.amount)?;
        self.thread.push(donate(self.host.seed, &self.to()?, reference, given)?);
        Ok(())
    }

    /// Money of persons and of an organisation, anonymous money, goods; one entered twice.
    fn gifts(&mut self) -> anyhow::Result<()> {
        let Host { seed, window, bodies } = *self.host;
        let mut stream = seed.stream("社区捐赠");
        for number in 1..=GIFTS {
            let reference = format!("演示捐赠-社区-{number}");
            let on = window.day(2 + usize::try_from(number / 4)?, 3 + u8::try_from(number)?);
            let donor = match number % 8 {
                0 => Donor::Anonymous,
                4 => Donor::Organization(bodies.supplier.code),
                _ => person(seed, &reference),
            };
            let amount = stream.yuan(200, 2_000)?;
            self.give(&reference, Given::money(donor, amount, on))?;
        }
        let goods = Gift::Goods(Goods {
            description: Text::new("大米、食用油")?,
            quantity: Text::new("60份")?,
            valuation: Valuation::MarketPrice,
            document: None,
        });
        let donor = Donor::Organization(bodies.supplier.code);
        let (amount, on) = (Fen::new(540_000)?, window.day(3, 9));
        self.give("演示捐赠-社区-物资", Given { gift: goods, ..Given::money(donor, amount, on) })?;

        let wrong = "演示捐赠-社区-重复录入";
        let donor = person(seed, wrong);
        let given = Given::money(donor, Fen::new(30_000)?, window.day(3, 10));
        self.thread.push(donate(seed, &self.to()?, wrong, given)?);
        let (donation, occurred_on) = (Text::new(wrong)?, window.day(3, 11));
        self.act(CharityCall::VoidDonation { donation, occurred_on });
        Ok(())
    }

    /// Gifts bound to a use stand alone, and are spent before the pool.
    fn restricted_gifts(&mut self) -> anyhow::Result<()> {
        let Host { seed, window, .. } = *self.host;
        for (number, purpose, yuan) in [(1, MEALS, 8_000), (2, MEALS, 5_000), (3, SCHOOL, 3_000)] {
            let reference = restricted(number);
            let amount = Fen::new(yuan * 100)?;
            let given = Given::money(person(seed, &reference), amount, window.day(4, 6));
            let restriction = Some(Text::new(purpose)?);
            self.give(&reference, Given { restriction, ..given })?;
        }
        Ok(())
    }

    fn resolve(
        &self,
        number: &str,
        matter: Matter,
        purpose: &str,
        yuan: u64,
        votes: [u16; 3],
    ) -> anyhow::Result<Act> {
        let [in_favour, against, abstained] = votes;
        let resolve = Resolve {
            fund: FundReference::new(COMMUNITY)?,
            number: Text::new(number)?,
            matter,
            purpose: Text::new(purpose)?,
            amount: Fen::new(yuan * 100)?,
            votes: Votes { in_favour, against, abstained },
            supervisors: 1,
            minutes: self.host.seed.commitment(&format!("会议纪要 {number}")),
            occurred_on: self.host.window.day(8, 6),
        };
        Ok(act(CharityCall::Resolve(resolve), self.host.code()))
    }

    /// One carried, one not, one without a quorum.
    fn decisions(&mut self) -> anyhow::Result<()> {
        let spend = Matter::Disbursement;
        let acts = [
            self.resolve("演示决议-1", spend, MEALS, 16_000, [4, 1, 0])?,
            self.resolve("演示决议-2", spend, "社区广场健身器材", 9_000, [2, 3, 0])?,
            self.resolve("演示决议-3", spend, MEALS, 1_000, [2, 0, 0])?
                .refused(Code::QuorumMissing),
            self.resolve("演示决议-4", Matter::PurposeChange, MEALS, 3_000, [5, 0, 0])?,
            self.resolve("演示决议-5", Matter::Surplus, "", 500, [5, 0, 0])?,
            self.resolve("演示决议-6", spend, "物资发放", 5_400, [5, 0, 0])?,
        ];
        self.thread.extend(acts);
        Ok(())
    }

    fn disburse(
        &self,
        resolution: &str,
        from: Option<&str>,
        mark: &str,
        yuan: u64,
    ) -> anyhow::Result<Disburse> {
        let list = self.host.seed.commitment(&format!("受助名单 {mark}"));
        Ok(Disburse {
            fund: FundReference::new(COMMUNITY)?,
            resolution: Text::new(resolution)?,
            from: from.map(Text::new).transpose()?,
            expense: Expense::Program,
            reference: Text::new(payment(mark))?,
            recipient: Recipient::Persons { count: 32, list },
            amount: Fen::new(yuan * 100)?,
            voucher: None,
            occurred_on: self.host.window.day(8, 10),
        })
    }

    fn pay(&mut self, disburse: Disburse) -> anyhow::Result<()> {
        self.spent = add(self.spent, disburse.amount)?;
        let call = Call::Charity(CharityCall::Disburse(disburse));
        self.thread.push(Act::three(call, self.host.code()));
        Ok(())
    }

    /// The pool is refused while bound gifts are there; then these, the pool, evidence, feedback.
    fn meals(&mut self) -> anyhow::Result<()> {
        let window = self.host.window;
        let first = self.disburse("演示决议-1", None, "抢用", 2_000)?;
        let call = Call::Charity(CharityCall::Disburse(first));
        self.thread.push(Act::three(call, self.host.code()).refused(Code::RestrictedFirst));
        let not_carried = self.disburse("演示决议-2", None, "未通过", 2_000)?;
        let call = Call::Charity(CharityCall::Disburse(not_carried));
        self.thread.push(Act::three(call, self.host.code()).refused(Code::ResolutionNotCarried));
        self.pay(self.disburse("演示决议-1", Some(&restricted(1)), "助餐一", 8_000)?)?;
        self.pay(self.disburse("演示决议-1", Some(&restricted(2)), "助餐二", 5_000)?)?;
        self.pay(self.disburse("演示决议-1", None, "助餐三", 3_000)?)?;
        self.pay(self.disburse("演示决议-6", Some("演示捐赠-社区-物资"), "物资", 5_400)?)?;
        let told = [("助餐一", restricted(1)), ("助餐三", TRACED.to_owned())];
        for (mark, donation) in told {
            let title = format!("使用凭证 {mark}");
            let show_use = CharityCall::ShowUse {
                payment: Text::new(payment(mark))?,
                attachments: vec![paper(&title)],
                beneficiaries: 32,
                occurred_on: window.day(9, 2),
            };
            self.thread.push(act(show_use, self.host.code()).showing(title));
            self.act(CharityCall::FeedBack {
                donation: Text::new(donation)?,
                payment: Text::new(payment(mark))?,
                message: self.host.seed.commitment(&format!("反馈 {mark}")),
                occurred_on: window.day(9, 12),
            });
        }
        Ok(())
    }

    /// A use that changes by filing, a gift that goes back, surplus that goes to another fund.
    fn changes(&mut self) -> anyhow::Result<()> {
        let window = self.host.window;
        let change = ChangePurpose {
            donation: Text::new(restricted(3))?,
            resolution: Text::new("演示决议-4")?,
            purpose: Some(Text::new(MEALS)?),
            authority: Authority::Filing(Text::new("演示变更备案-0001")?),
            occurred_on: window.day(9, 3),
        };
        self.act(CharityCall::ChangePurpose(change));
        let amount = Fen::new(1_000)?;
        let refund = Refund {
            donation: Text::new("演示捐赠-社区-2")?,
            reference: Text::new(payment("退还"))?,
            amount,
            occurred_on: window.day(9, 5),
        };
        let call = Call::Charity(CharityCall::Refund(refund));
        self.thread.push(Act::three(call, self.host.code()));
        self.given = self.given.checked_sub(amount).unwrap_or(self.given);
        let surplus = TransferSurplus {
            fund: FundReference::new(COMMUNITY)?,
            from: None,
            to: Heir::Own(FundReference::new(GENERAL)?),
            amount: Fen::new(50_000)?,
            resolution: Text::new("演示决议-5")?,
            authority: Authority::Agreement(Text::new("演示募捐方案-0001")?),
            occurred_on: window.day(9, 16),
        };
        self.act(CharityCall::TransferSurplus(surplus));
        Ok(())
    }
}

fn restricted(number: u32) -> String {
    format!("演示捐赠-限定-{number}")
}

fn payment(mark: &str) -> String {
    format!("演示慈善支付-{mark}")
}
