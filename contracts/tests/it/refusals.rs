//! Every numbered refusal is provoked: by a line of a scenario, or, where no act can, by a test
//! that is named here.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use minglian_contracts::actor::Signature;
use minglian_contracts::allocation::line::PROJECT_LINES;
use minglian_contracts::approval;
use minglian_contracts::call::Call;
use minglian_contracts::context::BlockContext;
use minglian_contracts::execute::execute_block;
use minglian_contracts::fault::Fault;
use minglian_contracts::project::{self, evaluation::PROJECT_LINES_MAX};
use minglian_contracts::proposal::{PROPOSALS, Proposal};
use minglian_contracts::refusal::Code;
use minglian_contracts::schema::State;
use minglian_ledger::date::Date;
use minglian_ledger::genesis::Role;
use minglian_ledger::hash::TransactionId;
use minglian_ledger::height::{Height, LogIndex};
use minglian_ledger::record::{RECEIPT_BYTES_MAX, Receipt};

use crate::invariants::acts::{CENTRAL, line};
use crate::scenario;
use crate::world::{World, code, public_key, text};

/// A refusal that no act provokes, the test that does, and why a scenario cannot.
const ELSEWHERE: &[(Code, &str, &str)] = &[
    (
        Code::ReceiptTooLarge,
        "a_receipt_that_would_not_fit_is_refused_as_a_whole",
        "what one act reports is bounded below the limit; the state must be broken",
    ),
    (
        Code::ApprovalNotProposable,
        "a_step_on_a_proposal_is_never_a_proposal_itself",
        "a step is taken at once, so none ever waits; the state must be broken",
    ),
    (
        Code::MeasureDiffers,
        "what_the_book_refuses",
        "every module moves quota to quota and money to money",
    ),
    (
        Code::FundDiffers,
        "what_the_book_refuses",
        "allocation refuses with 506 before the book is asked",
    ),
    (
        Code::AccountTerminal,
        "what_the_book_refuses",
        "every module pays from lines and takes back by returns",
    ),
    (
        Code::InflowUnknown,
        "what_the_book_refuses",
        "an act names a gift or a statement, whose inflow the module has noted",
    ),
    (
        Code::InflowRebased,
        "too_many_gaps_lead_to_one_recorded_rebase_and_nobody_is_refused",
        "as before: a re-base is never noted as a gift's or a statement's inflow",
    ),
    (
        Code::CarryOverDiffers,
        "carried_money_keeps_its_line_and_its_age",
        "the act names the line; its name of the next year follows",
    ),
    (Code::NotAPayment, "what_the_book_refuses", "an act names a payment, whose account follows"),
    (
        Code::AccountClosed,
        "what_the_book_refuses",
        "an act names a line or a payment; no module sends money to a voided entry",
    ),
    (
        Code::KeyMembersInvalid,
        "one_organization_alone_makes_no_key",
        "the scenarios' chain has four validators, and cannot lose all but one",
    ),
    (
        Code::ListFull,
        "a_list_that_is_full_takes_no_more",
        "a million enrolments are too long for every run; the state is made so",
    ),
    (
        Code::TransfersFull,
        "a_list_that_has_many_who_moved_takes_no_more",
        "a thousand transfers are too long for every run; the state is made so",
    ),
    (
        Code::TooManyLines,
        "a_unit_with_more_lines_than_one_act_reads_is_refused",
        "4,097 lines take 8,194 acts: too long for every run",
    ),
];

