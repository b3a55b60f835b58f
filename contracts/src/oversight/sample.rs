//! Samples (随机抽查): planned in public, drawn later by a seed that nobody could know or choose.
//!
//! A plan fixes what is drawn from, how many, by which method, the height of a block to come, and a
//! lottery draw of a later day. The seed is the hash of the plan, of that block's id, and of the
//! winning numbers as the lottery centre entered them. The block must be older than the day of the
//! draw, or its proposer might have known the numbers: if it is not, nothing is drawn and a new
//! plan is needed. A plan can be cancelled until the block before the planned one, not later, and
//! stays in sight whatever becomes of it.
//!
//! A block cannot hold its own id. The first act of the next block's execution writes it, if a plan
//! waits for it: [`begin_block`].

pub(super) mod step;

use borsh::{BorshDeserialize, BorshSerialize};
use minglian_ledger::date::Date;
use minglian_ledger::hash::{BlockId, SampleFrame, SampleSeed};
use minglian_ledger::height::{Height, LogIndex};
use minglian_ledger::organization_code::OrganizationCode;
use minglian_ledger::sample::Pairing;
use minglian_ledger::state::{StateError, StateRead};
use serde::{Deserialize, Serialize};

use super::Reference;
use super::draw::{self, Draw, Entered, NamedDraw};
use super::inspection::InspectionFrame;
use crate::schema::{self, Table};
pub(crate) use step::begin_block;

/// Plans, with what became of them.
pub const SAMPLES: Table<SampleName, Sample> = Table::new(schema::prefix::OVERSIGHT_FIRST + 5);

/// The blocks whose ids plans wait for: none until the block after it begins.
pub const TARGETS: Table<Height, Option<TargetBlock>> =
    Table::new(schema::prefix::OVERSIGHT_FIRST + 6);

/// Most items that one plan draws.
pub const SIZE_MAX: u32 = 10_000;

/// Names a plan.
#[derive(
    Debug,
    Clone,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    BorshSerialize,
    BorshDeserialize,
    Serialize,
    Deserialize,
)]
pub struct SampleName {
    /// The organisation that planned it.
    pub organization: OrganizationCode,
    /// What it calls it.
    pub sample: Reference,
}

/// What a sample is for.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    BorshSerialize,
    BorshDeserialize,
    Serialize,
    Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum SamplePurpose {
    /// 审计抽查.
    Audit,
    /// 双随机检查.
    Inspection,
    /// 资金发放核查.
    PaymentCheck,
    /// 绩效抽评.
    Evaluation,
}

/// What a sample is drawn from.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Frame {
    /// Records of this log: all with code 0 at positions from `first` up to, not including, `end`,
    /// ascending. Whoever has the log makes the list and compares it.
    Records {
        /// The first position.
        first: LogIndex,
        /// The position behind the last.
        end: LogIndex,
        /// Only acts of this organisation, if one is named.
        organization: Option<OrganizationCode>,
        /// How many they are.
        population: u64,
        /// The list of their positions, each eight bytes, little-endian.
        list: SampleFrame,
    },
    /// A list that is kept elsewhere.
    List {
        /// How many items it has.
        population: u64,
        /// The list.
        list: SampleFrame,
    },
    /// Objects of a pool, each with inspectors of another.
    Inspection(InspectionFrame),
}

/// A sample that is being planned.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct Plan {
    /// What the organisation calls it.
    pub reference: Reference,
    /// What it is for.
    pub purpose: SamplePurpose,
    /// What it is drawn from.
    pub frame: Frame,
    /// How many are drawn.
    pub size: u32,
    /// The version of the method, see `docs/format.md`, section 12.
    pub method: u16,
    /// The block whose id enters the seed.
    pub target: Height,
    /// The draw whose winning numbers enter the seed.
    pub draw: NamedDraw,
    /// The organisation's earlier plan that this one stands for.
    pub replaces: Option<Reference>,
}

/// Why a plan is cancelled.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    BorshSerialize,
    BorshDeserialize,
    Serialize,
    Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum CancelReason {
    /// 抽样框有误.
    FrameWrong,
    /// 任务取消.
    NotNeeded,
    /// 其他.
    Other,
}

/// A block for whose id a plan waited.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct TargetBlock {
    /// Its id.
    pub block: BlockId,
    /// Its Beijing date.
    pub date: Date,
}

/// A sample that is drawn.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct Drawn {
    /// The block at the planned height.
    pub block: BlockId,
    /// The record that entered the winning numbers.
    pub draw_record: LogIndex,
    /// The seed, from which the ranks follow.
    pub seed: SampleSeed,
    /// For an inspection, who inspects what.
    pub pairings: Vec<Pairing>,
    /// The record that drew it.
    pub record: LogIndex,
    /// The date of its block.
    pub drawn_on: Date,
}

/// What became of a plan.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Progress {
    /// Nothing yet.
    Planned,
    /// It was cancelled.
    Cancelled(CancelReason),
    /// It is drawn.
    Drawn(Drawn),
}

/// A plan, with what became of it.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct Sample {
    /// The plan.
    pub plan: Plan,
    /// The record that committed it.
    pub record: LogIndex,
    /// The date of its block.
    pub planned_on: Date,
    /// How many items it draws from.
    pub population: u64,
    /// What became of it.
    pub progress: Progress,
}

/// Where a plan stands: what it waits for, or how it ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// The planned block is to come, or the one after it.
    AwaitsBlock,
    /// The planned block, of this date, is not older than the day of the draw: nothing is drawn.
    Void(Date),
    /// The winning numbers are not entered.
    AwaitsDraw,
    /// Whoever likes draws it.
    Ready {
        /// The block at the planned height.
        block: BlockId,
        /// The winning numbers.
        entered: Entered,
    },
    /// It was cancelled.
    Cancelled,
    /// It is drawn.
    Drawn,
}

/// Where a plan stands.
///
/// # Errors
/// [`StateError`] if the state cannot be read.
pub fn standing(reader: &dyn StateRead, sample: &Sample) -> Result<Standing, StateError> {
    match sample.progress {
        Progress::Planned => {}
        Progress::Cancelled(_) => return Ok(Standing::Cancelled),
        Progress::Drawn(_) => return Ok(Standing::Drawn),
    }
    let plan = &sample.plan;
    let Some(TargetBlock { block, date }) = TARGETS.get(reader, &plan.target)?.flatten() else {
        return Ok(Standing::AwaitsBlock);
    };
    if date >= plan.draw.date {
        return Ok(Standing::Void(date));
    }
    Ok(match draw::entered(reader, &plan.draw)? {
        Some(entered) => Standing::Ready { block, entered },
        None => Standing::AwaitsDraw,
    })
}

/// What a seed is the hash of. The plan and the draw stand here as in their calls.
#[derive(BorshSerialize)]
struct Material<'a> {
    organization: &'a OrganizationCode,
    plan: &'a Plan,
    block: BlockId,
    draw: &'a Draw,
}

/// The seed of the plan that `organization` committed.
pub fn seed(
    organization: &OrganizationCode,
    plan: &Plan,
    block: BlockId,
    draw: &Draw,
) -> SampleSeed {
    SampleSeed::of(&[&schema::encode(&Material { organization, plan, block, draw })])
}

impl Sample {
    /// The positions in the frame that were drawn, in the order of their ranks; none before that.
    pub fn ranks(&self) -> Vec<u64> {
        match &self.progress {
            Progress::Drawn(drawn) => {
                let size = u64::from(self.plan.size);
                minglian_ledger::sample::draw(&drawn.seed, self.population, size)
            }
            _ => Vec::new(),
        }
    }
}
