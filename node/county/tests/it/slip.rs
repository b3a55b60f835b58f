//! Receipts: what is printed checks, and nothing else does.

use minglian_county::bundle::{self, Bundle};
use minglian_county::slip::{self, SlipError};
use minglian_ledger::subsidy::identity_number::IdentityNumber;
use minglian_ledger::subsidy::leaf::OpeningError;
use minglian_ledger::subsidy::receipt::{Receipt, ReceiptError};

use crate::fixture::{identity, pay, plan, twelve};

#[test]
fn a_printed_receipt_checks_for_its_person_only() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("bundle");
    let mut roll = twelve();
    let plan = plan(&roll, "2012-12", false);
    let (place, made) = pay(&mut roll, &plan);
    bundle::write(&made, &path).unwrap();
    let bundle = Bundle::open(&path).unwrap();
    let number = IdentityNumber::parse(&identity(12)).unwrap();
    let page = slip::page(&roll, place, &number).unwrap();
    assert!(page.contains("300.00 元") && page.contains("<svg") && page.contains("高龄津贴"));
    assert!(!page.contains(&identity(12)), "the number is not on the paper");
    assert!(!page.contains("http") && !page.contains("src="), "it loads nothing");
    let printed = page.split("<code>").nth(1).unwrap().split("</code>").next().unwrap();
    let receipt = Receipt::parse(printed).unwrap();
    assert_eq!(receipt.amount.0, 30_000);
    slip::check(&receipt, &bundle, &number).unwrap();
    let other = IdentityNumber::parse(&identity(11)).unwrap();
    let refused = slip::check(&receipt, &bundle, &other);
    let person = ReceiptError::Leaf(OpeningError::Person);
    assert!(matches!(refused, Err(SlipError::Receipt(error)) if error == person));
    // Every single wrong character is noticed.
    let letters: Vec<char> = receipt.to_text().chars().collect();
    for place in 0..letters.len() - 1 {
        let mut altered = letters.clone();
        altered[place] = if altered[place] == 'A' { 'B' } else { 'A' };
        assert!(Receipt::parse(&altered.iter().collect::<String>()).is_err(), "letter {place}");
    }
}

#[test]
fn strangers_and_batches_that_do_not_pay_have_no_slip() {
    let mut roll = twelve();
    let plan = plan(&roll, "2012-12", false);
    let (place, _) = pay(&mut roll, &plan);
    let stranger = minglian_county::generated::identity(1920, 1, 1, 7);
    let stranger = IdentityNumber::parse(&stranger).unwrap();
    assert!(matches!(slip::page(&roll, place, &stranger), Err(SlipError::NotPaid)));
    let number = IdentityNumber::parse(&identity(1)).unwrap();
    roll.batches[place].progress = minglian_county::roll::batches::Progress::Replaced;
    assert!(matches!(slip::page(&roll, place, &number), Err(SlipError::DoesNotPay)));
}
