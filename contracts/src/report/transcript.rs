//! Figures as a clerk transcribes them from a notice: words in, [`Figure`] out.

use minglian_ledger::division::Division;
use minglian_ledger::organization_code::OrganizationCode;
use minglian_ledger::text::Text;
use minglian_ledger::width;

use super::facts::category_of;
use super::printed::{DECIMALS_MAX, Figure, FigureSubject, FigureUnit, FundOfHolder, GameOfCentre};
use super::words::{self, measure_of};
use crate::allocation::LineName;
use crate::charity::fund::FundName;

/// Most digits of a printed figure.
const DIGITS_MAX: usize = 18;

/// How much of bad words an error repeats.
const EXCERPT_CHARACTERS: usize = 80;

/// Why words are not a figure.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TranscriptError {
    /// The subject has another form.
    #[error(
        "subject {0:?} is none of organization:, division:, project:, line:, fund:, \
         charity_fund:, campaign:, game:, other:, each with what it names"
    )]
    Subject(String),
    /// There is no such measure.
    #[error("measure {0:?} is none of {measures}", measures = words::measures())]
    Measure(String),
    /// There is no such category.
    #[error("category {0:?} is none of the four")]
    Category(String),
    /// There is no such unit.
    #[error("unit {0:?} is none of 元, 万元, 亿元, %, 个, 万个")]
    Unit(String),
    /// It is no plain decimal number.
    #[error("printed figure {0:?} is not a plain decimal number of at most {DIGITS_MAX} digits")]
    Printed(String),
    /// It is no year.
    #[error("year {0:?} is not a year")]
    Year(String),
    /// The label is empty or longer than its field.
    #[error("label {0:?} is empty or too long")]
    Label(String),
}

/// A row of a transcript, as it stands in a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Transcript<'a> {
    /// What the notice calls it.
    pub label: &'a str,
    /// Of what it speaks, e.g. `division:341122`.
    pub subject: &'a str,
    /// The category, or nothing.
    pub category: &'a str,
    /// What it measures, e.g. 安排.
    pub measure: &'a str,
    /// The year, or nothing.
    pub year: &'a str,
    /// The printed digits.
    pub printed: &'a str,
    /// The unit, e.g. 万元.
    pub unit: &'a str,
}

impl Transcript<'_> {
    /// The figure.
    ///
    /// # Errors
    /// [`TranscriptError`] for the first column that cannot stand.
    pub fn figure(&self) -> Result<Figure, TranscriptError> {
        let Self { label, subject, category, measure, year, printed, unit } = *self;
        let text = Text::new(label).ok().filter(|label| !label.is_empty());
        let (mantissa, decimals) =
            digits(printed).ok_or_else(|| TranscriptError::Printed(excerpt(printed)))?;
        let category = match category {
            "" => None,
            words => {
                Some(category_of(words).ok_or_else(|| TranscriptError::Category(excerpt(words)))?)
            }
        };
        let year = match year {
            "" => None,
            words => Some(words.parse().map_err(|_| TranscriptError::Year(excerpt(words)))?),
        };
        Ok(Figure {
            label: text.ok_or_else(|| TranscriptError::Label(excerpt(label)))?,
            subject: subject_of(subject)
                .ok_or_else(|| TranscriptError::Subject(excerpt(subject)))?,
            category,
            measure: measure_of(measure)
                .ok_or_else(|| TranscriptError::Measure(excerpt(measure)))?,
            year,
            mantissa,
            decimals,
            unit: unit_of(unit).ok_or_else(|| TranscriptError::Unit(excerpt(unit)))?,
        })
    }
}

fn excerpt(text: &str) -> String {
    text.chars().take(EXCERPT_CHARACTERS).collect()
}

fn unit_of(words: &str) -> Option<FigureUnit> {
    use FigureUnit as U;
    let all = [
        U::Yuan,
        U::TenThousandYuan,
        U::HundredMillionYuan,
        U::Percent,
        U::Count,
        U::TenThousandCount,
    ];
    all.into_iter().find(|unit| unit.as_str() == words)
}

/// Digits and decimals of a plain decimal number, full-width or with a minus sign.
fn digits(printed: &str) -> Option<(i64, u8)> {
    let folded = width::fold(printed);
    let text = folded.trim();
    let unsigned = text.strip_prefix(['-', '\u{2212}']);
    let (whole, fraction) = match unsigned.unwrap_or(text).split_once('.') {
        Some((_, "")) => return None,
        Some((whole, fraction)) => (whole, fraction),
        None => (unsigned.unwrap_or(text), ""),
    };
    let all = format!("{whole}{fraction}");
    let is_plain = !whole.is_empty() && all.bytes().all(|byte| byte.is_ascii_digit());
    let decimals = u8::try_from(fraction.len()).ok().filter(|count| *count <= DECIMALS_MAX)?;
    if !is_plain || all.len() > DIGITS_MAX {
        return None;
    }
    let mantissa: i64 = all.parse().ok()?;
    Some((if unsigned.is_some() { -mantissa } else { mantissa }, decimals))
}

fn subject_of(words: &str) -> Option<FigureSubject> {
    let (kind, name) = words.split_once(':')?;
    let code = |text: &str| OrganizationCode::parse(text).ok();
    Some(match kind {
        "organization" => FigureSubject::Organization(code(name)?),
        "division" => FigureSubject::Division(Division::new(name.parse().ok()?).ok()?),
        "project" => FigureSubject::Project(Text::new(name).ok()?),
        "campaign" => FigureSubject::Campaign(Text::new(name).ok()?),
        "other" => FigureSubject::Other(Text::new(name).ok()?),
        "fund" => {
            let (holder, fund) = name.split_once('/')?;
            FigureSubject::Fund(FundOfHolder { holder: code(holder)?, fund: Text::new(fund).ok()? })
        }
        "charity_fund" => {
            let (host, fund) = name.split_once('/')?;
            FigureSubject::CharityFund(FundName { host: code(host)?, fund: Text::new(fund).ok()? })
        }
        "game" => {
            let (centre, game) = name.split_once('/')?;
            FigureSubject::Game(GameOfCentre { centre: code(centre)?, game: Text::new(game).ok()? })
        }
        "line" => {
            let mut parts = name.splitn(4, '/');
            FigureSubject::Line(LineName {
                holder: code(parts.next()?)?,
                fund: Text::new(parts.next()?).ok()?,
                year: parts.next()?.parse().ok()?,
                line: Text::new(parts.next()?).ok()?,
            })
        }
        _ => return None,
    })
}
