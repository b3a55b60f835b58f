//! The bank's files: who is paid what, and what came of it. Both name persons, so they are private
//! files; the bank's answer is read by line numbers and amounts.

use std::collections::BTreeMap;

use minglian_ledger::fen::Fen;
use minglian_ledger::subsidy::batch::BatchKind;
use zeroize::Zeroizing;

use crate::roll::batches::BatchRecord;
use crate::roll::{PersonNumber, Roll, RollError};
use crate::sheet::{Column, ColumnsError, Fault, Sheet};

const LINE: Column = Column { names: &["序号", "line"], is_needed: true };
const ACCOUNT: Column = Column { names: &["收款账号", "账号", "account"], is_needed: false };
const AMOUNT: Column =
    Column { names: &["金额(元)", "金额", "发放金额", "amount"], is_needed: true };
const RESULT: Column = Column {
    names: &["结果", "处理结果", "发放结果", "状态", "result"],
    is_needed: true,
};
const COLUMNS: [Column; 4] = [LINE, ACCOUNT, AMOUNT, RESULT];

/// Words of banks for what was paid.
const PAID: [&str; 5] = ["成功", "发放成功", "已入账", "ok", "paid"];

/// Words of banks for what came back.
const RETURNED: [&str; 7] = ["失败", "退回", "退票", "发放失败", "已退回", "failed", "returned"];

