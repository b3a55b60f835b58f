//! What a charity published of a year whose gifts and payments are not on the ledger: the lines of
//! its notice, income and spending, as printed.
//!
//! A printed line names no donor, receipt, resolution or payee, and says of no fen where it went.
//! So it is a figure and moves nothing: posted as money it would need a committee's decision that
//! nobody printed, and a trace would claim which gift paid for which help. The lines of a year add
//! up to sums in the state, beside what gifts and payments come to and never mixed with it.
//!
//! **Invariant**: a year's sums are those of its lines.

use borsh::{BorshDeserialize, BorshSerialize};
use minglian_ledger::date::Date;
use minglian_ledger::fen::Fen;
use minglian_ledger::organization_code::OrganizationCode;
use minglian_ledger::text::Text;
use serde::{Deserialize, Serialize};

use super::Event;
use crate::allocation::{Basis, check_date};
use crate::context::Context;
use crate::fault::Fault;
use crate::refusal::{Code, Refusal};
use crate::schema::{self, State, Table};

/// Declared lines by charity, year and reference.
pub const DECLARED: Table<(OrganizationCode, u16, LineReference), Declared> =
    Table::new(schema::prefix::CHARITY_FIRST + 10);

/// What a charity's declared lines come to, by year.
pub const DECLARED_YEARS: Table<(OrganizationCode, u16), DeclaredYear> =
    Table::new(schema::prefix::CHARITY_FIRST + 11);

/// What a line of a notice is called; declaring it again replaces it.
pub type LineReference = Text<96>;

/// On which side of the year's account a line stands.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// 收入.
    Income,
    /// 支出.
    Expenditure,
}

/// How many were helped, as printed.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct Helped {
    /// How many.
    pub count: u32,
    /// In what the notice counts, e.g. 人次 or 家次.
    pub counted_in: Text<16>,
}

/// A line that is being declared.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct Declare {
    /// The year of which the notice reports.
    pub year: u16,
    /// What the line is called.
    pub reference: LineReference,
    /// Income or spending.
    pub side: Side,
    /// What it says, as printed.
    pub subject: Text<256>,
    /// The figure; zero where zero is printed.
    pub amount: Fen,
    /// How many were helped, where that is printed.
    pub helped: Option<Helped>,
    /// The notice that prints it.
    pub basis: Basis,
    /// The day of which it speaks: of the notice, or the year's last.
    pub occurred_on: Date,
}

/// A declared line.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct Declared {
    /// Income or spending.
    pub side: Side,
    /// What it says, as printed.
    pub subject: Text<256>,
    /// The figure.
    pub amount: Fen,
    /// How many were helped, where that is printed.
    pub helped: Option<Helped>,
    /// The notice that prints it.
    pub basis: Basis,
}

/// What the declared lines of a charity's year come to.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Default,
    BorshSerialize,
    BorshDeserialize,
    Serialize,
    Deserialize,
)]
pub struct DeclaredYear {
    /// All income.
    pub income: Fen,
    /// All spending.
    pub expenditure: Fen,
    /// All who were helped, in whatever the lines count them.
    pub helped: u64,
}

impl DeclaredYear {
    /// The sums with a line; none if they are more than the ledger counts.
    fn with(self, line: &Declared) -> Option<Self> {
        let Self { income, expenditure, helped } = self;
        let helped = helped.saturating_add(line.helped());
        Some(match line.side {
            Side::Income => Self { income: income.checked_add(line.amount)?, expenditure, helped },
            Side::Expenditure => {
                Self { income, expenditure: expenditure.checked_add(line.amount)?, helped }
            }
        })
    }

    /// The sums without a line that is in them.
    fn without(self, line: &Declared) -> Option<Self> {
        let Self { income, expenditure, helped } = self;
        let helped = helped.saturating_sub(line.helped());
        Some(match line.side {
            Side::Income => Self { income: income.checked_sub(line.amount)?, expenditure, helped },
            Side::Expenditure => {
                Self { income, expenditure: expenditure.checked_sub(line.amount)?, helped }
            }
        })
    }
}

impl Declared {
    fn helped(&self) -> u64 {
        self.helped.as_ref().map_or(0, |helped| u64::from(helped.count))
    }
}

pub(super) fn declare(
    act: &Declare,
    state: &mut State<'_>,
    context: &mut Context<'_>,
) -> Result<(), Fault> {
    let Declare { year, reference, occurred_on, .. } = act;
    check_date(context, *occurred_on)?;
    if reference.is_empty() {
        return Err(Refusal::new(Code::ReferenceMissing, &act.subject).into());
    }
    if act.subject.is_empty() {
        return Err(Refusal::new(Code::StatementEmpty, reference).into());
    }
    act.basis.check()?;
    if *year > occurred_on.year() {
        let detail = format!("a notice of {occurred_on} does not report on {year}");
        return Err(Refusal::new(Code::YearWrong, detail).into());
    }
    let host = context.author.organization;
    let line = Declared {
        side: act.side,
        subject: act.subject.clone(),
        amount: act.amount,
        helped: act.helped.clone(),
        basis: act.basis.clone(),
    };
    let (key, of_year) = ((host, *year, reference.clone()), (host, *year));
    let mut sums = Some(DECLARED_YEARS.get(state, &of_year)?.unwrap_or_default());
    if let Some(replaced) = DECLARED.get(state, &key)? {
        sums = sums.and_then(|sums| sums.without(&replaced));
    }
    let too_large = || Refusal::new(Code::AmountTooLarge, format!("{reference} of {year}"));
    let sums = sums.and_then(|sums| sums.with(&line)).ok_or_else(too_large)?;
    DECLARED.put(state, &key, &line);
    DECLARED_YEARS.put(state, &of_year, &sums);
    let DeclaredYear { income, expenditure, helped } = sums;
    context.emit(Event::Declared { year: *year, income, expenditure, helped });
    Ok(())
}
