//! Steps on acts that wait for other officers.

use crate::approval::{Call, Event};

use super::{Sentence, sentence, short};

pub(super) fn kind(call: &Call) -> &'static str {
    match call {
        Call::Approve { .. } => "审批",
        Call::Reject { .. } => "否决",
        Call::Withdraw { .. } => "撤回",
        Call::Retract { .. } => "撤回表决",
    }
}

pub(super) fn call(call: &Call) -> Sentence {
    match call {
        Call::Approve { proposal } => {
            let proposal = short(&proposal.to_string());
            sentence!("审批待办业务 {proposal}…", "approves proposal {proposal}…")
        }
        Call::Reject { proposal, opinion } => {
            let proposal = short(&proposal.to_string());
            let (zh, en) = match opinion {
                Some(_) => (",意见另存", ", with an opinion kept elsewhere"),
                None => ("", ""),
            };
            sentence!("否决待办业务 {proposal}…{zh}", "rejects proposal {proposal}…{en}")
        }
        Call::Withdraw { proposal } => {
            let proposal = short(&proposal.to_string());
            sentence!("撤回待办业务 {proposal}…", "withdraws proposal {proposal}…")
        }
        Call::Retract { proposal } => {
            let proposal = short(&proposal.to_string());
            sentence!(
                "撤回对待办业务 {proposal}… 的表决",
                "takes back its vote on proposal {proposal}…"
            )
        }
    }
}

pub(super) fn event(event: &Event) -> Sentence {
    match event {
        Event::Proposed { open_until, .. } => sentence!(
            "已提出,待其他经办人审批,有效至 {open_until}",
            "proposed; waits for other officers until {open_until}"
        ),
        Event::StepTaken { steps, .. } => {
            sentence!("已完成第{steps}个环节,尚待后续环节", "step {steps} is taken; others remain")
        }
        Event::Completed { signatures, .. } => {
            let count = signatures.len();
            sentence!("{count}人签署完成,业务生效", "{count} officers signed: the act takes effect")
        }
        Event::Rejected { .. } => sentence!("业务被否决", "the act was rejected"),
        Event::Withdrawn { .. } => sentence!("业务已撤回", "the act was withdrawn"),
        Event::Retracted { .. } => sentence!("表决已撤回", "the vote was taken back"),
    }
}
