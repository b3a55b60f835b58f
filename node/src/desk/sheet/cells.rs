//! From one cell to one field of an act: exact, or refused with what to do.

use minglian_contracts::charity::donation;
use minglian_ledger::date::Date;
use minglian_ledger::division;
use minglian_ledger::document_number::DocumentNumberSet;
use minglian_ledger::fen::{Fen, Unit};
use minglian_ledger::hash::Commitment;
use minglian_ledger::organization_code::OrganizationCode;
use minglian_ledger::personal_number::{self, PersonalNumber};
use minglian_ledger::width;
use serde_json::{Value, json};

use super::Cell;

/// What names of organisations end with: such a name that nobody registered is a mistake, not a
/// person.
const ORGANIZATION_ENDINGS: [&str; 18] = [
    "公司",
    "集团",
    "中心",
    "学校",
    "医院",
    "银行",
    "基金会",
    "慈善会",
    "总会",
    "协会",
    "委员会",
    "社区",
    "合作社",
    "工厂",
    "商会",
    "局",
    "院",
    "部",
];

/// Why a cell is refused. No reason repeats the digits of a personal number.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CellError {
    /// It must be filled in.
    #[error("is empty 未填写")]
    Empty,
    /// A spreadsheet program could not compute it.
    #[error("holds {0}: mend the formula 公式有误")]
    Broken(String),
    /// A long number that a spreadsheet has rounded.
    #[error(
        "is a long number that the spreadsheet rounded: format the column as text 请设为文本格式"
    )]
    StoredAsNumber,
    /// A natural person's number.
    #[error("holds what looks like {0}: take it out 含个人号码,请删除")]
    Personal(PersonalNumber),
    /// Not an amount to the fen.
    #[error("{text:?} {unit} is no amount to the fen: {reason} 金额须精确到分,公式请用ROUND取整")]
    Amount {
        /// The cell.
        text: String,
        /// In which unit.
        unit: &'static str,
        /// Why.
        reason: String,
    },
    /// An amount without a unit.
    #[error(
        "the amount has no unit: write 金额(元) or 金额(万元) in the header, add a column 金额单位, \
         or pass --unit 金额没有单位"
    )]
    NoUnit,
    /// Not a day.
    #[error("{0:?} is no day, such as 2025-03-01 or 2025年3月1日 日期格式不对")]
    Date(String),
    /// Not a whole number.
    #[error("{0:?} is no whole number 不是整数")]
    Number(String),
    /// Neither yes nor no.
    #[error("{0:?} is neither 是 nor 否")]
    Flag(String),
    /// Nobody is named who could agree.
    #[error("agrees to be named, and nobody is named 匿名捐赠不能同意公开姓名")]
    Nobody,
    /// Who is kept off the ledger in another column of the row is named here.
    #[error(
        "holds the name that another column keeps off the ledger, and nothing could take it off \
         again: leave the name out 含本行另一列所保护的姓名,入账后无法删除,请删去姓名"
    )]
    Named,
    /// None of the words that it can be.
    #[error("{text:?} is none of {} 请从中选择", words.join(", "))]
    Choice {
        /// The cell.
        text: String,
        /// What it can be.
        words: Vec<String>,
    },
    /// Not a month.
    #[error("{0:?} is no month, such as 2025-03 or 2025年3月 月份格式不对")]
    Month(String),
    /// Neither a code nor a registered name.
    #[error(
        "{0:?} is no organisation that the ledger knows: write its 统一社会信用代码, or let it be \
         registered 单位未登记"
    )]
    Organization(String),
    /// A name that several organisations have.
    #[error("{0:?} is the name of several organisations: write the 统一社会信用代码 单位重名")]
    SeveralOrganizations(String),
    /// Not a division.
    #[error("{0:?} is no division that is known: write its six digits 请填写六位行政区划代码")]
    Division(String),
    /// Not a set of document numbers.
    #[error("{0} 文号格式不对")]
    Documents(String),
}

/// Which organisation a name means.
pub trait Registered {
    /// The organisations of exactly this name.
    fn named(&self, name: &str) -> Vec<OrganizationCode>;
}

/// A text that the ledger holds a commitment to.
#[derive(Clone, PartialEq, Eq)]
pub struct Opening {
    /// The commitment.
    pub commitment: Commitment,
    /// Its salt.
    pub salt: [u8; 16],
    /// The text.
    pub text: String,
    /// Whether who is named has agreed that everybody may see it.
    pub is_public: bool,
}

/// A donation's code for whoever holds the receipt.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct ReceiptCode {
    /// The code.
    pub code: [u8; 16],
    /// Its salt.
    pub salt: [u8; 16],
}

