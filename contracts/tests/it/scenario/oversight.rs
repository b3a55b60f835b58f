//! Verbs of oversight.

use std::str::FromStr;

use minglian_contracts::charity::fund::FundName;
use minglian_contracts::oversight::audit::{Engagement, EngagementName, Scope};
use minglian_contracts::oversight::complaint::{Answer, ComplaintName, Receive, Target};
use minglian_contracts::oversight::draw::{Draw, NamedDraw};
use minglian_contracts::oversight::finding::{Record, Rectify};
use minglian_contracts::oversight::inspection::{
    INSPECTIONS, Inspect, InspectionFrame, Inspector, Members, OpenPool, Recusal,
};
use minglian_contracts::oversight::sample::{Frame, Plan, SampleName};
use minglian_contracts::oversight::{Call, Reference};
use minglian_ledger::hash::{AttachmentHash, Commitment, SampleFrame};
use minglian_ledger::height::{Height, LogIndex};
use minglian_ledger::organization_code::OrganizationCode;

use super::arguments::Arguments;
use super::gifts::{named, optional_text, person};
use crate::world::{World, code, text};

pub fn call(arguments: &Arguments, world: &World) -> Result<Option<Call>, String> {
    if let Some(call) = complaint(arguments, world)? {
        return Ok(Some(call));
    }
    if let Some(call) = audit(arguments, world)? {
        return Ok(Some(call));
    }
    sample(arguments, world)
}

/// `organization/reference`.
fn name_of(arguments: &Arguments, name: &str) -> Result<(OrganizationCode, Reference), String> {
    let value = arguments.get(name)?;
    let (organization, reference) =
        value.split_once('/').ok_or_else(|| format!("{value} is not organization/reference"))?;
    Ok((code(organization), text(reference)))
}

fn complaint_name(arguments: &Arguments) -> Result<ComplaintName, String> {
    let (organization, complaint) = name_of(arguments, "complaint")?;
    Ok(ComplaintName { organization, complaint })
}

fn parsed<T: FromStr>(value: &str) -> Result<T, String> {
    value.parse().map_err(|_| format!("{value} does not read"))
}

fn complaint(arguments: &Arguments, world: &World) -> Result<Option<Call>, String> {
    let occurred_on = arguments.occurred_on(world.date)?;
    let complaint = || complaint_name(arguments);
    Ok(Some(match arguments.verb.as_str() {
        "receive_complaint" => Call::ReceiveComplaint(Receive {
            reference: arguments.text("reference")?,
            target: target(arguments.get("about")?)?,
            content: Commitment::of(&[b"salt", b"a complaint"]),
            ticket: Commitment::of(&[b"salt", arguments.get("reference")?.as_bytes()]),
            handler: arguments.organization("handler")?,
            occurred_on,
        }),
        "accept_complaint" => Call::AcceptComplaint { complaint: complaint()?, occurred_on },
        "decline_complaint" => Call::DeclineComplaint {
            complaint: complaint()?,
            reason: named(arguments, "reason", "out_of_remit")?,
            occurred_on,
        },
        "transfer_complaint" => Call::TransferComplaint {
            complaint: complaint()?,
            to: arguments.organization("to")?,
            occurred_on,
        },
        "extend_complaint" => Call::ExtendComplaint { complaint: complaint()?, occurred_on },
        "answer_complaint" => Call::AnswerComplaint {
            complaint: complaint()?,
            outcome: named(arguments, "outcome", "founded")?,
            answer: Answer::Committed(Commitment::of(&[b"salt", b"an answer"])),
            occurred_on,
        },
        "close_complaint" => Call::CloseComplaint {
            complaint: complaint()?,
            closure: named(arguments, "closure", "satisfied")?,
            occurred_on,
        },
        _ => return Ok(None),
    }))
}

