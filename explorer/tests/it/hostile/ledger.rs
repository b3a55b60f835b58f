//! A ledger whose every text was written by somebody with bad intentions.

use std::collections::BTreeMap;

use minglian_contracts::allocation::entry::RecordQuota;
use minglian_contracts::allocation::{self, Basis, Category, LineName, Purpose, Receipt};
use minglian_contracts::approval;
use minglian_contracts::call::Call;
use minglian_contracts::charity::campaign::FileCampaign;
use minglian_contracts::charity::declared::{Declare, Helped, Side};
use minglian_contracts::charity::donation::{
    Donate, DonationReceipt, Donor, Gift, Goods, Valuation,
};
use minglian_contracts::charity::fund::{Committee, Opening};
use minglian_contracts::charity::kind::FundKind;
use minglian_contracts::charity::resolution::{Matter, Resolve, Votes};
use minglian_contracts::charity::{self};
use minglian_contracts::contents;
use minglian_contracts::disclosure::figure::{Figure, FigureMeasure, FigureSubject, FigureUnit};
use minglian_contracts::disclosure::publication::{Change, Correct, Metadata, Openness};
use minglian_contracts::disclosure::publication::{Publish, Validity};
use minglian_contracts::disclosure::{self};
use minglian_contracts::oversight::audit::{Engagement, Scope};
use minglian_contracts::oversight::complaint::{Receive, Target};
use minglian_contracts::oversight::draw::NamedDraw;
use minglian_contracts::oversight::sample::{Frame, Plan, SamplePurpose};
use minglian_contracts::oversight::{self};
use minglian_contracts::project::evaluation::{Indicator, Measures};
use minglian_contracts::project::{self};
use minglian_ledger::fen::Fen;
use minglian_ledger::genesis::{GenesisOrganization, OrganizationKind};
use minglian_ledger::hash::{AttachmentHash, Commitment, SampleFrame};
use minglian_ledger::height::Height;
use minglian_ledger::personal_number;
use minglian_ledger::text::Text;

use super::strings::{organization, put, strings};
use crate::chain::{self, Chain, code, text};
use crate::sales;
use crate::society;
use crate::story::{self, day};

/// Acts in one block.
const ACTS: usize = 40;

/// The ledger, and what its fields took.
pub struct Told {
    pub chain: Chain,
    /// By field: how many of the strings it took, and how many it refused.
    pub fields: BTreeMap<&'static str, (usize, usize)>,
    /// How many acts came to each code.
    pub codes: BTreeMap<u32, usize>,
    strings: Vec<String>,
    signed: usize,
}

/// Makes the act that holds the string of this number.
type Make = fn(&mut Told, usize) -> Call;

pub fn told() -> Told {
    let strings = strings();
    let mut fields = BTreeMap::new();
    let mut genesis = chain::genesis();
    for (number, string) in strings.iter().enumerate() {
        genesis.organizations.push(GenesisOrganization {
            code: code(&organization(number)),
            name: put(&mut fields, "organization name", string, number),
            kind: OrganizationKind::ProjectUnit,
            division: genesis.organizations[0].division,
            officers: Vec::new(),
        });
    }
    let chain = Chain::of(genesis);
    let mut told = Told { chain, fields, codes: BTreeMap::new(), strings, signed: 0 };
    story::tell(&mut told.chain);
    society::tell(&mut told.chain);
    sales::tell(&mut told.chain);
    told.write();
    told
}

impl Told {
    fn put<const MAX: usize>(&mut self, field: &'static str, number: usize) -> Text<MAX> {
        put(&mut self.fields, field, &self.strings[number], number)
    }

    /// All acts; each field sees each string once.
    fn write(&mut self) {
        let all = 0..self.strings.len();
        let acts: [(&str, Make, &[&str]); 13] = [
            ("civil", project, &["civil.checker"]),
            ("finance", quota, &["finance.checker"]),
            ("home", payment, &["home.checker", "home.payer"]),
            ("charity", publication, &["charity.checker"]),
            ("charity", correction, &["charity.checker"]),
            ("charity", fund, &["charity.checker"]),
            ("charity", campaign, &["charity.checker", "civil.checker"]),
            ("charity", gift, &["charity.checker"]),
            ("charity", resolution, &["charity.checker"]),
            ("charity", declared, &["charity.checker"]),
            ("civil", complaint, &["civil.checker"]),
            ("audit", audit, &["audit.checker"]),
            ("lottery", remittance, &["lottery.checker"]),
        ];
        for (organization, make, officers) in acts {
            let calls: Vec<Call> = all.clone().map(|number| make(self, number)).collect();
            self.enter(organization, &calls, officers);
        }
        // Again, so that what a refusal says of them is on the ledger too.
        let calls: Vec<Call> = all.clone().map(|number| project(self, number)).collect();
        self.enter("civil", &calls, &["civil.checker"]);
        let calls: Vec<Call> = all.map(|number| sample(self, number)).collect();
        self.enter("audit", &calls, &["audit.checker"]);
    }

