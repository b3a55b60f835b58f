//! Orders to erase what is kept off the log.

use crate::naming::Thing;
use crate::opening::{Call, Event, Ground};

use super::{Names, Sentence, sentence};

pub(super) fn kind(call: &Call) -> &'static str {
    match call {
        Call::Erase { .. } | Call::EraseOf { .. } => "删除指令",
    }
}

pub(super) fn call(call: &Call, names: &dyn Names) -> Sentence {
    match call {
        Call::Erase { things, ground, .. } => {
            let (counted, ground) = (count(things), reason(*ground));
            let (what, en, why, en_why) = (counted.zh, counted.en, ground.zh, ground.en);
            sentence!("删除本单位的{what},依据:{why}", "erases {en} of its own: {en_why}")
        }
        Call::EraseOf { organization, things, ground, .. } => {
            let (whose, counted) = (names.organization(organization), count(things));
            let (ground, what, en) = (reason(*ground), counted.zh, counted.en);
            let (why, en_why) = (ground.zh, ground.en);
            sentence!("责令删除{whose}的{what},依据:{why}", "erases {en} of {whose}: {en_why}")
        }
    }
}

pub(super) fn event(event: &Event, names: &dyn Names) -> Sentence {
    match event {
        Event::Erased { organization, things, .. } => {
            let (whose, counted) = (names.organization(organization), count(things));
            let (what, en) = (counted.zh, counted.en);
            sentence!(
                "{whose}的{what}已删除,链上只留哈希",
                "{en} of {whose} are gone; the log keeps the hashes"
            )
        }
    }
}

/// How many texts or names, and how many attachments.
fn count(things: &[Thing]) -> Sentence {
    let attachments = things.iter().filter(|it| matches!(it, Thing::Attachment(_))).count();
    let openings = things.len() - attachments;
    match (openings, attachments) {
        (_, 0) => sentence!("{openings}项姓名或文字", "{openings} names or texts"),
        (0, _) => sentence!("{attachments}份附件", "{attachments} attachments"),
        _ => sentence!(
            "{openings}项姓名或文字和{attachments}份附件",
            "{openings} names or texts and {attachments} attachments"
        ),
    }
}

fn reason(ground: Ground) -> Sentence {
    let (zh, en) = match ground {
        Ground::PurposeEnded => ("处理目的已实现或不再必要", "its purpose has ended"),
        Ground::PeriodEnded => ("保存期限已届满", "its period has ended"),
        Ground::ConsentWithdrawn => ("个人撤回同意", "consent was withdrawn"),
        Ground::Unlawful => ("违法或违约处理个人信息", "it was handled unlawfully"),
        Ground::OtherLaw => ("法律、行政法规的其他规定", "other law demands it"),
    };
    let article = ground.article();
    sentence!("{zh}({article})", "{en} ({article})")
}
