//! The names this ledger's first users and published tables need: all provinces, 滁州 with its
//! counties and zones, and the places of the imported notices. It is not the whole standard; a
//! name that is missing is not an error, the caller decides what to do without a code.

use super::{Division, Level};
use crate::width;

/// Code and name, in the order of codes.
const NAMES: &[(u32, &str)] = &[
    (100_000, "全国"),
    (110_000, "北京市"),
    (120_000, "天津市"),
    (130_000, "河北省"),
    (140_000, "山西省"),
    (150_000, "内蒙古自治区"),
    (210_000, "辽宁省"),
    (220_000, "吉林省"),
    (230_000, "黑龙江省"),
    (310_000, "上海市"),
    (320_000, "江苏省"),
    (320_700, "连云港市"),
    (320_723, "灌云县"),
    (330_000, "浙江省"),
    (330_900, "舟山市"),
    (330_921, "岱山县"),
    (340_000, "安徽省"),
    (340_100, "合肥市"),
    (341_100, "滁州市"),
    (341_102, "琅琊区"),
    (341_103, "南谯区"),
    (341_122, "来安县"),
    (341_124, "全椒县"),
    (341_125, "定远县"),
    (341_126, "凤阳县"),
    (341_171, "中新苏滁高新技术产业开发区"),
    (341_172, "滁州经济技术开发区"),
    (341_181, "天长市"),
    (341_182, "明光市"),
    (350_000, "福建省"),
    (360_000, "江西省"),
    (370_000, "山东省"),
    (410_000, "河南省"),
    (420_000, "湖北省"),
    (430_000, "湖南省"),
    (440_000, "广东省"),
    (450_000, "广西壮族自治区"),
    (460_000, "海南省"),
    (500_000, "重庆市"),
    (510_000, "四川省"),
    (510_400, "攀枝花市"),
    (510_402, "东区"),
    (510_403, "西区"),
    (510_411, "仁和区"),
    (510_421, "米易县"),
    (510_422, "盐边县"),
    (510_500, "泸州市"),
    (510_521, "泸县"),
    (520_000, "贵州省"),
    (530_000, "云南省"),
    (540_000, "西藏自治区"),
    (610_000, "陕西省"),
    (620_000, "甘肃省"),
    (630_000, "青海省"),
    (640_000, "宁夏回族自治区"),
    (650_000, "新疆维吾尔自治区"),
    (710_000, "台湾省"),
    (810_000, "香港特别行政区"),
    (820_000, "澳门特别行政区"),
];

/// What a province's everyday name leaves out.
const PROVINCE_SUFFIXES: [&str; 7] =
    ["维吾尔自治区", "壮族自治区", "回族自治区", "特别行政区", "自治区", "省", "市"];

/// How notices write "the government itself, not the ones below it".
const OWN_LEVEL: [(&str, Level); 8] = [
    ("省级", Level::Province),
    ("省本级", Level::Province),
    ("市级", Level::Prefecture),
    ("市本级", Level::Prefecture),
    ("县级", Level::County),
    ("县本级", Level::County),
    ("区级", Level::County),
    ("区本级", Level::County),
];

/// The two zones of 滁州 have codes in the statistics only, not in GB/T 2260.
pub fn is_statistical_only(division: Division) -> bool {
    matches!(division.code(), 341_171 | 341_172)
}

/// The division's own name, without those above it.
pub(super) fn name_of(division: Division) -> Option<&'static str> {
    let index = NAMES.binary_search_by_key(&division.code(), |(code, _)| *code).ok()?;
    NAMES.get(index).map(|(_, name)| *name)
}

/// The division a text names: its path from the province (四川省泸州市泸县), the path from the
/// prefecture (滁州市来安县), its own name where that is distinctive (来安县, not 东区), or a
/// province's everyday name (西藏). A closing 本级 or bracketed remark (浙江省(全省)) is dropped.
pub fn find_by_name(text: &str) -> Option<Division> {
    let name = clean(text);
    if name.is_empty() {
        return None;
    }
    divisions().find(|(division, own)| matches(*division, own, &name)).map(|(division, _)| division)
}

/// The division that `text` names within `parent`: a direct child by its own name (东区 in
/// 攀枝花市), the parent itself when the text says so (市级, 市本级, 本级), or whatever
/// [`find_by_name`] finds that lies in `parent`.
pub fn find_within(parent: Division, text: &str) -> Option<Division> {
    let folded = width::fold(text);
    let name = folded.trim();
    let itself = name == "本级"
        || OWN_LEVEL.iter().any(|(own, level)| *own == name && *level == parent.level());
    if itself {
        return Some(parent);
    }
    divisions()
        .find(|(division, own)| division.parent() == Some(parent) && *own == name)
        .map(|(division, _)| division)
        .or_else(|| find_by_name(name).filter(|division| parent.contains(*division)))
}

fn divisions() -> impl Iterator<Item = (Division, &'static str)> {
    NAMES.iter().map(|(code, name)| (Division(*code), *name))
}

fn clean(text: &str) -> String {
    let folded = width::fold(text);
    let name = folded.trim();
    let name = match name.split_once('(') {
        Some((before, remark)) if remark.ends_with(')') => before.trim_end(),
        _ => name,
    };
    name.strip_suffix("本级").unwrap_or(name).to_owned()
}

fn matches(division: Division, own: &str, name: &str) -> bool {
    let everyday = match division.level() {
        Level::Nation => own == name,
        Level::Province => own == name || everyday_name(own) == name,
        // 泸县, 东区 and their like exist, or may exist, in more than one place.
        Level::Prefecture | Level::County => own == name && own.chars().count() > 2,
    };
    everyday
        || path_from(division, Level::Prefecture) == name
        || path_from(division, Level::Province) == name
}

fn everyday_name(province: &str) -> &str {
    PROVINCE_SUFFIXES.iter().find_map(|suffix| province.strip_suffix(suffix)).unwrap_or(province)
}

/// The names from the ancestor at `level` down to the division; empty if the division is not
/// below that level.
fn path_from(division: Division, level: Level) -> String {
    if division.level() <= level {
        return String::new();
    }
    let ancestors = std::iter::successors(Some(division), |below| below.parent());
    let mut path: Vec<_> =
        ancestors.take_while(|above| above.level() >= level).filter_map(name_of).collect();
    path.reverse();
    path.concat()
}
