//! What lottery centres stated and remitted, laid out by month and game.

use std::collections::BTreeSet;

use minglian_contracts::book::{self, AccountId};
use minglian_contracts::lottery::{REMITTANCES, STATEMENTS};
use minglian_contracts::payment::Reference;
use minglian_ledger::organization_code::OrganizationCode;
use minglian_ledger::state::{Changes, StateRead};

use super::mirror::{entries, keys};
use super::{IndexError, account, stored};
use crate::database::{Connection, params};

/// Enters statements and remittances, once the block's movements are known.
pub(super) fn enter(
    connection: &Connection,
    changes: &Changes,
    touched: &BTreeSet<AccountId>,
    reader: &dyn StateRead,
) -> Result<(), IndexError> {
    let query = "INSERT INTO lottery_sales VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) \
                 ON CONFLICT (centre, period, game) DO UPDATE SET sales = excluded.sales, \
                 fund = excluded.fund, central = excluded.central, local = excluded.local, \
                 unclaimed = excluded.unclaimed, record = excluded.record";
    for ((centre, period, game), stated) in entries(changes, &STATEMENTS)? {
        let accrual = stated.accrual;
        connection.prepare_cached(query)?.execute(params![
            centre.as_str(),
            period.to_string(),
            game.as_str(),
            stored("an amount", accrual.sales.get())?,
            stored("an amount", accrual.fund.get())?,
            stored("an amount", accrual.central.get())?,
            stored("an amount", accrual.local.get())?,
            stored("an amount", stated.unclaimed_prizes.get())?,
            stored("a position", stated.newest.0)?,
        ])?;
    }
    // What came back is a movement out of the remittance's account.
    let mut moved: BTreeSet<(OrganizationCode, Reference)> =
        keys(changes, &REMITTANCES)?.into_iter().collect();
    moved.extend(touched.iter().filter_map(|account| match account {
        AccountId::Payment { organization, reference } => Some((*organization, reference.clone())),
        _ => None,
    }));
    for (centre, reference) in moved {
        enter_remittance(connection, centre, &reference, reader)?;
    }
    Ok(())
}

/// Enters a payment, if it is a remittance.
fn enter_remittance(
    connection: &Connection,
    centre: OrganizationCode,
    reference: &Reference,
    reader: &dyn StateRead,
) -> Result<(), IndexError> {
    let Some(remittance) = REMITTANCES.get(reader, &(centre, reference.clone()))? else {
        return Ok(());
    };
    let id = AccountId::Payment { organization: centre, reference: reference.clone() };
    let kept = book::account(reader, &id)?.map_or(0, |account| account.balance().get());
    let query = "INSERT INTO lottery_remittances VALUES (?1, ?2, ?3, ?4, ?5, coalesce(\
                 (SELECT log_index FROM movements WHERE to_account = ?6 \
                  ORDER BY to_start LIMIT 1), 0)) \
                 ON CONFLICT (centre, reference) DO UPDATE SET kept = excluded.kept";
    connection.prepare_cached(query)?.execute(params![
        centre.as_str(),
        reference.as_str(),
        remittance.period.to_string(),
        remittance.occurred_on.to_string(),
        stored("a balance", kept)?,
        account::number(connection, &id)?,
    ])?;
    Ok(())
}
