//! Tries a sample of the changes, several at a time.

use std::sync::Mutex;

use crate::jobs;
use crate::mutant::Mutant;
use crate::outcome::{Line, Outcome, Outcomes, Summary};
use crate::tree::Tree;
use crate::trial::{End, Kind, Noticed, Program, Test};

/// All that trying changes needs.
#[derive(Debug)]
pub struct Run {
    tree: Tree,
    program: Program,
    tests: Vec<Test>,
    state: Mutex<(Outcomes, Noticed)>,
}

impl Run {
    /// With a tree whose `tests` are in `program`, and what became of changes before.
    pub fn new(tree: Tree, program: Program, tests: Vec<Test>, outcomes: Outcomes) -> Self {
        Self { tree, program, tests, state: Mutex::new((outcomes, Noticed::default())) }
    }

    /// Tries what is not known yet of `sample`, `jobs` tests at a time. The quick tests of all come
    /// before the slow ones of any: what they catch is known soonest.
    ///
    /// # Errors
    ///
    /// If a test cannot be run or a line not be written.
    pub fn sample(&self, sample: &[(usize, Mutant)], jobs: usize) -> anyhow::Result<()> {
        self.without_tests(sample)?;
        let (open, missed) = (Some(Outcome::Open), Some(Outcome::Missed));
        self.phase(sample, jobs, &[Kind::Quick], open, |before| before.is_none())?;
        let rest = [Kind::Slow, Kind::Recorded];
        self.phase(sample, jobs, &rest, missed, |before| before == open)
    }

    /// Tries what other tests did not catch. What these do not catch either stays as it was.
    ///
    /// # Errors
    ///
    /// If a test cannot be run or a line not be written.
    pub fn again(&self, sample: &[(usize, Mutant)], jobs: usize) -> anyhow::Result<()> {
        let kinds = [Kind::Quick, Kind::Slow, Kind::Recorded];
        let is_left = |before: Option<Outcome>| before.is_some_and(Outcome::depends_on_tests);
        self.phase(sample, jobs, &kinds, None, is_left)
    }

    /// What is known of `sample`.
    ///
    /// # Errors
    ///
    /// If a thread has died.
    pub fn summary(&self, sample: &[(usize, Mutant)]) -> anyhow::Result<Summary> {
        let names = sample.iter().map(|(_, mutant)| mutant.name.as_str());
        self.with(|outcomes, _| outcomes.summary(names))
    }

    fn with<T>(&self, act: impl FnOnce(&mut Outcomes, &mut Noticed) -> T) -> anyhow::Result<T> {
        let mut state = self.state.lock().map_err(|_| anyhow::anyhow!("a thread died"))?;
        let (outcomes, noticed) = &mut *state;
        Ok(act(outcomes, noticed))
    }

    fn add(&self, mutant: &Mutant, outcome: Outcome, by: Option<&str>) -> anyhow::Result<()> {
        let line = Line {
            mutant: mutant.name.clone(),
            outcome,
            by: by.map(str::to_owned),
            sources: self.tree.untaken.digest.clone(),
            tests: self.program.digest.clone(),
        };
        self.with(|outcomes, _| outcomes.add(line))?
    }

    /// Notes what no test need be run for.
    fn without_tests(&self, sample: &[(usize, Mutant)]) -> anyhow::Result<()> {
        for (number, mutant) in sample {
            if self.with(|outcomes, _| outcomes.of(&mutant.name))?.is_some() {
                continue;
            }
            let outcome = if self.tree.untaken.mutants.contains(number) {
                Outcome::Unviable
            } else if let Some(unfit) = self.tree.unfit.get(number) {
                unfit.outcome()
            } else if self.tests.iter().any(|test| test.reaches.contains(number)) {
                continue;
            } else {
                Outcome::Unreached
            };
            self.add(mutant, outcome, None)?;
        }
        Ok(())
    }

    /// Runs the tests of `kinds` for each change of which `is_left` holds; what they do not catch
    /// is `otherwise`, or stays as it was.
    fn phase(
        &self,
        sample: &[(usize, Mutant)],
        jobs: usize,
        kinds: &[Kind],
        otherwise: Option<Outcome>,
        is_left: impl Fn(Option<Outcome>) -> bool,
    ) -> anyhow::Result<()> {
        let mut left = Vec::new();
        for (number, mutant) in sample {
            if is_left(self.with(|outcomes, _| outcomes.of(&mutant.name))?) {
                left.push((*number, mutant));
            }
        }
        let total = left.len();
        let work = |(done, (number, mutant)): (usize, (usize, &Mutant))| {
            if done % 50 == 0 {
                eprintln!("{done} of {total}, {kinds:?}");
            }
            let caught = self.one(number, mutant, kinds)?;
            let (outcome, by) = caught.map_or((otherwise, None), |(it, by)| (Some(it), Some(by)));
            outcome.map_or(Ok(()), |outcome| self.add(mutant, outcome, by))
        };
        jobs::each(left.into_iter().enumerate().collect(), jobs, work)?;
        Ok(())
    }

    /// How a change is caught, and by which test.
    fn one(
        &self,
        number: usize,
        mutant: &Mutant,
        kinds: &[Kind],
    ) -> anyhow::Result<Option<(Outcome, &str)>> {
        for kind in kinds {
            let order = self.with(|outcomes, noticed| {
                let likely = outcomes.likely(&mutant.name);
                noticed.order(&self.tests, *kind, number, &mutant.file, likely)
            })?;
            for index in order {
                let test = &self.tests[index];
                let outcome = match (self.program.run(test, number)?, kind) {
                    (End::Passed, _) => continue,
                    (_, Kind::Recorded) => Outcome::CaughtByRecord,
                    (End::Failed, _) => Outcome::Caught,
                    (End::TimedOut, _) => Outcome::TimedOut,
                };
                self.with(|_, noticed| noticed.note(&mutant.file, index))?;
                return Ok(Some((outcome, &test.name)));
            }
        }
        Ok(None)
    }
}
