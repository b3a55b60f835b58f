//! A file with switches computes what its changes would, one at a time.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::process::Command;

use minglian_mutants::mutant::{Genre, Mutant, Place, Span};
use minglian_mutants::source::{self, Unfit};

/// What is changed, and the compiler's view of it: `is` reads a variable.
const SOURCE: &str = r#"
mod mutation {
    pub fn is(number: usize) -> bool {
        std::env::var("CHOSEN").unwrap() == number.to_string()
    }
}

#[derive(Default)]
struct Pair { left: i32, right: i32 }

// 明链: columns are characters, offsets are bytes.
const LIMIT: i32 = 3 + 4;

const fn twice(number: i32) -> i32 {
    number * 2
}

fn either(a: bool, b: bool, c: bool) -> bool { /* 或 */ a && b && c }

fn kind(number: i32) -> &'static str {
    match number {
        0 => "none",
        it if it < 0 => "negative",
        _ => "some",
    }
}

fn pair() -> Pair {
    Pair { left: 5, ..Pair { left: 1, right: 1 } }
}

fn beside(it: Option<i32>) -> i32 {
    let mut sum = 0;
    if let Some(it) = it && it != 0 { sum += it - 1; }
    -sum
}

fn main() {
    let Pair { left, right } = pair();
    let either = [either(true, false, false), either(false, true, true)];
    println!("{} {either:?} {} {} {}", twice(4), kind(0), kind(-1), left * 10 + right);
    println!("{LIMIT} {} {}", beside(Some(6)), beside(Some(0)));
}
"#;

const UNCHANGED: &str = "8 [false, false] none negative 51\n7 -5 0\n";

fn place(byte: usize) -> Place {
    let before = &SOURCE[..byte];
    let line = before.lines().count().max(1);
    let column = before.rsplit('\n').next().unwrap().chars().count() + 1;
    Place { line: line + usize::from(before.ends_with('\n')), column }
}

/// A change of `part` in the text `within`, which stands there once.
fn mutant(genre: Genre, within: &str, part: &str, replacement: &str) -> Mutant {
    assert_eq!(SOURCE.matches(within).count(), 1, "{within}");
    let start = SOURCE.find(within).unwrap() + within.find(part).unwrap();
    let span = Span { start: place(start), end: place(start + part.len()) };
    let (name, file) = (format!("{within}: {part} to {replacement}"), "one.rs".to_owned());
    Mutant { name, file, genre, replacement: replacement.to_owned(), span }
}

/// The changes, and what the program then says.
fn changes() -> Vec<(Mutant, &'static str)> {
    use Genre::*;
    vec![
        (
            mutant(BinaryOperator, "number * 2", "*", "+"),
            "6 [false, false] none negative 51\n7 -5 0\n",
        ),
        (
            mutant(FnValue, "number * 2", "number * 2", "1"),
            "1 [false, false] none negative 51\n7 -5 0\n",
        ),
        // As in the text, `||` binds after `&&`.
        (mutant(BinaryOperator, "a && b", "&&", "||"), "8 [true, true] none negative 51\n7 -5 0\n"),
        (mutant(BinaryOperator, "&& c", "&&", "||"), "8 [false, true] none negative 51\n7 -5 0\n"),
        (
            mutant(MatchArm, "0 => \"none\",", "0 => \"none\",", ""),
            "8 [false, false] some negative 51\n7 -5 0\n",
        ),
        (
            mutant(MatchArmGuard, "it < 0", "it < 0", "false"),
            "8 [false, false] none some 51\n7 -5 0\n",
        ),
        (mutant(BinaryOperator, "it < 0", "<", ">"), "8 [false, false] none some 51\n7 -5 0\n"),
        (
            mutant(StructField, "left: 5,", "left: 5,", ""),
            "8 [false, false] none negative 11\n7 -5 0\n",
        ),
        (
            mutant(BinaryOperator, "it != 0", "!=", "=="),
            "8 [false, false] none negative 51\n7 0 1\n",
        ),
        (
            mutant(BinaryOperator, "sum += it", "+=", "-="),
            "8 [false, false] none negative 51\n7 5 0\n",
        ),
        (mutant(BinaryOperator, "it - 1", "-", "+"), "8 [false, false] none negative 51\n7 -7 0\n"),
        (mutant(UnaryOperator, "    -sum", "-", ""), "8 [false, false] none negative 51\n7 5 0\n"),
    ]
}

