//! Figures that real notices print, against one another: the errors that were found in them by hand
//! are named in words.

use std::collections::BTreeMap;

use minglian_contracts::allocation::Category;
use minglian_contracts::charity::fund::FundName;
use minglian_contracts::report::contradiction::{Compared, Contradiction, Derived};
use minglian_contracts::report::declared::{compare, report as declared_report};
use minglian_contracts::report::printed::{
    Figure, FigureSubject, FigureUnit, FundOfHolder, GameOfCentre,
};
use minglian_contracts::report::transcript::{Transcript, TranscriptError};
use minglian_contracts::report::words;
use proptest::prelude::*;

use crate::reports::log::{as_of, column};
use crate::scenario;
use crate::world::{World, code, text};

const DECLARED: &str = include_str!("../../../testnet/data/declared_figures.csv");
const ANOMALIES: &str = include_str!("../../../testnet/data/published_anomalies.csv");

/// One digit more than a figure has at most.
const TOO_LONG: &str = "1234567890123456789";

/// The declared figures, by notice. No cell of the table holds a comma.
fn notices() -> BTreeMap<&'static str, Vec<Figure>> {
    let mut notices: BTreeMap<&str, Vec<Figure>> = BTreeMap::new();
    for line in DECLARED.lines().skip(1) {
        let cells: Vec<&str> = line.split(',').collect();
        let [notice, label, subject, category, measure, year, printed, unit] = cells[..] else {
            panic!("{line}")
        };
        let row = Transcript { label, subject, category, measure, year, printed, unit };
        notices.entry(notice).or_default().push(row.figure().unwrap());
    }
    notices
}

/// What is said of the figures of a notice of which the book knows nothing.
fn said(notice: &str) -> Vec<(String, Compared, words::Sentence)> {
    let figures = &notices()[notice];
    let compared = compare(figures, &vec![None; figures.len()]);
    let said = figures.iter().zip(compared).map(|(figure, compared)| {
        let sentence = words::of(figure, &compared);
        (figure.label.to_string(), compared, sentence)
    });
    said.collect()
}

/// The Chinese sentences about figures that contradict something.
fn contradictions(notice: &str) -> Vec<String> {
    let found = said(notice).into_iter();
    let found = found.filter(|(_, compared, _)| compared.verdict() == "differs");
    found.map(|(label, _, sentence)| format!("{label}: {}", sentence.chinese)).collect()
}

#[test]
fn every_published_anomaly_is_declared() {
    let notices = notices();
    for line in ANOMALIES.lines().skip(1) {
        let dataset = line.split([',', ' ']).next().unwrap();
        assert!(notices.contains_key(dataset), "{dataset} is not in declared_figures.csv");
    }
}

#[test]
fn guanyun_prints_a_rate_and_a_share_that_its_own_figures_contradict() {
    assert_eq!(
        contradictions("guanyun_2024_execution"),
        [
            "老年人福利项目执行率: 公告印 96.23%,按公告自己的数 102万元 / 108万元 应为 94.44%\
             (96.23% 相当于 102万元 / 106万元)",
            "占儿童福利项目资金的10%: 公告称 20万元 占「儿童福利项目资金」的 10%,\
             而占 20万元 应为 100%;10% 是占 199万元 的比例,分母名称有误",
        ]
    );
    let english = &said("guanyun_2024_execution")[2].2.english;
    assert_eq!(
        english,
        "printed 96.23%, the notice's own 102万元 / 108万元 is 94.44% \
         (96.23% would be 102万元 / 106万元)"
    );
}

#[test]
fn a_total_that_its_items_do_not_reach_is_named() {
    assert_eq!(
        contradictions("jiangsu_2013"),
        ["预算: 公告合计 3.26亿元,所列各项相加为 31820万元,相差 780万元"]
    );
}

#[test]
fn a_negative_carry_over_is_named() {
    assert_eq!(
        contradictions("mof_2016"),
        ["上年结转收入: 金额为负数 -10.19亿元;本账不允许负的结转或余额"]
    );
}

