//! By which rules acts are judged: dated parameters with their articles, and the holidays.

use axum::extract::State;
use axum::response::Response;
use minglian_client::wire::ParameterView;
use minglian_contracts::parameter::{Key, PARAMETERS, Version};
use minglian_contracts::working_day::HOLIDAYS;

use super::extract::{Paging, Params, Segments, json_answer};
use super::organizations::list;
use super::problem::Refusal;
use super::{Node, reading};

/// Dated parameters with all their versions.
#[utoipa::path(
    get, path = "/v1/parameters", tag = "rules",
    params(Paging),
    responses((status = 200, description = "a page of parameters"))
)]
pub(super) async fn parameters(
    State(shared): Node,
    Params(paging): Params<Paging>,
) -> Result<Response, Refusal> {
    list(shared, paging, &PARAMETERS, |key, versions| shown(key, versions)).await
}

/// One parameter with all its versions: the article behind a version that a receipt names.
#[utoipa::path(
    get, path = "/v1/parameters/{key}", tag = "rules",
    params(("key" = String, Path, description = "the parameter, as receipts name it")),
    responses(
        (status = 200, description = "its versions with dates, article and who approved each"),
        (status = 404, description = "no version of it was ever set"),
    )
)]
pub(super) async fn parameter(
    State(shared): Node,
    Segments(name): Segments<String>,
) -> Result<Response, Refusal> {
    let absent = || Refusal::absent("parameter of this name".to_owned());
    let key = Key::new(name).map_err(|_| absent())?;
    let found = reading(shared, move |shared| {
        let versions = PARAMETERS.get(shared.store(), &key)?.ok_or_else(absent)?;
        shown(&key, &versions)
    });
    json_answer(&found.await?)
}

fn shown(key: &Key, versions: &[Version]) -> Result<ParameterView, Refusal> {
    let versions = versions.iter().map(serde_json::to_value).collect::<Result<_, _>>()?;
    Ok(ParameterView { key: key.to_string(), versions })
}

/// The State Council's holidays by which working days are counted, by year.
#[utoipa::path(
    get, path = "/v1/holidays", tag = "rules",
    params(Paging),
    responses((status = 200, description = "a page of years"))
)]
pub(super) async fn holidays(
    State(shared): Node,
    Params(paging): Params<Paging>,
) -> Result<Response, Refusal> {
    list(shared, paging, &HOLIDAYS, |_, holidays| Ok(serde_json::to_value(holidays)?)).await
}
