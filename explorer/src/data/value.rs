//! How one value of a table is written.

use minglian_ledger::date::Date;

use super::table::Kind;
use crate::database::Value;
use crate::pages::beijing;

/// Fen in ten thousand yuan.
const FEN_PER_WAN: i64 = 1_000_000;

/// A decimal number: `digits` of its last places stand behind the point.
pub fn decimal(number: i128, digits: u32) -> String {
    let unit = 10_u128.pow(digits);
    let sign = if number < 0 { "-" } else { "" };
    let number = number.unsigned_abs();
    let width = usize::try_from(digits).unwrap_or(0);
    format!("{sign}{}.{:0width$}", number / unit, number % unit)
}

/// A time in Beijing as ISO 8601 to the millisecond.
pub fn iso(time_ms: i64) -> String {
    let text = beijing(time_ms).replacen(' ', "T", 1);
    format!("{text}.{:03}+08:00", time_ms.rem_euclid(1000))
}

/// The value as text that a person reads: amounts in 元 or 万元, times in Beijing.
pub fn text(kind: Kind, value: &Value) -> String {
    match (kind, value) {
        (_, Value::Null) => String::new(),
        (Kind::Amount, Value::Integer(fen)) => decimal(i128::from(*fen), 2),
        (Kind::TenThousands, Value::Integer(fen)) => wan(*fen),
        (Kind::Rate, Value::Integer(points)) => decimal(i128::from(*points), 2),
        (Kind::Time, Value::Integer(time_ms)) => iso(*time_ms),
        (Kind::Flag, Value::Integer(flag)) => (*flag != 0).to_string(),
        (_, Value::Integer(number)) => number.to_string(),
        (_, Value::Text(text)) => text.clone(),
        // No table has a column of these.
        (_, Value::Real(_) | Value::Blob(_)) => String::new(),
    }
}

/// Fen as 万元, without needless zeros.
fn wan(fen: i64) -> String {
    let (whole, rest) = (fen / FEN_PER_WAN, (fen % FEN_PER_WAN).unsigned_abs());
    if rest == 0 {
        return whole.to_string();
    }
    let sign = if fen < 0 && whole == 0 { "-" } else { "" };
    let digits = format!("{rest:06}");
    format!("{sign}{whole}.{}", digits.trim_end_matches('0'))
}

/// The value for programs: amounts in fen as text, which no program rounds.
pub fn json(kind: Kind, value: &Value) -> serde_json::Value {
    use serde_json::Value as Json;
    match (kind, value) {
        (_, Value::Null | Value::Real(_) | Value::Blob(_)) => Json::Null,
        (Kind::Amount | Kind::TenThousands, Value::Integer(fen)) => Json::from(fen.to_string()),
        (Kind::Flag, Value::Integer(flag)) => Json::from(*flag != 0),
        (Kind::Time, Value::Integer(time_ms)) => Json::from(iso(*time_ms)),
        (_, Value::Integer(number)) => Json::from(*number),
        (_, Value::Text(text)) => Json::from(text.as_str()),
    }
}

/// The day of a date column, in days since 1970.
pub fn days(text: &str) -> Option<i32> {
    Some(text.parse::<Date>().ok()?.days())
}
