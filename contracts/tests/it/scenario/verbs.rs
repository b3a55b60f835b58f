//! What a scenario's verbs mean. `call {…}` takes any call as JSON.

use minglian_contracts::allocation::downward::Grant;
use minglian_contracts::allocation::entry::{RecordQuota, Statement};
use minglian_contracts::allocation::plan::{Plan, PlanRow, PlanRowName};
use minglian_contracts::allocation::subject::Classify;
use minglian_contracts::allocation::year::{CarryOver, TakeBack, TransferOut};
use minglian_contracts::allocation::{self, Purpose, Receipt, StatementKind};
use minglian_contracts::call::Call;
use minglian_contracts::working_day::Notice;
use minglian_contracts::{governance, registry};
use minglian_ledger::date::Date;
use minglian_ledger::genesis::{GenesisParameter, OrganizationKind, Role};
use minglian_ledger::height::Height;

use super::arguments::{Arguments, parse_amount, parse_category};
use super::{enrolments, erasures, gifts, homes, money, notices, oversight};
use crate::world::{World, code, public_key, text, validator};

/// A peer id of an Ed25519 key.
const PEER_ID: &str = "12D3KooWEyoppNCUx8Yx66oV9fJnriXwCcXwDDUA2kj6vnc6iDEp";

pub fn call(arguments: &Arguments, world: &World) -> Result<Call, String> {
    if arguments.verb == "call" {
        let json = arguments.words.join(" ");
        return serde_json::from_str(&json).map_err(|error| error.to_string());
    }
    if let Some(call) = registry_call(arguments)? {
        return Ok(Call::Registry(call));
    }
    if let Some(call) = governance_call(arguments, world)? {
        return Ok(Call::Governance(call));
    }
    if let Some(call) = allocation_call(arguments, world.date)? {
        return Ok(Call::Allocation(call));
    }
    if let Some(call) = gifts::call(arguments, world.date)? {
        return Ok(call);
    }
    if let Some(call) = oversight::call(arguments, world)? {
        return Ok(Call::Oversight(call));
    }
    if let Some(call) = notices::call(arguments, world.date)? {
        return Ok(call);
    }
    if let Some(call) = erasures::call(arguments, world.date)? {
        return Ok(call);
    }
    if let Some(call) = enrolments::call(arguments, world)? {
        return Ok(Call::Enrolment(call));
    }
    if let Some(call) = homes::call(arguments, world)? {
        return Ok(Call::Homes(call));
    }
    money::call(arguments, world.date)?.ok_or_else(|| format!("no verb {}", arguments.verb))
}

fn registry_call(arguments: &Arguments) -> Result<Option<registry::Call>, String> {
    // The key of a name, or one as it is written.
    let key = |name: &str| match arguments.get(name)?.strip_prefix("hex:") {
        Some(digits) => digits.parse().map_err(|_| format!("{digits} is no key")),
        None => arguments.get(name).map(public_key),
    };
    Ok(Some(match arguments.verb.as_str() {
        "register_organization" => registry::Call::RegisterOrganization {
            code: match arguments.optional("code") {
                Some(_) => arguments.parsed("code")?,
                None => arguments.organization("name")?,
            },
            name: arguments.text("name")?,
            kind: parse_kind(arguments.get("kind")?)?,
            division: arguments.parsed("division")?,
        },
        "register_key" => registry::Call::RegisterKey {
            organization: arguments.organization("organization")?,
            key: key("key")?,
            role: parse_role(arguments.get("role")?)?,
            same_officer_as: arguments.optional("same_officer_as").map(public_key),
        },
        "rotate_key" => registry::Call::RotateKey { old: key("old")?, new: key("new")? },
        "revoke_key" => match arguments.optional("organization") {
            None => registry::Call::RevokeKey { key: key("key")? },
            Some(_) => registry::Call::RevokeKeyOf {
                organization: arguments.organization("organization")?,
                key: key("key")?,
            },
        },
        _ => return Ok(None),
    }))
}