#[test]
fn figures_that_agree_are_not_suspected() {
    assert_eq!(contradictions("daishan_charity_2021"), Vec::<String>::new());
    assert_eq!(said("daishan_charity_2021")[0].1.verdict(), "agrees");
    assert_eq!(contradictions("zhejiang_2016_by_category"), Vec::<String>::new());
    let rounded: Vec<String> = said("zhejiang_2016_by_category")
        .into_iter()
        .filter(|(_, compared, _)| compared.rounded_from.is_some())
        .map(|(_, _, sentence)| sentence.chinese)
        .collect();
    assert_eq!(
        rounded,
        [
            "公告为取整数 17.6亿元,明细为 175986.16万元,在印刷精度内相符",
            "公告为取整数 1.35万个,明细为 13540个,在印刷精度内相符",
        ]
    );
}

#[test]
fn the_book_contradicts_amounts_and_rates() {
    let figures = &notices()["guanyun_2024_execution"][..3];
    let wan = |fen: i128| Derived::Value(fen * 1_000_000);
    let rate = Derived::Share { part: 102_000_000, whole: 108_000_000 };
    let compared = compare(figures, &[Some(wan(108)), Some(wan(100)), Some(rate)]);
    assert_eq!(compared[0].verdict(), "agrees");
    assert_eq!(compared[1].contradictions, [Contradiction::Book { value: 100_000_000 }]);
    assert_eq!(
        words::of(&figures[1], &compared[1]).chinese,
        "公告印 102万元,账上为 100万元,相差 2万元"
    );
    assert_eq!(compared[2].contradictions.len(), 2, "the notice's own and the book's");
    assert_eq!(words::derived(&figures[2], &compared[2]).unwrap(), "94.44%");
}

#[test]
fn every_figure_has_one_verdict() {
    let figures = &notices()["guanyun_2024_execution"][..3];
    let wan = |fen: i128| Some(Derived::Value(fen * 1_000_000));
    // The rate is contradicted by the notice itself, whatever the book says.
    for (derived, verdicts) in [
        ([wan(108), wan(102), None], ["agrees", "agrees", "differs"]),
        ([wan(107), wan(102), None], ["differs", "agrees", "differs"]),
        ([None, wan(102), None], ["not_derivable", "agrees", "differs"]),
        ([None, None, None], ["not_derivable", "not_derivable", "differs"]),
    ] {
        let report = declared_report(figures, &derived, as_of(&World::new()));
        assert_eq!(column(&report, "verdict"), verdicts);
        assert!(report.is_reconciled(), "{report:#?}");
    }
}

#[test]
fn a_figure_is_about_what_its_words_name() {
    let code = code("home");
    let line = FigureSubject::Line(scenario::line_name("home/中央/2024/甲"));
    let fund = FundOfHolder { holder: code, fund: text("中央") };
    let game = GameOfCentre { centre: code, game: text("双色球") };
    let charity_fund = FundName { host: code, fund: text("南湖") };
    for (words, subject) in [
        (format!("organization:{code}"), FigureSubject::Organization(code)),
        (format!("fund:{code}/中央"), FigureSubject::Fund(fund)),
        (format!("line:{code}/中央/2024/甲"), line),
        (format!("charity_fund:{code}/南湖"), FigureSubject::CharityFund(charity_fund)),
        (format!("game:{code}/双色球"), FigureSubject::Game(game)),
        ("project:睦邻点".to_owned(), FigureSubject::Project(text("睦邻点"))),
        ("campaign:助学".to_owned(), FigureSubject::Campaign(text("助学"))),
    ] {
        let row = Transcript {
            label: "数",
            subject: &words,
            category: "社会公益",
            measure: "安排",
            year: "",
            printed: "-1.5",
            unit: "亿元",
        };
        let figure = row.figure().unwrap();
        assert_eq!(figure.subject, subject);
        assert_eq!((figure.category, figure.year), (Some(Category::PublicGood), None));
        assert_eq!((figure.mantissa, figure.decimals), (-15, 1));
        assert_eq!(figure.unit.show(32_600_000_000), "3.26亿元");
        assert_eq!(figure.unit.show(-32_600_000_000), "-3.26亿元");
    }
}

