//! Moving an enrolment from one county or programme to another, by agreement of both. The person
//! gets an index here; the old index stays, since a list never shrinks, and opens to zero from the
//! month after the last that the old county pays.

use borsh::{BorshDeserialize, BorshSerialize};
use minglian_ledger::date::Month;
use minglian_ledger::height::LogIndex;
use minglian_ledger::organization_code::OrganizationCode;
use minglian_ledger::subsidy::domain::EnrolmentRoot;
use serde::{Deserialize, Serialize};

use super::Event;
use super::entry::{self, Entry, TAGS, TagPlace};
use super::evaluation::EvaluationRequest;
use super::list::{self, ListName};
use crate::context::Context;
use crate::fault::Fault;
use crate::refusal::{Code, Refusal};
use crate::schema::State;

/// Moves an enrolment to the acting county.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct Transfer {
    /// Number of the programme, on whose list here the person gets an index.
    pub programme: u16,
    /// The record of this county's request.
    pub request: LogIndex,
    /// The members whose answers are put together.
    pub members: Vec<u16>,
    /// The person, as for an enrolment.
    pub entry: Entry,
    /// The county that the enrolment leaves, which has to agree.
    pub from: OrganizationCode,
    /// The last month that it pays: not before the month in which this takes effect, since it may
    /// have paid for that already, nor before the last one of the county that the person came
    /// from, which pays until then.
    pub last_month: Month,
}

pub(super) fn transfer(
    act: &Transfer,
    state: &mut State<'_>,
    context: &mut Context<'_>,
) -> Result<(), Fault> {
    let Transfer { programme, request, members, entry, from, last_month } = act;
    if *last_month < context.today().month() {
        return Err(Refusal::new(Code::TransferTooEarly, last_month).into());
    }
    let entries = std::slice::from_ref(entry);
    let EvaluationRequest { county, group, epoch, .. } =
        entry::verified(*request, members, entries, state, context)?;
    let (programme, tag) = (*programme, (group, epoch, entry.tag));
    let to = ListName { county, programme, epoch };
    let place = TAGS.get(state, &tag)?.filter(|place| {
        place.county == *from && (place.county, place.programme) != (county, programme)
    });
    let Some(place) = place else {
        return Err(Refusal::new(Code::TagNotThere, from).into());
    };
    let left = ListName { county: place.county, programme: place.programme, epoch };
    list::require_from(left, place.index, *last_month, state)?;
    let (to_index, list) = list::append(to, group, &[entry.tag], state, context)?;
    TAGS.put(state, &tag, &TagPlace { county, programme, index: to_index });
    list::bound(left, place.index, |tenure| tenure.until = Some(*last_month), state)?;
    list::bound(to, to_index, |tenure| tenure.after = Some(*last_month), state)?;
    context.emit(Event::Transferred {
        from: left,
        from_index: place.index,
        to,
        to_index,
        last_month: *last_month,
        root: EnrolmentRoot(list.root),
    });
    Ok(())
}
