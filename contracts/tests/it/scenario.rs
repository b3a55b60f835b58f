//! Runs `tests/scenarios/*.txt`: one line is one act, in a block of its own, and what becomes of
//! it.
//!
//! ```text
//! # a comment
//! date 2024-03-01                                       the day of the blocks that follow
//! county_finance.maker record to=… = waits as first     an act, proposed
//! county_finance.checker approve = ok                   approves what was proposed last
//! far_finance.checker approve first = 204 NotYourStep
//! blocks 20                                             so many empty blocks
//! balance county_civil/中央集中/2024/甲 = 102万元
//! cash 慈善总会/慈善·南湖/0/非限定 = 5元               the same of money, and of `goods`
//! list county_civil 1 2024 = 12                         how long an enrolment list is
//! owed 慈善总会 charity.fund_information/助学/1 = due 2025-07-01
//! each 1-64 home.governor revoke_key key=home.{n} = ok  the act for each number, many in a block
//! ```
//!
//! What is expected may be followed by `as NAME`; `approve NAME`, `reject NAME`, `withdraw NAME`
//! and `retract NAME` then mean that act. `= out` says that no block may hold the act.
//! `client_reference=` is the organisation's own reference of the act, which is else one of its
//! own. The verbs are in `verbs.rs`, more questions in `questions.rs`.
//! `MINGLIAN_SCENARIO=payment.txt` plays this one only.

mod arguments;
mod enrolments;
mod erasures;
mod gifts;
mod homes;
mod money;
mod projects;
mod oversight;
pub mod notices;
mod questions;
mod verbs;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use minglian_contracts::approval;
use minglian_contracts::book::{self, AccountId, Measure};
use minglian_contracts::call::Call;
use minglian_contracts::event::{self, Event, Outcome};
use minglian_contracts::refusal::Code;
use minglian_contracts::seal::InvalidBlock;
use minglian_contracts::validator_set;
use minglian_ledger::date::Date;
use minglian_ledger::fen::Fen;
use minglian_ledger::hash::{StateRoot, TransactionId};
use minglian_ledger::record::Receipt;
use minglian_ledger::transaction::Transaction;

use crate::world::World;
use arguments::{Arguments, parse_amount, parse_line_name};

/// What a line begins with that asks for a balance.
const MEASURES: &[(&str, Measure)] =
    &[("balance ", Measure::Quota), ("cash ", Measure::Cash), ("goods ", Measure::Goods)];

/// How many acts of an `each` go into one block.
const EACH_PER_BLOCK: usize = 40;

struct Scenario {
    world: World,
    proposals: BTreeMap<String, TransactionId>,
    last: Option<TransactionId>,
    steps: Vec<Step>,
}

/// One act of a scenario, and what became of it.
#[derive(Debug, Clone)]
pub struct Step {
    /// The day and the act as written, without what is expected.
    pub act: String,
    /// Its receipt; none if no block may hold it.
    pub receipts: Vec<Receipt>,
    /// The state after it.
    pub state_root: StateRoot,
}

/// What a scenario came to.
pub struct Played {
    /// The lines that did not go as written.
    pub complaints: Vec<String>,
    /// Its acts.
    pub steps: Vec<Step>,
    /// The chain after them.
    pub world: World,
}

#[test]
fn every_scenario_goes_as_written() {
    let mut files = files();
    if let Some(one) = std::env::var_os("MINGLIAN_SCENARIO") {
        files.retain(|file| file.file_name() == Some(&one));
        assert!(!files.is_empty(), "MINGLIAN_SCENARIO names no scenario");
    }
    let complaints: Vec<String> = files.iter().flat_map(|file| play(file).complaints).collect();
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
}

/// All scenarios.
pub fn files() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scenarios");
    let mut files: Vec<_> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    assert!(!files.is_empty());
    files
}

/// What the lines of all scenarios expect of their acts.
pub fn expectations() -> Vec<String> {
    let mut all = Vec::new();
    for file in files() {
        let text = fs::read_to_string(file).unwrap();
        let lines = text.lines().map(str::trim).filter(|line| !line.starts_with('#'));
        all.extend(lines.filter_map(|line| Some(Line::parse(line).ok()?.expected.to_owned())));
    }
    all
}