#[test]
fn a_label_of_another_year_is_named() {
    let row = |label, measure| Transcript {
        label,
        subject: "other:仁寿县",
        category: "",
        measure,
        year: "2022",
        printed: "1",
        unit: "万元",
    };
    let figures = [
        row("2021年福彩公益金", "收到").figure().unwrap(),
        row("2021年结转", "结转").figure().unwrap(),
        row("12022年", "收到").figure().unwrap(),
    ];
    let compared = compare(&figures, &[None; 3]);
    assert_eq!(compared[0].contradictions, [Contradiction::YearLabel { named: 2021, year: 2022 }]);
    assert_eq!((compared[1].verdict(), compared[2].verdict()), ("not_derivable", "not_derivable"));
}

/// Figures of one subject: measure, year, printed digits and unit of each.
fn figures(rows: &[(&str, &str, &str, &str)]) -> Vec<Figure> {
    let figure = |(measure, year, printed, unit): &(&str, &str, &str, &str)| {
        let (label, subject, category) = ("数", "other:仁寿县", "");
        Transcript { label, subject, category, measure, year, printed, unit }.figure().unwrap()
    };
    rows.iter().map(figure).collect()
}

#[test]
fn a_total_adds_up_what_is_printed_of_its_own_year() {
    let total = ("合计", "2024", "10", "万元");
    let [four, six] = [("收到", "2024", "4", "万元"), ("收到", "2024", "6", "万元")];
    let earlier = ("收到", "2023", "7", "万元");
    for (rows, verdict) in [
        ([total, four, six, earlier], "agrees"),
        // 4 of this year and 6 of another are not 10 of this one.
        ([total, four, ("收到", "2023", "6", "万元"), earlier], "differs"),
        ([total, earlier, earlier, earlier], "not_derivable"),
    ] {
        let compared = compare(&figures(&rows), &[None; 4]);
        assert_eq!(compared[0].verdict(), verdict, "{rows:?}");
    }
}

/// 20 % of the sales of a year are its fund, of whichever year other sales are printed.
#[test]
fn a_fund_is_compared_with_sales_of_its_own_year() {
    let earlier = ("销量", "2023", "50", "万元");
    let sales = ("销量", "2024", "100", "万元");
    for (printed, verdict) in [("20", "agrees"), ("10", "differs")] {
        let rows = [earlier, sales, ("公益金", "2024", printed, "万元")];
        let compared = compare(&figures(&rows), &[None, None, Some(Derived::Ratio(2_000))]);
        assert_eq!(compared[2].verdict(), verdict, "{printed}");
    }
}

#[test]
fn a_rate_is_compared_with_printed_figures_of_something() {
    for (allocated, spent, rate, verdict) in [
        ("108", "102", "94.44", "agrees"),
        ("108", "102", "94.43", "differs"),
        ("108", "108", "100.00", "agrees"),
        // There is no rate of nothing, and none is said to be wrong.
        ("0", "0", "0", "agrees"),
        ("0", "0", "100", "agrees"),
    ] {
        let rows = [
            ("执行率", "2024", rate, "%"),
            ("安排", "2024", allocated, "万元"),
            ("支出", "2024", spent, "万元"),
        ];
        let compared = compare(&figures(&rows), &[None; 3]);
        assert_eq!(compared[0].verdict(), verdict, "{spent} of {allocated} as {rate}%");
    }
}

