//! From rows to acts by the columns of any act.

use std::collections::BTreeMap;

use minglian_contracts::call::Call;
use minglian_ledger::fen::{Fen, Unit};
use minglian_ledger::hash::Commitment;
use minglian_ledger::transaction::ClientReference;
use serde_json::{Map, Value, json};

use super::layout::{self, Layout};
use super::{ELEMENT, Leaf, Node, Schema, titles};
use crate::desk::sheet::build::{Built, HeaderError, RowAct, RowError};
use crate::desk::sheet::cells::{self, CellError, Registered};
use crate::desk::sheet::{Cell, Row, Table, letters};

/// Most elements of a list that a sheet has columns for.
const ELEMENTS_MAX: usize = 64;

/// What stands between the elements of a list in one cell.
const BETWEEN: [char; 4] = [';', '；', '、', '\n'];

/// How a sheet is read.
pub struct Reading<'a> {
    /// The act's columns.
    pub schema: &'a Schema,
    /// Headers that stand for fields, as the caller says.
    pub map: &'a [(String, String)],
    /// The unit of amounts whose header names none.
    pub unit: Option<Unit>,
    /// Which organisation a name means.
    pub registered: &'a dyn Registered,
}

/// Makes the acts of a sheet.
///
/// # Errors
/// [`HeaderError`]. A bad row is no error: it is among [`Built::refused`].
pub fn build(table: &Table, reading: &Reading<'_>) -> Result<Built, HeaderError> {
    let layout = layout::find(&table.header, reading.schema, reading.map)?;
    let mut built =
        Built { acts: Vec::new(), refused: Vec::new(), ignored: layout.ignored.clone() };
    let mut seen: BTreeMap<ClientReference, u64> = BTreeMap::new();
    for row in &table.rows {
        let maker = Maker { table, reading, layout: &layout, row };
        let made = maker.act().and_then(|act| {
            match *seen.entry(act.reference.clone()).or_insert(row.number) {
                first if first == row.number => Ok(act),
                first => Err(maker.same_as(first)),
            }
        });
        match made {
            Ok(act) => built.acts.push(act),
            Err(error) => built.refused.push(error),
        }
    }
    Ok(built)
}

/// What a part of an act gets from a row.
enum Filled {
    /// Nothing, and it cannot be left out.
    Nothing,
    /// Nothing: what stands for that.
    Vacant(Value),
    /// What cells hold.
    Given(Value),
}

/// What one cell came to: its place, its field in the act's description, its value.
struct Given {
    place: usize,
    path: Vec<String>,
    leaf: Option<Leaf>,
    value: Value,
}

/// One row on its way to an act.
struct Maker<'a> {
    table: &'a Table,
    reading: &'a Reading<'a>,
    layout: &'a Layout,
    row: &'a Row,
}

