//! What an act says beside figures and names of accounts: the texts that people write, and the
//! hashes of what is kept off the log. One match over all acts, so that none is forgotten.
//!
//! References, document numbers, filing numbers and names of lines are no free text: many look like
//! a telephone's or bank card's number and are not searched for those. An identity card's, which
//! its check digit tells, is found in every field ([`crate::envelope`]).

use minglian_ledger::hash::{AttachmentHash, Commitment};

use crate::allocation::{self, Basis};
use crate::call::Call;
use crate::charity::change::Authority;
use crate::charity::disbursement::Recipient;
use crate::charity::donation::{Donate, Donor, Gift};
use crate::charity::fund::Committee;
use crate::disclosure::figure::{Figure, FigureSubject};
use crate::disclosure::publication::{Attached, Metadata};
use crate::disclosure::rule::Terms;
use crate::governance::Change;
use crate::naming::Thing;
use crate::oversight::complaint::Answer;
use crate::oversight::inspection::Members;
use crate::payment::{Order, Payee};
use crate::{
    approval, charity, disclosure, governance, homes, opening, oversight, payment, project,
    registry, subsidy,
};

/// What an act says.
#[derive(Debug, Default)]
pub struct Contents<'a> {
    /// Texts that people write. They stand on the log for ever.
    pub texts: Vec<&'a str>,
    /// What it names that is kept off the log. The code of a receipt is not among it: nobody but
    /// the donor is to know what opens it.
    pub things: Vec<Thing>,
}

/// What `call` says.
pub fn of(call: &Call) -> Contents<'_> {
    let mut contents = Contents::default();
    match call {
        Call::Registry(call) => contents.registry(call),
        Call::Approval(call) => contents.approval(call),
        Call::Governance(call) => contents.governance(call),
        Call::Allocation(call) => contents.allocation(call),
        // A game's name is one of a parameter's; the rest are figures.
        Call::Lottery(_) => {}
        Call::Project(call) => contents.project(call),
        Call::Payment(call) => contents.payment(call),
        Call::Charity(call) => contents.charity(call),
        Call::Disclosure(call) => contents.disclosure(call),
        Call::Oversight(call) => contents.oversight(call),
        // What it names is what it erases.
        Call::Opening(opening::Call::Erase { .. } | opening::Call::EraseOf { .. }) => {}
        Call::Homes(call) => contents.homes(call),
        // Numbers, points, keys and codes of organisations.
        Call::Enrolment(_) => {}
        Call::Subsidy(call) => contents.subsidy(call),
    }
    contents
}

impl<'a> Contents<'a> {
    fn text(&mut self, text: &'a str) {
        self.texts.push(text);
    }

    fn opening(&mut self, commitment: Commitment) {
        self.things.push(Thing::Opening(commitment));
    }

