//! Acceptance (验收), with the label that buildings, equipment and activities carry.

use borsh::{BorshDeserialize, BorshSerialize};
use minglian_ledger::date::Date;
use minglian_ledger::hash::AttachmentHash;
use serde::{Deserialize, Serialize};

use super::{ACCEPTANCES, Reference, Stage, begin, reach, require_stage, require_unit};
use crate::context::Context;
use crate::fault::Fault;
use crate::refusal::{Code, Refusal};
use crate::schema::State;

/// Most photos of one acceptance.
pub const PHOTOS_MAX: usize = 64;

/// What was found when a project was accepted.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct Acceptance {
    /// Whether 「彩票公益金资助—中国福利彩票」 was seen in place.
    pub label_confirmed: bool,
    /// Photos, of the label where it must be.
    pub photos: Vec<AttachmentHash>,
    /// The report, if it is attached.
    pub report: Option<AttachmentHash>,
    /// The day.
    pub occurred_on: Date,
}

pub(super) fn accept(
    reference: &Reference,
    acceptance: &Acceptance,
    state: &mut State<'_>,
    context: &mut Context<'_>,
) -> Result<(), Fault> {
    let project = begin(reference, acceptance.occurred_on, state, context)?;
    require_unit(&project, context)?;
    require_stage(&project, &[Stage::Registered, Stage::Contracted])?;
    if project.carries_label && !acceptance.label_confirmed {
        return Err(Refusal::new(Code::LabelMissing, reference).into());
    }
    let photos = acceptance.photos.len();
    if project.carries_label && photos == 0 {
        return Err(Refusal::new(Code::PhotoMissing, reference).into());
    }
    if photos > PHOTOS_MAX {
        let detail = format!("{photos} photos, {PHOTOS_MAX} are the most");
        return Err(Refusal::new(Code::TooManyPhotos, detail).into());
    }
    ACCEPTANCES.put(state, reference, acceptance);
    reach(reference, project, Stage::Accepted, acceptance.occurred_on, state, context);
    Ok(())
}
