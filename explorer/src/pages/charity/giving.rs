//! 慈善逐月收支: what charities received, by kind, and what they spent, by use; all of them
//! together, one charity, or one fund.

pub mod month;

use askama::Template;
use axum::extract::{Query, State};
use minglian_contracts::words::Names;
use minglian_ledger::date::Month;
use minglian_ledger::organization_code::OrganizationCode;
use serde::Deserialize;

use crate::charts::Caption;
use crate::database::{Connection, OptionalExtension, params};
use crate::index::{IndexError, read};
use crate::money::Money;
use crate::pages::bands::on_mark;
use crate::pages::months::{ByMonth, Kind, Named, until};
use crate::pages::{address, check_filters, escape};
use crate::web::{App, Frame, PageError, PageResult};

/// Kinds of income, by their names in the index and on the page.
pub(crate) const INCOME: [(&str, &str, &str); 3] =
    [("unrestricted", "非限定", "s1"), ("restricted", "限定", "s2"), ("goods", "物资", "s3")];

/// What money is spent for.
pub(crate) const SPENDING: [(&str, &str, &str); 4] = [
    ("program", "慈善活动支出", "s4"),
    ("management", "管理费用", "s5"),
    ("fundraising", "募捐成本", "s6"),
    ("other", "其他支出", "s1"),
];

/// What the page is of.
#[derive(Debug, Default, Deserialize)]
pub struct Asked {
    charity: Option<String>,
    fund: Option<String>,
    month: Option<String>,
    until: Option<String>,
    after: Option<String>,
    gifts_before: Option<i64>,
    payouts_before: Option<i64>,
}

/// Whose money: of all charities, of one, or of one fund of one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Scope {
    /// The charity's code; empty for all.
    pub host: String,
    /// The fund's reference; empty for all.
    pub fund: String,
}

impl Scope {
    /// The address of its page, with more that is asked.
    pub fn address(&self, more: &[(&str, &str)]) -> String {
        let own = [("charity", self.host.as_str()), ("fund", self.fund.as_str())];
        address("/giving", &[&own[..], more].concat())
    }
}

/// Twelve months of a scope.
pub struct Giving {
    /// What was received, by kind.
    pub income: ByMonth,
    /// What was spent, by use.
    pub spending: ByMonth,
    /// The page of the same.
    pub page: String,
}

/// The twelve months of a scope that end with the newest in which something was received or spent,
/// or before `last`; none if nothing ever was.
///
/// # Errors
/// [`IndexError::Database`].
pub fn giving(
    connection: &Connection,
    frame: &Frame,
    scope: &Scope,
    last: Option<Month>,
) -> Result<Option<Giving>, IndexError> {
    let Some(newest) = newest(connection, scope, last)? else { return Ok(None) };
    let months = until(newest);
    let amounts = amounts(connection, scope, &months)?;
    let title = |amount: &ByMonth, chinese: &str, english: &str| {
        let (first, last) = (months.first().copied().unwrap_or(newest), newest);
        let sum = on_mark(
            frame,
            amount.kinds.iter().fold(Money::default(), |sum, kind| sum.plus(kind.sum())),
        );
        match frame.is_english() {
            true => format!("{first} to {last}: {english} {sum}"),
            false => format!("{first}至{last}{chinese}{sum}"),
        }
    };
    let description =
        |chinese: &'static str, english: &'static str| frame.pick(chinese, english).to_owned();
    let income = of_kinds(frame, scope, &months, &amounts, &INCOME);
    let caption = Caption {
        id: "income",
        title: title(&income, "收到", "received"),
        description: description(
            "按收入种类,每月一柱,各种类用同一比例;数字见下表。",
            "By kind of income, a column a month, all on one scale. The table has the figures.",
        ),
    };
    let income = income.drawn(frame, &caption);
    let spending = of_kinds(frame, scope, &months, &amounts, &SPENDING);
    let caption = Caption {
        id: "spending",
        title: title(&spending, "支出", "spent"),
        description: description(
            "按用途,每月一柱,各用途用同一比例;数字见下表。",
            "By use, a column a month, all uses on one scale. The table has the figures.",
        ),
    };
    let spending = spending.drawn(frame, &caption);
    Ok(Some(Giving { income, spending, page: scope.address(&[]) }))
}

/// The newest month up to `last` in which something was received or spent.
fn newest(
    connection: &Connection,
    scope: &Scope,
    last: Option<Month>,
) -> Result<Option<Month>, IndexError> {
    let last = last.map_or_else(|| "9999-12".to_owned(), |month| month.to_string());
    let query = "SELECT month FROM charity_months WHERE host = ?1 AND fund = ?2 AND month <= ?3 \
                 AND amount <> 0 ORDER BY month DESC LIMIT 1";
    let mut statement = connection.prepare_cached(query)?;
    let values = params![scope.host, scope.fund, last];
    let found: Option<String> = statement.query_row(values, |row| row.get(0)).optional()?;
    Ok(found.and_then(|month| month.parse().ok()))
}

/// A month, a kind, and how much.
type Amount = (String, String, Money);

