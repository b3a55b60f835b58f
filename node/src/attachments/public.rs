//! Which openings everybody may see: those that their organisation made public, once an act of it
//! that took effect names them. While the act waits for other officers, and after it was rejected,
//! withdrawn or out of time, an opening is kept and shown to nobody but officers.

use std::io;

use minglian_contracts::naming::Thing;
use minglian_ledger::deposit::Class;
use minglian_ledger::hash::Commitment;

use super::openings::Opening;
use super::{KeepFault, Keeper};
use crate::derived::DerivedIndex;

/// Most public openings in one answer, and bytes of their texts after which it ends.
const PUBLISHED_PAGE: usize = 100;
const PUBLISHED_TEXT_BYTES: usize = 64 * 1024;

impl Keeper {
    /// Whether everybody may see an opening that is here.
    ///
    /// # Errors
    /// [`KeepFault`] if state or index cannot be read.
    pub fn is_public(&self, commitment: &Commitment, opening: &Opening) -> Result<bool, KeepFault> {
        Ok(opening.deposit.body.class == Class::Public && self.is_in_force(commitment)?)
    }

    /// Openings that everybody may see, behind the number `after` of this run, up to some bytes of
    /// text; where to go on, and whether all are numbered that were here at the start.
    ///
    /// # Errors
    /// [`KeepFault`] if state or files cannot be read.
    pub fn published(&self, after: u64) -> Result<(Vec<Opening>, u64, bool), KeepFault> {
        let is_in_force =
            |commitment: &Commitment| self.is_in_force(commitment).map_err(io::Error::other);
        let (page, is_complete) = self.openings.published(after, PUBLISHED_PAGE, &is_in_force);
        let (mut shown, mut next, mut bytes) = (Vec::new(), after, 0);
        for (number, commitment) in page {
            if bytes > PUBLISHED_TEXT_BYTES {
                break;
            }
            next = number;
            if let Some(opening) = self.opening(&commitment)? {
                bytes += opening.text.len();
                shown.push(opening);
            }
        }
        Ok((shown, next, is_complete))
    }

    /// Whether an act that took effect, of the organisation that answers for it, names it.
    fn is_in_force(&self, commitment: &Commitment) -> Result<bool, KeepFault> {
        let Some(owner) = self.owner(&Thing::Opening(*commitment))? else { return Ok(false) };
        Ok(DerivedIndex::new(self.chain.store()).is_in_force(commitment, &owner)?)
    }
}