    /// Proposes the acts and has them approved, a block a step.
    fn enter(&mut self, organization: &str, calls: &[Call], officers: &[&str]) {
        for calls in calls.chunks(ACTS) {
            let mut transactions = Vec::new();
            for call in calls {
                let number = self.signed % self.strings.len();
                // No block holds what reads like a person's number.
                let has_number = |text: &&str| personal_number::find(text).is_some();
                if contents::of(call).texts.iter().any(has_number) {
                    self.fields.entry("whole act").or_default().1 += 1;
                    self.signed += 1;
                    continue;
                }
                let mut reference = self.put::<128>("client reference", number).to_string();
                // Apart, so that the digits make no longer number.
                reference.push_str(&format!("·{}", self.signed));
                let reference = Text::new(reference).unwrap_or_else(|_| {
                    let (taken, refused) = self.fields.get_mut("client reference").unwrap();
                    (*taken, *refused) = (*taken - 1, *refused + 1);
                    text(&format!("长{}", self.signed))
                });
                self.signed += 1;
                let actor = format!("{organization}.maker");
                transactions.push(self.chain.sign_as(&actor, call, reference));
            }
            let ids: Vec<_> = transactions.iter().map(|it| it.id()).collect();
            let mut codes = self.chain.block(transactions);
            let waiting = |codes: &[u32]| -> Vec<_> {
                ids.iter().zip(codes).filter(|(_, code)| **code == 0).map(|(id, _)| *id).collect()
            };
            let mut open = waiting(&codes);
            for officer in officers {
                let steps = open.iter().map(|proposal| {
                    let approve = approval::Call::Approve { proposal: *proposal };
                    self.chain.sign(officer, &Call::Approval(approve))
                });
                let steps = steps.collect();
                let came = self.chain.block(steps);
                open = open.iter().zip(&came).filter(|(_, it)| **it == 0).map(|it| *it.0).collect();
                codes.extend(came.into_iter().filter(|code| *code != 0));
            }
            for code in codes {
                *self.codes.entry(code).or_default() += 1;
            }
        }
    }
}

fn project(told: &mut Told, number: usize) -> Call {
    let indicator = |told: &mut Told, measures, points_max| Indicator {
        measures,
        name: told.put("indicator name", number),
        target: told.put("indicator target", number),
        points_max,
    };
    Call::Project(project::Call::Register(project::Registration {
        reference: told.put("project reference", number),
        title: told.put("project title", number),
        category: Category::OldAge,
        unit: code("home"),
        year: 2020,
        carries_label: false,
        indicators: vec![
            indicator(told, Measures::Quantity, 5_000),
            indicator(told, Measures::Benefit, 3_000),
            indicator(told, Measures::Satisfaction, 1_000),
        ],
        occurred_on: day("2020-12-31"),
    }))
}

fn quota(told: &mut Told, number: usize) -> Call {
    Call::Allocation(allocation::Call::RecordQuota(RecordQuota {
        to: LineName {
            holder: code("civil"),
            fund: told.put("fund of a line", number),
            year: 2020,
            line: told.put("line name", number),
        },
        receipt: Receipt::Issued,
        amount: Fen::new(1_000_000).unwrap(),
        level: told.put("level", number),
        purpose: Purpose { category: Some(Category::OldAge), project: None },
        basis: Basis { printed_in: Some(told.put("printed in", number)), ..story::basis(1, "") },
        first_year: 2020,
        implied: true,
        occurred_on: day("2020-12-31"),
    }))
}

fn payment(told: &mut Told, number: usize) -> Call {
    let reference: Text<128> = told.put("payment reference", number);
    story::pay(reference.as_str(), "0.1", None)
}

fn metadata(told: &mut Told, number: usize) -> Metadata {
    Metadata {
        index_number: told.put("index number", number),
        title: told.put("publication title", number),
        summary: told.put("summary", number),
        topic: told.put("topic", number),
        keywords: vec![told.put("keyword", number)],
        publisher: told.put("publisher", number),
        document_number: told.put("document number", number),
        produced_on: day("2026-06-01"),
        published_on: day("2026-06-01"),
        validity: Validity::InForce,
        openness: Openness::Proactive,
        time_limit: told.put("time limit", number),
        format: told.put("format", number),
        language: told.put("language", number),
    }
}

fn publication(told: &mut Told, number: usize) -> Call {
    let figure = Figure {
        label: told.put("figure label", number),
        subject: FigureSubject::Other(told.put("figure subject", number)),
        category: None,
        measure: FigureMeasure::Income,
        year: Some(2026),
        mantissa: 1,
        decimals: 0,
        unit: FigureUnit::Yuan,
    };
    Call::Disclosure(disclosure::Call::Publish(Publish {
        metadata: metadata(told, number),
        meets: Vec::new(),
        attachments: Vec::new(),
        figures: vec![figure],
    }))
}