fn amounts(
    connection: &Connection,
    scope: &Scope,
    months: &[Month],
) -> Result<Vec<Amount>, IndexError> {
    let [first, last] =
        [months.first(), months.last()].map(|it| it.map(Month::to_string).unwrap_or_default());
    let query = "SELECT month, kind, amount FROM charity_months \
                 WHERE host = ?1 AND fund = ?2 AND month BETWEEN ?3 AND ?4";
    let mut statement = connection.prepare_cached(query)?;
    let rows = statement.query_map(params![scope.host, scope.fund, first, last], |row| {
        Ok((row.get(0)?, row.get(1)?, Money::fen(row.get(2)?)))
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn of_kinds(
    frame: &Frame,
    scope: &Scope,
    months: &[Month],
    amounts: &[Amount],
    kinds: &[(&'static str, &'static str, &'static str)],
) -> ByMonth {
    let names: Vec<String> = months.iter().map(Month::to_string).collect();
    let amount = |name: &String, kind: &str| {
        let mine = amounts.iter().filter(|(month, of, _)| month == name && of == kind);
        mine.fold(Money::default(), |sum, (.., amount)| sum.plus(*amount))
    };
    let kinds = kinds.iter().map(|&(kind, word, class)| Kind {
        name: frame.say(word).to_owned(),
        link: String::new(),
        amounts: names.iter().map(|name| amount(name, kind)).collect(),
        class,
    });
    let named = |name: &String| Named {
        name: name.clone(),
        link: scope.address(&[("month", name.as_str())]),
    };
    ByMonth::new(names.iter().map(named).collect(), kinds.collect(), true)
}

/// What the page is called, and the page of the charity or fund itself.
struct Heading {
    name: String,
    link: String,
}

/// What stands below the months.
enum Shown {
    /// Nothing was ever received or spent.
    Nothing,
    /// Twelve months.
    Months(Box<Giving>),
    /// One month.
    Month(Box<month::OneMonth>),
}

#[derive(Template)]
#[template(path = "giving.html")]
struct GivingPage {
    frame: Frame,
    heading: Heading,
    /// All months of the same scope.
    all: String,
    /// The month before the first one that is shown.
    earlier: String,
    shown: Shown,
}

/// `GET /giving`.
pub async fn page(State(app): State<App>, Query(asked): Query<Asked>) -> PageResult {
    check_filters(&[&asked.charity, &asked.fund, &asked.after])?;
    let month = |text: &Option<String>| -> Result<Option<Month>, PageError> {
        let given = text.as_deref().filter(|text| !text.is_empty());
        let malformed = |_| PageError::Malformed("月份应写作 2026-05".to_owned());
        given.map(|text| text.parse().map_err(malformed)).transpose()
    };
    let (one, last) = (month(&asked.month)?, month(&asked.until)?);
    app.page(move |connection, frame| {
        let text = |value: &Option<String>| value.clone().unwrap_or_default();
        let scope = Scope { host: text(&asked.charity), fund: text(&asked.fund) };
        let heading = heading(connection, &frame, &scope)?;
        let shown = match one {
            Some(one) => {
                let paging = month::Paging {
                    after: text(&asked.after),
                    gifts_before: asked.gifts_before,
                    payouts_before: asked.payouts_before,
                };
                Shown::Month(Box::new(month::read(connection, &scope, one, &paging)?))
            }
            None => match giving(connection, &frame, &scope, last)? {
                Some(giving) => Shown::Months(Box::new(giving)),
                None => Shown::Nothing,
            },
        };
        let earlier = match &shown {
            Shown::Months(giving) => earlier(connection, &scope, &giving.income)?,
            _ => String::new(),
        };
        let all = scope.address(&[]);
        Ok(GivingPage { frame, heading, all, earlier, shown })
    })
    .await
}

/// The address of the months before those that are shown, if there was anything.
fn earlier(connection: &Connection, scope: &Scope, shown: &ByMonth) -> Result<String, IndexError> {
    let first: Option<Month> = shown.months.first().and_then(|month| month.name.parse().ok());
    let Some(before) = first.and_then(|month| month.add_months(-1)) else {
        return Ok(String::new());
    };
    let found = newest(connection, scope, Some(before))?;
    Ok(found.map_or_else(String::new, |month| scope.address(&[("until", &month.to_string())])))
}

/// Who it is about.
fn heading(connection: &Connection, frame: &Frame, scope: &Scope) -> Result<Heading, PageError> {
    let unknown = |what: &str| PageError::NotFound(format!("{what}“{}”", scope.host));
    if scope.host.is_empty() {
        if !scope.fund.is_empty() {
            return Err(PageError::Malformed("基金须与慈善组织一起指明".to_owned()));
        }
        let name = frame.say("全部慈善组织").to_owned();
        return Ok(Heading { name, link: "/charities".to_owned() });
    }
    let host: OrganizationCode = scope.host.parse().map_err(|_| unknown("机构"))?;
    let query = "SELECT EXISTS (SELECT 1 FROM charity_funds WHERE host = ?1)";
    let is_known: bool =
        connection.prepare_cached(query)?.query_row([&scope.host], |row| row.get(0))?;
    if !is_known {
        return Err(unknown("机构"));
    }
    if scope.fund.is_empty() {
        let name = read::names(connection).organization(&host);
        return Ok(Heading { name, link: format!("/charities/{host}") });
    }
    let query = "SELECT name FROM charity_funds WHERE host = ?1 AND fund = ?2";
    let mut statement = connection.prepare_cached(query)?;
    let found = statement.query_row([&scope.host, &scope.fund], |row| row.get(0)).optional()?;
    let missing = || PageError::NotFound(format!("基金“{}”", scope.fund));
    let link = format!("/charities/{host}/funds/{}", escape(&scope.fund));
    Ok(Heading { name: found.ok_or_else(missing)?, link })
}
