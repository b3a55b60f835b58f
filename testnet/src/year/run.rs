//! A year on a running network: bodies and officers, the phases, the lots side by side.

use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context as _, ensure};
use minglian_ledger::height::Height;
use minglian_ledger::organization_code::OrganizationCode;
use serde::Serialize;
use tokio::task::JoinSet;

use super::admission::admission;
use super::bulk::{LOT_TRANSACTIONS, LotSums};
use super::carry_out::{Labels, Office, Tally, carry_out};
use super::http::Node;
use super::keyring::Keyring;
use super::oversight::drawing;
use super::papers;
use super::plan::{Parameters, Plan, SEED, Sums};
use super::progress::{Bar, Saved};
use super::seeded::Seed;
use crate::act::LIFETIME_HEIGHTS;
use crate::clock;
use crate::cluster::Cluster;

/// Lots that are carried out together.
const LOTS_PER_BATCH: u64 = 8;

/// Batches that are on their way at the same time.
const BATCHES_AT_ONCE: usize = 3;

/// How many heights ahead a sample's block is: more than the rule asks for, and fewer than the
/// network writes in a day at rest.
const SAMPLE_HEIGHTS: u64 = 60;

/// How many days ahead its draw is.
const DRAW_DAYS: i32 = 2;

/// Phases before the lots: bodies, funds and orders that these need.
const PHASES_BEFORE_LOTS: usize = 2;

/// What is wanted; what is not given is as it was begun, or by default.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Wanted {
    /// The seed.
    pub seed: Option<u64>,
    /// The base date.
    pub until: Option<minglian_ledger::date::Date>,
    /// The scale.
    pub scale: Option<u64>,
}

/// What a year came to.
#[derive(Debug, Clone, Serialize)]
pub struct YearReport {
    /// What decides it.
    pub parameters: Parameters,
    /// What became of its acts.
    pub tally: Tally,
    /// What it comes to by the plan.
    pub sums: Sums,
    /// Records of the year in the ledger, those of an earlier run included.
    pub records: u64,
    /// Subsidies of all lots, whenever they were entered, in fen.
    pub lots_paid_fen: u64,
    /// Gifts of all lots, in fen.
    pub lots_given_fen: u64,
    /// How long it took, in milliseconds.
    pub milliseconds: u64,
    /// Transactions a second.
    pub per_second: u64,
    /// Whether the sample is drawn, which takes place on a later day than its plan.
    pub drawn: bool,
}

impl YearReport {
    /// Whether every act got the code that the plan says.
    ///
    /// # Errors
    /// The first that did not.
    pub fn require_as_planned(&self) -> anyhow::Result<()> {
        let Some(first) = self.tally.surprises.first() else { return Ok(()) };
        anyhow::bail!("{} acts were not as planned, the first: {first:?}", self.tally.surprising)
    }
}

/// What was begun, or is to begin now.
async fn begin(cluster: &Cluster, wanted: Wanted) -> anyhow::Result<Saved> {
    let today = clock::today()?;
    let Wanted { seed, until, scale } = wanted;
    if let Some(saved) = Saved::read(cluster.directory())? {
        let Parameters { seed: old_seed, until: old_until, scale: old_scale } = saved.parameters;
        let same = seed.unwrap_or(old_seed) == old_seed
            && until.unwrap_or(old_until) == old_until
            && scale.unwrap_or(old_scale) == old_scale;
        let path = Saved::path(cluster.directory());
        let path = path.display();
        ensure!(same, "a year of {:?} was begun here; {path} says so", saved.parameters);
        return Ok(saved);
    }
    let until = until.unwrap_or(today);
    ensure!(until <= today, "{until} is to come; today is {today}");
    let parameters =
        Parameters { seed: seed.unwrap_or(SEED), until, scale: scale.unwrap_or(1).max(1) };
    let node = *cluster.running().first().context("no node runs")?;
    let height = cluster.client(node)?.latest_header().await?.header.height;
    let expires_at = Height(height.0 + LIFETIME_HEIGHTS);
    let saved = Saved { parameters, expires_at, coming: None, lots_done: 0 };
    saved.write(cluster.directory())?;
    Ok(saved)
}

