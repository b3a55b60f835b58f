//! A ledger of any length without a network: real contracts, signatures and certificates, written
//! as a directory of blocks that an explorer follows, verifies and indexes like any other.
//!
//! First comes the year ([`crate::year`]), then organisations, quota that goes on through many
//! hands ([`stepwise`]), a fund of many donors that is paid out ([`many_donors`]), and the year's
//! lots.
//! Everything follows from the seed, the day and the numbers. The papers are of the twelve months
//! before the day; the year is entered on it, the rest over the [`ENTERED_DAYS`] days behind it.
//! Labelled 演示.

pub mod founding;
pub mod files;
pub mod ledger;
pub mod organizations;
pub mod stepwise;
pub mod many_donors;

use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context as _, ensure};
use minglian_ledger::date::{Date, beijing_date};
use minglian_ledger::hash::StateRoot;
use minglian_ledger::height::Height;
use minglian_ledger::organization_code::OrganizationCode;
use serde::Serialize;

use crate::year::admission::admission;
use crate::year::bulk::LOT_TRANSACTIONS;
use crate::year::carry_out::{Labels, Office, Tally, carry_out};
use crate::year::keyring::Keyring;
use crate::year::plan::{Parameters, Plan};
use crate::year::script::{Coming, Phase, Thread};
use crate::year::seeded::Seed;
use crate::{clock, directory, measure};
use founding::Founding;
use ledger::{Certified, Span};
use many_donors::ManyDonors;

/// Over how many days entries are spread.
pub const ENTERED_DAYS: i32 = 300;

/// Heights for which a signed transaction is good.
const LIFETIME_HEIGHTS: u64 = 50_000;

/// Lots whose acts go side by side.
const LOTS_AT_ONCE: u64 = 8;

/// Threads of other acts that go side by side: an organisation may have 1,000 open proposals.
const THREADS_AT_ONCE: usize = 500;

/// How many heights ahead a sample's block is, and how many days its draw.
const SAMPLE_AHEAD: (u64, i32) = (60, 2);

/// What is wanted.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// About how many records; the year alone has some 3,000.
    pub entries: u64,
    /// Gifts to the fund of many donors.
    pub donors: u64,
    /// Decides names, amounts, days and keys.
    pub seed: u64,
    /// The day behind the year; by default as long ago as the entries are spread.
    pub until: Option<Date>,
    /// Where the blocks are written; absent or empty.
    pub directory: PathBuf,
}

/// What was made.
#[derive(Debug, Clone, Serialize)]
pub struct Made {
    /// The sources.
    pub commit: Option<String>,
    /// What decides the year.
    pub parameters: Parameters,
    /// Records of the ledger.
    pub records: u64,
    /// Of these, refused as the year plans.
    pub refused: u64,
    /// Organisations that were added.
    pub organizations: u64,
    /// Gifts to the fund of many donors.
    pub donors: u64,
    /// The last block.
    pub height: Height,
    /// What it commits the state to.
    pub state_root: StateRoot,
    /// How long it took, in milliseconds.
    pub milliseconds: u64,
    /// Records a second.
    pub per_second: u64,
}

/// Makes the ledger.
///
/// # Errors
/// If the directory holds something, the disk is full, or an act gets another code than the plan
/// says.
pub async fn run(wanted: &Wanted) -> anyhow::Result<Made> {
    let start = Instant::now();
    require_empty(&wanted.directory)?;
    let until = match wanted.until {
        Some(until) => until,
        None => clock::today()?.add_days(-ENTERED_DAYS).context("today is too early")?,
    };
    let founding = Founding::new(Seed(wanted.seed), until)?;
    let organizations = wanted.entries / organizations::ENTRIES_EACH;
    let parameters = Parameters { seed: wanted.seed, until, scale: scale(wanted, until)? };
    let plan = Plan::new(parameters)?;
    let keyring = Keyring::new(founding.secret(), &plan.bodies, |post| founding.at_hand(post))?;
    let genesis = wanted.directory.join("genesis.json");
    std::fs::create_dir_all(&wanted.directory)?;
    directory::write_json(&genesis, &founding.genesis)?;
    let span = Span::new(until, ENTERED_DAYS, wanted.entries)?;
    let ledger = Certified::create(&founding, &wanted.directory, span)?;
    let mut entry =
        Entry { plan: &plan, keyring: &keyring, ledger: &ledger, tally: Tally::default() };
    let validators = founding.validators();
    entry.enter(wanted, organizations, &validators).await?;
    let Tally { refused, .. } = entry.tally;
    let (header, records) = ledger.finish()?;
    let milliseconds = u64::try_from(start.elapsed().as_millis())?.max(1);
    Ok(Made {
        commit: measure::commit(),
        parameters,
        records,
        refused: refused.values().sum(),
        organizations,
        donors: wanted.donors,
        height: header.height,
        state_root: header.state_root,
        milliseconds,
        per_second: records * 1_000 / milliseconds,
    })
}

