//! What a request for a report asks for, checked.

use data_encoding::HEXLOWER;
use minglian_client::report::csv::Language;
use minglian_contracts::disclosure::obligation::IndexNumber;
use minglian_contracts::disclosure::publication::PUBLICATIONS;
use minglian_contracts::report::declared::FIGURES_MAX;
use minglian_contracts::report::facts::category_of;
use minglian_contracts::report::field::Field;
use minglian_contracts::report::gifts::AskGifts;
use minglian_contracts::report::lines::Ask;
use minglian_contracts::report::paper::RECORDS_MAX;
use minglian_contracts::report::printed::{DECIMALS_MAX, Figure};
use minglian_contracts::report::selection::Selection;
use minglian_ledger::division::Division;
use minglian_ledger::document_number::DocumentNumber;
use minglian_ledger::height::LogIndex;
use minglian_ledger::organization_code::OrganizationCode;
use minglian_ledger::state::StateRead;
use minglian_ledger::text::Text;
use serde::Deserialize;

use super::Format;
use crate::rpc::extract::{checked_limit, decode_hex, parse};
use crate::rpc::problem::Refusal;

/// Longest place behind which a page may begin, in bytes: longer than any key of the state.
const PLACE_BYTES_MAX: usize = 1_024;

/// What is asked of a report. Each report takes what it knows.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Wanted {
    /// 统一社会信用代码 of the holder, or of the charity.
    holder: Option<String>,
    /// Code of the division in which holders act, there or below.
    division: Option<u32>,
    /// The fund.
    fund: Option<String>,
    /// The budget year, or the year of a charity's figures.
    pub(super) year: Option<u16>,
    /// The quarter of a charity's figures, 1 to 4.
    quarter: Option<u8>,
    /// The category, as notices print it or as JSON names it.
    category: Option<String>,
    /// The project's reference.
    project: Option<String>,
    /// A 文号.
    document: Option<String>,
    /// Columns that name rows, with commas: `holder`, `fund`, `year`, `category`, `project`,
    /// `line`, `documents`; all if not given.
    by: Option<String>,
    /// Records of a working paper, with commas.
    records: Option<String>,
    /// Declared figures: borsh, hexadecimal.
    figures: Option<String>,
    /// 索引号 of a publication of `holder` whose figures are compared, in place of `figures`.
    publication: Option<String>,
    /// The `next` of the page before.
    after: Option<String>,
    /// Most lines of a page, at most 1000; a page of groups reads 5000 if it is not given.
    limit: Option<usize>,
    /// `json` or `csv`.
    format: Option<String>,
    /// Language of CSV headings: `zh` or `en`.
    lang: Option<String>,
}

impl Wanted {
    pub(super) fn format(&self) -> Result<Format, Refusal> {
        let language = self.lang.as_deref().map(|lang| parse("lang", lang)).transpose()?;
        match self.format.as_deref() {
            None | Some("json") => Ok(Format::Json),
            Some("csv") => Ok(Format::Csv(language.unwrap_or(Language::Chinese))),
            Some(other) => Err(Refusal::bad(format!("format {other} is neither json nor csv"))),
        }
    }

    /// What is asked of a report on lines.
    pub(super) fn lines(&self) -> Result<Ask, Refusal> {
        let by = self.by.as_deref().unwrap_or_default();
        let by = by.split(',').filter(|key| !key.is_empty());
        let field = |key| Field::of_key(key).ok_or_else(|| Refusal::bad(format!("by {key}")));
        let by = by.map(field).collect::<Result<Vec<_>, _>>()?;
        let limit = match self.limit {
            None if !by.is_empty() => minglian_contracts::report::selection::LINES_MAX,
            limit => checked_limit(limit)?,
        };
        Ok(Ask { selection: self.selection()?, by, after: self.after()?, limit })
    }

