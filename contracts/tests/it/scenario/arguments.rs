//! The parts of a scenario's line.

use std::collections::BTreeMap;
use std::str::FromStr;

use minglian_contracts::allocation::{Basis, Category, LineName, Purpose};
use minglian_ledger::date::Date;
use minglian_ledger::document_number::DocumentNumberSet;
use minglian_ledger::fen::{Fen, Unit};
use minglian_ledger::organization_code::OrganizationCode;
use minglian_ledger::text::Text;

use crate::world::code;

/// `actor verb word … name=value …`.
pub struct Arguments {
    pub actor: String,
    pub verb: String,
    pub words: Vec<String>,
    values: BTreeMap<String, String>,
    /// Values of `row=`, which may stand several times.
    pub rows: Vec<String>,
}

impl Arguments {
    pub fn parse(act: &str) -> Result<Self, String> {
        let mut parts = act.split_whitespace();
        let actor = parts.next().ok_or("no actor")?.to_owned();
        let verb = parts.next().ok_or("no verb")?.to_owned();
        let (mut words, mut values, mut rows) = (Vec::new(), BTreeMap::new(), Vec::new());
        for part in parts {
            match part.split_once('=') {
                Some(("row", value)) => rows.push(value.to_owned()),
                Some((name, value)) => {
                    values.insert(name.to_owned(), value.to_owned());
                }
                None => words.push(part.to_owned()),
            }
        }
        Ok(Self { actor, verb, words, values, rows })
    }

    pub fn get(&self, name: &str) -> Result<&str, String> {
        self.optional(name).ok_or_else(|| format!("{name}= is missing"))
    }

    pub fn optional(&self, name: &str) -> Option<&str> {
        self.values.get(name).map(String::as_str)
    }

    pub fn parsed<T: FromStr>(&self, name: &str) -> Result<T, String> {
        let value = self.get(name)?;
        value.parse().map_err(|_| format!("{name}={value} does not read"))
    }

    pub fn text<const MAX: usize>(&self, name: &str) -> Result<Text<MAX>, String> {
        Text::new(self.get(name)?).map_err(|error| error.to_string())
    }

    pub fn amount(&self, name: &str) -> Result<Fen, String> {
        parse_amount(self.get(name)?)
    }

    /// Dates with commas between them; none if the name is not there.
    pub fn dates(&self, name: &str) -> Result<Vec<Date>, String> {
        let days = self.optional(name).unwrap_or_default().split(',').filter(|day| !day.is_empty());
        days.map(|day| day.parse().map_err(|_| format!("{day} is no date"))).collect()
    }

    /// `holder/fund/year/line`.
    pub fn line(&self, name: &str) -> Result<LineName, String> {
        parse_line_name(self.get(name)?)
    }

    pub fn organization(&self, name: &str) -> Result<OrganizationCode, String> {
        self.get(name).map(code)
    }

    /// `occurred_on=`, or `today`.
    pub fn occurred_on(&self, today: Date) -> Result<Date, String> {
        match self.optional("occurred_on") {
            Some(_) => self.parsed("occurred_on"),
            None => Ok(today),
        }
    }

    /// `category=` and `project=`.
    pub fn purpose(&self) -> Result<Purpose, String> {
        let category = self.optional("category").map(parse_category).transpose()?;
        let project = self.optional("project").map(|_| self.text("project")).transpose()?;
        Ok(Purpose { category, project })
    }

    /// `basis=` with document numbers, or `notice=`; neither is a basis without content.
    pub fn basis(&self) -> Result<Basis, String> {
        let documents = match self.optional("basis") {
            Some(numbers) => {
                DocumentNumberSet::normalize(numbers).map_err(|error| error.to_string())?.canonical
            }
            None => DocumentNumberSet::default(),
        };
        let printed_in = self.optional("notice").map(|_| self.text("notice")).transpose()?;
        Ok(Basis { documents, printed_in })
    }
}

pub fn parse_category(text: &str) -> Result<Category, String> {
    match text {
        "老年人福利" => Ok(Category::OldAge),
        "残疾人福利" => Ok(Category::Disability),
        "儿童福利" => Ok(Category::Children),
        "社会公益" => Ok(Category::PublicGood),
        other => Err(format!("no category {other}")),
    }
}

/// A figure with its unit, e.g. `102万元`.
pub fn parse_amount(text: &str) -> Result<Fen, String> {
    let units = [
        ("万元", Unit::TenThousandYuan),
        ("亿元", Unit::HundredMillionYuan),
        ("元", Unit::Yuan),
        ("分", Unit::Fen),
    ];
    let (figure, unit) = units
        .iter()
        .find_map(|(suffix, unit)| Some((text.strip_suffix(suffix)?, *unit)))
        .ok_or_else(|| format!("{text} has no unit"))?;
    Fen::parse_published(figure, unit).map_err(|error| error.to_string())
}

pub fn parse_line_name(text: &str) -> Result<LineName, String> {
    let parts: Vec<&str> = text.splitn(4, '/').collect();
    let [holder, fund, year, line] = parts[..] else {
        return Err(format!("{text} is not holder/fund/year/line"));
    };
    // `~home` at a line's beginning is the code of the organisation.
    let line = line
        .strip_prefix("~home")
        .map_or(line.to_owned(), |rest| format!("{}{rest}", code("home").as_str()));
    Ok(LineName {
        holder: code(holder),
        fund: Text::new(fund).map_err(|error| error.to_string())?,
        year: year.parse().map_err(|_| format!("{year} is not a year"))?,
        line: Text::new(line).map_err(|error| error.to_string())?,
    })
}
