//! Deposits: what is signed, and what is refused.

use minglian_ledger::deposit::{
    self, Class, Content, DEPOSIT_BYTES_MAX, Deposit, DepositBody, DepositError, MediaType,
};
use minglian_ledger::hash::{AttachmentHash, AttachmentHasher, Commitment};
use minglian_ledger::keys::SigningKey;
use minglian_ledger::organization_code::OrganizationCode;
use minglian_ledger::text::Text;

fn body(class: Class) -> DepositBody {
    let hash = AttachmentHash::of(&[b"a photo"]);
    let content = Content::Attachment { hash, media_type: MediaType::Jpeg, bytes: 7 };
    let division = minglian_ledger::division::Division::new(341_122).unwrap();
    DepositBody {
        chain_id: Text::new("c".repeat(64)).unwrap(),
        organization: OrganizationCode::for_demonstration(division, "home"),
        class,
        content,
    }
}

#[test]
fn a_deposit_reads_as_written_and_nothing_of_it_can_be_changed() {
    let key = SigningKey::from_bytes(&[7; 32]);
    let deposit = Deposit::sign(body(Class::Personal), &key);
    let encoded = deposit.encode();
    assert!(encoded.len() <= DEPOSIT_BYTES_MAX);
    assert_eq!(Deposit::decode(&encoded).unwrap(), deposit);
    deposit.verify().unwrap();

    let lowered = Deposit { body: body(Class::Public), ..deposit.clone() };
    assert!(lowered.verify().is_err(), "the class is signed");
    let trailing = [encoded.clone(), vec![0]].concat();
    assert!(matches!(Deposit::decode(&trailing), Err(DepositError::Malformed(_))));
    let long = vec![0; DEPOSIT_BYTES_MAX + 1];
    assert!(matches!(Deposit::decode(&long), Err(DepositError::TooLarge(_))));
}

#[test]
fn an_attachment_has_one_name_however_it_is_cut() {
    let bytes: Vec<u8> = (0..100_000_u32).flat_map(u32::to_le_bytes).collect();
    let mut hasher = AttachmentHasher::default();
    bytes.chunks(777).for_each(|piece| hasher.update(piece));
    assert_eq!(hasher.finish(), AttachmentHash::of(&[&bytes]));
}

#[test]
fn types_have_their_endings_and_a_commitment_takes_the_salt_first() {
    for known in MediaType::ALL {
        assert_eq!(known.extension().parse::<MediaType>().unwrap(), *known);
    }
    assert_eq!("JPEG".parse::<MediaType>().unwrap(), MediaType::Jpeg);
    assert!("exe".parse::<MediaType>().is_err());
    let salt = [9; 16];
    assert_eq!(deposit::commit(&salt, "张三"), Commitment::of(&[&salt, "张三".as_bytes()]));
}
