//! One act and one event of disclosure for each variant, and more where one holds an enum.

use borsh::BorshDeserialize;
use minglian_contracts::allocation::Category;
use minglian_contracts::call::Call;
use minglian_contracts::charity::fund::FundName;
use minglian_contracts::disclosure::figure::{
    Figure, FigureMeasure, FigureSubject, FigureUnit, FundOfHolder, GameOfCentre,
};
use minglian_contracts::disclosure::obligation::ObligationName;
use minglian_contracts::disclosure::publication::{
    Attached, AttachmentClass, Change, Correct, Metadata, Openness, Publish, Validity,
};
use minglian_contracts::disclosure::rule::{Condition, Terms, Tier, Trigger};
use minglian_contracts::disclosure::schedule::{DayOfYear, Schedule};
use minglian_contracts::disclosure::{self, Event};
use minglian_contracts::event;
use minglian_ledger::division::Division;
use minglian_ledger::genesis::OrganizationKind;
use minglian_ledger::hash::AttachmentHash;

use super::calls::{day, line};
use crate::world::{code, text};

fn metadata(index_number: &str) -> Metadata {
    Metadata {
        index_number: text(index_number),
        title: text("2025年度福利彩票公益金使用情况公告"),
        summary: text("安排、支出和结转情况"),
        topic: text("民政/福利彩票公益金"),
        keywords: vec![text("福彩"), text("公益金")],
        publisher: text("来安县民政局"),
        document_number: text("来民〔2026〕7号"),
        produced_on: day("2026-03-01"),
        published_on: day("2026-03-05"),
        validity: Validity::InForce,
        openness: Openness::Proactive,
        time_limit: text("长期公开"),
        format: text("PDF"),
        language: text("汉语"),
    }
}

fn name() -> ObligationName {
    ObligationName {
        rule: text("lottery.use_local"), subject: text("中央集中/2025"), period: 1
    }
}

fn figures() -> Vec<Figure> {
    let subjects = [
        FigureSubject::Organization(code("home")),
        FigureSubject::Fund(FundOfHolder { holder: code("home"), fund: text("中央集中") }),
        FigureSubject::Line(line("home", "东村")),
        FigureSubject::Project(text("XM-2024-01")),
        FigureSubject::CharityFund(FundName { host: code("charity"), fund: text("助学") }),
        FigureSubject::Campaign(text("备2025-1")),
        FigureSubject::Division(Division::new(341_122).unwrap()),
        FigureSubject::Other(text("合计")),
        FigureSubject::Game(GameOfCentre { centre: code("lottery"), game: text("双色球") }),
    ];
    let figure = |subject| Figure {
        label: text("老年人福利类执行率"),
        subject,
        category: Some(Category::OldAge),
        measure: FigureMeasure::ExecutionRate,
        year: Some(2025),
        mantissa: 9_623,
        decimals: 2,
        unit: FigureUnit::Percent,
    };
    let mut figures: Vec<Figure> = subjects.into_iter().map(figure).collect();
    figures.push(Figure {
        category: None,
        measure: FigureMeasure::Balance,
        year: None,
        mantissa: -1_019_000_000,
        decimals: 0,
        unit: FigureUnit::Yuan,
        ..figure(FigureSubject::Other(text("结余")))
    });
    figures
}

/// All variants of an enum without fields, in the order of their numbers.
fn each<T: BorshDeserialize>() -> Vec<T> {
    let all: Vec<T> = (0..=u8::MAX).map_while(|number| borsh::from_slice(&[number]).ok()).collect();
    assert!(all.len() > 1);
    all
}

/// A figure of each measure, and one in each unit.
fn measured() -> Vec<Figure> {
    let figure = |measure, unit| Figure {
        label: text("各项数据"),
        subject: FigureSubject::Organization(code("home")),
        category: None,
        measure,
        year: Some(2025),
        mantissa: 102,
        decimals: 0,
        unit,
    };
    let measures = each().into_iter().map(|it| figure(it, FigureUnit::TenThousandYuan));
    measures.chain(each().into_iter().map(|it| figure(FigureMeasure::Other, it))).collect()
}

