//! What pages say of sums, and of what makes them.

use super::Word;

pub(super) const WORDS: &[Word] = &[
    ("公告行号", "Row of the notice"),
    ("其他资金转入", "From other funds"),
    ("净支出加余额", "Net spending and balance"),
    (
        "单位:元,下方小字为万元。每行:收到、推定和转入之和,等于支出、转出和尚未支出之和。\
         “按公告推定”:公告只公布了分配或支出,未载明收到,账本据此推定,不计作收到。\
         “尚未支出”含结转下年的部分。点击数字可见构成它的每一笔流水。",
        "Amounts in yuan. In each row what was received, implied or came from other funds is what \
         was spent, went to others or is not spent. “Implied by a notice”: the notice prints what \
         was allocated or spent and not what was received; the ledger infers it and does not \
         count it as received. “Not spent” includes what was carried over. Every number links to \
         the movements that make it.",
    ),
    (
        "号码应为 32 位十六进制数字,两个号码连写时为 64 位,填入第一栏;请对照票据重新输入。",
        "Each number has 32 hexadecimal digits, both together 64, which go into the first field. \
         Please compare with the receipt.",
    ),
    ("尚未支出的资金在哪里", "Where what is not spent is"),
    ("慈善基金(资金和物资)", "Funds of charities (money and goods)"),
    (
        "收到为捐赠(物资按入账价值),减去退还和作废;支出为付款减退回,退还捐赠不计作支出。与慈善组织页面、慈善收支表口径相同。",
        "Received: gifts, goods at their recorded value, less what went back or was entered \
         wrongly. Spending: payments less what came back; a gift that went back is no spending. \
         The pages and reports of charities count the same way.",
    ),
    ("没有余额。", "Nothing is left."),
    ("转给其他资金", "To other funds"),
    ("转给其他资金或上缴", "To other funds or sent up"),
    ("退还捐赠", "Gift returned"),
    ("退还未成", "Return of a gift that bounced"),
    ("项目(全部年度)", "Projects (all years)"),
    ("余额合计", "Sum of the balances"),
    ("步骤", "Step"),
    ("弃奖奖金", "unclaimed prizes"),
    ("备案", "filing"),
    ("捐赠人同意", "donor's consent"),
    ("方案或协议", "plan or agreement"),
    ("目的相近", "similar purpose"),
    ("未评定", "not rated"),
    ("一级", "level one"),
    ("二级", "level two"),
    ("三级", "level three"),
    ("四级", "level four"),
    ("五级", "level five"),
    ("设施建设", "construction"),
    ("设备购置", "equipment"),
    ("购买服务", "purchased services"),
    ("补助救助", "assistance"),
    ("活动", "activities"),
    ("培训", "training"),
    ("已提出", "proposed"),
    ("已审核", "reviewed"),
    ("已下达", "issued"),
    ("已签收", "received"),
    ("已分配", "suballocated"),
    ("支付中", "paying"),
    ("已支付完毕", "completed"),
    ("捐赠收入(货币·非限定)", "Gifts of money, unrestricted"),
    ("捐赠收入(货币·限定)", "Gifts of money, restricted"),
    ("捐赠收入(物资)", "Gifts in kind"),
    ("剩余财产转入", "Remaining property received"),
    ("剩余财产转出", "Remaining property given"),
];

/// Codes of reports and tables, in Chinese and in English.
const CODES: &[(&str, &str, &str)] = &[
    ("agrees", "一致", "agrees"),
    ("denied_expenditure", "禁止的支出", "denied expenditure"),
    ("differs", "不一致", "differs"),
    ("duplicate_payment", "疑似重复付款", "possible duplicate payment"),
    ("idle", "资金闲置", "money lies idle"),
    ("implied", "按公告推定", "implied by a notice"),
    ("lapse_due", "结转期满应收回", "due to be taken back"),
    ("no_document", "没有文号", "no document number"),
    ("not_derivable", "账本无从推算", "cannot be derived from the ledger"),
    ("not_received", "尚未签收", "not received"),
    ("organization", "单位代码", "organization"),
    ("ratio_breach", "超出比例", "outside a ratio"),
    ("refused_act", "未通过的业务", "refused act"),
    ("sum_error", "合计有误", "sum error"),
];

/// A code as readers read it; what is no code stays as it is.
pub(super) fn code(text: &str, is_english: bool) -> &str {
    match CODES.iter().find(|known| known.0 == text) {
        Some((_, _, english)) if is_english => english,
        Some((_, chinese, _)) => chinese,
        None => text,
    }
}
