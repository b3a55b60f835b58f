//! What became of an act that was sent, in words and for programs.

use minglian_client::Client;
use minglian_client::wire::{CommittedView, NextStepView, SubmitAnswer, SubmitStatus};
use minglian_contracts::event::Event;
use minglian_contracts::refusal::Code;
use minglian_contracts::words::{self, Names};
use minglian_contracts::{approval, event};
use minglian_ledger::date::Date;
use minglian_ledger::hash::TransactionId;
use minglian_ledger::height::{Height, LogIndex};
use serde::Serialize;
use serde_json::Value;

use super::language::{Language, plain};

/// How a node refuses what was signed for another chain.
const WRONG_CHAIN: &str = "wrong_chain";

const OTHER_CHAIN: &str = "该节点属于另一条链,请用 --url 指定本业务所在网络的节点 this node is of another \
    chain: name one of the act's own network with --url";

/// Where a committed act stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Place {
    /// The transaction's name.
    pub id: TransactionId,
    /// Position of its record in the log.
    pub index: LogIndex,
    /// The block that holds it.
    pub height: Height,
}

/// A refusal by the rules, in words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Refused {
    /// Its number.
    pub code: u32,
    /// Its name.
    pub name: String,
    /// The rule, in Chinese.
    pub chinese: String,
    /// The rule, in English.
    pub english: String,
    /// The article behind it; empty where the rule is the ledger's own.
    pub article: String,
    /// The offending values.
    pub detail: String,
    /// What to do, in Chinese.
    pub advice_chinese: String,
    /// What to do, in English.
    pub advice_english: String,
}

/// What became of an act.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum Outcome {
    /// It took effect.
    Applied {
        /// Where it stands.
        #[serde(flatten)]
        place: Place,
        /// What it did, in Chinese.
        events_chinese: Vec<String>,
        /// What it did, in English.
        events_english: Vec<String>,
    },
    /// It is in the ledger and waits for other officers.
    Waiting {
        /// Where it stands.
        #[serde(flatten)]
        place: Place,
        /// The act that waits: this one, or the one that it approved.
        proposal: TransactionId,
        /// The last day on which it can be approved.
        #[serde(skip_serializing_if = "Option::is_none")]
        open_until: Option<Date>,
        /// Whether it still waits, as the node says: one that was sent long ago may be settled.
        is_open: bool,
        /// Whose step is next, as the node says; none if it does not say.
        #[serde(skip_serializing_if = "Option::is_none")]
        next: Option<NextStepView>,
    },
    /// The rules refused it; it changed nothing.
    Refused {
        /// Where it stands.
        #[serde(flatten)]
        place: Place,
        /// Why.
        refusal: Refused,
    },
    /// The node did not take it; it is in no ledger.
    NotTaken {
        /// The node's stable name of the reason.
        code: String,
        /// In words.
        detail: String,
        /// Whether the same may be taken in a moment.
        for_now: bool,
    },
    /// Nobody knows yet: it may still be committed.
    Unsettled {
        /// The transaction's name.
        id: TransactionId,
        /// What happened.
        detail: String,
    },
}

/// Reads what a node answered.
pub async fn read(
    client: &Client,
    id: TransactionId,
    answer: SubmitAnswer,
    names: &dyn Names,
) -> Outcome {
    let for_now = answer.is_for_now() || answer.code == "unavailable";
    match (answer.status, answer.committed) {
        (SubmitStatus::Committed, Some(committed)) => {
            read_committed(client, id, committed, names).await
        }
        // A node of another chain knows nothing of the act: it waits for one of its own.
        (SubmitStatus::Refused, _) if answer.code == WRONG_CHAIN => {
            Outcome::Unsettled { id, detail: OTHER_CHAIN.to_owned() }
        }
        (SubmitStatus::Refused, _) => {
            let detail = plain(&answer.detail.unwrap_or_default());
            Outcome::NotTaken { code: plain(&answer.code), detail, for_now }
        }
        (SubmitStatus::Admitted | SubmitStatus::Committed, _) => {
            let detail = "the node has it, no block holds it yet".to_owned();
            Outcome::Unsettled { id, detail }
        }
    }
}

/// Reads what became of a committed act.
pub async fn read_committed(
    client: &Client,
    id: TransactionId,
    committed: CommittedView,
    names: &dyn Names,
) -> Outcome {
    let place = Place { id, index: committed.index, height: committed.height };
    let receipt = committed.receipt;
    if !receipt.applied {
        let refusal = refusal(receipt.code, receipt.refusal.map(|view| plain(&view.detail)));
        return Outcome::Refused { place, refusal };
    }
    let events: Vec<Event> = receipt.events.iter().filter_map(read_event).collect();
    for event in &events {
        let (proposal, open_until) = match event {
            Event::Approval(approval::Event::Proposed { proposal, open_until }) => {
                (*proposal, Some(*open_until))
            }
            Event::Approval(approval::Event::StepTaken { proposal, .. }) => (*proposal, None),
            _ => continue,
        };
        // Who is next is the node's word; that the act waits stands in the receipt.
        let (is_open, next) = match client.proposal(&proposal).await {
            Ok(view) => (true, view.next),
            Err(error) => (!error.is_vacant(), None),
        };
        return Outcome::Waiting { place, proposal, open_until, is_open, next };
    }
    let said: Vec<_> = events.iter().map(|event| words::event(event, names)).collect();
    Outcome::Applied {
        place,
        events_chinese: said.iter().map(|sentence| sentence.zh.clone()).collect(),
        events_english: said.into_iter().map(|sentence| sentence.en).collect(),
    }
}

