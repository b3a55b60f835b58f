//! Acts with all their approvals, committed one after the other.

use std::time::Duration;

use anyhow::{Context as _, ensure};
use minglian_client::Client;
use minglian_client::wire::{CommittedView, SubmitStatus};
use minglian_contracts::approval;
use minglian_contracts::call::Call;
use minglian_ledger::hash::TransactionId;
use minglian_ledger::height::Height;
use minglian_ledger::transaction::{ChainId, Transaction};

use crate::officer::Officer;

/// How long a commit may take.
pub const COMMIT_LIMIT: Duration = Duration::from_secs(30);

/// How many heights a transaction may wait.
pub const LIFETIME_HEIGHTS: u64 = 50_000;

/// Submits acts to one node, under references that nobody used before.
#[derive(Debug)]
pub struct Desk {
    client: Client,
    chain_id: ChainId,
    expires_at: Height,
    run: String,
    count: u64,
}

impl Desk {
    /// A desk at a node. `run` makes its references differ from those of other runs.
    pub async fn new(client: Client, run: &str) -> anyhow::Result<Self> {
        let header = client.latest_header().await?.header;
        let expires_at = Height(header.height.0 + LIFETIME_HEIGHTS);
        Ok(Self { client, chain_id: header.chain_id, expires_at, run: run.to_owned(), count: 0 })
    }

    /// The chain.
    pub fn chain_id(&self) -> &ChainId {
        &self.chain_id
    }

    /// The last height for what is signed here.
    pub fn expires_at(&self) -> Height {
        self.expires_at
    }

    /// Signs a call under a new reference.
    pub fn sign(&mut self, officer: &Officer, call: &Call) -> anyhow::Result<Transaction> {
        self.count += 1;
        let reference = format!("{}/{}", self.run, self.count);
        officer.sign(&self.chain_id, &reference, self.expires_at, call)
    }

    /// Commits one act; its first signer is `signers[0]`, the others approve it in their order. An
    /// act that the rules refuse is an error.
    pub async fn carry_out(&mut self, call: &Call, signers: &[&Officer]) -> anyhow::Result<()> {
        let (proposer, approvers) = signers.split_first().context("an act needs a signer")?;
        let proposal = self.sign(proposer, call)?;
        let id = proposal.id();
        self.commit(&[proposal]).await?;
        for approver in approvers {
            let approval = self.sign(approver, &approve(id))?;
            self.commit(&[approval]).await?;
        }
        Ok(())
    }

    /// Commits signed acts together; each must be applied.
    pub async fn commit(&self, transactions: &[Transaction]) -> anyhow::Result<Vec<CommittedView>> {
        let encoded: Vec<Vec<u8>> = transactions.iter().map(Transaction::encode).collect();
        let answers = self.client.submit_and_wait(&encoded, COMMIT_LIMIT).await?;
        ensure!(answers.len() == encoded.len(), "{} answers", answers.len());
        let mut views = Vec::new();
        for answer in answers {
            ensure!(
                answer.status == SubmitStatus::Committed,
                "not committed within {} s ({}): does the network go on? `minglian-testnet status`",
                COMMIT_LIMIT.as_secs(),
                answer.code
            );
            let committed = answer.committed.context("committed, but nowhere")?;
            ensure!(committed.receipt.applied, "refused: {:?}", committed.receipt.refusal);
            views.push(committed);
        }
        Ok(views)
    }
}

/// The call that approves a proposal.
pub fn approve(proposal: TransactionId) -> Call {
    Call::Approval(approval::Call::Approve { proposal })
}
