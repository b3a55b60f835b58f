//! Each kind of row as acts.

use minglian_contracts::allocation::downward::Grant;
use minglian_contracts::allocation::entry::{RecordQuota, Statement};
use minglian_contracts::allocation::line::LineName;
use minglian_contracts::allocation::year::{CarryOver, TransferOut};
use minglian_contracts::allocation::{self, Purpose, Receipt, StatementKind};
use minglian_contracts::call::Call;
use minglian_contracts::payment::expenditure::Expenditure;
use minglian_contracts::payment::{self, Order, Payee};
use minglian_contracts::project;
use minglian_ledger::date::Date;
use minglian_ledger::fen::Fen;
use minglian_ledger::genesis::{OrganizationKind, Role};
use minglian_ledger::organization_code::OrganizationCode;
use minglian_ledger::text::Text;

use super::lines::{basis, named, reference, shortened, year_end};
use super::{
    Act, Available, Column, Entry, GroupKey, Planner, Stage, category_of, funds, group_of,
};
use crate::import::kind::Kind;
use crate::import::notice::NoticeRow;
use crate::import::party::{Party, Region};
use crate::import::refusal::Reason;

const TWO: [Role; 2] = [Role::Maker, Role::Checker];
const THREE: [Role; 3] = [Role::Maker, Role::Checker, Role::Payer];

