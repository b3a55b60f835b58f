//! The county's roll into the vault: every row is judged, and a row that does not hold is told by
//! its number. Nothing of a file is taken as long as one row of it is refused.

pub mod fields;

use std::collections::BTreeMap;

use minglian_ledger::date::{Date, Month};
use minglian_ledger::subsidy::identity_number::IdentityNumber;
use rand_core::CryptoRngCore;

use crate::day;
use crate::programme::Programme;
use crate::roll::entitlement::{Entitlement, State, Step};
use crate::roll::person::{Details, Identity, Person};
use crate::roll::{PERSONS_MAX, PersonNumber, Roll, RollError};
use crate::sheet::{Column, ColumnsError, Fault, Layout, Row, Sheet};

const NAME: Column = Column { names: &["姓名", "name"], is_needed: true };
const IDENTITY: Column = Column {
    names: &["身份证号", "身份证号码", "公民身份号码", "证件号码", "identity_number"],
    is_needed: true,
};
const ACCOUNT: Column = Column {
    names: &["银行账号", "银行帐号", "账号", "帐号", "银行卡号", "account"],
    is_needed: true,
};
const BANK: Column = Column { names: &["开户银行", "开户行", "bank"], is_needed: false };
const CASE_FILE: Column = Column { names: &["档案号", "编号", "case_file"], is_needed: false };
const TOWNSHIP: Column =
    Column { names: &["乡镇", "乡镇(街道)", "township"], is_needed: false };
const VILLAGE: Column =
    Column { names: &["村(社区)", "村居", "村", "village"], is_needed: false };
const CATEGORY: Column =
    Column { names: &["类别", "人员类别", "category"], is_needed: false };
const FROM: Column = Column { names: &["起始月份", "起发月份", "from"], is_needed: false };
const APPLIED: Column = Column { names: &["申请日期", "applied_on"], is_needed: false };

/// Every column of a roll.
pub const COLUMNS: [Column; 10] =
    [NAME, IDENTITY, ACCOUNT, BANK, CASE_FILE, TOWNSHIP, VILLAGE, CATEGORY, FROM, APPLIED];

/// What an import is told beside the file.
pub struct ImportTerms<'a> {
    /// The programme.
    pub programme: u16,
    /// The first month that is due, for rows that do not say.
    pub from: Month,
    /// The day of the application, for rows that do not say; also when the import is entered.
    pub on: Date,
    /// The officer who enters it.
    pub by: &'a str,
    /// Whether the roll is one that is paid already: its persons are active at once.
    pub is_active: bool,
    /// Whether rows of persons who are on the roll change them: name, bank, and, by 停旧增新, the
    /// category.
    pub updates: bool,
}

/// Why nothing was taken.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The columns.
    #[error(transparent)]
    Columns(#[from] ColumnsError),
    /// The programme.
    #[error(transparent)]
    Roll(#[from] RollError),
}

/// What came of a file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ImportReport {
    /// Rows read.
    pub rows: usize,
    /// Persons who are new to the vault.
    pub persons: usize,
    /// Entitlements begun.
    pub begun: usize,
    /// Entitlements ended for another category (停旧增新).
    pub ended: usize,
    /// Persons whose name or bank was changed.
    pub changed: usize,
    /// Rows that do not hold; if there is one, nothing above happened.
    pub faults: Vec<Fault>,
    /// What a clerk should look at, and did not stop the import.
    pub doubts: Vec<Fault>,
}

/// A row that holds.
struct Candidate {
    row: u64,
    identity: Identity,
    details: Details,
    category: String,
    from: Month,
    on: Date,
}

/// Takes a sheet into the roll, or nothing of it.
///
/// # Errors
/// [`ImportError`]. Rows that do not hold are no error: they are among the report's faults.
pub fn import(
    roll: &mut Roll,
    sheet: &Sheet,
    terms: &ImportTerms<'_>,
    random: &mut impl CryptoRngCore,
) -> Result<ImportReport, ImportError> {
    let layout = sheet.layout(&COLUMNS)?;
    let mut report = ImportReport { rows: sheet.rows.len(), ..ImportReport::default() };
    let mut candidates = Vec::with_capacity(sheet.rows.len());
    for row in &sheet.rows {
        match read(roll, &layout, row, terms)? {
            Ok(candidate) => candidates.push(candidate),
            Err(fault) => report.faults.push(fault),
        }
    }
    compare(&candidates, &mut report);
    let known = roll.by_identity();
    let live = live(roll);
    files_are_free(roll, &candidates, &known, &mut report);
    for candidate in &candidates {
        if let Err(fault) = fits(roll, candidate, &known, &live, terms) {
            report.faults.push(fault);
        }
    }
    if roll.persons.len().saturating_add(candidates.len()) > PERSONS_MAX {
        return Err(RollError::Full.into());
    }
    report.faults.sort_by_key(|fault| fault.row);
    report.doubts.sort_by_key(|fault| fault.row);
    if report.faults.is_empty() {
        for candidate in candidates {
            take(roll, candidate, &known, &live, terms, &mut report, random);
        }
    }
    Ok(report)
}

