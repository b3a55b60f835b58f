//! What notices print: amounts, dates, document numbers, codes, divisions, personal numbers.
#![no_main]

use libfuzzer_sys::fuzz_target;
use minglian_ledger::date::{Date, Month};
use minglian_ledger::document_number::{DocumentNumber, DocumentNumberSet};
use minglian_ledger::fen::{Fen, Unit};
use minglian_ledger::organization_code::OrganizationCode;
use minglian_ledger::{division, personal_number};

fuzz_target!(|text: &str| {
    for unit in Unit::ALL {
        if let Ok(amount) = Fen::parse_published(text, unit) {
            assert_eq!(Fen::parse_published(&amount.display_in(unit), unit), Ok(amount));
        }
    }
    if let Ok(date) = text.parse::<Date>() {
        assert_eq!(date.to_string(), text);
    }
    if let Ok(month) = text.parse::<Month>() {
        assert_eq!(month.to_string(), text);
    }
    if let Ok(read) = DocumentNumber::normalize(text) {
        let again = DocumentNumber::normalize(&read.canonical.to_string()).unwrap();
        assert_eq!((again.canonical, again.changed), (read.canonical, false));
    }
    let _ = DocumentNumberSet::normalize(text);
    if let Ok(code) = OrganizationCode::parse(text) {
        assert_eq!(OrganizationCode::parse(code.as_str()), Ok(code));
    }
    let _ = division::find_by_name(text);
    let _ = personal_number::find(text);
});
