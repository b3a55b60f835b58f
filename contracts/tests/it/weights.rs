//! What acts weigh: a table by hand, in microseconds, that argues each weight by the work it
//! bounds. A block is full when its acts weigh as much as it may hold, so an act that weighed too
//! little would let a block take longer than its nodes wait.

use minglian_contracts::call::Call;
use minglian_contracts::context::BlockContext;
use minglian_contracts::disclosure::OBSERVED_WEIGHT;
use minglian_contracts::execute::Run;
use minglian_contracts::payment;

use crate::scenario;
use crate::world::{World, text};

/// Compares what acts weigh with a table of words, microseconds and the reason.
fn compare(observed: u64, table: &[(&str, u64, &str)]) {
    let world = World::new();
    for (words, weight, why) in table {
        let found = scenario::call(words, &world).weight();
        assert_eq!(found, weight + observed, "{words}: {why}");
    }
}

/// A payment obliges nobody to publish: nothing is added.
#[test]
fn payments_weigh_by_how_often_they_move_money() {
    compare(
        0,
        &[
            (
                "pay order=授权 reference=1 amount=1元 to=home",
                60,
                "takes effect at once: one movement, the sums of the line and of the order",
            ),
            (
                "instruct from=home/省级/2024/甲 reference=1 amount=1元 to=home",
                120,
                "twice a payment: it is tried out, taken back and stored, and then applied",
            ),
            (
                "authorize from=home/省级/2024/甲 name=授权 total=1元 until=2024-12-31",
                80,
                "moves nothing, but is tried out and stored",
            ),
            (
                "authorize from=home/省级/2024/甲 name=限额 total=2元 each=1元 until=2024-12-31",
                80,
                "as one without a limit at a time",
            ),
            ("paid payment=1", 80, "finds the payment's inflow and its state"),
            ("failed payment=1", 80, "the payment's fen go back: one movement, two sums"),
            ("came_back payment=1 amount=1元", 80, "as one that failed"),
            ("correct payment=1", 80, "as one that failed"),
        ],
    );
    let revoke = payment::Call::Revoke { authorization: text("授权") };
    assert_eq!(Call::Payment(revoke).weight(), 80, "as an order");
}

#[test]
fn acts_on_keys_weigh_by_the_keys_they_touch() {
    compare(
        0,
        &[
            ("rotate_key old=home.maker new=home.other", 200, "two keys"),
            ("revoke_key key=home.maker", 200, "one key"),
            (
                "revoke_key organization=home key=home.maker",
                2_000,
                "all of an officer: 64, as many as an organisation may have",
            ),
        ],
    );
}

#[test]
fn quota_weighs_by_the_lines_it_touches() {
    let line = "line=home/省级/2024/甲";
    let grant = "from=home/省级/2024/甲 to=home/省级/2024/乙 amount=1元 notice=公告";
    let take = "line=home/省级/2024/甲 to=home/省级/2024/乙 amount=1元 notice=公告";
    let moved = "one movement and the sums of two lines, tried out before it is approved";
    let plan = "plan name=甲 from=home/省级/2024/甲 reviewer=county_finance";
    compare(
        OBSERVED_WEIGHT,
        &[
            ("state kind=total subject=合计 figure=1元 notice=公示", 50, "reads one line at most"),
            (&format!("receive {line}"), 50, "one line is read and written, no money moves"),
            (plan, 60, "moves nothing: a line and its account are read, the plan is stored"),
            (&format!("{plan} row=home:1元"), 61, "each row's holder is looked up"),
            (&format!("{plan}{}", " row=home:1元".repeat(200)), 260, "200 holders are looked up"),
            ("record to=home/省级/2024/甲 amount=1元 notice=公告", 120, moved),
            (&format!("issue {grant}"), 120, moved),
            (&format!("allocate {grant}"), 120, moved),
            (&format!("carry_over {line} amount=1元 notice=公告"), 120, moved),
            (&format!("recover {take}"), 120, moved),
            (&format!("lapse {take}"), 120, moved),
            (&format!("transfer_out {line} to_fund=他 amount=1元 notice=公告"), 120, moved),
            (&format!("classify {line} subject=22960"), 120, "asks the lines above, one by one"),
        ],
    );
}

