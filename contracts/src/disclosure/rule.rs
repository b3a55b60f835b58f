//! Legal rules of disclosure, dated: what happens, who must publish what because of it, by when.
//!
//! They are state: entered at genesis from `contracts/rules/disclosure.toml`, amended by governors.
//! Versions are only ever added; on a day the newest one that covers it holds.

use borsh::{BorshDeserialize, BorshSerialize};
use minglian_ledger::date::Date;
use minglian_ledger::division::{Division, Level};
use minglian_ledger::genesis::OrganizationKind;
use minglian_ledger::height::Height;
use minglian_ledger::organization_code::OrganizationCode;
use minglian_ledger::state::{StateError, StateRead};
use minglian_ledger::text::Text;
use serde::{Deserialize, Serialize};

use super::schedule::Schedule;
use crate::charity::qualification::{self, QualificationKind};
use crate::fault::Fault;
use crate::refusal::{Code, Refusal};
use crate::schema::{self, State, Table};

/// Rules by name.
pub const RULES: Table<RuleName, Rule> = Table::new(schema::prefix::DISCLOSURE_FIRST);

/// The names of the rules that an event brings into play.
pub const RULES_BY_TRIGGER: Table<(Trigger, RuleName), ()> =
    Table::new(schema::prefix::DISCLOSURE_FIRST + 1);

/// Most versions of one rule.
pub const VERSIONS_MAX: usize = 64;

/// Most rules that one event brings into play.
pub const RULES_MAX: usize = 16;

/// Names a rule, e.g. `charity.annual_report`.
pub type RuleName = Text<64>;

/// What happens. New ones are appended.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    BorshSerialize,
    BorshDeserialize,
    Serialize,
    Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Trigger {
    /// 取得慈善组织资格: lasts as long as the qualification.
    CharityQualified,
    /// 取得公开募捐资格: lasts as long as the qualification.
    FundraisingQualified,
    /// 担任慈善信托受托人: lasts as long as the trust.
    TrustHeld,
    /// A fund was opened under a charity.
    FundOpened,
    /// A campaign begins; it lasts until its end.
    CampaignBegan,
    /// The first gift of an emergency's campaign came in; it lasts until the campaign's end.
    EmergencyGift,
    /// Surplus went to another fund.
    SurplusTransferred,
    /// A fund ended.
    FundTerminated,
    /// A gift got another use.
    PurposeChanged,
    /// Finance issued quota.
    QuotaIssued,
    /// A plan of allocation was approved.
    PlanApproved,
    /// An organisation holds quota of a fund and budget year.
    QuotaHeld,
    /// The lottery's sales of a month were stated.
    SalesStated,
    /// A project was registered; it lasts until it is accepted.
    ProjectBegan,
    /// 重大资产变动、重大投资、重大交易及资金往来, by the charity's own standard.
    MajorEvent,
    /// A dealing with an important related party.
    RelatedPartyDealing,
    /// A campaign with a partner ended.
    JointCampaignEnded,
    /// The charity settled a charitable trust.
    TrustSettled,
    /// 政府信息 came into being or changed.
    DocumentMade,
    /// A budget or final account was approved.
    BudgetApproved,
    /// 取得慈善组织资格, as the one event that it is: the charity's own basic information begins.
    CharityFormed,
}

/// How high the organisation stands that owes.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Tier {
    /// 中央.
    Nation,
    /// 省级.
    Province,
    /// 地市级.
    Prefecture,
    /// 县级.
    County,
}

/// What else must be so.
#[derive(
    Debug,
    Clone,
    Copy,
    Default,
    PartialEq,
    Eq,
    BorshSerialize,
    BorshDeserialize,
    Serialize,
    Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Condition {
    /// Nothing.
    #[default]
    Always,
    /// The organisation may raise funds publicly.
    PublicFundraising,
    /// It may not.
    NoPublicFundraising,
}

/// What a version of a rule says.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct Terms {
    /// What brings it into play: the same in all versions.
    pub trigger: Trigger,
    /// Who owes it; empty where the kind does not matter.
    pub owed_by: Vec<OrganizationKind>,
    /// How high whoever owes it stands; empty where that does not matter.
    pub tiers: Vec<Tier>,
    /// What else must be so.
    pub condition: Condition,
    /// It counts only for what lasts longer than this; 0 where that does not matter.
    pub longer_than_months: u8,
    /// What must be published, in Chinese.
    pub title_zh: Text<192>,
    /// The same in English.
    pub title_en: Text<192>,
    /// By when.
    pub schedule: Schedule,
    /// First day on which it holds.
    pub effective_from: Date,
    /// Last day on which it holds, if known.
    pub effective_to: Option<Date>,
    /// The article behind it.
    pub article: Text<256>,
    /// Whether the article was read and prints this deadline.
    pub verified: bool,
    /// Where it was read, or what could not be verified.
    pub source: Text<256>,
    /// Who approved its entry.
    pub approved_by: Text<192>,
}

/// One version of a rule.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct RuleVersion {
    /// Counts from 1.
    pub version: u32,
    /// The block that entered it.
    pub entered_at: Height,
    /// What it says.
    pub terms: Terms,
}

/// A rule.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct Rule {
    /// What brings it into play.
    pub trigger: Trigger,
    /// Its versions, oldest first.
    pub versions: Vec<RuleVersion>,
}

