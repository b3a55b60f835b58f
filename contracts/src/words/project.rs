//! Projects.

use crate::project::evaluation::Evaluation;
use crate::project::{Call, Event, Stage};

use super::party::{category, category_english};
use super::{Names, Sentence, cny, sentence, spoken};

pub(super) fn kind(call: &Call) -> &'static str {
    match call {
        Call::Register(_) => "项目登记",
        Call::Contract { .. } => "合同登记",
        Call::Accept { .. } => "项目验收",
        Call::Evaluate { .. } => "绩效自评",
        Call::SetMilestone(_) => "项目节点",
        Call::ReachMilestone(_) => "节点完成",
        Call::Assess(_) => "第三方评价",
    }
}

/// How far a project is.
pub const fn stage(stage: Stage) -> &'static str {
    match stage {
        Stage::Registered => "已登记",
        Stage::Contracted => "已签合同",
        Stage::Accepted => "已验收",
        Stage::Evaluated => "已评价",
    }
}

const fn stage_english(stage: Stage) -> &'static str {
    match stage {
        Stage::Registered => "registered",
        Stage::Contracted => "contracted",
        Stage::Accepted => "accepted",
        Stage::Evaluated => "evaluated",
    }
}

pub(super) fn call(call: &Call, names: &dyn Names) -> Sentence {
    match call {
        Call::Register(registration) => {
            let (title, year) = (&registration.title, registration.year);
            let unit = names.organization(&registration.unit);
            let english = category_english(registration.category);
            let category = category(registration.category);
            sentence!(
                "登记{year}年项目“{title}”({category}),由{unit}实施",
                "registers the {year} project {title} ({english}), carried out by {unit}"
            )
        }
        Call::Contract { project, number, contract } => {
            let supplier = names.organization(&contract.counterparty);
            let (amount, en) = (spoken(contract.amount), cny(contract.amount));
            sentence!(
                "项目“{project}”与{supplier}签订合同“{number}”,金额{amount}",
                "project {project}: contract {number} with {supplier} for {en}"
            )
        }
        Call::Accept { project, acceptance } => {
            let (zh, en) = if acceptance.label_confirmed {
                (",已确认公益金资助标识", ", the label is in place")
            } else {
                ("", "")
            };
            sentence!("项目“{project}”通过验收{zh}", "project {project} is accepted{en}")
        }
        Call::Evaluate { project, .. } => {
            sentence!("项目“{project}”提交绩效自评", "project {project} is evaluated")
        }
        Call::SetMilestone(set) => {
            let (project, name, due_on) = (&set.project, &set.name, set.due_on);
            sentence!(
                "项目“{project}”设定节点“{name}”,应于 {due_on} 前完成",
                "project {project}: {name} is to be reached by {due_on}"
            )
        }
        Call::ReachMilestone(reach) => {
            let (project, name) = (&reach.project, &reach.name);
            sentence!("项目“{project}”完成节点“{name}”", "project {project} reached {name}")
        }
        Call::Assess(assess) => {
            let project = &assess.project;
            let commissioner = names.organization(&assess.commissioner);
            sentence!(
                "受{commissioner}委托,对项目“{project}”作出第三方评价",
                "evaluates project {project} on behalf of {commissioner}"
            )
        }
    }
}

pub(super) fn event(event: &Event) -> Sentence {
    match event {
        Event::Reached { project, stage: reached } => {
            let (reached, english) = (stage(*reached), stage_english(*reached));
            sentence!("项目“{project}”{reached}", "project {project}: {english}")
        }
        Event::Contracted { project, total } => {
            let (total, en) = (spoken(*total), cny(*total));
            sentence!("项目“{project}”合同合计{total}", "contracts of {project}: {en} in all")
        }
        Event::Evaluated { project, evaluation } => {
            let (points, rate) = scored(evaluation);
            sentence!(
                "项目“{project}”得分 {points},预算执行率 {rate}",
                "project {project}: {points} points, execution rate {rate}"
            )
        }
        Event::MilestoneSet { project, name, due_on } => sentence!(
            "项目“{project}”的节点“{name}”应于 {due_on} 前完成",
            "{name} of project {project} is due by {due_on}"
        ),
        Event::MilestoneReached { project, name, days_late } => {
            let (zh, en) = match days_late {
                0 => ("按期".to_owned(), "in time".to_owned()),
                days => (format!("逾期{days}天"), format!("{days} days late")),
            };
            sentence!(
                "项目“{project}”的节点“{name}”已完成,{zh}",
                "{name} of project {project} was reached, {en}"
            )
        }
        Event::Assessed { project, evaluation, .. } => {
            let (points, rate) = scored(evaluation);
            sentence!(
                "第三方评价项目“{project}”得分 {points},预算执行率 {rate}",
                "a third party gives project {project} {points} points, execution rate {rate}"
            )
        }
    }
}

/// Points and execution rate of an evaluation.
fn scored(evaluation: &Evaluation) -> (String, String) {
    let points = evaluation.indicator_points.saturating_add(evaluation.execution_points);
    let rate = percent(evaluation.execution.rate_basis_points);
    (format!("{}.{:02}", points / 100, points % 100), rate)
}

/// Basis points as a percentage with two decimals.
pub fn percent(basis_points: u16) -> String {
    format!("{}.{:02}%", basis_points / 100, basis_points % 100)
}
