//! Names of donors who agreed to be named: the openings of commitments that acts hold, as a node
//! gives them. They are no part of what is derived from blocks, and no table keeps their past.
//!
//! A name stands here only if its charity has signed that everybody may see it, and while no order
//! on the ledger has erased it: the order's block takes it away in the same transaction. A start
//! begins without names, because an order may have come while the explorer was down.

use minglian_client::wire::OpeningView;
use minglian_contracts::call::Call;
use minglian_contracts::charity::donation::Donor;
use minglian_contracts::naming::{ERASED, NAMED, Thing};
use minglian_contracts::{charity, registry};
use minglian_ledger::deposit::{self, Class, Content, Deposit};
use minglian_ledger::hash::Commitment;
use minglian_ledger::personal_number;
use minglian_ledger::state::Changes;
use minglian_ledger::text::Text;
use minglian_ledger::transaction::ChainId;

use super::act::Act;
use super::mirror::{Mirror, keys};
use super::{IndexError, Writer};
use crate::database::{Connection, OptionalExtension, params};

/// A name as it can be shown: one line of at most so many bytes.
type Name = Text<192>;

/// What became of an opening.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Named {
    /// Pages show the name.
    Shown,
    /// It is no donor's name, or may not be shown.
    Left,
    /// No indexed block names it: the node may be ahead.
    NotYet,
}

impl Writer {
    /// Shows a name that a node gave, if the indexed state lets it.
    ///
    /// # Errors
    /// [`IndexError`]; nothing is written then.
    pub fn name(&mut self, chain_id: &ChainId, opening: &OpeningView) -> Result<Named, IndexError> {
        let Some((deposit, name)) = readable(chain_id, opening) else { return Ok(Named::Left) };
        let transaction = self.transaction()?;
        let state = Mirror(&transaction);
        let thing = Thing::Opening(opening.commitment);
        let Some(named) = NAMED.get(&state, &thing)? else { return Ok(Named::NotYet) };
        let key = registry::KEYS.get(&state, &deposit.key)?;
        let is_own = named.organization == deposit.body.organization
            && key.is_some_and(|key| key.organization == named.organization);
        if !is_own || ERASED.contains(&state, &thing)? {
            return Ok(Named::Left);
        }
        let query = "INSERT OR IGNORE INTO donor_names \
                     SELECT commitment, ?2 FROM donors WHERE commitment = ?1";
        let values = params![opening.commitment.to_string(), name.as_str()];
        if transaction.execute(query, values)? > 0 {
            revise(&transaction)?;
        }
        transaction.commit()?;
        Ok(Named::Shown)
    }

    /// Shows no name any more, until a node gives them again.
    ///
    /// # Errors
    /// [`IndexError::Database`].
    pub fn forget_names(&mut self) -> Result<(), IndexError> {
        let transaction = self.transaction()?;
        if transaction.execute("DELETE FROM donor_names", [])? > 0 {
            revise(&transaction)?;
        }
        transaction.commit()?;
        self.unscrubbed = true;
        self.scrub()
    }

    /// Says that the explorer is known to be level: whoever reads the index of a server shows names
    /// only for a minute after.
    ///
    /// # Errors
    /// [`IndexError::Database`].
    pub fn attend(&self) -> Result<(), IndexError> {
        Ok(self.connection.attend()?)
    }

    /// Overwrites what was deleted from the table of names. While a reader holds an earlier state
    /// it cannot be: it is tried again.
    ///
    /// # Errors
    /// [`IndexError::Database`].
    pub fn scrub(&mut self) -> Result<(), IndexError> {
        if self.unscrubbed && !self.is_within() {
            self.unscrubbed = !self.connection.scrub("donor_names")?;
        }
        Ok(())
    }
}

/// The deposit and the name of an opening that opens what it says, and that its organisation made
/// public.
fn readable(chain_id: &ChainId, opening: &OpeningView) -> Option<(Deposit, Name)> {
    let OpeningView { commitment, salt, text, .. } = opening;
    let deposit = Deposit::decode(&opening.deposit.0).ok()?;
    let body = &deposit.body;
    let is_of = body.chain_id == *chain_id
        && body.class == Class::Public
        && body.content == (Content::Opening { commitment: *commitment });
    let opens = deposit::commit(&salt.0.as_slice().try_into().ok()?, text) == *commitment;
    let is_lawful = is_of && opens && deposit.verify().is_ok();
    let name = Name::new(text.as_str()).ok()?;
    let is_shown =
        is_lawful && !name.as_str().trim().is_empty() && personal_number::find(text).is_none();
    is_shown.then_some((deposit, name))
}

/// Notes the donors that a block's acts name, and takes away the names that it erases; whether
/// there were any.
pub(super) fn enter(
    connection: &Connection,
    changes: &Changes,
    acts: &[Act],
) -> Result<bool, IndexError> {
    let mut statement = connection.prepare_cached("INSERT OR IGNORE INTO donors VALUES (?1)")?;
    for commitment in acts.iter().filter_map(|act| donor(&act.subject)) {
        statement.execute([commitment.to_string()])?;
    }
    let mut statement =
        connection.prepare_cached("DELETE FROM donor_names WHERE commitment = ?1")?;
    let mut erased = 0;
    for thing in keys(changes, &ERASED)? {
        if let Thing::Opening(commitment) = thing {
            erased += statement.execute([commitment.to_string()])?;
        }
    }
    if erased > 0 {
        revise(connection)?;
    }
    Ok(erased > 0)
}

/// The natural person who gives by an act.
fn donor(call: &Call) -> Option<&Commitment> {
    let gift = match call {
        Call::Charity(charity::Call::Donate(gift)) => gift,
        Call::Charity(charity::Call::Contribute(act)) => &act.gift,
        _ => return None,
    };
    match &gift.donor {
        Donor::Person(commitment) => Some(commitment),
        Donor::Organization(_) | Donor::Anonymous => None,
    }
}

/// Tells answers of programs apart that differ in names only.
fn revise(connection: &Connection) -> Result<(), IndexError> {
    let query = "INSERT OR REPLACE INTO meta VALUES ('names', lower(hex(randomblob(8))))";
    connection.prepare_cached(query)?.execute([])?;
    Ok(())
}

/// Which names stand in the index; empty before there were any.
///
/// # Errors
/// [`IndexError::Database`].
pub fn revision(connection: &Connection) -> Result<String, IndexError> {
    let query = "SELECT '-' || value FROM meta WHERE key = 'names'";
    let found = connection.prepare_cached(query)?.query_row([], |row| row.get(0)).optional()?;
    Ok(found.unwrap_or_default())
}
