//! The figures of the rules, as readers look for them.

use minglian_contracts::parameter::PARAMETERS;
use minglian_explorer::pages::rules::law_of;

use crate::chain::Chain;
use crate::site::Site;

#[test]
fn the_law_of_an_article_is_what_stands_before_its_number() {
    for (article, law) in [
        ("慈善法 第七十九条: 项目结束后三个月内", "慈善法"),
        ("慈善法(2016) 第七十三条", "慈善法"),
        ("预算法 第十四条; 预算法实施条例 第六条", "预算法"),
        ("彩票公益金管理办法\u{ff08}财综〔2021〕18号\u{ff09}第五条", "彩票公益金管理办法"),
        ("未核实: 各地互助社章程", "未核实"),
        ("(2016)", "(2016)"),
        ("", ""),
    ] {
        assert_eq!(law_of(article), law, "{article}");
    }
}

/// Laws and keys of a page, in its order.
fn listed(page: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for section in page.split("<h2>").skip(1) {
        let law = section.split("</h2>").next().unwrap();
        for row in section.split("<th scope=\"row\"><a href=\"/rules/").skip(1) {
            let key = row.split("\">").nth(1).unwrap().split("</a>").next().unwrap();
            found.push((law.to_owned(), key.to_owned()));
        }
    }
    found
}

#[tokio::test]
async fn rules_stand_by_law_and_then_by_key_over_all_pages() {
    let chain = Chain::new();
    let site = Site::of(&chain).await;
    let (mut found, mut path, mut pages) = (Vec::new(), "/rules".to_owned(), 0);
    loop {
        let page = site.get(&path).await.body;
        found.extend(listed(&page));
        pages += 1;
        let link = page.split("rel=\"next\"").next().filter(|it| it.len() < page.len());
        let Some(link) = link.and_then(|it| it.rsplit("href=\"").next()) else { break };
        path = link.split('"').next().unwrap().replace("&#38;", "&");
    }
    found.dedup();
    assert!(found.is_sorted(), "{found:?}");
    let mut keys: Vec<String> = found.iter().map(|(_, key)| key.clone()).collect();
    let by_length = keys.is_sorted_by_key(|key| key.len());
    assert!(!by_length, "by length, as the ledger has them: {keys:?}");
    keys.sort();
    let all = PARAMETERS.scan(&chain.state, &(), None, 1_000).unwrap();
    let mut expected: Vec<String> = all.into_iter().map(|(key, _)| key.to_string()).collect();
    expected.sort();
    assert_eq!(keys, expected);
    assert!(pages > 1, "all {} on one page", keys.len());
    assert!(found.iter().filter(|(law, _)| law == "慈善法").count() > 1, "{found:?}");
    assert_eq!(site.get("/rules?after=no.such").await.status, 400);
}
