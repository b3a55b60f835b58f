//! The OpenAPI 3.1 document of the API, made from the tables.

use axum::Json;
use axum::extract::State;
use serde_json::{Map, Value, json};

use super::{ROWS_DEFAULT, ROWS_MAX, search, tables};
use crate::data::ask;
use crate::data::table::{self, Column, Table};
use crate::pages::QUERY_CHARACTERS_MAX;
use crate::text::Kind;
use crate::web::{App, pin};

/// A month of the years that the ledger knows.
const MONTH: &str = "^(19[5-9][0-9]|20[0-9]{2}|21[0-9]{2})-(0[1-9]|1[0-2])$";

/// What holds for every answer.
const ABOUT: &str = "Read-only. Amounts are fen as text. An ETag names the height. With `at` an \
                     answer is of an earlier height, and so are those of its `next`.";

/// What `at` does.
const AT: &str = "The height of which the answer is; the newest if left out. blocks, entries, \
                  head, movements and trace are of any height, all others of each of the last \
                  10,000 heights and of the last height of each month in Beijing; the problem of \
                  another height names those nearby in `heights`";

/// Where one row of a table is; none if its key is no address.
pub fn one_path(table: &Table) -> Option<String> {
    let keys: Vec<String> =
        table.columns.iter().take(table.keys).map(|column| format!("{{{}}}", column.key)).collect();
    (table.keys <= 2).then(|| format!("/api/v1/{}/{}", table.name, keys.join("/")))
}

/// `GET /api/v1/openapi.json`.
pub async fn document(State(app): State<App>) -> Json<Value> {
    Json(describe(app.ledger().demonstration))
}

/// The document.
pub fn describe(demonstration: bool) -> Value {
    let mut paths = Map::new();
    let mut schemas = Map::new();
    let head = object(&[("ledger", reference("Ledger")), ("currency", currency())]);
    paths.insert("/api/v1/head".to_owned(), path("head", "The verified head", &[at()], &head));
    schemas.insert("Ledger".to_owned(), ledger());
    schemas.insert("Problem".to_owned(), problem());
    let name = "/api/v1/trace/{account}/{direction}".to_owned();
    let summary = "Hop by hop to where money came from or went";
    paths.insert(name, path("trace", summary, &traced(), &trace()));
    let summary = "Finds everything that holds all words";
    paths.insert("/api/v1/search".to_owned(), path("search", summary, &asked(), &found()));
    for table in tables() {
        schemas.insert(table.name.to_owned(), row(table));
        let (list, summary) = (list(table), table.english);
        let name = format!("list_{}", table.name);
        let address = format!("/api/v1/{}", table.name);
        paths.insert(address, path(&name, summary, &parameters(table), &list));
        if let Some(address) = one_path(table) {
            let name = format!("get_{}", table.name);
            let keys: Vec<Value> = keys(table).into_iter().chain([at()]).collect();
            paths.insert(address, path(&name, summary, &keys, &one(table)));
        }
    }
    let title = if demonstration { "明链 演示 (demonstration)" } else { "明链" };
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": title,
            "version": "1",
            "description": ABOUT,
            "license": { "name": "Apache-2.0", "identifier": "Apache-2.0" },
        },
        "paths": paths,
        "components": { "schemas": schemas },
    })
}

fn reference(name: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{name}") })
}

fn currency() -> Value {
    json!({ "type": "string", "enum": ["CNY"] })
}

/// An object that has all these fields.
fn object(fields: &[(&str, Value)]) -> Value {
    let names: Vec<&str> = fields.iter().map(|(name, _)| *name).collect();
    let properties: Map<String, Value> =
        fields.iter().map(|(name, schema)| ((*name).to_owned(), schema.clone())).collect();
    json!({ "type": "object", "required": names, "properties": properties })
}

fn ledger() -> Value {
    let (text, number) = (json!({ "type": "string" }), json!({ "type": "integer" }));
    object(&[
        ("network", text.clone()),
        ("demonstration", json!({ "type": "boolean" })),
        ("chain_id", text.clone()),
        ("genesis_hash", text.clone()),
        ("height", number.clone()),
        ("names_height", number.clone()),
        ("block_id", text.clone()),
        ("time", json!({ "type": "string", "format": "date-time" })),
        ("log_size", number),
        ("log_root", text),
    ])
}

fn problem() -> Value {
    let (number, text) = (json!({ "type": "integer" }), json!({ "type": "string" }));
    let mut problem = object(&[
        ("type", text.clone()),
        ("status", number.clone()),
        ("code", text.clone()),
        ("title", text.clone()),
        ("title_zh", text.clone()),
        ("detail", text),
    ]);
    let mut heights = object(&[
        ("newest", number.clone()),
        ("every_from", number.clone()),
        ("month_ends", json!({ "type": "array", "maxItems": 2, "items": number })),
    ]);
    let meaning = "Where `at` is not served: which heights are";
    if let Some(fields) = heights.as_object_mut() {
        fields.insert("description".to_owned(), json!(meaning));
    }
    // Not required: most problems are of something else.
    if let Some(fields) = problem["properties"].as_object_mut() {
        fields.insert("heights".to_owned(), heights);
    }
    problem
}

