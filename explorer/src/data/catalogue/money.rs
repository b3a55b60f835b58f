//! Tables of acts and of the money that they moved.

use crate::data::table::Kind::{Amount, Date, Flag, Integer, Rate, TenThousands, Text, Time};
use crate::data::table::{Expansion, Table, column as c};

/// What stayed paid from a line, as the page 指标/分配树 has it: less what payees or banks returned.
macro_rules! paid {
    () => {
        "(l.paid - coalesce((SELECT sum(r.amount) FROM movements r \
         WHERE r.to_account = l.id AND r.flow = 'returned'), 0))"
    };
}

pub(super) const ENTRIES: Table = Table {
    name: "entries",
    chinese: "账目",
    english: "Entries: every act that was signed, lawful or refused",
    from: "records r LEFT JOIN organizations o ON o.code = r.organization",
    only: "",
    columns: &[
        c("index", Integer, "r.log_index", "账目号", "Position in the log"),
        c("height", Integer, "r.height", "高度", "Height of its block"),
        c("time", Time, "r.time_ms", "记账时间", "Time of its block, in Beijing"),
        c("transaction_id", Text, "r.transaction_id", "交易号", "Name of the signed transaction"),
        c("organization", Text, "r.organization", "签署单位代码", "Code of who signed"),
        c("organization_name", Text, "coalesce(o.name, '')", "签署单位", "Name of who signed"),
        c("officer_key", Text, "r.officer_key", "签署公钥", "The officer's public key"),
        c("reference", Text, "r.reference", "业务编号", "What the signer calls it"),
        c("kind", Text, "r.kind", "业务种类", "Kind of act, in Chinese"),
        c("stage", Text, "r.stage", "办理环节", "How far the act was with this entry"),
        c("code", Integer, "r.code", "结果代码", "0 if applied, else the refusal's number"),
        c("documents", Text, "r.documents", "文号和公告", "Document numbers it rests on"),
        c("sentence_zh", Text, "r.sentence_zh", "摘要", "What it says, in Chinese"),
        c("sentence_en", Text, "r.sentence_en", "英文摘要", "What it says, in English"),
    ],
    keys: 1,
    record: "r.log_index",
    filters: &[("organization", "r.organization"), ("height", "r.height"), ("code", "r.code")],
    expansion: Expansion::None,
};

pub(super) const MOVEMENTS: Table = Table {
    name: "movements",
    chinese: "流水",
    english: "Movements: every amount that went from one account to another",
    from: "movements m LEFT JOIN accounts f ON f.id = m.from_account \
           JOIN accounts t ON t.id = m.to_account \
           LEFT JOIN organizations fo ON fo.code = f.organization \
           LEFT JOIN organizations o ON o.code = t.organization",
    only: "",
    columns: &[
        c("number", Integer, "m.number", "流水号", "Number of the movement"),
        c("record", Integer, "m.log_index", "账目号", "The entry that made it"),
        c(
            "time",
            Time,
            "(SELECT r.time_ms FROM records r WHERE r.log_index = m.log_index)",
            "记账时间",
            "Time of its block, in Beijing",
        ),
        c("flow", Text, "m.flow", "计入", "What it counts as, in totals"),
        c("measure", Text, "m.measure", "口径", "quota, cash or goods"),
        c("fund", Text, "m.fund", "资金", "Fund"),
        c("level", Text, "m.level", "资金级次", "Level of government it first came from"),
        c("category", Text, "m.category", "类别", "Category of use"),
        c("notice", Text, "m.notice", "公告", "Imported notice it rests on"),
        c("from_account", Integer, "m.from_account", "转出账户号", "Account it left; none outside"),
        c("from_organization", Text, "f.organization", "转出单位代码", "Whose account it left"),
        c("from_organization_name", Text, "fo.name", "转出单位", "Name of that organisation"),
        c("from_name", Text, "f.name", "转出账户", "Name of the account it left"),
        c("to_account", Integer, "m.to_account", "转入账户号", "Account it came to"),
        c("to_organization", Text, "t.organization", "转入单位代码", "Whose account it came to"),
        c("to_organization_name", Text, "o.name", "转入单位", "Name of that organisation"),
        c("to_name", Text, "t.name", "转入账户", "Name of the account it came to"),
        c("to_start", Integer, "m.to_start", "起始位置", "First position of its fen there"),
        c("to_end", Integer, "m.to_end", "终止位置", "Position behind its last fen there"),
        c("amount", Amount, "m.amount", "金额", "Amount"),
        c("kind", Text, "m.body", "种类", "Kind of movement, in Chinese"),
        c("attribution", Text, "NULL", "归属方式", "How its fen were chosen, in Chinese"),
        c("origin_oldest", Date, "NULL", "资金最早日期", "First day its money came about"),
        c("origin_newest", Date, "NULL", "资金最晚日期", "Last day its money came about"),
    ],
    keys: 1,
    record: "m.log_index",
    filters: &[
        ("record", "m.log_index"),
        ("flow", "m.flow"),
        ("fund", "m.fund"),
        ("notice", "m.notice"),
        ("from_account", "m.from_account"),
        ("to_account", "m.to_account"),
    ],
    expansion: Expansion::Movement,
};

