//! Where a gift is now, for whoever holds its receipt's code.

use std::collections::BTreeSet;

use axum::extract::{Request, State};
use axum::http::{HeaderValue, header};
use axum::response::Response;
use minglian_client::wire::{
    Currency, GiftEdge, GiftPayee, GiftPayment, GiftTracePage, GiftTraceRequest, GiftView, Money,
};
use minglian_contracts::book::AccountId;
use minglian_contracts::call::Call;
use minglian_contracts::charity;
use minglian_contracts::charity::disbursement::Recipient;
use minglian_contracts::charity::path::{self, Given};
use minglian_contracts::registry;
use minglian_contracts::trace::{self, Cursor, Edge, Page};
use minglian_ledger::fen::Fen;
use minglian_ledger::store::Store;

use super::extract::{HEX_CHARACTERS_MAX, checked_limit, json_answer};
use super::problem::{Kind, Refusal};
use super::trace::broken;
use super::{Node, Shared, reading, view};
use crate::derived::DerivedIndex;

/// Most bytes of the request: a hash and a cursor in JSON.
const REQUEST_BYTES_MAX: usize = HEX_CHARACTERS_MAX + 1024;

/// Follows the fen of a gift, found by the salted hash of its receipt's code, through fund,
/// decision, payment and bank to evidence and feedback. The code is for the donor alone: whoever
/// asks computes its hash, which the ledger has anyway, and sends it in the body, so that no log of
/// addresses says who asked about which gift.
#[utoipa::path(
    post, path = "/v1/gifts/trace", tag = "charity",
    request_body(
        content_type = "application/json",
        description = "{\"code_hash\": hex, \"charity\": code of the one on the receipt, \
                       \"after\": hex of the page before, \"limit\": number}",
    ),
    responses(
        (status = 200, description = "the gift, edges, rests, payments with payees, and \
                                     where to go on"),
        (status = 404, description = "no receipt has a code of this hash"),
        (status = 413, description = "too long"),
    )
)]
pub(super) async fn gift_trace(State(shared): Node, request: Request) -> Result<Response, Refusal> {
    let body = axum::body::to_bytes(request.into_body(), REQUEST_BYTES_MAX);
    let slow = |_| Refusal::new(Kind::Slow, "the body comes too slowly");
    let patience = shared.parts.limits.body_patience;
    let body = tokio::time::timeout(patience, body).await.map_err(slow)?;
    let too_large = |_| Refusal::new(Kind::TooLarge, format!("limit {REQUEST_BYTES_MAX} bytes"));
    // What the reader says of a body may repeat it, and somebody may have sent the code.
    let wrong = |_| Refusal::bad("the JSON does not read; code_hash is a hash in hexadecimal");
    let request: GiftTraceRequest =
        serde_json::from_slice(&body.map_err(too_large)?).map_err(wrong)?;
    let limit = checked_limit(request.limit)?;
    let page = reading(shared, move |shared| page(shared, &request, limit)).await?;
    let mut response = json_answer(&page)?;
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}

fn page(
    shared: &Shared,
    request: &GiftTraceRequest,
    limit: usize,
) -> Result<GiftTracePage, Refusal> {
    let store = shared.store();
    let absent = || Refusal::absent("no receipt has a code of this hash");
    let mut found = path::find(store, &request.code_hash, request.charity)?.into_iter();
    let given = found.next().ok_or_else(absent)?;
    let height = shared.chain().head().header.height;
    let index = DerivedIndex::new(store);
    let cursor = match &request.after {
        Some(after) => {
            let read = borsh::from_slice::<Cursor>(&after.0);
            Some(read.map_err(|error| Refusal::bad(format!("after: {error}")))?)
        }
        None => given.start(),
    };
    let nothing = || Page { edges: Vec::new(), rests: Vec::new(), next: None };
    let traced = cursor.map(|cursor| trace::trace(&index, cursor, limit)).transpose();
    let traced = traced.map_err(broken)?.unwrap_or_else(nothing);
    Ok(GiftTracePage {
        height,
        gift: gift_view(store, &given)?,
        others: found.map(|other| gift_view(store, &other)).collect::<Result<_, _>>()?,
        payments: payments(shared, &given, &traced.edges)?,
        edges: traced.edges.iter().map(|edge| edge_view(&index, edge)).collect::<Result<_, _>>()?,
        rests: traced.rests.iter().map(serde_json::to_value).collect::<Result<_, _>>()?,
        next: traced.next.as_ref().map(view::hex),
        currency: Currency::Cny,
    })
}

