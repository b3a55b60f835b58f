//! Reading downloads as other programs do.

use std::collections::BTreeMap;
use std::io::Cursor;

use calamine::{Data, Reader as _, Xlsx};
use minglian_explorer::data::table::{Kind, Table};
use minglian_ledger::fen::{Fen, Unit};
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::record::Field;
use serde_json::Value;

/// Sums in fen by the names of JSON, and how many rows there were.
pub type Sums = (u64, BTreeMap<String, i128>);

/// A CSV file's cells, read as RFC 4180 says.
pub fn cells(text: &str) -> Vec<Vec<String>> {
    let (mut rows, mut row, mut cell, mut quoted) = (Vec::new(), Vec::new(), String::new(), false);
    let mut letters = text.trim_start_matches('\u{feff}').chars().peekable();
    while let Some(letter) = letters.next() {
        match (letter, quoted) {
            ('"', true) if letters.peek() == Some(&'"') => {
                cell.push('"');
                letters.next();
            }
            ('"', _) => quoted = !quoted,
            (',', false) => row.push(std::mem::take(&mut cell)),
            ('\r', false) => {}
            ('\n', false) => {
                row.push(std::mem::take(&mut cell));
                rows.push(std::mem::take(&mut row));
            }
            _ => cell.push(letter),
        }
    }
    rows
}

pub fn fen(printed: &str, kind: Kind) -> i128 {
    let unit = if kind == Kind::Amount { Unit::Yuan } else { Unit::TenThousandYuan };
    let (sign, digits) = match printed.strip_prefix('-') {
        Some(digits) => (-1, digits),
        None => (1, printed),
    };
    sign * i128::from(Fen::parse_published(digits, unit).unwrap().get())
}

/// Sums of rows of printed cells.
pub fn printed(table: &Table, rows: &[Vec<String>]) -> Sums {
    let mut sums = BTreeMap::new();
    for row in rows {
        assert_eq!(row.len(), table.columns.len());
        for (place, column) in table.amounts() {
            *sums.entry(column.fen_key()).or_default() += fen(&row[place], column.kind);
        }
    }
    (rows.len() as u64, sums)
}

pub fn of_json_lines(table: &Table, file: &[u8]) -> Sums {
    let mut sums = BTreeMap::new();
    let text = std::str::from_utf8(file).unwrap();
    for line in text.lines() {
        let row: Value = serde_json::from_str(line).unwrap();
        for (_, column) in table.amounts() {
            let key = column.fen_key();
            let amount: i128 = row[&key].as_str().unwrap().parse().unwrap();
            *sums.entry(key).or_default() += amount;
        }
    }
    (text.lines().count() as u64, sums)
}

pub fn of_xlsx(table: &Table, file: Vec<u8>) -> Sums {
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(file)).unwrap();
    let notes = book.worksheet_range("说明").unwrap();
    let notes: Vec<String> = notes.rows().flatten().map(ToString::to_string).collect();
    assert!(notes.iter().any(|note| note.contains("演示")), "{notes:?}");
    let heading = table.columns[0].heading();
    assert!(notes.contains(&"genesis_hash".to_owned()) && notes.contains(&heading), "{notes:?}");
    let sheet = book.worksheet_range(&format!("{}1", table.chinese)).unwrap();
    let text = |cell: &Data| cell.to_string();
    let mut rows: Vec<Vec<String>> =
        sheet.rows().skip(1).map(|row| row.iter().map(text).collect()).collect();
    // Empty cells at the end of a sheet are not in its range.
    rows.iter_mut().for_each(|row| row.resize(table.columns.len(), String::new()));
    printed(table, &rows)
}

pub fn of_parquet(file: Vec<u8>) -> Sums {
    let reader = SerializedFileReader::new(parquet_bytes(file)).unwrap();
    let facts = reader.metadata().file_metadata().key_value_metadata().unwrap();
    assert!(facts.iter().any(|fact| fact.key == "minglian.genesis_hash"));
    assert!(facts.iter().any(|fact| fact.value.as_ref().is_some_and(|it| it.contains("演示"))));
    let (mut count, mut sums) = (0, BTreeMap::new());
    for row in reader.get_row_iter(None).unwrap() {
        count += 1;
        for (name, field) in row.unwrap().get_column_iter() {
            match field {
                Field::Long(amount) if name.ends_with("_fen") => {
                    *sums.entry(name.clone()).or_default() += i128::from(*amount);
                }
                Field::Null => {}
                other => assert!(!name.ends_with("_fen"), "{name}: {other}"),
            }
        }
    }

    (count, sums)
}

pub fn parquet_bytes(file: Vec<u8>) -> axum::body::Bytes {
    file.into()
}
