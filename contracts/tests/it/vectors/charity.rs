//! One act and one event of charity money for each variant, and more where one holds an enum.

use minglian_contracts::allocation::Basis;
use minglian_contracts::call::Call;
use minglian_contracts::charity::ahead::PayAhead;
use minglian_contracts::charity::campaign::FileCampaign;
use minglian_contracts::charity::change::{Authority, ChangePurpose, Refund};
use minglian_contracts::charity::contribution::{Contribute, Source};
use minglian_contracts::charity::declared::{Declare, Helped, Side};
use minglian_contracts::charity::disbursement::{Disburse, Expense, Recipient};
use minglian_contracts::charity::donation::{
    Donate, DonationReceipt, Donor, Gift, Goods, Valuation,
};
use minglian_contracts::charity::ending::{Heir, TransferSurplus};
use minglian_contracts::charity::fund::{Committee, FundName, Opening};
use minglian_contracts::charity::kind::FundKind;
use minglian_contracts::charity::qualification::{
    CharityForm, Disqualify, Qualification, QualificationKind, Qualify,
};
use minglian_contracts::charity::resolution::{Matter, Resolve, Votes};
use minglian_contracts::charity::{self, Event};
use minglian_contracts::event;
use minglian_ledger::document_number::DocumentNumberSet;
use minglian_ledger::hash::{AttachmentHash, Commitment};

use super::calls::{day, fen};
use crate::world::{code, text};

fn person(name: &str) -> Commitment {
    Commitment::of(&[name.as_bytes()])
}

fn attachment() -> AttachmentHash {
    AttachmentHash::of(&[b"an attachment"])
}

fn committee() -> Committee {
    let members = ["one", "two", "three"].map(person).to_vec();
    Committee { members, supervisors: vec![person("four")] }
}

fn heir() -> FundName {
    FundName { host: code("charity"), fund: text("助学") }
}

/// Every act of the vectors.
pub fn calls() -> Vec<Call> {
    let mut all = rules();
    all.extend(gifts());
    all.extend(payments());
    all.extend(changes());
    all.extend(declared());
    all.extend(mutual_aid());
    all.into_iter().map(Call::Charity).collect()
}

fn rules() -> Vec<charity::Call> {
    let occurred_on = day("2025-03-01");
    let (organization, kind) = (code("charity"), QualificationKind::PublicFundraising);
    let qualification = Qualification {
        certificate: text("慈证1号"),
        form: CharityForm::ServiceOrganization,
        registered_on: day("2023-01-01"),
        valid_from: occurred_on,
        valid_until: Some(day("2030-02-28")),
    };
    let open = |kind, filing| {
        charity::Call::OpenFund(Opening {
            fund: text("南湖"),
            kind,
            name: text("慈善总会南湖社区慈善基金"),
            filing,
            committee: committee(),
            occurred_on,
        })
    };
    vec![
        charity::Call::Qualify(Qualify { organization, kind, qualification, occurred_on }),
        charity::Call::Disqualify(Disqualify {
            organization,
            kind: QualificationKind::TaxDeduction,
            valid_from: occurred_on,
            valid_until: day("2025-12-31"),
            occurred_on,
        }),
        open(FundKind::CommunityFund, None),
        open(FundKind::CharitableTrust, Some(text("信托备2025-1"))),
        charity::Call::ChangeCommittee {
            fund: text("南湖"), committee: committee(), occurred_on
        },
        charity::Call::FileCampaign(FileCampaign {
            filing: text("备2025-1"),
            fund: text("南湖"),
            title: text("温暖南湖"),
            begins_on: day("2025-03-11"),
            ends_on: day("2025-06-30"),
            emergency: true,
            reviewer: code("county_civil"),
            occurred_on,
        }),
        charity::Call::EndCampaign { filing: text("备2025-1"), occurred_on },
    ]
}

