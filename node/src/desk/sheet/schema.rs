//! The columns of any act, read off its example.
//!
//! What a field is, is asked of the act's own description: a value is put into the example, and the
//! act reads or does not. So an act that is new has columns without a word here; only its fields'
//! Chinese names stand in [`titles`].

pub mod titles;
pub mod layout;
pub mod fill;

use minglian_contracts::call::Call;
use serde_json::{Value, json};

use crate::desk::catalogue::{self, CatalogueError};

/// What a cell of a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Leaf {
    /// Text as it stands, also a hash in hexadecimal.
    Text,
    /// An amount.
    Amount,
    /// A day.
    Date,
    /// A month.
    Month,
    /// A whole number.
    Number,
    /// 是 or 否.
    Flag,
    /// An organisation.
    Organization,
    /// A division.
    Division,
    /// 文号, one or several.
    Documents,
}

/// A field of an act.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Node {
    /// One cell.
    Leaf(Leaf),
    /// Fields of its own.
    Group(Vec<(String, Node)>),
    /// One of several: a word in the field's own column, or what one of the further columns holds.
    Choice {
        /// The words.
        words: Vec<String>,
        /// What else it can be, each with its columns.
        others: Vec<(String, Node)>,
    },
    /// Any number: of single cells, in one column apart by `;`, or in numbered columns.
    List(Box<Node>),
    /// It may be left out.
    Optional(Box<Node>),
}

/// An act as columns.
#[derive(Debug, Clone, PartialEq)]
pub struct Schema {
    /// `module.act`.
    pub act: String,
    /// Its fields.
    pub root: Node,
    examples: Vec<Value>,
}

/// A column that a sheet may have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// Where it goes in the act, also its English header; a list's number is `#`.
    pub path: String,
    /// Whether every row needs it.
    pub is_needed: bool,
}

/// An organisation's code, a hash and the like, as questions.
const CODE: &str = "Y9341122NXE3E0KA11";
const HASH: &str = "7cf23b8e2d6c0f46dcc550f26fa238444cd855d2ff41df39a16bcfdda945be76";

/// Stands in a path for the number of a list's element.
pub const ELEMENT: &str = "#";

/// How deep fields are looked into.
const DEPTH_MAX: usize = 8;

impl Schema {
    /// The columns of the act of this name.
    ///
    /// # Errors
    /// [`CatalogueError`] if there is no such act.
    pub fn of(act: &str) -> Result<Self, CatalogueError> {
        let examples = catalogue::examples(act)?;
        let mut schema = Self { act: act.to_owned(), root: Node::Group(Vec::new()), examples };
        if let Some(root) = schema.plain(&[]) {
            schema.root = root;
        }
        Ok(schema)
    }

    /// All columns, in the order of the act.
    pub fn columns(&self) -> Vec<Column> {
        let mut columns = Vec::new();
        walk(&self.root, &mut Vec::new(), true, &mut columns);
        columns
    }

    /// Whether the act reads with `value` at `path` of its example.
    ///
    /// # Errors
    /// Why it does not.
    pub fn accepts(&self, path: &[&str], value: Value) -> Result<(), serde_json::Error> {
        let Some((module, act)) = self.act.split_once('.') else { return Ok(()) };
        // Of what an example leaves out no part can be tried there.
        let is_there = |value: &Value| !value.is_null();
        let knows = |example: &&Value| {
            let inner = &example[module][act];
            path.split_last().is_none_or(|(_, parent)| find(inner, parent, is_there).is_some())
        };
        let base = self.examples.iter().find(knows).or(self.examples.first());
        let mut call = base.cloned().unwrap_or_default();
        *place(&mut call[module][act], path) = value;
        serde_json::from_value::<Call>(call).map(|_| ())
    }

    fn reads(&self, path: &[&str], value: Value) -> bool {
        self.accepts(path, value).is_ok()
    }

    /// What stands at `path` in an example that has something there.
    fn example(&self, path: &[&str]) -> Option<&Value> {
        let (module, act) = self.act.split_once('.')?;
        let examples = self.examples.iter();
        let is_there = |value: &Value| !value.is_null();
        examples.map(|example| &example[module][act]).find_map(|act| find(act, path, is_there))
    }

    fn node(&self, path: &[&str]) -> Option<Node> {
        if path.len() > DEPTH_MAX {
            return None;
        }
        let plain = self.plain(path)?;
        let is_optional = self.reads(path, Value::Null);
        Some(if is_optional { Node::Optional(Box::new(plain)) } else { plain })
    }

