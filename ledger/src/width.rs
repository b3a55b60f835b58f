//! Full-width forms: Chinese input methods write `２０２１`, `（` and `，` where a program expects
//! `2021`, `(` and `,`.

/// `text` with every full-width ASCII form (U+FF01–U+FF5E) replaced by its ASCII character, the
/// full-width yen sign by U+00A5, and the ideographic and no-break spaces by a plain space. Other
/// characters stay.
pub fn fold(text: &str) -> String {
    text.chars().map(fold_character).collect()
}

/// One character of [`fold`].
pub fn fold_character(character: char) -> char {
    match character {
        '\u{FF01}'..='\u{FF5E}' => {
            char::from_u32(u32::from(character) - 0xFEE0).unwrap_or(character)
        }
        '\u{FFE5}' => '\u{A5}',
        '\u{3000}' | '\u{A0}' => ' ',
        _ => character,
    }
}

/// The first 80 characters of `text`: how much of a refused text an error repeats.
pub(crate) fn excerpt(text: &str) -> String {
    text.chars().take(80).collect()
}
