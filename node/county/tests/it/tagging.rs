//! Tags, from the roll to handles, with a key of two members in the test: who waits, who is
//! attested, who is enrolled elsewhere, what is done twice, and vaults that knew no tags.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use minglian_client::key_file::passphrase::Passphrase;
use minglian_county::attesting::{Attested, AttestingError, ToAttest};
use minglian_county::roll::Roll;
use minglian_county::roll::tags::{Fate, Stage};
use minglian_county::tagging::{self, AttestedCount, TaggingError};
use minglian_county::vault::Vault;
use minglian_ledger::height::LogIndex;
use minglian_ledger::keys::SigningKey;
use minglian_ledger::subsidy::encoding::PointBytes;
use minglian_ledger::subsidy::enrolment::{Tag, verify_tag};
use minglian_ledger::subsidy::evaluation;
use minglian_ledger::subsidy::key_generation::Seat;
use minglian_ledger::subsidy::threshold::Committee;
use minglian_ledger::subsidy::threshold::{KeyPurpose, KeyShare, Request, ThresholdKey};
use minglian_ledger::text::Text;
use minglian_ledger::transaction::ChainId;

use crate::fixture::{HEADER, county, import, person, random, roll, sheet, terms};

fn chain_id() -> ChainId {
    Text::new("minglian-test").unwrap()
}

fn attester() -> SigningKey {
    SigningKey::from_bytes(&[7; 32])
}

fn passphrase() -> Passphrase {
    Passphrase::new("correct horse battery".to_owned()).unwrap()
}

/// A roll of so many persons whose payments begin.
fn of(count: u16) -> Roll {
    let mut roll = roll();
    add(&mut roll, 1, count);
    roll
}

fn add(roll: &mut Roll, first: u16, count: u16) {
    let rows: Vec<[String; 4]> = (first..first + count).map(person).collect();
    let cells: Vec<Vec<&str>> =
        rows.iter().map(|row| row.iter().map(String::as_str).collect()).collect();
    let cells: Vec<&[&str]> = cells.iter().map(Vec::as_slice).collect();
    let report = import(roll, &sheet(&HEADER, &cells), &terms("录入员"));
    assert_eq!((report.faults.as_slice(), report.begun), (&[][..], usize::from(count)));
}

fn prepare(roll: &mut Roll) -> Result<usize, TaggingError> {
    tagging::prepare(roll, &chain_id(), (1, 2012), &mut random())
}

/// What the attester signs for everybody but these rows.
fn attest(roll: &Roll, left_out: &[usize]) -> Attested {
    let sealed = ToAttest::of(roll).unwrap().seal(&passphrase(), &mut random()).unwrap();
    let asked = ToAttest::open(&sealed, &passphrase()).unwrap();
    let signed = asked.attest(&attester(), &left_out.iter().copied().collect()).unwrap();
    Attested::parse(&serde_json::to_vec(&signed).unwrap()).unwrap()
}

/// Two members' key for tags, with both shares.
fn key() -> (ThresholdKey, Vec<KeyShare>) {
    let seat = |index| Seat { committee: 0, index, members: 2, threshold: 2 };
    let (first, first_dealing) = seat(1).deal(&mut random()).unwrap();
    let mut more = random();
    rand::RngCore::next_u64(&mut more);
    let (second, second_dealing) = seat(2).deal(&mut more).unwrap();
    let dealings = BTreeMap::from([(1, first_dealing.clone()), (2, second_dealing.clone())]);
    let (first, to_second) = first.receive(&BTreeMap::from([(2, second_dealing)])).unwrap();
    let (second, to_first) = second.receive(&BTreeMap::from([(1, first_dealing)])).unwrap();
    let shares = vec![
        first.finish(&BTreeMap::from([(2, to_first[&1].clone())])).unwrap(),
        second.finish(&BTreeMap::from([(1, to_second[&2].clone())])).unwrap(),
    ];
    let committee = Committee::of_dealings(2, &dealings).unwrap();
    let purpose = KeyPurpose::Tags { group: 1, epoch: 2012 };
    (ThresholdKey { chain_id: chain_id(), purpose, committees: vec![committee] }, shares)
}

/// What the members answer to a batch.
fn evaluated(roll: &Roll, number: u32) -> Vec<PointBytes> {
    let (key, shares) = key();
    let batch = roll.tags.iter().find(|batch| batch.number == number).unwrap();
    let points = batch.members.iter().map(|member| member.blinded.point).collect();
    let request = Request::new(&key, b"test", points).unwrap();
    let answers: Vec<_> = shares
        .iter()
        .map(|share| evaluation::evaluate(&request, share, &mut random()).unwrap())
        .collect();
    evaluation::combine(&request, &answers).unwrap()
}

