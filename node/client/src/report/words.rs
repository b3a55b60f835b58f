//! What cells of reports are called by readers: a report itself names its kinds by codes, and the
//! measures of a notice as Chinese notices do.

use super::csv::Language;

/// A name as the report has it, in Chinese and in English.
type Known = (&'static str, &'static str, &'static str);

/// By column.
const COLUMNS: &[(&str, &[Known])] = &[
    (
        "derived_from",
        &[
            ("book", "账本记录", "the book"),
            ("declared_lines", "单位申报明细", "declared lines"),
            ("game_ratio", "公告销售额按提取比例推算", "ratio of the game"),
        ],
    ),
    (
        "verdict",
        &[
            ("agrees", "相符", "agrees"),
            ("differs", "不符", "differs"),
            ("not_derivable", "无可比数", "cannot be derived"),
        ],
    ),
    (
        "measure",
        &[
            ("筹集", "筹集", "raised"),
            ("上缴", "上缴", "remitted"),
            ("收到", "收到", "received"),
            ("安排", "安排", "allocated"),
            ("支出", "支出", "spent"),
            ("结转", "结转", "carried over"),
            ("结余", "结余", "balance"),
            ("执行率", "执行率", "execution rate"),
            ("收入", "收入", "income"),
            ("慈善支出", "慈善支出", "charity spending"),
            ("管理费用", "管理费用", "management cost"),
            ("受益人数", "受益人数", "beneficiaries"),
            ("项目数", "项目数", "projects"),
            ("合计", "合计", "total"),
            ("其他", "其他", "other"),
            ("销量", "销量", "sales"),
            ("公益金", "公益金", "welfare fund"),
        ],
    ),
    (
        "rule",
        &[
            ("denied_expenditure", "禁止的支出", "denied expenditure"),
            ("duplicate_gift", "疑似重复捐赠", "possible duplicate gift"),
            ("duplicate_payment", "疑似重复付款", "possible duplicate payment"),
            ("duplicate_payout", "疑似重复支出", "possible duplicate payout"),
            ("fund_sum_error", "基金合计有误", "sum error of a fund"),
            ("idle", "资金闲置", "money lies idle"),
            ("lapse_due", "结转期满应收回", "due to be taken back"),
            ("no_document", "没有文号", "no document number"),
            ("not_received", "尚未签收", "not received"),
            ("overdue_complaint", "举报办理逾期", "complaint overdue"),
            ("overdue_decision", "决议逾期", "decision overdue"),
            ("overdue_disclosure", "尚未见到上链披露", "disclosure not seen"),
            ("overdue_rectification", "整改逾期", "rectification overdue"),
            ("overdue_remittance", "上缴逾期", "remittance overdue"),
            ("overdue_statement", "报送逾期", "statement overdue"),
            ("ratio_breach", "超出比例", "outside a ratio"),
            ("refused_act", "未通过的业务", "refused act"),
            ("sum_error", "合计有误", "sum error"),
        ],
    ),
];

/// The cell of a column in words; what this program does not know as it is.
pub(super) fn of(column: &str, cell: String, language: Language) -> String {
    let known = COLUMNS.iter().find(|(name, _)| *name == column);
    let known = known.and_then(|(_, known)| known.iter().find(|(name, _, _)| *name == cell));
    known.map_or(cell, |(_, chinese, english)| language.pick(chinese, english).to_owned())
}
