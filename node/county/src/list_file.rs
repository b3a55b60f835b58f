//! Lines of the files that show persons: the bank's and the clerk's. All go through the one writer
//! of CSV. Cells are people's words: none moves a column, and no spreadsheet program computes one.

use minglian_client::csv;
use zeroize::{Zeroize as _, Zeroizing};

/// What banks' programs divide lines by, and the mark that many of them do not take off again.
pub(crate) const SEPARATORS: [char; 4] = [',', ';', '|', '"'];

/// A text as a cell. A record is one line, so what controls a printer becomes a space.
pub(crate) fn cell(text: &str) -> Zeroizing<String> {
    let line: String =
        text.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect();
    let line = Zeroizing::new(line);
    Zeroizing::new(csv::safe(&line))
}

/// The same for a bank, which may read no quotation marks: nothing in it divides a line.
pub(crate) fn undivided(text: &str) -> Zeroizing<String> {
    let mut whole = text.replace(SEPARATORS, " ");
    let cell = cell(&whole);
    whole.zeroize();
    cell
}

/// An account. A tab before it keeps spreadsheet programs from making a number of it.
pub(crate) fn account(digits: &str) -> Zeroizing<String> {
    let cell = undivided(digits);
    Zeroizing::new(["\t", &cell].concat())
}

/// Adds a line.
pub(crate) fn push(list: &mut Zeroizing<String>, cells: &[Zeroizing<String>]) {
    let line = Zeroizing::new(csv::line(cells));
    list.push_str(&line);
}