/// Brings a batch from blinded to tagged.
fn tagged(roll: &mut Roll, number: u32) {
    let attested = attest(roll, &[]);
    tagging::take_attested(roll, &attested).unwrap();
    tagging::requested(roll, number, LogIndex(40 + u64::from(number))).unwrap();
    let results = evaluated(roll, number);
    tagging::unblind(roll, number, vec![1, 2], &results, &mut random()).unwrap();
}

fn tags(roll: &Roll) -> BTreeSet<Tag> {
    roll.tags.iter().flat_map(|it| &it.members).filter_map(|it| Some(it.tagged?.tag)).collect()
}

#[test]
fn a_roll_becomes_a_list_in_the_ledger_s_order() {
    let mut roll = of(12);
    assert_eq!(prepare(&mut roll), Ok(12));
    assert_eq!(prepare(&mut roll), Ok(0), "nobody is blinded twice");
    tagged(&mut roll, 1);
    let context = roll.tags[0].context(county());
    let results = evaluated(&roll, 1);
    for (member, evaluated) in roll.tags[0].members.iter().zip(&results) {
        let tagged = member.tagged.unwrap();
        let (blinded, tag) = (&member.blinded, tagged.tag);
        verify_tag(&context, blinded, tag, evaluated, &tagged.proof).unwrap();
        assert!(member.factor().is_none(), "it has served");
    }
    let entries = tagging::entries(&mut roll, 1).unwrap();
    let positions: Vec<u16> = entries.iter().map(|(position, _)| *position).collect();
    assert_eq!(positions, (0..12).collect::<Vec<_>>());
    let differs = Err(TaggingError::ListDiffers { vault: 0, ledger: 5 });
    assert_eq!(tagging::enrolled(&mut roll, 1, 5), differs);
    assert_eq!(tagging::enrolled(&mut roll, 1, 0), Ok(12));
    assert_eq!(tagging::enrolled(&mut roll, 1, 12), Err(TaggingError::Stage { number: 1 }));
    let handles = &roll.list(1, 2012).unwrap().handles;
    let persons: Vec<_> = roll.tags[0].members.iter().map(|member| member.person).collect();
    assert_eq!(handles, &persons);
    assert!(persons.windows(2).any(|pair| pair[0] > pair[1]), "in the roll's order");
    // The same persons in another vault have the same tags by other points.
    let mut other = of(12);
    tagging::prepare(&mut other, &chain_id(), (1, 2012), &mut rand::rngs::OsRng).unwrap();
    let point = |roll: &Roll| roll.tags[0].members[0].blinded.point;
    assert_ne!(point(&other), point(&roll));
    tagged(&mut other, 1);
    assert_eq!(tags(&other), tags(&roll));
    assert_eq!(prepare(&mut roll), Ok(0));
}

#[test]
fn few_wait_and_many_are_divided_evenly() {
    let mut few = of(9);
    assert_eq!(prepare(&mut few), Err(TaggingError::TooFew { waiting: 9 }));
    assert!(few.tags.is_empty());
    assert!(matches!(ToAttest::of(&few), Err(AttestingError::Nobody)));
    let mut many = of(325);
    assert_eq!(prepare(&mut many), Ok(325));
    let sizes: Vec<usize> = many.tags.iter().map(|batch| batch.members.len()).collect();
    assert_eq!(sizes, [109, 108, 108]);
    let persons: BTreeSet<_> =
        many.tags.iter().flat_map(|it| &it.members).map(|it| it.person.unwrap()).collect();
    assert_eq!(persons.len(), 325);
}

#[test]
fn whom_the_attester_leaves_out_waits() {
    let mut roll = of(12);
    prepare(&mut roll).unwrap();
    let attested = attest(&roll, &[2, 5]);
    let count = tagging::take_attested(&mut roll, &attested).unwrap();
    assert_eq!(count, AttestedCount { attested: 10, released: 2 });
    assert_eq!(roll.tags[0].stage(), Stage::Attested);
    assert_eq!(tagging::take_attested(&mut roll, &attested).unwrap(), AttestedCount::default());
    assert_eq!(prepare(&mut roll), Err(TaggingError::TooFew { waiting: 2 }));
    // Nine would be found out: all wait for others.
    let mut roll = of(12);
    prepare(&mut roll).unwrap();
    let attested = attest(&roll, &[1, 2, 3]);
    let count = tagging::take_attested(&mut roll, &attested).unwrap();
    assert_eq!(count, AttestedCount { attested: 0, released: 12 });
    assert_eq!(roll.tags[0].stage(), Stage::Done);
    assert_eq!(prepare(&mut roll), Ok(12));
}

#[test]
fn a_signature_over_something_else_is_refused() {
    let mut roll = of(12);
    prepare(&mut roll).unwrap();
    let mut attested = attest(&roll, &[]);
    attested.signatures[4].signature = attested.signatures[3].signature;
    let refused = tagging::take_attested(&mut roll, &attested);
    assert!(matches!(refused, Err(TaggingError::Attestation { position: 5, .. })), "{refused:?}");
    assert_eq!(roll.tags[0].stage(), Stage::Blinded, "nothing was taken");
    let asked = ToAttest::of(&roll).unwrap();
    let row = asked.attest(&attester(), &BTreeSet::from([13]));
    assert!(matches!(row, Err(AttestingError::Row(13))));
}

