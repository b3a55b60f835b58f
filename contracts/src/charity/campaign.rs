//! Public fundraising campaigns (公开募捐活动): filed in time, each with a number of its own.

use borsh::{BorshDeserialize, BorshSerialize};
use minglian_ledger::date::Date;
use minglian_ledger::organization_code::OrganizationCode;
use minglian_ledger::text::Text;
use serde::{Deserialize, Serialize};

use super::Event;
use super::fund::{self, Filing, FundName, FundReference};
use super::kind::{self, FILING_DAYS_BEFORE, FILING_DAYS_EMERGENCY};
use super::qualification::{self, QualificationKind};
use crate::allocation::check_date;
use crate::context::Context;
use crate::fault::Fault;
use crate::refusal::{Code, Refusal};
use crate::registry;
use crate::schema::{self, State, Table};

/// Campaigns by filing number.
pub const CAMPAIGNS: Table<Filing, Campaign> = Table::new(schema::prefix::CHARITY_FIRST + 3);

/// A campaign that is being filed.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct FileCampaign {
    /// 备案编号.
    pub filing: Filing,
    /// The fund that gets the gifts.
    pub fund: FundReference,
    /// Its title.
    pub title: Text<192>,
    /// The first day.
    pub begins_on: Date,
    /// The last day.
    pub ends_on: Date,
    /// Whether a major emergency (突发事件) allowed it to begin before it was filed.
    pub emergency: bool,
    /// The civil-affairs department with which it is filed, and which approves this act.
    pub reviewer: OrganizationCode,
    /// The day on which it was filed.
    pub occurred_on: Date,
}

/// A campaign.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct Campaign {
    /// The fund that gets the gifts, with the charity that raises them.
    pub fund: FundName,
    /// Its title.
    pub title: Text<192>,
    /// The first day.
    pub begins_on: Date,
    /// The last day.
    pub ends_on: Date,
    /// Whether it was allowed to begin before it was filed.
    pub emergency: bool,
    /// The day on which it was filed.
    pub filed_on: Date,
}

pub(super) fn file(
    act: &FileCampaign,
    state: &mut State<'_>,
    context: &mut Context<'_>,
) -> Result<(), Fault> {
    let FileCampaign { filing, title, begins_on, ends_on, emergency, occurred_on, .. } = act;
    check_date(context, *occurred_on)?;
    registry::require_over(state, &act.reviewer, context.author.division)?;
    let name = fund::own(&act.fund, context);
    fund::find_open(state, &name, *occurred_on)?;
    let kind = QualificationKind::PublicFundraising;
    qualification::require(state, &name.host, kind, *begins_on)?;
    fund::require_not_before(*begins_on, *ends_on)?;
    let days = i64::from(occurred_on.days_until(*begins_on));
    let (earliest, key) = if *emergency && days < 0 {
        let late = kind::judge(FILING_DAYS_EMERGENCY, *occurred_on, state, context)?;
        (-i64::from(late), FILING_DAYS_EMERGENCY)
    } else if *emergency {
        (0, FILING_DAYS_EMERGENCY)
    } else {
        let early = kind::judge(FILING_DAYS_BEFORE, *occurred_on, state, context)?;
        (i64::from(early), FILING_DAYS_BEFORE)
    };
    if days < earliest {
        let detail = format!("filed on {occurred_on}, begins on {begins_on}: {key}");
        return Err(Refusal::new(Code::FiledTooLate, detail).into());
    }
    fund::take_filing(filing, &name, state)?;
    let campaign = Campaign {
        fund: name,
        title: title.clone(),
        begins_on: *begins_on,
        ends_on: *ends_on,
        emergency: *emergency,
        filed_on: *occurred_on,
    };
    CAMPAIGNS.put(state, filing, &campaign);
    context.emit(Event::CampaignFiled { filing: filing.clone(), days_before: days });
    Ok(())
}

pub(super) fn end(
    filing: &Filing,
    occurred_on: Date,
    state: &mut State<'_>,
    context: &mut Context<'_>,
) -> Result<(), Fault> {
    check_date(context, occurred_on)?;
    let mut campaign = find(filing, state)?;
    if campaign.fund.host != context.author.organization {
        return Err(Refusal::new(Code::NotYourOrganization, campaign.fund.host).into());
    }
    campaign.require_open(occurred_on)?;
    campaign.ends_on = occurred_on;
    CAMPAIGNS.put(state, filing, &campaign);
    Ok(())
}

impl Campaign {
    fn require_open(&self, date: Date) -> Result<(), Refusal> {
        let Self { begins_on, ends_on, .. } = *self;
        if begins_on <= date && date <= ends_on {
            return Ok(());
        }
        let detail = format!("{date}, it is from {begins_on} to {ends_on}");
        Err(Refusal::new(Code::OutsideCampaign, detail))
    }
}

/// Refuses a gift that the campaign cannot have brought.
///
/// # Errors
/// [`Code::CampaignUnknown`], [`Code::OutsideCampaign`], [`Code::FundraisingUnqualified`].
pub(super) fn require_collects(
    filing: &Filing,
    fund: &FundName,
    date: Date,
    state: &State<'_>,
) -> Result<(), Fault> {
    let campaign = find(filing, state)?;
    if campaign.fund != *fund {
        let detail = format!("{filing} is for {} {}", campaign.fund.host, campaign.fund.fund);
        return Err(Refusal::new(Code::OutsideCampaign, detail).into());
    }
    campaign.require_open(date)?;
    qualification::require(state, &fund.host, QualificationKind::PublicFundraising, date)
}

fn find(filing: &Filing, state: &State<'_>) -> Result<Campaign, Fault> {
    let unknown = || Refusal::new(Code::CampaignUnknown, filing).into();
    CAMPAIGNS.get(state, filing)?.ok_or_else(unknown)
}
