//! Reports: the contracts' pure functions over one state of the ledger, as JSON and CSV.

mod ask;
mod log_flows;

use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use minglian_client::report::csv::{Language, to_csv};
use minglian_client::report::keyed;
use minglian_client::wire::ReportView;
use minglian_contracts::report::declared::declared;
use minglian_contracts::report::finding::findings;
use minglian_contracts::report::gifts::gifts;
use minglian_contracts::report::holding::holding;
use minglian_contracts::report::lines::{LinesReport, lines};
use minglian_contracts::report::paper::working_paper;
use minglian_contracts::report::ratio::ratios;
use minglian_contracts::report::shares::shares;
use minglian_contracts::report::{AsOf, Report};
use minglian_ledger::block::Header;
use minglian_ledger::date::beijing_date;
use minglian_ledger::height::LogIndex;
use minglian_ledger::store::Snapshot;

use super::extract::{Params, Segments, json_answer};
use super::problem::Refusal;
use super::{Node, reading};
use ask::Wanted;
use log_flows::LogFlows;

/// A page of a report.
///
/// `execution` 预算执行进度表, `carry-over` 结转结余明细表, `documents` 指标文件清单, `notice`
/// 资金使用情况公告, `holding` 滞留天数表, `findings` 疑点清单, `charity` 慈善收支明细表,
/// `charity-ratios` 年度支出与管理费比例, `declared` 对账表, `working-paper` 审计取证单, `shares`
/// 提前下达与类别占比表. Rows of one name on several pages are parts of one row.
#[utoipa::path(
    get, path = "/v1/reports/{name}", tag = "reports",
    params(
        ("name" = String, Path, description = "one of the names above"),
        Wanted,
    ),
    responses(
        (status = 200, description = "columns, rows, sums, rules and reconciliation; or CSV"),
        (status = 404, description = "no such report"),
    )
)]
pub(super) async fn report(
    State(shared): Node,
    Segments(name): Segments<String>,
    Params(wanted): Params<Wanted>,
) -> Result<Response, Refusal> {
    let format = wanted.format()?;
    let view = reading(shared, move |shared| {
        let report = make(&shared.store().snapshot()?, &name, &wanted)?;
        Ok(keyed(&report, report.next.clone())?)
    });
    let view = view.await?;
    match format {
        Format::Json => json_answer(&view),
        Format::Csv(language) => Ok(csv_answer(&view, language)),
    }
}

/// As what a report is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    Json,
    Csv(Language),
}

fn csv_answer(view: &ReportView, language: Language) -> Response {
    let content = HeaderValue::from_static("text/csv; charset=utf-8");
    let mut response = ([(header::CONTENT_TYPE, content)], to_csv(view, language)).into_response();
    let name = format!("attachment; filename=\"{}-{}.csv\"", view.name, view.as_of.height);
    if let Ok(name) = HeaderValue::from_str(&name) {
        response.headers_mut().insert(header::CONTENT_DISPOSITION, name);
    }
    response
}

fn as_of(header: &Header) -> Result<AsOf, Refusal> {
    let date = beijing_date(header.time_ms).map_err(Refusal::internal)?;
    Ok(AsOf { height: header.height, index: LogIndex(header.log_size.saturating_sub(1)), date })
}

/// Makes a report of one state, while blocks go on.
fn make(store: &Snapshot<'_>, name: &str, wanted: &Wanted) -> Result<Report, Refusal> {
    let as_of = as_of(store.header())?;
    let flows = LogFlows::new(store);
    let of_lines = |which| Ok(lines(store, which, &wanted.lines()?, as_of)?);
    match name {
        "execution" => of_lines(LinesReport::Execution),
        "carry-over" => of_lines(LinesReport::CarryOver),
        "documents" => of_lines(LinesReport::Documents),
        "notice" => of_lines(LinesReport::Notice),
        "holding" => Ok(holding(store, &flows, &wanted.lines()?, as_of)?),
        "findings" => Ok(findings(store, &flows, &wanted.lines()?, as_of)?),
        "shares" => Ok(shares(store, &wanted.lines()?, as_of)?),
        "charity" => Ok(gifts(store, &wanted.gifts()?, as_of)?),
        "charity-ratios" => {
            let year = wanted.year.ok_or_else(|| Refusal::bad("year is missing"))?;
            Ok(ratios(store, &wanted.needed_holder()?, year, as_of)?)
        }
        "declared" => Ok(declared(store, &wanted.figures(store)?, as_of)?),
        "working-paper" => {
            let sheets = wanted
                .records()?
                .into_iter()
                .map(|index| log_flows::sheet(store, index))
                .collect::<Result<Vec<_>, _>>()?;
            Ok(working_paper(store, &flows, &sheets, as_of)?)
        }
        unknown => Err(Refusal::absent(format!("report {unknown}"))),
    }
}
