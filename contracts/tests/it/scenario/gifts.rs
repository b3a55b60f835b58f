//! Verbs of charity money.

use minglian_contracts::call::Call;
use minglian_contracts::charity;
use minglian_contracts::charity::ahead::PayAhead;
use minglian_contracts::charity::campaign::FileCampaign;
use minglian_contracts::charity::change::{Authority, ChangePurpose, Refund};
use minglian_contracts::charity::contribution::Contribute;
use minglian_contracts::charity::declared::{Declare, Helped};
use minglian_contracts::charity::disbursement::{Disburse, Expense, Recipient};
use minglian_contracts::charity::donation::{
    Donate, DonationReceipt, Donor, Gift, Goods, Valuation,
};
use minglian_contracts::charity::ending::{Heir, TransferSurplus};
use minglian_contracts::charity::fund::{Committee, FundName, Opening};
use minglian_contracts::charity::qualification::{Disqualify, Qualification, Qualify};
use minglian_contracts::charity::resolution::{Resolve, Votes};
use minglian_ledger::date::Date;
use minglian_ledger::hash::{AttachmentHash, Commitment};
use minglian_ledger::text::Text;
use serde::de::DeserializeOwned;

use super::arguments::Arguments;
use crate::world::{code, text};

/// The salted commitment that stands for a person in scenarios.
pub fn person(name: &str) -> Commitment {
    Commitment::of(&[b"salt", name.as_bytes()])
}

/// So many members and supervisors, all different.
pub fn committee(members: u16, supervisors: u16) -> Committee {
    let persons = |role: &str, count| (0..count).map(|at| person(&format!("{role}{at}"))).collect();
    Committee {
        members: persons("成员", members), supervisors: persons("监督员", supervisors)
    }
}

pub fn call(arguments: &Arguments, today: Date) -> Result<Option<Call>, String> {
    let found = match rules(arguments, today)? {
        Some(call) => Some(call),
        None => money(arguments, today)?,
    };
    Ok(found.map(Call::Charity))
}

/// A name as JSON has it.
pub fn named<T: DeserializeOwned>(
    arguments: &Arguments,
    name: &str,
    usual: &str,
) -> Result<T, String> {
    let value = arguments.optional(name).unwrap_or(usual);
    serde_json::from_value(value.into()).map_err(|error| error.to_string())
}

pub fn optional_text<const MAX: usize>(
    arguments: &Arguments,
    name: &str,
) -> Result<Option<Text<MAX>>, String> {
    arguments.optional(name).map(|_| arguments.text(name)).transpose()
}

fn count(arguments: &Arguments, name: &str, usual: u16) -> Result<u16, String> {
    arguments.optional(name).map_or(Ok(usual), |_| arguments.parsed(name))
}

/// `members=` and `supervisors=`; `twice` makes a member a supervisor too.
fn parse_committee(arguments: &Arguments) -> Result<Committee, String> {
    let mut all = committee(count(arguments, "members", 5)?, count(arguments, "supervisors", 1)?);
    if arguments.words.iter().any(|word| word == "twice") {
        all.supervisors.push(all.members[0]);
    }
    Ok(all)
}

fn rules(arguments: &Arguments, today: Date) -> Result<Option<charity::Call>, String> {
    let occurred_on = arguments.occurred_on(today)?;
    Ok(Some(match arguments.verb.as_str() {
        "qualify" => charity::Call::Qualify(Qualify {
            organization: arguments.organization("organization")?,
            kind: named(arguments, "kind", "charity")?,
            qualification: Qualification {
                certificate: text(arguments.optional("certificate").unwrap_or("证书")),
                form: named(arguments, "form", "foundation")?,
                registered_on: arguments.parsed("registered")?,
                valid_from: arguments.parsed("from")?,
                valid_until: arguments
                    .optional("until")
                    .map(|_| arguments.parsed("until"))
                    .transpose()?,
            },
            occurred_on,
        }),
        "disqualify" => charity::Call::Disqualify(Disqualify {
            organization: arguments.organization("organization")?,
            kind: named(arguments, "kind", "charity")?,
            valid_from: arguments.parsed("from")?,
            valid_until: arguments.parsed("until")?,
            occurred_on,
        }),
        "open_fund" => charity::Call::OpenFund(Opening {
            fund: arguments.text("fund")?,
            kind: named(arguments, "kind", "general")?,
            name: arguments.text("name")?,
            filing: optional_text(arguments, "filing")?,
            committee: parse_committee(arguments)?,
            occurred_on,
        }),
        "change_committee" => charity::Call::ChangeCommittee {
            fund: arguments.text("fund")?,
            committee: parse_committee(arguments)?,
            occurred_on,
        },
        "file_campaign" => charity::Call::FileCampaign(FileCampaign {
            filing: arguments.text("filing")?,
            fund: arguments.text("fund")?,
            title: text("募捐"),
            begins_on: arguments.parsed("begins")?,
            ends_on: arguments.parsed("ends")?,
            emergency: arguments.words.iter().any(|word| word == "emergency"),
            reviewer: code(arguments.optional("reviewer").unwrap_or("county_civil")),
            occurred_on,
        }),
        "end_campaign" => {
            charity::Call::EndCampaign { filing: arguments.text("filing")?, occurred_on }
        }
        "declare_line" => charity::Call::Declare(declare(arguments, occurred_on)?),
        "resolve" => charity::Call::Resolve(resolve(arguments, occurred_on)?),
        "terminate_fund" => charity::Call::TerminateFund {
            fund: arguments.text("fund")?,
            resolution: arguments.text("under")?,
            occurred_on,
        },
        _ => return Ok(None),
    }))
}

