//! What a request for a report asks for, checked.

use data_encoding::HEXLOWER;
use minglian_contracts::disclosure::figure::Figure;
use minglian_contracts::disclosure::obligation::IndexNumber;
use minglian_contracts::disclosure::publication::PUBLICATIONS;
use minglian_contracts::report::declared::FIGURES_MAX;
use minglian_contracts::report::facts::category_of;
use minglian_contracts::report::field::Field;
use minglian_contracts::report::gifts::AskGifts;
use minglian_contracts::report::lines::Ask;
use minglian_contracts::report::selection::{LINES_MAX, Selection};
use minglian_ledger::document_number::DocumentNumber;
use minglian_ledger::organization_code::OrganizationCode;
use minglian_ledger::state::StateRead;
use minglian_ledger::text::Text;
use serde::Deserialize;

use crate::pages::{address, check_filters};
use crate::web::PageError;

/// Rows of lines on one page.
const LINES_PER_PAGE: usize = 200;

/// Longest chain of corrections that is followed.
const CORRECTIONS_MAX: usize = 64;

/// What is asked of a report. An empty field of a form asks for nothing.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct Wanted {
    pub(super) holder: Option<String>,
    pub(super) fund: Option<String>,
    pub(super) year: Option<String>,
    pub(super) quarter: Option<String>,
    pub(super) category: Option<String>,
    pub(super) project: Option<String>,
    pub(super) document: Option<String>,
    pub(super) by: Option<String>,
    pub(super) publication: Option<String>,
    pub(super) after: Option<String>,
}

fn given(text: &Option<String>) -> Option<&str> {
    text.as_deref().map(str::trim).filter(|text| !text.is_empty())
}

fn malformed(what: &str) -> PageError {
    PageError::Malformed(what.to_owned())
}

impl Wanted {
    /// Refuses what no name on the ledger could be.
    pub(super) fn check(&self) -> Result<(), PageError> {
        let Self { holder, fund, year, quarter, category, project, document, by, .. } = self;
        check_filters(&[holder, fund, year, quarter, category, project, document, by])?;
        check_filters(&[&self.publication])?;
        if self.after.as_ref().is_some_and(|after| after.len() > 2_048) {
            return Err(malformed("筛选条件过长"));
        }
        Ok(())
    }

    /// What must still be named; empty if nothing.
    pub(super) fn missing(&self, name: &str) -> String {
        let (holder, year) = (given(&self.holder), given(&self.year));
        let missing = match name {
            "charity" if holder.is_none() => "请填写慈善组织的统一社会信用代码",
            "charity-ratios" if holder.is_none() || year.is_none() => {
                "请填写慈善组织的统一社会信用代码和年度"
            }
            "declared" if holder.is_none() || given(&self.publication).is_none() => {
                "请填写发布单位的统一社会信用代码和索引号"
            }
            _ => "",
        };
        missing.to_owned()
    }

    /// The value of a field of the form.
    pub(super) fn value<'a>(&self, field: &'a Option<String>) -> &'a str {
        given(field).unwrap_or("")
    }

    /// An address with all that is asked, behind a place.
    pub(super) fn address(&self, path: &str, after: Option<&str>) -> String {
        let value = |field| self.value(field);
        let filters = [
            ("holder", value(&self.holder)),
            ("fund", value(&self.fund)),
            ("year", value(&self.year)),
            ("quarter", value(&self.quarter)),
            ("category", value(&self.category)),
            ("project", value(&self.project)),
            ("document", value(&self.document)),
            ("by", value(&self.by)),
            ("publication", value(&self.publication)),
            ("after", after.unwrap_or("")),
        ];
        address(path, &filters)
    }

    /// What is asked of a report on lines.
    pub(super) fn lines(&self) -> Result<Ask, PageError> {
        let by = given(&self.by).unwrap_or("").split(',').filter(|key| !key.is_empty());
        let field = |key| Field::of_key(key).ok_or_else(|| malformed("没有这个分组字段"));
        let by = by.map(field).collect::<Result<Vec<_>, _>>()?;
        let limit = if by.is_empty() { LINES_PER_PAGE } else { LINES_MAX };
        Ok(Ask { selection: self.selection()?, by, after: self.after()?, limit })
    }

    fn selection(&self) -> Result<Selection, PageError> {
        let category = |words| category_of(words).ok_or_else(|| malformed("没有这个类别"));
        let document = |text| {
            let found = DocumentNumber::normalize(text).map_err(|_| malformed("文号无法识别"))?;
            Ok::<_, PageError>(found.canonical.to_string())
        };
        Ok(Selection {
            holder: self.holder()?,
            division: None,
            fund: text(&self.fund)?,
            year: self.year()?,
            category: given(&self.category).map(category).transpose()?,
            project: text(&self.project)?,
            document: given(&self.document).map(document).transpose()?,
        })
    }

    /// What is asked of a charity's income and expenditure.
    pub(super) fn gifts(&self) -> Result<AskGifts, PageError> {
        let quarter = match given(&self.quarter) {
            None => None,
            Some(text) => match text.parse() {
                Ok(quarter @ 1..=4) => Some(quarter),
                _ => return Err(malformed("季度应为 1 至 4")),
            },
        };
        Ok(AskGifts {
            charity: self.needed_holder()?,
            fund: given(&self.fund).map(str::to_owned),
            year: self.year()?,
            quarter,
            after: self.after()?,
        })
    }

    fn holder(&self) -> Result<Option<OrganizationCode>, PageError> {
        let parse = |text: &str| text.parse().map_err(|_| malformed("统一社会信用代码无法识别"));
        given(&self.holder).map(parse).transpose()
    }

    fn year(&self) -> Result<Option<u16>, PageError> {
        let parse = |text: &str| text.parse().map_err(|_| malformed("年度无法识别"));
        given(&self.year).map(parse).transpose()
    }

    pub(super) fn needed_holder(&self) -> Result<OrganizationCode, PageError> {
        self.holder()?.ok_or_else(|| malformed("统一社会信用代码无法识别"))
    }

    pub(super) fn needed_year(&self) -> Result<u16, PageError> {
        self.year()?.ok_or_else(|| malformed("年度无法识别"))
    }

    /// The figures of a publication as its newest correction has them.
    pub(super) fn figures(&self, state: &dyn StateRead) -> Result<Vec<Figure>, PageError> {
        let number = text::<64>(&self.publication)?;
        let number: IndexNumber = number.ok_or_else(|| malformed("索引号无法识别"))?;
        let mut name = (self.needed_holder()?, number);
        for _ in 0..CORRECTIONS_MAX {
            let found = PUBLICATIONS.get(state, &name)?;
            let found =
                found.ok_or_else(|| PageError::NotFound(format!("公开信息“{}”", name.1)))?;
            match found.corrected_by {
                Some(newer) => name.1 = newer,
                None if found.figures.is_empty() || found.figures.len() > FIGURES_MAX => {
                    return Err(malformed("该公开信息没有可核对的数字"));
                }
                None => return Ok(found.figures),
            }
        }
        Err(malformed("更正次数过多"))
    }

    fn after(&self) -> Result<Option<Vec<u8>>, PageError> {
        let decode =
            |text: &str| HEXLOWER.decode(text.as_bytes()).map_err(|_| malformed("起始行无法识别"));
        given(&self.after).map(decode).transpose()
    }
}

fn text<const MAX: usize>(field: &Option<String>) -> Result<Option<Text<MAX>>, PageError> {
    given(field).map(|text| Text::new(text).map_err(|_| malformed("筛选条件过长"))).transpose()
}