/// A directory that holds anything is somebody's, or was broken off: blocks of two chains in one
/// would be a fork.
fn require_empty(path: &Path) -> anyhow::Result<()> {
    let is_empty = std::fs::read_dir(path).map_or(true, |mut list| list.next().is_none());
    let shown = path.display();
    ensure!(is_empty, "{shown} holds something: name a new --directory, or remove what is there");
    Ok(())
}

/// How many lots make up what the rest leaves of the entries.
fn scale(wanted: &Wanted, until: Date) -> anyhow::Result<u64> {
    let one = Plan::new(Parameters { seed: wanted.seed, until, scale: 1 })?;
    let others = one.phase_transactions()
        + stepwise::transactions()
        + many_donors::transactions(wanted.donors)
        + organizations::transactions(wanted.entries / organizations::ENTRIES_EACH);
    Ok((wanted.entries.saturating_sub(others) / LOT_TRANSACTIONS).max(1))
}

/// A ledger that is being made.
struct Entry<'a> {
    plan: &'a Plan,
    keyring: &'a Keyring,
    ledger: &'a Certified,
    tally: Tally,
}

impl Entry<'_> {
    async fn enter(
        &mut self,
        wanted: &Wanted,
        organizations: u64,
        validators: &[OrganizationCode],
    ) -> anyhow::Result<()> {
        let plan = self.plan;
        let mut labels = Labels::new();
        let admission = admission(&plan.bodies, self.keyring, validators)?;
        self.carry_out(&admission.threads, "演示-登记", &mut labels).await?;
        // Within one day: acts of the year answer others within days.
        self.phases(&plan.phases, &mut labels).await?;
        let admitted = organizations::admitted(&plan.bodies, validators, organizations)?;
        self.in_parts(&admitted, "演示-企业").await?;
        self.in_parts(&stepwise::threads(plan)?, "演示-逐级").await?;
        let fund = ManyDonors { plan, organizations };
        self.in_parts(&[fund.opening()?], "演示-设立").await?;
        for (number, gifts) in fund.gifts(wanted.donors, THREADS_AT_ONCE).enumerate() {
            self.in_parts(&gifts?, &format!("演示-众人-{number}")).await?;
        }
        self.lots().await?;
        self.in_parts(&[fund.use_of(wanted.donors)?], "演示-使用").await
    }

    async fn phases(&mut self, phases: &[Phase], labels: &mut Labels) -> anyhow::Result<()> {
        for (number, phase) in phases.iter().enumerate() {
            self.carry_out(&phase.threads, &format!("演示-年-{number}"), labels).await?;
        }
        Ok(())
    }

    async fn lots(&mut self) -> anyhow::Result<()> {
        let scale = self.plan.parameters.scale;
        let mut next = 0;
        while next < scale {
            let end = (next + LOTS_AT_ONCE).min(scale);
            let mut threads = Vec::new();
            for number in next..end {
                threads.extend(self.plan.lots.lot(number)?.0);
            }
            self.ledger.pass_time();
            self.carry_out(&threads, &format!("演示-批{next}"), &mut Labels::new()).await?;
            next = end;
        }
        Ok(())
    }

    /// Carries out so many threads at a time, as time goes by.
    async fn in_parts(&mut self, threads: &[Thread], mark: &str) -> anyhow::Result<()> {
        for (number, part) in threads.chunks(THREADS_AT_ONCE).enumerate() {
            self.ledger.pass_time();
            self.carry_out(part, &format!("{mark}-{number}"), &mut Labels::new()).await?;
        }
        Ok(())
    }

    /// Carries out threads side by side; each act has to get the code that the plan says.
    async fn carry_out(
        &mut self,
        threads: &[Thread],
        mark: &str,
        labels: &mut Labels,
    ) -> anyhow::Result<()> {
        let header = self.ledger.header();
        let (heights, days) = SAMPLE_AHEAD;
        let day = beijing_date(header.time_ms)?;
        let coming = Coming {
            height: Height(header.height.0 + heights),
            date: day.add_days(days).context("the calendar ends")?,
        };
        let office = Office {
            keyring: self.keyring,
            chain_id: header.chain_id,
            expires_at: Height(header.height.0 + LIFETIME_HEIGHTS),
            coming: Some(coming),
        };
        self.tally.add(carry_out(self.ledger, &office, threads, mark, labels).await?);
        let first = self.tally.surprises.first();
        ensure!(first.is_none(), "an act was not as planned: {first:?}");
        Ok(())
    }
}
