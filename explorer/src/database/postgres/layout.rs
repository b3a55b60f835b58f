//! Tables, views and triggers in PostgreSQL's words, from the SQL that lays them out for SQLite.
//!
//! It knows the forms in which `index/schema.sql`, `index/search.sql` and `index/history.rs` are
//! written, and no others.

/// The table of names that may be erased. What the server does not log is in no archive of it, and
/// statistics would hold the names too.
const ERASABLE: &str = "donor_names";

/// What says that texts are ordered by their bytes, as SQLite orders them.
const TEXT: &str = "text COLLATE \"C\"";

/// Each statement.
pub(super) fn statements(script: &str) -> Vec<String> {
    let lines = script.lines().map(|line| line.split("--").next().unwrap_or_default());
    let script = lines.flat_map(str::split_whitespace).collect::<Vec<_>>().join(" ");
    let (mut all, mut open) = (Vec::new(), String::new());
    for piece in script.split(';') {
        open.push_str(piece);
        let statement = open.trim();
        // What a trigger does ends with a semicolon of its own.
        if statement.starts_with("CREATE TRIGGER ") && !statement.ends_with(" END") {
            open.push(';');
            continue;
        }
        if !statement.is_empty() {
            all.push(translated(statement));
        }
        open.clear();
    }
    all
}

fn translated(statement: &str) -> String {
    if let Some(rest) = statement.strip_prefix("CREATE TABLE ") {
        return table(rest);
    }
    if let Some(rest) = statement.strip_prefix("CREATE TRIGGER ") {
        return trigger(rest);
    }
    match statement.strip_prefix("CREATE TEMP VIEW ") {
        Some(rest) => format!("CREATE VIEW pinned.{}", pinned(rest)),
        None => statement.to_owned(),
    }
}

/// A table. Numbers that nobody gives are one above the highest, as SQLite counts.
fn table(rest: &str) -> String {
    let (name, columns) = rest.split_once(' ').unwrap_or((rest, ""));
    let columns = columns.strip_suffix(" WITHOUT ROWID").unwrap_or(columns);
    let mut words: Vec<String> = Vec::new();
    for word in columns.split(' ') {
        let bare = word.trim_end_matches([',', ')']);
        let end = word.strip_prefix(bare).unwrap_or_default();
        let said = match bare {
            "INTEGER" => "bigint",
            "BLOB" => "bytea",
            "TEXT" => TEXT,
            other => other,
        };
        let is_number = bare == "KEY" && words.iter().rev().nth(1).is_some_and(|it| it == "bigint");
        let column = words.iter().rev().nth(2).map(|it| it.trim_start_matches('('));
        let default = match column {
            Some(column) if is_number => {
                format!(" DEFAULT main.next_number('{name}', '{column}')")
            }
            _ => String::new(),
        };
        words.push(format!("{said}{default}{end}"));
    }
    let columns = words.join(" ");
    match name == ERASABLE {
        false => format!("CREATE TABLE {name} {columns}"),
        true => format!(
            "CREATE UNLOGGED TABLE {name} {columns}; \
             ALTER TABLE {name} ALTER COLUMN name SET STATISTICS 0"
        ),
    }
}

/// `NAME BEFORE|AFTER EVENT ON TABLE [WHEN CONDITION] BEGIN STATEMENT; END`: a function that does
/// it and a trigger that calls it.
fn trigger(rest: &str) -> String {
    let (head, body) = rest.split_once(" BEGIN ").unwrap_or((rest, ""));
    let body = body.strip_suffix("END").unwrap_or(body).trim_end();
    let (name, head) = head.split_once(' ').unwrap_or((head, ""));
    let (event, target) = head.split_once(" ON ").unwrap_or((head, ""));
    let (table, condition) = target.split_once(" WHEN ").unwrap_or((target, "true"));
    // A row that is not given back is not deleted.
    let row = if event.ends_with("DELETE") { "old" } else { "new" };
    format!(
        "CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $does$ BEGIN \
         IF {condition} THEN {body} END IF; RETURN {row}; END $does$; \
         CREATE TRIGGER {name} {event} ON {table} FOR EACH ROW EXECUTE FUNCTION {name}()"
    )
}

/// A view of an earlier height: which, the session's settings say.
fn pinned(view: &str) -> String {
    let mut text = view.to_owned();
    for setting in ["height", "kept", "log_size", "movement"] {
        let theirs = format!("(SELECT {setting} FROM temp.pin)");
        text = text.replace(&theirs, &format!("current_setting('minglian.{setting}')::bigint"));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::statements;

    #[test]
    fn tables_count_and_order_as_in_sqlite() {
        let script = "-- What it is; a note.\nCREATE TABLE t (\n    id INTEGER PRIMARY KEY,\n    \
                      name TEXT NOT NULL, -- why\n    body BLOB\n);\n\
                      CREATE TABLE u (a TEXT PRIMARY KEY, b INTEGER) WITHOUT ROWID;\n\
                      CREATE INDEX t_by ON t (name) WHERE name <> 'x';";
        assert_eq!(
            statements(script),
            [
                "CREATE TABLE t ( id bigint PRIMARY KEY DEFAULT main.next_number('t', 'id'), \
                 name text COLLATE \"C\" NOT NULL, body bytea )",
                "CREATE TABLE u (a text COLLATE \"C\" PRIMARY KEY, b bigint)",
                "CREATE INDEX t_by ON t (name) WHERE name <> 'x'",
            ]
        );
    }
}