#[test]
fn the_book_agrees_with_what_is_rounded_as_printed() {
    let rate = |part, whole| Some(Derived::Share { part, whole });
    let rows = [
        ("收到", "2024", "1.5", "万元"),
        ("收到", "2024", "1.5", "万元"),
        ("执行率", "2024", "33.3", "%"),
        ("执行率", "2024", "33.4", "%"),
        ("执行率", "2024", "0", "%"),
    ];
    let book = [
        Some(Derived::Value(1_500_000)),
        Some(Derived::Value(1_549_999)),
        rate(1, 3),
        rate(1, 3),
        rate(0, 0),
    ];
    let compared = compare(&figures(&rows), &book);
    let verdicts: Vec<&str> = compared.iter().map(Compared::verdict).collect();
    assert_eq!(verdicts, ["agrees", "agrees", "agrees", "differs", "differs"]);
    // Only what is not exactly as printed is said to be rounded.
    assert_eq!(compared[0].rounded_from, None);
    assert_eq!(compared[1].rounded_from, Some(1_549_999));
    assert_eq!(compared[3].contradictions, [Contradiction::BookRate { part: 1, whole: 3 }]);
}

#[test]
fn a_row_that_cannot_stand_is_refused_with_its_reason() {
    let good = Transcript {
        label: "a",
        subject: "division:341122",
        category: "",
        measure: "安排",
        year: "2024",
        printed: "1.5",
        unit: "万元",
    };
    assert!(good.figure().is_ok());
    let longest = Transcript { printed: "123456789012345678", ..good };
    assert_eq!(longest.figure().unwrap().mantissa, 123_456_789_012_345_678);
    for (row, error) in [
        (Transcript { label: "", ..good }, TranscriptError::Label(String::new())),
        (Transcript { subject: "county", ..good }, TranscriptError::Subject("county".into())),
        (Transcript { measure: "?", ..good }, TranscriptError::Measure("?".into())),
        (Transcript { category: "?", ..good }, TranscriptError::Category("?".into())),
        (Transcript { unit: "美元", ..good }, TranscriptError::Unit("美元".into())),
        (Transcript { year: "x", ..good }, TranscriptError::Year("x".into())),
        (Transcript { printed: "1e5", ..good }, TranscriptError::Printed("1e5".into())),
        (Transcript { printed: "1.", ..good }, TranscriptError::Printed("1.".into())),
        (Transcript { printed: ".5", ..good }, TranscriptError::Printed(".5".into())),
        (Transcript { printed: TOO_LONG, ..good }, TranscriptError::Printed(TOO_LONG.into())),
    ] {
        assert_eq!(row.figure().unwrap_err(), error);
    }
}

#[test]
fn a_figure_is_shown_as_it_is_printed() {
    let label = "a";
    for printed in ["0", "0.00", "102", "-1.5", "-0.19"] {
        let (subject, category, measure) = ("division:341122", "", "安排");
        let row =
            Transcript { label, subject, category, measure, year: "", printed, unit: "万元" };
        assert_eq!(row.figure().unwrap().printed(), format!("{printed}万元"));
    }
}

proptest! {
    /// Whatever is declared, the engine answers for each figure, and a figure that is what the book
    /// has, is never contradicted by the book.
    #[test]
    fn no_figure_makes_the_engine_panic(
        mantissas in prop::collection::vec(any::<i64>(), 1..6), decimals in any::<u8>(),
        part in any::<i64>(), whole in any::<i64>(),
    ) {
        let template = notices().remove("guanyun_2024_execution").unwrap();
        let figures: Vec<Figure> = template
            .into_iter()
            .zip(mantissas)
            .map(|(figure, mantissa)| Figure { mantissa, decimals, ..figure })
            .collect();
        let share = Derived::Share { part: part.into(), whole: whole.into() };
        let compared = compare(&figures, &vec![Some(share); figures.len()]);
        prop_assert_eq!(compared.len(), figures.len());
        for (figure, compared) in figures.iter().zip(&compared) {
            let _ = words::of(figure, compared);
        }
    }

    #[test]
    fn what_is_printed_exactly_agrees(fen in 0_i64..1 << 50) {
        let mut figure = notices().remove("mof_2016").unwrap().remove(0);
        (figure.mantissa, figure.decimals, figure.unit) = (fen, 2, FigureUnit::Yuan);
        prop_assert!(figure.is_about(fen.into()) && figure.is_exactly(fen.into()));
        prop_assert!(!figure.is_about(i128::from(fen) + 1));
    }
}
