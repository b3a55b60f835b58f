//! 福彩销售与上缴: what was sold of the games, what of it is the fund's, and whether the central share
//! was remitted, by month and game; of one month every statement and remittance.
//!
//! Of sums that were published without their months nothing is here: they name no game.

mod month;

use std::collections::{BTreeMap, BTreeSet};

use askama::Template;
use axum::extract::{Query, State};
use minglian_ledger::date::Month;
use serde::Deserialize;

use super::bands::{on_mark, percent, points};
use super::flows::Choice;
use super::months::{ByMonth, Kind, Named};
use super::{address, check_filters};
use crate::charts::Caption;
use crate::database::{Connection, params};
use crate::index::IndexError;
use crate::money::Money;
use crate::web::{App, Frame, PageError, PageResult};

/// Most games that are told apart; the others are one.
const GAMES_MAX: usize = 12;

/// Classes of games in the stylesheet, in turn.
const CLASSES: [&str; 6] = ["s1", "s2", "s3", "s4", "s5", "s6"];

/// Which statements.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct Filter {
    year: Option<String>,
    game: Option<String>,
    month: Option<String>,
}

impl Filter {
    fn game(&self) -> &str {
        self.game.as_deref().unwrap_or_default()
    }

    fn year(&self) -> Result<Option<u16>, PageError> {
        let given = self.year.as_deref().filter(|year| !year.is_empty());
        let malformed = |_| PageError::Malformed("年度无法识别".to_owned());
        given.map(|year| year.parse().map_err(malformed)).transpose()
    }

    fn month(&self) -> Result<Option<Month>, PageError> {
        let given = self.month.as_deref().filter(|month| !month.is_empty());
        let malformed = |_| PageError::Malformed("月份应写作 2026-05".to_owned());
        given.map(|month| month.parse().map_err(malformed)).transpose()
    }
}

/// What statements add up to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Sums {
    pub(crate) sales: Money,
    pub(crate) fund: Money,
    pub(crate) central: Money,
    pub(crate) local: Money,
    pub(crate) unclaimed: Money,
}

impl Sums {
    fn add(&mut self, other: &Self) {
        self.sales = self.sales.plus(other.sales);
        self.fund = self.fund.plus(other.fund);
        self.central = self.central.plus(other.central);
        self.local = self.local.plus(other.local);
        self.unclaimed = self.unclaimed.plus(other.unclaimed);
    }
}

/// A game of the year.
pub struct Game {
    pub(crate) name: String,
    pub(crate) link: String,
    pub(crate) sums: Sums,
}

/// A year of sales.
pub struct Year {
    /// Sales and what of them is the fund's.
    pub(crate) accrued: ByMonth,
    /// What of the central share was remitted. Not of a single game: remittances name none.
    pub(crate) remitted: ByMonth,
    /// Sales by game.
    pub(crate) games: ByMonth,
    /// The games, the most sold first.
    pub(crate) sold: Vec<Game>,
    pub(crate) whole: Sums,
    /// The page of the year.
    pub(crate) page: String,
}

#[derive(Template)]
#[template(path = "lottery.html")]
struct LotteryPage {
    frame: Frame,
    years: Vec<Choice>,
    games: Vec<Choice>,
    is_of_game: bool,
    year: Option<Year>,
}

/// `GET /lottery`.
pub async fn lottery(State(app): State<App>, Query(filter): Query<Filter>) -> PageResult {
    check_filters(&[&filter.game])?;
    if let Some(month) = filter.month()? {
        return month::page(app, month).await;
    }
    let asked = filter.year()?;
    app.page(move |connection, frame| {
        let listed = years(connection)?;
        let number = asked.or(listed.last().copied()).unwrap_or_default();
        let chosen = number.to_string();
        let years = listed.into_iter().rev().map(|year| choice(year.to_string(), &chosen));
        let sold = statements(connection, number, "")?.into_iter().map(|stated| stated.game);
        let names: BTreeSet<String> = sold.collect();
        let games = names.into_iter().map(|name| choice(name, filter.game()));
        let (name, value) = (frame.say("全部").to_owned(), String::new());
        let all = Choice { is_chosen: filter.game().is_empty(), name, value };
        Ok(LotteryPage {
            years: years.collect(),
            games: std::iter::once(all).chain(games).collect(),
            is_of_game: !filter.game().is_empty(),
            year: year(connection, &frame, &filter)?,
            frame,
        })
    })
    .await
}

fn choice(value: String, chosen: &str) -> Choice {
    Choice { is_chosen: value == chosen, name: value.clone(), value }
}