/// `organization:X`, `record:INDEX:X`, `project:X` or `fund:HOST:X`.
fn target(value: &str) -> Result<Target, String> {
    let parts: Vec<&str> = value.split(':').collect();
    Ok(match parts[..] {
        ["organization", name] => Target::Organization(code(name)),
        ["record", index, name] => {
            Target::Record { index: LogIndex(parsed(index)?), organization: code(name) }
        }
        ["project", reference] => Target::Project(text(reference)),
        ["fund", host, fund] => Target::Fund(FundName { host: code(host), fund: text(fund) }),
        _ => return Err(format!("{value} is nothing to complain about")),
    })
}

fn engagement(arguments: &Arguments) -> Result<EngagementName, String> {
    let (organization, engagement) = name_of(arguments, "engagement")?;
    Ok(EngagementName { organization, engagement })
}

/// A list with commas; nothing if the name is not there.
fn list<T>(
    arguments: &Arguments,
    name: &str,
    into: impl Fn(&str) -> Result<T, String>,
) -> Result<Vec<T>, String> {
    let value = arguments.optional(name).unwrap_or_default();
    value.split(',').filter(|item| !item.is_empty()).map(into).collect()
}

fn attachments(arguments: &Arguments) -> Result<Vec<AttachmentHash>, String> {
    let count = arguments.optional("evidence").map_or(Ok(1), parsed)?;
    Ok(vec![AttachmentHash::of(&[b"evidence"]); count])
}

fn audit(arguments: &Arguments, world: &World) -> Result<Option<Call>, String> {
    let occurred_on = arguments.occurred_on(world.date)?;
    let finding = || arguments.parsed("finding");
    Ok(Some(match arguments.verb.as_str() {
        "open_audit" => {
            let (first, last) = arguments.get("years")?.split_once('-').ok_or("years=from-to")?;
            Call::OpenAudit(Engagement {
                reference: arguments.text("reference")?,
                scope: Scope {
                    organizations: list(arguments, "organizations", |name| Ok(code(name)))?,
                    funds: list(arguments, "funds", |fund| Ok(text(fund)))?,
                    first_year: parsed(first)?,
                    last_year: parsed(last)?,
                },
                occurred_on,
            })
        }
        "record_finding" => Call::RecordFinding(Record {
            engagement: engagement(arguments)?,
            number: finding()?,
            organization: arguments.organization("about")?,
            fund: optional_text(arguments, "fund")?,
            year: arguments.parsed("year")?,
            kind: named(arguments, "kind", "out_of_scope")?,
            records: list(arguments, "records", |index| Ok(LogIndex(parsed(index)?)))?,
            amount: arguments.amount("amount")?,
            working_paper: AttachmentHash::of(&[b"a working paper"]),
            occurred_on,
        }),
        "respond_finding" => Call::RespondFinding {
            engagement: engagement(arguments)?,
            finding: finding()?,
            position: named(arguments, "position", "accepted")?,
            statement: person("a statement"),
            occurred_on,
        },
        "rectify_finding" => Call::RectifyFinding(Rectify {
            engagement: engagement(arguments)?,
            finding: finding()?,
            amount: arguments.amount("amount")?,
            evidence: attachments(arguments)?,
            occurred_on,
        }),
        "confirm_finding" => Call::ConfirmFinding {
            engagement: engagement(arguments)?,
            finding: finding()?,
            verdict: named(arguments, "verdict", "confirmed")?,
            occurred_on,
        },
        "close_audit" => Call::CloseAudit {
            engagement: engagement(arguments)?,
            open: list(arguments, "open", parsed)?,
            occurred_on,
        },
        _ => return Ok(None),
    }))
}

fn sample(arguments: &Arguments, world: &World) -> Result<Option<Call>, String> {
    let occurred_on = arguments.occurred_on(world.date)?;
    Ok(Some(match arguments.verb.as_str() {
        "plan_sample" => Call::PlanSample(plan(arguments, world)?),
        "cancel_sample" => Call::CancelSample {
            plan: arguments.text("plan")?,
            reason: named(arguments, "reason", "frame_wrong")?,
        },
        "enter_draw" => Call::EnterDraw(Draw {
            game: text(arguments.optional("game").unwrap_or("双色球")),
            issue: arguments.text("issue")?,
            numbers: list(arguments, "numbers", parsed)?,
            occurred_on,
        }),
        "draw_sample" => {
            let (organization, sample) = name_of(arguments, "plan")?;
            Call::DrawSample { plan: SampleName { organization, sample } }
        }
        "open_pool" => Call::OpenPool(OpenPool {
            reference: arguments.text("reference")?,
            members: members(arguments)?,
            occurred_on,
        }),
        "inspect" => Call::Inspect(inspect(arguments, world)?),
        _ => return Ok(None),
    }))
}

