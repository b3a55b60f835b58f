//! What happens on the other test chain: a charity is qualified, gets and spends gifts, publishes
//! late and corrects itself; somebody complains, an auditor finds something, a sample is drawn.

use minglian_contracts::allocation::Basis;
use minglian_contracts::call::Call;
use minglian_contracts::charity::campaign::FileCampaign;
use minglian_contracts::charity::declared::{Declare, Helped, Side};
use minglian_contracts::charity::disbursement::{Disburse, Expense, Recipient};
use minglian_contracts::charity::donation::{Donate, DonationReceipt, Donor, Gift, receipt_code};
use minglian_contracts::charity::fund::{Committee, Opening};
use minglian_contracts::charity::kind::FundKind;
use minglian_contracts::charity::qualification::{
    CharityForm, Qualification, QualificationKind, Qualify,
};
use minglian_contracts::charity::resolution::{Matter, Resolve, Votes};
use minglian_contracts::charity::{self};
use minglian_contracts::disclosure::figure::{Figure, FigureMeasure, FigureSubject, FigureUnit};
use minglian_contracts::disclosure::obligation::ObligationName;
use minglian_contracts::disclosure::publication::{
    Attached, AttachmentClass, Change, Correct, Metadata, Openness, Publish, Validity,
};
use minglian_contracts::disclosure::{self};
use minglian_contracts::oversight::audit::{Engagement, EngagementName, Scope};
use minglian_contracts::oversight::complaint::{Receive, Target};
use minglian_contracts::oversight::draw::{Draw, NamedDraw};
use minglian_contracts::oversight::finding::{FindingKind, Record};
use minglian_contracts::oversight::sample::{Frame, Plan, SampleName, SamplePurpose};
use minglian_contracts::oversight::{self};
use minglian_ledger::date::Date;
use minglian_ledger::fen::{Fen, Unit};
use minglian_ledger::hash::{AttachmentHash, Commitment, SampleFrame};
use minglian_ledger::height::{Height, LogIndex};

use crate::chain::{Chain, HOSTILE_CHARITY, code, text};

/// The code of the first gift's receipt, and its salt.
pub const RECEIPT: ([u8; 16], [u8; 16]) = ([7; 16], [9; 16]);

fn yuan(amount: &str) -> Fen {
    Fen::parse_published(amount, Unit::Yuan).unwrap()
}

fn day(date: &str) -> Date {
    date.parse().unwrap()
}

fn secret(name: &str) -> Commitment {
    Commitment::of(&[name.as_bytes()])
}

fn qualify(kind: QualificationKind, from: &str) -> Call {
    Call::Charity(charity::Call::Qualify(Qualify {
        organization: code("charity"),
        kind,
        qualification: Qualification {
            certificate: text("证<1>"),
            form: CharityForm::Foundation,
            registered_on: day("2020-01-01"),
            valid_from: day(from),
            valid_until: None,
        },
        occurred_on: day("2026-01-05"),
    }))
}

fn open_fund() -> Call {
    Call::Charity(charity::Call::OpenFund(Opening {
        fund: text("南湖"),
        kind: FundKind::CommunityFund,
        name: text(&format!("{HOSTILE_CHARITY}南湖社区慈善基金")),
        filing: None,
        committee: Committee {
            members: ["甲", "乙", "丙", "丁", "戊"].map(secret).to_vec(),
            supervisors: vec![secret("己")],
        },
        occurred_on: day("2026-01-05"),
    }))
}

fn file_campaign() -> Call {
    Call::Charity(charity::Call::FileCampaign(FileCampaign {
        filing: text("备/2026<1>"),
        fund: text("南湖"),
        title: text("助老<b>募捐"),
        begins_on: day("2026-01-20"),
        ends_on: day("2026-12-31"),
        emergency: false,
        reviewer: code("civil"),
        occurred_on: day("2026-01-05"),
    }))
}

pub fn donate(reference: &str, amount: &str, bound: Option<&str>, receipt: Commitment) -> Call {
    Call::Charity(charity::Call::Donate(Donate {
        reference: text(reference),
        fund: text("南湖"),
        campaign: Some(text("备/2026<1>")),
        donor: Donor::Person(secret("王某")),
        gift: Gift::Money,
        amount: yuan(amount),
        restriction: bound.map(text),
        receipt: DonationReceipt::Waived,
        code: receipt,
        occurred_on: day("2026-01-20"),
    }))
}