/// Why there is no file, or no answer is taken.
#[derive(Debug, thiserror::Error)]
pub enum BankError {
    /// The batch.
    #[error(transparent)]
    Roll(#[from] RollError),
    /// The columns.
    #[error(transparent)]
    Columns(#[from] ColumnsError),
    /// The batch is not made, or another took its place.
    #[error("this batch does not pay: it was not made, or another attempt took its place")]
    DoesNotPay,
    /// A handle is paid whose person was erased.
    #[error("handle {0} is paid and belongs to nobody any more")]
    Nobody(usize),
    /// The answer was taken already.
    #[error("the bank's result for this batch was taken already 银行结果已导入")]
    Answered,
}

/// What the bank said.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BankReport {
    /// Payments that stand.
    pub paid: usize,
    /// What they come to.
    pub paid_fen: u64,
    /// Payments that came back.
    pub returned: usize,
    /// What they come to.
    pub returned_fen: u64,
    /// Lines that do not hold; if there is one, or a line is missing, nothing was taken.
    pub faults: Vec<Fault>,
    /// Lines of the pay file that the answer lacks.
    pub missing: usize,
}

/// A line of the pay file.
struct Line {
    handle: usize,
    person: PersonNumber,
    amount_fen: u32,
}

/// The lines of a batch by their number, from 1: handles that are paid something, in order.
fn lines(roll: &Roll, record: &BatchRecord) -> Result<Vec<Line>, BankError> {
    if !record.pays() || matches!(record.name.kind, BatchKind::Return(_)) {
        return Err(BankError::DoesNotPay);
    }
    let list = roll.list(record.name.programme, record.epoch);
    let handles = list.map(|list| list.handles.as_slice()).unwrap_or_default();
    let mut lines = Vec::new();
    for (handle, amount_fen) in record.amounts.0.iter().copied().enumerate() {
        if amount_fen > 0 {
            let person = handles.get(handle).copied().flatten().ok_or(BankError::Nobody(handle))?;
            lines.push(Line { handle, person, amount_fen });
        }
    }
    Ok(lines)
}

fn yuan(fen: u32) -> String {
    format!("{}.{:02}", fen / 100, fen % 100)
}

/// The pay file of a batch, as CSV, and what it comes to.
///
/// # Errors
/// [`BankError`].
pub fn pay_file(roll: &Roll, place: usize) -> Result<(Zeroizing<String>, Fen), BankError> {
    let record = roll.batches.get(place).ok_or(BankError::DoesNotPay)?;
    let name = &record.name;
    let programme = roll.programme(name.programme, name.period)?;
    let id = name.id().to_string();
    let short = id.get(..16).unwrap_or_default();
    let mut text = Zeroizing::new(String::new());
    text.push_str("序号,收款人,收款账号,开户银行,金额(元),附言\r\n");
    let mut total = 0_u64;
    for (line, number) in lines(roll, record)?.iter().zip(1_usize..) {
        let person = roll.persons.get(&line.person).ok_or(BankError::Nobody(line.handle))?;
        let details = &person.details;
        total = total.saturating_add(u64::from(line.amount_fen));
        let remark = format!("{} {} {short}-{number}", programme.name, name.period);
        let number = Zeroizing::new(number.to_string());
        // A tab before an account keeps spreadsheet programs from making a number of it.
        let account = Zeroizing::new(format!("\t{}", details.account));
        let amount = yuan(line.amount_fen);
        for part in [&*number, &details.name, &*account, &details.bank, &amount] {
            text.push_str(part);
            text.push(',');
        }
        text.push_str(&remark);
        text.push_str("\r\n");
    }
    Ok((text, Fen::new(total).unwrap_or(Fen::MAX)))
}

/// Takes the bank's answer to a batch, all of it or nothing: every line once, with its amount.
///
/// # Errors
/// [`BankError`]. Lines that do not hold are no error: they are among the report's faults.
pub fn take_result(roll: &mut Roll, place: usize, sheet: &Sheet) -> Result<BankReport, BankError> {
    let record = roll.batches.get(place).ok_or(BankError::DoesNotPay)?;
    if record.is_answered {
        return Err(BankError::Answered);
    }
    let lines = lines(roll, record)?;
    let layout = sheet.layout(&COLUMNS)?;
    let mut report = BankReport::default();
    let mut answers: BTreeMap<usize, bool> = BTreeMap::new();
    for row in &sheet.rows {
        let mut fault = |column: &Column, reason: &str| {
            report.faults.push(layout.fault(row, column, reason));
        };
        let number = layout.text(row, &LINE).parse::<usize>().ok();
        let place = number.and_then(|number| number.checked_sub(1));
        let Some((place, line)) = place.and_then(|place| Some((place, lines.get(place)?))) else {
            fault(&LINE, "is no line of the pay file 不是发放文件中的序号");
            continue;
        };
        let amount = Fen::from_yuan_text(&layout.text(row, &AMOUNT)).ok();
        if amount.map(Fen::get) != Some(u64::from(line.amount_fen)) {
            fault(&AMOUNT, "is not the amount of that line 金额与发放文件不符");
            continue;
        }
        let account = layout.text(row, &ACCOUNT);
        let known = roll.persons.get(&line.person).map(|person| person.details.account.as_str());
        if !account.is_empty() && Some(account.as_str()) != known {
            fault(&ACCOUNT, "is not the account of that line 账号与发放文件不符");
            continue;
        }
        let result = layout.text(row, &RESULT).to_lowercase();
        let is_paid = PAID.contains(&result.as_str());
        if !is_paid && !RETURNED.contains(&result.as_str()) {
            fault(&RESULT, "is neither 成功 nor 失败 or 退回");
        } else if answers.insert(place, is_paid).is_some() {
            fault(&LINE, "is answered twice 序号重复");
        }
    }
    report.missing = lines.len().saturating_sub(answers.len());
    let mut returned = Vec::new();
    for (place, is_paid) in &answers {
        let Some(line) = lines.get(*place) else { continue };
        let fen = u64::from(line.amount_fen);
        if *is_paid {
            report.paid += 1;
            report.paid_fen = report.paid_fen.saturating_add(fen);
        } else {
            report.returned += 1;
            report.returned_fen = report.returned_fen.saturating_add(fen);
            returned.extend(u32::try_from(line.handle));
        }
    }
    if report.faults.is_empty()
        && report.missing == 0
        && let Some(record) = roll.batches.get_mut(place)
    {
        record.returned = returned;
        record.is_answered = true;
    }
    Ok(report)
}

/// Whom the bank did not pay, as CSV for a private file: the lines of a return batch.
///
/// # Errors
/// [`BankError`].
pub fn returned_list(roll: &Roll, place: usize) -> Result<Zeroizing<String>, BankError> {
    let record = roll.batches.get(place).ok_or(BankError::DoesNotPay)?;
    let mut text = Zeroizing::new(String::new());
    text.push_str("序号,手柄,档案号,姓名,乡镇,村(社区),收款账号,金额(元)\r\n");
    for (line, number) in lines(roll, record)?.iter().zip(1_usize..) {
        let handle = u32::try_from(line.handle).unwrap_or(u32::MAX);
        let Some(person) = roll.persons.get(&line.person) else { continue };
        if record.returned.binary_search(&handle).is_err() {
            continue;
        }
        let details = &person.details;
        let (number, handle) = (number.to_string(), handle.to_string());
        let amount = yuan(line.amount_fen);
        let account = Zeroizing::new(format!("\t{}", details.account));
        let parts = [
            number.as_str(),
            &handle,
            &details.case_file,
            &details.name,
            &details.township,
            &details.village,
            &account,
            &amount,
        ];
        text.push_str(&parts.join(","));
        text.push_str("\r\n");
    }
    Ok(text)
}
