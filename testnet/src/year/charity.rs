//! Charities: qualifications, funds with their committees, a campaign.

use minglian_contracts::call::Call;
use minglian_contracts::charity::Call as CharityCall;
use minglian_contracts::charity::campaign::FileCampaign;
use minglian_contracts::charity::fund::{Committee, Filing, FundReference, Opening};
use minglian_contracts::charity::kind::FundKind;
use minglian_contracts::charity::qualification::{
    CharityForm, Qualification, QualificationKind, Qualify,
};
use minglian_contracts::refusal::Code;
use minglian_ledger::date::Date;
use minglian_ledger::fen::Fen;
use minglian_ledger::genesis::Role;
use minglian_ledger::organization_code::OrganizationCode;
use minglian_ledger::text::Text;

use super::body::Bodies;
use super::calendar::Window;
use super::community::Book;
use super::script::{Act, Phase, Thread};
use super::seeded::Seed;
use crate::bureau::Bureau;

/// What a charity calls the fund of its own.
pub const GENERAL: &str = "本级";

/// The community fund.
pub const COMMUNITY: &str = "扬子社区";

/// Its campaign's number.
pub const CAMPAIGN: &str = "演示备案-0001";

/// What the charities do.
#[derive(Debug)]
pub struct Charities {
    /// Qualifications and funds.
    pub opening: Phase,
    /// Campaign, gifts, decisions.
    pub giving: Phase,
    /// All gifts of the community fund, goods included, less what went back or was wrong.
    pub given: Fen,
    /// What it paid.
    pub spent: Fen,
}

/// All charities of the year.
pub fn charities(seed: Seed, window: Window, bodies: &Bodies) -> anyhow::Result<Charities> {
    let mut opening = Vec::new();
    let host = Host { seed, window, bodies };
    opening.push(host.open()?);
    for county in &bodies.counties {
        let mut thread =
            vec![qualify(window, bodies, &county.charity, QualificationKind::Charity)?];
        thread.push(general_fund(seed, window, &county.charity)?);
        opening.push(thread);
    }
    let (thread, given, spent) = host.year()?;
    let mut threads = host.refused_campaigns()?;
    threads.push(thread);
    Ok(Charities {
        opening: Phase { name: "慈善组织与基金 charities and funds", threads: opening },
        giving: Phase { name: "募捐、捐赠、决议、使用 gifts and their use", threads },
        given,
        spent,
    })
}

/// An act of a charity's maker and checker.
pub fn act(call: CharityCall, charity: OrganizationCode) -> Act {
    Act::two(Call::Charity(call), charity)
}

/// A committee of nobody in particular.
pub fn committee(seed: Seed, of: &str, members: u64, supervisors: u64) -> Committee {
    let some = |what: &str, count: u64| {
        (0..count).map(|number| seed.commitment(&format!("{of} {what} {number}"))).collect()
    };
    Committee { members: some("委员", members), supervisors: some("监督员", supervisors) }
}

fn qualify(
    window: Window,
    bodies: &Bodies,
    charity: &Bureau,
    kind: QualificationKind,
) -> anyhow::Result<Act> {
    let registered_on = window.day(0, 1).add_months(-60).unwrap_or(window.day(0, 1));
    let mark = if kind == QualificationKind::Charity { "认定" } else { "公募" };
    let qualification = Qualification {
        certificate: Text::new(format!("演示{mark}-{}", charity.code))?,
        form: CharityForm::Association,
        registered_on,
        valid_from: registered_on.add_months(36).unwrap_or(registered_on),
        valid_until: None,
    };
    let (organization, occurred_on) = (charity.code, window.day(0, 1));
    let qualify = Qualify { organization, kind, qualification, occurred_on };
    Ok(act(CharityCall::Qualify(qualify), bodies.civil.code))
}

fn general_fund(seed: Seed, window: Window, charity: &Bureau) -> anyhow::Result<Act> {
    let opening = Opening {
        fund: FundReference::new(GENERAL)?,
        kind: FundKind::General,
        name: Text::new(format!("{}本级", charity.name))?,
        filing: None,
        committee: committee(seed, charity.name.as_str(), 7, 1),
        occurred_on: window.day(0, 2),
    };
    Ok(act(CharityCall::OpenFund(opening), charity.code))
}

/// The charity that hosts the community fund.
#[derive(Debug, Clone, Copy)]
pub struct Host<'a> {
    /// The seed.
    pub seed: Seed,
    /// The months.
    pub window: Window,
    /// Who takes part.
    pub bodies: &'a Bodies,
}

impl Host<'_> {
    /// Its code.
    pub fn code(&self) -> OrganizationCode {
        self.bodies.charity.code
    }

    /// Qualifications, the own fund, the community fund: first with a committee of four, which is
    /// neither odd nor enough.
    fn open(&self) -> anyhow::Result<Thread> {
        let Self { seed, window, bodies } = *self;
        let host = &bodies.charity;
        let community = |members| {
            anyhow::Ok(Opening {
                fund: FundReference::new(COMMUNITY)?,
                kind: FundKind::CommunityFund,
                name: Text::new(format!("{}扬子社区慈善基金", host.name))?,
                filing: None,
                committee: committee(seed, COMMUNITY, members, 1),
                occurred_on: window.day(0, 4),
            })
        };
        let open = |opening| act(CharityCall::OpenFund(opening), host.code);
        Ok(vec![
            qualify(window, bodies, host, QualificationKind::Charity)?,
            qualify(window, bodies, host, QualificationKind::PublicFundraising)?,
            general_fund(seed, window, host)?,
            open(community(4)?).refused(Code::CommitteeInvalid),
            open(community(5)?),
        ])
    }

    fn campaign(&self, filing: &str, filed_on: Date, begins_on: Date) -> anyhow::Result<Act> {
        let campaign = FileCampaign {
            filing: Filing::new(filing)?,
            fund: FundReference::new(COMMUNITY)?,
            title: Text::new("情暖扬子（演示）")?,
            begins_on,
            ends_on: self.window.day(9, 15),
            emergency: false,
            reviewer: self.bodies.civil.code,
            occurred_on: filed_on,
        };
        let filed = act(CharityCall::FileCampaign(campaign), self.code());
        Ok(filed.and(self.bodies.civil.code, Role::Checker))
    }

    /// Filed three days before it begins: too late.
    fn refused_campaigns(&self) -> anyhow::Result<Vec<Thread>> {
        let late =
            self.campaign("演示备案-0002", self.window.day(1, 12), self.window.day(1, 15))?;
        Ok(vec![vec![late.refused(Code::FiledTooLate)]])
    }

    /// The community fund's year, one act after the other; what it got and what it paid.
    fn year(&self) -> anyhow::Result<(Thread, Fen, Fen)> {
        let mut book = Book::new(self);
        let (filed_on, begins_on) = (self.window.day(0, 20), self.window.day(1, 5));
        book.thread.push(self.campaign(CAMPAIGN, filed_on, begins_on)?);
        let again = self.campaign(CAMPAIGN, filed_on, begins_on)?;
        book.thread.push(again.refused(Code::FilingTaken));
        book.enter()?;
        Ok((book.thread, book.given, book.spent))
    }
}