fn correction(told: &mut Told, number: usize) -> Call {
    let mut metadata = society::metadata(&format!("更{number}"), "更正", "2026-06-01");
    metadata.topic = told.put("topic", number);
    Call::Disclosure(disclosure::Call::Correct(Correct {
        corrects: told.put("corrected index number", number),
        changes: vec![Change {
            what: told.put("changed item", number),
            old: told.put("old text", number),
            new: told.put("new text", number),
        }],
        metadata,
        attachments: Vec::new(),
        figures: Vec::new(),
    }))
}

fn fund(told: &mut Told, number: usize) -> Call {
    let member = |it: &str| Commitment::of(&[it.as_bytes()]);
    Call::Charity(charity::Call::OpenFund(Opening {
        fund: told.put("charity fund", number),
        kind: FundKind::CommunityFund,
        name: told.put("charity fund name", number),
        filing: Some(told.put("fund filing", number)),
        committee: Committee {
            members: ["甲", "乙", "丙", "丁", "戊"].map(member).to_vec(),
            supervisors: vec![member("己")],
        },
        occurred_on: day("2026-01-05"),
    }))
}

fn campaign(told: &mut Told, number: usize) -> Call {
    Call::Charity(charity::Call::FileCampaign(FileCampaign {
        filing: told.put("campaign filing", number),
        fund: text("南湖"),
        title: told.put("campaign title", number),
        begins_on: day("2026-07-20"),
        ends_on: day("2026-12-31"),
        emergency: false,
        reviewer: code("civil"),
        occurred_on: day("2026-06-05"),
    }))
}

fn gift(told: &mut Told, number: usize) -> Call {
    Call::Charity(charity::Call::Donate(Donate {
        reference: told.put("gift reference", number),
        fund: text("南湖"),
        campaign: None,
        donor: Donor::Person(Commitment::of(&[b"donor"])),
        gift: Gift::Goods(Goods {
            description: told.put("goods", number),
            quantity: told.put("quantity", number),
            valuation: Valuation::Voucher,
            document: Some(AttachmentHash::of(&[b"voucher"])),
        }),
        amount: Fen::new(100).unwrap(),
        restriction: Some(told.put("restriction", number)),
        receipt: DonationReceipt::Number(told.put("receipt number", number)),
        code: Commitment::of(&[&number.to_be_bytes()]),
        occurred_on: day("2026-06-05"),
    }))
}

fn resolution(told: &mut Told, number: usize) -> Call {
    Call::Charity(charity::Call::Resolve(Resolve {
        fund: text("南湖"),
        number: told.put("resolution number", number),
        matter: Matter::Disbursement,
        purpose: told.put("resolution purpose", number),
        amount: Fen::new(100).unwrap(),
        votes: Votes { in_favour: 5, against: 0, abstained: 0 },
        supervisors: 1,
        minutes: Commitment::of(&[b"minutes"]),
        occurred_on: day("2026-06-05"),
    }))
}

fn declared(told: &mut Told, number: usize) -> Call {
    Call::Charity(charity::Call::Declare(Declare {
        year: 2021,
        reference: told.put("declared line", number),
        side: Side::Income,
        subject: told.put("declared subject", number),
        amount: Fen::new(100).unwrap(),
        helped: Some(Helped { count: 1, counted_in: told.put("counted in", number) }),
        basis: story::basis(1, ""),
        occurred_on: day("2021-12-31"),
    }))
}

fn complaint(told: &mut Told, number: usize) -> Call {
    Call::Oversight(oversight::Call::ReceiveComplaint(Receive {
        reference: told.put("complaint reference", number),
        target: Target::Organization(code("charity")),
        content: Commitment::of(&[b"content"]),
        ticket: Commitment::of(&[&number.to_be_bytes()]),
        handler: code("audit"),
        occurred_on: day("2026-06-10"),
    }))
}

fn audit(told: &mut Told, number: usize) -> Call {
    Call::Oversight(oversight::Call::OpenAudit(Engagement {
        reference: told.put("audit reference", number),
        scope: Scope {
            organizations: vec![code("charity")],
            funds: vec![told.put("audited fund", number)],
            first_year: 2025,
            last_year: 2026,
        },
        occurred_on: day("2026-06-10"),
    }))
}

fn remittance(told: &mut Told, number: usize) -> Call {
    let reference: Text<128> = told.put("remittance reference", number);
    sales::remit("2026-04", Fen::new(1).unwrap(), reference.as_str())
}

fn sample(told: &mut Told, number: usize) -> Call {
    Call::Oversight(oversight::Call::PlanSample(Plan {
        reference: told.put("sample reference", number),
        purpose: SamplePurpose::Audit,
        frame: Frame::List { population: 100, list: SampleFrame::of(&[b"list"]) },
        size: 5,
        method: minglian_ledger::sample::METHOD,
        target: Height(told.chain.header.height.0 + 500),
        draw: NamedDraw {
            centre: code("lottery"),
            game: told.put("game", number),
            issue: told.put("issue", number),
            date: day("2026-12-20"),
        },
        replaces: None,
    }))
}