/// Salts and codes that come out the same for the same row, so that a sheet that is sent again is
/// the same acts, and that nobody can compute without the desk's secret.
pub struct Salts<'a> {
    secret: &'a [u8; 32],
}

impl<'a> Salts<'a> {
    /// Salts of a desk.
    pub fn new(secret: &'a [u8; 32]) -> Self {
        Self { secret }
    }

    /// Sixteen bytes for one use in one act.
    pub fn derive(&self, purpose: &str, act: &str, text: &str) -> [u8; 16] {
        let parts = [&self.secret[..], purpose.as_bytes(), act.as_bytes(), text.as_bytes()];
        let hash = Commitment::of(&parts).0;
        let mut salt = [0; 16];
        salt.copy_from_slice(&hash[..16]);
        salt
    }

    /// The commitment to a text in an act.
    pub fn commit(&self, act: &str, text: &str) -> Opening {
        let salt = self.derive("salt", act, text);
        let commitment = Commitment::of(&[&salt, text.as_bytes()]);
        Opening { commitment, salt, text: text.to_owned(), is_public: false }
    }

    /// The code of a donation's receipt with what the ledger holds of it.
    pub fn receipt(&self, act: &str) -> (Commitment, ReceiptCode) {
        let (code, salt) = (self.derive("code", act, ""), self.derive("code salt", act, ""));
        (donation::receipt_code(&salt, &code), ReceiptCode { code, salt })
    }
}

/// Most digits of a number that a spreadsheet stores exactly.
const EXACT_DIGITS_MAX: usize = 15;

/// The text of a filled-in cell.
pub fn text(cell: &Cell) -> Result<String, CellError> {
    let text = cell.text();
    match cell {
        Cell::Broken(error) => return Err(CellError::Broken(error.clone())),
        // A code or number of a document that is stored as a number has lost its last digits.
        Cell::Number(number) if number.len() > EXACT_DIGITS_MAX => {
            return Err(CellError::StoredAsNumber);
        }
        _ => {}
    }
    match personal_number::suspect(&text) {
        Some(number) => Err(CellError::Personal(number)),
        None => Ok(text),
    }
}

/// An amount in `unit`.
pub fn amount(cell: &Cell, unit: Option<Unit>) -> Result<Fen, CellError> {
    let unit = unit.ok_or(CellError::NoUnit)?;
    let text = match cell {
        Cell::Broken(error) => return Err(CellError::Broken(error.clone())),
        cell => cell.text(),
    };
    Fen::parse_published(&text, unit).map_err(|error| {
        // What is no amount may be anything, also a person's number.
        match personal_number::suspect(&text) {
            Some(number) => CellError::Personal(number),
            None => {
                let (unit, reason) = (unit.as_str(), error.to_string());
                CellError::Amount { text: shortened(&text), unit, reason }
            }
        }
    })
}

/// A day.
pub fn date(cell: &Cell) -> Result<Date, CellError> {
    if let Cell::Date(date) = cell {
        return Ok(*date);
    }
    let text = text(cell)?;
    let folded = width::fold(&text);
    let unreadable = || CellError::Date(shortened(&text));
    let digits: Vec<&str> = folded
        .split(|letter: char| !letter.is_ascii_digit())
        .filter(|part| !part.is_empty())
        .collect();
    let parts = match digits[..] {
        [year, month, day] => [year, month, day],
        [all] if all.len() == 8 => [&all[..4], &all[4..6], &all[6..]],
        _ => return Err(unreadable()),
    };
    let is_separated = folded.chars().all(|letter| {
        letter.is_ascii_digit() || matches!(letter, '-' | '/' | '.' | '年' | '月' | '日' | ' ')
    });
    let [Ok(year), Ok(month), Ok(day)] = parts.map(str::parse::<u16>) else {
        return Err(unreadable());
    };
    let small = |part: u16| u8::try_from(part).map_err(|_| unreadable());
    let date = Date::new(year, small(month)?, small(day)?);
    date.ok().filter(|_| is_separated && year >= 1_000).ok_or_else(unreadable)
}

/// A month: 2025-03, 2025/3, 2025年3月 or a day of it.
pub fn month(cell: &Cell) -> Result<String, CellError> {
    let text = text(cell)?;
    let unreadable = || CellError::Month(shortened(&text));
    let folded = width::fold(&text);
    let is_separated = folded
        .chars()
        .all(|letter| letter.is_ascii_digit() || matches!(letter, '-' | '/' | '.' | '年' | '月'));
    let parts = folded.split(|letter: char| !letter.is_ascii_digit());
    let parts: Vec<&str> = parts.filter(|part| !part.is_empty()).collect();
    let (year, month) = match (parts.as_slice(), cell) {
        ([year, month, _], Cell::Date(_)) => (*year, *month),
        ([year, month], _) => (*year, *month),
        _ => return Err(unreadable()),
    };
    let number = month.parse::<u8>().ok().filter(|month| (1..=12).contains(month));
    let number = number.filter(|_| is_separated && year.len() == 4);
    Ok(format!("{year}-{:02}", number.ok_or_else(unreadable)?))
}

