//! 报表: the contracts' reports over the verified state, as pages and as CSV.

mod ask;
mod chart;
mod flows;

use askama::Template;
use axum::extract::{Path, Query, State};
use data_encoding::HEXLOWER;
use minglian_client::report::csv::{COUNTED, Language as CsvLanguage, to_csv};
use minglian_client::report::{Pages, keyed};
use minglian_client::wire::ReportView;
use minglian_contracts::report::declared::declared;
use minglian_contracts::report::finding::findings;
use minglian_contracts::report::gifts::gifts;
use minglian_contracts::report::holding::holding;
use minglian_contracts::report::lines::{LinesReport, lines};
use minglian_contracts::report::ratio::ratios;
use minglian_contracts::report::shares::shares;
use minglian_contracts::report::table::{Cell, Column, Kind};
use minglian_contracts::report::{AsOf, Check, NAMES, Report};
use minglian_contracts::words;
use minglian_ledger::height::{Height, LogIndex};

use crate::database::Connection;
use crate::index::mirror::Mirror;
use crate::index::{IndexError, count, state};
use crate::language::Language;
use crate::pages::escape;
use crate::web::{App, Document, Frame, PageError, PageResult};
use ask::Wanted;
use flows::IndexedFlows;

/// Most pages of one report that are added for a file.
const PAGES_MAX: usize = 50;

/// The column that says what the code of another one is called.
const HOLDER_NAME: &str = "holder_name";

/// The report that needs the records themselves, which a node has.
const WORKING_PAPER: &str = "working-paper";

