//! From rows to acts. Pure but for the desk's secret, so that a dry run shows what a run sends.

mod apart;
mod field;

use std::collections::BTreeMap;
use std::fmt;

use minglian_contracts::call::Call;
use minglian_ledger::fen::{Fen, Unit};
use minglian_ledger::hash::Commitment;
use minglian_ledger::organization_code::OrganizationCode;
use minglian_ledger::transaction::ClientReference;
use minglian_ledger::width;
use serde_json::{Value, json};

use super::cells::{self, CellError, Opening, ReceiptCode, Registered, Salts};
use super::columns::{Column, Form, Kind, Missing};
use super::{Cell, Row, Table, letters};
use field::{get, set};

/// Headers of the column with the unit of amounts.
pub(super) const UNIT_HEADERS: [&str; 3] = ["金额单位", "计量单位", "unit_of_amount"];

/// Headers of the column with the act's own reference.
pub(super) const REFERENCE_HEADERS: [&str; 2] = ["业务编号", "client_reference"];

/// Why a sheet's header does not fit the act.
#[derive(Debug, thiserror::Error)]
pub enum HeaderError {
    /// Columns are missing.
    #[error("the sheet lacks the columns {}; --map 表头=field names others 缺少列", .0.join(", "))]
    Missing(Vec<String>),
    /// Two columns mean the same.
    #[error("the columns {first} and {second} are both {field}: leave one out 列重复")]
    Twice {
        /// The first one's letters.
        first: String,
        /// The second one's.
        second: String,
        /// What both are.
        field: String,
    },
    /// `--map` names what is not there.
    #[error("--map {0}: no such header or no such field of the act")]
    Map(String),
    /// The act cannot be made at all: a fault of this program.
    #[error("the form of {0} does not read")]
    Form(&'static str),
}

/// Why one row is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowError {
    /// The row, from 1.
    pub row: u64,
    /// The column's letters and header; none if it is the row as a whole.
    pub column: Option<(String, String)>,
    /// Why.
    pub reason: String,
}

impl fmt::Display for RowError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.column {
            Some((letters, header)) => write!(
                formatter,
                "第{}行{letters}列“{header}” row {}, column {letters}: {}",
                self.row, self.row, self.reason
            ),
            None => write!(formatter, "第{}行 row {}: {}", self.row, self.row, self.reason),
        }
    }
}

/// The act of one row.
#[derive(Clone, PartialEq, Eq)]
pub struct RowAct {
    /// The row, from 1.
    pub row: u64,
    /// The act's reference.
    pub reference: ClientReference,
    /// The act.
    pub call: Call,
    /// Its amount, where it has one.
    pub amount: Option<Fen>,
    /// Texts that it holds commitments to.
    pub openings: Vec<Opening>,
    /// The code of a donation's receipt.
    pub receipt: Option<ReceiptCode>,
}

/// What a sheet comes to.
#[derive(Clone)]
pub struct Built {
    /// The acts, in the sheet's order.
    pub acts: Vec<RowAct>,
    /// The rows that are refused.
    pub refused: Vec<RowError>,
    /// Headers that mean nothing to the act.
    pub ignored: Vec<String>,
}

impl Built {
    /// All amounts; none if they are more than the ledger counts.
    pub fn total(&self) -> Option<Fen> {
        Fen::sum(self.acts.iter().filter_map(|act| act.amount))
    }
}

/// How a sheet is read.
pub struct Reading<'a> {
    /// The act's form.
    pub form: &'static Form,
    /// Headers that stand for fields, as the caller says.
    pub map: &'a [(String, String)],
    /// The unit of amounts whose header names none.
    pub unit: Option<Unit>,
    /// The organisation that signs.
    pub signer: OrganizationCode,
    /// Which organisation a name means.
    pub registered: &'a dyn Registered,
    /// The desk's salts.
    pub salts: Salts<'a>,
}

/// Where the columns of a form stand in a sheet.
struct Layout {
    /// Place and unit of each column of the form.
    places: Vec<Option<(usize, Option<Unit>)>>,
    unit: Option<usize>,
    reference: Option<usize>,
    ignored: Vec<String>,
}

/// Makes the acts of a sheet.
///
/// # Errors
/// [`HeaderError`]. A bad row is no error: it is among [`Built::refused`].
pub fn build(table: &Table, reading: &Reading<'_>) -> Result<Built, HeaderError> {
    let form = reading.form;
    let template: Value =
        serde_json::from_str(form.template).map_err(|_| HeaderError::Form(form.act))?;
    let layout = layout(&table.header, reading)?;
    let mut built =
        Built { acts: Vec::new(), refused: Vec::new(), ignored: layout.ignored.clone() };
    let mut seen: BTreeMap<ClientReference, u64> = BTreeMap::new();
    for row in &table.rows {
        let maker = Maker { table, reading, layout: &layout, row };
        let made = maker.act(template.clone()).and_then(|act| {
            let first = *seen.entry(act.reference.clone()).or_insert(row.number);
            if first == row.number {
                return Ok(act);
            }
            let reason = format!(
                "is the same act as row {first}; if it is another, add a column 业务编号 \
                 与第{first}行相同"
            );
            Err(RowError { row: row.number, column: None, reason })
        });
        match made {
            Ok(act) => built.acts.push(act),
            Err(error) => built.refused.push(error),
        }
    }
    Ok(built)
}