fn read(
    roll: &Roll,
    layout: &Layout<'_>,
    row: &Row,
    terms: &ImportTerms<'_>,
) -> Result<Result<Candidate, Fault>, ImportError> {
    let month = |cell: Option<String>| match cell {
        None => Ok(terms.from),
        Some(text) => day::parse_month(&text)
            .ok_or_else(|| layout.fault(row, &FROM, "is no month, such as 2012-12 月份格式不对")),
    };
    let text = |column: &Column| Some(layout.text(row, column)).filter(|text| !text.is_empty());
    let from = match month(text(&FROM)) {
        Ok(from) => from,
        Err(fault) => return Ok(Err(fault)),
    };
    let programme = roll.programme(terms.programme, from)?;
    Ok(candidate(layout, row, programme, from, terms))
}

fn candidate(
    layout: &Layout<'_>,
    row: &Row,
    programme: &Programme,
    from: Month,
    terms: &ImportTerms<'_>,
) -> Result<Candidate, Fault> {
    let text = |column: &Column| layout.text(row, column);
    let fault = |column: &Column, reason: &dyn std::fmt::Display| layout.fault(row, column, reason);
    let cell = layout.cell(row, &IDENTITY);
    let cell = cell.ok_or_else(|| fault(&IDENTITY, &"is empty 未填写"))?;
    if cell.is_number {
        return Err(fault(&IDENTITY, &fields::FieldError::StoredAsNumber));
    }
    let number = IdentityNumber::parse(&cell.text).map_err(|error| fault(&IDENTITY, &error))?;
    let identity = Identity::of(&number);
    let name = fields::name(&text(&NAME)).map_err(|error| fault(&NAME, &error))?;
    let account = layout.cell(row, &ACCOUNT);
    if account.is_some_and(|cell| cell.is_number && 15 < cell.text.len()) {
        return Err(fault(&ACCOUNT, &fields::FieldError::StoredAsNumber));
    }
    let account = fields::account(&text(&ACCOUNT)).map_err(|error| fault(&ACCOUNT, &error))?;
    let short =
        |column: &Column| fields::short(&text(column)).map_err(|error| fault(column, &error));
    let on = match layout.cell(row, &APPLIED) {
        None => terms.on,
        Some(cell) => day::parse_day(&cell.text)
            .ok_or_else(|| fault(&APPLIED, &"is no day, such as 2012-12-31 日期格式不对"))?,
    };
    let category = short(&CATEGORY)?;
    if !programme.has_category(&category) {
        return Err(fault(&CATEGORY, &"is no category of the programme 类别不在项目标准内"));
    }
    if programme.standard(&category, identity.birth(), from).is_none() {
        let reason = "no band of the programme holds the age on the reference date 年龄不符合";
        return Err(fault(&IDENTITY, &reason));
    }
    let details = Details {
        name,
        account,
        bank: short(&BANK)?,
        case_file: short(&CASE_FILE)?,
        township: short(&TOWNSHIP)?,
        village: short(&VILLAGE)?,
    };
    Ok(Candidate { row: row.number, identity, details, category, from, on })
}

/// Compares the rows with one another.
fn compare(candidates: &[Candidate], report: &mut ImportReport) {
    let (mut persons, mut accounts) = (BTreeMap::new(), BTreeMap::new());
    let mut files = BTreeMap::new();
    for candidate in candidates {
        let row = candidate.row;
        let fault = |column: Column, reason: String| Fault {
            row,
            column: column.names.first().copied(),
            reason,
        };
        if let Some(first) = persons.insert(candidate.identity.clone(), row) {
            let reason = format!("is the same person as row {first} 与第{first}行是同一人");
            report.faults.push(fault(IDENTITY, reason));
        }
        let file = &candidate.details.case_file;
        if let Some(first) = files.insert(file, row).filter(|_| !file.is_empty()) {
            let reason = format!("is the case file of row {first} too 与第{first}行档案号相同");
            report.faults.push(fault(CASE_FILE, reason));
        }
        if let Some(first) = accounts.insert(&candidate.details.account, row) {
            let reason = format!("is the account of row {first} too 与第{first}行账号相同");
            report.doubts.push(fault(ACCOUNT, reason));
        }
    }
}