pub(super) const ALLOCATIONS: Table = Table {
    name: "allocations",
    chinese: "指标和分配",
    english: "Allocations: quota lines as they stand at the height",
    from: "lines l JOIN accounts a ON a.id = l.id \
           LEFT JOIN organizations o ON o.code = a.organization",
    only: "",
    columns: &[
        c("account", Integer, "l.id", "账户号", "Number of the line's account"),
        c("parent", Integer, "l.parent", "上级账户号", "The line its first money came from"),
        c("organization", Text, "a.organization", "单位代码", "Who holds it"),
        c("organization_name", Text, "coalesce(o.name, '')", "单位", "Name of the holder"),
        c("fund", Text, "a.fund", "资金", "Fund"),
        c("year", Integer, "a.year", "年度", "Budget year"),
        c("name", Text, "a.name", "指标名称", "Name of the line"),
        c("level", Text, "a.level", "资金级次", "Level of government it first came from"),
        c("category", Text, "a.category", "类别", "Category of use"),
        c("project", Text, "a.project", "项目编号", "The project it is for"),
        c("notice", Text, "a.notice", "公告", "Imported notice it rests on"),
        c("documents", Text, "l.documents", "文号", "Document numbers it rests on"),
        c("issued_on", Date, "nullif(l.issued_on, '')", "下达日期", "Day it was issued"),
        c("received_on", Date, "nullif(l.received_on, '')", "收到日期", "Day it was received"),
        c("implied", Flag, "l.implied", "按公告推定", "Whether a notice implies it only"),
        c("quota", Amount, "l.quota", "额度", "Quota"),
        c("issued", Amount, "l.issued", "已下达分配", "Issued to lines below"),
        c("paid", Amount, paid!(), "已支付", "Stayed paid, after what was returned"),
        c("paid_out", Amount, "l.paid", "累计付出", "Paid out, before what was returned"),
        c("returned", Amount, "l.returned", "已退回", "Came back, from payments or lines below"),
        c("carried", Amount, "l.carried", "已结转", "Carried to the next year"),
        c("recovered", Amount, "l.recovered", "已收回", "Taken back"),
        c("transferred_out", Amount, "l.transferred_out", "已调出", "Transferred out"),
        c("balance", Amount, "a.balance", "余额", "Left in the line"),
    ],
    keys: 1,
    record: "",
    filters: &[
        ("organization", "a.organization"),
        ("parent", "l.parent"),
        ("fund", "a.fund"),
        ("year", "a.year"),
        ("project", "a.project"),
        ("notice", "a.notice"),
    ],
    expansion: Expansion::None,
};

pub(super) const PAYMENTS: Table = Table {
    name: "payments",
    chinese: "付款",
    english: "Payments; a natural person who was paid is not named",
    from: "payments p JOIN accounts a ON a.id = p.id LEFT JOIN accounts l ON l.id = p.line \
           LEFT JOIN organizations o ON o.code = a.organization",
    only: "",
    columns: &[
        c("account", Integer, "p.id", "账户号", "Number of the payment's account"),
        c("record", Integer, "p.log_index", "账目号", "The entry by which it took effect"),
        c("organization", Text, "a.organization", "付款单位代码", "Who paid"),
        c("organization_name", Text, "coalesce(o.name, '')", "付款单位", "Name of who paid"),
        c("reference", Text, "a.name", "凭证号", "Number of the voucher"),
        c("line", Integer, "p.line", "指标账户号", "The line it was paid from"),
        c("line_name", Text, "l.name", "指标名称", "Name of that line"),
        c("fund", Text, "l.fund", "资金", "Fund"),
        c("project", Text, "l.project", "项目编号", "The project of that line"),
        c("payee", Text, "p.payee", "收款人", "Who was paid, as pages say it"),
        c("payee_code", Text, "p.payee_code", "收款单位代码", "Code of a paid organisation"),
        c("expenditure", Text, "p.expenditure", "支出科目", "Expenditure code"),
        c("occurred_on", Date, "nullif(p.occurred_on, '')", "发生日期", "Day of the payment"),
        c("status", Text, "p.status", "状态", "What the bank says, in Chinese"),
        c("amount", Amount, "p.amount", "金额", "Amount of the order"),
        c("balance", Amount, "a.balance", "净额", "What stayed paid after returns"),
    ],
    keys: 1,
    record: "p.log_index",
    filters: &[
        ("organization", "a.organization"),
        ("line", "p.line"),
        ("fund", "l.fund"),
        ("project", "l.project"),
        ("payee", "p.payee_code"),
    ],
    expansion: Expansion::None,
};