/// Enters a year, or what is missing of it.
pub async fn run(cluster: &Cluster, wanted: Wanted) -> anyhow::Result<YearReport> {
    let saved = begin(cluster, wanted).await?;
    let plan = Plan::new(saved.parameters)?;
    let start = Instant::now();
    let bar = Bar::new(plan.transactions(), saved.lots_done * LOT_TRANSACTIONS);
    let keyring = Arc::new(Keyring::open(cluster.directory(), &plan.bodies)?);
    let clients = cluster.clients()?;
    let nodes: Vec<Node> = clients.into_iter().map(Node).collect();
    ensure!(!nodes.is_empty(), "no node runs");
    let chain_id = nodes[0].0.latest_header().await?.header.chain_id;
    let lots_before = saved.lots_done;
    let lots = before(&plan, lots_before)?;
    let plan = Arc::new(plan);
    let mut entry = Entry {
        cluster,
        plan,
        keyring,
        nodes,
        chain_id,
        saved,
        bar,
        tally: Tally::default(),
        labels: Labels::new(),
        lots,
    };
    entry.enter().await?;
    papers::hand_over(&entry.nodes[0].0, &entry.plan, &entry.keyring, &entry.chain_id).await?;
    let drawn = entry.draw().await?;
    entry.bar.finish();
    let milliseconds = u64::try_from(start.elapsed().as_millis())?.max(1);
    let Entry { tally, lots, plan, .. } = entry;
    Ok(YearReport {
        parameters: plan.parameters,
        per_second: tally.transactions * 1_000 / milliseconds,
        records: tally.transactions + lots_before * LOT_TRANSACTIONS,
        tally,
        sums: plan.sums.clone(),
        lots_paid_fen: lots.paid_fen,
        lots_given_fen: lots.given_fen,
        milliseconds,
        drawn,
    })
}

/// What the first lots come to, which an earlier run entered and this one does not look at again.
fn before(plan: &Plan, lots: u64) -> anyhow::Result<LotSums> {
    let mut sums = LotSums::default();
    for number in 0..lots {
        let (_, of_lot) = plan.lots.lot(number)?;
        sums.paid_fen += of_lot.paid_fen;
        sums.given_fen += of_lot.given_fen;
    }
    Ok(sums)
}

/// A year that is being entered.
struct Entry<'a> {
    cluster: &'a Cluster,
    plan: Arc<Plan>,
    keyring: Arc<Keyring>,
    nodes: Vec<Node>,
    chain_id: minglian_ledger::transaction::ChainId,
    saved: Saved,
    bar: Bar,
    tally: Tally,
    labels: Labels,
    lots: LotSums,
}

