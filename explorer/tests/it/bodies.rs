//! Lists that are chosen by body, or that name bodies.

use crate::chain::code;
use crate::site::Site;
use crate::{society, story};

#[tokio::test]
async fn what_is_overdue_is_chosen_by_body() {
    let site = Site::of(&society::told()).await;
    let rows = |page: &str| page.matches("data-label=\"应公开单位\"").count();
    let all = site.get("/overdue").await.body;
    let options: Vec<&str> = all.split("<option value=\"").skip(2).collect();
    assert!(!options.is_empty(), "{all}");
    let mut found = 0;
    for option in options {
        let (body, rest) = option.split_once('"').unwrap();
        let name = rest.trim_start_matches('>').split("</option>").next().unwrap();
        let page = site.get(&format!("/overdue?organization={body}")).await.body;
        assert!(page.contains(&format!("<option value=\"{body}\" selected>{name}")), "{page}");
        let of_body = format!("data-label=\"应公开单位\"><a href=\"/organizations/{body}\">");
        assert_eq!(page.matches(&of_body).count(), rows(&page), "{page}");
        assert!(rows(&page) > 0, "{page}");
        found += rows(&page);
    }
    assert_eq!(found, rows(&all));
    let none = site.get("/overdue?organization=X").await;
    assert_eq!((none.status.as_u16(), rows(&none.body)), (200, 0));
    assert!(none.body.contains("<option value=\"X\" selected>X"), "{}", none.body);
}

#[tokio::test]
async fn doubtful_points_name_the_bodies_and_lead_to_them_and_to_records() {
    let site = Site::of(&story::told()).await;
    let civil = code("civil");
    let page = site.get(&format!("/reports/findings?holder={civil}")).await.body;
    let holder = page.split("data-label=\"单位代码\">").nth(1).unwrap_or_else(|| panic!("{page}"));
    let holder = holder.split("</td>").next().unwrap();
    assert!(
        holder.starts_with(&format!("<a class=\"target\" href=\"/organizations/{civil}\">")),
        "{holder}"
    );
    assert!(holder.ends_with(&format!("</a> {civil}")), "{holder}");
    assert!(!holder.contains(&format!("{civil}</a>")), "the name, not the code: {holder}");
    let records = page.split("data-label=\"账本记录\">").skip(1);
    let mut linked =
        records.filter(|cell| cell.starts_with("<a class=\"target\" href=\"/entries/"));
    assert!(linked.next().is_some(), "{page}");
}
