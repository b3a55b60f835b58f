//! 抽样与双随机: plans, what the seed is made of, what was drawn, and how anybody repeats it.

use askama::Template;
use axum::extract::{Path, Query, State};
use minglian_contracts::oversight::inspection::{INSPECTIONS, Members, POOLS};
use minglian_contracts::oversight::sample::{
    self, Drawn, Frame as DrawnFrom, Progress, SAMPLES, Sample, SampleName, Standing,
};
use minglian_contracts::words::Names;
use minglian_contracts::words::oversight as oversight_words;
use minglian_ledger::organization_code::OrganizationCode;
use serde::Deserialize;

use super::{acts, named};
use crate::database::{Connection, params};
use crate::index::mirror::Mirror;
use crate::index::oversight::purpose;
use crate::index::read::{self, RecordRow};
use crate::index::{IndexError, stored};
use crate::pages::{ROWS_MAX, address, cut, escape};
use crate::web::{App, Frame, PageError, PageResult};

/// How many ranks are shown; the seed makes all of them.
const RANKS_MAX: usize = 500;

/// Where a list begins.
#[derive(Debug, Default, Deserialize)]
pub struct Paging {
    before: Option<i64>,
}

/// A plan in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SampleRow {
    /// Where it stands.
    pub link: String,
    /// What it is called.
    pub reference: String,
    /// Who planned it.
    pub organization: String,
    /// What it is for.
    pub purpose: String,
    /// How many it draws from.
    pub population: i64,
    /// How many it draws.
    pub size: i64,
    /// What became of it.
    pub progress: String,
    /// The day of the plan.
    pub planned_on: String,
    /// Its record.
    pub record: i64,
}

#[derive(Template)]
#[template(path = "samples.html")]
struct Samples {
    frame: Frame,
    rows: Vec<SampleRow>,
    next: String,
}

/// `GET /samples`.
pub async fn samples(State(app): State<App>, Query(paging): Query<Paging>) -> PageResult {
    app.page(move |connection, frame| {
        let before = paging.before.unwrap_or(i64::MAX);
        let mut rows = rows(connection, before, ROWS_MAX + 1)?;
        let has_more = cut(&mut rows, ROWS_MAX);
        let last = rows.last().map_or(0, |row| row.record).to_string();
        let next = if has_more { address("/samples", &[("before", &last)]) } else { String::new() };
        Ok(Samples { frame, rows, next })
    })
    .await
}

/// Plans that were committed before a record, newest first.
///
/// # Errors
/// [`IndexError::Database`].
pub fn rows(
    connection: &Connection,
    before: i64,
    limit: usize,
) -> Result<Vec<SampleRow>, IndexError> {
    let query = "SELECT s.organization, s.reference, coalesce(o.name, s.organization), s.purpose, \
                 s.population, s.size, s.progress, s.planned_on, s.record FROM samples s \
                 LEFT JOIN organizations o ON o.code = s.organization \
                 WHERE s.record < ?1 ORDER BY s.record DESC LIMIT ?2";
    let mut statement = connection.prepare_cached(query)?;
    let limit = stored("a limit", limit as u64)?;
    let found = statement.query_map(params![before, limit], |row| {
        let (organization, reference): (String, String) = (row.get(0)?, row.get(1)?);
        Ok(SampleRow {
            link: format!("/samples/{organization}/{}", escape(&reference)),
            reference,
            organization: row.get(2)?,
            purpose: row.get(3)?,
            population: row.get(4)?,
            size: row.get(5)?,
            progress: row.get(6)?,
            planned_on: row.get(7)?,
            record: row.get(8)?,
        })
    })?;
    Ok(found.collect::<Result<_, _>>()?)
}

/// An inspected object: who inspects it, and what was found.
struct ObjectRow {
    rank: usize,
    name: String,
    code: String,
    inspectors: String,
    result: (&'static str, &'static str),
    occurred_on: String,
    record: Option<u64>,
}

/// What a plan draws from.
struct From {
    what: String,
    list: String,
}

#[derive(Template)]
#[template(path = "sample.html")]
struct SamplePage {
    frame: Frame,
    reference: String,
    organization: String,
    organization_code: String,
    purpose: &'static str,
    centre: String,
    from: From,
    sample: Sample,
    drawn: Option<Drawn>,
    standing: &'static str,
    ranks: Vec<u64>,
    ranks_left: usize,
    objects: Vec<ObjectRow>,
    records: Vec<RecordRow>,
}