/// A case file is one person's: clerks name persons by it.
fn files_are_free(
    roll: &Roll,
    candidates: &[Candidate],
    known: &BTreeMap<Identity, PersonNumber>,
    report: &mut ImportReport,
) {
    let persons = roll.persons.iter();
    let owners: BTreeMap<&str, PersonNumber> =
        persons.map(|(number, person)| (person.details.case_file.as_str(), *number)).collect();
    for candidate in candidates.iter().filter(|it| !it.details.case_file.is_empty()) {
        let file = candidate.details.case_file.as_str();
        let owner = owners.get(file);
        let is_own = owner.is_some() && owner == known.get(&candidate.identity);
        // D and digits are what the vault gives to who brings none.
        let digits = file.strip_prefix('D').unwrap_or_default();
        let is_given = !digits.is_empty() && digits.bytes().all(|digit| digit.is_ascii_digit());
        if !is_own && (owner.is_some() || is_given) {
            report.faults.push(Fault {
                row: candidate.row,
                column: CASE_FILE.names.first().copied(),
                reason: "is another person's case file 档案号已属他人".to_owned(),
            });
        }
    }
}

/// What a sheet says of a person who is on the roll; what it leaves out stays.
fn merged(old: &Details, mut new: Details) -> Details {
    let pairs = [
        (&mut new.bank, &old.bank),
        (&mut new.case_file, &old.case_file),
        (&mut new.township, &old.township),
        (&mut new.village, &old.village),
    ];
    for (new, old) in pairs {
        if new.is_empty() {
            new.clone_from(old);
        }
    }
    new
}

/// Where the live entitlements of each person are.
fn live(roll: &Roll) -> BTreeMap<PersonNumber, Vec<usize>> {
    let mut live: BTreeMap<PersonNumber, Vec<usize>> = BTreeMap::new();
    for (place, entitlement) in roll.entitlements.iter().enumerate() {
        if entitlement.is_live() {
            live.entry(entitlement.person).or_default().push(place);
        }
    }
    live
}

/// The live entitlement under the same programme, if a row may be taken beside what there is.
fn fits<'a>(
    roll: &'a Roll,
    candidate: &Candidate,
    known: &BTreeMap<Identity, PersonNumber>,
    live: &BTreeMap<PersonNumber, Vec<usize>>,
    terms: &ImportTerms<'_>,
) -> Result<Option<(usize, &'a Entitlement)>, Fault> {
    let fault = |reason: &str| Fault {
        row: candidate.row,
        column: IDENTITY.names.first().copied(),
        reason: reason.to_owned(),
    };
    let Some(person) = known.get(&candidate.identity) else { return Ok(None) };
    let group = roll.group(terms.programme);
    for place in live.get(person).into_iter().flatten() {
        let Some(entitlement) = roll.entitlements.get(*place) else { continue };
        if entitlement.programme == terms.programme {
            if !terms.updates {
                return Err(fault("is on the roll already; --update changes it 已在名册中"));
            }
            if entitlement.category != candidate.category && candidate.from <= entitlement.from {
                return Err(fault(
                    "another category begins after the one there is 停旧增新月份有误",
                ));
            }
            return Ok(Some((*place, entitlement)));
        }
        if roll.group(entitlement.programme) == group {
            return Err(fault("is paid by a programme that excludes this one 与其他补贴互斥"));
        }
    }
    Ok(None)
}

fn take(
    roll: &mut Roll,
    candidate: Candidate,
    known: &BTreeMap<Identity, PersonNumber>,
    live: &BTreeMap<PersonNumber, Vec<usize>>,
    terms: &ImportTerms<'_>,
    report: &mut ImportReport,
    random: &mut impl CryptoRngCore,
) {
    // Faults were sought before; none is left.
    let current = fits(roll, &candidate, known, live, terms).ok().flatten();
    let current = current.map(|(place, it)| (place, it.category == candidate.category));
    let person = match known.get(&candidate.identity) {
        Some(number) => {
            let person = roll.persons.get_mut(number).filter(|_| terms.updates);
            if let Some(person) = person {
                let details = merged(&person.details, candidate.details);
                if person.details != details {
                    person.details = details;
                    report.changed += 1;
                }
            }
            *number
        }
        None => {
            let number = roll.next_person;
            roll.next_person = number.saturating_add(1);
            let mut details = candidate.details;
            if details.case_file.is_empty() {
                details.case_file = format!("D{number:07}");
            }
            roll.persons.insert(number, Person::new(candidate.identity, details, random));
            report.persons += 1;
            number
        }
    };
    let step = |state, on, reason: &str| Step {
        state,
        on,
        by: terms.by.to_owned(),
        reason: reason.to_owned(),
    };
    let mut steps = vec![step(State::Applied, candidate.on, "")];
    if let Some((place, is_same)) = current {
        if is_same {
            return;
        }
        if let Some(old) = roll.entitlements.get_mut(place) {
            old.last = candidate.from.add_months(-1);
            old.steps.push(step(State::Ceased, terms.on, "停旧增新"));
            report.ended += 1;
        }
        steps.push(step(State::Active, terms.on, "停旧增新"));
    } else if terms.is_active {
        steps.push(step(State::Active, terms.on, "在发名册"));
    }
    roll.entitlements.push(Entitlement {
        person,
        programme: terms.programme,
        category: candidate.category,
        from: candidate.from,
        last: None,
        suspensions: Vec::new(),
        overpaid_fen: 0,
        steps,
    });
    report.begun += 1;
}