#[derive(Template)]
#[template(path = "reports.html")]
struct Reports {
    frame: Frame,
    names: Vec<(&'static str, &'static str, &'static str)>,
}

/// `GET /reports`.
pub async fn reports(State(app): State<App>) -> PageResult {
    app.page(|_, frame| {
        let names = NAMES.into_iter().filter(|(name, ..)| *name != WORKING_PAPER).collect();
        Ok(Reports { frame, names })
    })
    .await
}

/// What stands in one place of a report's table, with its heading for narrow screens.
struct Shown {
    heading: &'static str,
    is_number: bool,
    text: String,
    /// The same in parts, of which some lead elsewhere.
    parts: Vec<Part>,
}

/// A part of what stands in one place.
struct Part {
    text: String,
    /// Where it leads; empty if nowhere.
    link: String,
}

/// A check of a report, as a page shows it.
struct CheckRow {
    name: &'static str,
    report: String,
    book: String,
    verdict: &'static str,
}

#[derive(Template)]
#[template(path = "report.html")]
struct ReportPage {
    frame: Frame,
    wanted: Wanted,
    name: &'static str,
    title: &'static str,
    columns: Vec<(&'static str, bool)>,
    rows: Vec<Vec<Shown>>,
    totals: Vec<Shown>,
    rules: Vec<(String, String, String)>,
    checks: Vec<CheckRow>,
    is_counted: bool,
    mismatches: Vec<(String, String)>,
    chart: String,
    asks: String,
    csv: String,
    next: String,
}

/// `GET /reports/{name}`.
pub async fn report(
    State(app): State<App>,
    Path(name): Path<String>,
    Query(wanted): Query<Wanted>,
) -> PageResult {
    wanted.check()?;
    app.search_page(move |connection, frame| {
        let (name, ..) = known(&name)?;
        // Some reports are about one organisation: until it is named there is only the form.
        let asks = wanted.missing(name);
        let report = match asks.is_empty() {
            true => Some(make(connection, &frame, name, &wanted)?),
            false => None,
        };
        page(connection, frame, name, wanted, asks, report)
    })
    .await
}

/// `GET /reports/{name}/csv`: all pages added.
///
/// # Errors
/// [`PageError`] if the request is malformed, there is more than one file holds, or too many
/// downloads are made.
pub async fn csv(
    State(app): State<App>,
    Path(name): Path<String>,
    Query(mut wanted): Query<Wanted>,
) -> Result<Document, PageError> {
    wanted.check()?;
    app.download(move |connection, frame, audience| {
        let (name, ..) = known(&name)?;
        let asks = wanted.missing(name);
        if !asks.is_empty() {
            return Err(PageError::Malformed(asks));
        }
        let mut pages = Pages::new(files_page(&make(connection, &frame, name, &wanted)?)?);
        for _ in 0..PAGES_MAX {
            let Some(next) = pages.next() else {
                let language = match frame.language {
                    Language::Chinese => CsvLanguage::Chinese,
                    Language::English => CsvLanguage::English,
                };
                return Ok(Document {
                    media_type: "text/csv; charset=utf-8",
                    file_name: Some(format!("{name}-{}.csv", frame.height)),
                    body: to_csv(&pages.finish(), language),
                });
            };
            if audience.is_gone() {
                return Err(PageError::Timeout);
            }
            wanted.after = Some(next);
            let page = files_page(&make(connection, &frame, name, &wanted)?)?;
            pages.add(page).map_err(|_| PageError::Broken)?;
        }
        Err(PageError::TooMuch("请用筛选条件缩小范围".to_owned()))
    })
    .await
}

fn known(name: &str) -> Result<(&'static str, &'static str, &'static str), PageError> {
    let found = NAMES.into_iter().find(|(known, ..)| *known == name && name != WORKING_PAPER);
    found.ok_or_else(|| PageError::NotFound(format!("报表“{name}”")))
}

fn make(
    connection: &Connection,
    frame: &Frame,
    name: &str,
    wanted: &Wanted,
) -> Result<Report, PageError> {
    let (state, flows) = (Mirror(connection), IndexedFlows(connection));
    let as_of = AsOf {
        height: Height(count(frame.height)),
        index: LogIndex(count(frame.log_size).saturating_sub(1)),
        date: frame.today,
    };
    let of_lines = |which| Ok(lines(&state, which, &wanted.lines()?, as_of)?);
    match name {
        "execution" => of_lines(LinesReport::Execution),
        "carry-over" => of_lines(LinesReport::CarryOver),
        "documents" => of_lines(LinesReport::Documents),
        "notice" => of_lines(LinesReport::Notice),
        "holding" => Ok(holding(&state, &flows, &wanted.lines()?, as_of)?),
        "findings" => Ok(findings(&state, &flows, &wanted.lines()?, as_of)?),
        "shares" => Ok(shares(&state, &wanted.lines()?, as_of)?),
        "charity" => Ok(gifts(&state, &wanted.gifts()?, as_of)?),
        "charity-ratios" => {
            Ok(ratios(&state, &wanted.needed_holder()?, wanted.needed_year()?, as_of)?)
        }
        "declared" => Ok(declared(&state, &wanted.figures(&state)?, as_of)?),
        _ => Err(PageError::NotFound(format!("报表“{name}”"))),
    }
}

/// The report as files have it: rows by the keys of their columns.
fn files_page(report: &Report) -> Result<ReportView, IndexError> {
    Ok(keyed(report, report.next.clone())?)
}

fn page(
    connection: &Connection,
    frame: Frame,
    name: &'static str,
    wanted: Wanted,
    asks: String,
    report: Option<Report>,
) -> Result<ReportPage, PageError> {
    let title = NAMES.iter().find(|known| known.0 == name);
    let title = title.map_or("", |(_, chinese, english)| frame.pick(chinese, english));
    let csv = wanted.address(&format!("/reports/{name}/csv"), None);
    let mut page = ReportPage {
        frame,
        name,
        title,
        columns: Vec::new(),
        rows: Vec::new(),
        totals: Vec::new(),
        rules: Vec::new(),
        checks: Vec::new(),
        is_counted: false,
        mismatches: Vec::new(),
        chart: String::new(),
        asks,
        csv,
        next: String::new(),
        wanted,
    };
    let Some(report) = report else { return Ok(page) };
    let language = page.frame.language;
    page.chart = chart::draw(&page.frame, &report);
    let is_named = report.columns.iter().any(|column| column.key == HOLDER_NAME);
    let one = |(column, cell): (&Column, &Cell)| -> Result<Shown, IndexError> {
        let ((heading, is_number), text) =
            (heading(column, language), show(column, cell, language));
        let parts = parts(connection, column.key, is_named, &text)?;
        Ok(Shown { heading, is_number, text, parts })
    };
    let is_read = |column: &&Column| is_read(column, language);
    let shown = |cells: &Vec<Cell>| -> Result<Vec<Shown>, IndexError> {
        report.columns.iter().zip(cells).filter(|(column, _)| is_read(column)).map(one).collect()
    };
    page.columns = report.columns.iter().filter(is_read).map(|it| heading(it, language)).collect();
    page.rows = report.rows.iter().map(shown).collect::<Result<_, IndexError>>()?;
    page.totals = shown(&report.totals)?;
    let rule = |rule: &minglian_contracts::report::rule::Rule| {
        (rule.key.to_string(), format!("{} {}", rule.value, rule.unit), rule.article.to_string())
    };
    page.rules = report.rules.iter().map(rule).collect();
    page.is_counted = report.reconciliation.iter().all(|check| check.key == COUNTED);
    page.checks = report.reconciliation.iter().map(|check| check_row(check, language)).collect();
    let said = |it: &minglian_contracts::report::Mismatch| {
        (it.subject.clone(), language.pick(&it.chinese, &it.english).to_owned())
    };
    page.mismatches = report.mismatches.iter().map(said).collect();
    if let Some(next) = &report.next {
        let next = HEXLOWER.encode(next);
        page.next = page.wanted.address(&format!("/reports/{name}"), Some(&next));
    }
    Ok(page)
}

/// An organisation as its name, which leads to it, with its code, unless another column names it;
/// and records that lead to themselves.
fn parts(
    connection: &Connection,
    key: &str,
    is_named: bool,
    text: &str,
) -> Result<Vec<Part>, IndexError> {
    let plain = |text: String| Part { text, link: String::new() };
    Ok(match key {
        "holder" if !text.is_empty() => {
            let link = format!("/organizations/{}", escape(text));
            match state::name(connection, text)?.filter(|_| !is_named) {
                Some(name) => vec![Part { text: name, link }, plain(format!(" {text}"))],
                None => vec![Part { text: text.to_owned(), link }],
            }
        }
        "records" => {
            let linked = |record: &str| {
                let link = format!("/entries/{record}");
                [Part { text: String::from(record), link }, plain(" ".to_owned())]
            };
            text.split(' ').filter(|record| !record.is_empty()).flat_map(linked).collect()
        }
        _ => vec![plain(text.to_owned())],
    })
}

/// What a report says in both languages stands on a page in the reader's.
fn is_read(column: &Column, language: Language) -> bool {
    column.key != language.pick("english", "chinese")
}

/// A heading, and whether numbers stand below it.
fn heading(column: &Column, language: Language) -> (&'static str, bool) {
    let is_number = !matches!(column.kind, Kind::Key | Kind::Particular);
    (if language == Language::English { column.english } else { column.chinese }, is_number)
}

fn check_row(check: &Check, language: Language) -> CheckRow {
    CheckRow {
        name: language.pick(check.chinese, check.english),
        report: compared(check.key, check.report.0),
        book: compared(check.key, check.book.0),
        verdict: match check.holds {
            // How many figures there are says nothing of whether they agree.
            Some(true) if check.key == COUNTED => "个数无误",
            Some(true) => "相符",
            Some(false) => "不符",
            None => "各页相加后比较",
        },
    }
}

/// A figure that is compared: 元, or a count.
fn compared(key: &str, figure: i128) -> String {
    if key == COUNTED { figure.to_string() } else { yuan(figure) }
}

fn yuan(fen: i128) -> String {
    let sign = if fen < 0 { "-" } else { "" };
    let digits = u64::try_from(fen.unsigned_abs()).unwrap_or(u64::MAX);
    format!("{sign}{}", words::yuan(digits))
}

/// Columns whose texts are words of the rules, not names.
const WORDS: [&str; 3] = ["category", "item", "stage"];

/// What stands in a place: amounts in 元, rates in percent.
fn show(column: &Column, cell: &Cell, language: Language) -> String {
    match (cell, column.kind) {
        (Cell::Empty, _) => String::new(),
        (Cell::Amount(amount), _) => yuan(amount.0),
        (Cell::Number(points), Kind::Rate { .. }) => {
            format!("{}.{:02}%", points / 100, points % 100)
        }
        (Cell::Number(number), _) => number.to_string(),
        (Cell::Flag(true), _) => language.pick("是", "yes").to_owned(),
        (Cell::Flag(false), _) => language.pick("否", "no").to_owned(),
        (Cell::Date(date), _) => date.to_string(),
        (Cell::Text(text), _) if WORDS.contains(&column.key) => language.say(text).to_owned(),
        (Cell::Text(text), Kind::Key | Kind::Particular) => {
            crate::words::code(text, language == Language::English).to_owned()
        }
        (Cell::Text(text), _) => text.clone(),
    }
}