pub(super) const NOTICE: Table = Table {
    name: "notice",
    chinese: "资金使用情况公告表",
    english: "Use of funds, in the columns of published notices (万元)",
    from: "lines l JOIN accounts a ON a.id = l.id LEFT JOIN projects p ON p.reference = a.project \
           LEFT JOIN organizations o ON o.code = a.organization",
    only: "NOT EXISTS (SELECT 1 FROM lines b JOIN accounts c ON c.id = b.id \
           WHERE b.parent = l.id AND c.year = a.year)",
    columns: &[
        c("number", Integer, "l.id", "序号", "Number of the line's account"),
        c("year", Integer, "a.year", "年度", "Budget year"),
        c("fund", Text, "a.fund", "资金来源", "Fund"),
        c("level", Text, "a.level", "资金级次", "Level of government it first came from"),
        c("category", Text, "a.category", "使用方向", "Category of use"),
        c("item", Text, "coalesce(p.title, a.name)", "项目名称", "The project's title or the line"),
        c("unit", Text, "coalesce(o.name, a.organization)", "项目单位", "Who holds the money"),
        c("documents", Text, "l.documents", "文号", "Document numbers"),
        c("quota", TenThousands, "l.quota", "资金额度", "Quota"),
        c("paid", TenThousands, paid!(), "已支付", "Stayed paid"),
        c(
            "executed",
            Rate,
            concat!("CASE WHEN l.quota > 0 THEN ", paid!(), " * 10000 / l.quota END"),
            "执行进度",
            "Paid of quota, cut to hundredths of a percent",
        ),
    ],
    keys: 1,
    record: "",
    filters: &[("organization", "a.organization"), ("fund", "a.fund"), ("year", "a.year")],
    expansion: Expansion::None,
};

pub(super) const TOTALS: Table = Table {
    name: "totals",
    chinese: "合计",
    english: "Sums of movements by fund, notice, level, category and flow",
    from: "totals t",
    only: "",
    columns: &[
        c("measure", Text, "t.measure", "口径", "quota, cash or goods"),
        c("fund", Text, "t.fund", "资金", "Fund"),
        c("notice", Text, "t.notice", "公告", "Imported notice"),
        c("level", Text, "t.level", "资金级次", "Level of government"),
        c("category", Text, "t.category", "类别", "Category of use"),
        c("flow", Text, "t.flow", "计入", "What the movements count as; left: what remains"),
        c("amount", Amount, "t.amount", "金额", "Sum"),
        c("count", Integer, "t.count", "笔数", "How many movements"),
    ],
    keys: 6,
    record: "",
    filters: &[
        ("measure", "t.measure"),
        ("fund", "t.fund"),
        ("notice", "t.notice"),
        ("flow", "t.flow"),
    ],
    expansion: Expansion::None,
};

pub(super) const BLOCKS: Table = Table {
    name: "blocks",
    chinese: "区块",
    english: "Verified blocks with the log's size and root after each",
    from: "blocks b",
    only: "",
    columns: &[
        c("height", Integer, "b.height", "高度", "Height"),
        c("block_id", Text, "b.block_id", "区块号", "Name of the block"),
        c("time", Time, "b.time_ms", "时间", "Time, in Beijing"),
        c("log_size", Integer, "b.log_size", "账本条数", "Leaves in the log after it"),
        c("log_root", Text, "b.log_root", "账本根", "Root of the log after it"),
        c("transactions", Integer, "b.transactions", "交易数", "Transactions in it"),
    ],
    keys: 1,
    record: "",
    filters: &[],
    expansion: Expansion::None,
};
