//! Every address of the API against the document that describes it, with lawful and with hostile
//! questions.

use std::collections::BTreeSet;

use data_encoding::BASE64URL_NOPAD;
use minglian_contracts::book::Interval;
use minglian_contracts::trace::{Cursor, Direction};
use minglian_explorer::index::{IndexError, account};
use minglian_explorer::pages::escape;
use serde_json::Value;

use crate::site::Site;
use crate::{society, story};

/// Checks a value against a schema: the words of JSON Schema that the document uses.
fn check(document: &Value, schema: &Value, value: &Value, place: &str) {
    for (word, said) in schema.as_object().unwrap() {
        match word.as_str() {
            "$ref" => {
                let pointer = said.as_str().unwrap().strip_prefix('#').unwrap();
                check(document, document.pointer(pointer).unwrap(), value, place);
            }
            "allOf" => {
                said.as_array().unwrap().iter().for_each(|it| check(document, it, value, place));
            }
            "type" => {
                let kinds: Vec<&str> = match said {
                    Value::Array(kinds) => kinds.iter().map(|it| it.as_str().unwrap()).collect(),
                    kind => vec![kind.as_str().unwrap()],
                };
                assert!(kinds.contains(&kind(value)), "{place} is {value}, not {said}");
            }
            "required" => {
                for name in said.as_array().unwrap() {
                    assert!(value.get(name.as_str().unwrap()).is_some(), "{place} lacks {name}");
                }
            }
            "properties" => {
                for (name, schema) in said.as_object().unwrap() {
                    if let Some(value) = value.get(name) {
                        check(document, schema, value, &format!("{place}.{name}"));
                    }
                }
            }
            "items" => {
                for (at, item) in value.as_array().unwrap().iter().enumerate() {
                    check(document, said, item, &format!("{place}[{at}]"));
                }
            }
            "maxItems" => {
                assert!(value.as_array().unwrap().len() <= said.as_u64().unwrap() as usize);
            }
            "enum" => assert!(said.as_array().unwrap().contains(value), "{place}: {value}"),
            "pattern" => {
                assert_eq!(said, "^-?[0-9]+$");
                let is_number = |text: &str| text.parse::<i64>().is_ok();
                assert!(value.is_null() || is_number(value.as_str().unwrap()), "{place}");
            }
            "format" => match (said.as_str().unwrap(), value.as_str()) {
                (_, None) => {}
                ("date", Some(text)) => assert_eq!(text.len(), 10, "{place}"),
                ("date-time", Some(text)) => assert!(text.ends_with("+08:00"), "{place}"),
                (other, _) => panic!("{other}"),
            },
            "description" => {}
            other => panic!("the test does not know {other}"),
        }
    }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

async fn json(site: &Site, path: &str) -> Value {
    let answer = site.get(path).await;
    assert_eq!(answer.status, 200, "{path}: {}", answer.body);
    assert_eq!(answer.headers["access-control-allow-origin"], "*", "{path}");
    assert_eq!(answer.headers["cross-origin-resource-policy"], "cross-origin", "{path}");
    serde_json::from_str(&answer.body).unwrap()
}

/// The schema of the answer at a path of the document.
fn answer_of<'a>(document: &'a Value, path: &str) -> &'a Value {
    let get = &document["paths"][path]["get"];
    &get["responses"]["200"]["content"]["application/json"]["schema"]
}

/// The path of an item: its list's with the key's fields.
fn path_of(template: &str, item: &Value) -> String {
    let mut path = String::new();
    for part in template.split('/').skip(1) {
        let name = part.strip_prefix('{').and_then(|part| part.strip_suffix('}'));
        let text = match name.map(|name| &item[name]) {
            Some(Value::String(text)) => escape(text),
            Some(number) => number.to_string(),
            None => part.to_owned(),
        };
        path.push_str(&format!("/{text}"));
    }
    path
}

#[tokio::test(flavor = "multi_thread")]
async fn every_answer_is_what_the_document_declares() {
    for chain in [story::told(), society::told()] {
        let site = Site::of(&chain).await;
        let document = json(&site, "/api/v1/openapi.json").await;
        assert_eq!(document["openapi"], "3.1.0");
        let paths = document["paths"].as_object().unwrap();
        assert!(paths.len() > 20, "{}", paths.len());
        for path in paths.keys() {
            let schema = answer_of(&document, path);
            let Some((list, _)) = path.split_once("/{") else {
                let answer = json(&site, path).await;
                check(&document, schema, &answer, path);
                assert_eq!(answer["ledger"]["height"], chain.header.height.0, "{path}");
                continue;
            };
            let items = match list {
                "/api/v1/trace" => traced(),
                list => json(&site, list).await["items"].as_array().unwrap().clone(),
            };
            for item in items.iter().take(20) {
                let one = path_of(path, item);
                let answer = json(&site, &one).await;
                check(&document, schema, &answer, &one);
                for (name, value) in item.as_object().unwrap() {
                    assert_eq!(&answer[name], value, "{one}.{name}");
                }
            }
        }
    }
}

