//! 订阅: which feeds there are.

use askama::Template;
use axum::extract::State;

use crate::web::{App, Frame, PageResult};

/// Most divisions that are listed.
const DIVISIONS_MAX: u32 = 200;

#[derive(Template)]
#[template(path = "subscribe.html")]
struct Subscribe {
    frame: Frame,
    /// Codes and names of the divisions that have organisations.
    divisions: Vec<(i64, String)>,
}

/// `GET /subscribe`.
pub async fn subscribe(State(app): State<App>) -> PageResult {
    app.page(|connection, frame| {
        let query = "SELECT division, min(division_name) FROM organizations GROUP BY division \
                     ORDER BY division LIMIT ?1";
        let mut statement = connection.prepare_cached(query)?;
        let rows = statement.query_map([DIVISIONS_MAX], |row| Ok((row.get(0)?, row.get(1)?)))?;
        let divisions = rows.collect::<Result<_, _>>()?;
        Ok(Subscribe { frame, divisions })
    })
    .await
}
