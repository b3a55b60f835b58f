//! The list of projects by stage, county and year, and what a project's targets reached.

use minglian_contracts::allocation::Category;
use minglian_contracts::call::Call;
use minglian_contracts::project::acceptance::Acceptance;
use minglian_contracts::project::evaluation::Score;
use minglian_contracts::project::milestone::{ReachMilestone, SetMilestone};
use minglian_contracts::project::{self, Registration};
use minglian_ledger::hash::AttachmentHash;

use crate::chain::{Chain, code, text};
use crate::site::Site;
use crate::story::{self, PROJECT, day};

const PAGE: &str = "/projects/luxian_2020%234";

fn register(chain: &mut Chain, reference: &str, year: u16) {
    let call = Call::Project(project::Call::Register(Registration {
        reference: text(reference),
        title: text(&format!("{reference}之家")),
        category: Category::Children,
        unit: code("home"),
        year,
        carries_label: false,
        indicators: Vec::new(),
        occurred_on: day("2020-12-31"),
    }));
    assert_eq!(chain.act("civil", &call, &["checker"]), 0);
}

fn act(chain: &mut Chain, call: project::Call) {
    assert_eq!(chain.act("home", &Call::Project(call), &["checker"]), 0);
}

/// The story, in which the project is accepted and evaluated.
fn evaluated() -> Chain {
    let mut chain = story::told();
    for (name, due_on) in [("主体完工", "2021-01-10"), ("交付使用", "2021-12-31")] {
        act(
            &mut chain,
            project::Call::SetMilestone(SetMilestone {
                project: text(PROJECT),
                name: text(name),
                contract: None,
                due_on: day(due_on),
                occurred_on: day("2020-12-31"),
            }),
        );
    }
    act(
        &mut chain,
        project::Call::ReachMilestone(ReachMilestone {
            project: text(PROJECT),
            name: text("主体完工"),
            evidence: vec![AttachmentHash::of(&[b"photo"])],
            occurred_on: day("2021-01-15"),
        }),
    );
    let acceptance = Acceptance {
        label_confirmed: false,
        photos: Vec::new(),
        report: None,
        occurred_on: day("2021-01-16"),
    };
    act(&mut chain, project::Call::Accept { project: text(PROJECT), acceptance });
    let score = |actual, points| Score { actual: text(actual), points };
    let scores = vec![score("118张", 4_900), score("增收两成", 3_000), score("九成八满意", 980)];
    let occurred_on = day("2021-01-17");
    act(&mut chain, project::Call::Evaluate { project: text(PROJECT), scores, occurred_on });
    chain
}

#[tokio::test]
async fn a_project_shows_what_its_targets_reached() {
    let site = Site::of(&story::told()).await;
    let before = site.get(PAGE).await.body;
    assert!(before.contains("120张") && before.contains("尚未评价"), "{before}");

    let site = Site::of(&evaluated()).await;
    let page = site.get(PAGE).await.body;
    for shown in [
        "120张",
        "118张</a>",
        "49.00",
        "增收两成",
        "30.00",
        "九成八满意",
        "9.80",
        "主体完工",
        "2021-01-10",
        "2021-01-15",
        "晚于应完成日期",
        "交付使用",
        "尚未完成",
    ] {
        assert!(page.contains(shown), "{shown}:\n{page}");
    }
    let english = site.get(&format!("/en{PAGE}")).await.body;
    assert!(english.contains("118张") && english.contains("not reached yet"), "{english}");
}

/// The titles on a page of the list.
async fn titles(site: &Site, path: &str) -> Vec<String> {
    let answer = site.get(path).await;
    assert_eq!(answer.status, 200, "{path}: {}", answer.body);
    let rows = answer.body.split("<th scope=\"row\">").skip(1);
    rows.map(|row| row.split("\">").nth(1).unwrap().split("</a>").next().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn the_list_is_of_the_stage_county_and_year_that_are_chosen() {
    let mut chain = evaluated();
    let height = chain.header.height.0;
    for number in 0..53 {
        register(&mut chain, &format!("童{number:02}"), 2021);
    }
    let site = Site::of(&chain).await;
    let old = "海潮镇敬老院建设&#60;b&#62;";
    assert_eq!(titles(&site, "/projects?year=2020&stage=&division=").await, [old]);
    assert_eq!(titles(&site, "/projects?stage=已评价").await, [old]);
    let all = titles(&site, "/projects?stage=已登记&year=2021").await;
    assert_eq!((all.len(), all[0].as_str()), (50, "童00之家"));
    assert!(titles(&site, "/projects?stage=已登记&year=2020").await.is_empty());

    // The next page keeps what was chosen, and so does the form.
    let page = site.get("/projects?stage=已登记&year=2021").await.body;
    let next = page.split("class=\"next\"").nth(1).unwrap();
    let next = next.split("href=\"/projects?").nth(1).unwrap().split('"').next().unwrap();
    let next = format!("/projects?{}", next.replace("&#38;", "&"));
    assert_eq!(titles(&site, &next).await, ["童50之家", "童51之家", "童52之家"]);
    assert!(page.contains("<option value=\"2021\" selected>"), "{page}");
    assert!(page.contains("<option value=\"已登记\" selected>"), "{page}");

    // Of the county of its unit, and of no other.
    let division = page.split("name=\"division\"").nth(1).unwrap();
    let division = division.split("<option value=\"").nth(2).unwrap().split('"').next().unwrap();
    let mine = titles(&site, &format!("/projects?division={division}&year=2020")).await;
    assert_eq!(mine, [old]);
    assert!(titles(&site, "/projects?division=110101").await.is_empty());
    for wrong in ["/projects?year=x", "/projects?division=安徽"] {
        assert_eq!(site.get(wrong).await.status, 400, "{wrong}");
    }
    // As it was: the later projects are not there, and the form keeps the height.
    let pinned = format!("/projects?at={height}&stage=已登记");
    assert!(titles(&site, &pinned).await.is_empty());
    let page = site.get(&pinned).await.body;
    assert!(page.contains(&format!("name=\"at\" value=\"{height}\"")), "{page}");
    assert!(!page.contains("<option value=\"2021\""), "{page}");
}