fn governance_call(
    arguments: &Arguments,
    world: &World,
) -> Result<Option<governance::Call>, String> {
    let change = match arguments.verb.as_str() {
        "add_validator" => governance::Change::Add(new_validator(arguments)?),
        "remove_validator" => {
            governance::Change::Remove(validator(arguments.get("name")?, "audit", 1).address())
        }
        "replace_validator" => governance::Change::Replace {
            old: validator(arguments.get("old")?, "audit", 1).address(),
            new: new_validator(arguments)?,
        },
        "set_parameter" => {
            return Ok(Some(governance::Call::SetParameter(GenesisParameter {
                key: arguments.text("key")?,
                value: arguments.parsed("value")?,
                unit: arguments.text("unit")?,
                effective_from: arguments.parsed("from")?,
                effective_to: arguments
                    .optional("to")
                    .map(|_| arguments.parsed("to"))
                    .transpose()?,
                article: text("测试"),
                approved_by: text("测试"),
            })));
        }
        "set_holidays" => {
            return Ok(Some(governance::Call::SetHolidays(Notice {
                year: arguments.parsed("year")?,
                holidays: arguments.dates("off")?,
                working_weekends: arguments.dates("worked")?,
                article: text(arguments.optional("article").unwrap_or("国办发明电")),
            })));
        }
        _ => return Ok(None),
    };
    // `in=2` is the second height after the block in which the act is proposed.
    let heights: u64 = arguments.parsed("in")?;
    let takes_effect_at = Height(world.next_height().0 + heights);
    Ok(Some(governance::Call::ChangeValidators { change, takes_effect_at }))
}

fn new_validator(arguments: &Arguments) -> Result<minglian_ledger::validators::Validator, String> {
    let power = arguments.optional("power").map_or(Ok(1), |_| arguments.parsed("power"))?;
    let validator = validator(arguments.get("name")?, arguments.get("organization")?, power);
    Ok(minglian_ledger::validators::Validator {
        peer_id: text(arguments.optional("peer_id").unwrap_or(PEER_ID)),
        consensus_address: text(arguments.optional("consensus").unwrap_or("/ip4/10.0.0.1/tcp/1")),
        gossip_address: text(arguments.optional("gossip").unwrap_or("/ip6/::1/tcp/65535")),
        ..validator
    })
}

fn allocation_call(arguments: &Arguments, today: Date) -> Result<Option<allocation::Call>, String> {
    let call = match arguments.verb.as_str() {
        "record" => allocation::Call::RecordQuota(record(arguments, today)?),
        "plan" => allocation::Call::Plan(plan(arguments, today)?),
        "issue" => allocation::Call::Issue(grant(arguments, today)?),
        "allocate" => allocation::Call::Allocate(grant(arguments, today)?),
        "receive" => allocation::Call::Receive {
            line: arguments.line("line")?,
            occurred_on: arguments.occurred_on(today)?,
        },
        "carry_over" => allocation::Call::CarryOver(CarryOver {
            line: arguments.line("line")?,
            amount: arguments.amount("amount")?,
            basis: arguments.basis()?,
            occurred_on: arguments.occurred_on(today)?,
        }),
        "recover" => allocation::Call::Recover(take_back(arguments, today)?),
        "lapse" => allocation::Call::Lapse(take_back(arguments, today)?),
        "classify" => allocation::Call::Classify(Classify {
            line: arguments.line("line")?,
            subject: arguments.text("subject")?,
            occurred_on: arguments.occurred_on(today)?,
        }),
        "transfer_out" => allocation::Call::TransferOut(TransferOut {
            line: arguments.line("line")?,
            to_fund: arguments.text("to_fund")?,
            amount: arguments.amount("amount")?,
            basis: arguments.basis()?,
            occurred_on: arguments.occurred_on(today)?,
        }),
        "state" => allocation::Call::State(Statement {
            kind: match arguments.get("kind")? {
                "nothing" => StatementKind::Nothing,
                "total" => StatementKind::Total,
                "balance" => StatementKind::Balance,
                "raised" => StatementKind::Raised,
                "remitted" => StatementKind::Remitted,
                other => return Err(format!("no kind of statement {other}")),
            },
            line: arguments.optional("line").map(|_| arguments.line("line")).transpose()?,
            subject: arguments.text("subject")?,
            figure: arguments.amount("figure")?,
            basis: arguments.basis()?,
            occurred_on: arguments.occurred_on(today)?,
        }),
        _ => return Ok(None),
    };
    Ok(Some(call))
}

