//! Digits of every script, as people write or disguise them.

/// Zeros of the scripts that have ten digits in a row (Unicode 14, general category Nd).
const ZEROS: [u32; 66] = [
    0x0660, 0x06F0, 0x07C0, 0x0966, 0x09E6, 0x0A66, 0x0AE6, 0x0B66, 0x0BE6, 0x0C66, 0x0CE6, 0x0D66,
    0x0DE6, 0x0E50, 0x0ED0, 0x0F20, 0x1040, 0x1090, 0x17E0, 0x1810, 0x1946, 0x19D0, 0x1A80, 0x1A90,
    0x1B50, 0x1BB0, 0x1C40, 0x1C50, 0x2080, 0xA620, 0xA8D0, 0xA900, 0xA9D0, 0xA9F0, 0xAA50, 0xABF0,
    0x104A0, 0x10D30, 0x11066, 0x110F0, 0x11136, 0x111D0, 0x112F0, 0x11450, 0x114D0, 0x11650,
    0x116C0, 0x11730, 0x118E0, 0x11950, 0x11C50, 0x11D50, 0x11DA0, 0x16A60, 0x16AC0, 0x16B50,
    0x1D7CE, 0x1D7D8, 0x1D7E2, 0x1D7EC, 0x1D7F6, 0x1E140, 0x1E2F0, 0x1E950, 0x1F101, 0x1FBF0,
];

/// Other characters with the value of a digit (circled, in brackets, raised, …): the first, its
/// value, and how many follow one another.
const OTHERS: [(u32, u32, u32); 19] = [
    (0x00B2, 2, 2),
    (0x00B9, 1, 1),
    (0x1369, 1, 9),
    (0x19DA, 1, 1),
    (0x2070, 0, 1),
    (0x2074, 4, 6),
    (0x2460, 1, 9),
    (0x2474, 1, 9),
    (0x2488, 1, 9),
    (0x24EA, 0, 1),
    (0x24F5, 1, 9),
    (0x24FF, 0, 1),
    (0x2776, 1, 9),
    (0x2780, 1, 9),
    (0x278A, 1, 9),
    (0x10A40, 1, 4),
    (0x10E60, 1, 9),
    (0x11052, 1, 9),
    (0x1F100, 0, 1),
];

/// The digit that a character stands for.
pub(super) fn of(character: char) -> Option<char> {
    if character.is_ascii() {
        return character.is_ascii_digit().then_some(character);
    }
    let code = u32::from(character);
    // Most of what is written: no character of these stands for a digit.
    if (0x3000..0xA620).contains(&code) {
        return None;
    }
    let ten = ZEROS.iter().map(|zero| (*zero, 0, 10));
    let value = ten.chain(OTHERS).find_map(|(first, value, count)| {
        let place = code.checked_sub(first).filter(|place| *place < count)?;
        Some(value + place)
    });
    value.and_then(|value| char::from_digit(value, 10))
}

/// Whether a character shows nothing of its own: what joins, hides or decorates others.
pub(super) fn is_invisible(character: char) -> bool {
    matches!(
        u32::from(character),
        0xAD
            | 0x0300..=0x036F
            | 0x061C
            | 0x115F..=0x1160
            | 0x180B..=0x180E
            | 0x200B..=0x200F
            | 0x202A..=0x202E
            | 0x2060..=0x206F
            | 0x20D0..=0x20F0
            | 0x3164
            | 0xFE00..=0xFE0F
            | 0xFEFF
            | 0xFFA0
            | 0xE0000..=0xE01EF
    )
}
