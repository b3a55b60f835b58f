//! A month's amounts, arrears by month, bundles on disk.

use std::fs;

use minglian_county::batch::{self, MakeError};
use minglian_county::bundle::{self, Bundle, BundleError, verify};
use minglian_county::enrol::{self, EnrolError};
use minglian_county::import::ImportTerms;
use minglian_county::month::{self as months, MonthError, lists};
use minglian_ledger::fen::Fen;
use minglian_ledger::subsidy::batch::BatchKind;
use minglian_ledger::subsidy::encoding::PointBytes;
use minglian_ledger::subsidy::envelope::{Envelope, EnvelopePlace};
use minglian_ledger::subsidy::pedersen::{G_BYTES, H_BYTES};

use crate::fixture::{
    HEADER, import, ledger_terms, month, pay, plan, programme, random, sheet, terms, twelve,
};

#[test]
fn who_comes_late_is_paid_by_months_in_supplementary_batches() {
    let mut roll = twelve();
    let plan_of = plan;
    for period in ["2012-12", "2013-01"] {
        let plan = plan_of(&roll, period, false);
        pay(&mut roll, &plan);
    }
    let rows: Vec<Vec<String>> = (21..=30_u32)
        .map(|number| {
            let identity = minglian_county::generated::identity(1930, 2, 3, number);
            vec!["乙样".to_owned(), identity, format!("92{number:014}"), format!("G{number}")]
        })
        .collect();
    let rows: Vec<Vec<&str>> =
        rows.iter().map(|row| row.iter().map(String::as_str).collect()).collect();
    let rows: Vec<&[&str]> = rows.iter().map(Vec::as_slice).collect();
    import(&mut roll, &sheet(&HEADER, &rows), &terms("甲"));
    assert_eq!(enrol::enrol(&mut roll, 1, 2012, &mut random()), Ok(10));
    let lists = lists::lists(&roll, 1, month("2013-02")).unwrap();
    assert_eq!(lists.arrears.len(), 10);
    let first = &lists.arrears[0];
    assert_eq!((first.from, first.to, first.months), (month("2012-12"), month("2013-01"), 2));
    let csv = lists.to_csv(&roll);
    assert_eq!(csv.lines().filter(|line| line.starts_with("补发")).count(), 10);
    assert!(csv.contains("2012-12,2013-01,2,,30.00,60.00"));
    for period in ["2012-12", "2013-01"] {
        let plan = plan_of(&roll, period, true);
        assert_eq!((plan.kind, plan.total.get()), (BatchKind::Supplementary(1), 30_000));
        assert_eq!(plan.amounts.0.len(), 22, "a leaf for every handle, most of them nothing");
        pay(&mut roll, &plan);
    }
    assert_eq!(lists::lists(&roll, 1, month("2013-02")).unwrap().arrears.len(), 0);
    let nothing = months::plan(&roll, 1, month("2013-01"), 2012, true).map(|_| ());
    assert_eq!(nothing, Err(MonthError::Nothing { month: month("2013-01") }));
    let no_main = months::plan(&roll, 1, month("2013-02"), 2012, true).map(|_| ());
    assert_eq!(no_main, Err(MonthError::NoMain { month: month("2013-02") }));
}

#[test]
fn a_birthday_changes_the_standard_and_is_listed() {
    let mut roll = twelve();
    let number = minglian_county::generated::identity(1923, 3, 10, 50);
    let row: [&[&str]; 1] = [&["乙样", &number, "9333333333333333", "G1"]];
    import(&mut roll, &sheet(&HEADER, &row), &terms("甲"));
    let february = lists::lists(&roll, 1, month("2013-02")).unwrap();
    assert_eq!((february.next_month.len(), february.changed.len()), (1, 0));
    let march = lists::lists(&roll, 1, month("2013-03")).unwrap();
    assert_eq!(march.changed.iter().map(|it| (it.1, it.2)).collect::<Vec<_>>(), [(3_000, 6_000)]);
}

#[test]
fn few_people_are_held_back() {
    let mut roll = twelve();
    let number = minglian_county::generated::identity(1930, 2, 3, 40);
    let row: [&[&str]; 1] = [&["乙样", &number, "9333333333333333", "G1"]];
    import(&mut roll, &sheet(&HEADER, &row), &ImportTerms { ..terms("甲") });
    let held = enrol::enrol(&mut roll, 1, 2012, &mut random());
    assert_eq!(held, Err(EnrolError::TooFew { waiting: 1 }));
    roll.programmes[0].handles_min = 30;
    let small = months::plan(&roll, 1, month("2012-12"), 2012, false).map(|_| ());
    assert_eq!(small, Err(MonthError::TooFew { found: 12, min: 30 }));
    let none = months::plan(&roll, 1, month("2012-12"), 2013, false).map(|_| ());
    assert_eq!(none, Err(MonthError::NoList { programme: 1, epoch: 2013 }));
    assert_eq!(programme().handles_min, 2);
}