fn record(arguments: &Arguments, today: Date) -> Result<RecordQuota, String> {
    let to = arguments.line("to")?;
    let receipt = match arguments.optional("receipt").unwrap_or("issued") {
        "issued" => Receipt::Issued,
        "tranche" => Receipt::Tranche,
        "settlement_return" => Receipt::SettlementReturn,
        "brought_forward" => Receipt::BroughtForward,
        "own_share" => Receipt::OwnShare,
        other => return Err(format!("no receipt {other}")),
    };
    let first_year =
        arguments.optional("first_year").map_or(Ok(to.year), |_| arguments.parsed("first_year"))?;
    Ok(RecordQuota {
        to,
        receipt,
        amount: arguments.amount("amount")?,
        level: text(arguments.optional("level").unwrap_or("中央")),
        purpose: arguments.purpose()?,
        basis: arguments.basis()?,
        first_year,
        implied: arguments.words.iter().any(|word| word == "implied"),
        occurred_on: arguments.occurred_on(today)?,
    })
}

fn grant(arguments: &Arguments, today: Date) -> Result<Grant, String> {
    let plan = arguments.optional("plan").map(parse_plan_row).transpose()?;
    Ok(Grant {
        from: arguments.line("from")?,
        to: arguments.line("to")?,
        amount: arguments.amount("amount")?,
        purpose: arguments.purpose()?,
        basis: arguments.basis()?,
        plan,
        occurred_on: arguments.occurred_on(today)?,
    })
}

/// `organisation/plan/row`.
fn parse_plan_row(value: &str) -> Result<PlanRowName, String> {
    let parts: Vec<&str> = value.split('/').collect();
    let [organization, plan, row] = parts[..] else {
        return Err(format!("{value} is not organisation/plan/row"));
    };
    let row = row.parse().map_err(|_| format!("{row} is not a row"))?;
    Ok(PlanRowName { organization: code(organization), plan: text(plan), row })
}

/// Each `row=` is `holder:amount` or `holder:amount:category`.
fn plan(arguments: &Arguments, today: Date) -> Result<Plan, String> {
    let mut rows = Vec::new();
    for row in &arguments.rows {
        let mut parts = row.split(':');
        let holder = code(parts.next().ok_or("no holder")?);
        let amount = parse_amount(parts.next().ok_or("no amount")?)?;
        let category = parts.next().map(parse_category).transpose()?;
        rows.push(PlanRow { holder, purpose: Purpose { category, project: None }, amount });
    }
    Ok(Plan {
        name: arguments.text("name")?,
        from: arguments.line("from")?,
        rows,
        reviewer: arguments.organization("reviewer")?,
        occurred_on: arguments.occurred_on(today)?,
    })
}

fn take_back(arguments: &Arguments, today: Date) -> Result<TakeBack, String> {
    Ok(TakeBack {
        line: arguments.line("line")?,
        to: arguments.line("to")?,
        amount: arguments.amount("amount")?,
        basis: arguments.basis()?,
        occurred_on: arguments.occurred_on(today)?,
    })
}

fn parse_kind(name: &str) -> Result<OrganizationKind, String> {
    serde_json::from_value(name.into()).map_err(|error| error.to_string())
}

fn parse_role(name: &str) -> Result<Role, String> {
    serde_json::from_value(name.into()).map_err(|error| error.to_string())
}
