//! Bounded text: every string on the ledger has a length limit and holds no control characters.

use std::fmt;
use std::io;

use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Deserializer, Serialize};

/// UTF-8 text of at most `MAX` bytes without control characters or direction overrides, neither of
/// which a public page could show as written.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default, BorshSerialize, Serialize)]
#[serde(transparent)]
pub struct Text<const MAX: usize>(String);

/// Why a string is not a [`Text`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TextError {
    /// Longer than the field allows.
    #[error("text of {bytes} bytes is longer than the {limit} this field holds")]
    TooLong {
        /// Its length in bytes.
        bytes: usize,
        /// The field's limit in bytes.
        limit: usize,
    },
    /// Holds a control character or a direction override.
    #[error("text holds the character U+{code_point:04X}, which cannot be shown as written")]
    ForbiddenCharacter {
        /// The character's code point.
        code_point: u32,
    },
}

/// Whether a character may not stand in a [`Text`]: controls, bidirectional overrides and isolates,
/// line and paragraph separators.
fn is_forbidden(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{2028}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{FEFF}')
}

impl<const MAX: usize> Text<MAX> {
    /// Checks length and characters.
    pub fn new(text: impl Into<String>) -> Result<Self, TextError> {
        let text = text.into();
        if text.len() > MAX {
            return Err(TextError::TooLong { bytes: text.len(), limit: MAX });
        }
        if let Some(character) = text.chars().find(|&character| is_forbidden(character)) {
            return Err(TextError::ForbiddenCharacter { code_point: u32::from(character) });
        }
        Ok(Self(text))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether nothing is written.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<const MAX: usize> fmt::Display for Text<MAX> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl<const MAX: usize> fmt::Debug for Text<MAX> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, formatter)
    }
}

impl<const MAX: usize> BorshDeserialize for Text<MAX> {
    fn deserialize_reader<R: io::Read>(reader: &mut R) -> io::Result<Self> {
        let length = u32::deserialize_reader(reader)? as usize;
        if length > MAX {
            let error = TextError::TooLong { bytes: length, limit: MAX };
            return Err(io::Error::new(io::ErrorKind::InvalidData, error));
        }
        let mut bytes = vec![0; length];
        reader.read_exact(&mut bytes)?;
        let text = String::from_utf8(bytes)
            .map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))?;
        Self::new(text).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))
    }
}

impl<'de, const MAX: usize> Deserialize<'de> for Text<MAX> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::new(<String as Deserialize>::deserialize(deserializer)?)
            .map_err(serde::de::Error::custom)
    }
}
