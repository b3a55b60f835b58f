//! The lines of a scenario that ask what reports and the credit record derive.
//!
//! ```text
//! execution home/中央集中/2024/老年人福利 = 102万元 of 108万元, 94.44%
//! credit 慈善总会 = disclosure charity.fund_information/助学/1 due 2025-02-09, 5 days late
//! ```
//!
//! `execution` is 预算执行进度表 of a holder's fund and year, or of one category of it: what is
//! spent, what could be, and the rate. `credit` is everything an organisation has to its account on
//! the scenario's day, `; ` between the facts.

use minglian_contracts::oversight::credit::{self, CreditEvent, Owed};
use minglian_contracts::report::lines::{Ask, LinesReport, lines};
use minglian_contracts::report::selection::{LINES_MAX, Selection};
use minglian_ledger::fen::{Fen, Unit};

use super::arguments::parse_category;
use crate::reports::log::{as_of, total};
use crate::world::{World, code, text};

/// What a line that begins with `execution ` or `credit ` asks; none for other lines.
pub fn answer(act: &str, world: &World) -> Option<Result<String, String>> {
    let words: Vec<&str> = act.split_whitespace().collect();
    match words[..] {
        ["execution", of] => Some(execution(of, world)),
        ["credit", organization] => Some(credit(organization, world)),
        _ => None,
    }
}

fn execution(of: &str, world: &World) -> Result<String, String> {
    let parts: Vec<&str> = of.split('/').collect();
    let (holder, fund, year, category) = match parts[..] {
        [holder, fund, year] => (holder, fund, year, None),
        [holder, fund, year, category] => (holder, fund, year, Some(parse_category(category)?)),
        _ => return Err(format!("{of} is not holder/fund/year[/category]")),
    };
    let selection = Selection {
        holder: Some(code(holder)),
        fund: Some(text(fund)),
        year: Some(year.parse().map_err(|_| format!("{year} is no year"))?),
        category,
        ..Selection::default()
    };
    let ask = Ask { selection, limit: LINES_MAX, ..Ask::default() };
    let report = lines(&world.state, LinesReport::Execution, &ask, as_of(world))
        .map_err(|error| error.to_string())?;
    if !report.is_reconciled() || report.next.is_some() {
        return Err(format!("the report is not reconciled: {report:?}"));
    }
    let sum = |key| {
        let fen = total(&report, key).parse().map_err(|_| format!("{key} is no sum"))?;
        let fen = Fen::new(fen).map_err(|error| error.to_string())?;
        Ok::<_, String>(format!("{}万元", fen.display_in(Unit::TenThousandYuan)))
    };
    let (spent, disposable) = (sum("spent")?, sum("disposable")?);
    let rate = match total(&report, "execution_rate").parse::<u64>() {
        Ok(rate) => format!("{}.{:02}%", rate / 100, rate % 100),
        Err(_) => "no rate".to_owned(),
    };
    Ok(format!("{spent} of {disposable}, {rate}"))
}

fn credit(organization: &str, world: &World) -> Result<String, String> {
    let events = credit::credit_events(&world.state, &code(organization), world.date)
        .map_err(|error| error.to_string())?;
    let said: Vec<String> = events.iter().map(fact).collect();
    Ok(if said.is_empty() { "nothing".to_owned() } else { said.join("; ") })
}

fn fact(event: &CreditEvent) -> String {
    let owed = match &event.owed {
        Owed::Disclosure(name) => {
            format!("disclosure {}/{}/{}", name.rule, name.subject, name.period)
        }
        Owed::ComplaintDecision(name) => format!("decision on complaint {}", name.complaint),
        Owed::ComplaintAnswer(name) => format!("answer to complaint {}", name.complaint),
        Owed::Rectification { engagement, finding } => {
            format!("rectification {}/{finding}", engagement.engagement)
        }
        Owed::DecisionAfterPayment { payment, .. } => format!("decision after payment {payment}"),
        Owed::SalesStatement(month) => format!("sales of {month}"),
        Owed::CentralShare(month) => format!("central share of {month}"),
    };
    let still = if event.done_on.is_none() { " and open" } else { "" };
    format!("{owed} due {}, {} days late{still}", event.due, event.days_late)
}
