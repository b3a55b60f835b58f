//! What the columns of a sheet are, for each act that sheets enter.

/// What a cell of a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Text as it stands.
    Text,
    /// An amount, in the unit of the header, of a unit column, or of `--unit`.
    Amount,
    /// A day: 2025-03-01, 2025/3/1, 2025年3月1日, 20250301, or a spreadsheet's date.
    Date,
    /// A year or another whole number.
    Number,
    /// 是 or 否.
    Flag,
    /// An organisation: its code, or its registered name.
    Organization,
    /// A division: its code, or a known name.
    Division,
    /// 文号, one or several.
    Documents,
    /// One of some words, each with what the act calls it.
    Choice(&'static [(&'static str, &'static str)]),
    /// An organisation, a natural person as a salted commitment, or nobody; the last is what an
    /// empty cell means.
    Party(&'static str),
    /// The number of a donation's receipt; empty if it was waived.
    Receipt,
    /// 是 or 否: whether the natural person in another column has agreed to be named. No field of
    /// the act.
    Consent,
}

/// What an act gets where a cell is empty or the column is missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Missing {
    /// The row is refused.
    Refused,
    /// What the template has.
    Template,
    /// What another field of the act has.
    Same(&'static str),
    /// The organisation that signs.
    Signer,
}

/// A column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Column {
    /// Where it goes in the act; also its English header.
    pub path: &'static str,
    /// Its Chinese headers.
    pub headers: &'static [&'static str],
    /// What it holds.
    pub kind: Kind,
    /// What an empty cell means.
    pub missing: Missing,
}

impl Column {
    /// Whether people write what they want there. Names of funds and lines are no such text: they
    /// were on the ledger before, and some are called after who gave.
    pub fn is_written(&self) -> bool {
        let names_account = self.path.split('.').any(|part| matches!(part, "fund" | "line"));
        matches!(self.kind, Kind::Text | Kind::Receipt) && !names_account
    }
}

/// How sheets enter one act.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Form {
    /// `module.act`.
    pub act: &'static str,
    /// The act with nothing filled in.
    pub template: &'static str,
    /// Its columns.
    pub columns: &'static [Column],
    /// The fields by which two rows are the same act.
    pub identity: &'static [&'static str],
}

/// The form of an act, if sheets enter it.
pub fn form(act: &str) -> Option<&'static Form> {
    FORMS.iter().find(|form| form.act == act)
}

const fn column(
    path: &'static str,
    headers: &'static [&'static str],
    kind: Kind,
    missing: Missing,
) -> Column {
    Column { path, headers, kind, missing }
}

use Kind::{Amount, Choice, Consent, Documents, Flag, Number, Organization, Party, Receipt, Text};
use Missing::{Refused, Same, Signer, Template};

const DAY: Column = column("occurred_on", &["业务日期", "日期", "发生日期"], Kind::Date, Refused);
const AMOUNT: Column = column("amount", &["金额"], Amount, Refused);
const CATEGORY: Column = column("purpose.category", &["类别", "资金类别"], CATEGORIES, Template);
const PROJECT: Column = column("purpose.project", &["项目", "项目编号"], Text, Template);
const DOCUMENTS: Column = column("basis.documents", &["文号"], Documents, Template);
const NOTICE: Column = column("basis.printed_in", &["公告出处", "出处"], Text, Template);

const CATEGORIES: Kind = Choice(&[
    ("老年人福利", "old_age"),
    ("残疾人福利", "disability"),
    ("儿童福利", "children"),
    ("社会公益", "public_good"),
]);

const EXPENDITURES: Kind = Choice(&[
    ("设施建设", "construction"),
    ("设备购置", "equipment"),
    ("购买服务", "services"),
    ("补助救助", "assistance"),
    ("活动", "activities"),
    ("培训", "training"),
    ("其他", "other"),
]);

const RECEIPTS: Kind = Choice(&[
    ("下达", "issued"),
    ("分批下达", "tranche"),
    ("清算返还", "settlement_return"),
    ("上年结转", "brought_forward"),
    ("本级安排", "own_share"),
]);

const ORGANIZATION_KINDS: Kind = Choice(&[
    ("民政部门", "civil_affairs"),
    ("财政部门", "finance"),
    ("福彩中心", "lottery_centre"),
    ("审计机关", "audit"),
    ("慈善组织", "charity"),
    ("项目单位", "project_unit"),
    ("其他机关", "government"),
]);

const GRANT: &[Column] = &[
    column("from.holder", &["转出单位", "拨出单位"], Organization, Signer),
    column("from.fund", &["资金来源"], Text, Refused),
    column("from.year", &["年度", "预算年度"], Number, Refused),
    column("from.line", &["转出指标", "来源指标"], Text, Refused),
    column("to.holder", &["转入单位", "接收单位"], Organization, Refused),
    column("to.fund", &["转入资金来源"], Text, Same("from.fund")),
    column("to.year", &["转入年度"], Number, Same("from.year")),
    column("to.line", &["转入指标", "新指标"], Text, Refused),
    AMOUNT,
    CATEGORY,
    PROJECT,
    DOCUMENTS,
    NOTICE,
    DAY,
];

const GRANT_IDENTITY: &[&str] =
    &["from.holder", "from.line", "from.year", "to.holder", "to.line", "occurred_on"];

