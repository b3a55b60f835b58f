//! Carrying out a plan: acts are signed and sent stage by stage, each act by its officers in order.
//!
//! An act whose reference was applied before and still holds is not sent again: if it is the same
//! act, nothing changes; if it differs, the row was corrected and [`super::correct`] says what to
//! do. A payment is reversed only where the new one has room (`room`). Whatever stops the run
//! leaves the ledger whole; running the same command again goes on, from what the ledger holds
//! (`standing`).

mod register;
mod room;
mod standing;

use std::collections::BTreeMap;
use std::time::Duration;

use indicatif::ProgressBar;
use minglian_client::wire::{SubmitAnswer, SubmitStatus};
use minglian_client::{Client, ClientError};
use minglian_contracts::approval;
use minglian_contracts::call::Call;
use minglian_contracts::refusal::Code;
use minglian_ledger::genesis::Role;
use minglian_ledger::hash::TransactionId;
use minglian_ledger::height::{Height, LogIndex};
use minglian_ledger::organization_code::OrganizationCode;
use minglian_ledger::text::Text;
use minglian_ledger::transaction::{ChainId, Transaction, TransactionBody};
use tokio::time::Instant;

use super::correct::{self, CorrectError, Correction};
use super::plan::{Act, Plan};
use super::signers::{Signers, SignersError};

/// How long blocks may take before the run gives up.
const COMMIT_TIMEOUT: Duration = Duration::from_secs(60);

/// How long a run waits for a block before it says so and goes on waiting.
const ASK_INTERVAL: Duration = Duration::from_secs(10);

/// How long a run waits before it asks a node again that had no room.
const RETRY_INTERVAL: Duration = Duration::from_millis(500);

/// How many heights a transaction may wait.
const LIFETIME_HEIGHTS: u64 = 1_000;

/// Transactions sent at a time.
const BATCH: usize = 200;

/// Why a run stops. What was entered stays; running again goes on.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The node.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// The node did not take a transaction, or did not commit it in time.
    #[error("{reference}: the node answered {code}: {detail}")]
    NotCommitted {
        /// The act.
        reference: String,
        /// The node's code.
        code: String,
        /// In words.
        detail: String,
    },
    /// No block came.
    #[error(
        "no block came in {seconds} s, so the chain stands still 链已停止出块: what was sent waits. \
         Nothing is entered twice: import the same table again once the chain goes on \
         已提交的业务仍在等待;恢复出块后再导入同一张表,不会重复入账 (at {reference})"
    )]
    Halted {
        /// How long was waited.
        seconds: u64,
        /// The act that waits.
        reference: String,
    },
    /// A call that this program does not know.
    #[error("the ledger holds a call that this program does not know: {0}")]
    Call(std::io::Error),
    /// The node shows another transaction than it names.
    #[error("record {0} of this node is not the transaction that the node says it is: use another")]
    Record(LogIndex),
    /// The node does not say how a proposal ended.
    #[error(
        "the node does not say how the proposal {0} ended, so whether its row is entered cannot be \
         known: use a node of this release 该节点不能说明此业务的结果,请换用同一版本的节点"
    )]
    NoEnd(TransactionId),
    /// Something else waits under a reference of this run.
    #[error(
        "another act than the one to be entered waits under {reference} (transaction {id}): \
             its officers reject or withdraw it first"
    )]
    OtherWaits {
        /// The reference.
        reference: Text<128>,
        /// The transaction that waits.
        id: TransactionId,
    },
    /// The key of a governor who is to vouch for an organisation.
    #[error(transparent)]
    Signers(#[from] SignersError),
    /// A text that does not fit.
    #[error(transparent)]
    Text(#[from] minglian_ledger::text::TextError),
}

/// What became of an act.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It was entered now.
    Entered,
    /// It was there before.
    Unchanged,
    /// It waits for these officers, whose keys are not at hand.
    Waiting(Vec<Role>),
    /// The rules refused it.
    Refused {
        /// The refusal's number.
        code: u32,
        /// In words.
        sentence: String,
    },
    /// The row was changed after it was entered, in a way that cannot be corrected here.
    Different(String),
}

/// Enters plans through one node.
pub struct Run<'a> {
    client: &'a Client,
    /// None to look only.
    signers: Option<&'a mut Signers>,
    progress: ProgressBar,
    chain_id: ChainId,
    expires_at: Height,
    is_demonstration: bool,
    /// Acts of an earlier run that still wait, by reference.
    pending: BTreeMap<Text<128>, Waiting>,
    corrections: Vec<Correction>,
}

/// An act that waits for its next officer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Waiting {
    /// The transaction that proposed it.
    id: TransactionId,
    /// How many have signed.
    signed: usize,
}

/// A signed step on its way.
struct Step {
    reference: Text<128>,
    transaction: Transaction,
}

