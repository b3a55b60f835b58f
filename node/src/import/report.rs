//! The table an import ends with.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use minglian_ledger::fen::{Fen, Unit};
use serde::Serialize;

use super::plan::{Column, Entry, Plan};
use super::refusal::RefusedRow;
use super::run::Outcome;

/// What one fund's category came to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Sums {
    /// Received by the notice.
    pub received: Fen,
    /// Implied by the notice.
    pub implied: Fen,
    /// Allocated or issued.
    pub allocated: Fen,
    /// Spent.
    pub spent: Fen,
    /// Carried forward.
    pub carried: Fen,
    /// 调出.
    pub transferred_out: Fen,
    /// 筹集, stated without movement.
    pub raised: Fen,
    /// 上缴, stated without movement.
    pub remitted: Fen,
    /// A charity's income, declared without movement.
    pub income: Fen,
    /// A charity's spending, declared without movement.
    pub expenditure: Fen,
    /// How many were helped, in whatever the notice counts them.
    pub helped: u64,
}

impl Sums {
    fn add(&mut self, entry: &Entry) {
        let sum = match entry.column {
            Column::Received => &mut self.received,
            Column::Implied => &mut self.implied,
            Column::Allocated => &mut self.allocated,
            Column::Spent => &mut self.spent,
            Column::Carried => &mut self.carried,
            Column::TransferredOut => &mut self.transferred_out,
            Column::Raised => &mut self.raised,
            Column::Remitted => &mut self.remitted,
            Column::Income => &mut self.income,
            Column::Expenditure => &mut self.expenditure,
        };
        *sum = sum.checked_add(entry.amount).unwrap_or(Fen::MAX);
        self.helped = self.helped.saturating_add(entry.helped);
    }

    fn cells(&self) -> [Fen; 10] {
        let Self { received, implied, allocated, spent, carried, .. } = *self;
        let Self { transferred_out, raised, remitted, income, expenditure, .. } = *self;
        [
            received,
            implied,
            allocated,
            spent,
            carried,
            transferred_out,
            raised,
            remitted,
            income,
            expenditure,
        ]
    }
}

/// One line of the table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Line {
    /// Fund source.
    pub fund: String,
    /// Category as printed.
    pub category: String,
    /// Its sums.
    #[serde(flatten)]
    pub sums: Sums,
}

/// What one notice came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NoticeReport {
    /// The notice.
    pub dataset: String,
    /// Acts that a dry run would send.
    pub planned: usize,
    /// Whether it is a dry run, and then whether a node was asked what is there.
    pub dry_run: Option<bool>,
    /// Acts entered now.
    pub entered: usize,
    /// Acts that were there before.
    pub unchanged: usize,
    /// Acts that wait for other officers.
    pub waiting: usize,
    /// Rows and acts that were refused, in words.
    pub refused: Vec<String>,
    /// What somebody should look at, in words; it was entered all the same.
    pub warnings: Vec<String>,
    /// By fund source and category.
    pub lines: Vec<Line>,
    /// By fund source.
    pub funds: BTreeMap<String, Sums>,
    /// Printed totals that disagree with the rows, in words.
    pub disagreements: Vec<String>,
    /// Printed totals that agree to the fen.
    pub agreements: usize,
}

