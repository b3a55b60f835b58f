//! A charity: its qualifications, its years and quarters with the limits of the law, its funds,
//! campaigns and declared years.

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::{Path, State};
use minglian_contracts::charity::declared::{DECLARED_YEARS, DeclaredYear};
use minglian_contracts::charity::kind::{MANAGEMENT_MAX, SPENDING_MIN};
use minglian_contracts::charity::qualification::{QUALIFICATIONS, Qualification};
use minglian_contracts::charity::report::{self, Limit, Year};
use minglian_contracts::parameter;
use minglian_contracts::words::Names;
use minglian_contracts::words::charity as charity_words;
use minglian_ledger::date::Date;
use minglian_ledger::organization_code::OrganizationCode;

use super::gifts::{GiftRow, gifts};
use super::giving::{self, Giving, Scope};
use crate::database::{Connection, params};
use crate::index::charity::INCOME;
use crate::index::mirror::Mirror;
use crate::index::{IndexError, read};
use crate::money::Money;
use crate::pages::{LIMIT, escape};
use crate::web::{App, Frame, PageError, PageResult};

/// How many qualifications and declared years are shown.
const SHOWN_MAX: usize = 50;

/// How many of the newest gifts are shown; each fund has all of its own.
const GIFTS_MAX: usize = 20;

/// How many years are shown.
const YEARS_MAX: usize = 12;

/// A qualification.
pub struct QualificationRow {
    pub(crate) kind: (&'static str, &'static str),
    pub(crate) form: &'static str,
    pub(crate) certificate: String,
    pub(crate) valid_from: String,
    pub(crate) valid_until: String,
    pub(crate) holds: bool,
}

/// What a year or a quarter came to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sums {
    /// When: `2025` or `2025-Q1`.
    pub when: String,
    pub(crate) income: Money,
    pub(crate) program: Money,
    pub(crate) management: Money,
    pub(crate) fundraising: Money,
    pub(crate) other: Money,
}

impl Sums {
    fn add(&mut self, kind: &str, amount: Money) {
        let sum = match kind {
            INCOME => &mut self.income,
            "program" => &mut self.program,
            "management" => &mut self.management,
            "fundraising" => &mut self.fundraising,
            _ => &mut self.other,
        };
        *sum = sum.plus(amount);
    }

    /// All spending.
    pub fn spent(&self) -> Money {
        self.program.plus(self.management).plus(self.fundraising).plus(self.other)
    }
}

/// A limit of the law with what was reached.
pub struct LimitRow {
    pub(crate) year: u16,
    pub(crate) what: &'static str,
    pub(crate) reached: String,
    pub(crate) bound: String,
    pub(crate) is_least: bool,
    pub(crate) kept: bool,
    pub(crate) article: String,
}

/// A fund in a list.
pub struct FundRow {
    pub(crate) link: String,
    pub(crate) name: String,
    pub(crate) kind: String,
    pub(crate) opened_on: String,
    pub(crate) closed_on: String,
    pub(crate) pool: Money,
    pub(crate) restricted: Money,
    pub(crate) goods: Money,
}

/// A campaign in a list.
pub struct CampaignRow {
    pub(crate) link: String,
    pub(crate) filing: String,
    pub(crate) title: String,
    pub(crate) begins_on: String,
    pub(crate) ends_on: String,
    pub(crate) raised: Money,
    pub(crate) gifts: i64,
}

/// A year that a notice declares.
pub struct DeclaredRow {
    pub(crate) link: String,
    pub(crate) year: u16,
    pub(crate) income: Money,
    pub(crate) expenditure: Money,
}

/// What a charity's page shows.
pub struct Charity {
    pub(crate) qualifications: Vec<QualificationRow>,
    pub(crate) years: Vec<Sums>,
    pub(crate) quarters: Vec<Sums>,
    pub(crate) limits: Vec<LimitRow>,
    pub(crate) funds: Vec<FundRow>,
    pub(crate) campaigns: Vec<CampaignRow>,
    pub(crate) declared: Vec<DeclaredRow>,
}

