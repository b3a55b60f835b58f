//! 统一社会信用代码 (GB 32100-2015): the 18 characters that name an organisation.

use std::fmt;
use std::io;
use std::str::FromStr;

use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest, Sha256};

use crate::division::Division;
use crate::width;

/// Characters in a code.
pub const CODE_CHARACTERS: usize = 18;

/// The standard's 31 characters in order of value: no I, O, S, V, Z.
const ALPHABET: &[u8; 31] = b"0123456789ABCDEFGHJKLMNPQRTUWXY";
/// Weights of the first 17 characters: 3^i mod 31.
const WEIGHTS: [u32; 17] = [1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28];
/// Weights of the first eight characters of the organisation part (GB 11714).
const ORGANIZATION_WEIGHTS: [u32; 8] = [3, 7, 9, 10, 5, 8, 4, 2];
/// Registration authority Y (其他) has only class 1 assigned, so Y9 never begins a real code.
const DEMONSTRATION_PREFIX: &[u8; 2] = b"Y9";
const DEMONSTRATION_LINE: &[u8] = b"minglian/demonstration-organization/v1\n";

/// A unified social credit code: 18 characters of the standard's alphabet.
///
/// **Invariant:** every byte is in the alphabet. The check digit is *not* part of the invariant:
/// some early lawful codes fail it, and so does one on a live government page, so a mismatch is a
/// warning ([`OrganizationCode::check`]) and never a refusal.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, BorshSerialize)]
pub struct OrganizationCode([u8; CODE_CHARACTERS]);

/// What the 18th character says about the other 17.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CheckDigit {
    /// It is the one the standard computes.
    Valid,
    /// It is another one: look at the certificate before trusting the code.
    Mismatch {
        /// The character the standard computes.
        expected: char,
    },
}

/// Why a text is not a code.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OrganizationCodeError {
    /// Not 18 characters.
    #[error("an organisation code has 18 characters, this has {characters}: {text:?}")]
    WrongLength {
        /// How many characters it has.
        characters: usize,
        /// The text as given, cut to 80 characters.
        text: String,
    },
    /// A character outside the standard's alphabet (I, O, S, V and Z are not in it).
    #[error("character {character:?} at place {place} is not used in organisation codes: {text:?}")]
    ForbiddenCharacter {
        /// The character.
        character: char,
        /// Its place, counted from 1.
        place: usize,
        /// The text as given, cut to 80 characters.
        text: String,
    },
}

impl OrganizationCode {
    /// Reads a code: surrounding spaces are dropped, full-width forms folded, letters put in upper
    /// case. The check digit is not looked at.
    pub fn parse(text: &str) -> Result<Self, OrganizationCodeError> {
        let folded = width::fold(text).trim().to_ascii_uppercase();
        let characters = folded.chars().count();
        if characters != CODE_CHARACTERS {
            let text = width::excerpt(text);
            return Err(OrganizationCodeError::WrongLength { characters, text });
        }
        let mut code = [0; CODE_CHARACTERS];
        for (index, (place, character)) in code.iter_mut().zip(folded.chars()).enumerate() {
            *place = in_alphabet(character).ok_or_else(|| {
                let text = width::excerpt(text);
                OrganizationCodeError::ForbiddenCharacter { character, place: index + 1, text }
            })?;
        }
        Ok(Self(code))
    }

    /// A **synthetic** code for a unit whose notice prints a name and no code: `Y9`, the division,
    /// eight characters of the hash of the name, and both check characters right. It names nothing
    /// outside this ledger, cannot equal a registered code, and is the same for the same division
    /// and name. Pages must show such a unit as one without a published code
    /// ([`OrganizationCode::is_demonstration`]).
    pub fn for_demonstration(division: Division, name: &str) -> Self {
        let hash = Sha256::new()
            .chain_update(DEMONSTRATION_LINE)
            .chain_update(division.code().to_be_bytes())
            .chain_update(name.as_bytes())
            .finalize();
        let mut number = hash.iter().take(8).fold(0_u64, |all, byte| all << 8 | u64::from(*byte));
        let mut code = [b'0'; CODE_CHARACTERS];
        code[..2].copy_from_slice(DEMONSTRATION_PREFIX);
        code[2..8].copy_from_slice(&division.digits());
        for place in &mut code[8..16] {
            *place = character_of_value(number % 31);
            number /= 31;
        }
        code[16] = organization_check(&code[8..16]);
        code[17] = check_character(&code);
        Self(code)
    }