/// `helped=` a number and what it counts, as in `12/人次`.
fn declare(arguments: &Arguments, occurred_on: Date) -> Result<Declare, String> {
    let helped = arguments.optional("helped").map(|helped| {
        let (count, counted_in) = helped.split_once('/').ok_or("helped=12/人次")?;
        let count = count.parse().map_err(|_| format!("{count} is no number"))?;
        Ok::<_, String>(Helped { count, counted_in: text(counted_in) })
    });
    Ok(Declare {
        year: count(arguments, "year", occurred_on.year())?,
        reference: arguments.text("reference")?,
        side: named(arguments, "side", "income")?,
        subject: arguments.text("subject")?,
        amount: arguments.amount("amount")?,
        helped: helped.transpose()?,
        basis: arguments.basis()?,
        occurred_on,
    })
}

/// `votes=` in favour/against/abstained.
fn resolve(arguments: &Arguments, occurred_on: Date) -> Result<Resolve, String> {
    let votes: Vec<u16> = arguments
        .optional("votes")
        .unwrap_or("5/0/0")
        .split('/')
        .map(|votes| votes.parse().map_err(|_| format!("{votes} are no votes")))
        .collect::<Result<_, _>>()?;
    let [in_favour, against, abstained] = votes[..] else { return Err("three votes".to_owned()) };
    Ok(Resolve {
        fund: arguments.text("fund")?,
        number: arguments.text("number")?,
        matter: named(arguments, "matter", "disbursement")?,
        purpose: optional_text(arguments, "for")?.unwrap_or_default(),
        amount: arguments.amount("amount")?,
        votes: Votes { in_favour, against, abstained },
        supervisors: count(arguments, "supervisors", 1)?,
        minutes: Commitment::of(&[b"minutes"]),
        occurred_on,
    })
}

fn money(arguments: &Arguments, today: Date) -> Result<Option<charity::Call>, String> {
    let occurred_on = arguments.occurred_on(today)?;
    let donation = || arguments.text("donation");
    Ok(Some(match arguments.verb.as_str() {
        "donate" => charity::Call::Donate(donate(arguments, occurred_on)?),
        "void_donation" => charity::Call::VoidDonation { donation: donation()?, occurred_on },
        "disburse" => charity::Call::Disburse(Disburse {
            fund: arguments.text("fund")?,
            resolution: arguments.text("under")?,
            from: optional_text(arguments, "gift")?,
            expense: named::<Expense>(arguments, "expense", "program")?,
            reference: arguments.text("reference")?,
            recipient: recipient(arguments)?,
            amount: arguments.amount("amount")?,
            voucher: None,
            occurred_on,
        }),
        "bounced" => charity::Call::Return {
            payment: arguments.text("payment")?,
            amount: arguments.amount("amount")?,
            occurred_on,
        },
        "correct_payout" => {
            charity::Call::CorrectPayout { payment: arguments.text("payment")?, occurred_on }
        }
        "show_use" => charity::Call::ShowUse {
            payment: arguments.text("payment")?,
            attachments: vec![
                AttachmentHash::of(&[b"photo"]);
                usize::from(count(arguments, "attachments", 1)?)
            ],
            beneficiaries: 12,
            occurred_on,
        },
        "feed_back" => charity::Call::FeedBack {
            donation: donation()?,
            payment: arguments.text("payment")?,
            message: Commitment::of(&[b"message"]),
            occurred_on,
        },
        _ => return changes(arguments, occurred_on),
    }))
}

