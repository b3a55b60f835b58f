//! The month's lists for the clerk: 新增, 停止, 调整, 补发, 追缴. Each row shows a person, so they
//! go to private files only.

use std::collections::BTreeMap;

use minglian_ledger::date::Month;
use minglian_ledger::fen::Fen;
use zeroize::Zeroizing;

use crate::month;
use crate::programme::Programme;
use crate::roll::{PersonNumber, Roll, RollError};

/// A run of months that somebody is due and was not paid, at one standard (补发分段).
#[derive(Clone, PartialEq, Eq)]
pub struct Arrears {
    /// Who.
    pub person: PersonNumber,
    /// The first month.
    pub from: Month,
    /// The last month.
    pub to: Month,
    /// What each month is due, in fen.
    pub standard_fen: u32,
    /// How many months.
    pub months: u32,
}

/// A month against the one before.
#[derive(Clone, Default)]
pub struct Lists {
    /// Who is due now and was not before.
    pub begun: Vec<PersonNumber>,
    /// Who was due before and is not now.
    pub stopped: Vec<PersonNumber>,
    /// Whose standard is another, with both, in fen (停旧增新 by age).
    pub changed: Vec<(PersonNumber, u32, u32)>,
    /// What months before are still due.
    pub arrears: Vec<Arrears>,
    /// What was paid and not due, in fen (追缴).
    pub overpaid: Vec<(PersonNumber, u64)>,
    /// Whom a band takes in or moves next month (调整备案表): nobody has to ask for it.
    pub next_month: Vec<PersonNumber>,
}

/// The lists of a month.
///
/// # Errors
/// [`RollError::NoProgramme`].
pub fn lists(roll: &Roll, number: u16, month: Month) -> Result<Lists, RollError> {
    let programme = roll.programme(number, month)?;
    let now = month::due(roll, programme, month);
    let (before, after) = (month.add_months(-1), month.add_months(1));
    let neighbour = |month: Option<Month>| -> BTreeMap<PersonNumber, u32> {
        let version = month.and_then(|month| Some((roll.programme(number, month).ok()?, month)));
        version.map(|(programme, month)| month::due(roll, programme, month)).unwrap_or_default()
    };
    let (before, after) = (neighbour(before), neighbour(after));
    let mut lists = Lists::default();
    for (person, amount) in &now {
        match before.get(person) {
            None => lists.begun.push(*person),
            Some(old) if old != amount => lists.changed.push((*person, *old, *amount)),
            Some(_) => {}
        }
        if after.get(person).is_some_and(|next| next != amount) {
            lists.next_month.push(*person);
        }
    }
    lists.stopped = before.keys().filter(|person| !now.contains_key(person)).copied().collect();
    lists.arrears = arrears(roll, programme, month)?;
    let overpaid = roll.entitlements.iter().filter(|it| {
        it.programme == number
            && it.overpaid_fen > 0
            && !matches!(it.state(), crate::roll::entitlement::State::Recovered)
    });
    lists.overpaid = overpaid.map(|it| (it.person, it.overpaid_fen)).collect();
    Ok(lists)
}

/// What months before `month` are due and were not paid. Each goes into a supplementary batch of
/// its own month, so the standard of that month holds.
fn arrears(roll: &Roll, programme: &Programme, month: Month) -> Result<Vec<Arrears>, RollError> {
    let number = programme.number;
    let mut found: Vec<Arrears> = Vec::new();
    for earlier in roll.paid_months(number).into_iter().filter(|earlier| *earlier < month) {
        let programme = roll.programme(number, earlier)?;
        let paid = roll.paid(number, earlier);
        for (person, standard_fen) in month::due(roll, programme, earlier) {
            if paid.contains_key(&person) {
                continue;
            }
            let run = found.iter_mut().find(|it| {
                it.person == person
                    && it.standard_fen == standard_fen
                    && it.to.add_months(1) == Some(earlier)
            });
            match run {
                Some(run) => {
                    run.to = earlier;
                    run.months = run.months.saturating_add(1);
                }
                None => found.push(Arrears {
                    person,
                    from: earlier,
                    to: earlier,
                    standard_fen,
                    months: 1,
                }),
            }
        }
    }
    found.sort_by_key(|it| (it.person, it.from));
    Ok(found)
}

fn yuan(fen: u64) -> String {
    Fen::new(fen).unwrap_or(Fen::MAX).to_string()
}

impl Lists {
    /// The lists as one CSV text for a private file.
    pub fn to_csv(&self, roll: &Roll) -> Zeroizing<String> {
        let mut text = Zeroizing::new(String::new());
        text.push_str("表,档案号,姓名,乡镇,村(社区),起,止,月数,原标准(元),标准(元),金额(元)\r\n");
        let mut line = |table: &str, person: PersonNumber, rest: &str| {
            let Some(person) = roll.persons.get(&person) else { return };
            let details = &person.details;
            for part in
                [table, &details.case_file, &details.name, &details.township, &details.village]
            {
                text.push_str(part);
                text.push(',');
            }
            text.push_str(rest);
            text.push_str("\r\n");
        };
        self.begun.iter().for_each(|it| line("新增", *it, ",,,,,"));
        self.stopped.iter().for_each(|it| line("停止", *it, ",,,,,"));
        for (person, old, new) in &self.changed {
            line("调整", *person, &format!(",,,{},{},", yuan((*old).into()), yuan((*new).into())));
        }
        for it in &self.arrears {
            let sum = u64::from(it.standard_fen).saturating_mul(u64::from(it.months));
            let (standard, sum) = (yuan(it.standard_fen.into()), yuan(sum));
            let rest = format!("{},{},{},,{standard},{sum}", it.from, it.to, it.months);
            line("补发", it.person, &rest);
        }
        for (person, fen) in &self.overpaid {
            line("追缴", *person, &format!(",,,,,{}", yuan(*fen)));
        }
        self.next_month.iter().for_each(|it| line("下月调整备案", *it, ",,,,,"));
        text
    }
}