    /// Whether [`OrganizationCode::for_demonstration`] made this code.
    pub fn is_demonstration(&self) -> bool {
        self.0.starts_with(DEMONSTRATION_PREFIX)
    }

    /// Compares the 18th character with the one the standard computes from the others.
    pub fn check(&self) -> CheckDigit {
        let expected = check_character(&self.0);
        if expected == self.0[CODE_CHARACTERS - 1] {
            CheckDigit::Valid
        } else {
            CheckDigit::Mismatch { expected: char::from(expected) }
        }
    }

    /// The first character: who registered it (5 is 民政, 9 is 市场监管, 1 is 机构编制).
    pub fn registration_authority(&self) -> char {
        char::from(self.0[0])
    }

    /// The division of registration (characters 3 to 8), if they are a division's code.
    pub fn division(&self) -> Option<Division> {
        std::str::from_utf8(&self.0[2..8]).ok()?.parse().ok()
    }

    /// The code as text.
    pub fn as_str(&self) -> &str {
        // The alphabet is ASCII, so the fallback is never taken.
        std::str::from_utf8(&self.0).unwrap_or_default()
    }

    /// The code's bytes, ASCII.
    pub fn as_bytes(&self) -> &[u8; CODE_CHARACTERS] {
        &self.0
    }
}

fn in_alphabet(character: char) -> Option<u8> {
    u8::try_from(character).ok().filter(|byte| ALPHABET.contains(byte))
}

fn value_of(byte: u8) -> u32 {
    let place = ALPHABET.iter().position(|character| *character == byte);
    place.and_then(|place| u32::try_from(place).ok()).unwrap_or_default()
}

fn character_of_value(value: u64) -> u8 {
    usize::try_from(value).ok().and_then(|value| ALPHABET.get(value).copied()).unwrap_or(b'0')
}

/// (31 − Σ value·weight mod 31) mod 31, as a character.
fn check_character(code: &[u8; CODE_CHARACTERS]) -> u8 {
    let sum: u32 = code.iter().zip(WEIGHTS).map(|(byte, weight)| value_of(*byte) * weight).sum();
    character_of_value(u64::from((31 - sum % 31) % 31))
}

/// The ninth character of an organisation part, by GB 11714: letters count from A = 10 without
/// gaps, and the remainder 10 is written X.
fn organization_check(part: &[u8]) -> u8 {
    let value = |byte: u8| char::from(byte).to_digit(36).unwrap_or_default();
    let sum: u32 =
        part.iter().zip(ORGANIZATION_WEIGHTS).map(|(byte, weight)| value(*byte) * weight).sum();
    match (11 - sum % 11) % 11 {
        10 => b'X',
        digit => character_of_value(u64::from(digit)),
    }
}

impl fmt::Display for OrganizationCode {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.as_str())
    }
}

impl fmt::Debug for OrganizationCode {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "OrganizationCode({})", self.as_str())
    }
}

impl FromStr for OrganizationCode {
    type Err = OrganizationCodeError;

    fn from_str(text: &str) -> Result<Self, OrganizationCodeError> {
        Self::parse(text)
    }
}

impl BorshDeserialize for OrganizationCode {
    /// Refuses bytes outside the alphabet: lower case is not a second encoding of the same code.
    fn deserialize_reader<R: io::Read>(reader: &mut R) -> io::Result<Self> {
        let code = <[u8; CODE_CHARACTERS]>::deserialize_reader(reader)?;
        let wrong = code.iter().position(|byte| !ALPHABET.contains(byte));
        if let Some(index) = wrong {
            let error = OrganizationCodeError::ForbiddenCharacter {
                character: char::from(code[index]),
                place: index + 1,
                text: String::from_utf8_lossy(&code).into_owned(),
            };
            return Err(io::Error::new(io::ErrorKind::InvalidData, error));
        }
        Ok(Self(code))
    }
}

impl Serialize for OrganizationCode {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for OrganizationCode {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text: String = Deserialize::deserialize(deserializer)?;
        Self::parse(&text).map_err(serde::de::Error::custom)
    }
}
