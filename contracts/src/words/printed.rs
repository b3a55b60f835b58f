//! Names that an import made of a printed notice, as sentences say them: without the key of the
//! file that the notice was entered from, which says nothing to a reader, and without saying that
//! something is not printed. The name itself stands whole beside the sentence.

/// What stands between the parts of such a name.
const JOINT: char = '·';

/// What stands where a notice prints no number of a document.
const NOT_PRINTED: &str = "未印文号";

/// The name of a line.
pub(super) fn line(name: &str) -> String {
    let Some((first, rest)) = name.split_once(JOINT).filter(|(first, _)| is_key(first)) else {
        return name.to_owned();
    };
    let is_said = |part: &&str| !part.is_empty() && *part != NOT_PRINTED;
    let said: Vec<&str> = rest.split(JOINT).filter(is_said).collect();
    if said.is_empty() { first.to_owned() } else { said.join("·") }
}

/// The reference of a payment or project, in Chinese and in English.
pub(super) fn reference(reference: &str) -> (String, String) {
    let row = reference.split_once('#').filter(|(key, _)| is_key(key));
    let row = row.map(|(_, row)| row.split_once('/').map_or(row, |(row, _)| row));
    match row.filter(|row| !row.is_empty() && row.bytes().all(|byte| byte.is_ascii_digit())) {
        Some(row) => (format!("公告第{row}行"), format!("row {row} of the notice")),
        None => (reference.to_owned(), reference.to_owned()),
    }
}

/// Whether this is the key of a file of a notice: small letters, digits and at least one `_`.
fn is_key(text: &str) -> bool {
    let is_of_key = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    text.contains('_') && text.bytes().all(is_of_key)
}
