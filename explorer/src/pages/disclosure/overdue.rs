//! 逾期清单: obligations whose last day is over and for which nothing is on the ledger. A fact with
//! its article, worded 尚未见到上链披露, and no accusation.

use askama::Template;
use axum::extract::{Query, State};
use minglian_ledger::date::Date;
use serde::Deserialize;

use super::{ObligationRow, Place, obligations};
use crate::database::{Connection, Value};
use crate::index::{IndexError, state};
use crate::pages::flows::Choice;
use crate::pages::projects::choices;
use crate::pages::{LIMIT, ROWS_MAX, address, check_filters, cut};
use crate::web::{App, Frame, PageResult};

/// Most bodies that can be chosen; of others the list is had from their own pages.
const BODIES_MAX: usize = 500;

/// Which of them.
#[derive(Debug, Default, Deserialize)]
pub struct Filter {
    organization: Option<String>,
    after: Option<String>,
}

#[derive(Template)]
#[template(path = "overdue.html")]
struct Overdue {
    frame: Frame,
    organization: String,
    name: String,
    bodies: Vec<Choice>,
    rows: Vec<ObligationRow>,
    next: String,
}

/// `GET /overdue`.
pub async fn overdue(State(app): State<App>, Query(filter): Query<Filter>) -> PageResult {
    check_filters(&[&filter.organization, &filter.after])?;
    app.page(move |connection, frame| {
        let organization = filter.organization.unwrap_or_default().trim().to_owned();
        let place = Place::parse(filter.after.as_deref());
        let place = place.unwrap_or(Place { due_on: String::new(), id: -1 });
        let which = if organization.is_empty() { "?4 = ''" } else { "o.holder = ?4" };
        let rest = format!(
            "WHERE (o.due_on, o.id) > (?1, ?2) AND o.due_on < ?3 AND {which} \
             AND o.met_on IS NULL AND o.waived = 0 ORDER BY o.due_on, o.id {LIMIT}"
        );
        let values: Vec<Value> = vec![
            place.due_on.into(),
            place.id.into(),
            frame.today.to_string().into(),
            organization.clone().into(),
        ];
        let mut rows = obligations(connection, &rest, values, frame.today)?;
        let has_more = cut(&mut rows, ROWS_MAX);
        let next = Place::behind(&rows, has_more).map_or_else(String::new, |after| {
            address("/overdue", &[("organization", &organization), ("after", &after)])
        });
        let mut bodies = bodies(connection, frame.today)?;
        if !organization.is_empty() && bodies.iter().all(|(code, _)| *code != organization) {
            let name = state::name(connection, &organization)?;
            bodies.push((organization.clone(), name.unwrap_or_else(|| organization.clone())));
        }
        let name = bodies.iter().find(|(code, _)| *code == organization);
        let name = name.map_or_else(String::new, |(_, name)| name.clone());
        let chosen = Some(organization.as_str()).filter(|code| !code.is_empty());
        let bodies = choices(bodies, frame.say("全部单位").to_owned(), chosen);
        Ok(Overdue { frame, organization, name, bodies, rows, next })
    })
    .await
}

/// Bodies that something is overdue of, with their names, by code.
fn bodies(connection: &Connection, today: Date) -> Result<Vec<(String, String)>, IndexError> {
    let query = format!(
        "SELECT h.holder, coalesce(g.name, h.holder) FROM (SELECT DISTINCT holder FROM obligations \
         WHERE due_on < ?1 AND met_on IS NULL AND waived = 0 \
         ORDER BY holder LIMIT {BODIES_MAX}) h \
         LEFT JOIN organizations g ON g.code = h.holder ORDER BY h.holder"
    );
    let mut statement = connection.prepare_cached(&query)?;
    let rows = statement.query_map([today.to_string()], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Those that became overdue last.
///
/// # Errors
/// [`IndexError::Database`].
pub fn latest(
    connection: &Connection,
    today: Date,
    limit: usize,
) -> Result<Vec<ObligationRow>, IndexError> {
    let rest = format!(
        "WHERE o.due_on < ?1 AND o.met_on IS NULL AND o.waived = 0 \
         ORDER BY o.due_on DESC, o.id DESC LIMIT {limit}"
    );
    obligations(connection, &rest, vec![today.to_string().into()], today)
}