/// Refusals about batches, with the test that provokes each. A scenario has no enrolment list: it
/// takes the shares of a key to make one.
const BATCHES: &[(Code, &str)] = &[
    (Code::ProgrammeUnknown, "a_number_is_used_once_and_a_wider_bureau_s_programme_is_paid_inside"),
    (Code::ProgrammeExists, "a32_small_groups_are_not_split_off"),
    (Code::StandardsInvalid, "standards_name_their_document_and_pay_nothing_too"),
    (Code::StandardsTooEarly, "standards_do_not_hold_for_a_period_that_is_paid"),
    (Code::HandlesTooFew, "a32_small_groups_are_not_split_off"),
    (Code::StandardsNotInForce, "a09_a_batch_is_paid_by_the_standards_of_its_period"),
    (Code::GroupDiffers, "a08_a_batch_is_of_one_chain_county_and_period"),
    (Code::BatchInvalid, "a29_lots_come_to_the_total_and_hold_what_they_give"),
    (Code::BatchOfOtherChain, "a08_a_batch_is_of_one_chain_county_and_period"),
    (Code::PeriodWrong, "a08_a_batch_is_of_one_chain_county_and_period"),
    (Code::EnrolmentListDiffers, "a06_leaves_are_as_many_as_the_list_has_handles"),
    (Code::BatchKindWrong, "a16_without_a_cumulative_table_nothing_is_paid_later"),
    (Code::PeriodPaid, "a17_a_period_is_paid_once_whoever_asks_first"),
    (Code::AttemptTaken, "a21_a_batch_made_again_has_a_new_attempt"),
    (Code::CustodyMissing, "a25_two_custodians_sign_for_the_envelopes"),
    (Code::CustodyInvalid, "a25_two_custodians_sign_for_the_envelopes"),
    (Code::LotsInvalid, "a29_lots_come_to_the_total_and_hold_what_they_give"),
    (Code::LotShort, "a29_a_lot_that_is_spent_is_not_made_up_for_by_others"),
    (Code::BatchUnknown, "more_than_two_thirds_of_the_power_apply_a_batch_and_nothing_undoes_it"),
    (Code::BatchClosed, "more_than_two_thirds_of_the_power_apply_a_batch_and_nothing_undoes_it"),
    (Code::BatchExpired, "a_verdict_after_the_time_does_not_count_and_the_time_is_a_parameter"),
    (Code::VerdictKnown, "more_than_two_thirds_of_the_power_apply_a_batch_and_nothing_undoes_it"),
    (Code::VerdictsMissing, "halves_decide_nothing_and_the_batch_expires"),
    (Code::BatchNotApplied, "a36_a_leaf_comes_back_once_and_only_of_a_batch_that_paid"),
    (Code::ReturnInvalid, "a36_a_leaf_comes_back_once_and_only_of_a_batch_that_paid"),
    (Code::AlreadyReturned, "a36_a_leaf_comes_back_once_and_only_of_a_batch_that_paid"),
    (Code::ReturnExceeded, "a36_a_leaf_comes_back_once_and_only_of_a_batch_that_paid"),
];

/// The test that provokes a refusal which no scenario provokes.
fn elsewhere(code: Code) -> Option<&'static str> {
    let named = ELSEWHERE.iter().map(|(known, test, why)| {
        assert!(!why.is_empty());
        (known, *test)
    });
    let all = named.chain(BATCHES.iter().map(|(known, test)| (known, *test)));
    all.into_iter().find(|(known, _)| **known == code).map(|(_, test)| test)
}

/// The text of the test of this name, if there is one.
fn source_of(test: &str) -> Option<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it");
    let files = |folder: &Path| -> Vec<PathBuf> {
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect()
    };
    let batches = files(&folder.join("subsidy"));
    let files = files(&folder).into_iter().chain(batches);
    files.filter(|path| path.extension().is_some_and(|it| it == "rs")).find_map(|path| {
        let text = fs::read_to_string(path).unwrap();
        let (_, rest) = text.split_once(&format!("#[test]\nfn {test}() {{\n"))?;
        Some(rest.split("\n}\n").next()?.to_owned())
    })
}

#[test]
fn every_refusal_is_provoked_by_a_scenario_or_by_a_named_test() {
    let expected: BTreeSet<String> = scenario::expectations().into_iter().collect();
    let mut complaints = Vec::new();
    for code in Code::ALL {
        let (number, name) = (code.number(), code.name());
        let is_played = expected.contains(&format!("{number} {name}"));
        let elsewhere = elsewhere(*code);
        match (is_played, elsewhere) {
            (true, None) => {}
            (true, Some(_)) => complaints.push(format!("{number} {name} is in a scenario now")),
            (false, None) => complaints.push(format!("{number} {name} is provoked nowhere")),
            (false, Some(test)) => {
                let names_it = |text: String| text.contains(&format!("Code::{name}"));
                if !source_of(test).is_some_and(names_it) {
                    complaints.push(format!("{number} {name}: no test {test} that provokes it"));
                }
            }
        }
    }
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
}

#[test]
fn a_code_that_nothing_provokes_would_be_found() {
    assert!(source_of("what_the_book_refuses").is_some());
    assert!(source_of("what_the_book_never_heard_of").is_none());
    assert!(!source_of("what_the_book_refuses").unwrap().contains("Code::InflowRebased"));
}