impl Trigger {
    /// Whether it begins a standing that obliges every year, rather than being one event.
    pub const fn is_standing(self) -> bool {
        matches!(self, Self::CharityQualified | Self::FundraisingQualified | Self::TrustHeld)
    }

    /// Whether it begins something that ends.
    pub const fn lasts(self) -> bool {
        matches!(self, Self::CampaignBegan | Self::EmergencyGift | Self::ProjectBegan)
    }

    /// Whether no act shows it, so that an organisation declares it itself.
    pub const fn is_declared(self) -> bool {
        matches!(
            self,
            Self::MajorEvent
                | Self::RelatedPartyDealing
                | Self::JointCampaignEnded
                | Self::TrustSettled
                | Self::DocumentMade
                | Self::BudgetApproved
        )
    }
}

impl Tier {
    fn of(division: Division) -> Self {
        match division.level() {
            Level::Nation => Self::Nation,
            Level::Province => Self::Province,
            Level::Prefecture => Self::Prefecture,
            Level::County => Self::County,
        }
    }
}

impl Terms {
    /// Whether an organisation of this kind and place owes what the rule asks for, by what holds
    /// on `date`.
    ///
    /// # Errors
    /// [`StateError`] if the state cannot be read.
    pub fn binds(
        &self,
        reader: &dyn StateRead,
        organization: &OrganizationCode,
        (kind, division): (OrganizationKind, Division),
        date: Date,
    ) -> Result<bool, StateError> {
        let is_owner = self.owed_by.is_empty() || self.owed_by.contains(&kind);
        let is_tier = self.tiers.is_empty() || self.tiers.contains(&Tier::of(division));
        if !is_owner || !is_tier || self.condition == Condition::Always {
            return Ok(is_owner && is_tier);
        }
        let wanted = QualificationKind::PublicFundraising;
        let found = qualification::find(reader, organization, wanted, date)?;
        Ok(found.is_some() == (self.condition == Condition::PublicFundraising))
    }

    /// Why these terms cannot be a rule's.
    fn fault(&self) -> Option<&'static str> {
        let is_yearly = matches!(self.schedule, Schedule::Yearly(_));
        if self.title_zh.is_empty() || self.title_en.is_empty() || self.article.is_empty() {
            Some("title or article is missing")
        } else if self.effective_to.is_some_and(|last| last < self.effective_from) {
            Some("it ends before it begins")
        } else if !self.schedule.is_lawful() {
            Some("the deadline cannot be kept")
        } else if is_yearly != self.trigger.is_standing() {
            Some("a standing, and nothing else, obliges every year")
        } else if self.schedule.needs_end() && !self.trigger.lasts() {
            Some("the event begins nothing that ends")
        } else {
            None
        }
    }
}

impl Rule {
    /// The version that holds on `date`.
    pub fn on(&self, date: Date) -> Option<&RuleVersion> {
        let holds = |version: &&RuleVersion| {
            let Terms { effective_from, effective_to, .. } = version.terms;
            effective_from <= date && effective_to.is_none_or(|last| date <= last)
        };
        self.versions.iter().rev().find(holds)
    }

    /// The version of this number.
    pub fn version(&self, number: u32) -> Option<&RuleVersion> {
        self.versions.iter().find(|version| version.version == number)
    }
}

/// The rules that `trigger` brings into play, with their names.
///
/// # Errors
/// [`StateError`] if the state cannot be read.
pub fn rules_of(
    reader: &dyn StateRead,
    trigger: Trigger,
) -> Result<Vec<(RuleName, Rule)>, StateError> {
    let mut rules = Vec::new();
    for ((_, name), ()) in RULES_BY_TRIGGER.scan(reader, &trigger, None, RULES_MAX)? {
        if let Some(rule) = RULES.get(reader, &name)? {
            rules.push((name, rule));
        }
    }
    Ok(rules)
}

/// Adds a version; returns its number.
///
/// # Errors
/// [`Code::DisclosureRuleInvalid`], [`Code::DisclosureRuleFull`].
pub(crate) fn enter(
    state: &mut State<'_>,
    name: &RuleName,
    terms: &Terms,
    height: Height,
) -> Result<u32, Fault> {
    let invalid = |why| Refusal::new(Code::DisclosureRuleInvalid, format!("{name}: {why}"));
    let full = || Refusal::new(Code::DisclosureRuleFull, name);
    if name.is_empty() {
        return Err(invalid("it has no name").into());
    }
    if let Some(why) = terms.fault() {
        return Err(invalid(why).into());
    }
    let trigger = terms.trigger;
    let mut rule = match RULES.get(state, name)? {
        Some(rule) if rule.trigger != trigger => {
            return Err(invalid("another event brings it into play").into());
        }
        Some(rule) => rule,
        None => {
            let known = RULES_BY_TRIGGER.scan(state, &trigger, None, RULES_MAX)?;
            if known.len() >= RULES_MAX {
                return Err(full().into());
            }
            RULES_BY_TRIGGER.put(state, &(trigger, name.clone()), &());
            Rule { trigger, versions: Vec::new() }
        }
    };
    if rule.versions.len() >= VERSIONS_MAX {
        return Err(full().into());
    }
    let version = u32::try_from(rule.versions.len() + 1).map_err(|_| full())?;
    rule.versions.push(RuleVersion { version, entered_at: height, terms: terms.clone() });
    RULES.put(state, name, &rule);
    Ok(version)
}
