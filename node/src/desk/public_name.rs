//! What is said of a name that goes with an act, for everybody to see once the act took effect. The
//! name itself is not repeated.

use minglian_client::Client;
use minglian_contracts::call::Call;
use minglian_contracts::contents;
use minglian_contracts::naming::Thing;
use minglian_ledger::hash::Commitment;

use super::language::Language;
use super::outcome::Outcome;

/// The node's code for what becomes public when its act takes effect.
const NOT_PUBLIC_YET: &str = "not_public_yet";

/// Most commitments of one act that a node is asked about.
const ASKED_MAX: usize = 20;

/// What is said before the act is signed.
pub fn before(commitment: &Commitment, language: Language) -> String {
    match language {
        Language::Zh => format!(
            "姓名: 承诺 {commitment} 的姓名随本笔业务送交节点,业务生效后公开;等待审批期间不公开,\
             被否决、撤回或逾期的不公开"
        ),
        Language::En => format!(
            "name: the one behind {commitment} goes to the nodes with this act, and is public once \
             the act took effect: not while it waits, and never if it is rejected, withdrawn or \
             out of time"
        ),
    }
}

/// What is said when the node did not take the name.
pub const fn not_handed_over(language: Language) -> &'static str {
    language.say(
        "姓名未送交节点,不会公开:请以同一编号再次提交本笔业务",
        "the name did not reach the node and will not be public: send the act again under the same \
         reference",
    )
}

/// What became of the name, by what became of the act.
pub const fn after(outcome: &Outcome, language: Language) -> &'static str {
    match outcome {
        Outcome::Applied { .. } => {
            language.say("姓名: 已送交节点,现已公开", "name: handed to the node, and public")
        }
        Outcome::Waiting { is_open: true, .. } => language.say(
            "姓名: 已送交节点,尚未公开;审批完成、业务生效后公开,被否决、撤回或逾期的不公开",
            "name: handed to the node, and not public yet: it will be once the act is approved, \
             and never if it is rejected, withdrawn or out of time",
        ),
        Outcome::Waiting { is_open: false, .. } => language.say(
            "姓名: 已送交节点;该业务已生效的,姓名现已公开,否则不公开",
            "name: handed to the node; it is public if the act took effect, and not otherwise",
        ),
        Outcome::Refused { .. } | Outcome::NotTaken { .. } => {
            language.say("姓名: 未送交,不会公开", "name: not handed over, and not public")
        }
        Outcome::Unsettled { .. } => language.say(
            "姓名: 未送交;业务结果确认后,以同一编号再次提交,届时送交",
            "name: not handed over; send the act again under the same reference once it is settled",
        ),
    }
}

/// The commitments of a waiting act behind which the node holds what becomes public with it.
pub async fn going_with(client: &Client, call: &Call) -> Vec<Commitment> {
    let mut found = Vec::new();
    for thing in contents::of(call).things.into_iter().take(ASKED_MAX) {
        let Thing::Opening(commitment) = thing else { continue };
        // A node that does not answer says nothing of names; the preview goes without.
        if let Err(error) = client.opening(&commitment).await
            && error.code() == Some(NOT_PUBLIC_YET)
        {
            found.push(commitment);
        }
    }
    found
}

/// What a checker is told of a name or text that becomes public with the act.
pub fn with_approval(commitment: &Commitment, language: Language) -> String {
    match language {
        Language::Zh => format!("随附公开内容: 承诺 {commitment} 的姓名或内容,本业务生效后即公开"),
        Language::En => {
            format!(
                "goes with it: the name or text behind {commitment} is public once it is approved"
            )
        }
    }
}