fn resolve(number: &str, purpose: &str, amount: &str) -> Call {
    Call::Charity(charity::Call::Resolve(Resolve {
        fund: text("南湖"),
        number: text(number),
        matter: Matter::Disbursement,
        purpose: text(purpose),
        amount: yuan(amount),
        votes: Votes { in_favour: 5, against: 0, abstained: 0 },
        supervisors: 1,
        minutes: secret("纪要"),
        occurred_on: day("2026-02-01"),
    }))
}

fn disburse(reference: &str, resolution: &str, expense: Expense, amount: &str) -> Call {
    Call::Charity(charity::Call::Disburse(Disburse {
        fund: text("南湖"),
        resolution: text(resolution),
        from: None,
        expense,
        reference: text(reference),
        recipient: Recipient::Persons { count: 3, list: secret("名单") },
        amount: yuan(amount),
        voucher: None,
        occurred_on: day("2026-02-01"),
    }))
}

pub fn declare() -> Call {
    Call::Charity(charity::Call::Declare(Declare {
        year: 2021,
        reference: text("daishan 第1行"),
        side: Side::Income,
        subject: text("慈善一日捐<script>"),
        amount: yuan("13627000.00"),
        helped: Some(Helped { count: 12, counted_in: text("人次") }),
        basis: Basis {
            documents: minglian_ledger::document_number::DocumentNumberSet::default(),
            printed_in: Some(text("按公告补录:daishan_charity_2021 第1行")),
        },
        occurred_on: day("2021-12-31"),
    }))
}

pub fn metadata(number: &str, title: &str, on: &str) -> Metadata {
    Metadata {
        index_number: text(number),
        title: text(title),
        summary: text("概述<script>alert(1)</script>"),
        topic: text("慈善"),
        keywords: vec![text("基金"), text("\" onclick=\"")],
        publisher: text("慈善会"),
        document_number: text(""),
        produced_on: day(on),
        published_on: day(on),
        validity: Validity::InForce,
        openness: Openness::Proactive,
        time_limit: text("长期公开"),
        format: text("PDF"),
        language: text("中文"),
    }
}

pub fn publish() -> Call {
    let obligation =
        ObligationName {
            rule: text("charity.fund_information"), subject: text("南湖"), period: 1
        };
    Call::Disclosure(disclosure::Call::Publish(Publish {
        metadata: metadata("014133226/2026-00001", "基金情况<img src=x>", "2026-03-10"),
        meets: vec![obligation],
        attachments: vec![Attached {
            hash: AttachmentHash::of(&[b"pdf"]),
            class: AttachmentClass::Public,
        }],
        figures: vec![Figure {
            label: text("=1+1 全年收入"),
            subject: FigureSubject::Organization(code("charity")),
            category: None,
            measure: FigureMeasure::Income,
            year: Some(2026),
            mantissa: 1_800,
            decimals: 0,
            unit: FigureUnit::Yuan,
        }],
    }))
}

fn correct() -> Call {
    Call::Disclosure(disclosure::Call::Correct(Correct {
        corrects: text("014133226/2026-00001"),
        changes: vec![Change { what: text("管委会人数"), old: text("7"), new: text("5<b>") }],
        metadata: metadata("014133226/2026-00002", "更正说明", "2026-03-12"),
        attachments: Vec::new(),
        figures: Vec::new(),
    }))
}

fn oversight(call: oversight::Call) -> Call {
    Call::Oversight(call)
}

fn plan(target: Height) -> Call {
    oversight(oversight::Call::PlanSample(Plan {
        reference: text("抽<1>"),
        purpose: SamplePurpose::Audit,
        frame: Frame::List { population: 100, list: SampleFrame::of(&[b"list"]) },
        size: 5,
        method: minglian_ledger::sample::METHOD,
        target,
        draw: NamedDraw {
            centre: code("lottery"),
            game: text("双色球"),
            issue: text("2026031"),
            date: day("2026-03-20"),
        },
        replaces: None,
    }))
}

/// Gifts of 1000, 500 and 300 元 (bound to 助餐); 1200 paid for 救助, 60 for management; one
/// publication 34 days late, then corrected; nothing published of the year 2025.
pub fn told() -> Chain {
    let mut chain = Chain::new();
    tell(&mut chain);
    chain
}

/// Lets it happen on a chain on which none of it happened.
pub fn tell(chain: &mut Chain) {
    charity_acts(chain);
    disclosure_acts(chain);
    oversight_acts(chain);
    chain.wait_until("2026-06-10");
    assert_eq!(chain.act("charity", &declare(), &["checker"]), 0);
}

