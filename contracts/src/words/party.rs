//! What organisations, officers and purposes are called.

use minglian_ledger::genesis::{OrganizationKind, Role};

use crate::allocation::Category;

/// The kind of an organisation.
pub const fn organization_kind(kind: OrganizationKind) -> &'static str {
    match kind {
        OrganizationKind::CivilAffairs => "民政部门",
        OrganizationKind::Finance => "财政部门",
        OrganizationKind::LotteryCentre => "福彩中心",
        OrganizationKind::Audit => "审计机关",
        OrganizationKind::Charity => "慈善组织",
        OrganizationKind::ProjectUnit => "项目单位",
        OrganizationKind::Government => "其他机关",
    }
}

/// The role of a key.
pub const fn role(role: Role) -> &'static str {
    match role {
        Role::Maker => "经办",
        Role::Checker => "复核",
        Role::Payer => "支付",
        Role::Governor => "管理",
    }
}

/// A category of the welfare fund in English.
pub const fn category_english(category: Category) -> &'static str {
    match category {
        Category::OldAge => "welfare of the old",
        Category::Disability => "welfare of the disabled",
        Category::Children => "welfare of children",
        Category::PublicGood => "public good",
    }
}

/// A category of the welfare fund.
pub const fn category(category: Category) -> &'static str {
    match category {
        Category::OldAge => "老年人福利",
        Category::Disability => "残疾人福利",
        Category::Children => "儿童福利",
        Category::PublicGood => "社会公益",
    }
}
