//! What each act counts for in a block's limit: a table to read, beside the recorded one.

use minglian_contracts::call::Call;
use minglian_contracts::disclosure::{self, OBSERVED_WEIGHT};

use crate::scenario::call_of;
use crate::world::World;

fn weight(world: &World, words: &str) -> u64 {
    call_of("audit.maker", words, world).weight()
}

/// Acts of a charity count 30 more than themselves, for the duty to publish that they may open.
#[test]
fn acts_of_charities_weigh_by_how_many_accounts_and_sums_they_touch() {
    let world = World::new();
    let money = "fund=本级 reference=付 amount=1元";
    let acts = [
        (100, "qualify organization=home registered=2023-01-01 from=2023-01-01".to_owned()),
        (100, "end_campaign filing=备1".to_owned()),
        (100, "resolve fund=本级 number=议 amount=1元".to_owned()),
        (100, "show_use payment=付".to_owned()),
        (200, "open_fund fund=本级 name=慈善总会".to_owned()),
        (200, "change_committee fund=本级".to_owned()),
        (200, format!("donate {money}")),
        (200, format!("disburse {money} under=议 to=home")),
        (200, "refund donation=捐 reference=退 amount=1元".to_owned()),
        (200, "void_donation donation=捐".to_owned()),
        (200, "bounced payment=付 amount=1元".to_owned()),
        (200, "correct_payout payment=付".to_owned()),
        (220, format!("contribute {money}")),
        (220, format!("pay_ahead {money} to=home")),
        (220, "decide_after payment=付 under=议".to_owned()),
        (250, "change_purpose donation=捐 under=议 consent=书".to_owned()),
        (250, "transfer_surplus fund=本级 to=南湖 amount=1元 under=议 consent=书".to_owned()),
    ];
    for (expected, words) in acts {
        assert_eq!(weight(&world, &words), expected + 30, "{words}");
    }
}

#[test]
fn acts_of_oversight_weigh_by_what_they_read() {
    let world = World::new();
    let plan = "plan_sample reference=抽 list=9 size=5 in=25 issue=1 drawn=2025-01-01";
    let finding = "record_finding engagement=audit/审 finding=1 about=home year=2024 amount=1元";
    let acts = [
        (1_500, plan),
        (1_500, "draw_sample plan=audit/抽"),
        (301, "open_pool reference=对象 objects=home"),
        (300, "open_pool reference=人员 inspectors=甲:home"),
        (150, "open_audit reference=审 organizations=home years=2024-2024"),
        (150, finding),
        (100, "rectify_finding engagement=audit/审 finding=1 amount=1元"),
        (100, "receive_complaint reference=诉 about=organization:home handler=county_civil"),
    ];
    for (expected, words) in acts {
        assert_eq!(weight(&world, words), expected, "{words}");
    }
}

#[test]
fn a_publication_weighs_by_what_it_meets_and_prints() {
    let world = World::new();
    let acts = [
        (120, "publish index=公开"),
        (120 + 2 * 60 + 1, "publish index=公开 meets=r/甲/1,r/乙/1 row=甲:yuan:1:0"),
        (120 + 3, "publish index=公开 row=甲:yuan:1:0 row=乙:yuan:1:0 row=丙:yuan:1:0"),
        // A correction may change whatever the one before it met: sixteen at most.
        (200 + 16 * 30, "correct_notice index=更正 corrects=公开 row=数:1:2"),
        (100 + 30, "declare trigger=major_event subject=购房"),
        (2_000, "set_rule rule=r trigger=fund_opened due=+30_days from=2027-01-01"),
    ];
    for (expected, words) in acts {
        assert_eq!(weight(&world, words), expected, "{words}");
    }
    let Call::Disclosure(disclosure::Call::Publish(publish)) =
        call_of("home.maker", "publish index=公开 row=数:yuan:1:0 row=数:yuan:1:0", &world)
    else {
        panic!("it publishes");
    };
    let correct = disclosure::Call::Correct(disclosure::publication::Correct {
        corrects: publish.metadata.index_number.clone(),
        changes: Vec::new(),
        metadata: publish.metadata,
        attachments: Vec::new(),
        figures: publish.figures,
    });
    assert_eq!(correct.weight(), 200 + 16 * 30 + 2);
}

#[test]
fn an_order_to_erase_weighs_by_what_it_erases() {
    let world = World::new();
    assert_eq!(weight(&world, "erase"), 100);
    assert_eq!(weight(&world, "erase person:甲 person:乙"), 120);
    assert_eq!(weight(&world, "erase_of organization=home many=64"), 740);
}

/// Whatever may oblige somebody to publish counts that too, 30 beside its own work.
#[test]
fn acts_that_may_oblige_to_publish_count_it() {
    let world = World::new();
    let acts = [
        "record to=county_civil/中央/2024/甲 amount=9万元 notice=公示",
        "sales game=双色球 period=2024-03 sales=100万元",
        "project reference=XM category=老年人福利 unit=home year=2025",
        "donate fund=本级 reference=捐 amount=1元",
    ];
    for words in acts {
        let call = call_of("lottery.maker", words, &world);
        let own = match &call {
            Call::Allocation(call) => call.weight(),
            Call::Lottery(call) => call.weight(),
            Call::Project(call) => call.weight(),
            Call::Charity(call) => call.weight(),
            other => panic!("{other:?}"),
        };
        assert!(own > 1, "{words}");
        assert_eq!((call.weight(), OBSERVED_WEIGHT), (own + 30, 30), "{words}");
    }
}
