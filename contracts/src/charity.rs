//! Charity money: qualifications, funds under a charity, campaigns, gifts, and their uses.
//!
//! A fund (社区慈善基金, 专项基金, 救急难互助社, 慈善一日捐, 慈善信托, or the charity's own) has no
//! officers, keys or bank account: its host acts for it and holds its money, which is a sub-account
//! of the host in the book. What is demanded of each kind is configuration ([`kind`]). A gift
//! enters by [`Call::Donate`]; the fund's committee decides by [`Call::Resolve`]; the host pays
//! under that resolution by [`Call::Disburse`], gifts bound to the use before the pool; use is
//! evidenced and fed back to the donor. A gift's use changes by filing or consent only, a gift goes
//! back by its own fen first, surplus goes to another fund, and an empty fund can be terminated.
//!
//! A notice about a year that is not on the ledger is declared line by line ([`declared`]), as
//! figures beside the book. What a quarter came to is kept as sums ([`sums`]); what a year came to,
//! and whether the limits on spending are kept, follows from them ([`report`]). Natural persons are
//! salted commitments throughout.
//!
//! **Invariants**: what moved under a resolution and did not come back ≤ what it allows; what went
//! back to a donor ≤ the gift; a gift bound to a use is spent for that use only.
//!
//! **Cost** of a gift: five new keys (gift, receipt, code, inflow, and its account if it stands
//! alone); of a payment: three. The sums of fund and quarter are shared by a block's gifts.

pub mod ahead;
pub mod campaign;
pub mod change;
pub mod check;
pub mod contribution;
pub mod declared;
pub mod disbursement;
pub mod donation;
pub mod ending;
pub mod evidence;
pub mod fund;
mod giving;
pub mod kind;
pub mod path;
pub mod qualification;
pub mod report;
pub mod resolution;
mod returned;
pub mod sums;

use borsh::{BorshDeserialize, BorshSerialize};
use minglian_ledger::date::Date;
use minglian_ledger::fen::Fen;
use minglian_ledger::genesis::{OrganizationKind, Role};
use minglian_ledger::hash::{AttachmentHash, Commitment};
use minglian_ledger::text::Text;
use serde::{Deserialize, Serialize};

use crate::context::Context;
use crate::fault::Fault;
use crate::payment::Reference;
use crate::policy::{Party, Policy, Step};
use crate::schema::State;
use donation::DonationReference;
use ending::Heir;
use fund::{Committee, Filing, FundName, FundReference};
use resolution::ResolutionNumber;

const CHARITY: &[OrganizationKind] = &[OrganizationKind::Charity];
const CIVIL_AFFAIRS: &[OrganizationKind] = &[OrganizationKind::CivilAffairs];

/// What can be done about charity money.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Call {
    /// Enters a qualification. 民政 maker, checker.
    Qualify(qualification::Qualify),
    /// Ends a qualification. 民政 maker, checker.
    Disqualify(qualification::Disqualify),
    /// Opens a fund. Maker, checker.
    OpenFund(fund::Opening),
    /// Changes who decides on a fund. Maker, checker.
    ChangeCommittee {
        /// The fund.
        fund: FundReference,
        /// Who decides from now on.
        committee: Committee,
        /// The day.
        occurred_on: Date,
    },
    /// Files a campaign. Maker, checker, then the checker of the 民政 department it names.
    FileCampaign(campaign::FileCampaign),
    /// Ends a campaign before its last day. Maker, checker.
    EndCampaign {
        /// Its filing number.
        filing: Filing,
        /// Its last day.
        occurred_on: Date,
    },
    /// Enters a gift. Maker, checker.
    Donate(donation::Donate),
    /// Takes back a gift that was entered wrongly. Maker, checker.
    VoidDonation {
        /// The gift.
        donation: DonationReference,
        /// The day the mistake was found.
        occurred_on: Date,
    },
    /// Enters a resolution of a fund's committee, carried or not. Maker, checker.
    Resolve(resolution::Resolve),
    /// Pays, or hands out goods. Maker, checker, payer.
    Disburse(disbursement::Disburse),
    /// A payment, or a part of it, came back. A payer.
    Return {
        /// The payment.
        payment: Reference,
        /// How much.
        amount: Fen,
        /// The day.
        occurred_on: Date,
    },
    /// Shows the use of a payment. Maker, checker.
    ShowUse {
        /// The payment.
        payment: Reference,
        /// Photos, signed lists, acceptance: at least one.
        attachments: Vec<AttachmentHash>,
        /// How many were helped.
        beneficiaries: u32,
        /// The day.
        occurred_on: Date,
    },
    /// Tells a donor what a payment out of the gift's account came to. Maker, checker.
    FeedBack {
        /// The gift.
        donation: DonationReference,
        /// The payment, whose use is evidenced.
        payment: Reference,
        /// What was told, as a salted commitment.
        message: Commitment,
        /// The day.
        occurred_on: Date,
    },
    /// Gives what is left of a gift another use. Maker, checker.
    ChangePurpose(change::ChangePurpose),
    /// Gives a gift back to its donor. Maker, checker, payer.
    Refund(change::Refund),
    /// Gives surplus to another fund. Maker, checker; to another charity also the payer, and the
    /// other's checker.
    TransferSurplus(ending::TransferSurplus),
    /// Ends a fund in which nothing is left. Maker, checker.
    TerminateFund {
        /// The fund.
        fund: FundReference,
        /// Its committee's resolution.
        resolution: ResolutionNumber,
        /// The day.
        occurred_on: Date,
    },
    /// Reverses a payment or refund that was entered wrongly. Maker, checker.
    CorrectPayout {
        /// The payment.
        payment: Reference,
        /// The day the mistake was found.
        occurred_on: Date,
    },
    /// Declares a line of a published notice: a figure that moves nothing. Maker, checker.
    Declare(declared::Declare),
    /// Enters money of a mutual-aid society that is no donation. Maker, checker.
    Contribute(contribution::Contribute),
    /// Pays before the committee decides. Maker, checker: two officers.
    PayAhead(ahead::PayAhead),
    /// Lays the committee's resolution beside what was paid ahead of it. Maker, checker.
    DecideAfter {
        /// The payment.
        payment: Reference,
        /// The resolution, carried or not.
        resolution: ResolutionNumber,
        /// The day.
        occurred_on: Date,
    },
}