/// `in=21` is the 21st height after the block in which the act is proposed.
fn plan(arguments: &Arguments, world: &World) -> Result<Plan, String> {
    let heights: u64 = arguments.parsed("in")?;
    Ok(Plan {
        reference: arguments.text("reference")?,
        purpose: named(arguments, "purpose", "audit")?,
        frame: frame(arguments)?,
        size: arguments.parsed("size")?,
        method: arguments.optional("method").map_or(Ok(1), parsed)?,
        target: Height(world.next_height().0 + heights),
        draw: NamedDraw {
            centre: code(arguments.optional("centre").unwrap_or("lottery")),
            game: text(arguments.optional("game").unwrap_or("双色球")),
            issue: arguments.text("issue")?,
            date: arguments.parsed("drawn")?,
        },
        replaces: optional_text(arguments, "replaces")?,
    })
}

/// `records=FIRST-END`, `list=POPULATION`, or `objects=` and `inspectors=`.
fn frame(arguments: &Arguments) -> Result<Frame, String> {
    let list_hash = SampleFrame::of(&[b"a list"]);
    if let Some(range) = arguments.optional("records") {
        let (first, end) = range.split_once('-').ok_or("records=first-end")?;
        return Ok(Frame::Records {
            first: LogIndex(parsed(first)?),
            end: LogIndex(parsed(end)?),
            organization: None,
            population: arguments.parsed("population")?,
            list: list_hash,
        });
    }
    if arguments.optional("list").is_some() {
        return Ok(Frame::List { population: arguments.parsed("list")?, list: list_hash });
    }
    let recusal = |pair: &str| {
        let (inspector, object) = pair.split_once(':').ok_or("recusals=inspector:object,…")?;
        Ok(Recusal { inspector: parsed(inspector)?, object: parsed(object)? })
    };
    Ok(Frame::Inspection(InspectionFrame {
        objects: arguments.text("objects")?,
        inspectors: arguments.text("inspectors")?,
        each: arguments.optional("each").map_or(Ok(2), parsed)?,
        recusals: list(arguments, "recusals", recusal)?,
    }))
}

/// `objects=A,B` or `inspectors=NAME:A,NAME:B`.
fn members(arguments: &Arguments) -> Result<Members, String> {
    if arguments.optional("objects").is_some() {
        return Ok(Members::Objects(list(arguments, "objects", |name| Ok(code(name)))?));
    }
    let inspector = |pair: &str| {
        let (name, organization) = pair.split_once(':').ok_or("inspectors=name:organization,…")?;
        Ok(Inspector { officer: person(name), organization: code(organization) })
    };
    Ok(Members::Inspectors(list(arguments, "inspectors", inspector)?))
}

/// `corrects=newest` names the newest record about the object, `corrects=INDEX` that one.
fn inspect(arguments: &Arguments, world: &World) -> Result<Inspect, String> {
    let (plan, object): (Reference, _) =
        (arguments.text("plan")?, arguments.organization("object")?);
    let organization = code(arguments.actor.split('.').next().ok_or("no organisation")?);
    let name = SampleName { organization, sample: plan.clone() };
    let newest = || INSPECTIONS.get(&world.state, &(name, object)).map_err(|it| it.to_string());
    let corrects = match arguments.optional("corrects") {
        None => None,
        Some("newest") => newest()?.map(|known| known.newest),
        Some(index) => Some(LogIndex(parsed(index)?)),
    };
    Ok(Inspect {
        plan,
        object,
        result: named(arguments, "result", "nothing_found")?,
        evidence: attachments(arguments)?,
        corrects,
        occurred_on: arguments.occurred_on(world.date)?,
    })
}
