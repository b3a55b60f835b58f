//! Validators and parameters.

use crate::governance::{Call, Change, Event};

use super::{Names, Sentence, sentence, short};

pub(super) fn kind(call: &Call) -> &'static str {
    match call {
        Call::ChangeValidators { .. } => "共识成员变更",
        Call::SetParameter(_) => "参数设定",
        Call::SetHolidays(_) => "节假日安排",
    }
}

pub(super) fn call(call: &Call, names: &dyn Names) -> Sentence {
    match call {
        Call::ChangeValidators { change, takes_effect_at } => {
            let Sentence { zh, en } = changed(change, names);
            sentence!("{zh},自高度 {takes_effect_at} 生效", "{en} from height {takes_effect_at} on")
        }
        Call::SetParameter(parameter) => {
            let (key, value, unit) = (&parameter.key, parameter.value, &parameter.unit);
            let (from, article) = (parameter.effective_from, &parameter.article);
            sentence!(
                "设定参数“{key}”为 {value}({unit}),自 {from} 起适用,依据:{article}",
                "sets parameter {key} to {value} ({unit}) from {from} on, by {article}"
            )
        }
        Call::SetHolidays(notice) => {
            let (year, article) = (notice.year, &notice.article);
            let (off, worked) = (notice.holidays.len(), notice.working_weekends.len());
            sentence!(
                "登记 {year} 年节假日安排:放假 {off} 天,调休上班 {worked} 天,依据:{article}",
                "enters the holidays of {year}: {off} days off, {worked} worked, by {article}"
            )
        }
    }
}

fn changed(change: &Change, names: &dyn Names) -> Sentence {
    match change {
        Change::Add(validator) => {
            let (name, power) = (&validator.name, validator.power);
            let organization = names.organization(&validator.organization);
            sentence!(
                "增加共识节点“{name}”({organization},表决权 {power})",
                "adds validator {name} of {organization} with power {power}"
            )
        }
        Change::Remove(address) => {
            let address = short(&address.to_string());
            sentence!("移除共识节点 {address}…", "removes validator {address}…")
        }
        Change::Replace { old, new } => {
            let (old, name, power) = (short(&old.to_string()), &new.name, new.power);
            sentence!(
                "更新共识节点 {old}… 为“{name}”(表决权 {power})",
                "replaces validator {old}… by {name} with power {power}"
            )
        }
    }
}

pub(super) fn event(event: &Event) -> Sentence {
    match event {
        Event::ValidatorsScheduled { takes_effect_at } => sentence!(
            "共识成员变更将于高度 {takes_effect_at} 生效",
            "the change of validators takes effect at height {takes_effect_at}"
        ),
        Event::ParameterSet { key, version, retroactive } => {
            let (zh, en) =
                if *retroactive { (",含追溯期间", ", for past days too") } else { ("", "") };
            sentence!(
                "参数“{key}”第{version}版生效{zh}",
                "version {version} of parameter {key} holds{en}"
            )
        }
        Event::HolidaysSet { year, version } => sentence!(
            "{year} 年节假日安排第{version}版生效",
            "version {version} of the holidays of {year} holds"
        ),
    }
}
