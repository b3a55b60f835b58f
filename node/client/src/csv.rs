//! Lines of CSV for spreadsheet programs, for everything that is handed out as such a file.
//!
//! Names on the ledger are other people's words, so what a spreadsheet would take for a formula
//! stands behind an apostrophe, and so does what begins with one: whoever takes away one
//! apostrophe from each cell that begins with one has the text again.

/// Text that no spreadsheet takes for a formula. Full-width signs count too: some programs fold
/// them; and so does a sign behind what is not seen.
pub fn safe(text: &str) -> String {
    let first = text.chars().find(|letter| !is_unseen(*letter));
    let is_formula = first.is_some_and(|first| {
        matches!(first, '=' | '+' | '-' | '@' | '＝' | '＋' | '－' | '＠' | '\t' | '\r' | '\n')
    });
    if is_formula || text.starts_with('\'') { format!("'{text}") } else { text.to_owned() }
}

/// Spaces, and letters without width, which programs may drop; not the control characters, with
/// which some cells are formulas.
fn is_unseen(letter: char) -> bool {
    let is_space = letter.is_whitespace() && !letter.is_control();
    is_space || matches!(letter, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}')
}

/// A line. A cell with a comma, a quotation mark or a line's end is quoted.
pub fn line(cells: impl IntoIterator<Item = impl AsRef<str>>) -> String {
    let mut text = String::new();
    for (place, cell) in cells.into_iter().enumerate() {
        let cell = cell.as_ref();
        if place > 0 {
            text.push(',');
        }
        if cell.contains([',', '"', '\r', '\n']) {
            text.push('"');
            text.push_str(&cell.replace('"', "\"\""));
            text.push('"');
        } else {
            text.push_str(cell);
        }
    }
    text.push_str("\r\n");
    text
}
