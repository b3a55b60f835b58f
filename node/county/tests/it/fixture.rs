//! A county with a roll that tests change.

use minglian_county::batch::{self, LedgerTerms, LotTerms, Made};
use minglian_county::enrol;
use minglian_county::generated;
use minglian_county::import::{self, ImportReport, ImportTerms};
use minglian_county::month::{self, Plan};
use minglian_county::programme::Programme;
use minglian_county::roll::Roll;
use minglian_county::sheet::{Cell, Row, Sheet};
use minglian_ledger::date::{Date, Month};
use minglian_ledger::organization_code::OrganizationCode;
use minglian_ledger::subsidy::pedersen::G_BYTES;
use minglian_ledger::text::Text;
use rand::SeedableRng as _;
use rand::rngs::StdRng;

pub fn random() -> StdRng {
    StdRng::seed_from_u64(11)
}

pub fn county() -> OrganizationCode {
    OrganizationCode::parse("11341122MLDEM00015").unwrap()
}

pub fn month(text: &str) -> Month {
    text.parse().unwrap()
}

pub fn date(text: &str) -> Date {
    text.parse().unwrap()
}

/// 来安县's programme, for a list of at least two.
pub fn programme() -> Programme {
    let mut programme = Programme::parse(generated::LAIAN_PROGRAMME).unwrap();
    programme.handles_min = 2;
    programme
}

pub fn roll() -> Roll {
    let mut roll = Roll::new(county());
    roll.add_programme(programme()).unwrap();
    roll
}

pub fn sheet(header: &[&str], rows: &[&[&str]]) -> Sheet {
    let cell = |text: &&str| Cell { text: (*text).to_owned(), is_number: false };
    let row =
        |(cells, number): (&&[&str], u64)| Row { number, cells: cells.iter().map(cell).collect() };
    let header = header.iter().map(|title| (*title).to_owned()).collect();
    Sheet { header, rows: rows.iter().zip(2..).map(row).collect() }
}

pub const HEADER: [&str; 4] = ["姓名", "身份证号", "银行账号", "档案号"];

pub fn terms(by: &str) -> ImportTerms<'_> {
    ImportTerms {
        programme: 1,
        from: month("2012-12"),
        on: date("2012-11-20"),
        by,
        is_active: true,
        updates: false,
    }
}

pub fn import(roll: &mut Roll, sheet: &Sheet, terms: &ImportTerms<'_>) -> ImportReport {
    import::import(roll, sheet, terms, &mut random()).unwrap()
}

/// Twelve people of 85, 95 and 101, on the roll and enrolled; case files F1 to F12.
pub fn twelve() -> Roll {
    let mut roll = roll();
    let rows: Vec<[String; 4]> = (1..=12_u16).map(person).collect();
    let cells: Vec<Vec<&str>> =
        rows.iter().map(|row| row.iter().map(String::as_str).collect()).collect();
    let cells: Vec<&[&str]> = cells.iter().map(Vec::as_slice).collect();
    let report = import(&mut roll, &sheet(&HEADER, &cells), &terms("录入员"));
    assert_eq!((report.faults.as_slice(), report.begun), (&[][..], 12));
    assert_eq!(enrol::enrol(&mut roll, 1, 2012, &mut random()), Ok(12));
    roll
}

/// The cells of person `number`: 1 to 8 are 85, 9 to 11 are 95, 12 is 101.
pub fn person(number: u16) -> [String; 4] {
    let year = match number {
        ..=8 => 1927,
        9..=11 => 1917,
        _ => 1911,
    };
    let identity = generated::identity(year, 5, 6, u32::from(number));
    ["甲样".to_owned(), identity, format!("90000000{number:08}"), format!("F{number}")]
}

pub fn identity(number: u16) -> String {
    let [_, identity, _, _] = person(number);
    identity
}

pub fn plan(roll: &Roll, period: &str, is_supplementary: bool) -> Plan {
    month::plan(roll, 1, month(period), 2012, is_supplementary).unwrap()
}

pub fn ledger_terms(plan: &Plan) -> LedgerTerms {
    LedgerTerms {
        chain_id: Text::new("minglian-test").unwrap(),
        enrolment_root: "07".repeat(32),
        // Any point serves as a key that nobody has.
        escrow_key: G_BYTES.iter().map(|byte| format!("{byte:02x}")).collect(),
        lots: vec![LotTerms { inflow: 9, amount: plan.total }],
    }
}

/// Makes a batch and keeps it in the roll; its place.
pub fn pay(roll: &mut Roll, plan: &Plan) -> (usize, Made) {
    let terms = ledger_terms(plan);
    let place = batch::reserve(roll, plan, &terms.chain_id, false).unwrap();
    let made = batch::make(roll, plan, place, &terms, 2, &|_| ()).unwrap();
    batch::record(roll, place, &made);
    (place, made)
}
