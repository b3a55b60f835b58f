//! What must be made public, by when, and what was.
//!
//! An applied act, or a declaration, is an event ([`happening`]) that legal rules ([`rule`]) turn
//! into duties ([`duty`]). The rules are dated data on the ledger: the same event before and after
//! a change of the law obliges to different things. What an event obliges to is judged by the day
//! on which it happened, whether a publication is in time by the block's Beijing date.
//!
//! Each obligation has a name ([`obligation::ObligationName`]) and, on each day, one of six states,
//! which is a pure function of what is stored and the day. A publication ([`publication`]) names
//! the obligations that it meets; one that comes late is accepted and says by how many days. What
//! nobody published is a fact with its article, worded 尚未见到上链披露, and never an accusation.
//!
//! **Invariant**: nothing that was published is edited, and no obligation goes away: it is met,
//! waived because what it reports on ended before, or stays.
//!
//! **Cost** of an event: a rule is one read, a duty two new keys; of an obligation that is met:
//! one new key and at most three changed ones. What recurs stores nothing for a period that nobody
//! publishes.

pub mod check;
pub mod duty;
pub mod figure;
pub mod happening;
pub mod obligation;
pub mod offline_verifier;
pub mod publication;
pub mod query;
pub mod rule;
pub mod rule_file;
pub mod schedule;

use borsh::{BorshDeserialize, BorshSerialize};
use minglian_ledger::date::Date;
use minglian_ledger::genesis::Role;
use minglian_ledger::organization_code::OrganizationCode;
use serde::{Deserialize, Serialize};

use crate::allocation::check_date;
use crate::context::Context;
use crate::fault::Fault;
use crate::policy::{Policy, Step};
use crate::refusal::{Code, Refusal};
use crate::schema::State;
use duty::{DUTIES, Subject};
use happening::Happening;
use obligation::{IndexNumber, ObligationName};
use rule::{RuleName, Terms, Trigger};

/// What the duties that an act may open weigh beside the act.
pub const OBSERVED_WEIGHT: u64 = 30;

/// What can be done about disclosure.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Call {
    /// Publishes. Maker, checker.
    Publish(publication::Publish),
    /// Corrects a publication. Maker, checker.
    Correct(publication::Correct),
    /// Declares an event that no act shows and that obliges to publish. Maker, checker.
    Declare {
        /// What happened: one of those that are declared.
        trigger: Trigger,
        /// What it is about, under a name that is used once.
        subject: Subject,
        /// The day.
        occurred_on: Date,
    },
    /// Adds a version of a rule. Governors, by voting power.
    SetRule {
        /// The rule.
        rule: RuleName,
        /// What it says.
        terms: Terms,
    },
}

/// What became of disclosure.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// The act obliges an organisation to publish, or moves the day by which it must.
    Opened {
        /// Whom.
        holder: OrganizationCode,
        /// The rule.
        rule: RuleName,
        /// The version by which it is judged.
        version: u32,
        /// What it is about.
        subject: Subject,
        /// The last day; of the first period, where it recurs.
        due_on: Date,
        /// Whether that day may move.
        provisional: bool,
    },
    /// Something was published.
    Published {
        /// Its index number.
        index_number: IndexNumber,
        /// How many obligations it meets.
        meets: u16,
    },
    /// An obligation is met.
    Met {
        /// The obligation.
        obligation: ObligationName,
        /// The version by which it was judged.
        version: u32,
        /// Its last day.
        due_on: Date,
        /// How many days after it; 0 in time.
        days_late: u32,
        /// Whether the last day may move.
        provisional: bool,
    },
    /// A publication was corrected.
    Corrected {
        /// The correction's index number.
        index_number: IndexNumber,
        /// What it corrects.
        corrects: IndexNumber,
        /// How many obligations the two concern.
        meets: u16,
    },
    /// A rule has a new version.
    RuleSet {
        /// The rule.
        rule: RuleName,
        /// The new version.
        version: u32,
        /// Whether it holds for days that have passed.
        retroactive: bool,
    },
}

impl Call {
    /// Work of the call, see [`crate::call::Call::weight`].
    pub fn weight(&self) -> u64 {
        let each = |count: usize, weight: u64| (count as u64).saturating_mul(weight);
        match self {
            Self::Publish(act) => 120 + each(act.meets.len(), 60) + each(act.figures.len(), 1),
            Self::Correct(act) => {
                let most = publication::MEETS_MAX;
                200 + each(most, 30) + each(act.figures.len(), 1)
            }
            Self::Declare { .. } => 100 + OBSERVED_WEIGHT,
            Self::SetRule { .. } => 2_000,
        }
    }

    pub(crate) fn policy(&self) -> Policy {
        match self {
            Self::SetRule { .. } => Policy::ValidatorQuorum,
            Self::Publish(_) | Self::Correct(_) | Self::Declare { .. } => {
                Policy::Steps(vec![Step::own(&[], Role::Maker), Step::own(&[], Role::Checker)])
            }
        }
    }

    pub(crate) fn apply(
        &self,
        state: &mut State<'_>,
        context: &mut Context<'_>,
    ) -> Result<(), Fault> {
        match self {
            Self::Publish(act) => publication::publish(act, state, context),
            Self::Correct(act) => publication::correct(act, state, context),
            Self::Declare { trigger, subject, occurred_on } => {
                declare(*trigger, subject, *occurred_on, state, context)
            }
            Self::SetRule { rule, terms } => {
                let version = rule::enter(state, rule, terms, context.block.height)?;
                let retroactive = terms.effective_from < context.today();
                context.emit(Event::RuleSet { rule: rule.clone(), version, retroactive });
                Ok(())
            }
        }
    }
}

fn declare(
    trigger: Trigger,
    subject: &Subject,
    occurred_on: Date,
    state: &mut State<'_>,
    context: &mut Context<'_>,
) -> Result<(), Fault> {
    check_date(context, occurred_on)?;
    if !trigger.is_declared() {
        return Err(Refusal::new(Code::TriggerObserved, format!("{trigger:?}")).into());
    }
    if subject.is_empty() {
        return Err(Refusal::new(Code::ReferenceMissing, format!("{trigger:?}")).into());
    }
    let holder = context.author.organization;
    for (name, _) in rule::rules_of(state, trigger)? {
        if DUTIES.contains(state, &(holder, name, subject.clone()))? {
            return Err(Refusal::new(Code::DeclarationExists, subject).into());
        }
    }
    let happening = Happening {
        trigger,
        holder,
        subject: subject.clone(),
        on: occurred_on,
        until: None,
        year: occurred_on.year(),
    };
    Ok(happening::open(&happening, state, context)?)
}
