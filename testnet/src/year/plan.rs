//! The whole year, as a pure function of seed, day and scale.

use minglian_contracts::call::Call;
use minglian_contracts::refusal::Code;
use minglian_ledger::date::Date;
use minglian_ledger::fen::Fen;
use minglian_ledger::text::Text;
use serde::{Deserialize, Serialize};

use super::body::Bodies;
use super::bulk::{LOT_TRANSACTIONS, Lots};
use super::calendar::Window;
use super::charity::charities;
use super::disclosure::disclosures;
use super::lottery::lottery;
use super::oversight::oversight;
use super::projects::projects;
use super::quota::quota;
use super::script::Phase;
use super::seeded::Seed;
use super::year_end::year_end;

/// The seed if none is given.
pub const SEED: u64 = 3_411;

/// What decides the year.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Parameters {
    /// The seed.
    pub seed: u64,
    /// The base date: the twelve complete months before it, nothing after it.
    pub until: Date,
    /// How many lots.
    pub scale: u64,
}

/// What the year comes to, for its summary.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Sums {
    /// Sales of the lottery.
    pub sales: Fen,
    /// The fund's part of them.
    pub fund: Fen,
    /// Quota that came from above.
    pub quota: Fen,
    /// What the counties' projects got of it.
    pub projects: Fen,
    /// What was carried to the next year.
    pub carried: Fen,
    /// What was taken back from units.
    pub recovered: Fen,
    /// What lapsed.
    pub lapsed: Fen,
    /// Gifts of the community fund.
    pub given: Fen,
    /// What the community fund paid.
    pub spent: Fen,
}

/// The year.
#[derive(Debug)]
pub struct Plan {
    /// What decides it.
    pub parameters: Parameters,
    /// Its months.
    pub window: Window,
    /// Who takes part.
    pub bodies: Bodies,
    /// What can be read by hand, phase by phase.
    pub phases: Vec<Phase>,
    /// The lots, which come before the last two phases.
    pub lots: Lots,
    /// What it comes to.
    pub sums: Sums,
    /// A publication whose figures agree with the book, and one whose do not.
    pub publications: [Text<64>; 2],
}

impl Plan {
    /// The year of these parameters.
    pub fn new(parameters: Parameters) -> anyhow::Result<Self> {
        let Parameters { seed, until, scale } = parameters;
        let (seed, window, bodies) = (Seed(seed), Window::before(until)?, Bodies::new()?);
        let lottery = lottery(seed, window, &bodies)?;
        let quota = quota(seed, window, &bodies, scale)?;
        let projects = projects(window, &bodies, &quota.projects)?;
        let charities = charities(seed, window, &bodies)?;
        let end = year_end(window, &bodies, &quota, &projects.settled)?;
        let disclosures = disclosures(window, &bodies, &quota)?;
        let oversight = oversight(seed, window, &bodies, &quota.projects)?;
        let project_quotas = quota.projects.iter().map(|project| project.amount);
        let total = |amounts: Option<Fen>| amounts.ok_or_else(|| anyhow::anyhow!("too much money"));
        let sums = Sums {
            sales: lottery.sales,
            fund: lottery.fund,
            quota: total(Fen::sum(quota.recorded.iter().copied()))?,
            projects: total(Fen::sum(project_quotas))?,
            carried: end.carried,
            recovered: end.recovered,
            lapsed: end.lapsed,
            given: charities.given,
            spent: charities.spent,
        };
        let [mut recording, issuing] = quota.phases;
        recording.threads.push(end.brought_forward);
        // What does not wait for one another goes side by side.
        let phases = vec![
            side_by_side([charities.opening, recording]),
            issuing,
            side_by_side([projects.phase, charities.giving, lottery.phase]),
            end.phase,
            side_by_side([disclosures.phase, oversight]),
        ];
        Ok(Self {
            parameters,
            window,
            phases,
            lots: Lots::new(seed, window, bodies.clone()),
            bodies,
            sums,
            publications: [disclosures.agreeing, disclosures.contradicting],
        })
    }

    /// Transactions of the phases, of those that are refused the first only.
    pub fn phase_transactions(&self) -> u64 {
        self.phases.iter().map(Phase::transactions).sum()
    }

    /// All transactions but those that admit bodies and officers.
    pub fn transactions(&self) -> u64 {
        self.phase_transactions() + self.parameters.scale * LOT_TRANSACTIONS
    }

    /// Acts that are there to be refused, with the code of each.
    pub fn refusals(&self) -> Vec<(u32, &Call)> {
        let acts = self.phases.iter().flat_map(|phase| phase.threads.iter().flatten());
        let refused = acts.filter(|act| act.expected != 0);
        refused.map(|act| (act.expected, &act.call)).collect()
    }

    /// What a refusal's code says, in Chinese and English.
    pub fn meaning(code: u32) -> Option<[&'static str; 2]> {
        let code = Code::from_number(code)?;
        Some([code.chinese(), code.english()])
    }
}

/// Phases whose threads go at the same time.
fn side_by_side<const COUNT: usize>(phases: [Phase; COUNT]) -> Phase {
    let name = phases.first().map_or("", |phase| phase.name);
    let threads = phases.into_iter().flat_map(|phase| phase.threads).collect();
    Phase { name, threads }
}
