//! A beneficiary's receipt.

use minglian_ledger::subsidy::leaf::OpeningError;
use minglian_ledger::subsidy::pedersen::Amount;
use minglian_ledger::subsidy::receipt::{
    RECEIPT_BYTES, RECEIPT_CHARACTERS, Receipt, ReceiptError, crc32,
};

use super::fixture::{identity, key, name, open_leaf};

fn receipt(index: u32, amount: u32) -> Receipt {
    let batch = name().id();
    Receipt::new(&batch, index, Amount(amount), key(index).leaf_seed(&batch))
}

#[test]
fn a_receipt_opens_its_leaf() {
    let batch = name().id();
    let leaf = open_leaf(&batch, 7, 6_000).leaf;
    let receipt = receipt(7, 6_000);
    let text = receipt.to_text();
    assert_eq!(receipt.encode().len(), RECEIPT_BYTES);
    assert_eq!(text.len(), RECEIPT_CHARACTERS);
    assert_eq!(receipt.check(&batch, &leaf, &identity(7)), Ok(()));
    let spaced: String = text
        .to_lowercase()
        .as_bytes()
        .chunks(5)
        .map(|it| format!("{} - ", String::from_utf8_lossy(it)))
        .collect();
    let wide: String =
        text.chars().map(|it| char::from_u32(u32::from(it) + 0xFEE0).unwrap()).collect();
    for written in [text.as_str(), &spaced, &wide] {
        let read = Receipt::parse(written).unwrap_or_else(|error| panic!("{written}: {error}"));
        assert_eq!(read.check(&batch, &leaf, &identity(7)), Ok(()));
        assert_eq!(*read.to_text(), *text);
    }
    assert_eq!(crc32(b"123456789"), 0xCBF4_3926, "the check value of CRC-32");
}

#[test]
fn every_misread_character_is_found() {
    let text = receipt(7, 6_000).to_text();
    for place in 0..RECEIPT_CHARACTERS {
        for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".chars() {
            let mut other: Vec<char> = text.chars().collect();
            if other[place] == letter {
                continue;
            }
            other[place] = letter;
            let other: String = other.into_iter().collect();
            let error = Receipt::parse(&other).err();
            let found = matches!(error, Some(ReceiptError::Checksum | ReceiptError::Text));
            assert!(found, "{place} {letter}: {error:?}");
        }
    }
    for other in ["", "A", &text[1..], &format!("{}A", *text), &text.replace(&text[..1], "0")] {
        assert_eq!(Receipt::parse(other).err(), Some(ReceiptError::Text));
    }
    assert_eq!(Receipt::parse(&"A".repeat(10_000)).err(), Some(ReceiptError::Text));
    let mut newer = receipt(7, 6_000).encode()[..49].to_vec();
    newer[0] = 2;
    let sum = crc32(&newer);
    newer.extend(sum.to_le_bytes());
    assert_eq!(Receipt::decode(&newer).err(), Some(ReceiptError::Version { found: 2 }));
}

#[test]
fn a23_one_leaf_printed_for_two_people_fails_for_one() {
    let batch = name().id();
    let leaf = open_leaf(&batch, 7, 6_000).leaf;
    // The county prints the same slip for the neighbour: everything fits but the person.
    let slip = Receipt::parse(&receipt(7, 6_000).to_text()).unwrap();
    assert_eq!(slip.check(&batch, &leaf, &identity(7)), Ok(()));
    let person = Err(ReceiptError::Leaf(OpeningError::Person));
    assert_eq!(slip.check(&batch, &leaf, &identity(8)), person);
    // Other amounts, leaves, seeds and batches.
    let amount = Err(ReceiptError::Leaf(OpeningError::Amount));
    assert_eq!(receipt(7, 3_000).check(&batch, &leaf, &identity(7)), amount);
    let index = Err(ReceiptError::Leaf(OpeningError::Index { expected: 8, found: 7 }));
    assert_eq!(receipt(8, 6_000).check(&batch, &leaf, &identity(7)), index);
    let other_seed = Receipt::new(&batch, 7, Amount(6_000), key(8).leaf_seed(&batch));
    assert_eq!(other_seed.check(&batch, &leaf, &identity(7)), amount);
    let mut again = name();
    again.attempt = 1;
    assert_eq!(slip.check(&again.id(), &leaf, &identity(7)), Err(ReceiptError::Batch));
}
