//! A running network as what commits transactions: many in a request, all of a wave through one
//! node, so that who approves finds what was proposed.

use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use minglian_client::wire::{SubmitAnswer, SubmitStatus};
use minglian_client::{Client, SUBMIT_BYTES_MAX, SUBMIT_COUNT_MAX, WAIT_MAX};
use minglian_ledger::transaction::Transaction;
use tokio::task::JoinSet;

use super::carry_out::{Committed, Ledger};

/// How often a transaction is sent again that had no room or no answer.
const ATTEMPTS_MAX: u32 = 200;

/// How long until then.
const PAUSE: Duration = Duration::from_millis(100);

/// One node of a running network.
#[derive(Debug, Clone)]
pub struct Node(pub Client);

impl Ledger for Node {
    async fn commit(&self, transactions: Vec<Transaction>) -> anyhow::Result<Vec<Committed>> {
        let mut requests = JoinSet::new();
        for (number, part) in parts(&transactions).into_iter().enumerate() {
            let client = self.0.clone();
            requests.spawn(async move { Ok((number, commit_part(&client, part).await?)) });
        }
        let mut answered = Vec::new();
        while let Some(part) = requests.join_next().await {
            let part: anyhow::Result<_> = part.context("a request broke off")?;
            answered.push(part?);
        }
        answered.sort_by_key(|(number, _)| *number);
        Ok(answered.into_iter().flat_map(|(_, committed)| committed).collect())
    }
}

/// The transactions encoded, in parts that fit a request.
fn parts(transactions: &[Transaction]) -> Vec<Vec<Vec<u8>>> {
    let (mut parts, mut part, mut bytes) = (Vec::new(), Vec::new(), 0);
    for transaction in transactions {
        let encoded = transaction.encode();
        // Each stands behind its length.
        let more = encoded.len() + size_of::<u64>();
        if part.len() == SUBMIT_COUNT_MAX || bytes + more > SUBMIT_BYTES_MAX {
            parts.push(std::mem::take(&mut part));
            bytes = 0;
        }
        bytes += more;
        part.push(encoded);
    }
    if !part.is_empty() {
        parts.push(part);
    }
    parts
}

async fn commit_part(client: &Client, encoded: Vec<Vec<u8>>) -> anyhow::Result<Vec<Committed>> {
    let mut committed: Vec<Option<Committed>> = vec![None; encoded.len()];
    let mut last_error = "no room".to_owned();
    for _ in 0..ATTEMPTS_MAX {
        let waiting: Vec<usize> =
            (0..encoded.len()).filter(|place| committed[*place].is_none()).collect();
        if waiting.is_empty() {
            return Ok(committed.into_iter().flatten().collect());
        }
        let batch: Vec<&Vec<u8>> = waiting.iter().map(|place| &encoded[*place]).collect();
        // Who gets no answer sends the same again: what is in the log already is not entered twice.
        let answers = match client.submit_and_wait(&batch, WAIT_MAX).await {
            Ok(answers) => answers,
            Err(error) => {
                last_error = error.to_string();
                tokio::time::sleep(PAUSE).await;
                continue;
            }
        };
        ensure!(answers.len() == waiting.len(), "{} answers", answers.len());
        let mut is_full = false;
        for (place, answer) in waiting.into_iter().zip(answers) {
            is_full |= answer.is_for_now();
            committed[place] = read(answer)?;
        }
        if is_full {
            tokio::time::sleep(PAUSE).await;
        }
    }
    bail!("{} does not commit what it is sent: {last_error}", client.base_url())
}

/// What became of a transaction; none if it is to be sent again.
fn read(answer: SubmitAnswer) -> anyhow::Result<Option<Committed>> {
    match answer.status {
        SubmitStatus::Admitted => Ok(None),
        SubmitStatus::Refused if answer.is_for_now() => Ok(None),
        SubmitStatus::Refused => bail!("not taken: {} {:?}", answer.code, answer.detail),
        SubmitStatus::Committed => {
            let found = answer.committed.context("committed, but nowhere")?;
            let detail = found.receipt.refusal.map(|refusal| {
                format!("{}: {} ({})", refusal.name, refusal.english, refusal.detail)
            });
            let (index, code) = (found.index, found.receipt.code);
            Ok(Some(Committed { index, code, detail: detail.unwrap_or_default() }))
        }
    }
}
