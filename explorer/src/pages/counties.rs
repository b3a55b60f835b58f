//! 区县: what each got, paid and carried, as tiles that lie about as the counties do.

pub mod county;

use askama::Template;
use axum::extract::{Query, State};

use super::bands::{self, Filter, Flows, bands, division_name, on_mark};
use super::flows::{Choice, with_year, year_choices};
use crate::charts::tiles::{self, Tile};
use crate::charts::{Caption, figure, screens};
use crate::database::Connection;
use crate::index::IndexError;
use crate::money::Money;
use crate::web::{App, Frame, PageResult};

/// The county-level divisions of 滁州市, each with its column and row in the grid: about where they
/// lie, by their seats.
pub const CHUZHOU: [(i64, i64, i64); 8] = [
    (341_126, 0, 0),
    (341_182, 1, 0),
    (341_181, 3, 0),
    (341_125, 0, 1),
    (341_103, 1, 1),
    (341_122, 2, 1),
    (341_124, 1, 2),
    (341_102, 2, 2),
];

/// What a division had of a year, or of all years.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Sums {
    /// From the outside and other divisions, less what was given back or corrected.
    pub came: Money,
    /// Carried here from other years.
    pub carried_in: Money,
    /// To other divisions.
    pub went: Money,
    /// Carried to other years.
    pub carried_out: Money,
    /// From other years and funds within the division, less what went there.
    pub moved: Money,
    /// Paid, less what came back.
    pub spent: Money,
    /// What is left.
    pub left: Money,
}

impl Sums {
    /// The sums of flows.
    pub fn of(flows: &Flows) -> Self {
        let of = |name| bands::of(flows, name);
        Self {
            came: of("in"),
            carried_in: of("carried_in"),
            went: of("out"),
            carried_out: of("carried_out"),
            moved: of("moved_in").minus(of("moved_out")),
            spent: of("spent"),
            left: of("left"),
        }
    }

    /// Whether what came is what went, was paid and is left.
    pub fn balance(&self) -> bool {
        let came = self.came.plus(self.carried_in).plus(self.moved);
        came == self.went.plus(self.carried_out).plus(self.spent).plus(self.left)
    }

    /// All of them with their names; what came and went only where something did.
    pub fn named(&self) -> Vec<(&'static str, Money)> {
        let moved = [
            ("收到", self.came),
            ("上年结转转入", self.carried_in),
            ("转出", self.went),
            ("结转下年", self.carried_out),
            ("其他调整", self.moved),
        ];
        let rests = [("净支出", self.spent), ("余额", self.left), ("净支出加余额", self.present())];
        moved.into_iter().filter(|(_, amount)| !amount.is_zero()).chain(rests).collect()
    }

    /// Paid or left.
    pub fn present(&self) -> Money {
        self.spent.plus(self.left)
    }
}

/// A row of sums, of a division or a year.
pub(super) struct Row {
    pub name: String,
    pub link: String,
    /// The quota lines behind it.
    pub lines: String,
    pub sums: Sums,
}

#[derive(Template)]
#[template(path = "counties.html")]
struct Counties {
    frame: Frame,
    years: Vec<Choice>,
    heading: &'static str,
    chart: String,
    rows: Vec<Row>,
}

/// `GET /counties`.
pub async fn counties(State(app): State<App>, Query(filter): Query<Filter>) -> PageResult {
    filter.check()?;
    let filter = Filter { year: filter.year, ..Filter::default() };
    app.page(move |connection, frame| {
        let filter = with_year(connection, filter)?;
        let (rows, codes) = rows(connection, &filter)?;
        let years = year_choices(connection, &frame, &filter)?;
        let chart = chart(&frame, &rows, &codes);
        Ok(Counties { frame, years, heading: "区县", chart, rows })
    })
    .await
}

fn rows(connection: &Connection, filter: &Filter) -> Result<(Vec<Row>, Vec<i64>), IndexError> {
    let (mut rows, mut codes) = (Vec::new(), Vec::new());
    for (key, flows) in bands(connection, filter, &["division"])? {
        let code = key.into_iter().next().unwrap_or_default();
        codes.push(code.parse().unwrap_or(0));
        rows.push(Row {
            name: division_name(&code),
            link: format!("/counties/{code}"),
            lines: filter.address("/allocations", &[("division", &code)]),
            sums: Sums::of(&flows),
        });
    }
    Ok((rows, codes))
}

/// Tiles of all eight counties, if there is money in one of them.
fn chart(frame: &Frame, rows: &[Row], codes: &[i64]) -> String {
    if !codes.iter().any(|code| CHUZHOU.iter().any(|county| county.0 == *code)) {
        return String::new();
    }
    let tile = |(code, column, row): (i64, i64, i64)| {
        let place = codes.iter().position(|known| *known == code);
        let sums = place.and_then(|place| rows.get(place)).map(|row| row.sums);
        let present = sums.unwrap_or_default().present();
        Tile {
            column,
            row,
            label: division_name(&code.to_string()),
            text: on_mark(frame, present),
            value: present.as_fen(),
            link: format!("/counties/{code}"),
        }
    };
    let tiles = CHUZHOU.map(tile);
    let most = tiles.iter().max_by_key(|tile| tile.value);
    let (name, text) = most.map_or(("", ""), |tile| (&tile.label, &tile.text));
    let caption = Caption {
        id: "grid",
        title: match frame.is_english() {
            true => format!("The most is in {name}: {text}"),
            false => format!("最多的是{name}:{text}"),
        },
        description: frame
            .pick(
                "滁州市八个县(市、区)的示意位置,不是地图;数字见下表。",
                "The eight counties of Chuzhou, about where they lie; this is no map. The table \
                 has the figures.",
            )
            .to_owned(),
    };
    figure(&caption, &screens(|screen| tiles::draw(&caption, screen, &tiles)))
}