/// What became of charity money. Its way, with its intervals, is in the movements beside it.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// A fund is open.
    FundOpened {
        /// The fund.
        fund: FundReference,
        /// Its full name.
        name: Text<192>,
    },
    /// A campaign is filed.
    CampaignFiled {
        /// Its filing number.
        filing: Filing,
        /// How many days before it began; negative after that.
        days_before: i64,
    },
    /// A gift came in.
    Donated {
        /// The gift.
        donation: DonationReference,
        /// Its first position in its account: where a donor's trace begins.
        inflow: u64,
    },
    /// A committee decided.
    Resolved {
        /// The fund.
        fund: FundReference,
        /// The resolution.
        resolution: ResolutionNumber,
        /// Whether it was carried.
        carried: bool,
    },
    /// A payment was made.
    Disbursed {
        /// The payment.
        payment: Reference,
        /// How much its resolution still allows.
        left: Fen,
    },
    /// A payment, or a part of it, came back.
    Returned {
        /// The payment.
        payment: Reference,
        /// How much.
        amount: Fen,
    },
    /// The use of a payment is evidenced.
    Used {
        /// The payment.
        payment: Reference,
        /// How many were helped.
        beneficiaries: u32,
    },
    /// A donor was told.
    FedBack {
        /// The gift.
        donation: DonationReference,
        /// The payment.
        payment: Reference,
    },
    /// What was left of a gift has another use.
    PurposeChanged {
        /// The gift.
        donation: DonationReference,
        /// How much.
        amount: Fen,
    },
    /// A gift, or a part of it, went back to its donor.
    Refunded {
        /// The gift.
        donation: DonationReference,
        /// How much of it in all.
        refunded: Fen,
    },
    /// Surplus went to another fund.
    SurplusTransferred {
        /// The fund that had it.
        fund: FundReference,
        /// The one that has it.
        to: FundName,
        /// How much.
        amount: Fen,
    },
    /// A fund ended.
    FundTerminated {
        /// The fund.
        fund: FundReference,
    },
    /// What was left of a payment is reversed: it was entered wrongly.
    Corrected {
        /// The payment.
        payment: Reference,
        /// How much.
        amount: Fen,
    },
    /// A line of a notice is declared; what the year's declared lines come to now.
    Declared {
        /// The year.
        year: u16,
        /// All income.
        income: Fen,
        /// All spending.
        expenditure: Fen,
        /// All who were helped.
        helped: u64,
    },
    /// Money of another source than donations came in.
    Contributed {
        /// What the charity calls it.
        donation: DonationReference,
        /// Where it comes from.
        source: contribution::Source,
    },
    /// A payment was made before the committee decided.
    PaidAhead {
        /// The payment.
        payment: Reference,
        /// The last day on which its decision is in time.
        decide_by: Date,
    },
    /// The committee decided on what was paid.
    DecidedAfter {
        /// The payment.
        payment: Reference,
        /// The resolution.
        resolution: ResolutionNumber,
        /// Whether it agreed; if not, the payment is to be taken back.
        agreed: bool,
        /// Days after the last day, by the block's time; 0 if it is in time.
        days_late: u32,
    },
}

