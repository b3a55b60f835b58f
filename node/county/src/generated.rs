//! Rolls of people whom nobody has ever met, for tests, measurements and demonstrations. Numbers
//! begin with 999999, which is no region; all follow from a seed.

use minglian_ledger::date::Month;
use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};

use crate::sheet::{Cell, Row, Sheet};

const FAMILY: [&str; 8] = ["甲", "乙", "丙", "丁", "戊", "己", "庚", "辛"];
const GIVEN: [&str; 8] = ["样一", "样二", "样三", "样四", "样五", "样六", "样七", "样八"];
const TOWNSHIPS: [&str; 4] = ["示例镇", "样板镇", "测试乡", "演示乡"];

/// Weights of the check character (ISO 7064, MOD 11-2).
const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
const CHECK_CHARACTERS: [char; 11] = ['1', '0', 'X', '9', '8', '7', '6', '5', '4', '3', '2'];

/// So many people of an age, from `age_from` to below `age_below`.
#[derive(Debug, Clone, Copy)]
pub struct Group {
    /// How many.
    pub count: usize,
    /// Youngest age on the last day of the month.
    pub age_from: u16,
    /// First age above.
    pub age_below: u16,
}

/// 来安县 in December 2012, as published: 8,523 of 80 to 89, 675 of 90 to 99, 8 of 100 and more.
pub const LAIAN_2012: [Group; 3] = [
    Group { count: 8_523, age_from: 80, age_below: 90 },
    Group { count: 675, age_from: 90, age_below: 100 },
    Group { count: 8, age_from: 100, age_below: 105 },
];

/// 来安县's old-age allowance of 2012: 30, 60 and 300 元 a month.
pub const LAIAN_PROGRAMME: &str = r#"
number = 1
name = "高龄津贴"
group = 1
standards_version = 1
effective_from = "2012-12"
reference_day = "last"
death_month_is_paid = true
posting_days = 7
handles_min = 30

[[band]]
age_from = 80
age_below = 90
standard_fen = 3000

[[band]]
age_from = 90
age_below = 100
standard_fen = 6000

[[band]]
age_from = 100
standard_fen = 30000
"#;

/// An identity number of nobody: region 999999, the person `sequence` of those born that day and,
/// by `year`, `month` and `day`, then. Sequences above 999 give other regions of 99.
pub fn identity(year: u16, month: u8, day: u8, sequence: u32) -> String {
    let region = 999_999_u32.saturating_sub(sequence / 1_000);
    let body = format!("{region:06}{year:04}{month:02}{day:02}{:03}", sequence % 1_000);
    let sum: u32 =
        body.bytes().zip(WEIGHTS).map(|(digit, weight)| u32::from(digit & 0x0F) * weight).sum();
    let place = usize::try_from(sum % 11).unwrap_or(0);
    format!("{body}{}", CHECK_CHARACTERS.get(place).copied().unwrap_or('0'))
}

/// A sheet of generated people of these ages in `month`, in random order.
pub fn sheet(groups: &[Group], month: Month, seed: u64) -> Sheet {
    let mut random = StdRng::seed_from_u64(seed);
    let mut rows = Vec::new();
    let mut sequence = 0_u32;
    for group in groups {
        for _ in 0..group.count {
            // Born by November of a year, so that a December's ages are as asked for.
            let age = random.gen_range(group.age_from..group.age_below);
            let year = month.year().saturating_sub(age);
            let (born, day) = (random.gen_range(1..=month.month()), random.gen_range(1..=28));
            let family = FAMILY[random.gen_range(0..FAMILY.len())];
            let given = GIVEN[random.gen_range(0..GIVEN.len())];
            let account = format!("99{:014}", u64::from(sequence) * 7 + 1_000_000);
            let township = TOWNSHIPS[random.gen_range(0..TOWNSHIPS.len())];
            let person = identity(year, born, day, sequence);
            rows.push([
                format!("{family}{given}"),
                person,
                account,
                "示例银行".to_owned(),
                township.to_owned(),
            ]);
            sequence += 1;
        }
    }
    rand::seq::SliceRandom::shuffle(rows.as_mut_slice(), &mut random);
    let header = ["姓名", "身份证号", "银行账号", "开户银行", "乡镇"];
    let cell = |text: String| Cell { text, is_number: false };
    Sheet {
        header: header.map(str::to_owned).to_vec(),
        rows: rows
            .into_iter()
            .zip(2_u64..)
            .map(|(cells, number)| Row { number, cells: cells.map(cell).to_vec() })
            .collect(),
    }
}

/// The same as CSV text, with CRLF.
pub fn csv(sheet: &Sheet) -> String {
    let mut text = sheet.header.join(",");
    text.push_str("\r\n");
    for row in &sheet.rows {
        let cells: Vec<&str> = row.cells.iter().map(|cell| cell.text.as_str()).collect();
        text.push_str(&cells.join(","));
        text.push_str("\r\n");
    }
    text
}
