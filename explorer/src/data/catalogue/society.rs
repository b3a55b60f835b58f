//! Tables of who takes part, of gifts, and of what was published.

use crate::data::table::Kind::{Amount, Date, Flag, Integer, Text};
use crate::data::table::{Expansion, Table, column as c};

/// Who gave, where the name is public.
const DONOR: &str = "coalesce(n.name, q.name, '')";

pub(super) const DONATIONS: Table = Table {
    name: "donations",
    chinese: "捐赠",
    english: "Gifts to charities; persons are named who agreed to it",
    from: "gifts g LEFT JOIN organizations o ON o.code = g.host \
           LEFT JOIN organizations q ON q.code = g.donor \
           LEFT JOIN donor_names n ON n.commitment = g.donor",
    only: "",
    columns: &[
        c("id", Integer, "g.id", "序号", "Number in the index, in the order of the ledger"),
        c("record", Integer, "g.record", "账目号", "The entry that recorded it"),
        c("charity", Text, "g.host", "慈善组织代码", "Code of the charity"),
        c("charity_name", Text, "coalesce(o.name, '')", "慈善组织", "Name of the charity"),
        c("reference", Text, "g.reference", "捐赠编号", "What the charity calls it"),
        c("fund", Text, "g.fund", "基金", "The charity's fund"),
        c("campaign", Text, "g.campaign", "募捐备案编号", "Filing number of the campaign"),
        c("received_on", Date, "nullif(g.received_on, '')", "收到日期", "Day it came in"),
        c("donor_kind", Text, "g.donor_kind", "捐赠人类别", "单位, 自然人 or 匿名"),
        c(
            "donor_code",
            Text,
            "iif(g.donor_kind = '单位', g.donor, '')",
            "捐赠单位代码",
            "Its code",
        ),
        c("donor", Text, DONOR, "公开捐赠人", "Name of an organisation, or of who agreed to it"),
        c("goods", Flag, "g.goods", "是否物资", "Whether it is goods, at recorded value"),
        c("restriction", Text, "g.restriction", "指定用途", "The use to which it is bound"),
        c("voided", Flag, "g.voided", "已作废", "Whether it was entered wrongly"),
        c("amount", Amount, "g.amount", "金额", "Amount"),
        c("kept", Amount, "g.kept", "未退回金额", "What of it did not go back"),
    ],
    keys: 1,
    record: "g.record",
    filters: &[("charity", "g.host"), ("fund", "g.fund"), ("campaign", "g.campaign")],
    expansion: Expansion::None,
};

pub(super) const ORGANIZATIONS: Table = Table {
    name: "organizations",
    chinese: "机构",
    english: "Registered organisations",
    from: "organizations o",
    only: "",
    columns: &[
        c("code", Text, "o.code", "统一社会信用代码", "Unified social credit code"),
        c("name", Text, "o.name", "名称", "Name"),
        c("kind", Text, "o.kind", "类别", "Kind, in Chinese"),
        c("division", Integer, "o.division", "行政区划代码", "Division code of GB/T 2260"),
        c("division_name", Text, "o.division_name", "行政区划", "Name of the division"),
        c("registered_at", Integer, "o.registered_at", "登记高度", "Height of registration"),
        c("check_digit_right", Flag, "o.check_digit_right", "校验码正确", "Check digit is right"),
        c("came_in", Amount, "o.came_in", "收到", "Came in from others"),
        c("went_on", Amount, "o.went_on", "转给其他单位", "Went on to others"),
        c("paid", Amount, "o.paid", "支付", "Paid"),
    ],
    keys: 1,
    record: "",
    filters: &[("kind", "o.kind"), ("division", "o.division")],
    expansion: Expansion::None,
};

pub(super) const PROJECTS: Table = Table {
    name: "projects",
    chinese: "项目",
    english: "Registered projects",
    from: "projects p LEFT JOIN organizations o ON o.code = p.unit",
    only: "",
    columns: &[
        c("reference", Text, "p.reference", "项目编号", "Reference"),
        c("title", Text, "p.title", "项目名称", "Title"),
        c("category", Text, "p.category", "类别", "Category of use"),
        c("unit", Text, "p.unit", "项目单位代码", "Code of the unit that carries it out"),
        c("unit_name", Text, "coalesce(o.name, '')", "项目单位", "Name of that unit"),
        c("registered_by", Text, "p.registered_by", "登记单位代码", "Who registered it"),
        c("year", Integer, "p.year", "年度", "Year"),
        c("stage", Text, "p.stage", "进度", "How far it is, in Chinese"),
        c("occurred_on", Date, "nullif(p.occurred_on, '')", "登记日期", "Day of registration"),
        c("contracted", Amount, "p.contracted", "合同金额", "Contracted"),
    ],
    keys: 1,
    record: "",
    filters: &[("organization", "p.unit"), ("year", "p.year")],
    expansion: Expansion::None,
};

pub(super) const PUBLICATIONS: Table = Table {
    name: "publications",
    chinese: "信息公开",
    english: "What organisations published",
    from: "publications u LEFT JOIN organizations o ON o.code = u.organization",
    only: "",
    columns: &[
        c("organization", Text, "u.organization", "公开单位代码", "Who published"),
        c("number", Text, "u.number", "索引号", "Index number"),
        c("organization_name", Text, "coalesce(o.name, '')", "公开单位", "Name of who published"),
        c("record", Integer, "u.record", "账目号", "The entry that recorded it"),
        c("title", Text, "u.title", "名称", "Title"),
        c("topic", Text, "u.topic", "主题分类", "Topic"),
        c("published_on", Date, "nullif(u.published_on, '')", "公开日期", "Day of publication"),
        c("recorded_on", Date, "nullif(u.recorded_on, '')", "上链日期", "Day of recording"),
        c("files", Integer, "u.files", "附件数", "Files"),
        c("corrects", Text, "u.corrects", "更正", "Index number of what it corrects"),
        c("corrected_by", Text, "u.corrected_by", "被更正", "Index number of its correction"),
    ],
    keys: 2,
    record: "u.record",
    filters: &[("organization", "u.organization")],
    expansion: Expansion::None,
};

pub(super) const OBLIGATIONS: Table = Table {
    name: "obligations",
    chinese: "公开义务",
    english: "What must be published by when; how it stands follows from the days",
    from: "obligations b",
    only: "",
    columns: &[
        c("id", Integer, "b.id", "序号", "Number in the index"),
        c("holder", Text, "b.holder", "单位代码", "Who must publish"),
        c("rule", Text, "b.rule", "规则", "The rule's name"),
        c("subject", Text, "b.subject", "对象", "About what"),
        c("title_zh", Text, "b.title_zh", "名称", "What, in Chinese"),
        c("title_en", Text, "b.title_en", "英文名称", "What, in English"),
        c("article", Text, "b.article", "条文", "The article of the law"),
        c("opens_on", Date, "nullif(b.opens_on, '')", "起算日", "From which day"),
        c("due_on", Date, "nullif(b.due_on, '')", "期限", "Last day"),
        c("waived", Flag, "b.waived", "已免除", "Whether it need not be met"),
        c("met_on", Date, "nullif(b.met_on, '')", "完成日期", "Day on which it was met"),
        c("publication", Text, "b.publication", "索引号", "By which publication"),
    ],
    keys: 1,
    record: "",
    filters: &[("holder", "b.holder"), ("rule", "b.rule")],
    expansion: Expansion::None,
};