fn gifts() -> Vec<charity::Call> {
    let occurred_on = day("2025-03-12");
    let donate = |donor, gift, restriction, receipt, campaign| {
        charity::Call::Donate(Donate {
            reference: text("捐 7"),
            fund: text("南湖"),
            campaign,
            donor,
            gift,
            amount: fen(8_800),
            restriction,
            receipt,
            code: person("a salted code"),
            occurred_on,
        })
    };
    let goods = |valuation, document| {
        Gift::Goods(Goods {
            description: text("棉被"),
            quantity: text("20床"),
            valuation,
            document,
        })
    };
    let number = DonationReceipt::Number(text("0012345678"));
    let (filing, bound) = (Some(text("备2025-1")), Some(text("助餐")));
    let (unbound, none) = (None, None);
    vec![
        donate(Donor::Person(person("a donor")), Gift::Money, unbound, number, filing),
        donate(
            Donor::Organization(code("home")),
            goods(Valuation::Appraisal, Some(attachment())),
            bound,
            DonationReceipt::Waived,
            none,
        ),
        donate(
            Donor::Anonymous,
            goods(Valuation::MarketPrice, None),
            None,
            DonationReceipt::Waived,
            None,
        ),
        charity::Call::VoidDonation { donation: text("捐 7"), occurred_on },
    ]
}

fn payments() -> Vec<charity::Call> {
    let (occurred_on, payment) = (day("2025-03-20"), || text("付 3"));
    let disburse = |from, expense, recipient, voucher| {
        charity::Call::Disburse(Disburse {
            fund: text("南湖"),
            resolution: text("议1"),
            from,
            expense,
            reference: payment(),
            recipient,
            amount: fen(5_000),
            voucher,
            occurred_on,
        })
    };
    let persons = Recipient::Persons { count: 12, list: person("a list") };
    vec![
        charity::Call::Resolve(Resolve {
            fund: text("南湖"),
            number: text("议1"),
            matter: Matter::PurposeChange,
            purpose: text("助餐"),
            amount: fen(15_000),
            votes: Votes { in_favour: 3, against: 1, abstained: 256 },
            supervisors: 1,
            minutes: person("minutes"),
            occurred_on,
        }),
        disburse(Some(text("捐 7")), Expense::Fundraising, persons, Some(attachment())),
        disburse(None, Expense::Program, Recipient::Organization(code("home")), None),
        disburse(None, Expense::Other, Recipient::Person(person("somebody")), None),
        charity::Call::Return { payment: payment(), amount: fen(1), occurred_on },
        charity::Call::ShowUse {
            payment: payment(),
            attachments: vec![attachment(), attachment()],
            beneficiaries: 12,
            occurred_on,
        },
        charity::Call::FeedBack {
            donation: text("捐 7"),
            payment: payment(),
            message: person("a message"),
            occurred_on,
        },
    ]
}

fn changes() -> Vec<charity::Call> {
    let (occurred_on, donation) = (day("2025-04-01"), || text("捐 7"));
    let change = |purpose, authority| {
        charity::Call::ChangePurpose(ChangePurpose {
            donation: donation(),
            resolution: text("变1"),
            purpose,
            authority,
            occurred_on,
        })
    };
    let surplus = |from, to, authority| {
        charity::Call::TransferSurplus(TransferSurplus {
            fund: text("南湖"),
            from,
            to,
            amount: fen(300),
            resolution: text("余1"),
            authority,
            occurred_on,
        })
    };
    vec![
        change(Some(text("助学")), Authority::Filing(text("备2025-2"))),
        change(None, Authority::Consent(text("同意书1"))),
        charity::Call::Refund(Refund {
            donation: donation(),
            reference: text("退1"),
            amount: fen(200),
            occurred_on,
        }),
        surplus(None, Heir::Own(text("本级")), Authority::Agreement(text("章程"))),
        surplus(Some(donation()), Heir::Other(heir()), Authority::SimilarPurpose(text("公示1"))),
        charity::Call::TerminateFund {
            fund: text("南湖"), resolution: text("终1"), occurred_on
        },
        charity::Call::CorrectPayout { payment: text("付 3"), occurred_on },
    ]
}

