//! Subsidies to homes for the old: what homes are, their beds, what is computed and paid.

use crate::homes::occupancy::{ByLevel, Level};
use crate::homes::standing::Rating;
use crate::homes::subsidy::Subsidy;
use crate::homes::{Call, Event};

use super::oversight::inspected;
use super::payment::ordered;
use super::{Names, Sentence, cny, line, sentence, spoken};

pub(super) fn kind(call: &Call) -> &'static str {
    match call {
        Call::Rate(_) => "养老机构备案与等级",
        Call::EndStanding(_) => "养老机构等级终止",
        Call::StateOccupancy(_) => "实际使用床位填报",
        Call::Compute(_) => "运营补贴核算",
        Call::Pay(_) => "运营补贴支付",
    }
}

pub(super) fn call(call: &Call, names: &dyn Names) -> Sentence {
    match call {
        Call::Rate(act) => {
            let (name, standing) = (names.organization(&act.home), &act.standing);
            let ((zh, en), beds, from) =
                (rated(standing.rating), standing.beds, standing.valid_from);
            sentence!(
                "{name}自{from}起等级为{zh},核定床位{beds}张",
                "{name} is {en} with {beds} licensed beds from {from}"
            )
        }
        Call::EndStanding(act) => {
            let (name, until) = (names.organization(&act.home), act.valid_until);
            sentence!(
                "{name}的备案与等级至{until}止",
                "what {name} is entered as holds until {until}"
            )
        }
        Call::StateOccupancy(act) => {
            let (month, Sentence { zh, en }) = (act.month, levels(&act.beds));
            let again = if act.corrects.is_some() { ("更正", "again") } else { ("填报", "") };
            let (verb, again) = again;
            sentence!(
                "{verb}{month}实际使用床位:{zh}",
                "states {again} the occupied beds of {month}: {en}"
            )
        }
        Call::Compute(act) => {
            let (name, month) = (names.organization(&act.home), act.month);
            sentence!("核算{name}{month}运营补贴", "computes the subsidy of {name} for {month}")
        }
        Call::Pay(act) => {
            let (name, month) = (names.organization(&act.home), act.month);
            let (from, Sentence { zh, en }) = (line(&act.line, names), ordered(&act.order, names));
            sentence!(
                "从{from}{zh},为{name}{month}运营补贴",
                "{en} out of {from} as the subsidy of {name} for {month}"
            )
        }
    }
}

/// A rating in words.
pub const fn rated(rating: Rating) -> (&'static str, &'static str) {
    match rating {
        Rating::Unrated => ("未评定", "unrated"),
        Rating::One => ("一级", "of grade 1"),
        Rating::Two => ("二级", "of grade 2"),
        Rating::Three => ("三级", "of grade 3"),
        Rating::Four => ("四级", "of grade 4"),
        Rating::Five => ("五级", "of grade 5"),
    }
}

fn levels(beds: &ByLevel) -> Sentence {
    let all = |name: fn(Level) -> &'static str, unit: &str, between: &str| {
        let named = Level::ALL.into_iter().filter(|level| beds.of(*level) > 0);
        let named: Vec<String> =
            named.map(|level| format!("{}{}{unit}", name(level), beds.of(level))).collect();
        named.join(between)
    };
    let (zh, en) = (all(Level::code, "张", "、"), all(english, "", ", "));
    if zh.is_empty() { sentence!("无", "none") } else { Sentence { zh, en } }
}

const fn english(level: Level) -> &'static str {
    match level {
        Level::SelfCare => "self-care ",
        Level::Mild => "mildly disabled ",
        Level::Moderate => "moderately disabled ",
        Level::Severe => "severely disabled ",
    }
}

/// Basis points as a percentage.
fn percent(basis_points: u32) -> String {
    let (whole, part) = (basis_points / 100, basis_points % 100);
    if part == 0 { format!("{whole}%") } else { format!("{whole}.{part:02}%") }
}

fn computed(subsidy: &Subsidy) -> Sentence {
    let Subsidy { beds, rate, level_factors, rating, inspection, amount, .. } = subsidy;
    let parts = |between: &str| {
        let named = Level::ALL.into_iter().filter(|level| beds.of(*level) > 0);
        let named: Vec<String> = named
            .map(|level| format!("{}×{}", beds.of(level), percent(level_factors.of(level))))
            .collect();
        named.join(between)
    };
    let (sum, rating, factor) = (parts("+"), rated(*rating), percent(subsidy.rating_factor));
    let (rating, en_rating) = rating;
    let (found, en_found) = inspection.map_or(("", ""), inspected);
    let reduced = percent(subsidy.inspection_factor);
    let (zh_check, en_check) = if inspection.is_some() {
        (format!("×检查({found}){reduced}"), format!(" × inspection ({en_found}) {reduced}"))
    } else {
        (String::new(), String::new())
    };
    let (rate_zh, rate, amount_zh, amount) =
        (spoken(*rate), cny(*rate), spoken(*amount), cny(*amount));
    sentence!(
        "({sum})床×每床月{rate_zh}×等级({rating}){factor}{zh_check}={amount_zh}",
        "({sum}) beds × {rate} × rating ({en_rating}) {factor}{en_check} = {amount}"
    )
}

pub(super) fn event(event: &Event, names: &dyn Names) -> Sentence {
    match event {
        Event::Rated { home, rating, beds, valid_from } => {
            let (name, (zh, en)) = (names.organization(home), rated(*rating));
            sentence!(
                "{name}自{valid_from}起等级为{zh},核定床位{beds}张",
                "{name} is {en} with {beds} licensed beds from {valid_from}"
            )
        }
        Event::StandingEnded { home, valid_until } => {
            let name = names.organization(home);
            sentence!(
                "{name}的备案与等级至{valid_until}止",
                "what {name} is entered as holds until {valid_until}"
            )
        }
        Event::OccupancyStated { home, month, beds, corrects } => {
            let name = names.organization(home);
            let (zh, en) = corrects.map_or_else(Default::default, |record| {
                (format!(",更正第{record}号记录"), format!(", which corrects record {record}"))
            });
            sentence!(
                "{name}{month}实际使用床位{beds}张{zh}",
                "{name} had {beds} occupied beds in {month}{en}"
            )
        }
        Event::Computed { home, month, subsidy, paid, overpaid } => {
            let (name, Sentence { zh, en }) = (names.organization(home), computed(subsidy));
            let (paid_zh, paid) = (spoken(*paid), cny(*paid));
            let (over_zh, over) = if overpaid.is_zero() {
                (String::new(), String::new())
            } else {
                let (zh, en) = (spoken(*overpaid), cny(*overpaid));
                (format!(",多付{zh}应退回"), format!(", {en} too much, to be given back"))
            };
            sentence!(
                "{name}{month}运营补贴:{zh};已付{paid_zh}{over_zh}",
                "subsidy of {name} for {month}: {en}; paid {paid}{over}"
            )
        }
        Event::Paid { home, month, payment, left } => {
            let name = names.organization(home);
            let (left, en) = (spoken(*left), cny(*left));
            sentence!(
                "{name}{month}运营补贴已支付(凭证“{payment}”),尚余{left}",
                "payment {payment} of the subsidy of {name} for {month}, {en} is left"
            )
        }
    }
}