/// Acts for the variants of what publications, rules and declarations hold.
fn variants() -> Vec<disclosure::Call> {
    let publish = |number: usize, validity, openness, class| {
        let metadata = metadata(&format!("11341122MB1234567X/2026-1{number:04}"));
        disclosure::Call::Publish(Publish {
            metadata: Metadata { validity, openness, ..metadata },
            meets: Vec::new(),
            attachments: vec![Attached { class, ..attached() }],
            figures: Vec::new(),
        })
    };
    let (validities, opennesses, classes) = (each(), each(), each());
    let longest = validities.len().max(opennesses.len()).max(classes.len());
    let mut all: Vec<_> = (0..longest)
        .map(|at| {
            let (validity, openness) = (at % validities.len(), at % opennesses.len());
            publish(at, validities[validity], opennesses[openness], classes[at % classes.len()])
        })
        .collect();
    all.push(disclosure::Call::Publish(Publish {
        metadata: metadata("11341122MB1234567X/2026-20000"),
        meets: Vec::new(),
        attachments: Vec::new(),
        figures: measured(),
    }));
    all.extend(each().into_iter().map(|condition| {
        let mut call = rule(Trigger::QuotaHeld, Schedule::Days(30));
        let disclosure::Call::SetRule { terms, .. } = &mut call else { return call };
        (terms.condition, terms.tiers, terms.effective_to) = (condition, each(), None);
        call
    }));
    let declare = |trigger| disclosure::Call::Declare {
        trigger,
        subject: text("事项"),
        occurred_on: day("2026-03-05"),
    };
    all.extend(each().into_iter().map(declare));
    all
}

fn attached() -> Attached {
    Attached { hash: AttachmentHash::of(&[b"an attachment"]), class: AttachmentClass::Restricted }
}

fn rule(trigger: Trigger, schedule: Schedule) -> disclosure::Call {
    disclosure::Call::SetRule {
        rule: text("lottery.use_local"),
        terms: Terms {
            trigger,
            owed_by: vec![OrganizationKind::Finance],
            tiers: vec![Tier::Nation, Tier::Province],
            condition: Condition::PublicFundraising,
            longer_than_months: 6,
            title_zh: text("公告"),
            title_en: text("announcement"),
            schedule,
            effective_from: day("2026-01-01"),
            effective_to: Some(day("2030-12-31")),
            article: text("彩票管理条例 第三十六条"),
            verified: false,
            source: text("未核实"),
            approved_by: text("滁州市民政局"),
        },
    }
}

/// Every act of the vectors.
pub fn calls() -> Vec<Call> {
    let last = DayOfYear { month: 5, day: 31 };
    let schedules = [
        Schedule::Days(30),
        Schedule::WorkingDays(20),
        Schedule::Months(3),
        Schedule::MonthsAfterEnd(3),
        Schedule::NextYear(last),
        Schedule::EveryDays(5),
        Schedule::EveryMonths(3),
        Schedule::Yearly(last),
    ];
    let mut all = vec![
        disclosure::Call::Publish(Publish {
            metadata: metadata("11341122MB1234567X/2026-00009"),
            meets: vec![name()],
            attachments: vec![attached()],
            figures: figures(),
        }),
        disclosure::Call::Correct(Correct {
            corrects: text("11341122MB1234567X/2026-00009"),
            changes: vec![Change {
                what: text("老年人福利类执行率"),
                old: text("96.23%"),
                new: text("94.44%"),
            }],
            metadata: metadata("11341122MB1234567X/2026-00010"),
            attachments: Vec::new(),
            figures: Vec::new(),
        }),
        disclosure::Call::Declare {
            trigger: Trigger::MajorEvent,
            subject: text("购置办公用房"),
            occurred_on: day("2026-03-05"),
        },
    ];
    all.extend(schedules.map(|schedule| rule(Trigger::QuotaHeld, schedule)));
    all.extend(variants());
    all.into_iter().map(Call::Disclosure).collect()
}

/// Every event of the vectors.
pub fn events() -> Vec<event::Event> {
    let (due_on, index_number) = (day("2026-12-31"), || text("2026-00009"));
    let all = [
        Event::Opened {
            holder: code("home"),
            rule: name().rule,
            version: 1,
            subject: name().subject,
            due_on,
            provisional: true,
        },
        Event::Published { index_number: index_number(), meets: 1 },
        Event::Met { obligation: name(), version: 1, due_on, days_late: 3, provisional: false },
        Event::Corrected { index_number: text("2026-00010"), corrects: index_number(), meets: 1 },
        Event::RuleSet { rule: name().rule, version: 2, retroactive: true },
    ];
    all.into_iter().map(event::Event::Disclosure).collect()
}