#[derive(Template)]
#[template(path = "charity.html")]
struct CharityPage {
    frame: Frame,
    name: String,
    code: String,
    charity: Charity,
    giving: Option<Giving>,
    gifts: Vec<GiftRow>,
}

/// `GET /charities/{code}`.
pub async fn charity(State(app): State<App>, Path(code): Path<String>) -> PageResult {
    let unknown = || PageError::NotFound(format!("机构“{code}”"));
    let holder: OrganizationCode = code.parse().map_err(|_| unknown())?;
    let missing = unknown();
    app.page(move |connection, frame| {
        let charity = read(connection, &holder, frame.today)?.ok_or(missing)?;
        let name = read::names(connection).organization(&holder);
        let code = holder.to_string();
        let rest = format!("WHERE g.host = ?1 ORDER BY g.id DESC LIMIT {GIFTS_MAX}");
        let gifts = gifts(connection, &rest, vec![code.clone().into()])?;
        let scope = Scope { host: code.clone(), fund: String::new() };
        let giving = giving::giving(connection, &frame, &scope, None)?;
        Ok(CharityPage { frame, name, code, charity, giving, gifts })
    })
    .await
}

/// What is known of a charity; none of an organisation that is none.
///
/// # Errors
/// [`IndexError`] if the index cannot be read.
pub fn read(
    connection: &Connection,
    code: &OrganizationCode,
    today: Date,
) -> Result<Option<Charity>, IndexError> {
    let qualifications = QUALIFICATIONS.scan(&Mirror(connection), code, None, SHOWN_MAX)?;
    let declared = declared(connection, code)?;
    if qualifications.is_empty() && declared.is_empty() {
        return Ok(None);
    }
    let quarters = quarters(connection, code)?;
    let mut years: BTreeMap<u16, Sums> = BTreeMap::new();
    for (year, _, kind, amount) in &quarters {
        let when = year.to_string();
        let sums = years.entry(*year).or_insert_with(|| Sums { when, ..Sums::default() });
        sums.add(kind, *amount);
    }
    let limits = limits(connection, code, &years, today)?;
    let row = |((_, kind, _), found): (_, Qualification)| QualificationRow {
        kind: charity_words::qualification(kind),
        form: found.form.code(),
        certificate: found.certificate.to_string(),
        valid_from: found.valid_from.to_string(),
        valid_until: found.valid_until.map(|day| day.to_string()).unwrap_or_default(),
        holds: found.valid_from <= today && found.valid_until.is_none_or(|last| today <= last),
    };
    Ok(Some(Charity {
        qualifications: qualifications.into_iter().map(row).collect(),
        quarters: by_quarter(quarters),
        years: years.into_values().rev().take(YEARS_MAX).collect(),
        limits,
        funds: funds(connection, code)?,
        campaigns: campaigns(connection, code)?,
        declared,
    }))
}

type Quarter = (u16, u8, String, Money);