/// What stands in a column. Only keys are always there.
fn cell(column: &Column, is_key: bool) -> Value {
    let (kind, more) = match column.kind {
        table::Kind::Integer | table::Kind::Rate => ("integer", None),
        table::Kind::Text => ("string", None),
        table::Kind::Amount | table::Kind::TenThousands => {
            ("string", Some(("pattern", "^-?[0-9]+$")))
        }
        table::Kind::Date => ("string", Some(("format", "date"))),
        table::Kind::Time => ("string", Some(("format", "date-time"))),
        table::Kind::Flag => ("boolean", None),
    };
    let meaning = format!("{}: {}", column.chinese, column.english);
    let kind = if is_key { json!(kind) } else { json!([kind, "null"]) };
    let mut schema = json!({ "type": kind, "description": meaning });
    if let (Some((name, value)), Some(fields)) = (more, schema.as_object_mut()) {
        fields.insert(name.to_owned(), json!(value));
    }
    schema
}

fn row(table: &Table) -> Value {
    let names: Vec<String> = table.columns.iter().map(Column::fen_key).collect();
    let cells = table.columns.iter().enumerate();
    let cells: Vec<Value> = cells.map(|(at, column)| cell(column, at < table.keys)).collect();
    let fields: Vec<(&str, Value)> = names.iter().map(String::as_str).zip(cells).collect();
    object(&fields)
}

fn page(table: &Table) -> Vec<(&'static str, Value)> {
    let items = json!({ "type": "array", "maxItems": ROWS_MAX, "items": reference(table.name) });
    vec![("items", items), ("next", json!({ "type": ["string", "null"] }))]
}

fn list(table: &Table) -> Value {
    let mut fields = page(table);
    fields.extend([("ledger", reference("Ledger")), ("currency", currency())]);
    object(&fields)
}

fn one(table: &Table) -> Value {
    let mut more = vec![("ledger", reference("Ledger")), ("currency", currency())];
    if table.name == "entries" {
        more.extend([("call", json!({})), ("outcome", json!({}))]);
        more.push(("movements", object(&page(crate::data::catalogue::MOVEMENTS))));
    }
    json!({ "allOf": [reference(table.name), object(&more)] })
}

fn parameter(name: &str, place: &str, schema: Value, meaning: &str) -> Value {
    let mut parameter = json!({
        "name": name,
        "in": place,
        "required": place == "path",
        "schema": schema,
        "description": meaning,
    });
    // One that is left empty counts as not given.
    if let ("query", Some(fields)) = (place, parameter.as_object_mut()) {
        fields.insert("allowEmptyValue".to_owned(), json!(true));
    }
    parameter
}

fn at() -> Value {
    let height = json!({ "type": "integer", "minimum": 0, "maximum": i64::MAX });
    parameter(pin::PARAMETER, "query", height, AT)
}

/// The schema of a value that is compared with a column.
fn compared(column: Option<&Column>) -> Value {
    match column.map(|column| column.kind) {
        Some(table::Kind::Integer) => {
            json!({ "type": "integer", "minimum": i64::MIN, "maximum": i64::MAX })
        }
        _ => json!({ "type": "string", "maxLength": ask::VALUE_CHARACTERS_MAX }),
    }
}

fn parameters(table: &Table) -> Vec<Value> {
    let limit = json!({
        "type": "integer", "minimum": 1, "maximum": ROWS_MAX, "default": ROWS_DEFAULT
    });
    let text = json!({ "type": "string" });
    let mut all = vec![
        parameter("limit", "query", limit, "Most rows"),
        parameter("cursor", "query", text, "`next` of the answer before"),
        at(),
    ];
    if table.has_months() {
        let month = json!({ "type": "string", "pattern": MONTH });
        all.push(parameter("month", "query", month, "Recorded in this month, by Beijing time"));
    }
    for (name, expression) in table.filters {
        let column = table.columns.iter().find(|column| column.sql == *expression);
        let meaning = column.map_or("", |column| column.english);
        all.push(parameter(name, "query", compared(column), meaning));
    }
    all
}

fn keys(table: &Table) -> Vec<Value> {
    let keys = table.columns.iter().take(table.keys);
    keys.map(|column| parameter(column.key, "path", compared(Some(column)), column.english))
        .collect()
}

