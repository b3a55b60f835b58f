//! Acts that several officers of one organisation take together.

use minglian_contracts::approval;
use minglian_contracts::book::{self, AccountId};
use minglian_contracts::call::Call;
use minglian_contracts::event::{Event, Outcome};
use minglian_contracts::refusal::Code;
use minglian_ledger::fen::{Fen, Unit};

use crate::world::World;

/// An amount as notices print it, in 元.
pub fn yuan(text: &str) -> Fen {
    Fen::parse_published(text, Unit::Yuan).unwrap()
}

/// Proposes as `organization`'s maker and approves as the officers in `roles`, in order; the
/// events of the act, or the code by which one of the steps was refused.
pub fn act(
    world: &mut World,
    organization: &str,
    call: &Call,
    roles: &[&str],
) -> Result<Vec<Event>, Code> {
    let (proposal, mut outcome) = world.act(&format!("{organization}.maker"), call);
    for role in roles {
        result(outcome)?;
        let approve = Call::Approval(approval::Call::Approve { proposal });
        outcome = world.act(&format!("{organization}.{role}"), &approve).1;
    }
    result(outcome)
}

/// What an act by maker and checker comes to.
pub fn checked(world: &mut World, organization: &str, call: &Call) -> Result<Vec<Event>, Code> {
    act(world, organization, call, &["checker"])
}

/// What one officer's act comes to.
pub fn alone(world: &mut World, actor: &str, call: &Call) -> Result<Vec<Event>, Code> {
    result(world.act(actor, call).1)
}

fn result(outcome: Outcome) -> Result<Vec<Event>, Code> {
    match outcome {
        Outcome::Applied(events) => Ok(events),
        Outcome::Refused { code, .. } => Err(Code::from_number(code).unwrap()),
    }
}

/// The balance of an account; nothing for one that never had money.
pub fn balance(world: &World, account: &AccountId) -> Fen {
    book::account(&world.state, account).unwrap().map_or(Fen::ZERO, |it| it.balance())
}
