//! Charts: the same bytes for the same figures, nothing lost, nothing unescaped.

use std::path::PathBuf;

use minglian_explorer::charts::bar::{self, Bar, Part};
use minglian_explorer::charts::line::{self, Series};
use minglian_explorer::charts::months::{self, Column as Month, Row};
use minglian_explorer::charts::progress::{self, Mark, Progress};
use minglian_explorer::charts::sankey::{self, Band, Column, Node};
use minglian_explorer::charts::svg::{Rectangle, escape, fitted, width_of};
use minglian_explorer::charts::tiles::{self, Tile};
use minglian_explorer::charts::treemap::{self, Item, layout};
use minglian_explorer::charts::{Caption, Screen, scaled, screens};

/// A label that would be markup in a chart that forgets to escape it.
const HOSTILE: &str = "敬老院</text><script>alert(1)</script>\" onload=\"x'&";

fn caption() -> Caption {
    Caption { id: "golden", title: "标题<b>".into(), description: "说明&".into() }
}

/// Compares with the file that a reviewer looked at in a browser.
fn golden(name: &str, drawn: &str) {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    let path = folder.join(format!("{name}.svg"));
    if std::env::var_os("MINGLIAN_REGENERATE_VECTORS").is_some() {
        std::fs::write(&path, drawn).unwrap();
    }
    assert_eq!(std::fs::read_to_string(&path).unwrap(), drawn, "{name} is drawn otherwise");
    let lower = drawn.to_lowercase();
    for forbidden in ["<script", "style=", " onload=\"", "<b>", "nan", "<image", "<style"] {
        assert!(!lower.contains(forbidden), "{name} holds {forbidden}");
    }
    assert_eq!(drawn.matches("<svg ").count(), drawn.matches("</svg>").count());
    for tag in ["a", "g", "text", "title"] {
        let open =
            drawn.matches(&format!("<{tag} ")).count() + drawn.matches(&format!("<{tag}>")).count();
        assert_eq!(open, drawn.matches(&format!("</{tag}>")).count(), "{name}: {tag}");
    }
}

#[test]
fn bars_are_as_they_were() {
    let bar = |label: &str, spent, left, link: &str| Bar {
        label: label.into(),
        text: format!("支出 {spent} · 尚未支出 {left}"),
        link: link.into(),
        parts: vec![Part { value: spent, class: "s1" }, Part { value: left, class: "rest" }],
    };
    let bars = [bar("老年人福利", 100, 405, "/allocations?a=1&b=2"), bar(HOSTILE, 7, 0, "")];
    golden("bar", &screens(|screen| bar::draw(&caption(), screen, &bars)));
    golden("bar-empty", &bar::draw(&caption(), Screen::Wide, &[]));
}

/// Figures are never cut: on a telephone they go into as many lines as they need.
#[test]
fn figures_wider_than_the_screen_are_broken_between_figures() {
    let (spent, left) = ("Spent CNY 1,000,000.00", "Not spent CNY 1,300,000.00");
    let parts = vec![Part { value: 100, class: "s1" }, Part { value: 130, class: "rest" }];
    let text = format!("{spent} · {left}");
    assert!(width_of(&text) > Screen::Narrow.width());
    let bar =
        |text| Bar { label: "敬老院".into(), text, link: String::new(), parts: parts.clone() };
    let bars = [bar(text.clone()), bar("CNY 1.00".into())];
    let drawn = bar::draw(&caption(), Screen::Narrow, &bars);
    for line in [spent, left, "CNY 1.00"] {
        assert!(drawn.contains(&format!(">{line}</text>")), "{line}: {drawn}");
    }
    let wide = bar::draw(&caption(), Screen::Wide, &bars);
    assert!(wide.contains(&format!(">{text}</text>")));
}

#[test]
fn progress_is_as_it_was() {
    let row = |label: &str, points| Progress {
        label: label.into(),
        text: format!("{points}"),
        link: "/projects/1".into(),
        points,
    };
    let rows = [row("来安县", 4_347), row(HOSTILE, 10_000), row("天长市", 0), row("多", 99_999)];
    let mark = Mark { label: "时间进度 41.09%".into(), points: 4_109 };
    golden("progress", &screens(|it| progress::draw(&caption(), it, &rows, Some(&mark))));
}