fn gift_view(store: &Store, given: &Given) -> Result<GiftView, Refusal> {
    let Given { charity, reference, gift, fund } = given;
    let organization = registry::ORGANIZATIONS.get(store, charity)?;
    let measure = serde_json::to_value(gift.measure)?;
    Ok(GiftView {
        charity: *charity,
        charity_name: organization.map(|it| it.name.to_string()).unwrap_or_default(),
        reference: reference.to_string(),
        fund: gift.fund.to_string(),
        fund_name: fund.as_ref().map(|fund| fund.name.to_string()).unwrap_or_default(),
        campaign: gift.campaign.as_ref().map(ToString::to_string),
        measure: measure.as_str().unwrap_or_default().to_owned(),
        amount: gift.amount.into(),
        refunded: gift.refunded.into(),
        restriction: gift.restriction.as_ref().map(ToString::to_string),
        voided: gift.voided,
        received_on: gift.received_on,
    })
}

/// What is known of the payments that edges lead to.
fn payments(shared: &Shared, given: &Given, edges: &[Edge]) -> Result<Vec<GiftPayment>, Refusal> {
    let (mut seen, mut payments) = (BTreeSet::new(), Vec::new());
    for edge in edges {
        let AccountId::Payment { organization, reference } = &edge.to else { continue };
        if !seen.insert((organization, reference)) {
            continue;
        }
        if let Some(known) = given.paid(shared.store(), *organization, reference)? {
            payments.push(GiftPayment {
                payer: *organization,
                reference: reference.to_string(),
                known: serde_json::to_value(&known)?,
                payee: payee(shared, &edge.to)?,
            });
        }
    }
    Ok(payments)
}

/// Who was paid, as the act says that first moved money into the payment's account: the state does
/// not keep it.
fn payee(shared: &Shared, payment: &AccountId) -> Result<Option<GiftPayee>, Refusal> {
    let store = shared.store();
    let inflows = DerivedIndex::new(store).inflows(payment, 0, 1)?;
    let Some(first) = inflows.first() else { return Ok(None) };
    let missing = || Refusal::internal(format!("the act of record {} is missing", first.record));
    let mut record = view::find_record(shared, first.record)?.ok_or_else(missing)?;
    // The record is the last officer's approval; the act stands where it was proposed.
    if let Some(proposal) = view::proposal_of(&record) {
        let place = store.transaction(&proposal)?.ok_or_else(missing)?;
        record = view::find_record(shared, place)?.ok_or_else(missing)?;
    }
    let Call::Charity(act) = Call::decode(&record.transaction.body.call)? else {
        return Ok(None);
    };
    let recipient = match act {
        charity::Call::Disburse(act) => act.recipient,
        charity::Call::PayAhead(act) => act.recipient,
        charity::Call::Refund(_) => return Ok(Some(GiftPayee::Donor)),
        _ => return Ok(None),
    };
    Ok(Some(match recipient {
        Recipient::Organization(code) => {
            let known = registry::ORGANIZATIONS.get(store, &code)?;
            GiftPayee::Organization { code, name: known.map(|it| it.name.to_string()) }
        }
        Recipient::Person(_) => GiftPayee::Person,
        Recipient::Persons { count, .. } => GiftPayee::Persons { count },
    }))
}

fn edge_view(index: &DerivedIndex<'_>, edge: &Edge) -> Result<GiftEdge, Refusal> {
    let number = edge.movement;
    let moved = index.movement(number)?;
    let missing = || Refusal::internal(format!("movement {number} is not in the index"));
    let amount = Fen::new(edge.to_interval.length()).map_err(Refusal::internal)?;
    let (record, amount) = (moved.ok_or_else(missing)?.record, Money::from(amount));
    Ok(GiftEdge { record, amount, edge: serde_json::to_value(edge)? })
}