/// Adds up what a plan came to. Without outcomes (a dry run that asked no node) every act counts.
pub fn report(file: &str, plan: &Plan, outcomes: &[Outcome]) -> NoticeReport {
    let count = |wanted: fn(&Outcome) -> bool| outcomes.iter().filter(|o| wanted(o)).count();
    let in_words = |row: &RefusedRow| match row.reason.advice() {
        Some(advice) => format!("{row} {advice}"),
        None => row.to_string(),
    };
    let mut refused: Vec<String> = plan.refused.iter().map(in_words).collect();
    let mut lines = BTreeMap::<(String, String), Sums>::new();
    let mut funds = BTreeMap::<String, Sums>::new();
    for (place, act) in plan.acts.iter().enumerate() {
        let at = act.line.map_or_else(String::new, |line| format!(", line {line}"));
        match outcomes.get(place) {
            Some(Outcome::Refused { code, sentence }) => {
                refused.push(format!("{file}{at}: refusal {code}: {sentence}"));
                continue;
            }
            Some(Outcome::Different(reason)) => {
                refused.push(format!("{file}{at}: {reason}"));
                continue;
            }
            _ => {}
        }
        if let Some(entry) = &act.entry {
            let key = (entry.fund.clone(), entry.category.clone());
            lines.entry(key).or_default().add(entry);
            funds.entry(entry.fund.clone()).or_default().add(entry);
        }
    }
    let lines = lines.into_iter().map(|((fund, category), sums)| Line { fund, category, sums });
    let disagrees = |total: &&super::plan::ControlTotal| !total.agrees();
    NoticeReport {
        dataset: plan.dataset.clone(),
        planned: if outcomes.is_empty() { plan.acts.len() } else { 0 },
        dry_run: None,
        entered: count(|outcome| *outcome == Outcome::Entered),
        unchanged: count(|outcome| *outcome == Outcome::Unchanged),
        waiting: count(|outcome| matches!(outcome, Outcome::Waiting(_))),
        refused,
        warnings: plan.repeated.iter().map(|twins| warning(file, *twins)).collect(),
        lines: lines.collect(),
        funds,
        disagreements: plan
            .totals
            .iter()
            .filter(disagrees)
            .map(|total| {
                let (printed, computed) = (total.printed, total.computed);
                format!(
                    "line {}: {} prints {printed}, rows come to {computed}",
                    total.line, total.item
                )
            })
            .collect(),
        agreements: plan.totals.iter().filter(|total| total.agrees()).count(),
    }
}

fn warning(file: &str, (line, first): (u64, u64)) -> String {
    format!(
        "{file}, line {line}: says the same as line {first} under another row number; both are \
         entered. If it is one thing, remove one 与第{first}行内容相同,两行均入账;若为重复请删去一行"
    )
}

impl NoticeReport {
    /// The same for a dry run, which enters nothing; `is_compared` if a node was asked what it has.
    pub fn of_dry_run(self, is_compared: bool) -> Self {
        let planned = self.planned + self.entered;
        Self { planned, entered: 0, dry_run: Some(is_compared), ..self }
    }

    /// The table for people, amounts in 万元.
    pub fn to_text(&self) -> String {
        let mut text = format!("{}\n", self.dataset);
        let head = [
            "received 收到",
            "implied 推定",
            "allocated 分配",
            "spent 支出",
            "carried 结转",
            "out 调出",
            "raised 筹集",
            "sent up 上缴",
            "income 慈善收入",
            "spending 慈善支出",
        ];
        // Writing to a String does not fail.
        let _ = writeln!(text, "  source 来源 / category 类别 (万元): {}", head.join(" | "));
        for Line { fund, category, sums } in &self.lines {
            let cells = sums.cells().map(|cell| cell.display_in(Unit::TenThousandYuan));
            let _ = writeln!(text, "  {fund} / {category}: {}", cells.join(" | "));
        }
        for (fund, sums) in &self.funds {
            let cells = sums.cells().map(|cell| cell.display_in(Unit::TenThousandYuan));
            let _ = writeln!(text, "  {fund} / total 合计: {}", cells.join(" | "));
        }
        let _ = writeln!(text, "  {}; {}", self.acts(), self.totals());
        for line in self.refused.iter().chain(&self.disagreements).chain(&self.warnings) {
            let _ = writeln!(text, "  ! {line}");
        }
        text
    }

    fn acts(&self) -> String {
        let Self { planned, entered, unchanged, waiting, .. } = self;
        let refused = self.refused.len();
        match self.dry_run {
            Some(true) => {
                return format!(
                    "dry run 试算: {planned} acts would be sent 将提交, {unchanged} are there \
                     unchanged 已入账, {refused} refused 不予入账"
                );
            }
            Some(false) => {
                return format!(
                    "dry run 试算: {planned} acts would be sent to an empty ledger 按空账本计, \
                     {refused} refused 不予入账; what is entered already was not looked up: name \
                     --url 未与账本比对,比对请加 --url"
                );
            }
            None => {}
        }
        format!(
            "acts 笔数: {entered} entered 入账, {unchanged} unchanged 未变, \
             {waiting} waiting for approval 待复核, {refused} refused 不予入账"
        )
    }

    fn totals(&self) -> String {
        match (self.agreements, self.disagreements.len()) {
            (0, 0) => {
                "the table has no row with a total of the notice 表中没有公告的合计行".to_owned()
            }
            (agree, disagree) => {
                format!("printed totals 公告合计: {agree} agree 相符, {disagree} disagree 不符")
            }
        }
    }
}
