//! Verbs of disclosure, and the lines that ask what an organisation owes.
//!
//! ```text
//! owed 慈善总会 charity.campaign_end/备1/1 = missing 2025-08-01 尚未见到上链披露
//! owes 慈善总会 2025-01-01 2025-12-31 = charity.campaign_end/备1/1
//! ```
//!
//! An obligation is `rule/subject/period`; the states are those of the scenario's day.

use minglian_contracts::call::Call;
use minglian_contracts::disclosure;
use minglian_contracts::disclosure::figure::{Figure, FigureMeasure, FigureSubject, FigureUnit};
use minglian_contracts::disclosure::obligation::{
    self, MET, NOTHING_SEEN, ObligationName, ObligationState,
};
use minglian_contracts::disclosure::publication::{
    Attached, AttachmentClass, Change, Correct, Metadata, Openness, Publish, Validity,
};
use minglian_contracts::disclosure::query::{self, Range};
use minglian_contracts::disclosure::rule::{Condition, Terms};
use minglian_contracts::project;
use minglian_contracts::project::acceptance::Acceptance;
use minglian_ledger::date::Date;
use minglian_ledger::hash::AttachmentHash;
use serde::de::DeserializeOwned;

use super::arguments::Arguments;
use crate::world::{World, code, text};

pub fn call(arguments: &Arguments, today: Date) -> Result<Option<Call>, String> {
    let occurred_on = arguments.occurred_on(today)?;
    Ok(Some(Call::Disclosure(match arguments.verb.as_str() {
        "publish" => disclosure::Call::Publish(Publish {
            metadata: metadata(arguments, today)?,
            meets: names(arguments.optional("meets").unwrap_or_default())?,
            attachments: attachments(arguments),
            figures: arguments.rows.iter().map(|row| figure(row)).collect::<Result<_, _>>()?,
        }),
        "correct_notice" => disclosure::Call::Correct(Correct {
            corrects: arguments.text("corrects")?,
            changes: arguments.rows.iter().map(|row| change(row)).collect::<Result<_, _>>()?,
            metadata: metadata(arguments, today)?,
            attachments: attachments(arguments),
            figures: Vec::new(),
        }),
        "declare" => disclosure::Call::Declare {
            trigger: named(arguments.get("trigger")?)?,
            subject: arguments.text("subject")?,
            occurred_on,
        },
        "set_rule" => {
            disclosure::Call::SetRule { rule: arguments.text("rule")?, terms: terms(arguments)? }
        }
        "accept_project" => {
            let (report, photos) = (None, Vec::new());
            let acceptance = Acceptance { label_confirmed: true, photos, report, occurred_on };
            let project = arguments.text("reference")?;
            return Ok(Some(Call::Project(project::Call::Accept { project, acceptance })));
        }
        _ => return Ok(None),
    })))
}

fn named<T: DeserializeOwned>(name: &str) -> Result<T, String> {
    serde_json::from_value(name.into()).map_err(|error| error.to_string())
}

pub fn metadata_of(index_number: &str, today: Date) -> Metadata {
    Metadata {
        index_number: text(index_number),
        title: text("公告"),
        summary: text(""),
        topic: text("民政、扶贫、救灾/慈善事业"),
        keywords: vec![text("慈善")],
        publisher: text("慈善总会"),
        document_number: text(""),
        produced_on: today,
        published_on: today,
        validity: Validity::InForce,
        openness: Openness::Proactive,
        time_limit: text("长期公开"),
        format: text("PDF"),
        language: text("汉语"),
    }
}

fn metadata(arguments: &Arguments, today: Date) -> Result<Metadata, String> {
    let mut metadata = metadata_of(arguments.get("index")?, today);
    if let Some(title) = arguments.optional("title") {
        metadata.title = text(title);
    }
    if arguments.optional("published").is_some() {
        metadata.published_on = arguments.parsed("published")?;
        metadata.produced_on = metadata.published_on;
    }
    if arguments.optional("produced").is_some() {
        metadata.produced_on = arguments.parsed("produced")?;
    }
    Ok(metadata)
}

/// `attachments=` names, separated by commas.
fn attachments(arguments: &Arguments) -> Vec<Attached> {
    let names = arguments.optional("attachments").unwrap_or_default().split(',');
    names
        .filter(|name| !name.is_empty())
        .map(|name| Attached {
            hash: AttachmentHash::of(&[name.as_bytes()]),
            class: AttachmentClass::Public,
        })
        .collect()
}