/// A signature on a proposal that a governor of `organization` gave.
fn vote(organization: &str) -> Signature {
    let key = public_key(&format!("{organization}.governor"));
    Signature {
        organization: code(organization),
        key,
        officer: key,
        role: Role::Governor,
        index: LogIndex(0),
    }
}

/// What becomes of the last approval of `call`, which waits with `signatures` in a state that no
/// act can have made; none if it is applied.
fn approve_broken(call: Call, signatures: Vec<Signature>) -> Option<Code> {
    Code::from_number(receipt_of_broken(call, signatures).code)
}

/// The receipt of that approval.
fn receipt_of_broken(call: Call, signatures: Vec<Signature>) -> Receipt {
    let mut world = World::new();
    let proposal = TransactionId([7; 32]);
    let approve = Call::Approval(approval::Call::Approve { proposal });
    let transaction = world.sign("county_finance.governor", &approve);
    let mut state = State::new(&world.state);
    let (proposed_at, open_until) = (Height(0), Date::MAX);
    PROPOSALS.put(&mut state, &proposal, &Proposal { call, signatures, proposed_at, open_until });
    let context = BlockContext::after(&world.header, world.next_time()).unwrap();
    execute_block(&state, &context, &[transaction]).unwrap().receipts.remove(0)
}

/// A receipt names all who signed, and here the parameter: so it can be made a byte longer.
#[test]
fn a_receipt_may_be_as_long_as_the_limit_and_no_longer() {
    let receipt = |votes: usize, key: usize| {
        let key = "k".repeat(key);
        let words = format!("set_parameter key={key} value=1 unit=days from=2024-01-01");
        let all = [vec![vote("city_finance"); votes], vec![vote("city_civil")]].concat();
        receipt_of_broken(scenario::call(&words, &World::new()), all)
    };
    let length = |receipt: &Receipt| borsh::object_length(receipt).unwrap();
    let (short, longer) = (length(&receipt(1, 1)), length(&receipt(2, 1)));
    let (votes, key) = (
        (RECEIPT_BYTES_MAX - short) / (longer - short),
        (RECEIPT_BYTES_MAX - short) % (longer - short),
    );
    let longest = receipt(1 + votes, 1 + key);
    assert!(longest.is_applied() && length(&longest) == RECEIPT_BYTES_MAX, "{longest:?}");
    let refused = receipt(1 + votes, 2 + key).code;
    assert_eq!(Code::from_number(refused), Some(Code::ReceiptTooLarge));
}

#[test]
fn a_receipt_that_would_not_fit_is_refused_as_a_whole() {
    let words = "set_parameter key=test value=1 unit=days from=2024-01-01";
    let call = scenario::call(words, &World::new());
    let votes =
        |count| [vec![vote("city_finance"); count], vec![vote("city_civil"); count]].concat();
    assert_eq!(approve_broken(call.clone(), votes(50)), None);
    assert_eq!(approve_broken(call, votes(200)), Some(Code::ReceiptTooLarge));
}

#[test]
fn a_step_on_a_proposal_is_never_a_proposal_itself() {
    let step = approval::Call::Withdraw { proposal: TransactionId([8; 32]) };
    let waiting = Call::Approval(step);
    let code = approve_broken(waiting, vec![vote("city_finance")]);
    assert_eq!(code, Some(Code::ApprovalNotProposable));
}

#[test]
fn a_unit_with_more_lines_than_one_act_reads_is_refused() {
    let world = World::new();
    let mut state = State::new(&world.state);
    let (unit, project) = (code("home"), text("睦邻点"));
    let refused = |state: &State<'_>| match project::execution(state, &unit, &project) {
        Err(Fault::Refused(refusal)) => refusal.code,
        other => panic!("{other:?}"),
    };
    let enter = |state: &mut State<'_>, number| {
        let name = line("home", CENTRAL, 2024, &format!("第{number}号"));
        PROJECT_LINES.put(state, &(unit, project.clone(), name), &());
    };
    (0..PROJECT_LINES_MAX).for_each(|number| enter(&mut state, number));
    // So many are read; these hold no money.
    assert_eq!(refused(&state), Code::ProjectWithoutMoney);
    enter(&mut state, PROJECT_LINES_MAX);
    assert_eq!(refused(&state), Code::TooManyLines);
}