fn quarters(connection: &Connection, code: &OrganizationCode) -> Result<Vec<Quarter>, IndexError> {
    let query = "SELECT year, quarter, kind, amount FROM charity_quarters WHERE host = ?1 \
                 ORDER BY year, quarter";
    let mut statement = connection.prepare_cached(query)?;
    let rows = statement.query_map([code.as_str()], |row| {
        Ok((row.get(0)?, row.get(1)?, row.get(2)?, Money::fen(row.get(3)?)))
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn by_quarter(quarters: Vec<Quarter>) -> Vec<Sums> {
    let mut found: BTreeMap<(u16, u8), Sums> = BTreeMap::new();
    for (year, quarter, kind, amount) in quarters {
        let when = format!("{year}-Q{quarter}");
        let sums = found.entry((year, quarter));
        sums.or_insert_with(|| Sums { when, ..Sums::default() }).add(&kind, amount);
    }
    found.into_values().rev().take(4 * YEARS_MAX).collect()
}

/// The limits of the years that are over and of the present one, by the sums of the index.
fn limits(
    connection: &Connection,
    code: &OrganizationCode,
    years: &BTreeMap<u16, Sums>,
    today: Date,
) -> Result<Vec<LimitRow>, IndexError> {
    let income = |year: u16| {
        years.get(&year).map_or(0, |sums| u64::try_from(sums.income.as_fen()).unwrap_or(0))
    };
    let fen = |money: Money| u64::try_from(money.as_fen()).unwrap_or(0);
    let mut rows = Vec::new();
    for (year, sums) in years.iter().rev().take(YEARS_MAX) {
        let before = |years: u16| income(year.saturating_sub(years));
        let figures = Year {
            year: *year,
            income: fen(sums.income),
            income_before: [before(1), before(2), before(3)],
            program: fen(sums.program),
            management: fen(sums.management),
            fundraising: fen(sums.fundraising),
            other: fen(sums.other),
            limits: Vec::new(),
        };
        let last_day = Date::new(*year, 12, 31).unwrap_or(today);
        for limit in report::limits(&Mirror(connection), code, &figures)? {
            rows.push(limit_row(connection, *year, last_day, &limit)?);
        }
    }
    Ok(rows)
}

fn limit_row(
    connection: &Connection,
    year: u16,
    last_day: Date,
    limit: &Limit,
) -> Result<LimitRow, IndexError> {
    let key = &limit.judged.key;
    let version = parameter::find(&Mirror(connection), key, last_day)?;
    let percent = |points: u64| format!("{}.{:02}%", points / 100, points % 100);
    let is_least = key.as_str().starts_with(SPENDING_MIN);
    let what = if is_least {
        "慈善活动支出占上年收入(或前三年平均)"
    } else if key.as_str().starts_with(MANAGEMENT_MAX) {
        "管理费用占当年总支出"
    } else {
        "募捐成本占当年捐赠收入"
    };
    Ok(LimitRow {
        year,
        what,
        reached: limit.reached_basis_points.map_or_else(|| "—".to_owned(), percent),
        bound: percent(u64::try_from(limit.judged.value).unwrap_or(0)),
        is_least,
        kept: limit.kept,
        article: version.map(|version| version.article.to_string()).unwrap_or_default(),
    })
}

fn funds(connection: &Connection, code: &OrganizationCode) -> Result<Vec<FundRow>, IndexError> {
    let query = format!(
        "SELECT fund, name, kind, opened_on, coalesce(closed_on, ''), pool, restricted, goods \
         FROM charity_funds WHERE host = ?1 ORDER BY fund {LIMIT}"
    );
    let mut statement = connection.prepare_cached(&query)?;
    let rows = statement.query_map([code.as_str()], |row| {
        let fund: String = row.get(0)?;
        Ok(FundRow {
            link: format!("/charities/{code}/funds/{}", escape(&fund)),
            name: row.get(1)?,
            kind: row.get(2)?,
            opened_on: row.get(3)?,
            closed_on: row.get(4)?,
            pool: Money::fen(row.get(5)?),
            restricted: Money::fen(row.get(6)?),
            goods: Money::fen(row.get(7)?),
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn campaigns(
    connection: &Connection,
    code: &OrganizationCode,
) -> Result<Vec<CampaignRow>, IndexError> {
    let query = format!(
        "SELECT filing, title, begins_on, ends_on, raised, gifts FROM campaigns \
         WHERE host = ?1 ORDER BY id DESC {LIMIT}"
    );
    let mut statement = connection.prepare_cached(&query)?;
    let rows = statement.query_map(params![code.as_str()], |row| {
        let filing: String = row.get(0)?;
        Ok(CampaignRow {
            link: format!("/campaigns/{}", escape(&filing)),
            filing,
            title: row.get(1)?,
            begins_on: row.get(2)?,
            ends_on: row.get(3)?,
            raised: Money::fen(row.get(4)?),
            gifts: row.get(5)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn declared(
    connection: &Connection,
    code: &OrganizationCode,
) -> Result<Vec<DeclaredRow>, IndexError> {
    let found = DECLARED_YEARS.scan(&Mirror(connection), code, None, SHOWN_MAX)?;
    let row = |((_, year), sums): ((OrganizationCode, u16), DeclaredYear)| DeclaredRow {
        link: format!("/charities/{code}/declared/{year}"),
        year,
        income: Money::of(sums.income),
        expenditure: Money::of(sums.expenditure),
    };
    Ok(found.into_iter().map(row).collect())
}