/// A header without space, marks and width; and the unit in its brackets, if there is one.
pub(super) fn normalized(header: &str) -> (String, Option<Unit>) {
    let folded = width::fold(header);
    let name: String =
        folded.chars().filter(|letter| !letter.is_whitespace() && *letter != '*').collect();
    let in_brackets = name.strip_suffix(')').and_then(|open| open.rsplit_once('('));
    match in_brackets.and_then(|(name, unit)| Some((name, Unit::parse(unit).ok()?))) {
        Some((name, unit)) => (name.to_owned(), Some(unit)),
        None => (name, None),
    }
}

fn layout(header: &[String], reading: &Reading<'_>) -> Result<Layout, HeaderError> {
    let columns = reading.form.columns;
    let mut layout =
        Layout { places: vec![None; columns.len()], unit: None, reference: None, ignored: vec![] };
    for (title, field) in reading.map {
        let has_title = header.iter().any(|known| normalized(known).0 == normalized(title).0);
        let has_field = columns.iter().any(|column| column.path == field);
        if !has_title || !has_field {
            return Err(HeaderError::Map(format!("{title}={field}")));
        }
    }
    for (place, title) in header.iter().enumerate() {
        let (name, unit) = normalized(title);
        let mapped = reading.map.iter().find(|(known, _)| normalized(known).0 == name);
        let is_it = |column: &Column| match mapped {
            Some((_, field)) => column.path == field,
            None => column.path == name || column.headers.contains(&name.as_str()),
        };
        let found = columns.iter().position(is_it);
        if UNIT_HEADERS.contains(&name.as_str()) {
            layout.unit = Some(place);
        } else if REFERENCE_HEADERS.contains(&name.as_str()) {
            layout.reference = Some(place);
        } else if let Some(column) = found {
            if let Some((first, _)) = layout.places[column] {
                let (first, second) = (letters(first), letters(place));
                let field = columns[column].path.to_owned();
                return Err(HeaderError::Twice { first, second, field });
            }
            layout.places[column] = Some((place, unit));
        } else if !name.is_empty() {
            layout.ignored.push(title.clone());
        }
    }
    let missing = columns
        .iter()
        .zip(&layout.places)
        .filter(|(column, place)| place.is_none() && column.missing == Missing::Refused);
    let missing: Vec<String> = missing
        .map(|(column, _)| format!("{} ({})", column.headers.first().unwrap_or(&""), column.path))
        .collect();
    if missing.is_empty() { Ok(layout) } else { Err(HeaderError::Missing(missing)) }
}

/// One row on its way to an act.
struct Maker<'a> {
    table: &'a Table,
    reading: &'a Reading<'a>,
    layout: &'a Layout,
    row: &'a Row,
}

