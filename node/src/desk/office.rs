//! An officer at a node: signs acts, sends them, and knows what became of each.

use std::time::Duration;

use minglian_client::wire::SubmitAnswer;
use minglian_client::{Client, ClientError};
use minglian_contracts::call::Call;
use minglian_ledger::deposit::{Class, Content, Deposit, DepositBody, MediaType};
use minglian_ledger::hash::{AttachmentHash, TransactionId};
use minglian_ledger::height::Height;
use minglian_ledger::keys::SigningKey;
use minglian_ledger::organization_code::OrganizationCode;
use minglian_ledger::transaction::{
    ChainId, ClientReference, Transaction, TransactionBody, TransactionError,
};
use serde_json::Value;
use tokio::time::Instant;

use super::names::Directory;
use super::outbox::{Entry, Outbox, OutboxError};
use super::outcome::{self, Outcome};
use super::sheet::cells::Opening;

/// How many heights a transaction may wait.
pub const LIFETIME_HEIGHTS: u64 = 1_000;

/// How long to wait for the commit.
pub const WAIT: Duration = Duration::from_secs(60);

/// How long to wait before a node is asked again that had no room.
const RETRY_INTERVAL: Duration = Duration::from_millis(500);

/// What is known of an act for which an answer is missing.
const NO_ANSWER: &str = "the node gave no answer";

/// An act could not be prepared or kept. What a node makes of it is an [`Outcome`].
#[derive(Debug, thiserror::Error)]
pub enum OfficeError {
    /// The node.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// The outbox.
    #[error(transparent)]
    Outbox(#[from] OutboxError),
    /// The outbox holds what does not read.
    #[error(transparent)]
    Transaction(#[from] TransactionError),
    /// An outcome that cannot be written down.
    #[error("the answer cannot be kept: {0}")]
    Answer(#[from] serde_json::Error),
    /// The reference stands for another act.
    #[error(
        "the reference {reference} stands for another act since record {index}: give this act \
         another reference 该业务编号已用于另一笔业务,请换一个编号"
    )]
    ReferenceTaken {
        /// The reference.
        reference: ClientReference,
        /// The record that holds the other act.
        index: u64,
    },
}

/// What stands under a reference already.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Known {
    /// Nothing: the act is new.
    Nothing,
    /// The same act is in the ledger.
    Settled(Box<Outcome>),
    /// The same act was signed before and waits in the outbox.
    Signed(Box<Transaction>),
}

/// A node, an outbox, and the names behind codes.
#[derive(Debug, Clone)]
pub struct Office {
    /// The node.
    pub client: Client,
    /// Where signed acts are kept.
    pub outbox: Outbox,
    /// Names that were asked for.
    pub names: Directory,
    chain_id: ChainId,
    height: Height,
}

/// Signs an act for the blocks that follow `height`.
pub fn sign(
    chain_id: &ChainId,
    height: Height,
    key: &SigningKey,
    organization: OrganizationCode,
    client_reference: ClientReference,
    call: &Call,
) -> Transaction {
    let body = TransactionBody {
        chain_id: chain_id.clone(),
        organization,
        client_reference,
        expires_at: Height(height.0.saturating_add(LIFETIME_HEIGHTS)),
        call: call.encode(),
    };
    Transaction::sign(body, key)
}

impl Office {
    /// Opens an office at a node.
    ///
    /// # Errors
    /// [`OfficeError::Client`].
    pub async fn open(client: Client, outbox: Outbox) -> Result<Self, OfficeError> {
        let header = client.latest_header().await?.header;
        let (chain_id, height) = (header.chain_id, header.height);
        Ok(Self { client, outbox, names: Directory::default(), chain_id, height })
    }

    /// Takes notice of the blocks since: what is signed from now on may wait as long as ever.
    ///
    /// # Errors
    /// [`OfficeError::Client`].
    pub async fn refresh(&mut self) -> Result<(), OfficeError> {
        self.height = self.client.latest_header().await?.header.height;
        Ok(())
    }

    /// Learns the names of the organisations that an act names.
    ///
    /// # Errors
    /// [`OfficeError::Client`].
    pub async fn learn(&mut self, call: &Call) -> Result<(), OfficeError> {
        let value = serde_json::to_value(call)?;
        Ok(self.names.learn(&self.client, &[value]).await?)
    }

    /// Signs an act.
    pub fn sign(
        &self,
        key: &SigningKey,
        organization: OrganizationCode,
        reference: ClientReference,
        call: &Call,
    ) -> Transaction {
        sign(&self.chain_id, self.height, key, organization, reference, call)
    }

    /// What stands under a reference: asked before an act is signed, so that doing the same twice
    /// does nothing twice.
    ///
    /// # Errors
    /// [`OfficeError::ReferenceTaken`] if another act does; [`OutboxError::ReferenceWaits`] if
    /// another waits in the outbox.
    pub async fn known(
        &self,
        organization: &OrganizationCode,
        reference: &ClientReference,
        call: &Call,
    ) -> Result<Known, OfficeError> {
        let signed = self.outbox.find(organization, reference)?;
        self.known_with(organization, reference, call, signed.as_ref()).await
    }

