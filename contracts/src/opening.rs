//! Orders to erase what is kept off the log: openings of salted commitments, and attachments.
//!
//! An organisation orders it for what its own records name; a civil-affairs department for what
//! an organisation of its division has named, but not for its own and not for what an authority or
//! an audit office has named. Attachments are evidence, so none is removed without the signature of
//! an authority that neither ordered it nor named it. What an order erases is
//! never kept again: every node asks the state before it takes an opening or an attachment from
//! anybody, so neither a client nor a node that lagged behind can bring it back. Records, and
//! every proof of them, are untouched: they hold only the hash.

use borsh::{BorshDeserialize, BorshSerialize};
use minglian_ledger::date::Date;
use minglian_ledger::genesis::{OrganizationKind, Role};
use minglian_ledger::organization_code::OrganizationCode;
use serde::{Deserialize, Serialize};

use crate::allocation::{check_date, require_inside};
use crate::context::Context;
use crate::fault::Fault;
use crate::naming::{ERASED, Erased, NAMED, Thing};
use crate::policy::{Party, Policy, Step};
use crate::refusal::{Code, Refusal};
use crate::registry::{self, AUTHORITIES};
use crate::schema::State;

/// Most things that one order erases.
pub const ERASED_MAX: usize = 64;

/// The kinds whose checker signs when a department has attachments of others removed.
const REVIEWERS: &[OrganizationKind] =
    &[OrganizationKind::CivilAffairs, OrganizationKind::Finance, OrganizationKind::Audit];

/// Why something must be erased (个人信息保护法 第四十七条, the cases of its first paragraph).
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Ground {
    /// (一) 处理目的已实现、无法实现或者为实现处理目的不再必要.
    PurposeEnded,
    /// (二) 停止提供产品或者服务,或者保存期限已届满.
    PeriodEnded,
    /// (三) 个人撤回同意.
    ConsentWithdrawn,
    /// (四) 违反法律、行政法规或者违反约定处理个人信息.
    Unlawful,
    /// (五) 法律、行政法规规定的其他情形.
    OtherLaw,
}

impl Ground {
    /// The case as the law counts it.
    pub const fn article(self) -> &'static str {
        match self {
            Self::PurposeEnded => "个人信息保护法 第四十七条第一款第(一)项",
            Self::PeriodEnded => "个人信息保护法 第四十七条第一款第(二)项",
            Self::ConsentWithdrawn => "个人信息保护法 第四十七条第一款第(三)项",
            Self::Unlawful => "个人信息保护法 第四十七条第一款第(四)项",
            Self::OtherLaw => "个人信息保护法 第四十七条第一款第(五)项",
        }
    }
}

/// What can be ordered.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Call {
    /// Erases what the organisation's own records name. Maker, checker; then, where there is a
    /// reviewer, its checker.
    Erase {
        /// What, at most [`ERASED_MAX`].
        things: Vec<Thing>,
        /// Why.
        ground: Ground,
        /// An authority other than the organisation; attachments need one.
        reviewer: Option<OrganizationCode>,
        /// The day of the decision.
        occurred_on: Date,
    },
    /// Erases what records of an organisation in the department's division name. 民政 maker,
    /// checker; then, where attachments are among it, the checker of another authority.
    EraseOf {
        /// Whose records.
        organization: OrganizationCode,
        /// What, at most [`ERASED_MAX`].
        things: Vec<Thing>,
        /// Why.
        ground: Ground,
        /// The day of the decision.
        occurred_on: Date,
    },
}

/// What was ordered.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// These are gone from every node, and never come back.
    Erased {
        /// Whose records name them.
        organization: OrganizationCode,
        /// What.
        things: Vec<Thing>,
        /// Why.
        ground: Ground,
    },
}

impl Call {
    /// Work of the call, see [`crate::call::Call::weight`].
    pub fn weight(&self) -> u64 {
        let (Self::Erase { things, .. } | Self::EraseOf { things, .. }) = self;
        100 + 10 * things.len() as u64
    }