impl<'a> Run<'a> {
    /// Prepares a run on the node's present chain. Without signers it can only look.
    pub async fn new(
        client: &'a Client,
        signers: Option<&'a mut Signers>,
        progress: ProgressBar,
    ) -> Result<Self, RunError> {
        let header = client.latest_header().await?.header;
        let is_demonstration = client.genesis().await?.demonstration;
        let expires_at = Height(header.height.0 + LIFETIME_HEIGHTS);
        Ok(Self {
            client,
            signers,
            progress,
            chain_id: header.chain_id,
            expires_at,
            is_demonstration,
            pending: BTreeMap::new(),
            corrections: Vec::new(),
        })
    }

    /// The rows that this run corrects, as far as it has looked.
    pub fn corrections(&self) -> &[Correction] {
        &self.corrections
    }

    /// Enters a plan; the outcomes are in the order of its acts.
    pub async fn enter(&mut self, plan: &Plan) -> Result<Vec<Outcome>, RunError> {
        self.register(&plan.parties).await?;
        self.open_keys(plan)?;
        let (mut outcomes, remaining) = self.look(plan).await?;
        for correction in &self.corrections {
            self.progress.suspend(|| eprintln!("correction 更正: {correction}"));
        }
        for group in remaining.chunk_by(|(_, left), (_, right)| left.stage == right.stage) {
            for group in group.chunks(BATCH) {
                // Without its reversal a payment is not made again.
                let is_open = |(place, _): &&(usize, Act)| outcomes[*place] == Outcome::Entered;
                let group: Vec<&(usize, Act)> = group.iter().filter(is_open).collect();
                let acts: Vec<&Act> = group.iter().map(|(_, act)| act).collect();
                let results = self.enter_acts(&acts).await?;
                for ((place, _), outcome) in group.iter().zip(results) {
                    if let Some(outcome) = outcome {
                        outcomes[*place] = outcome;
                    }
                    self.progress.inc(1);
                }
            }
        }
        Ok(outcomes)
    }

    /// What of a plan remains to be done, by stage, with the place of each act's outcome. Nothing
    /// is sent.
    pub async fn look(
        &mut self,
        plan: &Plan,
    ) -> Result<(Vec<Outcome>, Vec<(usize, Act)>), RunError> {
        let mut outcomes = vec![Outcome::Entered; plan.acts.len()];
        let mut remaining = Vec::new();
        for (place, act) in plan.acts.iter().enumerate() {
            match self.remaining(act).await? {
                Ok(acts) if acts.is_empty() => {
                    outcomes[place] = Outcome::Unchanged;
                    self.progress.inc(1);
                }
                Ok(acts) => remaining.extend(acts.into_iter().map(|act| (place, act))),
                Err(error) => outcomes[place] = Outcome::Different(error.to_string()),
            }
        }
        remaining.sort_by_key(|(_, act)| act.stage);
        for (place, role) in self.without_keys(&remaining) {
            outcomes[place] = Outcome::Different(CorrectError::NoKey { role }.to_string());
        }
        remaining.retain(|(place, _)| outcomes[*place] == Outcome::Entered);
        for place in self.without_room(&remaining).await? {
            outcomes[place] = Outcome::Different(CorrectError::NoRoom.to_string());
        }
        remaining.retain(|(place, _)| outcomes[*place] == Outcome::Entered);
        self.corrections = correct::corrections(&remaining);
        Ok((outcomes, remaining))
    }

    /// Opens the keys that the index names of those who sign a plan and its corrections.
    fn open_keys(&mut self, plan: &Plan) -> Result<(), RunError> {
        let Some(signers) = self.signers.as_mut() else { return Ok(()) };
        for act in &plan.acts {
            for role in &act.signers {
                signers.open(act.organization, *role)?;
            }
            for role in correct::TAKE_BACK_SIGNERS {
                signers.open(act.finance, role)?;
            }
        }
        Ok(())
    }

    /// Sends acts that do not depend on each other, one officer after the other. `None` for an act
    /// that was applied.
    async fn enter_acts(&self, acts: &[&Act]) -> Result<Vec<Option<Outcome>>, RunError> {
        let mut outcomes: Vec<Option<Outcome>> = vec![None; acts.len()];
        let mut proposals: Vec<Option<Waiting>> =
            acts.iter().map(|act| self.pending.get(&act.reference).copied()).collect();
        let rounds = acts.iter().map(|act| act.signers.len()).max().unwrap_or(0);
        for round in 0..rounds {
            self.round(acts, round, &mut outcomes, &mut proposals).await?;
        }
        Ok(outcomes)
    }