/// The year that is asked for, or the newest; none if nothing was stated of it.
///
/// # Errors
/// [`PageError`] if the index cannot be read.
pub fn year(
    connection: &Connection,
    frame: &Frame,
    filter: &Filter,
) -> Result<Option<Year>, PageError> {
    let newest = years(connection)?.pop();
    let Some(number) = filter.year()?.or(newest) else { return Ok(None) };
    let stated = statements(connection, number, filter.game())?;
    if stated.is_empty() {
        return Ok(None);
    }
    let months: Vec<String> = (1..=12).map(|month| format!("{number:04}-{month:02}")).collect();
    let mut by_month: BTreeMap<&str, Sums> = BTreeMap::new();
    let mut by_game: BTreeMap<&str, Sums> = BTreeMap::new();
    let mut whole = Sums::default();
    for Stated { month, game, sums } in &stated {
        by_month.entry(month.as_str()).or_default().add(sums);
        by_game.entry(game.as_str()).or_default().add(sums);
        whole.add(sums);
    }
    let of = |month: &String| by_month.get(month.as_str()).copied().unwrap_or_default();
    let accrued = accrued(frame, &months, &whole, of, number);
    let remitted = remitted(frame, &months, &remittances(connection, number)?, of, number);
    let mut sold: Vec<Game> = by_game
        .iter()
        .map(|(name, sums)| Game {
            name: (*name).to_owned(),
            link: address("/lottery", &[("year", &number.to_string()), ("game", name)]),
            sums: *sums,
        })
        .collect();
    sold.sort_by(|left, right| {
        right.sums.sales.cmp(&left.sums.sales).then(left.name.cmp(&right.name))
    });
    let games = games(frame, &months, &stated, &sold, &whole);
    let page = address("/lottery", &[("year", &number.to_string())]);
    Ok(Some(Year { accrued, remitted, games, sold, whole, page }))
}

