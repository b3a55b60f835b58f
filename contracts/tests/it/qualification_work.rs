//! What a department enters of a charity makes none of the charity's acts dearer.

use minglian_contracts::charity::qualification::{
    self, CharityForm, QUALIFICATIONS, Qualification, QualificationKind,
};
use minglian_contracts::schema::State;
use minglian_ledger::date::Date;

use crate::counting::Counting;
use crate::world::{World, code, text};

#[test]
fn the_qualification_of_a_day_is_found_in_a_few_reads_however_many_there_are() {
    let world = World::new();
    let mut state = State::new(&world.state);
    let first: Date = "1950-01-01".parse().unwrap();
    for day in 0..5_000 {
        let valid_from = first.add_days(day).unwrap();
        let qualification = Qualification {
            certificate: text("证"),
            form: CharityForm::Foundation,
            registered_on: first,
            valid_from,
            valid_until: Some(valid_from),
        };
        let key = qualification::key(code("home"), QualificationKind::Charity, valid_from);
        QUALIFICATIONS.put(&mut state, &key, &qualification);
    }
    let counting = Counting::new(&state);
    let none: Date = "2026-01-01".parse().unwrap();
    let kind = QualificationKind::Charity;
    assert!(qualification::find(&counting, &code("home"), kind, none).unwrap().is_none());
    assert_eq!(counting.all(), 2, "one scan, one row");
    // Each is found on its day, and on no other.
    for days in [0, 1, 2_500, 4_999] {
        let day = first.add_days(days).unwrap();
        let found = qualification::find(&state, &code("home"), kind, day).unwrap().unwrap();
        assert_eq!(found.valid_from, day);
    }
    let before = first.add_days(-1).unwrap();
    assert!(qualification::find(&state, &code("home"), kind, before).unwrap().is_none());
}