    /// As [`Office::known`], where `signed` is what waits in the outbox under the reference.
    ///
    /// # Errors
    /// As [`Office::known`].
    pub async fn known_with(
        &self,
        organization: &OrganizationCode,
        reference: &ClientReference,
        call: &Call,
        signed: Option<&Entry>,
    ) -> Result<Known, OfficeError> {
        match self.client.receipt(organization, reference.as_str()).await {
            Ok(view) => {
                if let Some(committed) = view.committed {
                    let record = self.client.record(committed.index).await?;
                    if record.call_bytes.0 != call.encode() {
                        let (reference, index) = (reference.clone(), committed.index.0);
                        return Err(OfficeError::ReferenceTaken { reference, index });
                    }
                    let (client, names) = (&self.client, &self.names);
                    let read = outcome::read_committed(client, view.id, committed, names).await;
                    return Ok(Known::Settled(Box::new(read)));
                }
            }
            Err(error) if error.is_vacant() => {}
            Err(error) => return Err(error.into()),
        }
        let Some(entry) = signed else { return Ok(Known::Nothing) };
        let waiting = entry.transaction()?;
        // What has expired can be in no later block: it is signed anew.
        let is_live =
            waiting.body.expires_at > self.height && waiting.body.chain_id == self.chain_id;
        if !is_live {
            let answer = serde_json::json!({ "outcome": "expired" });
            self.outbox.settle(&entry.id, &answer)?;
            return Ok(Known::Nothing);
        }
        if waiting.body.call != call.encode() {
            let (reference, id) = (reference.clone(), entry.id);
            return Err(OutboxError::ReferenceWaits { reference, id }.into());
        }
        Ok(Known::Signed(Box::new(waiting)))
    }

    /// Hands the text behind a commitment of a record to the node, for everybody to see, until an
    /// order erases it. What is there already stays.
    ///
    /// # Errors
    /// [`ClientError`], also if the node does not take it.
    pub async fn publish(
        &self,
        key: &SigningKey,
        organization: OrganizationCode,
        opening: &Opening,
    ) -> Result<(), ClientError> {
        let Opening { commitment, salt, text, .. } = opening;
        let content = Content::Opening { commitment: *commitment };
        let (chain_id, class) = (self.chain_id.clone(), Class::Public);
        let body = DepositBody { chain_id, organization, class, content };
        self.client.deposit_opening(&Deposit::sign(body, key), salt, text).await
    }

    /// Hands a text that a record names as an attachment to the node, for everybody to see. What is
    /// there already stays.
    ///
    /// # Errors
    /// [`ClientError`], also if the node does not take it.
    pub async fn attach_text(
        &self,
        key: &SigningKey,
        organization: OrganizationCode,
        text: Vec<u8>,
    ) -> Result<(), ClientError> {
        let (hash, bytes) = (AttachmentHash::of(&[&text]), text.len() as u64);
        let content = Content::Attachment { hash, media_type: MediaType::Text, bytes };
        let (chain_id, class) = (self.chain_id.clone(), Class::Public);
        let body = DepositBody { chain_id, organization, class, content };
        self.client.upload_body(&Deposit::sign(body, key), text).await?;
        Ok(())
    }

    /// Keeps a signed act, sends it and waits. A connection that breaks is no error: the act is
    /// kept, and its outcome unsettled.
    ///
    /// # Errors
    /// [`OfficeError::Outbox`]: it was not sent if it could not be kept.
    pub async fn deliver(&self, transaction: &Transaction) -> Result<Outcome, OfficeError> {
        let entry = self.outbox.put(transaction, self.client.base_url())?;
        self.send(&entry).await
    }

    /// Sends a kept act again. The ledger takes it once.
    ///
    /// # Errors
    /// [`OfficeError::Outbox`].
    pub async fn send(&self, entry: &Entry) -> Result<Outcome, OfficeError> {
        let outcomes = self.send_all(std::slice::from_ref(entry)).await?;
        let unanswered = || Outcome::Unsettled { id: entry.id, detail: NO_ANSWER.to_owned() };
        Ok(outcomes.into_iter().next().unwrap_or_else(unanswered))
    }

    /// Sends kept acts together; an outcome for each, in order. While the node has no room they
    /// are sent again.
    ///
    /// # Errors
    /// [`OfficeError::Outbox`].
    pub async fn send_all(&self, entries: &[Entry]) -> Result<Vec<Outcome>, OfficeError> {
        if entries.is_empty() {
            return Ok(Vec::new());
        }
        let encoded: Vec<&[u8]> =
            entries.iter().map(|entry| entry.transaction.0.as_slice()).collect();
        let deadline = Instant::now() + WAIT;
        let mut answers = self.client.submit_and_wait(&encoded, WAIT).await;
        while answers.as_ref().is_ok_and(|all| all.iter().any(SubmitAnswer::is_for_now))
            && Instant::now() < deadline
        {
            tokio::time::sleep(RETRY_INTERVAL).await;
            // What was taken already is answered as the first time.
            answers = self.client.submit_and_wait(&encoded, WAIT).await;
        }
        let (mut answers, detail) = match answers {
            Ok(answers) => (answers.into_iter(), NO_ANSWER.to_owned()),
            Err(error) => (Vec::new().into_iter(), error.to_string()),
        };
        let mut outcomes = Vec::with_capacity(entries.len());
        for entry in entries {
            let id: TransactionId = entry.id;
            let outcome = match answers.next() {
                Some(answer) => outcome::read(&self.client, id, answer, &self.names).await,
                None => Outcome::Unsettled { id, detail: detail.clone() },
            };
            if outcome.is_settled() {
                let answer: Value = serde_json::to_value(&outcome)?;
                self.outbox.settle(&id, &answer)?;
            }
            outcomes.push(outcome);
        }
        Ok(outcomes)
    }
}
