//! The work of an act does not grow with what was done before: what lies too far back is not
//! followed.

use minglian_contracts::book::{self, Basis, Kind, REBASES_FOLLOWED_MAX, Selection};
use minglian_contracts::invariants;
use minglian_contracts::schema::State;
use minglian_ledger::state::MemoryState;

use crate::fen_world::{date, donation, fen, line, payment};

#[test]
fn a_named_inflow_is_followed_through_so_many_rebases_and_no_more() {
    for (rebases, basis) in [
        (REBASES_FOLLOWED_MAX, Basis::Designated),
        (REBASES_FOLLOWED_MAX + 1, Basis::Substitution { inflow: 0 }),
    ] {
        let reader = MemoryState::new();
        let mut state = State::new(&reader);
        let pool = line("社区慈善基金", 2024);
        let give = |state: &mut State<'_>| {
            let gift = book::receive(state, donation(date("2024-01-10")), &pool, fen(10)).unwrap();
            gift.to_interval.start()
        };
        give(&mut state);
        for number in 1..=rebases {
            let named = Selection::Inflow(give(&mut state));
            give(&mut state);
            let to = payment(number as usize);
            book::transfer(&mut state, &pool, &to, fen(10), named).unwrap();
            let moved = book::rebase(&mut state, &pool).unwrap().unwrap();
            assert_eq!(moved.kind, Kind::Rebase);
        }
        let (to, named) = (payment(0), Selection::Inflow(0));
        let refund = book::transfer(&mut state, &pool, &to, fen(4), named).unwrap();
        assert_eq!(refund.iter().map(|part| part.basis).collect::<Vec<_>>(), [basis]);
        // Either way nobody is refunded twice: the gift has answered for 4 of its 10 fen.
        assert_eq!(book::inflow(&state, &pool, 0).unwrap().unwrap().named, fen(4));
        invariants::check_book(&state).unwrap();
    }
}