fn charity_acts(chain: &mut Chain) {
    chain.wait_until("2026-01-05");
    for (kind, from) in [
        (QualificationKind::Charity, "2024-01-01"),
        (QualificationKind::PublicFundraising, "2024-06-01"),
    ] {
        assert_eq!(chain.act("civil", &qualify(kind, from), &["checker"]), 0);
    }
    assert_eq!(chain.act("charity", &open_fund(), &["checker"]), 0);
    let officers = ["charity.checker", "civil.checker"];
    assert_eq!(chain.act_with("charity", &file_campaign(), &officers), 0);
    chain.wait_until("2026-01-20");
    let (receipt, salt) = RECEIPT;
    let gifts = [
        donate("捐1", "1000", None, receipt_code(&salt, &receipt)),
        donate("捐2<b>", "500", None, secret("其他票据")),
        donate("捐3", "300", Some("助餐"), secret("第三张")),
    ];
    for gift in gifts {
        assert_eq!(chain.act("charity", &gift, &["checker"]), 0);
    }
    chain.wait_until("2026-02-01");
    assert_eq!(chain.act("charity", &resolve("决1", "救助", "1200"), &["checker"]), 0);
    assert_eq!(chain.act("charity", &resolve("决2", "办公", "60"), &["checker"]), 0);
    let paid = disburse("付1", "决1", Expense::Program, "1200");
    assert_eq!(chain.act("charity", &paid, &["checker", "payer"]), 0);
    let paid = disburse("付2", "决2", Expense::Management, "60");
    assert_eq!(chain.act("charity", &paid, &["checker", "payer"]), 0);
    let used = Call::Charity(charity::Call::ShowUse {
        payment: text("付1"),
        attachments: vec![AttachmentHash::of(&[b"photo"])],
        beneficiaries: 3,
        occurred_on: day("2026-02-01"),
    });
    assert_eq!(chain.act("charity", &used, &["checker"]), 0);
}

fn disclosure_acts(chain: &mut Chain) {
    chain.wait_until("2026-03-10");
    assert_eq!(chain.act("charity", &publish(), &["checker"]), 0);
    chain.wait_until("2026-03-12");
    assert_eq!(chain.act("charity", &correct(), &["checker"]), 0);
}

fn oversight_acts(chain: &mut Chain) {
    let complaint = oversight(oversight::Call::ReceiveComplaint(Receive {
        reference: text("诉/1"),
        target: Target::Organization(code("charity")),
        content: secret("内容"),
        ticket: secret("回执"),
        handler: code("audit"),
        occurred_on: day("2026-03-12"),
    }));
    assert_eq!(chain.act("civil", &complaint, &["checker"]), 0);
    let engagement =
        EngagementName { organization: code("audit"), engagement: text("泸审〔2026〕1号") };
    let opened = oversight(oversight::Call::OpenAudit(Engagement {
        reference: engagement.engagement.clone(),
        scope: Scope {
            organizations: vec![code("charity")],
            funds: Vec::new(),
            first_year: 2025,
            last_year: 2026,
        },
        occurred_on: day("2026-03-12"),
    }));
    assert_eq!(chain.act("audit", &opened, &["checker"]), 0);
    let found = oversight(oversight::Call::RecordFinding(Record {
        engagement,
        number: 1,
        organization: code("charity"),
        fund: None,
        year: 2026,
        kind: FindingKind::AboveStandard,
        records: vec![LogIndex(1)],
        amount: yuan("60"),
        working_paper: AttachmentHash::of(&[b"paper"]),
        occurred_on: day("2026-03-12"),
    }));
    assert_eq!(chain.act("audit", &found, &["checker"]), 0);
    let target = Height(chain.header.height.0 + 30);
    assert_eq!(chain.act("audit", &plan(target), &["checker"]), 0);
    while chain.header.height <= target {
        chain.block(Vec::new());
    }
    chain.wait_until("2026-03-20");
    let entered = oversight(oversight::Call::EnterDraw(Draw {
        game: text("双色球"),
        issue: text("2026031"),
        numbers: vec![1, 2, 3, 4, 5, 6, 7],
        occurred_on: day("2026-03-20"),
    }));
    assert_eq!(chain.act("lottery", &entered, &["checker"]), 0);
    let plan = SampleName { organization: code("audit"), sample: text("抽<1>") };
    let drawn = oversight(oversight::Call::DrawSample { plan });
    assert_eq!(chain.alone("home.maker", &drawn), 0);
}
