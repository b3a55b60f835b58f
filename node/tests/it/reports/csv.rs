//! Reports as spreadsheets read them.

use minglian_client::report::Pages;
use minglian_client::report::csv::{Language, to_csv};
use minglian_client::wire::ReportView;
use serde_json::json;

/// A report of one row whose name is `name`.
fn of(name: &str, spent: &str, next: Option<&str>) -> ReportView {
    serde_json::from_value(json!({
        "name": "execution", "chinese": "预算执行进度表", "english": "Budget execution",
        "as_of": { "height": 7, "index": 21, "date": "2025-06-01" },
        "columns": [
            { "key": "line", "chinese": "指标名称", "english": "Quota line", "kind": "key" },
            { "key": "quota", "chinese": "指标", "english": "Quota", "kind": "sum" },
            { "key": "spent", "chinese": "支出", "english": "Spent", "kind": "sum" },
            { "key": "rate", "chinese": "执行率", "english": "Rate",
              "kind": "rate", "part": "spent", "whole": "quota" },
            { "key": "wan", "chinese": "支出(万元)", "english": "Spent (10,000 yuan)",
              "kind": "ten_thousands", "of": "spent" },
        ],
        "rows": [{ "line": name, "quota": "108000000", "spent": spent, "rate": 0, "wan": "" }],
        "totals": { "line": null, "quota": "108000000", "spent": spent, "rate": 0, "wan": "" },
        "rules": [{ "key": "k", "value": 1, "unit": "years", "article": "预算法", "version": null }],
        "reconciliation": [{ "key": "available", "chinese": "余额", "english": "left",
                             "report": spent, "book": "102000000", "holds": null }],
        "mismatches": [], "next": next, "currency": "CNY",
    }))
    .unwrap()
}

#[test]
fn a_csv_file_has_a_mark_headings_amounts_and_notes() {
    let report = Pages::new(of("甲,\"乙\"", "102000000", None)).finish();
    assert!(report.is_reconciled());
    let text = to_csv(&report, Language::Chinese);
    let lines: Vec<&str> = text.split("\r\n").collect();
    assert_eq!(lines[0], "\u{feff}指标名称,指标(元),支出(元),执行率,支出(万元)");
    assert_eq!(lines[1], "\"甲,\"\"乙\"\"\",1080000.00,1020000.00,0.00%,");
    assert_eq!(lines[2], "合计,1080000.00,1020000.00,0.00%,");
    assert_eq!(lines[3], "");
    assert!(text.contains("账本高度、记录、日期,7,21,2025-06-01"));
    assert!(text.contains("规则,k,1 years,预算法,"));
    assert!(text.contains("核对,余额,1020000.00,1020000.00,相符"));
    let english = to_csv(&report, Language::English);
    assert!(english.starts_with("\u{feff}Quota line,Quota (yuan),Spent (yuan)"));
}

#[test]
fn no_cell_is_a_formula() {
    for name in ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", " =1", "＝1", "\r=1"] {
        let text = to_csv(&of(name, "1", None), Language::Chinese);
        let row = text.split("\r\n").nth(1).unwrap();
        let cell = row.trim_start_matches('"');
        assert!(cell.starts_with('\''), "{row}");
    }
    // A negative amount is a number, not somebody's words.
    let text = to_csv(&of("甲", "-102", None), Language::Chinese);
    assert!(text.contains("甲,1080000.00,-1.02,"));
}

#[test]
fn pages_of_one_report_are_added_and_rates_computed_anew() {
    let mut pages = Pages::new(of("甲", "51000000", Some("00")));
    assert_eq!(pages.next().unwrap(), "00");
    let mut second = of("甲", "51000000", None);
    (second.rows[0]["quota"], second.totals["quota"]) = (json!("0"), json!("0"));
    pages.add(second).unwrap();
    pages.add(of("乙", "0", None)).unwrap();
    let report = pages.finish();
    assert_eq!(report.rows.len(), 2);
    assert_eq!(report.rows[0]["spent"], "102000000");
    assert_eq!(report.rows[0]["rate"], 9_444);
    assert_eq!(report.rows[0]["wan"], "102");
    assert_eq!(report.totals["quota"], "216000000");
    // 102 of the rows, three times 102 of the book.
    assert_eq!(report.reconciliation[0].holds, Some(false));
    let mut other = of("甲", "0", None);
    other.name = "notice".to_owned();
    assert!(Pages::new(of("甲", "0", None)).add(other).is_err());
}
