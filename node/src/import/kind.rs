//! What a line of a notice says happened to the money.

use std::fmt;

/// The kinds of lines a published table has. The text form is the one in the table's `kind` column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Money or quota received from the level above.
    Received,
    /// One instalment of it, with its own document number.
    ReceivedTranche,
    /// 清算返还: an earlier year settled, received late.
    SettlementReturn,
    /// Quota issued by the level above to this one.
    BudgetIssued,
    /// 上年结转: left from the year before.
    BroughtForward,
    /// 结转下年: left for the next year.
    CarriedForward,
    /// Quota given to a county, project or unit.
    Allocated,
    /// Paid out for a project or category.
    Spent,
    /// Issued to a lower government.
    TransferDown,
    /// 调出 to the general budget.
    TransferToGeneralBudget,
    /// Lottery fund accrued on sales.
    Accrued,
    /// Lottery fund sent up.
    Remitted,
    /// Lottery fund kept at this level.
    Retained,
    /// A charity's income line.
    CharityIncome,
    /// A charity's expenditure line.
    CharityExpenditure,
    /// A printed subtotal.
    Subtotal,
    /// A printed total.
    Total,
    /// The printed total of what was received.
    ReceivedTotal,
    /// The printed total of what was spent.
    SpentTotal,
    /// A printed balance.
    Balance,
}

impl Kind {
    /// All kinds.
    pub const ALL: [Self; 20] = [
        Self::Received,
        Self::ReceivedTranche,
        Self::SettlementReturn,
        Self::BudgetIssued,
        Self::BroughtForward,
        Self::CarriedForward,
        Self::Allocated,
        Self::Spent,
        Self::TransferDown,
        Self::TransferToGeneralBudget,
        Self::Accrued,
        Self::Remitted,
        Self::Retained,
        Self::CharityIncome,
        Self::CharityExpenditure,
        Self::Subtotal,
        Self::Total,
        Self::ReceivedTotal,
        Self::SpentTotal,
        Self::Balance,
    ];

    /// The kind with that text form.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }

    /// The text form.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Received => "received",
            Self::ReceivedTranche => "received_tranche",
            Self::SettlementReturn => "settlement_return",
            Self::BudgetIssued => "budget_issued",
            Self::BroughtForward => "brought_forward",
            Self::CarriedForward => "carried_forward",
            Self::Allocated => "allocated",
            Self::Spent => "spent",
            Self::TransferDown => "transfer_down",
            Self::TransferToGeneralBudget => "transfer_to_general_budget",
            Self::Accrued => "accrued",
            Self::Remitted => "remitted",
            Self::Retained => "retained",
            Self::CharityIncome => "charity_income",
            Self::CharityExpenditure => "charity_expenditure",
            Self::Subtotal => "subtotal",
            Self::Total => "total",
            Self::ReceivedTotal => "received_total",
            Self::SpentTotal => "spent_total",
            Self::Balance => "balance",
        }
    }

    /// Whether the line is a sum the notice prints: the ledger is checked against it, it is never
    /// posted.
    pub const fn is_control_total(self) -> bool {
        matches!(
            self,
            Self::Subtotal | Self::Total | Self::ReceivedTotal | Self::SpentTotal | Self::Balance
        )
    }

    /// Whether the line is a sum of the lottery fund raised or sent up: it names no game and month,
    /// so it is neither a sales statement nor quota, and is recorded as the figure it is.
    pub const fn is_fund_figure(self) -> bool {
        matches!(self, Self::Accrued | Self::Remitted)
    }

    /// Whether the line says that money or quota came in.
    pub const fn is_inflow(self) -> bool {
        matches!(
            self,
            Self::Received
                | Self::ReceivedTranche
                | Self::SettlementReturn
                | Self::BudgetIssued
                | Self::BroughtForward
                | Self::Retained
        )
    }

    /// Whether the line is a charity's own income or expenditure, not public money.
    pub const fn is_charity(self) -> bool {
        matches!(self, Self::CharityIncome | Self::CharityExpenditure)
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.as_str())
    }
}