impl Planner<'_> {
    /// Money or quota that the notice says was received.
    pub(super) fn inflow(&mut self, row: &NoticeRow) -> Result<(), Reason> {
        let region = self.region(row)?;
        if row.amount.is_zero() {
            return self.state(row, region.civil_affairs.code);
        }
        let holder = match (row.kind, Party::unit(row, OrganizationKind::CivilAffairs)) {
            (Kind::BudgetIssued, unit) => unit?.unwrap_or(region.civil_affairs),
            _ => region.civil_affairs,
        };
        self.register(&holder);
        let receipt = match row.kind {
            Kind::ReceivedTranche => Receipt::Tranche,
            Kind::SettlementReturn => Receipt::SettlementReturn,
            Kind::BroughtForward => Receipt::BroughtForward,
            Kind::Retained => Receipt::OwnShare,
            _ => Receipt::Issued,
        };
        let first_year = row.year - u16::from(receipt == Receipt::BroughtForward);
        let line = self.quota_line(row, holder.code, &format!("第{}行", row.row))?;
        let quota = self.quota(row, line.clone(), receipt, row.amount, first_year, false)?;
        let finance = region.finance.code;
        self.push(Stage::Quota, row, finance, &TWO, quota, Some(Column::Received))?;
        self.enter(group_of(row), line, row.amount);
        Ok(())
    }

    /// Quota that the notice implies.
    pub(super) fn implied(&mut self, rows: &[&NoticeRow]) {
        for (group, amount) in self.funds.implied(rows) {
            let Some(row) = rows.iter().find(|row| group_of(row) == group) else { continue };
            if amount.is_zero() {
                continue;
            }
            if let Err(reason) = self.implied_group(row, group, amount) {
                let line = row.line;
                let refused = super::RefusedRow { file: self.file.to_owned(), line, reason };
                self.plan.refused.push(refused);
            }
        }
    }

    fn implied_group(
        &mut self,
        row: &NoticeRow,
        group: GroupKey,
        amount: Fen,
    ) -> Result<(), Reason> {
        let region = self.region(row)?;
        let line = self.quota_line(row, region.civil_affairs.code, "按公告推定")?;
        let call = self.quota(row, line.clone(), Receipt::Issued, amount, row.year, true)?;
        let name = format!("{}#implied/{}/{}/{}", row.dataset, group.0, group.1, group.2);
        let entry = Entry {
            fund: group.0.clone(),
            category: group.2.clone(),
            column: Column::Implied,
            amount,
            helped: 0,
        };
        self.plan.acts.push(Act {
            stage: Stage::Quota,
            line: None,
            organization: region.finance.code,
            finance: region.finance.code,
            signers: TWO.to_vec(),
            reference: named(&name)?,
            call,
            entry: Some(entry),
            corrects: None,
        });
        self.enter(group, line, amount);
        Ok(())
    }

    /// Quota given to a project or unit.
    pub(super) fn allocate(&mut self, row: &NoticeRow) -> Result<(), Reason> {
        let region = self.region(row)?;
        let giver = region.civil_affairs.code;
        if row.amount.is_zero() {
            return self.state(row, giver);
        }
        let unit = Party::unit(row, OrganizationKind::ProjectUnit)?;
        if let Some(unit) = &unit {
            self.register(unit);
        }
        let own = (giver, region.civil_affairs.division);
        let (holder, division) = unit.map_or(own, |unit| (unit.code, unit.division));
        let project = self.project(row, giver, holder)?;
        let line = self.row_line(row, holder)?;
        // To another government's division only finance issues (预算法实施条例 第五十九条).
        let is_below = division != region.civil_affairs.division;
        let signer = if is_below { region.finance.code } else { giver };
        for (part, (from, amount)) in self.draw_quota(row)?.into_iter().enumerate() {
            let grant = Grant {
                from,
                to: line.clone(),
                amount,
                purpose: Purpose {
                    category: category_of(row.category.as_str()),
                    project: project.clone(),
                },
                basis: basis(row)?,
                plan: None,
                occurred_on: year_end(row)?,
            };
            let call = Call::Allocation(if is_below {
                allocation::Call::Issue(grant)
            } else {
                allocation::Call::Allocate(grant)
            });
            self.push_part(Stage::Allocation, row, part, signer, &TWO, call, Column::Allocated)?;
        }
        if holder != giver {
            let occurred_on = year_end(row)?;
            let call =
                Call::Allocation(allocation::Call::Receive { line: line.clone(), occurred_on });
            self.push(Stage::Receipt, row, holder, &[Role::Maker], call, None)?;
            if let Some(act) = self.plan.acts.last_mut() {
                act.reference = shortened(&format!("{}/receive", act.reference))?;
            }
        }
        let available = Available { name: line, left: row.amount };
        self.allocated.entry(group_of(row)).or_default().push(available);
        Ok(())
    }

    /// Quota issued to a lower government.
    pub(super) fn transfer_down(&mut self, row: &NoticeRow) -> Result<(), Reason> {
        let region = self.region(row)?;
        let unit = Party::unit(row, OrganizationKind::Government)?;
        let unit = unit.ok_or(Reason::NoRecipient)?;
        self.register(&unit);
        let line = self.row_line(row, unit.code)?;
        let occurred_on = year_end(row)?;
        for (part, (from, amount)) in self.draw_quota(row)?.into_iter().enumerate() {
            let call = Call::Allocation(allocation::Call::Issue(Grant {
                from,
                to: line.clone(),
                amount,
                purpose: Purpose { category: category_of(row.category.as_str()), project: None },
                basis: basis(row)?,
                plan: None,
                occurred_on,
            }));
            let finance = region.finance.code;
            self.push_part(Stage::Allocation, row, part, finance, &TWO, call, Column::Allocated)?;
        }
        let call = Call::Allocation(allocation::Call::Receive { line, occurred_on });
        self.push(Stage::Receipt, row, unit.code, &[Role::Maker], call, None)?;
        if let Some(act) = self.plan.acts.last_mut() {
            act.reference = shortened(&format!("{}/receive", act.reference))?;
        }
        Ok(())
    }

    /// Money paid out.
    pub(super) fn spend(&mut self, row: &NoticeRow) -> Result<(), Reason> {
        let region = self.region(row)?;
        if row.amount.is_zero() {
            return self.state(row, region.civil_affairs.code);
        }
        let unit = Party::unit(row, OrganizationKind::ProjectUnit)?;
        if let Some(unit) = &unit {
            self.register(unit);
        }
        let payee = unit.map_or(Payee::NotPrinted, |unit| Payee::Organization(unit.code));
        for (part, (line, amount)) in self.draw_spendable(row)?.into_iter().enumerate() {
            let payer = line.holder;
            let order = Order {
                reference: reference(row, part)?,
                payee: payee.clone(),
                amount,
                voucher: None,
                replaces: None,
                occurred_on: year_end(row)?,
            };
            let expenditure = Expenditure::Other;
            let call = Call::Payment(payment::Call::Instruct { line, expenditure, order });
            self.push_part(Stage::Payment, row, part, payer, &THREE, call, Column::Spent)?;
        }
        Ok(())
    }

    /// 调出.
    pub(super) fn transfer_out(&mut self, row: &NoticeRow) -> Result<(), Reason> {
        let region = self.region(row)?;
        for (part, (line, amount)) in self.draw_spendable(row)?.into_iter().enumerate() {
            let call = Call::Allocation(allocation::Call::TransferOut(TransferOut {
                line,
                to_fund: Text::new("一般公共预算").map_err(Reason::name)?,
                amount,
                basis: basis(row)?,
                occurred_on: year_end(row)?,
            }));
            let finance = region.finance.code;
            let column = Column::TransferredOut;
            self.push_part(Stage::YearEnd, row, part, finance, &TWO, call, column)?;
        }
        Ok(())
    }

    /// Quota that goes to the next year.
    pub(super) fn carry(&mut self, row: &NoticeRow) -> Result<(), Reason> {
        let region = self.region(row)?;
        if row.amount.is_zero() {
            return self.state(row, region.civil_affairs.code);
        }
        for (part, (line, amount)) in self.draw_spendable(row)?.into_iter().enumerate() {
            let call = Call::Allocation(allocation::Call::CarryOver(CarryOver {
                line,
                amount,
                basis: basis(row)?,
                occurred_on: year_end(row)?,
            }));
            let finance = region.finance.code;
            self.push_part(Stage::YearEnd, row, part, finance, &TWO, call, Column::Carried)?;
        }
        Ok(())
    }

    /// What the fund raised or sent up: finance, which publishes it, states the figure.
    pub(super) fn fund_figure(&mut self, row: &NoticeRow) -> Result<(), Reason> {
        let finance = self.region(row)?.finance.code;
        let (kind, column) = match row.kind {
            Kind::Remitted => (StatementKind::Remitted, Column::Remitted),
            _ => (StatementKind::Raised, Column::Raised),
        };
        let subject = format!("{} {} {}", funds::fund_name(row), row.category, row.item);
        let call = statement(row, kind, &subject)?;
        self.push(Stage::Statement, row, finance, &TWO, call, Some(column))
    }

    /// A printed zero.
    fn state(&mut self, row: &NoticeRow, organization: OrganizationCode) -> Result<(), Reason> {
        let subject = format!("{} {}", row.category, row.item);
        let call = statement(row, StatementKind::Nothing, &subject)?;
        self.push(Stage::Statement, row, organization, &TWO, call, None)
    }

    /// Registers the row's project, if its category is one of the four.
    fn project(
        &mut self,
        row: &NoticeRow,
        registrar: OrganizationCode,
        unit: OrganizationCode,
    ) -> Result<Option<Text<128>>, Reason> {
        let Some(category) = category_of(row.category.as_str()) else { return Ok(None) };
        if row.item.is_empty() {
            return Ok(None);
        }
        let name = named(&format!("{}#{}", row.dataset, row.row))?;
        let call = Call::Project(project::Call::Register(project::Registration {
            reference: name.clone(),
            title: shortened(row.item.as_str())?,
            category,
            unit,
            year: row.year,
            carries_label: false,
            indicators: Vec::new(),
            occurred_on: year_end(row)?,
        }));
        let reference = shortened(&format!("{name}/project"))?;
        self.plan.acts.push(Act {
            stage: Stage::Projects,
            line: Some(row.line),
            organization: registrar,
            finance: Region::of(row)?.finance.code,
            signers: TWO.to_vec(),
            reference,
            call,
            entry: None,
            corrects: None,
        });
        Ok(Some(name))
    }

    fn quota(
        &self,
        row: &NoticeRow,
        to: LineName,
        receipt: Receipt,
        amount: Fen,
        first_year: u16,
        implied: bool,
    ) -> Result<Call, Reason> {
        let category = category_of(row.category.as_str());
        Ok(Call::Allocation(allocation::Call::RecordQuota(RecordQuota {
            to,
            receipt,
            amount,
            level: shortened(row.fund_source.as_str())?,
            purpose: Purpose { category, project: None },
            basis: basis(row)?,
            first_year,
            implied,
            occurred_on: Date::new(first_year, 12, 31).map_err(|_| Reason::Year)?,
        })))
    }

    fn push(
        &mut self,
        stage: Stage,
        row: &NoticeRow,
        organization: OrganizationCode,
        signers: &[Role],
        call: Call,
        column: Option<Column>,
    ) -> Result<(), Reason> {
        let (fund, category) = (funds::fund_name(row), row.category.to_string());
        let entry =
            column.map(|column| Entry { fund, category, column, amount: row.amount, helped: 0 });
        let reference = reference(row, 0)?;
        let signers = signers.to_vec();
        let line = Some(row.line);
        let finance = Region::of(row)?.finance.code;
        let corrects = None;
        let act =
            Act { stage, line, organization, finance, signers, reference, call, entry, corrects };
        self.plan.acts.push(act);
        Ok(())
    }

    #[expect(clippy::too_many_arguments, reason = "one act and where it stands in its row")]
    fn push_part(
        &mut self,
        stage: Stage,
        row: &NoticeRow,
        part: usize,
        organization: OrganizationCode,
        signers: &[Role],
        call: Call,
        column: Column,
    ) -> Result<(), Reason> {
        // The row's whole amount is reported with its first part.
        self.push(stage, row, organization, signers, call, (part == 0).then_some(column))?;
        if let Some(act) = self.plan.acts.last_mut() {
            act.reference = reference(row, part)?;
        }
        Ok(())
    }
}

/// A figure that moves nothing.
fn statement(row: &NoticeRow, kind: StatementKind, subject: &str) -> Result<Call, Reason> {
    Ok(Call::Allocation(allocation::Call::State(Statement {
        kind,
        line: None,
        subject: shortened(subject)?,
        figure: row.amount,
        basis: basis(row)?,
        occurred_on: year_end(row)?,
    })))
}