impl Maker<'_> {
    fn act(&self) -> Result<RowAct, RowError> {
        let schema = self.reading.schema;
        let mut given = Vec::new();
        let value = match self.fill(&schema.root, &mut Vec::new(), &mut given)? {
            Filled::Given(value) | Filled::Vacant(value) => value,
            Filled::Nothing => return Err(self.refused(None, CellError::Empty.to_string())),
        };
        let (module, act) = schema.act.split_once('.').unwrap_or_default();
        let call = serde_json::from_value::<Call>(json!({ module: { act: value } }));
        let call = call.map_err(|error| self.blame(&given, &error))?;
        let is_amount = |it: &&Given| it.path.last().is_some_and(|name| name == "amount");
        let amount = given.iter().find(is_amount);
        let amount = amount.and_then(|it| serde_json::from_value::<Fen>(it.value.clone()).ok());
        let (reference, openings) = (self.reference(&given)?, Vec::new());
        Ok(RowAct { row: self.row.number, reference, call, amount, openings, receipt: None })
    }

    /// The cell that the act does not read, if it is one alone.
    fn blame(&self, given: &[Given], error: &serde_json::Error) -> RowError {
        for Given { place, path, value, .. } in given {
            let path: Vec<&str> = path.iter().map(String::as_str).collect();
            if let Err(error) = self.reading.schema.accepts(&path, value.clone()) {
                return self.refused(Some(*place), error.to_string());
            }
        }
        self.refused(None, error.to_string())
    }

    fn cell(&self, path: &[String]) -> Option<(usize, Option<Unit>, &Cell)> {
        let (place, unit) = *self.layout.places.get(&path.join("."))?;
        let cell = self.row.cells.get(place).filter(|cell| !cell.is_empty())?;
        Some((place, unit, cell))
    }

    fn fill(
        &self,
        node: &Node,
        path: &mut Vec<String>,
        given: &mut Vec<Given>,
    ) -> Result<Filled, RowError> {
        match node {
            Node::Leaf(leaf) => self.leaf(*leaf, path, given),
            Node::Optional(inner) => Ok(match self.fill(inner, path, given)? {
                Filled::Given(value) => Filled::Given(value),
                Filled::Nothing | Filled::Vacant(_) => Filled::Vacant(Value::Null),
            }),
            Node::Group(fields) => self.group(fields, path, given),
            Node::Choice { words, others } => self.choice(words, others, path, given),
            Node::List(element) => self.list(element, path, given),
        }
    }

    fn leaf(
        &self,
        leaf: Leaf,
        path: &[String],
        given: &mut Vec<Given>,
    ) -> Result<Filled, RowError> {
        let Some((place, unit, cell)) = self.cell(path) else {
            let is_vacant = leaf == Leaf::Documents;
            return Ok(if is_vacant { Filled::Vacant(json!([])) } else { Filled::Nothing });
        };
        let value = self.value(leaf, cell, unit);
        let value = value.map_err(|error| self.refused(Some(place), error.to_string()))?;
        given.push(Given { place, path: patterned(path), leaf: Some(leaf), value: value.clone() });
        Ok(Filled::Given(value))
    }

    fn value(&self, leaf: Leaf, cell: &Cell, unit: Option<Unit>) -> Result<Value, CellError> {
        Ok(match leaf {
            Leaf::Text => json!(cells::text(cell)?),
            Leaf::Amount => json!(cells::amount(cell, unit.or_else(|| self.unit()))?),
            Leaf::Date => json!(cells::date(cell)?),
            Leaf::Month => json!(cells::month(cell)?),
            Leaf::Number => cells::whole_number(cell)?,
            Leaf::Flag => json!(cells::flag(cell)?),
            Leaf::Organization => json!(cells::organization(cell, self.reading.registered)?),
            Leaf::Division => cells::division(cell)?,
            Leaf::Documents => cells::documents(cell)?,
        })
    }

    /// The unit of an amount whose header names none: of the unit column, of the command.
    fn unit(&self) -> Option<Unit> {
        let cell = self.layout.unit.and_then(|place| self.row.cells.get(place));
        cell.and_then(|cell| Unit::parse(&cell.text()).ok()).or(self.reading.unit)
    }

    fn group(
        &self,
        fields: &[(String, Node)],
        path: &mut Vec<String>,
        given: &mut Vec<Given>,
    ) -> Result<Filled, RowError> {
        let (mut object, mut lacking, mut is_given) = (Map::new(), None, false);
        for (name, node) in fields {
            path.push(name.clone());
            match self.fill(node, path, given)? {
                Filled::Given(value) => {
                    is_given = true;
                    object.insert(name.clone(), value);
                }
                Filled::Vacant(value) => {
                    object.insert(name.clone(), value);
                }
                Filled::Nothing => {
                    lacking.get_or_insert(path.join("."));
                }
            }
            path.pop();
        }
        match lacking {
            None if is_given => Ok(Filled::Given(Value::Object(object))),
            None => Ok(Filled::Vacant(Value::Object(object))),
            Some(lacking) if is_given || path.is_empty() => {
                let place = self.layout.places.get(&lacking).map(|(place, _)| *place);
                Err(self.refused(place, format!("{lacking} {}", CellError::Empty)))
            }
            Some(_) => Ok(Filled::Nothing),
        }
    }

    fn choice(
        &self,
        words: &[String],
        others: &[(String, Node)],
        path: &mut Vec<String>,
        given: &mut Vec<Given>,
    ) -> Result<Filled, RowError> {
        let mut found = None;
        if let Some((place, _, cell)) = self.cell(path) {
            let refused = |error: CellError| self.refused(Some(place), error.to_string());
            let text = cells::text(cell).map_err(refused)?;
            let chosen = words.iter().find(|word| titles::is(word, &text));
            let value = json!(chosen.ok_or_else(|| refused(titles::none_of(&text, words)))?);
            given.push(Given { place, path: patterned(path), leaf: None, value: value.clone() });
            found = Some(value);
        }
        for (name, node) in others {
            path.push(name.clone());
            let filled = self.fill(node, path, given)?;
            let place = given.last().map(|it| it.place);
            path.pop();
            if let Filled::Given(value) = filled
                && found.replace(json!({ name: value })).is_some()
            {
                let reason = format!("{}: only one of them 只能填一项", path.join("."));
                return Err(self.refused(place, reason));
            }
        }
        Ok(found.map_or(Filled::Nothing, Filled::Given))
    }

    fn list(
        &self,
        element: &Node,
        path: &mut Vec<String>,
        given: &mut Vec<Given>,
    ) -> Result<Filled, RowError> {
        let mut elements = Vec::new();
        if let (Node::Leaf(leaf), Some((place, unit, cell))) = (element, self.cell(path)) {
            let mut inner = patterned(path);
            inner.push(ELEMENT.to_owned());
            let refused = |error: CellError| self.refused(Some(place), error.to_string());
            for part in parts(cell) {
                let value = self.value(*leaf, &part, unit).map_err(refused)?;
                let (path, leaf) = (inner.clone(), Some(*leaf));
                given.push(Given { place, path, leaf, value: value.clone() });
                elements.push(value);
            }
        }
        for number in 1..=self.elements(path) {
            path.push(number.to_string());
            if let Filled::Given(value) = self.fill(element, path, given)? {
                elements.push(value);
            }
            path.pop();
        }
        let is_given = !elements.is_empty();
        let list = Value::Array(elements);
        Ok(if is_given { Filled::Given(list) } else { Filled::Vacant(list) })
    }

    /// The highest number of an element that the sheet has a column for.
    fn elements(&self, path: &[String]) -> usize {
        let start = format!("{}.", path.join("."));
        let numbers = self.layout.places.keys().filter_map(|known| {
            known.strip_prefix(&start)?.split('.').next()?.parse::<usize>().ok()
        });
        numbers.max().unwrap_or(0).min(ELEMENTS_MAX)
    }

    fn refused(&self, place: Option<usize>, reason: String) -> RowError {
        let header = |place: usize| self.table.header.get(place).cloned().unwrap_or_default();
        let column = place.map(|place| (letters(place), header(place)));
        RowError { row: self.row.number, column, reason }
    }

    fn same_as(&self, first: u64) -> RowError {
        let reason = format!(
            "is the same act as row {first}; if it is another, add a column 业务编号 \
             与第{first}行相同"
        );
        self.refused(None, reason)
    }

    /// The act's reference: as the sheet says, or made of all that its cells hold but amounts, so
    /// that a sheet that was sorted anew is still the same acts, and another amount is refused.
    fn reference(&self, given: &[Given]) -> Result<ClientReference, RowError> {
        let cell = self.layout.reference.and_then(|place| self.row.cells.get(place));
        if let Some(cell) = cell.filter(|cell| !cell.is_empty()) {
            let wrong = |reason: String| self.refused(self.layout.reference, reason);
            let text = cells::text(cell).map_err(|error| wrong(error.to_string()))?;
            return ClientReference::new(text).map_err(|error| wrong(error.to_string()));
        }
        let act = &self.reading.schema.act;
        let fixed = given.iter().filter(|it| it.leaf != Some(Leaf::Amount));
        let parts: Vec<String> =
            fixed.map(|it| format!("{}={}", it.path.join("."), it.value)).collect();
        let hash = Commitment::of(&[act.as_bytes(), parts.join("\n").as_bytes()]).to_string();
        let short = format!("{act}/{}", hash.get(..32).unwrap_or(&hash));
        ClientReference::new(short).map_err(|error| self.refused(None, error.to_string()))
    }
}

/// A path with `#` for its numbers.
fn patterned(path: &[String]) -> Vec<String> {
    let is_number = |part: &String| part.bytes().all(|byte| byte.is_ascii_digit());
    let element = |part: &String| if is_number(part) { ELEMENT.to_owned() } else { part.clone() };
    path.iter().map(element).collect()
}

/// The elements that stand in one cell.
fn parts(cell: &Cell) -> Vec<Cell> {
    let Cell::Text(text) = cell else { return vec![cell.clone()] };
    let parts = text.split(BETWEEN).map(|part| part.trim().to_owned());
    parts.filter(|part| !part.is_empty()).map(Cell::Text).collect()
}
