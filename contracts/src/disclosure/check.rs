//! Whole-table checks of obligations and publications, for tests, audits and `testnet check`.

use std::collections::BTreeMap;

use minglian_ledger::organization_code::OrganizationCode;
use minglian_ledger::state::{StateError, StateRead};

use super::duty::{BY_DUE, DUTIES, DutyKey};
use super::obligation::{self, IndexNumber, MET, ObligationName};
use super::publication::PUBLICATIONS;
use crate::schema::OrderedDay;

/// How many entries are read at once.
const PAGE: usize = 1_000;

/// An obligation or publication that breaks an invariant.
#[derive(Debug, thiserror::Error)]
pub enum DisclosureViolation {
    /// The state cannot be read.
    #[error(transparent)]
    State(#[from] StateError),
    /// A duty is not where its last day says, or not only there.
    #[error("{1} of {0}: {2} is not where its last day says")]
    Misplaced(OrganizationCode, String, String),
    /// The list of duties by day names more than there are.
    #[error("{listed} duties are listed by day, {found} exist")]
    Listed {
        /// In the list.
        listed: usize,
        /// Duties.
        found: usize,
    },
    /// Something is met that is not owed, or by a publication that is not there.
    #[error("{0}: {1:?} is met and not owed, or by nothing")]
    MetByNothing(OrganizationCode, ObligationName),
    /// A duty counts more periods as met than are.
    #[error("{0}: {1} of {2} counts {3} periods as met, {4} are")]
    MetCount(OrganizationCode, String, String, u32, u32),
    /// A correction and what it corrects do not name one another.
    #[error("{0}: {1} is corrected by nothing, or by what corrects something else")]
    Correction(OrganizationCode, IndexNumber),
}

/// Checks every duty and every publication; returns how many duties there are.
///
/// # Errors
/// The first [`DisclosureViolation`].
pub fn check_disclosures(reader: &dyn StateRead) -> Result<usize, DisclosureViolation> {
    let met = check_met(reader)?;
    let (mut found, mut after) = (0, None);
    loop {
        let page = DUTIES.scan(reader, &(), after.as_ref(), PAGE)?;
        let Some((last, _)) = page.last() else { break };
        after = Some(last.clone());
        for ((holder, rule, subject), duty) in page {
            found += 1;
            let place = OrderedDay::earliest_first(duty.due_on);
            let key = (holder, duty.shelf(), place, rule.clone(), subject.clone());
            if !BY_DUE.contains(reader, &key)? {
                let (rule, subject) = (rule.to_string(), subject.to_string());
                return Err(DisclosureViolation::Misplaced(holder, rule, subject));
            }
            let key = (holder, rule, subject);
            let known = met.get(&key).copied().unwrap_or(0);
            if duty.met > known {
                let (rule, subject) = (key.1.to_string(), key.2.to_string());
                let violation = DisclosureViolation::MetCount;
                return Err(violation(holder, rule, subject, duty.met, known));
            }
        }
    }
    let listed = BY_DUE.scan(reader, &(), None, usize::MAX)?.len();
    if listed != found {
        return Err(DisclosureViolation::Listed { listed, found });
    }
    check_corrections(reader)?;
    Ok(found)
}

/// What is met was owed when it was, by a publication that names it; how many periods of each duty.
fn check_met(reader: &dyn StateRead) -> Result<BTreeMap<DutyKey, u32>, DisclosureViolation> {
    let (mut counts, mut after) = (BTreeMap::new(), None);
    loop {
        let page = MET.scan(reader, &(), after.as_ref(), PAGE)?;
        let Some((last, _)) = page.last() else { return Ok(counts) };
        after = Some(last.clone());
        for ((holder, name), met) in page {
            let is_owed = obligation::find(reader, &holder, &name)?.is_some();
            let publication = PUBLICATIONS.get(reader, &(holder, met.publication))?;
            let is_named = publication.is_some_and(|it| it.meets.contains(&name));
            if !is_owed || !is_named {
                return Err(DisclosureViolation::MetByNothing(holder, name));
            }
            let count: &mut u32 = counts.entry((holder, name.rule, name.subject)).or_default();
            *count = count.saturating_add(1);
        }
    }
}

fn check_corrections(reader: &dyn StateRead) -> Result<(), DisclosureViolation> {
    let mut after = None;
    loop {
        let page = PUBLICATIONS.scan(reader, &(), after.as_ref(), PAGE)?;
        let Some((last, _)) = page.last() else { return Ok(()) };
        after = Some(last.clone());
        for ((holder, index_number), publication) in page {
            let Some(newer) = publication.corrected_by else { continue };
            let correction = PUBLICATIONS.get(reader, &(holder, newer))?;
            let is_answered =
                correction.is_some_and(|it| it.corrects.as_ref() == Some(&index_number));
            if !is_answered {
                return Err(DisclosureViolation::Correction(holder, index_number));
            }
        }
    }
}
