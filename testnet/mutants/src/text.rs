//! A source file in which every change stands behind a switch.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::ops::Range;

/// The expression that asks whether change `number` is switched on.
fn is_on(number: usize) -> String {
    format!("crate::mutation::is({number})")
}

/// First byte and end of an expression: outer ones come before inner ones.
type Extent = (usize, Reverse<usize>);

/// What is to be written into one file: choices between expressions, and text between them.
#[derive(Debug, Default)]
pub struct Plan {
    /// The changes of each expression, and what each makes of it.
    choices: BTreeMap<Extent, Vec<(usize, String)>>,
    /// By place: the changes and the text that is inserted for each.
    insertions: BTreeMap<usize, Vec<(usize, String)>>,
    /// Bodies of functions that can end early, with the changes that do it.
    bodies: Vec<(Range<usize>, usize)>,
    /// What is left out.
    removals: BTreeMap<usize, usize>,
}

/// Where in the new text something stands that changes brought.
#[derive(Debug, Clone)]
pub struct Placed {
    /// Its bytes.
    pub range: Range<usize>,
    /// The changes.
    pub mutants: BTreeSet<usize>,
}

/// A file with switches.
#[derive(Debug, Default)]
pub struct Switched {
    /// Its text.
    pub text: String,
    /// What of it the changes brought.
    pub placed: Vec<Placed>,
}

impl Plan {
    /// While `number` is on, the expression at `range` is `text`.
    pub fn choose(&mut self, range: Range<usize>, number: usize, text: String) {
        self.choices.entry((range.start, Reverse(range.end))).or_default().push((number, text));
    }

    /// While `number` is on, the function whose body is `range` returns `value`.
    pub fn end_early(&mut self, range: Range<usize>, number: usize, value: &str) {
        let text = format!("if {} {{ return {value}; }} ", is_on(number));
        self.insertions.entry(range.start).or_default().push((number, text));
        self.bodies.push((range, number));
    }

    /// While `number` is on, the arm whose pattern ends at `end` matches nothing.
    pub fn skip_arm(&mut self, end: usize, number: usize) {
        let text = format!(" if !{}", is_on(number));
        self.insertions.entry(end).or_default().push((number, text));
    }

    /// The text at `range` is left out.
    pub fn remove(&mut self, range: Range<usize>) {
        self.removals.insert(range.start, range.end);
    }

    /// The text of a file with all of this.
    pub fn write(&self, source: &str) -> Switched {
        let mut writer =
            Writer { plan: self, source, switched: Switched::default(), starts: BTreeMap::new() };
        let choices: Vec<_> = self.choices.keys().copied().collect();
        writer.span(0..source.len(), &choices);
        let Writer { mut switched, starts, .. } = writer;
        for (range, number) in &self.bodies {
            let at = |place: usize| {
                let (old, new) = starts.range(..=place).next_back().unwrap_or((&0, &0));
                new + place - old
            };
            let range = at(range.start)..at(range.end);
            switched.placed.push(Placed { range, mutants: [*number].into() });
        }
        switched
    }
}

struct Writer<'a> {
    plan: &'a Plan,
    source: &'a str,
    switched: Switched,
    /// Where parts of the source begin, there and in the new text.
    starts: BTreeMap<usize, usize>,
}

impl Writer<'_> {
    /// Copies `range`, with `choices` of which all lie in it.
    fn span(&mut self, range: Range<usize>, choices: &[Extent]) {
        let mut from = range.start;
        let mut rest = choices;
        while let Some(((start, Reverse(end)), after)) = rest.split_first() {
            self.copy(from..*start);
            let inner = after.partition_point(|(place, _)| place < end);
            self.choice(*start..*end, &after[..inner]);
            (from, rest) = (*end, &after[inner..]);
        }
        self.copy(from..range.end);
    }

    fn choice(&mut self, range: Range<usize>, inner: &[Extent]) {
        let begin = self.switched.text.len();
        let alternatives = &self.plan.choices[&(range.start, Reverse(range.end))];
        self.switched.text.push('(');
        for (number, alternative) in alternatives {
            let start = self.switched.text.len();
            let _ = write!(self.switched.text, "if {} {{ {alternative} }} else ", is_on(*number));
            self.place(start, [*number].into());
        }
        self.switched.text.push_str("{ ");
        self.span(range, inner);
        self.switched.text.push_str(" })");
        self.place(begin, alternatives.iter().map(|(number, _)| *number).collect());
    }

    /// Copies text without choices, and what is inserted before its parts.
    fn copy(&mut self, range: Range<usize>) {
        let mut from = range.start;
        let cuts: BTreeSet<usize> = self
            .plan
            .insertions
            .range(range.clone())
            .map(|(place, _)| *place)
            .chain(self.plan.removals.range(range.clone()).map(|(place, _)| *place))
            .collect();
        for cut in cuts {
            self.verbatim(from..cut);
            from = cut;
            for (number, text) in self.plan.insertions.get(&cut).into_iter().flatten() {
                let start = self.switched.text.len();
                self.switched.text.push_str(text);
                self.place(start, [*number].into());
            }
            from = self.plan.removals.get(&cut).copied().unwrap_or(from);
        }
        self.verbatim(from..range.end);
    }

    fn verbatim(&mut self, range: Range<usize>) {
        self.starts.insert(range.start, self.switched.text.len());
        self.switched.text.push_str(&self.source[range]);
    }

    fn place(&mut self, start: usize, mutants: BTreeSet<usize>) {
        let range = start..self.switched.text.len();
        self.switched.placed.push(Placed { range, mutants });
    }
}
