//! What was entered and where to look, for somebody who sees it for the first time.

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::path::Path;

use minglian_ledger::fen::{Fen, Unit};

use super::community::TRACED;
use super::gifts::slip;
use super::oversight::SAMPLE;
use super::plan::Plan;
use super::progress::thousands;
use super::quota::FUND;
use super::run::YearReport;
use super::seeded::Seed;

/// Where things are found.
#[derive(Debug, Clone, Copy)]
pub struct Places<'a> {
    /// The program that prints reports.
    pub minglian: &'a Path,
    /// A node.
    pub node: &'a str,
    /// The explorer, if it runs.
    pub explorer: Option<SocketAddr>,
}

/// The summary, in Chinese and English.
pub fn summary(report: &YearReport, places: Places<'_>) -> anyhow::Result<String> {
    let plan = Plan::new(report.parameters)?;
    let mut text = String::new();
    entered(&mut text, report, &plan)?;
    refused(&mut text, report)?;
    look(&mut text, report, &plan, places)?;
    Ok(text)
}

fn ten_thousands(amount: Fen) -> String {
    format!("{}万元", amount.display_in(Unit::TenThousandYuan))
}

fn entered(text: &mut String, report: &YearReport, plan: &Plan) -> anyhow::Result<()> {
    let YearReport { parameters, tally, sums, .. } = report;
    let (first, last) = (plan.window.month(0), plan.window.month(11));
    writeln!(
        text,
        "\n演示年 demonstration year {first} – {last} (seed {}, scale {}): 全部为演示数据, \
         nothing here is a real figure of a real body",
        parameters.seed, parameters.scale
    )?;
    let seconds = report.milliseconds / 1_000;
    writeln!(
        text,
        "  记录 records            {}; {} of them entered or looked up now, in {seconds} s ({}/s)",
        thousands(report.records),
        thousands(tally.transactions),
        thousands(report.per_second)
    )?;
    let lots_paid = Fen::new(report.lots_paid_fen)?;
    let lots_given = Fen::new(report.lots_given_fen)?;
    for (name, amount) in [
        ("福彩销售 sales            ", sums.sales),
        ("公益金 fund of them       ", sums.fund),
        ("上级指标 quota from above ", sums.quota),
        ("县区项目 county projects  ", sums.projects),
        ("年末结转 carried over     ", sums.carried),
        ("收回 taken back           ", sums.recovered),
        ("逾期结余 lapsed           ", sums.lapsed),
        ("社区慈善基金 community fund", sums.given),
        ("  支出 paid               ", sums.spent),
        ("助餐补助 subsidies        ", lots_paid),
        ("县区捐赠 gifts            ", lots_given),
    ] {
        writeln!(text, "  {name} {}", ten_thousands(amount))?;
    }
    writeln!(
        text,
        "  信息公开 publications: the header time is today, so what fell due before today and is \
         published now counts as late (期限后公开), what nobody published as 尚未见到上链披露, and \
         what is still within its term as on time (按期公开)."
    )?;
    Ok(())
}

fn refused(text: &mut String, report: &YearReport) -> anyhow::Result<()> {
    writeln!(text, "规则拦下的业务 acts that the rules refused, as the year means to show:")?;
    for (code, count) in &report.tally.refused {
        let [chinese, english] = Plan::meaning(*code).unwrap_or_default();
        writeln!(text, "  {code} ×{count}  {chinese}  {english}")?;
    }
    for surprise in &report.tally.surprises {
        writeln!(
            text,
            "  NOT AS PLANNED {}: {} in place of {}: {}",
            surprise.reference, surprise.code, surprise.expected, surprise.detail
        )?;
    }
    Ok(())
}

fn look(
    text: &mut String,
    report: &YearReport,
    plan: &Plan,
    places: Places<'_>,
) -> anyhow::Result<()> {
    let Places { minglian, node, explorer } = places;
    writeln!(text, "去哪里看 where to look:")?;
    if let Some(explorer) = explorer {
        for (path, what) in [
            ("", "首页 home"),
            ("flows", "资金流向 where the money went"),
            ("organizations", "单位 who holds it"),
            ("verify", "核验中心 how to check it all"),
        ] {
            writeln!(text, "  http://{explorer}/{path}  {what}")?;
        }
    }
    let year = plan.window.closing_year();
    let bodies = &plan.bodies;
    let [agreeing, contradicting] = &plan.publications;
    let (finance, charity) = (bodies.finance.code, bodies.charity.code);
    for (arguments, what) in [
        (format!("execution --year {year} --fund {FUND}"), "预算执行进度表 how much is spent"),
        (format!("carry-over --fund {FUND}"), "结转结余明细表 carried over"),
        (format!("holding --holder {}", bodies.counties[1].finance.code), "滞留天数表 days held"),
        ("findings".to_owned(), "疑点清单 what an auditor would ask"),
        (format!("charity --holder {charity}"), "慈善收支明细 a charity's quarters"),
        (format!("declared --holder {finance} --publication {agreeing}"), "对账表: 相符 agrees"),
        (
            format!(
                "declared --holder {} --publication {contradicting}",
                bodies.counties[0].unit.code
            ),
            "对账表: 不符 contradicts",
        ),
    ] {
        let minglian = minglian.display();
        // A caption is a comment, so that all of it can be pasted.
        writeln!(text, "  # {what}\n  {minglian} report {arguments} --url {node}")?;
    }
    let slip = slip(Seed(report.parameters.seed), charity, TRACED);
    let hex =
        |bytes: &[u8]| bytes.iter().fold(String::new(), |all, byte| all + &format!("{byte:02x}"));
    writeln!(
        text,
        "  捐赠人的查询码 a donor's receipt ({TRACED}): code {}, salt {}",
        hex(&slip.code),
        hex(&slip.salt)
    )?;
    let drawn = match report.drawn {
        true => "已抽取 is drawn",
        false => {
            "等待以后的开奖 waits for a draw of a later day, which nobody can know today; enter the \
             year again after that day to draw it"
        }
    };
    writeln!(text, "  双随机 {SAMPLE} {drawn}")?;
    Ok(())
}