/// Carries out a scenario.
pub fn play(file: &Path) -> Played {
    let mut scenario =
        Scenario { world: World::new(), proposals: BTreeMap::new(), last: None, steps: Vec::new() };
    let mut complaints = Vec::new();
    for (number, line) in fs::read_to_string(file).unwrap().lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        if let Err(complaint) = scenario.line(line) {
            complaints.push(format!("{}:{}: {line}\n  {complaint}", file.display(), number + 1));
        }
    }
    Played { complaints, steps: scenario.steps, world: scenario.world }
}

/// The parts of a line that is an act or a question.
struct Line<'a> {
    act: &'a str,
    expected: &'a str,
    name: Option<&'a str>,
}

impl<'a> Line<'a> {
    fn parse(line: &'a str) -> Result<Self, String> {
        let (act, expected) = line.rsplit_once(" = ").ok_or("no ` = ` and expectation")?;
        let (expected, name) = match expected.trim().split_once(" as ") {
            Some((expected, name)) => (expected, Some(name)),
            None => (expected.trim(), None),
        };
        Ok(Self { act: act.trim(), expected, name })
    }
}

impl Scenario {
    fn line(&mut self, line: &str) -> Result<(), String> {
        if let Some(date) = line.strip_prefix("date ") {
            self.world.date = date.parse().map_err(|error| format!("{error}"))?;
            return Ok(());
        }
        if let Some(count) = line.strip_prefix("blocks ") {
            let count: u64 = count.parse().map_err(|_| format!("{count} is no number"))?;
            for _ in 0..count {
                self.world.block(Vec::new()).map_err(|error| error.to_string())?;
            }
            return Ok(());
        }
        if let Some(rest) = line.strip_prefix("each ") {
            return self.each(rest);
        }
        let Line { act, expected, name } = Line::parse(line)?;
        for (word, measure) in MEASURES {
            if let Some(name) = act.strip_prefix(word) {
                return self.check_balance(name, *measure, expected);
            }
        }
        if let Some(found) =
            notices::answer(act, &self.world).or_else(|| questions::answer(act, &self.world))
        {
            return compare(&found?, expected);
        }
        if let Some(found) = enrolments::answered(act, &self.world) {
            return compare(&found?, expected);
        }
        if act == "validators" {
            let set = validator_set::validators(&self.world.state).map_err(|it| it.to_string())?;
            return compare(&set.members().len().to_string(), expected);
        }
        let (transaction, call) = self.sign(act)?;
        let id = transaction.id();
        let result = self.block(act, vec![transaction]);
        let found = match result {
            Ok(receipts) => describe(&event::read(&receipts[0]).map_err(|it| it.to_string())?),
            Err(error) if expected == "out" => return refuse_operational(&error),
            Err(error) => return Err(error.to_string()),
        };
        if found == "waits" && !matches!(call, Call::Approval(_)) {
            self.last = Some(id);
        }
        if let Some(name) = name {
            self.proposals.insert(name.to_owned(), id);
        }
        compare(&found, expected)
    }

    /// `1-64 ACT = EXPECTED`, with `{n}` for the number.
    fn each(&mut self, line: &str) -> Result<(), String> {
        let (range, line) = line.split_once(' ').ok_or("each FIRST-LAST ACT")?;
        let (first, last) = range.split_once('-').ok_or("each FIRST-LAST ACT")?;
        let number = |text: &str| text.parse::<u32>().map_err(|_| format!("{text} is no number"));
        let numbers: Vec<u32> = (number(first)?..=number(last)?).collect();
        for chunk in numbers.chunks(EACH_PER_BLOCK) {
            let lines: Vec<String> =
                chunk.iter().map(|number| line.replace("{n}", &number.to_string())).collect();
            let lines =
                lines.iter().map(|line| Line::parse(line)).collect::<Result<Vec<_>, _>>()?;
            let mut transactions = Vec::new();
            for Line { act, .. } in &lines {
                transactions.push(self.sign(act)?.0);
            }
            let ids: Vec<_> = transactions.iter().map(Transaction::id).collect();
            let act = format!("{line} from {} to {}", chunk[0], chunk[chunk.len() - 1]);
            let receipts = self.block(&act, transactions).map_err(|error| error.to_string())?;
            for ((Line { act, expected, name }, id), receipt) in lines.iter().zip(ids).zip(receipts)
            {
                let found = describe(&event::read(&receipt).map_err(|it| it.to_string())?);
                compare(&found, expected).map_err(|complaint| format!("{act}: {complaint}"))?;
                self.proposals.extend(name.map(|name| (name.to_owned(), id)));
            }
        }
        Ok(())
    }

