//! What a charity's quarters come to, and proofs of it.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use minglian_contracts::charity::fund::FundReference;
use minglian_contracts::charity::sums::{Quarter, SUMS};
use minglian_ledger::organization_code::OrganizationCode;
use serde::Deserialize;

use super::extract::{Params, Segments, parse};
use super::problem::Refusal;
use super::records::{self, Trusted};
use super::{Node, reading};

/// Which of a charity's funds.
#[derive(Debug, Deserialize)]
pub(super) struct OfFund {
    fund: Option<String>,
}

/// Proof of what a quarter of a charity, or of one of its funds, comes to after the last block, or
/// that nothing counts in it.
#[utoipa::path(
    get, path = "/v1/charities/{code}/quarters/{year}/{quarter}/evidence", tag = "charity",
    params(
        ("code" = String, Path, description = "统一社会信用代码 of the charity"),
        ("year" = u16, Path, description = "the year"),
        ("quarter" = u8, Path, description = "1 to 4"),
        ("fund" = Option<String>, Query, description = "one of its funds; all if not given"),
        Trusted,
    ),
    responses(
        (status = 200, description = "evidence as JSON, or in borsh for application/octet-stream"),
    )
)]
pub(super) async fn quarter_evidence(
    State(shared): Node,
    Segments((code, year, quarter)): Segments<(String, u16, u8)>,
    Params(OfFund { fund }): Params<OfFund>,
    Params(trusted): Params<Trusted>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let charity: OrganizationCode = parse("code", &code)?;
    if !(1..=4).contains(&quarter) {
        return Err(Refusal::bad(format!("quarter is {quarter}, not 1 to 4")));
    }
    let fund = fund.map(FundReference::new).transpose();
    let fund = fund.map_err(|error| Refusal::bad(format!("fund: {error}")))?;
    let key = SUMS.key(&(charity, fund, Quarter::new(year, quarter)));
    let evidence =
        reading(shared, move |shared| records::state_evidence(shared, key, trusted.since()));
    records::evidence_answer(&headers, evidence.await?)
}