/// `GET /samples/{organization}/{reference}`.
pub async fn sample(
    State(app): State<App>,
    Path((organization, reference)): Path<(String, String)>,
) -> PageResult {
    let (organization, plan) = named(&organization, &reference)?;
    app.page(move |connection, frame| {
        let state = Mirror(connection);
        let name = SampleName { organization, sample: plan };
        let sample = SAMPLES.get(&state, &name)?;
        let sample = sample.ok_or_else(|| PageError::NotFound(format!("抽样“{reference}”")))?;
        let standing = standing_words(&sample::standing(&state, &sample)?);
        let mut ranks = sample.ranks();
        let ranks_left = ranks.len().saturating_sub(RANKS_MAX);
        ranks.truncate(RANKS_MAX);
        let drawn = match &sample.progress {
            Progress::Drawn(drawn) => Some(drawn.clone()),
            _ => None,
        };
        let objects = match (&drawn, &sample.plan.frame) {
            (Some(drawn), DrawnFrom::Inspection(inspection)) => {
                objects(connection, &name, inspection.objects.as_str(), drawn)?
            }
            _ => Vec::new(),
        };
        let names = read::names(connection);
        let subject = format!("sample:{organization}/{reference}");
        Ok(SamplePage {
            organization: names.organization(&organization),
            organization_code: organization.to_string(),
            purpose: purpose(sample.plan.purpose),
            centre: names.organization(&sample.plan.draw.centre),
            from: from(&frame, &sample.plan.frame),
            records: acts(connection, &subject)?,
            frame,
            reference,
            sample,
            drawn,
            standing,
            ranks,
            ranks_left,
            objects,
        })
    })
    .await
}

const fn standing_words(standing: &Standing) -> &'static str {
    match standing {
        Standing::AwaitsBlock => "等待计划的区块",
        Standing::Void(_) => "计划的区块不早于开奖日,作废",
        Standing::AwaitsDraw => "等待开奖号码",
        Standing::Ready { .. } => "可以抽取",
        Standing::Cancelled => "已取消",
        Standing::Drawn => "已抽取",
    }
}

fn from(page: &Frame, frame: &DrawnFrom) -> From {
    match frame {
        DrawnFrom::Records { first, end, organization, list, .. } => {
            let of = organization.map(|code| format!(" · {code}")).unwrap_or_default();
            let what = format!("{} {first} – {}{of}", page.say("账目"), end.0.saturating_sub(1));
            From { what, list: list.to_string() }
        }
        DrawnFrom::List { list, .. } => {
            From { what: page.say("账外名单").to_owned(), list: list.to_string() }
        }
        DrawnFrom::Inspection(inspection) => {
            let what = format!(
                "{}“{}” · {}“{}”",
                page.say("检查对象名录库"),
                inspection.objects,
                page.say("检查人员名录库"),
                inspection.inspectors
            );
            From { what, list: String::new() }
        }
    }
}

/// Who inspects what, and what was found. Inspectors are positions in their pool, never names.
fn objects(
    connection: &Connection,
    name: &SampleName,
    pool: &str,
    drawn: &Drawn,
) -> Result<Vec<ObjectRow>, IndexError> {
    let state = Mirror(connection);
    let pool = minglian_contracts::oversight::Reference::new(pool).unwrap_or_default();
    let Some(Members::Objects(members)) = POOLS.get(&state, &(name.organization, pool))? else {
        return Ok(Vec::new());
    };
    let names = read::names(connection);
    let mut rows = Vec::with_capacity(drawn.pairings.len());
    for (place, pairing) in drawn.pairings.iter().enumerate() {
        let at = usize::try_from(pairing.object).unwrap_or(usize::MAX);
        let Some(code) = members.get(at) else { continue };
        let found = INSPECTIONS.get(&state, &(name.clone(), *code))?;
        let inspectors: Vec<String> =
            pairing.inspectors.iter().map(|it| format!("#{it}")).collect();
        rows.push(ObjectRow {
            rank: place + 1,
            name: names.organization(code),
            code: OrganizationCode::to_string(code),
            inspectors: inspectors.join(" "),
            result: found.as_ref().map_or(("", ""), |it| oversight_words::inspected(it.result)),
            occurred_on: found.as_ref().map(|it| it.occurred_on.to_string()).unwrap_or_default(),
            record: found.map(|it| it.newest.0),
        });
    }
    Ok(rows)
}
