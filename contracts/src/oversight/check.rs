//! Whole-table checks of oversight, for tests, audits and `testnet check`.

use borsh::{BorshDeserialize, BorshSerialize};
use minglian_ledger::state::{StateError, StateRead};

use super::audit::{ENGAGEMENTS, EngagementName};
use super::complaint::{COMPLAINTS, ComplaintName, HANDLED};
use super::draw::{self, DRAWS};
use super::finding::{FINDINGS, FINDINGS_ABOUT, FindingNumber, FindingStage};
use super::sample::{self, Drawn, Progress, SAMPLES, Sample, SampleName, TARGETS};
use crate::schema::Table;

/// How many entries are read at once.
const PAGE: usize = 1_000;

/// An entry of oversight that breaks an invariant.
#[derive(Debug, thiserror::Error)]
pub enum OversightViolation {
    /// The state cannot be read.
    #[error(transparent)]
    State(#[from] StateError),
    /// A complaint is handled by whom it is about, or is not in its handler's list.
    #[error("complaint {0:?} is handled by whom it is about, or not listed for its handler")]
    Handler(ComplaintName),
    /// A finding is in no list of the organisation that it is about, or that is the auditor.
    #[error("finding {1} of {0:?} is about its auditor, or not listed for whom it is about")]
    About(EngagementName, FindingNumber),
    /// The findings that an engagement lists as open are not those that are not confirmed.
    #[error("engagement {0:?} lists other findings as open than are not confirmed")]
    Open(EngagementName),
    /// The seed of a sample is not that of its plan, block and draw.
    #[error("the seed of {0:?} is not that of its plan, block and draw")]
    Seed(SampleName),
    /// No block is awaited for a plan.
    #[error("the block of {0:?} is not awaited")]
    Target(SampleName),
}

/// Checks every complaint, engagement and plan; returns how many there are.
///
/// # Errors
/// The first [`OversightViolation`].
pub fn check_oversight(reader: &dyn StateRead) -> Result<usize, OversightViolation> {
    Ok(check_complaints(reader)? + check_audits(reader)? + check_samples(reader)?)
}

/// Reads a whole table in pages.
fn each<K, V>(
    reader: &dyn StateRead,
    table: &Table<K, V>,
    mut check: impl FnMut(K, V) -> Result<(), OversightViolation>,
) -> Result<usize, OversightViolation>
where
    K: BorshSerialize + BorshDeserialize + Clone,
    V: BorshSerialize + BorshDeserialize,
{
    let (mut count, mut after) = (0, None);
    loop {
        let page = table.scan(reader, &(), after.as_ref(), PAGE)?;
        let Some((last, _)) = page.last() else { return Ok(count) };
        after = Some(last.clone());
        count += page.len();
        page.into_iter().try_for_each(|(key, value)| check(key, value))?;
    }
}

fn check_complaints(reader: &dyn StateRead) -> Result<usize, OversightViolation> {
    each(reader, &COMPLAINTS, |name, complaint| {
        let is_listed = HANDLED.contains(reader, &(complaint.handler, name.clone()))?;
        if complaint.handler == complaint.respondent || !is_listed {
            return Err(OversightViolation::Handler(name));
        }
        Ok(())
    })
}

fn check_audits(reader: &dyn StateRead) -> Result<usize, OversightViolation> {
    each(reader, &FINDINGS, |(name, number), finding| {
        let key = (finding.organization, name.clone(), number);
        if finding.organization == name.organization || !FINDINGS_ABOUT.contains(reader, &key)? {
            return Err(OversightViolation::About(name, number));
        }
        Ok(())
    })?;
    each(reader, &ENGAGEMENTS, |name, audit| {
        // A number is one byte, so this is all of them.
        let findings = FINDINGS.scan(reader, &name, None, usize::from(FindingNumber::MAX) + 1)?;
        let is_open = |stage| stage != FindingStage::Confirmed;
        let open = findings.iter().filter(|(_, finding)| is_open(finding.stage));
        let open: Vec<FindingNumber> = open.map(|((_, number), _)| *number).collect();
        if open != audit.open || findings.len() as u64 != u64::from(audit.findings) {
            return Err(OversightViolation::Open(name));
        }
        Ok(())
    })
}

fn check_samples(reader: &dyn StateRead) -> Result<usize, OversightViolation> {
    each(reader, &SAMPLES, |name, sample| {
        if TARGETS.get(reader, &sample.plan.target)?.is_none() {
            return Err(OversightViolation::Target(name));
        }
        match &sample.progress {
            Progress::Drawn(drawn) if !is_seed(reader, &name, &sample, drawn)? => {
                Err(OversightViolation::Seed(name))
            }
            _ => Ok(()),
        }
    })
}

fn is_seed(
    reader: &dyn StateRead,
    name: &SampleName,
    sample: &Sample,
    drawn: &Drawn,
) -> Result<bool, StateError> {
    let named = &sample.plan.draw;
    let target = TARGETS.get(reader, &sample.plan.target)?.flatten();
    let entered = DRAWS.get(reader, &draw::key(named))?.and_then(|awaited| awaited.entered);
    let (Some(target), Some(entered)) = (target, entered) else { return Ok(false) };
    let seed = sample::seed(&name.organization, &sample.plan, target.block, &entered.draw);
    Ok(seed == drawn.seed && target.block == drawn.block && target.date < named.date)
}