/// The acts that sheets enter.
pub const FORMS: &[Form] = &[
    Form {
        act: "charity.donate",
        template: r#"{"charity":{"donate":{"reference":"","fund":"","campaign":null,
            "donor":"anonymous","gift":"money","amount":"0","restriction":null,
            "receipt":"waived","code":"","occurred_on":""}}}"#,
        columns: &[
            column("reference", &["捐赠编号", "编号"], Text, Refused),
            column("fund", &["基金", "基金编号"], Text, Refused),
            column("campaign", &["募捐备案编号", "备案编号"], Text, Template),
            column("donor", &["捐赠人", "捐赠单位", "捐赠方"], Party("anonymous"), Template),
            column("consent", &["同意公开", "同意公开姓名"], Consent, Template),
            column("amount", &["金额", "捐赠金额"], Amount, Refused),
            column("restriction", &["限定用途"], Text, Template),
            column("receipt", &["票据号", "捐赠票据号", "票据号码"], Receipt, Template),
            column("occurred_on", &["捐赠日期", "到账日期", "日期"], Kind::Date, Refused),
        ],
        identity: &["reference"],
    },
    Form {
        act: "payment.instruct",
        template: r#"{"payment":{"instruct":{"line":{"holder":"","fund":"","year":0,"line":""},
            "expenditure":"other","order":{"reference":"","payee":"not_printed","amount":"0",
            "voucher":null,"replaces":null,"occurred_on":""}}}}"#,
        columns: &[
            column("line.holder", &["付款单位"], Organization, Signer),
            column("line.fund", &["资金来源"], Text, Refused),
            column("line.year", &["年度", "预算年度"], Number, Refused),
            column("line.line", &["指标", "指标名称"], Text, Refused),
            column("expenditure", &["支出用途", "用途"], EXPENDITURES, Refused),
            column("order.reference", &["付款编号", "凭证号", "编号"], Text, Refused),
            column("order.payee", &["收款人", "收款单位"], Party("not_printed"), Template),
            column("order.amount", &["金额", "付款金额"], Amount, Refused),
            column("order.replaces", &["替代付款"], Text, Template),
            column("order.occurred_on", &["付款日期", "日期"], Kind::Date, Refused),
        ],
        identity: &["order.reference"],
    },
    Form {
        act: "allocation.record_quota",
        template: r#"{"allocation":{"record_quota":{"to":{"holder":"","fund":"","year":0,
            "line":""},"receipt":"issued","amount":"0","level":"",
            "purpose":{"category":null,"project":null},
            "basis":{"documents":[],"printed_in":null},"first_year":0,"implied":false,
            "occurred_on":""}}}"#,
        columns: &[
            column("to.holder", &["持有单位", "单位"], Organization, Refused),
            column("to.fund", &["资金来源"], Text, Refused),
            column("to.year", &["年度", "预算年度"], Number, Refused),
            column("to.line", &["指标", "指标名称"], Text, Refused),
            column("receipt", &["收到方式"], RECEIPTS, Template),
            AMOUNT,
            column("level", &["资金级次", "级次"], Text, Refused),
            CATEGORY,
            PROJECT,
            DOCUMENTS,
            NOTICE,
            column("first_year", &["首次下达年度"], Number, Same("to.year")),
            column("implied", &["按公告推定"], Flag, Template),
            DAY,
        ],
        identity: &["to.holder", "to.fund", "to.year", "to.line", "occurred_on"],
    },
    Form {
        act: "allocation.issue",
        template: r#"{"allocation":{"issue":{"from":{"holder":"","fund":"","year":0,"line":""},
            "to":{"holder":"","fund":"","year":0,"line":""},"amount":"0",
            "purpose":{"category":null,"project":null},
            "basis":{"documents":[],"printed_in":null},"plan":null,"occurred_on":""}}}"#,
        columns: GRANT,
        identity: GRANT_IDENTITY,
    },
    Form {
        act: "allocation.allocate",
        template: r#"{"allocation":{"allocate":{"from":{"holder":"","fund":"","year":0,"line":""},
            "to":{"holder":"","fund":"","year":0,"line":""},"amount":"0",
            "purpose":{"category":null,"project":null},
            "basis":{"documents":[],"printed_in":null},"plan":null,"occurred_on":""}}}"#,
        columns: GRANT,
        identity: GRANT_IDENTITY,
    },
    Form {
        act: "project.register",
        template: r#"{"project":{"register":{"reference":"","title":"","category":"",
            "unit":"","year":0,"carries_label":true,"indicators":[],"occurred_on":""}}}"#,
        columns: &[
            column("reference", &["项目编号", "编号"], Text, Refused),
            column("title", &["项目名称", "名称"], Text, Refused),
            column("category", &["类别", "资金类别"], CATEGORIES, Refused),
            column("unit", &["实施单位", "项目单位"], Organization, Refused),
            column("year", &["年度"], Number, Refused),
            column("carries_label", &["须设标识"], Flag, Template),
            DAY,
        ],
        identity: &["reference"],
    },
    Form {
        act: "registry.register_organization",
        template: r#"{"registry":{"register_organization":{"code":"","name":"","kind":"",
            "division":""}}}"#,
        columns: &[
            column("code", &["统一社会信用代码", "信用代码"], Text, Refused),
            column("name", &["单位名称", "名称"], Text, Refused),
            column("kind", &["单位类型", "类型"], ORGANIZATION_KINDS, Refused),
            column("division", &["行政区划", "区划"], Kind::Division, Refused),
        ],
        identity: &["code"],
    },
];
