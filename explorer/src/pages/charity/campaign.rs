//! One campaign (公开募捐活动), by its filing number (备案编号).

use askama::Template;
use axum::extract::{Path, Query, State};
use minglian_contracts::charity::campaign::{CAMPAIGNS, Campaign};
use minglian_contracts::charity::fund::Filing;
use minglian_contracts::words::Names;
use serde::Deserialize;

use super::gifts::{GiftRow, gifts};
use crate::database::Connection;
use crate::index::IndexError;
use crate::index::mirror::Mirror;
use crate::index::read::{self, RecordRow};
use crate::money::Money;
use crate::pages::{LIMIT, ROWS_MAX, address, cut, escape};
use crate::web::{App, Frame, PageError, PageResult};

/// Where the list begins.
#[derive(Debug, Default, Deserialize)]
pub struct Paging {
    before: Option<i64>,
}

#[derive(Template)]
#[template(path = "campaign.html")]
struct CampaignPage {
    frame: Frame,
    filing: String,
    host: String,
    host_code: String,
    fund: String,
    campaign: Campaign,
    raised: Money,
    count: i64,
    gifts: Vec<GiftRow>,
    next: String,
    records: Vec<RecordRow>,
}

/// `GET /campaigns/{filing}`.
pub async fn campaign(
    State(app): State<App>,
    Path(number): Path<String>,
    Query(paging): Query<Paging>,
) -> PageResult {
    let unknown = || PageError::NotFound(format!("募捐活动“{number}”"));
    let filing = Filing::new(number.as_str()).map_err(|_| unknown())?;
    let missing = unknown();
    app.page(move |connection, frame| {
        let campaign = CAMPAIGNS.get(&Mirror(connection), &filing)?.ok_or(missing)?;
        let (raised, count) = sums(connection, &number)?;
        let rest = format!("WHERE g.campaign = ?1 AND g.id < ?2 ORDER BY g.id DESC {LIMIT}");
        let before = paging.before.unwrap_or(i64::MAX);
        let values = vec![number.clone().into(), before.into()];
        let mut gifts = gifts(connection, &rest, values)?;
        let has_more = cut(&mut gifts, ROWS_MAX);
        let last = gifts.last().map_or(0, |row| row.id).to_string();
        let here = format!("/campaigns/{}", escape(&number));
        let next = if has_more { address(&here, &[("before", &last)]) } else { String::new() };
        let rest = "JOIN record_subjects c ON c.log_index = r.log_index \
                    WHERE c.subject = ?1 ORDER BY c.log_index DESC LIMIT 20";
        let records = read::records(connection, rest, &[&format!("campaign:{number}")])?;
        let host = campaign.fund.host;
        Ok(CampaignPage {
            frame,
            host: read::names(connection).organization(&host),
            host_code: host.to_string(),
            fund: format!("/charities/{host}/funds/{}", escape(campaign.fund.fund.as_str())),
            filing: number,
            campaign,
            raised,
            count,
            gifts,
            next,
            records,
        })
    })
    .await
}

fn sums(connection: &Connection, filing: &str) -> Result<(Money, i64), IndexError> {
    let query = "SELECT raised, gifts FROM campaigns WHERE filing = ?1";
    let mut statement = connection.prepare_cached(query)?;
    Ok(statement.query_row([filing], |row| Ok((Money::fen(row.get(0)?), row.get(1)?)))?)
}