    fn selection(&self) -> Result<Selection, Refusal> {
        let category = |words: &str| {
            category_of(words).ok_or_else(|| Refusal::bad(format!("category {words}")))
        };
        let document = |text: &str| {
            let found = DocumentNumber::normalize(text);
            let found = found.map_err(|error| Refusal::bad(format!("document: {error}")))?;
            Ok::<_, Refusal>(found.canonical.to_string())
        };
        Ok(Selection {
            holder: self.holder()?,
            division: self
                .division
                .map(Division::new)
                .transpose()
                .map_err(|error| Refusal::bad(format!("division: {error}")))?,
            fund: text("fund", self.fund.as_deref())?,
            year: self.year,
            category: self.category.as_deref().map(category).transpose()?,
            project: text("project", self.project.as_deref())?,
            document: self.document.as_deref().map(document).transpose()?,
        })
    }

    /// What is asked of a charity's income and expenditure.
    pub(super) fn gifts(&self) -> Result<AskGifts, Refusal> {
        if self.quarter.is_some_and(|quarter| !(1..=4).contains(&quarter)) {
            return Err(Refusal::bad("quarter is not 1 to 4"));
        }
        Ok(AskGifts {
            charity: self.needed_holder()?,
            fund: self.fund.clone(),
            year: self.year,
            quarter: self.quarter,
            after: self.after()?,
        })
    }

    fn holder(&self) -> Result<Option<OrganizationCode>, Refusal> {
        self.holder.as_deref().map(|holder| parse("holder", holder)).transpose()
    }

    pub(super) fn needed_holder(&self) -> Result<OrganizationCode, Refusal> {
        self.holder()?.ok_or_else(|| Refusal::bad("holder is missing"))
    }

    /// The figures of a notice: of one on the ledger, with its corrections, or as given.
    pub(super) fn figures(&self, store: &dyn StateRead) -> Result<Vec<Figure>, Refusal> {
        let figures: Vec<Figure> = match text("publication", self.publication.as_deref())? {
            Some(number) => published(store, (self.needed_holder()?, number))?,
            None => decode_hex("figures", self.figures.as_deref().unwrap_or_default())?,
        };
        if figures.is_empty() || figures.len() > FIGURES_MAX {
            let detail = format!("{} figures, 1 to {FIGURES_MAX} are lawful", figures.len());
            return Err(Refusal::bad(detail));
        }
        if figures.iter().any(|figure| figure.decimals > DECIMALS_MAX) {
            return Err(Refusal::bad(format!("a figure has more than {DECIMALS_MAX} decimals")));
        }
        if figures.iter().any(|figure| figure.label.is_empty()) {
            return Err(Refusal::bad("a figure has no label"));
        }
        Ok(figures)
    }

    /// The records of a working paper.
    pub(super) fn records(&self) -> Result<Vec<LogIndex>, Refusal> {
        let text = self.records.as_deref().unwrap_or_default();
        let records: Vec<LogIndex> = text
            .split(',')
            .map(|record| parse("records", record).map(LogIndex))
            .collect::<Result<_, _>>()?;
        if records.len() > RECORDS_MAX {
            let detail = format!("{} records, {RECORDS_MAX} are the most", records.len());
            return Err(Refusal::bad(detail));
        }
        Ok(records)
    }

    fn after(&self) -> Result<Option<Vec<u8>>, Refusal> {
        let Some(after) = self.after.as_deref() else { return Ok(None) };
        if after.len() > 2 * PLACE_BYTES_MAX {
            return Err(Refusal::bad("after is longer than any place"));
        }
        let place = HEXLOWER.decode(after.as_bytes());
        place.map(Some).map_err(|error| Refusal::bad(format!("after: {error}")))
    }
}

/// The figures of a publication as its newest correction has them.
fn published(
    store: &dyn StateRead,
    mut name: (OrganizationCode, IndexNumber),
) -> Result<Vec<Figure>, Refusal> {
    loop {
        let found = PUBLICATIONS.get(store, &name)?;
        let found = found.ok_or_else(|| Refusal::absent(format!("publication {}", name.1)))?;
        match found.corrected_by {
            Some(newer) => name.1 = newer,
            None => return Ok(found.figures),
        }
    }
}

fn text<const MAX: usize>(what: &str, text: Option<&str>) -> Result<Option<Text<MAX>>, Refusal> {
    let text = text.map(Text::new).transpose();
    text.map_err(|error| Refusal::bad(format!("{what}: {error}")))
}