#[test]
fn lines_are_as_they_were() {
    let steps: Vec<String> = (1..=5).map(|month| format!("2026-0{month}")).collect();
    let series = Series {
        name: "累计支出".into(),
        values: vec![0, 10, 35, 35, 90],
        texts: steps.iter().map(|step| format!("{step} {HOSTILE}")).collect(),
        class: "s1",
    };
    let series = [series];
    let draw = |screen| line::draw(&caption(), screen, &steps, (100, "全部 100"), &series);
    golden("line", &screens(draw));
    golden("line-empty", &line::draw(&caption(), Screen::Wide, &[], (0, ""), &[]));
}

#[test]
fn months_are_as_they_were() {
    let names: Vec<String> = (1..=12).map(|month| format!("2026-{month:02}")).collect();
    let row = |label: &str, class, values: [i64; 12]| Row {
        label: label.into(),
        text: format!("{}万元", values.iter().sum::<i64>()),
        link: "/lottery?year=2026".into(),
        columns: names
            .iter()
            .zip(values)
            .map(|(name, value)| Month {
                value,
                text: format!("{name} {HOSTILE} {value}"),
                link: if value % 2 == 0 { String::new() } else { "/lottery?month=a&b".into() },
            })
            .collect(),
        class,
    };
    let rows = [
        row("销量", "s1", [100, 90, 81, 70, 0, 50, -40, 30, 20, 10, 5, 1]),
        row(HOSTILE, "s2", [1; 12]),
    ];
    golden("months", &screens(|screen| months::draw(&caption(), screen, &names, &rows)));
    golden("months-empty", &months::draw(&caption(), Screen::Narrow, &[], &[]));
}

#[test]
fn tiles_are_as_they_were() {
    let tile = |column, row, label: &str, value| Tile {
        column,
        row,
        label: label.into(),
        text: format!("{value}万元"),
        value,
        link: "/counties/341122".into(),
    };
    let tiles = [tile(0, 0, "凤阳县", 12), tile(2, 1, "来安县", 90), tile(1, 2, HOSTILE, 0)];
    golden("tiles", &screens(|screen| tiles::draw(&caption(), screen, &tiles)));
}

#[test]
fn treemaps_are_as_they_were() {
    let item = |label: &str, value| Item {
        label: label.into(),
        text: format!("{value}万元"),
        value,
        link: "/structure?year=2026".into(),
        class: "s2",
    };
    let items = [item("一", 6), item("二", 60), item(HOSTILE, 30), item("无", 0), item("四", 4)];
    golden("treemap", &screens(|screen| treemap::draw(&caption(), screen, &items)));
}

#[test]
fn sankeys_are_as_they_were() {
    let node = |label: &str, value| Node {
        label: label.into(),
        text: format!("{value}万元"),
        link: "/allocations".into(),
        value,
    };
    let column = |name: &str, class, nodes| Column { name: name.into(), nodes, class };
    let columns = [
        column("来源层级", "s2", vec![node("省级", 70), node(HOSTILE, 30)]),
        column("区县", "s3", vec![node("来安县", 55), node("天长市", 45)]),
        column("用到哪里", "s5", vec![node("支出", 100)]),
    ];
    let band = |stage, from, to, value| Band {
        stage,
        from,
        to,
        value,
        text: format!("{HOSTILE} {value}"),
        link: "/allocations?level=-".into(),
    };
    let mut bands = vec![
        band(0, 0, 0, 40),
        band(0, 0, 1, 30),
        band(0, 1, 0, 15),
        band(0, 1, 1, 15),
        band(1, 0, 0, 55),
        band(1, 1, 0, 45),
    ];
    let drawn = sankey::draw(&caption(), Screen::Wide, &columns, &bands);
    golden("sankey", &drawn);
    bands.reverse();
    assert_eq!(sankey::draw(&caption(), Screen::Wide, &columns, &bands), drawn, "any order");
    bands.push(band(7, 0, 0, 1));
    bands.push(band(0, 9, 0, 1));
    let odd = sankey::draw(&caption(), Screen::Wide, &columns, &bands);
    assert_eq!(odd, drawn, "bands between nodes that are not there are left out");
    let narrow = sankey::draw(&caption(), Screen::Narrow, &columns, &bands);
    golden("sankey-narrow", &narrow);
    assert_eq!(narrow.matches("<path ").count(), drawn.matches("<path ").count());
}