fn path(name: &str, summary: &str, parameters: &[Value], schema: &Value) -> Value {
    let problem = |meaning: &str| {
        json!({
            "description": meaning,
            "content": { "application/problem+json": { "schema": reference("Problem") } },
        })
    };
    json!({ "get": {
        "operationId": name,
        "summary": summary,
        "parameters": parameters,
        "responses": {
            "200": {
                "description": "The answer",
                "headers": { "ETag": { "schema": { "type": "string" } } },
                "content": { "application/json": { "schema": schema } },
            },
            "304": { "description": "The ledger has not grown since the answer with this ETag" },
            "400": problem("A parameter does not read"),
            "404": problem("There is no such thing"),
            "414": problem("The address is too long"),
            "503": problem("Too busy"),
        },
    } })
}

/// What is traced.
fn traced() -> Vec<Value> {
    let position = json!({ "type": "integer", "minimum": 0, "maximum": i64::MAX });
    vec![
        parameter("account", "path", json!({ "type": "integer", "minimum": 0 }), "Account"),
        parameter(
            "direction",
            "path",
            json!({ "type": "string", "enum": ["up", "down"] }),
            "up: where it came from; down: where it went",
        ),
        parameter("start", "query", position.clone(), "First position; 0"),
        parameter("end", "query", position, "Position behind the last; all that came in"),
        parameter("cursor", "query", json!({ "type": "string" }), "`next` of the answer before"),
        at(),
    ]
}

fn trace() -> Value {
    let (number, text) = (json!({ "type": "integer" }), json!({ "type": "string" }));
    let absent = json!({ "type": ["integer", "null"] });
    let fen = json!({ "type": "string", "pattern": "^-?[0-9]+$" });
    let hop = object(&[
        ("hop", number.clone()),
        ("movement", number.clone()),
        ("record", number.clone()),
        ("kind", text.clone()),
        ("attribution", text.clone()),
        ("from_account", absent.clone()),
        ("from_name", text.clone()),
        ("from_start", absent.clone()),
        ("from_end", absent.clone()),
        ("to_account", absent.clone()),
        ("to_name", text.clone()),
        ("to_start", number.clone()),
        ("to_end", number.clone()),
        ("amount_fen", fen.clone()),
    ]);
    let rest = object(&[
        ("hop", number.clone()),
        ("account", absent),
        ("name", text.clone()),
        ("start", number.clone()),
        ("end", number.clone()),
        ("amount_fen", fen),
        ("paid_out", json!({ "type": "boolean" })),
    ]);
    object(&[
        ("account", number.clone()),
        ("direction", json!({ "type": "string", "enum": ["up", "down"] })),
        ("start", number.clone()),
        ("end", number),
        ("items", json!({ "type": "array", "items": hop })),
        ("rests", json!({ "type": "array", "items": rest })),
        ("next", json!({ "type": ["string", "null"] })),
        ("ledger", reference("Ledger")),
        ("currency", currency()),
    ])
}

/// What is looked for.
fn asked() -> Vec<Value> {
    let text = |most: usize| json!({ "type": "string", "maxLength": most });
    let number = json!({ "type": "integer", "minimum": 0, "maximum": u64::MAX });
    let kinds: Vec<&str> = Kind::ALL.into_iter().map(Kind::name).collect();
    let kinds = json!({ "type": "string", "enum": kinds });
    let limit = json!({
        "type": "integer", "minimum": 1, "maximum": ROWS_MAX, "default": search::ROWS_DEFAULT
    });
    let words = "Words, all of which are found; those between quotation marks stand together";
    vec![
        parameter("q", "query", text(QUERY_CHARACTERS_MAX), words),
        parameter("kind", "query", kinds, "Only results of this kind, page after page"),
        parameter("year", "query", number.clone(), "Only results of this year"),
        parameter("division", "query", number.clone(), "Only results of this division"),
        parameter("limit", "query", limit, "Most results of a kind"),
        parameter("cursor", "query", number, "`next` of the answer before, with its kind"),
    ]
}

fn found() -> Value {
    let (number, text) = (json!({ "type": "integer" }), json!({ "type": "string" }));
    let result = object(&[
        ("kind", text.clone()),
        ("name", text.clone()),
        ("name_en", text.clone()),
        ("detail", text.clone()),
        ("href", text.clone()),
    ]);
    let count = object(&[("value", text), ("count", number.clone())]);
    let results = json!({ "type": "array", "items": result });
    let counts = json!({ "type": "array", "items": count });
    object(&[
        ("items", results.clone()),
        ("exact", results),
        ("next", json!({ "type": ["string", "null"] })),
        ("total", number.clone()),
        ("kinds", counts.clone()),
        ("years", counts.clone()),
        ("divisions", counts),
        ("behind", number),
        ("ledger", reference("Ledger")),
        ("currency", currency()),
    ])
}