    fn attachments<'b>(&mut self, hashes: impl IntoIterator<Item = &'b AttachmentHash>) {
        self.things.extend(hashes.into_iter().copied().map(Thing::Attachment));
    }

    fn registry(&mut self, call: &'a registry::Call) {
        use registry::Call::{
            RegisterKey, RegisterOrganization, RevokeKey, RevokeKeyOf, RotateKey,
        };
        match call {
            RegisterOrganization { name, .. } => self.text(name.as_str()),
            RegisterKey { .. } | RotateKey { .. } | RevokeKey { .. } | RevokeKeyOf { .. } => {}
        }
    }

    fn approval(&mut self, call: &'a approval::Call) {
        use approval::Call::{Approve, Reject, Retract, Withdraw};
        match call {
            Reject { opinion, .. } => opinion.iter().for_each(|opinion| self.opening(*opinion)),
            Approve { .. } | Withdraw { .. } | Retract { .. } => {}
        }
    }

    fn governance(&mut self, call: &'a governance::Call) {
        match call {
            governance::Call::ChangeValidators { change, .. } => match change {
                Change::Add(validator) | Change::Replace { new: validator, .. } => {
                    self.text(validator.name.as_str());
                }
                Change::Remove(_) => {}
            },
            governance::Call::SetParameter(parameter) => {
                self.text(parameter.article.as_str());
                self.text(parameter.approved_by.as_str());
            }
            governance::Call::SetHolidays(notice) => self.text(notice.article.as_str()),
        }
    }

    fn basis(&mut self, basis: &'a Basis) {
        self.texts.extend(basis.printed_in.iter().map(|notice| notice.as_str()));
    }

    fn allocation(&mut self, call: &'a allocation::Call) {
        use allocation::Call;
        match call {
            Call::RecordQuota(quota) => {
                self.text(quota.level.as_str());
                self.basis(&quota.basis);
            }
            Call::Issue(grant) | Call::Allocate(grant) => self.basis(&grant.basis),
            Call::CarryOver(carry) => self.basis(&carry.basis),
            Call::Recover(take) | Call::Lapse(take) => self.basis(&take.basis),
            Call::TransferOut(transfer) => {
                self.text(transfer.to_fund.as_str());
                self.basis(&transfer.basis);
            }
            Call::State(statement) => {
                self.text(statement.subject.as_str());
                self.basis(&statement.basis);
            }
            Call::Plan(_) | Call::Receive { .. } | Call::Classify(_) => {}
        }
    }

    fn project(&mut self, call: &'a project::Call) {
        match call {
            project::Call::Register(registration) => {
                self.text(registration.title.as_str());
                for indicator in &registration.indicators {
                    self.text(indicator.name.as_str());
                    self.text(indicator.target.as_str());
                }
            }
            project::Call::Contract { contract, .. } => self.attachments(&contract.document),
            project::Call::Accept { acceptance, .. } => {
                self.attachments(&acceptance.photos);
                self.attachments(&acceptance.report);
            }
            project::Call::Evaluate { scores, .. } => {
                self.texts.extend(scores.iter().map(|score| score.actual.as_str()));
            }
            project::Call::Assess(assess) => {
                self.texts.extend(assess.scores.iter().map(|score| score.actual.as_str()));
                self.attachments(&assess.report);
            }
            project::Call::SetMilestone(set) => self.text(set.name.as_str()),
            project::Call::ReachMilestone(reach) => self.attachments(&reach.evidence),
        }
    }

    fn payment(&mut self, call: &'a payment::Call) {
        use payment::Call;
        match call {
            Call::Instruct { order, .. } | Call::Pay { order, .. } => self.order(order),
            Call::Authorize(_)
            | Call::AuthorizeLimited { .. }
            | Call::Revoke { .. }
            | Call::BankResult { .. }
            | Call::Return { .. }
            | Call::Correct { .. } => {}
        }
    }

    fn order(&mut self, order: &Order) {
        match &order.payee {
            Payee::Person(name) => self.opening(*name),
            Payee::Organization(_) | Payee::NotPrinted => {}
        }
        self.attachments(&order.voucher);
    }

    fn charity(&mut self, call: &'a charity::Call) {
        use charity::Call;
        match call {
            Call::OpenFund(opening) => {
                self.text(opening.name.as_str());
                self.committee(&opening.committee);
            }
            Call::ChangeCommittee { committee, .. } => self.committee(committee),
            Call::FileCampaign(campaign) => self.text(campaign.title.as_str()),
            Call::Donate(donate) => self.gift(donate),
            Call::Resolve(resolve) => {
                self.text(resolve.purpose.as_str());
                self.opening(resolve.minutes);
            }
            Call::Disburse(disburse) => {
                self.recipient(&disburse.recipient);
                self.attachments(&disburse.voucher);
            }
            Call::Contribute(contribute) => self.gift(&contribute.gift),
            Call::PayAhead(pay) => {
                self.text(pay.purpose.as_str());
                self.recipient(&pay.recipient);
                self.attachments(&pay.voucher);
            }
            Call::ShowUse { attachments, .. } => self.attachments(attachments),
            Call::FeedBack { message, .. } => self.opening(*message),
            Call::ChangePurpose(change) => {
                self.texts.extend(change.purpose.iter().map(|purpose| purpose.as_str()));
                self.authority(&change.authority);
            }
            Call::TransferSurplus(transfer) => self.authority(&transfer.authority),
            Call::Declare(line) => {
                self.text(line.subject.as_str());
                self.texts.extend(line.helped.iter().map(|helped| helped.counted_in.as_str()));
                self.basis(&line.basis);
            }
            Call::Qualify(_)
            | Call::Disqualify(_)
            | Call::EndCampaign { .. }
            | Call::VoidDonation { .. }
            | Call::Return { .. }
            | Call::Refund(_)
            | Call::TerminateFund { .. }
            | Call::CorrectPayout { .. }
            | Call::DecideAfter { .. } => {}
        }
    }

    fn recipient(&mut self, recipient: &Recipient) {
        match recipient {
            Recipient::Person(name) => self.opening(*name),
            Recipient::Persons { list, .. } => self.opening(*list),
            Recipient::Organization(_) => {}
        }
    }

    fn homes(&mut self, call: &'a homes::Call) {
        use homes::Call;
        match call {
            Call::StateOccupancy(state) => self.attachments(&state.evidence),
            Call::Pay(pay) => self.order(&pay.order),
            // A certificate is a number.
            Call::Rate(_) | Call::EndStanding(_) | Call::Compute(_) => {}
        }
    }

    fn subsidy(&mut self, call: &'a subsidy::Call) {
        use subsidy::Call;
        match call {
            Call::Declare(declare) => self.text(declare.terms.article.as_str()),
            Call::SetStandards(set) => self.text(set.terms.article.as_str()),
            // A chain of another name is refused, and the refused act stands in the log.
            Call::Submit(act) => self.text(act.sealed.header.name.chain_id.as_str()),
            Call::GiveVerdict(_) | Call::Close { .. } | Call::Return(_) => {}
        }
    }

    fn disclosure(&mut self, call: &'a disclosure::Call) {
        use disclosure::Call;
        match call {
            Call::Publish(publish) => {
                self.published(&publish.metadata, &publish.attachments, &publish.figures);
            }
            Call::Correct(correct) => {
                for change in &correct.changes {
                    self.texts.extend([
                        change.what.as_str(),
                        change.old.as_str(),
                        change.new.as_str(),
                    ]);
                }
                self.published(&correct.metadata, &correct.attachments, &correct.figures);
            }
            Call::Declare { subject, .. } => self.text(subject.as_str()),
            Call::SetRule { terms, .. } => {
                let Terms { title_zh, title_en, article, source, approved_by, .. } = terms;
                self.texts.extend([title_zh.as_str(), title_en.as_str(), article.as_str()]);
                self.texts.extend([source.as_str(), approved_by.as_str()]);
            }
        }
    }

    fn published(
        &mut self,
        metadata: &'a Metadata,
        attachments: &[Attached],
        figures: &'a [Figure],
    ) {
        let Metadata { title, summary, topic, publisher, time_limit, format, language, .. } =
            metadata;
        self.texts.extend([title.as_str(), summary.as_str(), topic.as_str(), publisher.as_str()]);
        self.texts.extend([time_limit.as_str(), format.as_str(), language.as_str()]);
        self.texts.extend(metadata.keywords.iter().map(|keyword| keyword.as_str()));
        for figure in figures {
            self.text(figure.label.as_str());
            if let FigureSubject::Other(subject) = &figure.subject {
                self.text(subject.as_str());
            }
        }
        self.attachments(attachments.iter().map(|attached| &attached.hash));
    }

    /// The complainant's ticket is no thing: it is to prove who complained, and nobody else.
    fn oversight(&mut self, call: &oversight::Call) {
        use oversight::Call;
        match call {
            Call::ReceiveComplaint(received) => self.opening(received.content),
            Call::AnswerComplaint { answer, .. } => match answer {
                Answer::Committed(text) => self.opening(*text),
                Answer::Attached(hash) => self.attachments([hash]),
            },
            Call::RecordFinding(finding) => self.attachments([&finding.working_paper]),
            Call::RespondFinding { statement, .. } => self.opening(*statement),
            Call::RectifyFinding(rectify) => self.attachments(&rectify.evidence),
            Call::OpenPool(pool) => {
                if let Members::Inspectors(inspectors) = &pool.members {
                    inspectors.iter().for_each(|one| self.opening(one.officer));
                }
            }
            Call::Inspect(inspect) => self.attachments(&inspect.evidence),
            Call::AcceptComplaint { .. }
            | Call::DeclineComplaint { .. }
            | Call::TransferComplaint { .. }
            | Call::ExtendComplaint { .. }
            | Call::CloseComplaint { .. }
            | Call::OpenAudit(_)
            | Call::ConfirmFinding { .. }
            | Call::CloseAudit { .. }
            | Call::PlanSample(_)
            | Call::CancelSample { .. }
            | Call::EnterDraw(_)
            | Call::DrawSample { .. } => {}
        }
    }

    fn committee(&mut self, committee: &Committee) {
        let Committee { members, supervisors } = committee;
        members.iter().chain(supervisors).for_each(|name| self.opening(*name));
    }

    fn gift(&mut self, donate: &'a Donate) {
        self.texts.extend(donate.restriction.iter().map(|purpose| purpose.as_str()));
        match &donate.donor {
            Donor::Person(name) => self.opening(*name),
            Donor::Organization(_) | Donor::Anonymous => {}
        }
        if let Gift::Goods(goods) = &donate.gift {
            self.text(goods.description.as_str());
            self.text(goods.quantity.as_str());
            self.attachments(&goods.document);
        }
    }

    fn authority(&mut self, authority: &'a Authority) {
        match authority {
            Authority::Agreement(text) | Authority::SimilarPurpose(text) => {
                self.text(text.as_str());
            }
            Authority::Filing(_) | Authority::Consent(_) => {}
        }
    }
}
