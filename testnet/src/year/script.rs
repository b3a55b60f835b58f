//! Acts with their signers, in threads: the acts of a thread follow one another, threads of a phase
//! go side by side.

use minglian_contracts::call::Call;
use minglian_contracts::oversight::{self, complaint::Target};
use minglian_contracts::refusal::Code;
use minglian_contracts::{lottery, oversight::sample};
use minglian_ledger::date::Date;
use minglian_ledger::genesis::Role;
use minglian_ledger::height::{Height, LogIndex};
use minglian_ledger::organization_code::OrganizationCode;

/// An officer by what the officer does, the first of that role unless told otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Post {
    /// For whom.
    pub organization: OrganizationCode,
    /// As what.
    pub role: Role,
    /// Which one of that role, from 0.
    pub number: u8,
}

impl Post {
    /// The first officer in that role.
    pub const fn first(organization: OrganizationCode, role: Role) -> Self {
        Self { organization, role, number: 0 }
    }
}

/// What is filled in when the act is signed, because only the running ledger knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Bind {
    /// Nothing.
    Nothing,
    /// The record that a settlement corrects, by its label.
    Corrects(String),
    /// The records that show a finding.
    Records(Vec<String>),
    /// The record that a complaint is about.
    About(String),
    /// A sample's block and draw to come.
    Sample,
}

/// What a sample's plan can name when it is signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Coming {
    /// A block that is far enough ahead.
    pub height: Height,
    /// A day after today.
    pub date: Date,
}

/// An act.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Act {
    /// What is done.
    pub call: Call,
    /// Who signs, in order.
    pub signers: Vec<Post>,
    /// The code that it gets: 0, or the refusal that it is there to show.
    pub expected: u32,
    /// Under which its record is found again.
    pub label: Option<String>,
    /// What is filled in.
    pub bind: Bind,
    /// Titles of the invented papers that it names by their hashes.
    pub papers: Vec<String>,
}

/// Acts that follow one another.
pub type Thread = Vec<Act>;

/// Threads that go side by side.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Phase {
    /// What it is about, in Chinese and English.
    pub name: &'static str,
    /// The threads.
    pub threads: Vec<Thread>,
}

impl Phase {
    /// Transactions that it takes.
    pub fn transactions(&self) -> u64 {
        self.threads.iter().flatten().map(Act::transactions).sum()
    }
}

impl Act {
    /// An act that is applied.
    pub fn new(call: Call, signers: Vec<Post>) -> Self {
        Self { call, signers, expected: 0, label: None, bind: Bind::Nothing, papers: Vec::new() }
    }

    /// An act of an organisation's officers in these roles.
    pub fn of(call: Call, organization: OrganizationCode, roles: &[Role]) -> Self {
        let signers = roles.iter().map(|role| Post::first(organization, *role)).collect();
        Self::new(call, signers)
    }

    /// An act that a maker proposes and a checker approves.
    pub fn two(call: Call, organization: OrganizationCode) -> Self {
        Self::of(call, organization, &[Role::Maker, Role::Checker])
    }

    /// The same, with a payer as the third.
    pub fn three(call: Call, organization: OrganizationCode) -> Self {
        Self::of(call, organization, &[Role::Maker, Role::Checker, Role::Payer])
    }

    /// Signed by one more.
    pub fn and(mut self, organization: OrganizationCode, role: Role) -> Self {
        self.signers.push(Post::first(organization, role));
        self
    }

    /// Refused with this code.
    pub fn refused(mut self, code: Code) -> Self {
        self.expected = code.number();
        self
    }

    /// Found again under this label.
    pub fn labelled(mut self, label: impl Into<String>) -> Self {
        self.label = Some(label.into());
        self
    }

    /// Naming an invented paper.
    pub fn showing(mut self, title: impl Into<String>) -> Self {
        self.papers.push(title.into());
        self
    }

    /// With something to be filled in.
    pub fn bound(mut self, bind: Bind) -> Self {
        self.bind = bind;
        self
    }

    /// Transactions that it takes when it is applied.
    pub fn transactions(&self) -> u64 {
        if self.expected == 0 { self.signers.len() as u64 } else { 1 }
    }

    /// The call with what is to be filled in. Labels that are not known leave it as it is.
    pub fn bound_call(
        &self,
        known: impl Fn(&str) -> Option<LogIndex>,
        coming: impl Fn() -> Coming,
    ) -> Call {
        let mut call = self.call.clone();
        match (&self.bind, &mut call) {
            (Bind::Corrects(label), Call::Lottery(lottery::Call::Settle(act))) => {
                act.corrects = known(label).unwrap_or(act.corrects);
            }
            (Bind::Records(labels), Call::Oversight(oversight::Call::RecordFinding(finding))) => {
                finding.records = labels.iter().filter_map(|label| known(label)).collect();
                finding.records.sort_unstable();
            }
            (Bind::About(label), Call::Oversight(oversight::Call::ReceiveComplaint(act))) => {
                if let (Target::Record { index, .. }, Some(found)) = (&mut act.target, known(label))
                {
                    *index = found;
                }
            }
            (Bind::Sample, Call::Oversight(oversight::Call::PlanSample(plan))) => {
                let sample::Plan { target, draw, .. } = plan;
                let Coming { height, date } = coming();
                (*target, draw.date) = (height, date);
            }
            _ => {}
        }
        call
    }
}