impl Entry<'_> {
    async fn enter(&mut self) -> anyhow::Result<()> {
        let plan = Arc::clone(&self.plan);
        let nodes = self.cluster.nodes().iter().filter(|node| !node.spare);
        let validators: Vec<OrganizationCode> =
            nodes.map(|node| node.validator.organization).collect();
        let admission = admission(&plan.bodies, &self.keyring, &validators)?;
        self.bar.expect(admission.transactions());
        self.phase(&admission.threads, "演示年-登记").await?;
        for (number, phase) in plan.phases.iter().enumerate() {
            if number == PHASES_BEFORE_LOTS {
                self.lots().await?;
            }
            if number + 1 == plan.phases.len() {
                self.look_ahead().await?;
            }
            self.phase(&phase.threads, &format!("演示年-{number}")).await?;
        }
        Ok(())
    }

    fn office(&self) -> Office<'_> {
        Office {
            keyring: &self.keyring,
            chain_id: self.chain_id.clone(),
            expires_at: self.saved.expires_at,
            coming: self.saved.coming(),
        }
    }

    async fn phase(&mut self, threads: &[super::script::Thread], mark: &str) -> anyhow::Result<()> {
        let mut labels = std::mem::take(&mut self.labels);
        let done = carry_out(&self.nodes[0], &self.office(), threads, mark, &mut labels).await?;
        self.labels = labels;
        self.bar.add(done.transactions);
        self.tally.add(done);
        Ok(())
    }

    /// Chooses the block and the day that the sample names, once.
    async fn look_ahead(&mut self) -> anyhow::Result<()> {
        if self.saved.coming.is_none() {
            let height = self.nodes[0].0.latest_header().await?.header.height;
            // Not tomorrow: the block must be older than the draw, and midnight may be near.
            let day = clock::today()?.add_days(DRAW_DAYS).context("the calendar ends")?;
            self.saved.coming = Some((Height(height.0 + SAMPLE_HEIGHTS), day));
            self.saved.write(self.cluster.directory())?;
        }
        Ok(())
    }

    /// The lots, several batches at once, each through one node. The file counts those behind
    /// which nothing is missing.
    async fn lots(&mut self) -> anyhow::Result<()> {
        let scale = self.saved.parameters.scale;
        let mut next = self.saved.lots_done;
        let mut running = JoinSet::new();
        let mut finished = std::collections::BTreeMap::new();
        loop {
            while running.len() < BATCHES_AT_ONCE && next < scale {
                let end = (next + LOTS_PER_BATCH).min(scale);
                let batch = self.batch(next, end);
                running.spawn(async move { batch.enter().await });
                next = end;
            }
            let Some(done) = running.join_next().await else { return Ok(()) };
            let Done { from, end, tally, sums } = done.context("a batch broke off")??;
            self.bar.add(tally.transactions);
            self.tally.add(tally);
            self.lots.paid_fen += sums.paid_fen;
            self.lots.given_fen += sums.given_fen;
            finished.insert(from, end);
            while let Some(end) = finished.remove(&self.saved.lots_done) {
                self.saved.lots_done = end;
                self.saved.write(self.cluster.directory())?;
            }
        }
    }

    fn batch(&self, from: u64, end: u64) -> Batch {
        let turn = usize::try_from(from / LOTS_PER_BATCH).unwrap_or(0) % self.nodes.len();
        Batch {
            plan: Arc::clone(&self.plan),
            keyring: Arc::clone(&self.keyring),
            node: self.nodes[turn].clone(),
            chain_id: self.chain_id.clone(),
            expires_at: self.saved.expires_at,
            from,
            end,
        }
    }

    /// Draws the sample, if the day of its draw has come; whether it is drawn.
    async fn draw(&mut self) -> anyhow::Result<bool> {
        let Some((target, date)) = self.saved.coming else { return Ok(false) };
        let header = self.nodes[0].0.latest_header().await?.header;
        if clock::today()? < date || header.height <= target {
            return Ok(false);
        }
        let phase = drawing(Seed(self.saved.parameters.seed), &self.plan.bodies, date)?;
        let before = self.tally.surprising;
        self.phase(&phase.threads, "演示年-抽取").await?;
        Ok(self.tally.surprising == before)
    }
}

/// Lots that go together.
struct Batch {
    plan: Arc<Plan>,
    keyring: Arc<Keyring>,
    node: Node,
    chain_id: minglian_ledger::transaction::ChainId,
    expires_at: Height,
    from: u64,
    end: u64,
}

struct Done {
    from: u64,
    end: u64,
    tally: Tally,
    sums: LotSums,
}

impl Batch {
    async fn enter(self) -> anyhow::Result<Done> {
        let Self { from, end, .. } = self;
        let (mut threads, mut sums) = (Vec::new(), LotSums::default());
        for number in from..end {
            let (lot, of_lot) = self.plan.lots.lot(number)?;
            threads.extend(lot);
            sums.paid_fen += of_lot.paid_fen;
            sums.given_fen += of_lot.given_fen;
        }
        let office = Office {
            keyring: &self.keyring,
            chain_id: self.chain_id.clone(),
            expires_at: self.expires_at,
            coming: None,
        };
        let mark = format!("演示年-批{from}");
        let mut labels = Labels::new();
        let tally = carry_out(&self.node, &office, &threads, &mark, &mut labels).await?;
        Ok(Done { from, end, tally, sums })
    }
}