/// An event of a receipt; none of rules that this program does not know.
fn read_event(value: &Value) -> Option<event::Event> {
    serde_json::from_value(value.clone()).ok()
}

/// A refusal with its sentences. A code of later rules has its number alone.
fn refusal(code: u32, detail: Option<String>) -> Refused {
    let known = Code::from_number(code);
    let text = |of: fn(Code) -> &'static str| known.map_or("", of).to_owned();
    let advice = known.map(words::advice::advice);
    let advice = advice.unwrap_or_else(|| words::Sentence {
        zh: "本程序不认识该拒绝代码,请升级程序".to_owned(),
        en: "this program does not know the code: get a newer one".to_owned(),
    });
    Refused {
        code,
        name: text(Code::name),
        chinese: text(Code::chinese),
        english: text(Code::english),
        article: text(Code::article),
        detail: detail.unwrap_or_default(),
        advice_chinese: advice.zh,
        advice_english: advice.en,
    }
}

impl Outcome {
    /// Whether the ledger took the act: it applies, or waits for others.
    pub fn is_taken(&self) -> bool {
        matches!(self, Self::Applied { .. } | Self::Waiting { .. })
    }

    /// Whether nothing more will become of the signed act, so that it need not be kept.
    pub fn is_settled(&self) -> bool {
        match self {
            Self::Applied { .. } | Self::Waiting { .. } | Self::Refused { .. } => true,
            Self::NotTaken { for_now, .. } => !for_now,
            Self::Unsettled { .. } => false,
        }
    }

    /// The outcome as people read it.
    pub fn to_text(&self, language: Language) -> String {
        match self {
            Self::Applied { place, events_chinese, events_english } => {
                let Place { index, height, .. } = place;
                let events = match language {
                    Language::Zh => events_chinese,
                    Language::En => events_english,
                };
                let head = match language {
                    Language::Zh => format!("已入账:第{index}条记录,区块{height}"),
                    Language::En => format!("applied: record {index}, block {height}"),
                };
                std::iter::once(head)
                    .chain(events.iter().map(|event| format!("  {event}")))
                    .collect::<Vec<_>>()
                    .join("\n")
            }
            Self::Waiting { place, proposal, is_open: false, .. } => {
                let index = place.index;
                match language {
                    Language::Zh => format!(
                        "已记入第{index}条记录,现已不在待办之列(已办结、否决或撤回)\n  \
                         业务号 {proposal}"
                    ),
                    Language::En => format!(
                        "in record {index}; it waits no more: it was approved, rejected or \
                         withdrawn\n  proposal {proposal}"
                    ),
                }
            }
            Self::Waiting { place, proposal, open_until, next, .. } => {
                waiting(place, proposal, open_until.as_ref(), next.as_ref(), language)
            }
            Self::Refused { refusal, .. } => refusal.to_text(language),
            Self::NotTaken { code, detail, for_now } => {
                let again = match (for_now, language) {
                    (true, Language::Zh) => ";节点繁忙,稍后用 minglian tx resend 重发",
                    (true, Language::En) => "; send it again in a moment with `minglian tx resend`",
                    (false, _) => "",
                };
                let head = language.say("节点未受理", "the node did not take it");
                format!("{head} ({code}): {detail}{again}")
            }
            Self::Unsettled { id, detail } => match language {
                Language::Zh => format!(
                    "尚未确认:{detail}\n  已签署的业务 {id} 保存在发件箱,用 minglian tx resend 安全重发"
                ),
                Language::En => format!(
                    "not confirmed yet: {detail}\n  the signed act {id} is in the outbox; \
                     `minglian tx resend` sends it again, safely"
                ),
            },
        }
    }
}

fn waiting(
    place: &Place,
    proposal: &TransactionId,
    open_until: Option<&Date>,
    next: Option<&NextStepView>,
    language: Language,
) -> String {
    let who = next.map_or_else(
        || language.say("其他经办人", "another officer").to_owned(),
        |next| plain(language.say(&next.chinese, &next.english)),
    );
    let until = open_until.map_or_else(String::new, |day| match language {
        Language::Zh => format!(",有效至 {day}"),
        Language::En => format!(", open until {day}"),
    });
    let index = place.index;
    match language {
        Language::Zh => format!(
            "已记入第{index}条记录,等待{who}审批{until}\n  待办业务号 {proposal}\n  \
             审批命令:minglian tx approve {proposal} --url 节点地址 --key 密钥文件 --organization 单位代码"
        ),
        Language::En => format!(
            "in record {index}; it waits for: {who}{until}\n  proposal {proposal}\n  \
             to approve: minglian tx approve {proposal} --url NODE --key FILE --organization CODE"
        ),
    }
}

impl Refused {
    /// The refusal as people read it.
    pub fn to_text(&self, language: Language) -> String {
        let Self {
            code, chinese, english, article, detail, advice_chinese, advice_english, ..
        } = self;
        let (head, rule, by, values, todo, advice) = match language {
            Language::Zh => ("未获通过", chinese, "依据", "具体情况", "怎么办", advice_chinese),
            Language::En => ("refused", english, "by", "values", "what to do", advice_english),
        };
        let mut lines = vec![format!("{head} ({code}): {rule}")];
        for (label, text) in [(by, article), (values, detail), (todo, advice)] {
            if !text.is_empty() {
                lines.push(format!("  {label}: {text}"));
            }
        }
        lines.join("\n")
    }
}
