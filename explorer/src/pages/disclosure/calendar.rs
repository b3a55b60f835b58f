//! 公开日历: what is to be published, month by month, and how it stands.

use askama::Template;
use axum::extract::{Query, State};
use minglian_ledger::date::Month;
use serde::Deserialize;

use super::{ObligationRow, Place, obligations};
use crate::database::Value;
use crate::index::obligation::HORIZON_DAYS;
use crate::pages::{LIMIT, ROWS_MAX, address, check_filters, cut};
use crate::web::{App, Frame, PageError, PageResult};

/// Which month.
#[derive(Debug, Default, Deserialize)]
pub struct Filter {
    month: Option<String>,
    organization: Option<String>,
    after: Option<String>,
}

#[derive(Template)]
#[template(path = "calendar.html")]
struct Calendar {
    frame: Frame,
    month: String,
    organization: String,
    earlier: String,
    later: String,
    subscribe: String,
    horizon_days: i32,
    rows: Vec<ObligationRow>,
    next: String,
}

/// `GET /calendar`.
pub async fn calendar(State(app): State<App>, Query(filter): Query<Filter>) -> PageResult {
    check_filters(&[&filter.month, &filter.organization, &filter.after])?;
    app.page(move |connection, frame| {
        let organization = filter.organization.unwrap_or_default();
        let malformed = |_| PageError::Malformed("月份应写作 2026-05".to_owned());
        let month: Month = match &filter.month {
            Some(text) => text.parse().map_err(malformed)?,
            None => frame.today.month(),
        };
        let (first, last) = (month.first_day().to_string(), month.last_day().to_string());
        let place = Place::parse(filter.after.as_deref());
        let place = place.unwrap_or(Place { due_on: first.clone(), id: -1 });
        let which = if organization.is_empty() { "?4 = ''" } else { "o.holder = ?4" };
        let rest = format!(
            "WHERE (o.due_on, o.id) > (?1, ?2) AND o.due_on >= ?5 AND o.due_on <= ?3 AND {which} \
             ORDER BY o.due_on, o.id {LIMIT}"
        );
        let values: Vec<Value> = vec![
            place.due_on.into(),
            place.id.into(),
            last.into(),
            organization.clone().into(),
            first.into(),
        ];
        let mut rows = obligations(connection, &rest, values, frame.today)?;
        let has_more = cut(&mut rows, ROWS_MAX);
        let of_month = |month: Option<Month>| {
            let month = month.map(|month| month.to_string()).unwrap_or_default();
            address("/calendar", &[("month", &month), ("organization", &organization)])
        };
        let month_name = month.to_string();
        let next = Place::behind(&rows, has_more).map_or_else(String::new, |after| {
            let filters = [
                ("month", month_name.as_str()),
                ("organization", organization.as_str()),
                ("after", after.as_str()),
            ];
            address("/calendar", &filters)
        });
        Ok(Calendar {
            frame,
            earlier: of_month(month.add_months(-1)),
            later: of_month(month.add_months(1)),
            subscribe: address("/calendar.ics", &[("organization", &organization)]),
            horizon_days: HORIZON_DAYS,
            month: month_name,
            organization,
            rows,
            next,
        })
    })
    .await
}