#[test]
fn the_attester_s_file_opens_with_its_passphrase_and_whole() {
    let mut roll = of(12);
    prepare(&mut roll).unwrap();
    let asked = ToAttest::of(&roll).unwrap();
    let sealed = asked.seal(&passphrase(), &mut random()).unwrap();
    let number = person(3)[1].clone();
    assert!(asked.to_csv().contains(&number));
    assert!(!sealed.windows(number.len()).any(|bytes| bytes == number.as_bytes()));
    let other = Passphrase::new("another passphrase".to_owned()).unwrap();
    assert!(matches!(ToAttest::open(&sealed, &other), Err(AttestingError::Passphrase)));
    for place in [0, 9, sealed.len() / 2, sealed.len() - 1] {
        let mut altered = sealed.clone();
        altered[place] ^= 1;
        assert!(ToAttest::open(&altered, &passphrase()).is_err(), "byte {place}");
    }
    for short in [0, 7, 11, 40, sealed.len() - 1] {
        assert!(ToAttest::open(&sealed[..short], &passphrase()).is_err(), "{short} bytes");
    }
}

#[test]
fn who_is_enrolled_elsewhere_is_left_out_and_few_wait() {
    let mut roll = of(12);
    prepare(&mut roll).unwrap();
    tagged(&mut roll, 1);
    assert_eq!(tagging::taken(&mut roll, 1, &[3, 7]), Ok(2));
    assert_eq!(tagging::taken(&mut roll, 1, &[3, 200]), Ok(0));
    let entries = tagging::entries(&mut roll, 1).unwrap();
    assert_eq!(entries.len(), 10);
    assert!(entries.iter().all(|(position, _)| ![3, 7].contains(position)));
    assert_eq!(tagging::taken(&mut roll, 1, &[0]), Ok(1));
    assert_eq!(tagging::entries(&mut roll, 1).unwrap().len(), 0, "nine wait for others");
    assert_eq!(roll.tags[0].stage(), Stage::Done);
    assert_eq!(prepare(&mut roll), Err(TaggingError::TooFew { waiting: 9 }));
    add(&mut roll, 20, 1);
    assert_eq!(prepare(&mut roll), Ok(10));
    let elsewhere = roll.tags[0].members.iter().filter(|it| it.fate == Fate::Elsewhere);
    let elsewhere: BTreeSet<_> = elsewhere.map(|member| member.person.unwrap()).collect();
    let mut joined = roll.tags[1].members.iter().map(|member| member.person.unwrap());
    assert!(joined.all(|person| !elsewhere.contains(&person)));
}

#[test]
fn an_erased_person_leaves_a_handle_or_nothing() {
    let mut roll = of(13);
    prepare(&mut roll).unwrap();
    let early = roll.tags[0].members[0].person.unwrap();
    roll.erase(early);
    assert!(roll.tags[0].members[0].factor().is_none());
    // The attester is not asked for who is erased.
    assert_eq!(ToAttest::of(&roll).unwrap().len(), 12);
    tagged(&mut roll, 1);
    assert_eq!(tagging::entries(&mut roll, 1).unwrap().len(), 12);
    let late = roll.tags[0].members[4].person.unwrap();
    roll.erase(late);
    assert_eq!(tagging::entries(&mut roll, 1).unwrap().len(), 12, "an act may be under way");
    assert_eq!(tagging::enrolled(&mut roll, 1, 0), Ok(12));
    assert_eq!(roll.list(1, 2012).unwrap().handles[4], None);
}

#[test]
fn a_vault_of_the_format_before_opens_and_is_written_in_today_s() {
    let directory = tempfile::tempdir().unwrap();
    let before = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/vault_2");
    for name in ["vault.key", "vault.records"] {
        let path = directory.path().join(name);
        fs::copy(before.join(name), &path).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    }
    let records = directory.path().join("vault.records");
    assert!(fs::read(&records).unwrap().starts_with(b"MLVAULT2"));
    let mut vault = Vault::open(directory.path(), &passphrase()).unwrap();
    assert_eq!((vault.roll.programmes.len(), vault.roll.tags.len()), (1, 0));
    add(&mut vault.roll, 1, 12);
    prepare(&mut vault.roll).unwrap();
    vault.save(&mut random()).unwrap();
    drop(vault);
    assert!(fs::read(&records).unwrap().starts_with(b"MLVAULT3"));
    let vault = Vault::open(directory.path(), &passphrase()).unwrap();
    assert_eq!((vault.roll.tags.len(), vault.roll.tags[0].members.len()), (1, 12));
}
