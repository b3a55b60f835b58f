//! Tries the changes that cargo-mutants lists; see the crate.

use std::collections::BTreeMap;

use clap::Parser;

use minglian_mutants::mutant::{self, Mutant};
use minglian_mutants::outcome::Outcomes;
use minglian_mutants::run::Run;
use minglian_mutants::tree::Tree;
use minglian_mutants::trial::{self, Program};

/// Which changes of the rules no test notices.
#[derive(Debug, Parser)]
struct Arguments {
    /// Which changes come first: they are sorted by the hash of this and their names.
    #[arg(long, default_value = "minglian-1")]
    seed: String,
    /// How many are tried; all if not said.
    #[arg(long)]
    count: Option<usize>,
    /// Only those whose names contain this.
    #[arg(long, default_value = "")]
    only: String,
    /// The package whose sources are changed.
    #[arg(long, default_value = "minglian-contracts")]
    package: String,
    /// Only the tests whose names contain this, on what no test is known to catch: what they do not
    /// catch either stays as it was.
    #[arg(long, default_value = "")]
    tests: String,
    /// How many tests run at a time.
    #[arg(long, default_value_t = 1)]
    jobs: usize,
    /// How far the compiler goes: what it saves is saved for each change.
    #[arg(long, default_value_t = 1)]
    opt_level: u8,
}

fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let (workspace, target) = trial::directories()?;
    let listed = mutant::list(&workspace, &arguments.package)?;
    let mutants: BTreeMap<usize, Mutant> = (1..).zip(listed).collect();
    eprintln!("{} changes are listed", mutants.len());
    // Not among the products of the checkout: cargo takes both for the same package.
    let (root, target) = (target.join("mutants/tree"), target.join("mutants/target"));
    let mut tree = Tree::copy(&workspace, root.clone(), target, &arguments.package, &mutants)?;
    tree.switch(&mutants, |said| eprintln!("{said}"))?;
    let executable = tree.build(arguments.opt_level)?;
    let directory = tree.package_directory(&mutants)?;
    let program = Program::new(executable, directory)?;
    let tests = program.tests(&arguments.tests, arguments.jobs)?;
    eprintln!("{} tests pass without a change", tests.len());
    let path = root.join("outcomes.jsonl");
    let is_whole = arguments.tests.is_empty();
    let digest = is_whole.then_some(program.digest.as_str());
    let outcomes = Outcomes::open(&path, &tree.untaken.digest, digest)?;
    let mut sample: Vec<(usize, Mutant)> = mutants.into_iter().collect();
    mutant::shuffle(&mut sample, &arguments.seed);
    sample.retain(|(_, mutant)| mutant.name.contains(&arguments.only));
    sample.truncate(arguments.count.unwrap_or(usize::MAX));
    let run = Run::new(tree, program, tests, outcomes);
    if is_whole {
        run.sample(&sample, arguments.jobs)?;
    } else {
        run.again(&sample, arguments.jobs)?;
    }
    println!("{}", run.summary(&sample)?);
    println!("{}", path.display());
    Ok(())
}
