//! The same of gifts, oversight and disclosure, in what scenarios leave behind.

use minglian_contracts::book::{self, AccountId, Measure};
use minglian_contracts::charity::check::{CharityViolation, check_charities};
use minglian_contracts::charity::donation::{DONATIONS, UNSPENT};
use minglian_contracts::charity::resolution::RESOLUTIONS;
use minglian_contracts::disclosure::check::{DisclosureViolation, check_disclosures};
use minglian_contracts::disclosure::duty::{BY_DUE, DUTIES};
use minglian_contracts::disclosure::obligation::MET;
use minglian_contracts::disclosure::publication::PUBLICATIONS;
use minglian_contracts::oversight::audit::{Audit, ENGAGEMENTS};
use minglian_contracts::oversight::check::{OversightViolation, check_oversight};
use minglian_contracts::oversight::complaint::{COMPLAINTS, HANDLED};
use minglian_contracts::oversight::draw::DRAWS;
use minglian_contracts::oversight::finding::{FINDINGS, FINDINGS_ABOUT, FindingStage};
use minglian_contracts::oversight::sample::{Drawn, Progress, SAMPLES, Sample, TARGETS};
use minglian_contracts::schema::State;
use minglian_ledger::fen::Fen;

use super::{change, first};
use crate::fen_world::{date, donation, fen};
use crate::scenario;
use crate::world::{World, code, text};

/// The chain after a scenario.
fn after(file: &str) -> World {
    let found = scenario::files().into_iter().find(|path| path.ends_with(file)).unwrap();
    scenario::play(&found).world
}

#[test]
fn gifts_and_resolutions_that_the_accounts_contradict_are_named() {
    let world = after("charity_gifts.txt");
    let damaged = |damage: &dyn Fn(&mut State<'_>)| {
        let mut state = State::new(&world.state);
        damage(&mut state);
        check_charities(&state)
    };
    assert!(damaged(&|_| {}).unwrap() > 0);
    let found = damaged(&|state| {
        let (key, ()) = first(state, &UNSPENT);
        UNSPENT.delete(state, &key);
    });
    assert!(matches!(found, Err(CharityViolation::Unspent { .. })), "{found:?}");
    let found = damaged(&|state| {
        let ((fund, measure, purpose, _), ()) = first(state, &UNSPENT);
        UNSPENT.put(state, &(fund, measure, purpose, text("没有")), &());
    });
    assert!(matches!(found, Err(CharityViolation::UnspentCount { .. })), "{found:?}");
    let found = damaged(&|state| {
        let (key, _) = first(state, &DONATIONS);
        let more = |it: Fen| it.checked_add(fen(1)).unwrap();
        change(state, &DONATIONS, &key, |it| it.refunded = more(it.refunded));
    });
    assert!(matches!(found, Err(CharityViolation::Refunded { .. })), "{found:?}");
    let (key, _) = first(&State::new(&world.state), &RESOLUTIONS);
    let resolution = |used: u64, amount: u64, carried: bool| {
        damaged(&|state| {
            change(state, &RESOLUTIONS, &key, |it| {
                (it.used, it.amount, it.carried) = (fen(used), fen(amount), carried);
            });
        })
    };
    for (used, amount, carried) in [(2, 1, true), (2, 1, false), (1, 0, true)] {
        let found = resolution(used, amount, carried);
        assert!(matches!(found, Err(CharityViolation::Exceeded { .. })), "{found:?}");
    }
    for (used, amount, carried) in [(1, 1, true), (1, 1, false), (0, 1, false)] {
        assert!(resolution(used, amount, carried).is_ok());
    }
}