    /// One signature of each act that needs it.
    async fn round(
        &self,
        acts: &[&Act],
        round: usize,
        outcomes: &mut [Option<Outcome>],
        proposals: &mut [Option<Waiting>],
    ) -> Result<(), RunError> {
        let (mut steps, mut places) = (Vec::new(), Vec::new());
        for (place, act) in acts.iter().enumerate() {
            let Some(role) = act.signers.get(round) else { continue };
            let signed = proposals[place].map_or(0, |waiting| waiting.signed);
            if outcomes[place].is_some() || round < signed {
                continue;
            }
            let (reference, call) = match proposals[place] {
                None => (act.reference.clone(), act.call.clone()),
                Some(Waiting { id: proposal, .. }) => {
                    let reference = format!("approve/{proposal}/{role:?}");
                    let call = Call::Approval(approval::Call::Approve { proposal });
                    (Text::new(reference)?, call)
                }
            };
            match self.sign(act.organization, *role, reference, &call) {
                Some(step) => {
                    let id = step.transaction.id();
                    proposals[place].get_or_insert(Waiting { id, signed: 1 });
                    steps.push(step);
                    places.push(place);
                }
                None => {
                    let missing = act.signers.iter().skip(round).copied().collect();
                    outcomes[place] = Some(Outcome::Waiting(missing));
                }
            }
        }
        for ((place, step), answer) in places.into_iter().zip(&steps).zip(self.send(&steps).await?)
        {
            let receipt = answer.committed.map(|committed| committed.receipt);
            if let Some(receipt) = receipt.filter(|receipt| !receipt.applied) {
                if let Some(id) = self.is_there(step, receipt.code).await? {
                    if round == 0 {
                        proposals[place] = Some(Waiting { id, signed: 1 });
                    }
                    continue;
                }
                let sentence = receipt.refusal.map_or_else(String::new, |refusal| {
                    format!("{} {} ({})", refusal.chinese, refusal.english, refusal.detail)
                });
                outcomes[place] = Some(Outcome::Refused { code: receipt.code, sentence });
            }
        }
        Ok(())
    }

    /// The transaction by which a refused step is in the ledger all the same: a run that was broken
    /// off may have left its own in the pool.
    async fn is_there(&self, step: &Step, code: u32) -> Result<Option<TransactionId>, RunError> {
        if code != Code::ReferenceTaken.number() {
            return Ok(None);
        }
        let body = &step.transaction.body;
        let there = self.applied(body.organization, &step.reference).await?;
        Ok(there.filter(|applied| applied.call.encode() == body.call).map(|applied| applied.id))
    }

    fn sign(
        &self,
        organization: OrganizationCode,
        role: Role,
        reference: Text<128>,
        call: &Call,
    ) -> Option<Step> {
        let key = self.signers.as_ref()?.key(organization, role)?;
        let body = TransactionBody {
            chain_id: self.chain_id.clone(),
            organization,
            client_reference: reference.clone(),
            expires_at: self.expires_at,
            call: call.encode(),
        };
        Some(Step { reference, transaction: Transaction::sign(body, key) })
    }

    async fn send(&self, steps: &[Step]) -> Result<Vec<SubmitAnswer>, RunError> {
        if steps.is_empty() {
            return Ok(Vec::new());
        }
        let encoded: Vec<Vec<u8>> = steps.iter().map(|step| step.transaction.encode()).collect();
        let start = Instant::now();
        loop {
            // What was taken already is answered as the first time.
            let answers = self.client.submit_and_wait(&encoded, ASK_INTERVAL).await?;
            let waited = start.elapsed();
            let has_room = !answers.iter().any(SubmitAnswer::is_for_now);
            if answers.iter().all(|answer| answer.status == SubmitStatus::Committed) {
                return Ok(answers);
            }
            let is_final = |answer: &&SubmitAnswer| {
                answer.status == SubmitStatus::Refused && !answer.is_for_now()
            };
            let refused = answers.iter().position(|answer| is_final(&answer));
            let late = answers.iter().position(|answer| answer.status != SubmitStatus::Committed);
            let late = late.filter(|_| waited >= COMMIT_TIMEOUT);
            if let Some(place) = refused.or(late) {
                return Err(not_committed(&steps[place], &answers[place], waited));
            }
            if has_room {
                let seconds = waited.as_secs();
                self.progress.suspend(|| {
                    eprintln!("no block for {seconds} s; still waiting 等待出块,已 {seconds} 秒 …");
                });
            } else {
                tokio::time::sleep(RETRY_INTERVAL).await;
            }
        }
    }
}

/// Why a step is not in the ledger.
fn not_committed(step: &Step, answer: &SubmitAnswer, waited: Duration) -> RunError {
    let reference = step.reference.to_string();
    match answer.status {
        SubmitStatus::Admitted => RunError::Halted { seconds: waited.as_secs(), reference },
        _ => RunError::NotCommitted {
            reference,
            code: answer.code.clone(),
            detail: answer.detail.clone().unwrap_or_default(),
        },
    }
}