impl Maker<'_> {
    fn act(&self, mut act: Value) -> Result<RowAct, RowError> {
        let form = self.reading.form;
        let (mut openings, mut amount, mut consent) = (Vec::new(), None, None);
        let name = self.name()?;
        for (column, place) in form.columns.iter().zip(&self.layout.places) {
            let cell = place.and_then(|(place, _)| self.row.cells.get(place));
            let cell = cell.filter(|cell| !cell.is_empty());
            let place = place.map(|(place, _)| place);
            let refused = |error: CellError| self.refused(place, error.to_string());
            let value = match cell {
                Some(cell) if column.kind == Kind::Consent => {
                    let has_agreed = cells::flag(cell).map_err(refused)?;
                    consent = place.filter(|_| has_agreed);
                    continue;
                }
                None => self.missing(column, &act).map_err(refused)?,
                Some(cell) => {
                    let value = self.value(column, cell, &name).map_err(refused)?;
                    if column.kind == Kind::Amount {
                        amount = cells::amount(cell, self.unit(column)).ok();
                    }
                    Some(value)
                }
            };
            if let Some((value, opening)) = value {
                openings.extend(opening);
                set(&mut act, form.act, column.path, value);
            }
        }
        self.keep_apart(&openings)?;
        if let Some(place) = consent {
            self.publish(&act, place, &mut openings)?;
        }
        let mut receipt = None;
        if form.act == "charity.donate" {
            let (hash, code) = self.reading.salts.receipt(&name);
            set(&mut act, form.act, "code", json!(hash));
            receipt = Some(code);
        }
        let reference = self.reference(&act, &name)?;
        let call = serde_json::from_value(act);
        let call =
            call.map_err(|error: serde_json::Error| self.refused(None, error.to_string()))?;
        Ok(RowAct { row: self.row.number, reference, call, amount, openings, receipt })
    }

    /// What salts of this row's act are derived from: what tells it from every other.
    fn name(&self) -> Result<String, RowError> {
        let form = self.reading.form;
        let mut parts = vec![form.act.to_owned(), self.reading.signer.to_string()];
        for (column, place) in form.columns.iter().zip(&self.layout.places) {
            if form.identity.contains(&column.path)
                && let Some((place, _)) = place
            {
                parts.push(self.row.cells.get(*place).map(Cell::text).unwrap_or_default());
            }
        }
        Ok(parts.join("\u{1f}"))
    }

    /// Makes the names of a row public: who they are has agreed. Organisations are named anyway.
    fn publish(&self, act: &Value, place: usize, openings: &mut [Opening]) -> Result<(), RowError> {
        let form = self.reading.form;
        let mut parties = form.columns.iter().filter_map(|column| match column.kind {
            Kind::Party(nobody) => Some((column.path, nobody)),
            _ => None,
        });
        if parties.any(|(path, nobody)| get(act, form.act, path) == Some(&json!(nobody))) {
            return Err(self.refused(Some(place), CellError::Nobody.to_string()));
        }
        openings.iter_mut().for_each(|opening| opening.is_public = true);
        Ok(())
    }

    fn refused(&self, place: Option<usize>, reason: String) -> RowError {
        let header = |place: usize| self.table.header.get(place).cloned().unwrap_or_default();
        let column = place.map(|place| (letters(place), header(place)));
        RowError { row: self.row.number, column, reason }
    }

    fn missing(
        &self,
        column: &Column,
        act: &Value,
    ) -> Result<Option<(Value, Option<Opening>)>, CellError> {
        let value = match column.missing {
            Missing::Refused => return Err(CellError::Empty),
            Missing::Template => return Ok(None),
            Missing::Same(path) => get(act, self.reading.form.act, path).cloned(),
            Missing::Signer => Some(json!(self.reading.signer)),
        };
        Ok(value.map(|value| (value, None)))
    }

    /// The unit of an amount: of the header, of the unit column, of the command.
    fn unit(&self, column: &Column) -> Option<Unit> {
        let places = self.reading.form.columns.iter().zip(&self.layout.places);
        let of_header = places.filter(|(known, _)| known.path == column.path);
        let of_header = of_header.filter_map(|(_, place)| place.and_then(|(_, unit)| unit)).next();
        let of_row = || {
            let cell = self.row.cells.get(self.layout.unit?)?;
            Unit::parse(&cell.text()).ok()
        };
        of_header.or_else(of_row).or(self.reading.unit)
    }

    fn value(
        &self,
        column: &Column,
        cell: &Cell,
        name: &str,
    ) -> Result<(Value, Option<Opening>), CellError> {
        let Reading { registered, salts, .. } = self.reading;
        let value = match column.kind {
            Kind::Text => json!(cells::text(cell)?),
            Kind::Amount => json!(cells::amount(cell, self.unit(column))?),
            Kind::Date => json!(cells::date(cell)?),
            Kind::Number => cells::number(cell)?,
            Kind::Flag => json!(cells::flag(cell)?),
            Kind::Organization => json!(cells::organization(cell, *registered)?),
            Kind::Division => cells::division(cell)?,
            Kind::Documents => cells::documents(cell)?,
            Kind::Choice(words) => json!(cells::choice(cell, words)?),
            Kind::Receipt => json!({ "number": cells::text(cell)? }),
            Kind::Consent => return Ok((Value::Null, None)),
            Kind::Party(nobody) => {
                let found = cells::party(cell, *registered, salts, name)?;
                return Ok(found.unwrap_or_else(|| (json!(nobody), None)));
            }
        };
        Ok((value, None))
    }

    /// The act's reference: as the sheet says, or made of the act's name and what tells it from
    /// others, so that a sheet that was sorted anew is still the same acts.
    fn reference(&self, act: &Value, name: &str) -> Result<ClientReference, RowError> {
        let cell = self.layout.reference.and_then(|place| self.row.cells.get(place));
        if let Some(cell) = cell.filter(|cell| !cell.is_empty()) {
            let wrong = |reason: String| self.refused(self.layout.reference, reason);
            let text = cells::text(cell).map_err(|error| wrong(error.to_string()))?;
            return ClientReference::new(text).map_err(|error| wrong(error.to_string()));
        }
        let form = self.reading.form;
        let parts: Vec<String> = form
            .identity
            .iter()
            .filter_map(|path| get(act, form.act, path))
            .map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned))
            .collect();
        let plain = format!("{}/{}", form.act, parts.join("/"));
        let hash = Commitment::of(&[plain.as_bytes()]).to_string();
        let short = format!("{}/{}", form.act, hash.get(..32).unwrap_or(name));
        let reference = ClientReference::new(plain).or_else(|_| ClientReference::new(short));
        reference.map_err(|error| self.refused(None, error.to_string()))
    }
}
