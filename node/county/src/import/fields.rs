//! The form of names and accounts. No error repeats what it is about.

/// Most characters of a name.
const NAME_CHARACTERS_MAX: usize = 60;

/// Most characters of other texts.
const TEXT_CHARACTERS_MAX: usize = 60;

/// Why a field is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FieldError {
    /// Nothing in it.
    #[error("is empty 未填写")]
    Empty,
    /// A spreadsheet program rounded it.
    #[error("is stored as a number, which loses digits: format the column as text 请设为文本格式")]
    StoredAsNumber,
    /// Too long.
    #[error("is longer than {TEXT_CHARACTERS_MAX} characters 过长")]
    Long,
    /// A character that no name has.
    #[error("character {position} belongs to no name 姓名中有不该有的字符")]
    Character {
        /// Its position, from 1.
        position: usize,
    },
    /// Not 10 to 30 digits.
    #[error("an account has 10 to 30 digits, not {found} 账号位数不对")]
    Digits {
        /// How many there are.
        found: usize,
    },
    /// Something else than digits in an account.
    #[error("an account has digits only 账号只能是数字")]
    NotDigits,
    /// The last digit of a card's number does not fit the others (ISO/IEC 7812-1).
    #[error("the check digit of the card is wrong 银行卡号校验位不对")]
    CheckDigit,
    /// A text that a spreadsheet program would compute, or that does not print.
    #[error("holds a character that it must not 含有不允许的字符")]
    Unprintable,
}

/// A name: letters of any script, with spaces, points and hyphens between them. What a spreadsheet
/// program would compute is none.
pub fn name(text: &str) -> Result<String, FieldError> {
    let text = text.trim();
    if text.is_empty() {
        return Err(FieldError::Empty);
    }
    if text.chars().count() > NAME_CHARACTERS_MAX {
        return Err(FieldError::Long);
    }
    let belongs = |letter: char, position: usize| {
        letter.is_alphabetic() || (position > 0 && " ·•.-()".contains(letter))
    };
    match text.chars().enumerate().find(|(position, letter)| !belongs(*letter, *position)) {
        Some((position, _)) => Err(FieldError::Character { position: position + 1 }),
        None => Ok(text.to_owned()),
    }
}

/// An account: 10 to 30 digits. Numbers of UnionPay cards (62…, 16 or 19 digits) have a check
/// digit; accounts of passbooks have none that all banks share.
pub fn account(text: &str) -> Result<String, FieldError> {
    let digits: String =
        text.chars().filter(|letter| !letter.is_whitespace() && *letter != '-').collect();
    if digits.is_empty() {
        return Err(FieldError::Empty);
    }
    if !digits.bytes().all(|digit| digit.is_ascii_digit()) {
        return Err(FieldError::NotDigits);
    }
    if !(10..=30).contains(&digits.len()) {
        return Err(FieldError::Digits { found: digits.len() });
    }
    let is_card = digits.starts_with("62") && matches!(digits.len(), 16 | 19);
    if is_card && !has_check_digit(&digits) {
        return Err(FieldError::CheckDigit);
    }
    Ok(digits)
}

/// The sum of Luhn: from the right, every second digit is doubled.
fn has_check_digit(digits: &str) -> bool {
    let sum: u32 = digits
        .bytes()
        .rev()
        .enumerate()
        .map(|(place, digit)| {
            let digit = u32::from(digit & 0x0F) << (place % 2);
            if digit > 9 { digit - 9 } else { digit }
        })
        .sum();
    sum.is_multiple_of(10)
}

/// A short text that may be empty.
pub fn short(text: &str) -> Result<String, FieldError> {
    let text = text.trim();
    if text.chars().count() > TEXT_CHARACTERS_MAX {
        return Err(FieldError::Long);
    }
    let is_formula = text.starts_with(['=', '+', '-', '@']);
    if is_formula || text.chars().any(|letter| letter.is_control() || letter == '"') {
        return Err(FieldError::Unprintable);
    }
    Ok(text.to_owned())
}