#[test]
fn a_sankey_stays_within_a_telephone_and_says_every_figure() {
    // More places than are ever shown, most of them too thin for a unit of the drawing.
    let node = |number: i64| Node {
        label: format!("很长的名称{number}很长的名称很长的名称很长的名称"),
        text: format!("CNY {number},000,000,000.00"),
        link: "/allocations".into(),
        value: if number == 0 { 1_000_000 } else { 1 },
    };
    let column =
        || Column { name: "区县".into(), nodes: (0..12).map(node).collect(), class: "s3" };
    let columns = [column(), column()];
    let band = |number: usize| Band {
        stage: 0,
        from: number,
        to: 11 - number,
        value: 1,
        text: "带".into(),
        link: "/allocations".into(),
    };
    let bands: Vec<Band> = (0..12).map(band).collect();
    let drawn = sankey::draw(&caption(), Screen::Narrow, &columns, &bands);
    assert_eq!(drawn.matches("<path ").count(), 12, "no band is lost");
    for number in 0..12 {
        let figure = format!(">CNY {number},000,000,000.00</text>");
        assert_eq!(drawn.matches(&figure).count(), 2, "{figure}");
    }
    for rectangle in drawn.split("<rect ").skip(1) {
        let side = |name: &str| -> i64 {
            let value = rectangle.split(&format!(" {name}=\"")).nth(1).unwrap();
            value.split('"').next().unwrap().parse().unwrap()
        };
        assert!(side("x") + side("width") <= Screen::Narrow.width(), "{rectangle}");
    }
    for text in drawn.split("<text ").skip(1) {
        let shown = text.split('>').nth(1).unwrap().split('<').next().unwrap();
        assert!(width_of(shown) <= Screen::Narrow.width(), "{shown}");
    }
}

#[test]
fn a_treemap_covers_its_area_and_loses_nothing() {
    let area = Rectangle { x: 0, y: 0, width: 880, height: 420 };
    let cases: [&[i64]; 6] = [
        &[1],
        &[6, 6, 4, 3, 2, 2, 1],
        &[i64::MAX / 8, i64::MAX / 9, 1, 1],
        &[100; 12],
        &[9_007_199_254_740_991, 1],
        &[50, 20, 10, 5, 5, 5, 3, 1, 1],
    ];
    for values in cases {
        let places = layout(values, area);
        assert_eq!(places.len(), values.len());
        let covered: i64 = places.iter().map(|it| it.width * it.height).sum();
        assert_eq!(covered, area.width * area.height, "{values:?}: {places:?}");
        for (number, one) in places.iter().enumerate() {
            assert!(one.x >= 0 && one.x + one.width <= area.width, "{one:?}");
            assert!(one.y >= 0 && one.y + one.height <= area.height, "{one:?}");
            for other in &places[number + 1..] {
                let apart = one.x + one.width <= other.x
                    || other.x + other.width <= one.x
                    || one.y + one.height <= other.y
                    || other.y + other.height <= one.y;
                assert!(apart || one.width * one.height * other.width * other.height == 0);
            }
        }
    }
    // The figures of the paper: 6 6 4 3 2 2 1 in six by four.
    let paper = Rectangle { x: 0, y: 0, width: 600, height: 400 };
    let first = layout(&[6, 6, 4, 3, 2, 2, 1], paper)[0];
    assert_eq!(first, Rectangle { x: 0, y: 0, width: 300, height: 200 });
}

#[test]
fn texts_are_escaped_and_cut_to_their_room() {
    assert_eq!(escape("<&>\"'\u{0}\n"), "&#60;&#38;&#62;&#34;&#39;");
    for width in 0..200 {
        let cut = fitted("来安县民政局 Laian County", width);
        assert!(width_of(&cut) <= width.max(0), "{cut} in {width}");
    }
    assert_eq!(fitted("来安", 28), "来安");
    assert_eq!((scaled(1, 0, 10), scaled(-5, 10, 10), scaled(20, 10, 10)), (0, 0, 10));
    assert_eq!(scaled(i64::MAX, i64::MAX, 880), 880);
}