    pub(crate) fn policy(&self) -> Policy {
        const CIVIL_AFFAIRS: &[OrganizationKind] = &[OrganizationKind::CivilAffairs];
        let own = |kinds| vec![Step::own(kinds, Role::Maker), Step::own(kinds, Role::Checker)];
        Policy::Steps(match self {
            Self::Erase { reviewer, .. } => {
                let mut steps = own(&[]);
                steps.extend(reviewer.map(|code| Step::of(code, AUTHORITIES, Role::Checker)));
                steps
            }
            Self::EraseOf { things, .. } => {
                let mut steps = own(CIVIL_AFFAIRS);
                if attachment_of(things).is_some() {
                    let (party, kinds) = (Party::Other, REVIEWERS);
                    steps.push(Step { party, kinds, role: Role::Checker });
                }
                steps
            }
        })
    }

    pub(crate) fn apply(
        &self,
        state: &mut State<'_>,
        context: &mut Context<'_>,
    ) -> Result<(), Fault> {
        let author = context.author.organization;
        match self {
            Self::Erase { things, ground, reviewer, occurred_on } => {
                check_date(context, *occurred_on)?;
                let attachment = attachment_of(things);
                let lacks = attachment.is_some() && reviewer.is_none();
                if lacks || *reviewer == Some(author) {
                    let detail = attachment.map_or_else(|| author.to_string(), Thing::to_string);
                    return Err(Refusal::new(Code::ReviewerMissing, detail).into());
                }
                erase(author, things, *ground, state, context)
            }
            Self::EraseOf { organization, things, ground, occurred_on } => {
                check_date(context, *occurred_on)?;
                require_inside(state, context, organization)?;
                require_impartial(organization, state, context)?;
                erase(*organization, things, *ground, state, context)
            }
        }
    }
}

fn attachment_of(things: &[Thing]) -> Option<&Thing> {
    things.iter().find(|thing| matches!(thing, Thing::Attachment(_)))
}

/// Refuses a department's order on what itself, an authority or an audit office has named, and
/// one that whom it concerns has signed: nobody removes alone what speaks against himself.
fn require_impartial(
    organization: &OrganizationCode,
    state: &State<'_>,
    context: &Context<'_>,
) -> Result<(), Fault> {
    let kind = registry::organization(state, organization)?.kind;
    let is_authority = AUTHORITIES.contains(&kind) || kind == OrganizationKind::Audit;
    let has_signed =
        context.signatures.iter().any(|signature| signature.organization == *organization);
    if is_authority || has_signed {
        return Err(Refusal::new(Code::ReviewerMissing, organization).into());
    }
    Ok(())
}

/// Erases `things`, each named first by a record of `organization` and not erased before.
fn erase(
    organization: OrganizationCode,
    things: &[Thing],
    ground: Ground,
    state: &mut State<'_>,
    context: &mut Context<'_>,
) -> Result<(), Fault> {
    if things.is_empty() {
        return Err(Refusal::new(Code::ErasureEmpty, organization).into());
    }
    if things.len() > ERASED_MAX {
        let detail = format!("{}, {ERASED_MAX} are the most", things.len());
        return Err(Refusal::new(Code::TooManyErased, detail).into());
    }
    let erased = Erased { organization: context.author.organization, index: context.index };
    for thing in things {
        let Some(named) = NAMED.get(state, thing)? else {
            return Err(Refusal::new(Code::ThingUnknown, thing).into());
        };
        if named.organization != organization {
            let detail = format!("{thing} is named by a record of {}", named.organization);
            return Err(Refusal::new(Code::ThingNotYours, detail).into());
        }
        if let Some(before) = ERASED.get(state, thing)? {
            let detail = format!("{thing}, by the record at {}", before.index);
            return Err(Refusal::new(Code::AlreadyErased, detail).into());
        }
        ERASED.put(state, thing, &erased);
    }
    context.emit(Event::Erased { organization, things: things.to_vec(), ground });
    Ok(())
}
