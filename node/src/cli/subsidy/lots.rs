//! The inflows of a county's quota lines, as a node tells them: where a batch's money comes from.

use minglian_client::wire::{AccountView, Page, Span};
use minglian_client::{Client, ClientError, read::Paging};
use minglian_contracts::allocation::LineName;
use minglian_contracts::book::{AccountId, Interval, Movement};
use minglian_contracts::subsidy::money::LotSource;
use minglian_ledger::fen::Fen;
use minglian_ledger::organization_code::OrganizationCode;

/// Movements asked for at a time.
const PAGE: usize = 500;

/// An inflow with unspent fen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenLot {
    /// The number of the movement that brought it.
    pub inflow: u64,
    /// What of it is unspent.
    pub free: Fen,
    /// Where it is.
    pub source: LotSource,
}

/// The inflows of the county's lines that have unspent fen, by their numbers. Whether a line may
/// pay subsidies, the ledger decides.
///
/// # Errors
/// [`ClientError`].
pub async fn open_lots(
    client: &Client,
    county: &OrganizationCode,
) -> Result<Vec<OpenLot>, ClientError> {
    let (mut lots, mut paging) = (Vec::new(), Paging::default());
    loop {
        let Page { items, next } = client.accounts(county, &paging).await?;
        for account in items.iter().filter(|it| !it.balance.fen.is_zero()) {
            of_account(client, account, &mut lots).await?;
        }
        let Some(next) = next else { break };
        paging.after = Some(next);
    }
    lots.sort_by_key(|lot| lot.inflow);
    Ok(lots)
}

async fn of_account(
    client: &Client,
    account: &AccountView,
    lots: &mut Vec<OpenLot>,
) -> Result<(), ClientError> {
    let Ok(id) = borsh::from_slice::<AccountId>(&account.id.0) else { return Ok(()) };
    let Some(line) = line_of(&id) else { return Ok(()) };
    let mut from = Some(0);
    while let Some(first) = from {
        // Only what came in is asked for: no movement out begins so far.
        let page = client.account_movements(&account.id.0, first, u64::MAX, PAGE).await?;
        for movement in &page.inflows {
            let read = serde_json::from_value::<Movement>(movement.movement.clone());
            let Ok(movement) = read else { continue };
            let free = free(&page, movement.to_interval);
            if let Ok(free) = Fen::new(free)
                && !free.is_zero()
            {
                let position = movement.to_interval.start();
                let source = LotSource { line: line.clone(), position };
                lots.push(OpenLot { inflow: movement.number.0, free, source });
            }
        }
        from = page.inflows_next;
    }
    Ok(())
}

/// The line whose account this is.
fn line_of(id: &AccountId) -> Option<LineName> {
    let AccountId::Line { holder, fund, year, line, .. } = id else { return None };
    let name = LineName { holder: *holder, fund: fund.clone(), year: *year, line: line.clone() };
    (name.account() == *id).then_some(name)
}

/// The positions of an inflow that are unspent: above the frontier, and in no hole.
fn free(account: &AccountView, inflow: Interval) -> u64 {
    let start = inflow.start().max(account.frontier);
    let within = |hole: &Span| hole.end.min(inflow.end()).saturating_sub(hole.start.max(start));
    let spent = account.holes.iter().map(within).fold(0, u64::saturating_add);
    inflow.end().saturating_sub(start).saturating_sub(spent)
}