#[test]
fn a17_a21_a_month_is_made_once_and_no_name_twice() {
    let mut roll = twelve();
    let plan = plan(&roll, "2012-12", false);
    let (first, made) = pay(&mut roll, &plan);
    let terms = ledger_terms(&plan);
    let twice = batch::reserve(&mut roll, &plan, &terms.chain_id, false);
    assert!(matches!(twice, Err(MakeError::Month(MonthError::Exists { .. }))));
    let second = batch::reserve(&mut roll, &plan, &terms.chain_id, true).unwrap();
    let again = batch::make(&roll, &plan, second, &terms, 1, &|_| ()).unwrap();
    batch::record(&mut roll, second, &again);
    assert_eq!(roll.batches[second].name.attempt, 1);
    assert_ne!(made.sealed.header.name.id(), again.sealed.header.name.id());
    assert!(made.body.leaves[0][4..36] != again.body.leaves[0][4..36], "other blinding factors");
    assert!(!roll.batches[first].pays() && roll.batches[second].pays());
    assert_eq!(roll.paid(1, month("2012-12")).len(), 12, "paid once");
}

#[test]
fn lots_that_do_not_come_to_the_month_make_nothing() {
    let mut roll = twelve();
    let plan = plan(&roll, "2012-12", false);
    let mut terms = ledger_terms(&plan);
    terms.lots[0].amount = Fen::new(plan.total.get() + 1).unwrap();
    let place = batch::reserve(&mut roll, &plan, &terms.chain_id, false).unwrap();
    let made = batch::make(&roll, &plan, place, &terms, 1, &|_| ()).map(|_| ());
    assert!(matches!(made, Err(MakeError::Lots { .. })));
}

#[test]
fn an_erased_person_leaves_a_handle_that_is_nobodys() {
    let mut roll = twelve();
    let paid = plan(&roll, "2012-12", false);
    pay(&mut roll, &paid);
    assert!(roll.erase(1) && !roll.erase(1));
    let plan = plan(&roll, "2013-01", false);
    assert_eq!((plan.amounts.0.len(), plan.total.get()), (12, 69_000));
    let (_, made) = pay(&mut roll, &plan);
    assert_eq!(made.sealed.header.leaves, 12);
    assert!(roll.entitlements.iter().all(|it| it.person != 1));
}

#[test]
fn a_bundle_is_verified_alone_and_every_altered_file_is_named() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("2012-12");
    let mut roll = twelve();
    let plan = plan(&roll, "2012-12", false);
    let (place, made) = pay(&mut roll, &plan);
    bundle::write(&made, &path).unwrap();
    assert!(matches!(bundle::write(&made, &path), Err(BundleError::Exists(_))));
    let verified = |escrow: Option<[u8; 32]>| {
        let bundle = Bundle::open(&path)?;
        verify::verify(&bundle, escrow.map(PointBytes).as_ref(), 2, &|_| ())
    };
    let whole = verified(Some(G_BYTES)).unwrap();
    assert_eq!((whole.leaves, whole.envelopes, whole.is_escrow_checked), (12, 12, true));
    assert!(matches!(verified(Some(H_BYTES)), Err(BundleError::Escrow { index: 0, .. })));
    let mut tried = 0;
    for file in fs::read_dir(&path).unwrap() {
        let file = file.unwrap().path();
        let bytes = fs::read(&file).unwrap();
        for place in [0, bytes.len() / 2, bytes.len() - 1] {
            let mut altered = bytes.clone();
            altered[place] ^= 1;
            fs::write(&file, &altered).unwrap();
            assert!(verified(None).is_err(), "{} byte {place}", file.display());
        }
        fs::write(&file, &bytes).unwrap();
        tried += 1;
    }
    assert_eq!(tried, 6, "manifest, header, standards, leaves, proofs, envelopes");
    // Without envelopes, which are with their custodians, the proofs are verified all the same.
    fs::remove_file(path.join("envelopes-00000.bin")).unwrap();
    assert_eq!(verified(None).unwrap().envelopes, 0);
    // The county opens an envelope with the person's key.
    let id = roll.batches[place].name.id();
    let person = roll.list(1, 2012).unwrap().handles[3].unwrap();
    let envelope = Envelope::decode(&made.envelopes[0][3 * 432..4 * 432]).unwrap();
    let key = roll.persons[&person].key().data_key(&id);
    let opened = envelope.open(EnvelopePlace { batch: &id, index: 3 }, &key).unwrap();
    assert_eq!((opened.handle, opened.name.as_str()), (3, "甲样"));
    assert_eq!(opened.amount.0, plan.amounts.0[3]);
}
