//! Tries a sample of the changes, several at a time.

use std::sync::Mutex;
use std::thread;

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
        self.phase(sample, jobs, &[Kind::Quick])?;
        self.phase(sample, jobs, &[Kind::Slow, Kind::Recorded])
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

    /// Runs the tests of `kinds` for each change that those before left open.
    fn phase(&self, sample: &[(usize, Mutant)], jobs: usize, kinds: &[Kind]) -> anyhow::Result<()> {
        let before = (!kinds.contains(&Kind::Quick)).then_some(Outcome::Open);
        let mut left = Vec::new();
        for (number, mutant) in sample {
            if self.with(|outcomes, _| outcomes.of(&mutant.name))? == before {
                left.push((*number, mutant));
            }
        }
        let total = left.len();
        let left = Mutex::new(left.into_iter().enumerate());
        let work = || -> anyhow::Result<()> {
            loop {
                let next = left.lock().map_err(|_| anyhow::anyhow!("a thread died"))?.next();
                let Some((done, (number, mutant))) = next else { return Ok(()) };
                if done % 50 == 0 {
                    eprintln!("{done} of {total}, {kinds:?}");
                }
                self.one(number, mutant, kinds)?;
            }
        };
        thread::scope(|scope| {
            let threads: Vec<_> = (0..jobs).map(|_| scope.spawn(work)).collect();
            for thread in threads {
                thread.join().map_err(|_| anyhow::anyhow!("a thread died"))??;
            }
            Ok(())
        })
    }

    fn one(&self, number: usize, mutant: &Mutant, kinds: &[Kind]) -> anyhow::Result<()> {
        for kind in kinds {
            let order =
                self.with(|_, noticed| noticed.order(&self.tests, *kind, number, &mutant.file))?;
            for index in order {
                let test = &self.tests[index];
                let outcome = match (self.program.run(test, number)?, kind) {
                    (End::Passed, _) => continue,
                    (_, Kind::Recorded) => Outcome::CaughtByRecord,
                    (End::Failed, _) => Outcome::Caught,
                    (End::TimedOut, _) => Outcome::TimedOut,
                };
                self.with(|_, noticed| noticed.note(&mutant.file, index))?;
                return self.add(mutant, outcome, Some(&test.name));
            }
        }
        let is_last = kinds.contains(&Kind::Recorded);
        self.add(mutant, if is_last { Outcome::Missed } else { Outcome::Open }, None)
    }
}