    fn plain(&self, path: &[&str]) -> Option<Node> {
        if !path.is_empty() {
            if let Some(found) = self.accepts(path, json!("x")).err().and_then(|it| variants(&it)) {
                return self.choice(path, found);
            }
            if path.last() == Some(&"documents") && self.reads(path, json!([])) {
                return Some(Node::Leaf(Leaf::Documents));
            }
        }
        match self.example(path) {
            Some(Value::Object(fields)) => {
                let fields = fields.keys().filter_map(|name| {
                    let path = [path, &[name.as_str()]].concat();
                    let node = self.node(&path);
                    // What no example fills and may be left out has no column.
                    let is_left_out = node.is_none() && self.reads(&path, Value::Null);
                    (!is_left_out).then(|| node.map(|node| (name.clone(), node)))
                });
                Some(Node::Group(fields.collect::<Option<_>>()?))
            }
            Some(Value::Array(_)) => self.list(path),
            _ if self.reads(path, json!([])) => self.list(path),
            found => self.leaf(path, found).map(Node::Leaf),
        }
    }

    fn list(&self, path: &[&str]) -> Option<Node> {
        let element = self.plain(&[path, &[ELEMENT]].concat());
        Some(Node::List(Box::new(element.unwrap_or(Node::Leaf(Leaf::Text)))))
    }

    fn choice(&self, path: &[&str], found: Vec<String>) -> Option<Node> {
        let (words, others): (Vec<String>, Vec<String>) =
            found.into_iter().partition(|word| self.reads(path, json!(word)));
        let others = others.into_iter().filter_map(|word| {
            let node = self.node(&[path, &[word.as_str()]].concat())?;
            Some((word, node))
        });
        Some(Node::Choice { words, others: others.collect() })
    }

    fn leaf(&self, path: &[&str], example: Option<&Value>) -> Option<Leaf> {
        let kinds = [
            (json!("x"), Leaf::Text),
            (json!(true), Leaf::Flag),
            (json!(1), Leaf::Number),
            (json!("1"), Leaf::Amount),
            (json!("2025-03-01"), Leaf::Date),
            (json!("2025-03"), Leaf::Month),
            (json!("341122"), Leaf::Division),
            (json!(CODE), Leaf::Organization),
            (json!(HASH), Leaf::Text),
        ];
        let found = kinds.into_iter().find(|(value, _)| self.reads(path, value.clone()));
        // A list whose elements depend on one another reads with none of these alone.
        let written = example.and_then(|value| match value {
            Value::String(_) => Some(Leaf::Text),
            Value::Number(_) => Some(Leaf::Number),
            Value::Bool(_) => Some(Leaf::Flag),
            _ => None,
        });
        found.map(|(_, leaf)| leaf).or(written)
    }
}

/// The words that an enum's error names.
fn variants(error: &serde_json::Error) -> Option<Vec<String>> {
    let text = error.to_string();
    let (_, expected) = text.strip_prefix("unknown variant `x`")?.split_once("expected")?;
    let words = expected.split('`').skip(1).step_by(2).map(str::to_owned);
    Some(words.collect())
}

/// What stands at `path` and is as asked for, in any element of lists on the way.
fn find<'a>(value: &'a Value, path: &[&str], fits: fn(&Value) -> bool) -> Option<&'a Value> {
    match path.split_first() {
        None => Some(value).filter(|value| fits(value)),
        Some((&ELEMENT, rest)) => {
            value.as_array()?.iter().find_map(|element| find(element, rest, fits))
        }
        Some((name, rest)) => find(value.get(name)?, rest, fits),
    }
}

/// The place at `path`, made if it is not there. Of a list the element stays that has the place.
fn place<'a>(value: &'a mut Value, path: &[&str]) -> &'a mut Value {
    let Some((name, rest)) = path.split_first() else { return value };
    if *name == ELEMENT {
        let parent = rest.split_last().map_or(rest, |(_, parent)| parent);
        let elements = value.as_array().map_or(&[][..], Vec::as_slice);
        let has_place = |element: &&Value| find(element, parent, |_| true).is_some();
        let kept = elements.iter().find(has_place).or(elements.first());
        *value = json!([kept.cloned().unwrap_or_default()]);
        return place(&mut value[0], rest);
    }
    if value.get(name).is_none() {
        *value = json!({});
    }
    place(&mut value[*name], rest)
}

fn walk(node: &Node, path: &mut Vec<String>, is_needed: bool, columns: &mut Vec<Column>) {
    let mut into = |name: &str, node: &Node, is_needed: bool, columns: &mut Vec<Column>| {
        path.push(name.to_owned());
        walk(node, path, is_needed, columns);
        path.pop();
    };
    match node {
        Node::Group(fields) => {
            for (name, node) in fields {
                into(name, node, is_needed, columns);
            }
        }
        Node::Choice { words, others } => {
            for (name, node) in others {
                into(name, node, false, columns);
            }
            if !words.is_empty() {
                let is_needed = is_needed && others.is_empty();
                columns.push(Column { path: path.join("."), is_needed });
            }
        }
        Node::List(element) => {
            into(ELEMENT, element, false, columns);
            if matches!(**element, Node::Leaf(_)) {
                columns.push(Column { path: path.join("."), is_needed: false });
            }
        }
        Node::Optional(inner) => walk(inner, path, false, columns),
        Node::Leaf(_) => {
            let is_needed = is_needed && *node != Node::Leaf(Leaf::Documents);
            columns.push(Column { path: path.join("."), is_needed });
        }
    }
}