#[test]
fn money_of_a_fund_that_is_no_gifts_is_named() {
    let world = after("charity_gifts.txt");
    let held = |line_name: &str, measure, fund: &str| {
        let mut state = State::new(&world.state);
        let (fund, line) = (text(fund), text(line_name));
        let to = AccountId::Line { holder: code("慈善总会"), measure, fund, year: 0, line };
        book::receive(&mut state, donation(date("2024-01-10")), &to, fen(1)).unwrap();
        check_charities(&state)
    };
    let is_stranded = |found| matches!(found, Err(CharityViolation::Stranded { .. }));
    assert!(!is_stranded(held("非限定", Measure::Cash, "慈善·没有")));
    assert!(!is_stranded(held("没有", Measure::Cash, "中央集中")));
    for (line_name, measure) in [("没有", Measure::Cash), ("非限定", Measure::Goods)] {
        assert!(is_stranded(held(line_name, measure, "慈善·没有")), "{line_name}");
    }
}

#[test]
fn complaints_and_findings_in_wrong_hands_are_named() {
    let damaged = |file: &str, damage: &dyn Fn(&mut State<'_>)| {
        let world = after(file);
        let mut state = State::new(&world.state);
        damage(&mut state);
        check_oversight(&state)
    };
    let complaints = "oversight_complaints.txt";
    assert!(damaged(complaints, &|_| {}).unwrap() > 0);
    let found = damaged(complaints, &|state| {
        let (name, _) = first(state, &COMPLAINTS);
        change(state, &COMPLAINTS, &name, |it| it.respondent = it.handler);
    });
    assert!(matches!(found, Err(OversightViolation::Handler(_))), "{found:?}");
    let found = damaged(complaints, &|state| {
        let (name, complaint) = first(state, &COMPLAINTS);
        HANDLED.delete(state, &(complaint.handler, name));
    });
    assert!(matches!(found, Err(OversightViolation::Handler(_))), "{found:?}");
    let audits = "oversight_audit.txt";
    let found = damaged(audits, &|state| {
        let (key, finding) = first(state, &FINDINGS);
        FINDINGS_ABOUT.delete(state, &(finding.organization, key.0, key.1));
    });
    assert!(matches!(found, Err(OversightViolation::About(..))), "{found:?}");
    let found = damaged(audits, &|state| {
        let (key, _) = first(state, &FINDINGS);
        let auditor = key.0.organization;
        FINDINGS_ABOUT.put(state, &(auditor, key.0.clone(), key.1), &());
        change(state, &FINDINGS, &key, |it| it.organization = auditor);
    });
    assert!(matches!(found, Err(OversightViolation::About(..))), "{found:?}");
    let open = |damage: &dyn Fn(&mut Audit)| {
        damaged(audits, &|state| {
            let (name, _) = first(state, &ENGAGEMENTS);
            change(state, &ENGAGEMENTS, &name, damage);
        })
    };
    for found in [open(&|it| it.open.push(200)), open(&|it| it.findings += 1)] {
        assert!(matches!(found, Err(OversightViolation::Open(_))), "{found:?}");
    }
}

/// A finding's number is one byte: an engagement may have 256, and all of them are looked at.
#[test]
fn every_finding_of_an_engagement_is_compared_with_what_is_open() {
    let world = after("oversight_audit.txt");
    let mut state = State::new(&world.state);
    let ((name, _), mut finding) = first(&state, &FINDINGS);
    finding.stage = FindingStage::Open;
    for number in 0..=u8::MAX {
        let about = (finding.organization, name.clone(), number);
        FINDINGS.put(&mut state, &(name.clone(), number), &finding);
        FINDINGS_ABOUT.put(&mut state, &about, &());
    }
    change(&mut state, &ENGAGEMENTS, &name, |it| {
        (it.findings, it.open) = (256, (0..=u8::MAX).collect());
    });
    assert!(check_oversight(&state).is_ok());
    change(&mut state, &ENGAGEMENTS, &name, |it| it.open.truncate(255));
    assert!(matches!(check_oversight(&state), Err(OversightViolation::Open(_))));
}

