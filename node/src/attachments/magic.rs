//! Whether bytes are what they are said to be, by how they begin; text by being UTF-8 throughout.

use minglian_ledger::deposit::MediaType;

/// Bytes at the beginning by which types are told apart.
const HEAD_BYTES: usize = 8;

/// Most bytes of one character in UTF-8, less one: what may be left of it in front of the next
/// piece.
const REST_BYTES_MAX: usize = 3;

/// Looks at an attachment as it comes.
#[derive(Debug)]
pub struct Magic {
    media_type: MediaType,
    head: Vec<u8>,
    /// The beginning of a character whose end has not come.
    rest: Vec<u8>,
    is_wrong: bool,
}

impl Magic {
    /// Looks whether it is a `media_type`.
    pub fn new(media_type: MediaType) -> Self {
        Self { media_type, head: Vec::new(), rest: Vec::new(), is_wrong: false }
    }

    /// Looks at the next bytes; `false` as soon as they cannot be of the type.
    pub fn look(&mut self, bytes: &[u8]) -> bool {
        if self.is_text() {
            self.is_wrong = self.is_wrong || !self.look_at_text(bytes);
        } else if self.head.len() < HEAD_BYTES {
            let room = HEAD_BYTES - self.head.len();
            self.head.extend_from_slice(&bytes[..room.min(bytes.len())]);
            self.is_wrong = self.head.len() == HEAD_BYTES && !self.begins_right();
        }
        !self.is_wrong
    }

    /// Whether all of it was of the type.
    pub fn finish(&self) -> bool {
        !self.is_wrong && self.rest.is_empty() && (self.is_text() || self.begins_right())
    }

    fn is_text(&self) -> bool {
        matches!(self.media_type, MediaType::Csv | MediaType::Text)
    }

    fn begins_right(&self) -> bool {
        let beginning: &[u8] = match self.media_type {
            MediaType::Pdf => b"%PDF-",
            MediaType::Png => b"\x89PNG\r\n\x1a\n",
            MediaType::Jpeg => b"\xff\xd8\xff",
            MediaType::Xlsx | MediaType::Docx | MediaType::Ofd => b"PK\x03\x04",
            MediaType::Csv | MediaType::Text => b"",
        };
        self.head.starts_with(beginning)
    }

    /// Text is UTF-8 without controls but tabs and line ends, so that no program hides in it.
    fn look_at_text(&mut self, bytes: &[u8]) -> bool {
        let joined;
        let bytes = if self.rest.is_empty() {
            bytes
        } else {
            joined = [self.rest.as_slice(), bytes].concat();
            &joined
        };
        let (valid, rest) = match std::str::from_utf8(bytes) {
            Ok(text) => (text, &[][..]),
            Err(error) if error.error_len().is_some() => return false,
            Err(error) => {
                let (valid, rest) = bytes.split_at(error.valid_up_to());
                (std::str::from_utf8(valid).unwrap_or_default(), rest)
            }
        };
        let has_control = valid
            .chars()
            .any(|character| character.is_control() && !matches!(character, '\t' | '\n' | '\r'));
        if has_control || rest.len() > REST_BYTES_MAX {
            return false;
        }
        self.rest = rest.to_vec();
        true
    }
}