fn declared() -> Vec<charity::Call> {
    let basis = Basis {
        documents: DocumentNumberSet::default(),
        printed_in: Some(text("按公告补录:daishan_charity_2021 第9行")),
    };
    let declare = |side, subject: &str, amount, helped| {
        charity::Call::Declare(Declare {
            year: 2021,
            reference: text("daishan_charity_2021#9"),
            side,
            subject: text(subject),
            amount: fen(amount),
            helped,
            basis: basis.clone(),
            occurred_on: day("2021-12-31"),
        })
    };
    let helped = Some(Helped { count: 2_539, counted_in: text("人次") });
    vec![
        declare(Side::Expenditure, "恤病", 170_520_000, helped),
        declare(Side::Income, "慈善一日捐募集", 220_850_000, None),
    ]
}

fn mutual_aid() -> Vec<charity::Call> {
    let occurred_on = day("2025-03-12");
    let contribute = |source, reference: &str, restriction| {
        let gift = Donate {
            reference: text(reference),
            fund: text("石马"),
            campaign: None,
            donor: Donor::Organization(code("county_finance")),
            gift: Gift::Money,
            amount: fen(1_000_000),
            restriction,
            receipt: DonationReceipt::Waived,
            code: person(reference),
            occurred_on,
        };
        charity::Call::Contribute(Contribute { source, gift })
    };
    let ahead = |from, recipient, voucher| {
        charity::Call::PayAhead(PayAhead {
            fund: text("石马"),
            purpose: text("救急难"),
            from,
            expense: Expense::Program,
            reference: text("急 1"),
            recipient,
            amount: fen(80_000),
            voucher,
            occurred_on,
        })
    };
    let family = Recipient::Persons { count: 3, list: person("a list") };
    vec![
        contribute(Source::CountyFinance, "财1", Some(text("救急难"))),
        contribute(Source::VillageCollective, "村1", None),
        ahead(Some(text("财1")), Recipient::Person(person("somebody")), None),
        ahead(None, family, Some(attachment())),
        charity::Call::DecideAfter {
            payment: text("急 1"), resolution: text("议1"), occurred_on
        },
    ]
}

/// Every event of the vectors.
pub fn events() -> Vec<event::Event> {
    let (fund, donation, payment) = (|| text("南湖"), || text("捐 7"), || text("付 3"));
    let all = [
        Event::FundOpened { fund: fund(), name: text("慈善总会南湖社区慈善基金") },
        Event::CampaignFiled { filing: text("备2025-1"), days_before: -8 },
        Event::Donated { donation: donation(), inflow: 4_294_967_296 },
        Event::Resolved { fund: fund(), resolution: text("议1"), carried: true },
        Event::Disbursed { payment: payment(), left: fen(10_000) },
        Event::Returned { payment: payment(), amount: fen(1) },
        Event::Used { payment: payment(), beneficiaries: 12 },
        Event::FedBack { donation: donation(), payment: payment() },
        Event::PurposeChanged { donation: donation(), amount: fen(3_800) },
        Event::Refunded { donation: donation(), refunded: fen(200) },
        Event::SurplusTransferred { fund: fund(), to: heir(), amount: fen(300) },
        Event::FundTerminated { fund: fund() },
        Event::Corrected { payment: payment(), amount: fen(4_999) },
        Event::Declared {
            year: 2021,
            income: fen(1_362_700_000),
            expenditure: fen(1_320_440_000),
            helped: 6_655,
        },
        Event::Contributed { donation: donation(), source: Source::VillageCollective },
        Event::PaidAhead { payment: payment(), decide_by: day("2025-03-22") },
        Event::DecidedAfter {
            payment: payment(),
            resolution: text("议1"),
            agreed: false,
            days_late: 3,
        },
    ];
    all.into_iter().map(event::Event::Charity).collect()
}