#[test]
fn samples_whose_seed_is_not_theirs_are_named() {
    let world = after("oversight_samples.txt");
    let samples = SAMPLES.scan(&world.state, &(), None, 100).unwrap();
    let drawn = |(_, it): &&(_, Sample)| matches!(it.progress, Progress::Drawn(_));
    let (name, sample) = samples.iter().find(drawn).unwrap();
    let damaged = |damage: &dyn Fn(&mut State<'_>)| {
        let mut state = State::new(&world.state);
        damage(&mut state);
        check_oversight(&state)
    };
    assert!(damaged(&|_| {}).unwrap() >= samples.len());
    let found = damaged(&|state| TARGETS.delete(state, &sample.plan.target));
    assert!(matches!(found, Err(OversightViolation::Target(_))), "{found:?}");
    let drawn_otherwise = |damage: &dyn Fn(&mut Drawn)| {
        damaged(&|state| {
            change(state, &SAMPLES, name, |it| {
                let Progress::Drawn(drawn) = &mut it.progress else { panic!("it is drawn") };
                damage(drawn);
            });
        })
    };
    let of_draw = &sample.plan.draw;
    let key = (of_draw.centre, of_draw.game.clone(), of_draw.issue.clone(), of_draw.date);
    for found in [
        drawn_otherwise(&|drawn| drawn.seed.0[0] ^= 1),
        drawn_otherwise(&|drawn| drawn.block.0[0] ^= 1),
        damaged(&|state| TARGETS.put(state, &sample.plan.target, &None)),
        damaged(&|state| DRAWS.delete(state, &key)),
        // The block was not older than the day of the draw.
        damaged(&|state| {
            change(state, &TARGETS, &sample.plan.target, |it| {
                it.as_mut().unwrap().date = of_draw.date;
            });
        }),
        damaged(&|state| {
            change(state, &DRAWS, &key, |it| it.entered.as_mut().unwrap().draw.numbers[0] ^= 1);
        }),
    ] {
        assert!(matches!(found, Err(OversightViolation::Seed(_))), "{found:?}");
    }
}

#[test]
fn obligations_and_publications_that_contradict_one_another_are_named() {
    let world = after("disclosure.txt");
    let damaged = |damage: &dyn Fn(&mut State<'_>)| {
        let mut state = State::new(&world.state);
        damage(&mut state);
        check_disclosures(&state)
    };
    assert!(damaged(&|_| {}).unwrap() > 0);
    let found = damaged(&|state| {
        let (key, ()) = first(state, &BY_DUE);
        BY_DUE.delete(state, &key);
    });
    assert!(matches!(found, Err(DisclosureViolation::Misplaced(..))), "{found:?}");
    let found = damaged(&|state| {
        let ((holder, shelf, day, rule, _), ()) = first(state, &BY_DUE);
        BY_DUE.put(state, &(holder, shelf, day, rule, text("没有")), &());
    });
    assert!(matches!(found, Err(DisclosureViolation::Listed { .. })), "{found:?}");
    let found = damaged(&|state| {
        let ((holder, mut name), met) = first(state, &MET);
        name.subject = text("没有");
        MET.put(state, &(holder, name), &met);
    });
    assert!(matches!(found, Err(DisclosureViolation::MetByNothing(..))), "{found:?}");
    let found = damaged(&|state| {
        let (key, _) = first(state, &MET);
        change(state, &MET, &key, |it| it.publication = text("没有"));
    });
    assert!(matches!(found, Err(DisclosureViolation::MetByNothing(..))), "{found:?}");
    let found = damaged(&|state| {
        let (key, _) = first(state, &DUTIES);
        change(state, &DUTIES, &key, |it| it.met = 99);
    });
    // A duty with all its periods met stands on another shelf.
    let is_named = matches!(
        found,
        Err(DisclosureViolation::MetCount(..) | DisclosureViolation::Misplaced(..))
    );
    assert!(is_named, "{found:?}");
    for wrong in ["没有", ""] {
        let found = damaged(&|state| {
            let all = PUBLICATIONS.scan(state, &(), None, 100).unwrap();
            let (key, _) = all.iter().find(|(_, it)| it.corrected_by.is_some()).unwrap();
            let newer = if wrong.is_empty() { key.1.clone() } else { text(wrong) };
            change(state, &PUBLICATIONS, key, |it| it.corrected_by = Some(newer));
        });
        assert!(matches!(found, Err(DisclosureViolation::Correction(..))), "{found:?}");
    }
}