    fn sign(&mut self, act: &str) -> Result<(Transaction, Call), String> {
        let arguments = Arguments::parse(act)?;
        let call = self.call(&arguments)?;
        let transaction = match arguments.optional("client_reference") {
            Some(reference) => self.world.sign_with(&arguments.actor, reference, call.encode()),
            None => self.world.sign(&arguments.actor, &call),
        };
        Ok((transaction, call))
    }

    /// Commits a block and notes it as a step.
    fn block(
        &mut self,
        act: &str,
        transactions: Vec<Transaction>,
    ) -> Result<Vec<Receipt>, InvalidBlock> {
        let result = self.world.block(transactions);
        self.steps.push(Step {
            act: format!("{} {act}", self.world.date),
            receipts: result.as_ref().map(Clone::clone).unwrap_or_default(),
            state_root: self.world.header.state_root,
        });
        result
    }

    fn call(&self, arguments: &Arguments) -> Result<Call, String> {
        let step = match arguments.verb.as_str() {
            "approve" => approval::Call::Approve { proposal: self.proposal(arguments)? },
            "reject" => {
                approval::Call::Reject { proposal: self.proposal(arguments)?, opinion: None }
            }
            "retract" => approval::Call::Retract { proposal: self.proposal(arguments)? },
            "withdraw" => approval::Call::Withdraw { proposal: self.proposal(arguments)? },
            _ => return verbs::call(arguments, &self.world),
        };
        Ok(Call::Approval(step))
    }

    fn proposal(&self, arguments: &Arguments) -> Result<TransactionId, String> {
        match arguments.words.first() {
            Some(name) => {
                self.proposals.get(name).copied().ok_or_else(|| format!("no act is named {name}"))
            }
            None => self.last.ok_or_else(|| "nothing was proposed".to_owned()),
        }
    }

    fn check_balance(&self, name: &str, of: Measure, expected: &str) -> Result<(), String> {
        let mut account = parse_line_name(name)?.account();
        if let AccountId::Line { measure, .. } = &mut account {
            *measure = of;
        }
        let found = book::account(&self.world.state, &account)
            .map_err(|error| error.to_string())?
            .map_or(Fen::ZERO, |account| account.balance());
        compare(&found.get().to_string(), &parse_amount(expected)?.get().to_string())
    }
}

fn refuse_operational(error: &InvalidBlock) -> Result<(), String> {
    if error.is_operational() { Err(error.to_string()) } else { Ok(()) }
}

/// `ok`, `waits`, or number and name of the refusal.
fn describe(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Applied(events) => {
            let waits = |event: &Event| {
                matches!(
                    event,
                    Event::Approval(
                        approval::Event::Proposed { .. } | approval::Event::StepTaken { .. }
                    )
                )
            };
            if events.iter().any(waits) { "waits".to_owned() } else { "ok".to_owned() }
        }
        Outcome::Refused { code, detail } => {
            let name = Code::from_number(*code).map_or("unknown", Code::name);
            format!("{code} {name}: {detail}")
        }
    }
}

/// What is expected is the beginning of what is found, whole words.
fn compare(found: &str, expected: &str) -> Result<(), String> {
    let rest = found.strip_prefix(expected);
    if rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(':')) {
        return Ok(());
    }
    Err(format!("expected {expected:?}, found {found:?}"))
}

/// The act that a scenario's words mean, without who does it.
pub fn call(words: &str, world: &World) -> Call {
    verbs::call(&Arguments::parse(&format!("- {words}")).unwrap(), world).unwrap()
}

/// The act that a scenario's words mean when `actor` says them.
pub fn call_of(actor: &str, words: &str, world: &World) -> Call {
    verbs::call(&Arguments::parse(&format!("{actor} {words}")).unwrap(), world).unwrap()
}

/// The same of charity money, on `today`.
pub fn charity_call(words: &str, today: Date) -> Call {
    let arguments = Arguments::parse(&format!("- {words}")).unwrap();
    gifts::call(&arguments, today).unwrap().unwrap()
}

/// The salted commitment that stands for a person in scenarios.
pub fn person(name: &str) -> minglian_ledger::hash::Commitment {
    gifts::person(name)
}

/// The line that `holder/fund/year/line` names, for other tests.
pub fn line_name(text: &str) -> minglian_contracts::allocation::LineName {
    parse_line_name(text).unwrap()
}