fn plan(mutants: &[Mutant], constant: &BTreeSet<String>) -> source::Source {
    let numbered: BTreeMap<usize, &Mutant> = (1..).zip(mutants).collect();
    source::plan(SOURCE, &numbered, constant).unwrap()
}

#[test]
fn every_switch_computes_what_its_change_would() {
    let (mutants, said): (Vec<Mutant>, Vec<&str>) = changes().into_iter().unzip();
    let source = plan(&mutants, &BTreeSet::new());
    assert_eq!(source.unfit, BTreeMap::new());
    let directory = std::env::temp_dir().join(format!("minglian-mutants-{}", std::process::id()));
    fs::create_dir_all(&directory).unwrap();
    let (file, program) = (directory.join("one.rs"), directory.join("one"));
    fs::write(&file, source.plan.write(SOURCE).text).unwrap();
    let mut compiler = Command::new("rustc");
    compiler.args(["--edition", "2024", "--allow", "warnings", "-o"]).arg(&program).arg(&file);
    assert!(compiler.status().unwrap().success());
    let run = |number: usize| {
        let output = Command::new(&program).env("CHOSEN", number.to_string()).output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    assert_eq!(run(0), UNCHANGED);
    for (number, said) in (1..).zip(said) {
        assert_eq!(run(number), said, "{}", mutants[number - 1].name);
    }
    fs::remove_dir_all(directory).unwrap();
}

#[test]
fn what_a_change_brought_is_found_in_the_new_text() {
    let (mutants, _): (Vec<Mutant>, Vec<&str>) = changes().into_iter().unzip();
    let switched = plan(&mutants, &BTreeSet::new()).plan.write(SOURCE);
    let smallest = |part: &str| {
        let start = switched.text.find(part).unwrap();
        let around = switched
            .placed
            .iter()
            .filter(|placed| placed.range.start <= start && start + part.len() <= placed.range.end);
        around.min_by_key(|placed| placed.range.len()).unwrap().mutants.clone()
    };
    assert_eq!(smallest("number  +  2"), [1].into());
    assert_eq!(smallest("return 1;"), [2].into());
    assert_eq!(smallest("a  ||  b && c"), [3].into());
    assert_eq!(smallest("it  ==  0"), [9].into());
    // Of what is there twice, the expression as it was belongs to all its changes.
    assert_eq!(smallest("{ a && b && c }"), [3, 4].into());
}

#[test]
fn what_takes_no_switch_is_named_with_the_reason() {
    use Genre::*;
    let beside = mutant(BinaryOperator, "it && it", "&&", "||");
    let computed = mutant(BinaryOperator, "3 + 4", "+", "-");
    let function = mutant(BinaryOperator, "number * 2", "*", "+");
    let mutants = [beside, computed, function];
    let unfit = |constant: &BTreeSet<String>| plan(&mutants, constant).unfit;
    let expected = [(1, Unfit::BesideLet), (2, Unfit::Constant)];
    assert_eq!(unfit(&BTreeSet::new()), expected.into());
    let expected = [expected[0], expected[1], (3, Unfit::Constant)];
    assert_eq!(unfit(&["twice".to_owned()].into()), expected.into());
}

#[test]
fn a_change_that_is_not_where_it_says_is_an_error() {
    let mut lost = mutant(Genre::BinaryOperator, "3 + 4", "+", "-");
    lost.span.start.column += 1;
    let numbered = BTreeMap::from([(1, &lost)]);
    let error = source::plan(SOURCE, &numbered, &BTreeSet::new()).unwrap_err().to_string();
    assert!(error.contains("is not found"), "{error}");
}