/// `rule/subject/period`; the subject may hold slashes.
pub fn obligation_name(written: &str) -> Result<ObligationName, String> {
    let wrong = || format!("{written} is not rule/subject/period");
    let (rule, rest) = written.split_once('/').ok_or_else(wrong)?;
    let (subject, period) = rest.rsplit_once('/').ok_or_else(wrong)?;
    let period = period.parse().map_err(|_| wrong())?;
    Ok(ObligationName { rule: text(rule), subject: text(subject), period })
}

fn names(written: &str) -> Result<Vec<ObligationName>, String> {
    written.split(',').filter(|name| !name.is_empty()).map(obligation_name).collect()
}

/// `label:unit:digits:decimals`.
fn figure(row: &str) -> Result<Figure, String> {
    let parts: Vec<&str> = row.split(':').collect();
    let [label, unit, mantissa, decimals] = parts[..] else {
        return Err(format!("{row} is not label:unit:digits:decimals"));
    };
    Ok(Figure {
        label: text(label),
        subject: FigureSubject::Other(text(label)),
        category: None,
        measure: FigureMeasure::Other,
        year: None,
        mantissa: mantissa.parse().map_err(|_| row)?,
        decimals: decimals.parse().map_err(|_| row)?,
        unit: named::<FigureUnit>(unit)?,
    })
}

/// `what:old:new`.
fn change(row: &str) -> Result<Change, String> {
    let parts: Vec<&str> = row.split(':').collect();
    let [what, old, new] = parts[..] else { return Err(format!("{row} is not what:old:new")) };
    Ok(Change { what: text(what), old: text(old), new: text(new) })
}

/// `due=` with `_` for the spaces.
fn terms(arguments: &Arguments) -> Result<Terms, String> {
    let due = arguments.get("due")?.replace('_', " ");
    let months = arguments.optional("longer_than").unwrap_or("0");
    Ok(Terms {
        trigger: named(arguments.get("trigger")?)?,
        owed_by: Vec::new(),
        tiers: Vec::new(),
        condition: Condition::Always,
        longer_than_months: months.parse().map_err(|_| "longer_than=")?,
        title_zh: text(arguments.optional("title").unwrap_or("公告")),
        title_en: text("a notice"),
        schedule: due.parse().map_err(|error| format!("{error}"))?,
        effective_from: arguments.parsed("from")?,
        effective_to: arguments.optional("to").map(|_| arguments.parsed("to")).transpose()?,
        article: text("测试"),
        verified: true,
        source: text("测试"),
        approved_by: text("测试"),
    })
}

/// What a line that begins with `owed ` or `owes ` asks; none for other lines.
pub fn answer(act: &str, world: &World) -> Option<Result<String, String>> {
    let words: Vec<&str> = act.split_whitespace().collect();
    match words[..] {
        ["owed", holder, name] => Some(owed(holder, name, world)),
        ["owes", holder, from, to] => Some(owes(holder, from, to, world)),
        _ => None,
    }
}

fn owed(holder: &str, name: &str, world: &World) -> Result<String, String> {
    let (holder, name) = (code(holder), obligation_name(name)?);
    let found = obligation::find(&world.state, &holder, &name).map_err(|it| it.to_string())?;
    let Some(found) = found else { return Ok("nothing".to_owned()) };
    let met = MET.get(&world.state, &(holder, name)).map_err(|it| it.to_string())?;
    let due_on = found.period.due_on;
    let state = ObligationState::on(due_on, met.as_ref(), found.is_waived, world.date);
    let word = serde_json::to_value(state).map_err(|it| it.to_string())?;
    let mut said = format!("{} {due_on}", word.as_str().unwrap_or_default());
    if found.provisional {
        said.push_str(" provisional");
    }
    match (state, met) {
        (ObligationState::Missing, _) => said.push_str(&format!(" {NOTHING_SEEN}")),
        (ObligationState::Late, Some(met)) => {
            said.push_str(&format!(" by {} days", due_on.days_until(met.published_on)));
        }
        _ => {}
    }
    Ok(said)
}

fn owes(holder: &str, from: &str, to: &str, world: &World) -> Result<String, String> {
    let day = |day: &str| day.parse::<Date>().map_err(|error| error.to_string());
    let range = Range { from: day(from)?, to: day(to)?, as_of: world.date, unmet_only: true };
    let found = query::obligations(&world.state, code(holder), range, None, query::PAGE_MAX)
        .map_err(|error| error.to_string())?;
    let names: Vec<String> = found
        .iter()
        .map(|it| format!("{}/{}/{}", it.name.rule, it.name.subject, it.name.period))
        .collect();
    Ok(if names.is_empty() { "nothing".to_owned() } else { names.join(" ") })
}