#[test]
fn sales_weigh_by_their_sides() {
    let sales = "game=3D period=2024-03 sales=1元";
    let sides = "three movements: the central share, the local one, unclaimed prizes";
    let parts = "one movement, and up to four figures of who gets how much";
    let moved = "one movement, tried out before it is approved";
    compare(
        OBSERVED_WEIGHT,
        &[
            (&format!("sales {sales}"), 250, sides),
            (&format!("settle {sales} corrects=1"), 250, sides),
            (
                "divide period=2024-03 game=3D amount=1元 province=far_finance lower=city_finance",
                250,
                "two movements, and the figures of a province",
            ),
            ("remit period=2024-03 amount=1元 reference=1", 160, parts),
            (
                "give_back to=lottery period=2024-03 amount=1元",
                160,
                "a movement by what was handed",
            ),
            ("treasury_returns reference=1 amount=1元", 120, moved),
            ("hand_over period=2024-03 to=city_finance amount=1元", 120, moved),
        ],
    );
}

#[test]
fn projects_weigh_by_their_targets_and_lines() {
    let register = "project reference=甲 category=老年人福利 unit=home year=2024";
    let stage = "a project and one entry of its own are read and written";
    let lines = "reads the unit's lines for the project, up to 4,096 of them";
    compare(
        OBSERVED_WEIGHT,
        &[
            (register, 100, "a unit is looked up, a project stored"),
            (&format!("{register} targets"), 106, "six targets are summed by their groups"),
            ("contract project=甲 number=1 amount=1元 with=home", 80, stage),
            ("milestone project=甲 name=一 due=2024-12-31", 80, stage),
            ("reach project=甲 name=一", 80, stage),
            ("accept project=甲 label", 80, stage),
            ("evaluate project=甲 points=1", 4_000, lines),
            ("assess project=甲 for=home points=1", 4_000, lines),
        ],
    );
}

/// They oblige nobody to publish, as payments do not: nothing is added.
#[test]
fn homes_weigh_by_the_figures_that_are_asked_for() {
    compare(
        0,
        &[
            ("rate_home home=home certificate=1 beds=1 from=2024-01-01", 80, "one entry is stored"),
            ("end_standing home=home until=2024-12-31", 80, "one entry is read and stored"),
            ("occupancy month=2024-05 beds=1/0/0/0", 120, "an entry, a month and one figure"),
            ("compute home=home month=2024-05", 400, "up to seven figures of four divisions each"),
            (
                "pay_subsidy home=home month=2024-05 from=home/省级/2024/甲 reference=1 \
                 amount=1元 to=home",
                500,
                "computes anew and pays",
            ),
        ],
    );
}

/// What a run has done bounds how long a proposer works: refused acts count as applied ones do.
#[test]
fn the_work_of_a_block_is_what_its_acts_weigh() {
    let mut world = World::new();
    let context = BlockContext::after(&world.header, world.next_time()).unwrap();
    let statement = scenario::call("state kind=total subject=合计 figure=1元 notice=公示", &world);
    let plan = "plan name=甲 from=county_civil/省级/2024/甲 reviewer=county_finance";
    let refused = scenario::call(plan, &world);
    let applied = world.sign("home.maker", &statement);
    let refused = world.sign("county_civil.maker", &refused);
    let mut run = Run::new(&world.state, &context).unwrap();
    assert_eq!(run.work(), 0);
    assert!(run.push(&applied).unwrap().unwrap().is_applied());
    assert_eq!(run.work(), 50 + OBSERVED_WEIGHT);
    assert!(!run.push(&refused).unwrap().unwrap().is_applied());
    assert_eq!(run.work(), 50 + OBSERVED_WEIGHT + 60 + OBSERVED_WEIGHT);
}
