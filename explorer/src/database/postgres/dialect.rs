//! Queries in PostgreSQL's words: how their places are numbered, what a conflict is followed by,
//! and the two words that mean something else there.

use super::super::catalogue::Column;

/// What SQLite calls, and what PostgreSQL calls it. Neither stands within a text.
const WORDS: [(&str, &str); 2] = [("char(31)", "chr(31)"), (" AS INTEGER)", " AS bigint)")];

const REPLACE: &str = "INSERT OR REPLACE INTO ";
const IGNORE: &str = "INSERT OR IGNORE INTO ";

/// The table in which a statement replaces a row of the same key.
pub(super) fn replaced_table(query: &str) -> Option<&str> {
    query.strip_prefix(REPLACE)?.split([' ', '(']).next()
}

/// A statement that replaces a row of the same key, in a table with these columns.
pub(super) fn replace(query: &str, columns: &[Column]) -> String {
    let quoted = |column: &Column| format!("\"{}\"", column.name);
    let of_key = |column: &&Column| column.key > 0;
    let keys: Vec<String> = columns.iter().filter(of_key).map(quoted).collect();
    let rest = columns.iter().filter(|it| !of_key(it)).map(quoted);
    let set: Vec<String> = rest.map(|name| format!("{name} = excluded.{name}")).collect();
    let insert = statement(&query.replacen(REPLACE, "INSERT INTO ", 1));
    let keys = keys.join(", ");
    match set.is_empty() {
        true => format!("{insert} ON CONFLICT ({keys}) DO NOTHING"),
        false => format!("{insert} ON CONFLICT ({keys}) DO UPDATE SET {}", set.join(", ")),
    }
}

/// Any other statement.
pub(super) fn statement(query: &str) -> String {
    let mut text = places(query);
    for (theirs, ours) in WORDS {
        text = text.replace(theirs, ours);
    }
    match text.strip_prefix(IGNORE) {
        Some(rest) => format!("INSERT INTO {rest} ON CONFLICT DO NOTHING"),
        None => text,
    }
}

/// `?2` becomes `$2`, and `?` the next number.
fn places(query: &str) -> String {
    let mut text = String::with_capacity(query.len());
    let (mut is_quoted, mut last) = (false, 0_usize);
    let mut rest = query.chars().peekable();
    while let Some(character) = rest.next() {
        is_quoted ^= character == '\'';
        if character != '?' || is_quoted {
            text.push(character);
            continue;
        }
        let mut number = 0_usize;
        while let Some(digit) = rest.peek().and_then(|it| it.to_digit(10)) {
            number = number.saturating_mul(10).saturating_add(digit as usize);
            rest.next();
        }
        if number == 0 {
            number = last.saturating_add(1);
        }
        last = last.max(number);
        text.push_str(&format!("${number}"));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::{Column, replace, replaced_table, statement};

    #[test]
    fn places_are_numbered_and_texts_are_left_alone() {
        let said = [
            ("a = ?1 AND b = ?12", "a = $1 AND b = $12"),
            ("a = ? AND b = ? OR c = ?", "a = $1 AND b = $2 OR c = $3"),
            ("a = ?2 AND b = ?", "a = $2 AND b = $3"),
            ("a = '?1' || ?1 || 'it''s ?'", "a = '?1' || $1 || 'it''s ?'"),
            ("CAST(?1 AS INTEGER) || char(31)", "CAST($1 AS bigint) || chr(31)"),
        ];
        for (theirs, ours) in said {
            assert_eq!(statement(theirs), ours);
        }
    }

    #[test]
    fn conflicts_are_resolved_in_words_that_postgresql_has() {
        assert_eq!(
            statement("INSERT OR IGNORE INTO donors VALUES (?1)"),
            "INSERT INTO donors VALUES ($1) ON CONFLICT DO NOTHING"
        );
        let column = |name: &str, key| Column { name: name.into(), kind: "TEXT".into(), key };
        let query = "INSERT OR REPLACE INTO meta VALUES (?1, ?2)";
        assert_eq!(replaced_table(query), Some("meta"));
        assert_eq!(
            replace(query, &[column("key", 1), column("value", 0)]),
            "INSERT INTO meta VALUES ($1, $2) \
             ON CONFLICT (\"key\") DO UPDATE SET \"value\" = excluded.\"value\""
        );
        assert_eq!(replaced_table("INSERT INTO meta VALUES (?1, ?2)"), None);
    }
}