/// The years from the first month of sales to the last.
fn years(connection: &Connection) -> Result<Vec<u16>, IndexError> {
    let query = "SELECT min(period), max(period) FROM lottery_sales";
    let mut statement = connection.prepare_cached(query)?;
    let found: (Option<String>, Option<String>) =
        statement.query_row([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let year = |month: Option<String>| month.and_then(|it| it.get(..4)?.parse::<u16>().ok());
    let (Some(first), Some(last)) = (year(found.0), year(found.1)) else { return Ok(Vec::new()) };
    Ok((first..=last).collect())
}

/// A game's month, of all centres.
struct Stated {
    month: String,
    game: String,
    sums: Sums,
}

fn statements(connection: &Connection, year: u16, game: &str) -> Result<Vec<Stated>, IndexError> {
    let query = "SELECT period, game, sum(sales), sum(fund), sum(central), sum(local), \
                 sum(unclaimed) FROM lottery_sales WHERE period BETWEEN ?1 AND ?2 \
                 AND (?3 = '' OR game = ?3) GROUP BY period, game ORDER BY period, game";
    let mut statement = connection.prepare_cached(query)?;
    let values = params![format!("{year:04}-01"), format!("{year:04}-12"), game];
    let rows = statement.query_map(values, |row| {
        let sums = Sums {
            sales: Money::fen(row.get(2)?),
            fund: Money::fen(row.get(3)?),
            central: Money::fen(row.get(4)?),
            local: Money::fen(row.get(5)?),
            unclaimed: Money::fen(row.get(6)?),
        };
        Ok(Stated { month: row.get(0)?, game: row.get(1)?, sums })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn remittances(connection: &Connection, year: u16) -> Result<BTreeMap<String, Money>, IndexError> {
    let query = "SELECT period, sum(kept) FROM lottery_remittances \
                 WHERE period BETWEEN ?1 AND ?2 GROUP BY period";
    let mut statement = connection.prepare_cached(query)?;
    let values = params![format!("{year:04}-01"), format!("{year:04}-12")];
    let rows = statement.query_map(values, |row| Ok((row.get(0)?, Money::fen(row.get(1)?))))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn named(months: &[String]) -> Vec<Named> {
    let named =
        |name: &String| Named { name: name.clone(), link: address("/lottery", &[("month", name)]) };
    months.iter().map(named).collect()
}

fn kind(
    frame: &Frame,
    word: &str,
    class: &'static str,
    months: &[String],
    amount: impl Fn(&String) -> Money,
) -> Kind {
    let amounts = months.iter().map(amount).collect();
    Kind { name: frame.say(word).to_owned(), link: String::new(), amounts, class }
}

fn accrued(
    frame: &Frame,
    months: &[String],
    whole: &Sums,
    of: impl Fn(&String) -> Sums,
    year: u16,
) -> ByMonth {
    let kinds = vec![
        kind(frame, "销量", "s1", months, |month| of(month).sales),
        kind(frame, "公益金", "s2", months, |month| of(month).fund),
        kind(frame, "中央分成", "s4", months, |month| of(month).central),
        kind(frame, "地方分成", "s3", months, |month| of(month).local),
        kind(frame, "弃奖奖金", "s5", months, |month| of(month).unclaimed),
    ];
    let (sales, fund) = (on_mark(frame, whole.sales), on_mark(frame, whole.fund));
    let share = points(whole.fund, whole.sales).map_or_else(String::new, percent);
    let title = match frame.is_english() {
        true => format!("{year}: {fund} of sales of {sales} ({share}) is the fund's"),
        false => format!("{year}年销量{sales},提取公益金{fund}({share})"),
    };
    let description = frame.pick(
        "每月一柱,各行用同一比例;公益金为中央分成加地方分成,弃奖奖金另计。数字见下表。",
        "A column a month, all rows on one scale. The fund is the central and the local share; \
         unclaimed prizes are beside it. The table has the figures.",
    );
    let caption = Caption { id: "accrued", title, description: description.to_owned() };
    ByMonth::new(named(months), kinds, false).drawn(frame, &caption)
}

fn remitted(
    frame: &Frame,
    months: &[String],
    kept: &BTreeMap<String, Money>,
    of: impl Fn(&String) -> Sums,
    year: u16,
) -> ByMonth {
    let paid = |month: &String| kept.get(month).copied().unwrap_or_default();
    let kinds = vec![
        kind(frame, "应上缴", "s4", months, |month| of(month).central),
        kind(frame, "已上缴", "s3", months, paid),
        kind(frame, "尚未上缴", "s2", months, |month| of(month).central.minus(paid(month))),
    ];
    let sum = |number: usize| kinds.get(number).map(Kind::sum).unwrap_or_default();
    let (due, done) = (on_mark(frame, sum(0)), on_mark(frame, sum(1)));
    let title = match frame.is_english() {
        true => format!("{year}: of the central share of {due}, {done} is remitted"),
        false => format!("{year}年应上缴中央分成{due},已上缴{done}"),
    };
    let description = frame.pick(
        "每月一柱,按销售月份,各行用同一比例;退回的上缴款已减去。数字见下表。",
        "A column a month, by the month of the sales, all rows on one scale. What came back from \
         the treasury is taken off. The table has the figures.",
    );
    let caption = Caption { id: "remitted", title, description: description.to_owned() };
    ByMonth::new(named(months), kinds, false).drawn(frame, &caption)
}

fn games(
    frame: &Frame,
    months: &[String],
    stated: &[Stated],
    sold: &[Game],
    whole: &Sums,
) -> ByMonth {
    let of = |month: &String, is_meant: &dyn Fn(&str) -> bool| {
        let mine = stated.iter().filter(|it| it.month == *month && is_meant(&it.game));
        mine.fold(Money::default(), |sum, it| sum.plus(it.sums.sales))
    };
    let shown = if sold.len() > GAMES_MAX { GAMES_MAX - 1 } else { sold.len() };
    let (told, others) = sold.split_at(shown);
    let mut kinds: Vec<Kind> = told
        .iter()
        .zip(CLASSES.into_iter().cycle())
        .map(|(game, class)| Kind {
            name: game.name.clone(),
            link: game.link.clone(),
            amounts: months
                .iter()
                .map(|month| of(month, &|name: &str| name == game.name))
                .collect(),
            class,
        })
        .collect();
    if !others.is_empty() {
        let is_other = |name: &str| others.iter().any(|game| game.name == name);
        kinds.push(kind(frame, "其他", "s6", months, |month| of(month, &is_other)));
    }
    let first = sold.first().map(|game| (game.name.clone(), game.sums.sales));
    let (name, most) = first.unwrap_or_default();
    let (share, most) =
        (points(most, whole.sales).map_or_else(String::new, percent), on_mark(frame, most));
    let title = match frame.is_english() {
        true => format!("Most was sold of {name}: {most} ({share})"),
        false => format!("销量最大的是{name}:{most}({share})"),
    };
    let description = frame.pick(
        "按游戏,每月一柱,各游戏用同一比例;数字见下表。",
        "By game, a column a month, all games on one scale. The table has the figures.",
    );
    let caption = Caption { id: "games", title, description: description.to_owned() };
    ByMonth::new(named(months), kinds, true).drawn(frame, &caption)
}
