//! A25: receipts of custodians that are missing, forged, or one custodian's twice.

use minglian_contracts::call::Call;
use minglian_contracts::refusal::Code;
use minglian_contracts::registry;
use minglian_contracts::subsidy::batch::Submit;
use minglian_contracts::subsidy::custody::CustodyReceipt;
use minglian_ledger::keys;
use minglian_ledger::subsidy::domain::EnvelopeRoot;

use super::fixture::{county, main_batch, receipt, receipts, submit};
use crate::steps::alone;
use crate::world::{code, public_key, secret_key};

#[test]
fn a25_two_custodians_sign_for_the_envelopes() {
    let mut world = county();
    let good = main_batch(&world);
    let header = &good.sealed.header;
    let [first, second] = <[_; 2]>::try_from(receipts(header)).unwrap();
    let with = |custody| Submit { custody, ..good.clone() };
    let mut far = header.clone();
    far.envelope_root = EnvelopeRoot([9; 32]);
    let mut other_attempt = header.clone();
    other_attempt.name.attempt = 1;
    let forged = |change: &dyn Fn(&mut CustodyReceipt)| {
        let mut receipt = second.clone();
        change(&mut receipt);
        vec![first.clone(), receipt]
    };
    let unsigned = forged(&|it: &mut CustodyReceipt| it.signature.0[0] ^= 1);
    let anothers = forged(&|it: &mut CustodyReceipt| it.key = first.key);
    let unknown = forged(&|it: &mut CustodyReceipt| {
        let key = secret_key("nobody");
        let message = minglian_ledger::subsidy::custody::message(header);
        (it.key, it.signature) = (public_key("nobody"), keys::sign(&key, &message));
    });
    let of_other = |header| {
        let mut receipts = vec![receipt("audit", header), receipt("city_civil", header)];
        receipts.sort_by_key(|receipt| receipt.custodian);
        receipts
    };
    let own = {
        let mut receipts = vec![first.clone(), receipt("county_civil", header)];
        receipts.sort_by_key(|receipt| receipt.custodian);
        receipts
    };
    let cases = [
        (Vec::new(), Code::CustodyMissing),
        (vec![first.clone()], Code::CustodyMissing),
        (vec![first.clone(), first.clone()], Code::CustodyMissing),
        (vec![second.clone(), first.clone()], Code::CustodyMissing),
        (unsigned, Code::CustodyInvalid),
        (anothers, Code::CustodyInvalid),
        (unknown, Code::CustodyInvalid),
        (of_other(&far), Code::CustodyInvalid),
        (of_other(&other_attempt), Code::CustodyInvalid),
        (own, Code::CustodyInvalid),
    ];
    for (number, (custody, expected)) in cases.into_iter().enumerate() {
        assert_eq!(submit(&mut world, with(custody)), Err(expected), "case {number}");
    }
    submit(&mut world, good).unwrap();
}

#[test]
fn a25_a_custodian_s_revoked_key_signs_for_nothing() {
    let mut world = county();
    let good = main_batch(&world);
    let key = public_key("audit.maker");
    assert!(good.custody.iter().any(|it| it.custodian == code("audit") && it.key == key));
    let revoke = Call::Registry(registry::Call::RevokeKey { key });
    alone(&mut world, "audit.governor", &revoke).unwrap();
    assert_eq!(submit(&mut world, good), Err(Code::CustodyInvalid));
}