/// The first account's traces: every story has it.
fn traced() -> Vec<Value> {
    let trace = |direction| serde_json::json!({ "account": 1, "direction": direction });
    vec![trace("up"), trace("down")]
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trace_accounts_for_every_fen() {
    let site = Site::of(&story::told()).await;
    let fen = |items: &Value, keep: &dyn Fn(&Value) -> bool| -> i128 {
        let kept = items.as_array().unwrap().iter().filter(|it| keep(it));
        kept.map(|it| it["amount_fen"].as_str().unwrap().parse::<i128>().unwrap()).sum()
    };
    let down = json(&site, "/api/v1/trace/1/down").await;
    let (start, end) = (down["start"].as_i64().unwrap(), down["end"].as_i64().unwrap());
    assert_eq!(fen(&down["rests"], &|_| true), i128::from(end - start), "{down}");
    assert_eq!(fen(&down["rests"], &|it| it["paid_out"] == true), 100_000_000, "{down}");
    let up = json(&site, "/api/v1/trace/1/up").await;
    assert_eq!(fen(&up["items"], &|it| it["from_account"].is_null()), i128::from(end - start));
    for (bad, status) in [
        ("1/sideways", 404),
        ("99/up", 404),
        ("x/up", 404),
        ("1/up?start=9&end=9", 404),
        ("1/up?cursor=AAAA", 400),
        ("1/up?nonsense=1", 400),
    ] {
        assert_eq!(site.get(&format!("/api/v1/trace/{bad}")).await.status, status, "{bad}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_forged_cursor_is_the_readers_mistake() {
    let site = Site::of(&story::told()).await;
    let identity = site
        .reader()
        .read::<_, IndexError>(|connection| account::identity(connection, 1))
        .unwrap()
        .unwrap();
    for (start, end) in [(1 << 52, 1 << 53), (0, 1 << 53), (0, u64::MAX)] {
        let interval = Interval::new(start, end).unwrap();
        let cursor = Cursor::new(identity.clone(), interval, Direction::Up);
        let cursor = BASE64URL_NOPAD.encode(&minglian_contracts::schema::encode(&cursor));
        for path in ["/trace/1/up", "/en/trace/1/up", "/api/v1/trace/1/up"] {
            let status = site.get(&format!("{path}?cursor={cursor}")).await.status;
            assert_eq!(status, 400, "{path} {start} {end}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_by_cursor_are_the_whole_list() {
    let site = Site::of(&society::told()).await;
    let document = json(&site, "/api/v1/openapi.json").await;
    let lists = document["paths"].as_object().unwrap().keys();
    for path in lists.filter(|path| !path.contains('{') && !path.ends_with("/head")) {
        let whole = json(&site, &format!("{path}?limit=500")).await;
        let whole = whole["items"].as_array().unwrap();
        let (mut parts, mut cursor) = (Vec::new(), String::new());
        while parts.len() < whole.len().min(45) {
            let page = json(&site, &format!("{path}?limit=7{cursor}")).await;
            parts.extend(page["items"].as_array().unwrap().clone());
            match page["next"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => break,
            }
        }
        assert_eq!(parts[..], whole[..parts.len()], "{path}");
        assert!(parts.len() == whole.len() || parts.len() >= 45, "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn hostile_questions_get_a_problem_and_never_a_failure() {
    let site = Site::of(&story::told()).await;
    let document = json(&site, "/api/v1/openapi.json").await;
    let long = "长".repeat(600);
    let hostile = [
        "",
        "0",
        "-1",
        "9223372036854775807",
        "9223372036854775808",
        "1e9",
        "NaN",
        "' OR 1=1 --",
        "\"; DROP TABLE records",
        "%",
        "\u{0}",
        "\u{feff}",
        "../../etc/passwd",
        "W10",
        "WzFd",
        "W251bGxd",
        "WyJ4Il0",
        "[[[[",
        "2026-02",
        "9999-12",
        "0000-00",
        long.as_str(),
        "𝕏",
        "{}",
    ];
    let mut asked = BTreeSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for parameter in item["get"]["parameters"].as_array().unwrap() {
            let name = parameter["name"].as_str().unwrap();
            for value in hostile {
                let place = format!("{{{name}}}");
                let value = escape(value);
                let address = if parameter["in"] == "path" {
                    path.replace(&place, &value).replace(['{', '}'], "x")
                } else {
                    format!("{path}?{name}={value}")
                };
                let answer = site.get(&address).await;
                let status = answer.status.as_u16();
                assert!(matches!(status, 200 | 400 | 404), "{address}: {status}");
                if status != 200 {
                    assert_eq!(answer.headers["content-type"], "application/problem+json");
                    let problem: Value = serde_json::from_str(&answer.body).unwrap();
                    let schema = &document["components"]["schemas"]["Problem"];
                    check(&document, schema, &problem, &address);
                }
                asked.insert(status);
            }
        }
    }
    assert_eq!(asked, BTreeSet::from([200, 400, 404]));
    for (address, status) in [
        ("/api/v1/nothing", 404),
        ("/api/v1/movements?nonsense=1", 400),
        ("/api/v1/movements?limit=501", 400),
        ("/api/v1/search?limit=0", 400),
        (&format!("/api/v1/movements?cursor={}", "A".repeat(20_000)), 414),
    ] {
        let answer = site.get(address).await;
        assert_eq!(answer.status, status, "{address}");
        assert_eq!(answer.headers["content-type"], "application/problem+json", "{address}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_is_fetched_again_only_when_the_ledger_has_grown() {
    let chain = story::told();
    let (site, mut follower) = Site::new(&chain).await;
    let (last, before) = chain.blocks.split_last().unwrap();
    for block in before {
        follower.apply(block).unwrap();
    }
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let address = format!("{}/api/v1/totals", site.base);
    let first = client.get(&address).send().await.unwrap();
    let tag = first.headers()["etag"].clone();
    let again = || client.get(&address).header("if-none-match", &tag).send();
    assert_eq!(again().await.unwrap().status(), 304);
    follower.apply(last).unwrap();
    let grown = again().await.unwrap();
    assert_eq!(grown.status(), 200);
    assert_ne!(grown.headers()["etag"], tag);
    assert_eq!(client.post(&address).send().await.unwrap().status(), 405);
}