impl Call {
    /// Work of the call, see [`crate::call::Call::weight`].
    pub fn weight(&self) -> u64 {
        match self {
            Self::Donate(_) | Self::Disburse(_) | Self::Refund(_) => 200,
            Self::Contribute(_) | Self::PayAhead(_) | Self::DecideAfter { .. } => 220,
            Self::OpenFund(_) | Self::ChangeCommittee { .. } => 200,
            Self::TransferSurplus(_) | Self::ChangePurpose(_) => 250,
            Self::VoidDonation { .. } | Self::Return { .. } | Self::CorrectPayout { .. } => 200,
            _ => 100,
        }
    }

    pub(crate) fn policy(&self) -> Policy {
        let (maker, checker) = (Step::own(CHARITY, Role::Maker), Step::own(CHARITY, Role::Checker));
        let payer = Step::own(CHARITY, Role::Payer);
        Policy::Steps(match self {
            Self::Qualify(_) | Self::Disqualify(_) => {
                vec![Step::own(CIVIL_AFFAIRS, Role::Maker), Step::own(CIVIL_AFFAIRS, Role::Checker)]
            }
            Self::FileCampaign(act) => {
                vec![maker, checker, Step::of(act.reviewer, CIVIL_AFFAIRS, Role::Checker)]
            }
            // The number is a department's to give.
            Self::OpenFund(fund::Opening { filing: Some(_), .. }) => {
                let (party, kinds) = (Party::Other, CIVIL_AFFAIRS);
                vec![maker, checker, Step { party, kinds, role: Role::Checker }]
            }
            Self::Disburse(_) | Self::Refund(_) => vec![maker, checker, payer],
            Self::TransferSurplus(act) => match &act.to {
                Heir::Own(_) => vec![maker, checker],
                Heir::Other(heir) => {
                    vec![maker, checker, payer, Step::of(heir.host, CHARITY, Role::Checker)]
                }
            },
            Self::Return { .. } => vec![payer],
            _ => vec![maker, checker],
        })
    }

    pub(crate) fn apply(
        &self,
        state: &mut State<'_>,
        context: &mut Context<'_>,
    ) -> Result<(), Fault> {
        match self {
            Self::Qualify(act) => qualification::qualify(act, state, context),
            Self::Disqualify(act) => qualification::disqualify(act, state, context),
            Self::OpenFund(opening) => fund::open(opening, state, context),
            Self::ChangeCommittee { fund, committee, occurred_on } => {
                fund::change_committee(fund, committee, *occurred_on, state, context)
            }
            Self::FileCampaign(act) => campaign::file(act, state, context),
            Self::EndCampaign { filing, occurred_on } => {
                campaign::end(filing, *occurred_on, state, context)
            }
            Self::Donate(act) => contribution::donate(act, state, context),
            Self::VoidDonation { donation, occurred_on } => {
                giving::void(donation, *occurred_on, state, context)
            }
            Self::Resolve(act) => resolution::resolve(act, state, context),
            Self::Disburse(act) => disbursement::disburse(act, state, context),
            Self::Return { payment, amount, occurred_on } => {
                returned::give_back(payment, *amount, *occurred_on, state, context)
            }
            Self::ShowUse { payment, attachments, beneficiaries, occurred_on } => {
                let (many, date) = (*beneficiaries, *occurred_on);
                evidence::show_use(payment, attachments, many, date, state, context)
            }
            Self::FeedBack { donation, payment, message, occurred_on } => {
                evidence::feed_back(donation, payment, *message, *occurred_on, state, context)
            }
            Self::ChangePurpose(act) => change::change_purpose(act, state, context),
            Self::Refund(act) => change::refund(act, state, context),
            Self::TransferSurplus(act) => ending::transfer_surplus(act, state, context),
            Self::TerminateFund { fund, resolution, occurred_on } => {
                ending::terminate(fund, resolution, *occurred_on, state, context)
            }
            Self::CorrectPayout { payment, occurred_on } => {
                returned::correct(payment, *occurred_on, state, context)
            }
            Self::Declare(act) => declared::declare(act, state, context),
            Self::Contribute(act) => contribution::contribute(act, state, context),
            Self::PayAhead(act) => ahead::pay(act, state, context),
            Self::DecideAfter { payment, resolution, occurred_on } => {
                ahead::decide(payment, resolution, *occurred_on, state, context)
            }
        }
    }
}