/// A whole number, which may be negative.
pub fn whole_number(cell: &Cell) -> Result<Value, CellError> {
    let text = text(cell)?;
    let folded = width::fold(&text);
    let digits = folded.trim().trim_end_matches('年');
    let number = digits.strip_prefix('-').unwrap_or(digits);
    let is_plain = number.bytes().all(|byte| byte.is_ascii_digit());
    let number = if is_plain { digits.parse::<i64>().ok() } else { None };
    number.map(|number| json!(number)).ok_or_else(|| CellError::Number(shortened(&text)))
}

/// A whole number.
pub fn number(cell: &Cell) -> Result<Value, CellError> {
    let text = text(cell)?;
    let folded = width::fold(&text);
    let digits = folded.trim().trim_end_matches('年');
    let is_plain = digits.bytes().all(|byte| byte.is_ascii_digit());
    let number = if is_plain { digits.parse::<u32>().ok() } else { None };
    number.map(|number| json!(number)).ok_or_else(|| CellError::Number(shortened(&text)))
}

/// Yes or no.
pub fn flag(cell: &Cell) -> Result<bool, CellError> {
    let text = text(cell)?;
    match text.to_lowercase().as_str() {
        "是" | "有" | "y" | "yes" | "true" | "1" => Ok(true),
        "否" | "无" | "n" | "no" | "false" | "0" => Ok(false),
        _ => Err(CellError::Flag(shortened(&text))),
    }
}

/// One of some words, in Chinese or as the act has it.
pub fn choice(
    cell: &Cell,
    words: &'static [(&'static str, &'static str)],
) -> Result<&'static str, CellError> {
    let text = text(cell)?;
    let found = words.iter().find(|(zh, en)| *zh == text || *en == text);
    found.map(|(_, en)| *en).ok_or_else(|| CellError::Choice {
        text: shortened(&text),
        words: words.iter().map(|(zh, _)| (*zh).to_owned()).collect(),
    })
}

/// An organisation by its code or registered name.
pub fn organization(
    cell: &Cell,
    registered: &dyn Registered,
) -> Result<OrganizationCode, CellError> {
    let text = text(cell)?;
    if let Ok(code) = OrganizationCode::parse(width::fold(&text).trim()) {
        return Ok(code);
    }
    match registered.named(&text)[..] {
        [one] => Ok(one),
        [] => Err(CellError::Organization(shortened(&text))),
        _ => Err(CellError::SeveralOrganizations(shortened(&text))),
    }
}

/// An organisation, or a natural person as a salted commitment; none for nobody.
pub fn party(
    cell: &Cell,
    registered: &dyn Registered,
    salts: &Salts<'_>,
    act: &str,
) -> Result<Option<(Value, Option<Opening>)>, CellError> {
    let name = text(cell)?;
    if name.is_empty() || matches!(name.as_str(), "匿名" | "anonymous" | "未载明") {
        return Ok(None);
    }
    match organization(cell, registered) {
        Ok(code) => Ok(Some((json!({ "organization": code }), None))),
        Err(CellError::Organization(_))
            if !ORGANIZATION_ENDINGS.iter().any(|ending| name.ends_with(ending)) =>
        {
            let opening = salts.commit(act, &name);
            Ok(Some((json!({ "person": opening.commitment }), Some(opening))))
        }
        Err(error) => Err(error),
    }
}

/// A division by its code or a known name.
pub fn division(cell: &Cell) -> Result<Value, CellError> {
    let text = text(cell)?;
    let unknown = || CellError::Division(shortened(&text));
    let found = division::find_by_name(&text).or_else(|| {
        let code = width::fold(&text).trim().parse().ok()?;
        division::Division::new(code).ok()
    });
    let found = found.ok_or_else(unknown)?;
    serde_json::to_value(found).map_err(|_| unknown())
}

/// A set of document numbers.
pub fn documents(cell: &Cell) -> Result<Value, CellError> {
    let text = text(cell)?;
    let wrong = |error: &dyn std::fmt::Display| CellError::Documents(error.to_string());
    let set = DocumentNumberSet::normalize(&text).map_err(|error| wrong(&error))?;
    serde_json::to_value(set.canonical).map_err(|error| wrong(&error))
}

/// How much of a refused cell an error repeats.
fn shortened(text: &str) -> String {
    text.chars().take(80).collect()
}
