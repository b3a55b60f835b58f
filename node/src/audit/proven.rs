//! What verified evidence says, for people: the act in words, as it stands in the bytes that were
//! verified.

use std::fmt::Write as _;

use minglian_contracts::approval;
use minglian_contracts::call::Call;
use minglian_contracts::event::{self, Event, Outcome};
use minglian_contracts::refusal::Code;
use minglian_contracts::words::{self, Names, Sentence};
use minglian_ledger::evidence::Proven;
use minglian_ledger::organization_code::OrganizationCode;
use minglian_ledger::record::{Closing, Leaf, Record};

/// Organisations by their codes: evidence of one record holds no register.
struct Codes;

impl Names for Codes {
    fn organization(&self, code: &OrganizationCode) -> String {
        code.to_string()
    }
}

/// What is proven, in Chinese and English, one statement a line.
pub fn said(proven: &Proven) -> String {
    match proven {
        Proven::Leaf(_, leaf) => match leaf.as_ref() {
            Leaf::Record(said) => record(said),
            Leaf::Closing(said) => closing(said),
        },
        Proven::State(key, Some(value)) => format!(
            "账本状态 state: the entry {} is {}",
            data_encoding::HEXLOWER.encode(key),
            data_encoding::HEXLOWER.encode(value)
        ),
        Proven::State(key, None) => {
            format!("账本状态 state: there is no entry {}", data_encoding::HEXLOWER.encode(key))
        }
    }
}

fn record(record: &Record) -> String {
    let Record { height, index, transaction, receipt } = record;
    let body = &transaction.body;
    let mut text = format!(
        "第 {index} 条记录,区块 {height} record {index}, block {height}\n\
         单位 organisation {}, 业务编号 reference {}\n\
         交易 transaction {}\n",
        body.organization,
        body.client_reference,
        transaction.id()
    );
    let mut line = |Sentence { zh, en }: Sentence| {
        // Writing to a String does not fail.
        let _ = writeln!(text, "{zh}\n{en}");
    };
    match Call::decode(&body.call) {
        Ok(call) => line(words::call(&call, &Codes)),
        Err(error) => line(both(format!("act that this program does not know: {error}"))),
    }
    match event::read(receipt) {
        Ok(Outcome::Applied(events)) => line(taken(&events)),
        Ok(Outcome::Refused { code, detail }) => {
            let known = Code::from_number(code);
            let zh = known.map_or_else(String::new, |code| code.chinese().to_owned());
            let en = known.map_or_else(String::new, |code| code.english().to_owned());
            line(Sentence {
                zh: format!("结果:未获通过({code}) {zh}"),
                en: format!("outcome: refused ({code}) {en}; {detail}"),
            });
        }
        Err(error) => line(both(format!("receipt that this program does not know: {error}"))),
    }
    text.truncate(text.trim_end().len());
    text
}

/// What a record says that the rules took: its act applies, or it waits, or it is a step on one
/// that waits. What became of it later stands in another record.
fn taken(events: &[Event]) -> Sentence {
    let step = events.iter().find_map(|event| match event {
        Event::Approval(approval::Event::Proposed { open_until, .. }) => Some((
            format!("结果:已提出,待审批,有效至 {open_until};是否生效见其后的审批记录"),
            format!(
                "outcome: proposed; it waits for approval until {open_until}. Whether it took \
                 effect stands in the record of its last approval"
            ),
        )),
        Event::Approval(approval::Event::StepTaken { .. }) => Some((
            "结果:已审批一步,所审批的业务仍待审批".to_owned(),
            "outcome: one step is taken; the act that it approves waits still".to_owned(),
        )),
        Event::Approval(approval::Event::Rejected { .. }) => Some((
            "结果:已否决,所涉业务未生效".to_owned(),
            "outcome: rejected; the act that waited did not take effect".to_owned(),
        )),
        Event::Approval(approval::Event::Withdrawn { .. }) => Some((
            "结果:已撤回,所涉业务未生效".to_owned(),
            "outcome: withdrawn; the act that waited did not take effect".to_owned(),
        )),
        Event::Approval(approval::Event::Retracted { .. }) => Some((
            "结果:已撤回表决,所涉业务仍待审批".to_owned(),
            "outcome: a vote is taken back; the act waits still".to_owned(),
        )),
        _ => None,
    });
    let (zh, en) =
        step.unwrap_or_else(|| ("结果:已生效".to_owned(), "outcome: applied".to_owned()));
    Sentence { zh, en }
}

fn closing(closing: &Closing) -> String {
    let Closing { height, time_ms, state_root, .. } = closing;
    format!("区块 {height} 结束 end of block {height}, time {} ms, state {state_root}", time_ms.0)
}

fn both(text: String) -> Sentence {
    Sentence { zh: text.clone(), en: text }
}