fn changes(arguments: &Arguments, occurred_on: Date) -> Result<Option<charity::Call>, String> {
    let donation = || arguments.text("donation");
    Ok(Some(match arguments.verb.as_str() {
        "change_purpose" => charity::Call::ChangePurpose(ChangePurpose {
            donation: donation()?,
            resolution: arguments.text("under")?,
            purpose: optional_text(arguments, "for")?,
            authority: authority(arguments)?,
            occurred_on,
        }),
        "refund" => charity::Call::Refund(Refund {
            donation: donation()?,
            reference: arguments.text("reference")?,
            amount: arguments.amount("amount")?,
            occurred_on,
        }),
        "transfer_surplus" => charity::Call::TransferSurplus(TransferSurplus {
            fund: arguments.text("fund")?,
            from: optional_text(arguments, "gift")?,
            to: match arguments.get("to")?.split_once('/') {
                Some((host, fund)) => Heir::Other(FundName { host: code(host), fund: text(fund) }),
                None => Heir::Own(arguments.text("to")?),
            },
            amount: arguments.amount("amount")?,
            resolution: arguments.text("under")?,
            authority: authority(arguments)?,
            occurred_on,
        }),
        _ => return mutual_aid(arguments, occurred_on),
    }))
}

fn mutual_aid(arguments: &Arguments, occurred_on: Date) -> Result<Option<charity::Call>, String> {
    Ok(Some(match arguments.verb.as_str() {
        "contribute" => charity::Call::Contribute(Contribute {
            source: named(arguments, "source", "county_finance")?,
            gift: donate(arguments, occurred_on)?,
        }),
        "pay_ahead" => charity::Call::PayAhead(PayAhead {
            fund: arguments.text("fund")?,
            purpose: optional_text(arguments, "for")?.unwrap_or_default(),
            from: optional_text(arguments, "gift")?,
            expense: named::<Expense>(arguments, "expense", "program")?,
            reference: arguments.text("reference")?,
            recipient: recipient(arguments)?,
            amount: arguments.amount("amount")?,
            voucher: None,
            occurred_on,
        }),
        "decide_after" => charity::Call::DecideAfter {
            payment: arguments.text("payment")?,
            resolution: arguments.text("under")?,
            occurred_on,
        },
        _ => return Ok(None),
    }))
}

/// `to=`: an organisation, or `person:NAME`.
fn recipient(arguments: &Arguments) -> Result<Recipient, String> {
    Ok(match arguments.get("to")?.split_once(':') {
        Some((_, name)) => Recipient::Person(person(name)),
        None => Recipient::Organization(arguments.organization("to")?),
    })
}

/// `donor=`: an organisation, `person:NAME`, or nobody knows.
fn donate(arguments: &Arguments, occurred_on: Date) -> Result<Donate, String> {
    let donor = match arguments.optional("donor") {
        None => Donor::Anonymous,
        Some(donor) => match donor.split_once(':') {
            Some((_, name)) => Donor::Person(person(name)),
            None => Donor::Organization(code(donor)),
        },
    };
    let gift = match arguments.optional("goods") {
        None => Gift::Money,
        Some(description) => Gift::Goods(Goods {
            description: text(description),
            quantity: optional_text(arguments, "quantity")?.unwrap_or_default(),
            valuation: named::<Valuation>(arguments, "valuation", "voucher")?,
            document: arguments
                .optional("document")
                .map(|document| AttachmentHash::of(&[document.as_bytes()])),
        }),
    };
    let code = arguments.optional("code").unwrap_or(arguments.get("reference")?);
    Ok(Donate {
        reference: arguments.text("reference")?,
        fund: arguments.text("fund")?,
        campaign: optional_text(arguments, "campaign")?,
        donor,
        gift,
        amount: arguments.amount("amount")?,
        restriction: optional_text(arguments, "for")?,
        receipt: match arguments.optional("receipt") {
            Some(number) => DonationReceipt::Number(text(number)),
            None => DonationReceipt::Waived,
        },
        code: Commitment::of(&[b"receipt code", code.as_bytes()]),
        occurred_on,
    })
}

/// `filing=`, `consent=`, `agreement=` or `similar=`.
fn authority(arguments: &Arguments) -> Result<Authority, String> {
    if arguments.optional("filing").is_some() {
        return Ok(Authority::Filing(arguments.text("filing")?));
    }
    if arguments.optional("consent").is_some() {
        return Ok(Authority::Consent(arguments.text("consent")?));
    }
    if arguments.optional("agreement").is_some() {
        return Ok(Authority::Agreement(arguments.text("agreement")?));
    }
    Ok(Authority::SimilarPurpose(arguments.text("similar")?))
}
