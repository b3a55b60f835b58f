//! The public window (公众窗口): complaints by anybody, relayed by one organisation.
//!
//! A complainant has no key. An organisation lends one: its maker's, registered for this purpose.
//! What comes in is signed as that organisation's `receive_complaint`, which one of its checkers
//! approves at a desk of their own: this program holds no second key, so it can enter nothing
//! alone. The act holds salted commitments of the text and of the complainant's ticket, nothing
//! else of either. The text goes to the nodes of the validators as the opening of its commitment,
//! where an order on the ledger can erase it ([`spool`] keeps it until then, and no longer).
//!
//! A flood stops at three places ([`Limits`]): so many complaints of one address and of all in an
//! hour ([`allowance`]), so many that wait here for the ledger, and so many there for a checker.

pub mod about;
pub mod allowance;
pub mod spool;
pub mod ticket;

use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use minglian_client::wire::{SubmitAnswer, SubmitStatus};
use minglian_client::{Client, ClientError};
use minglian_contracts::call::Call;
use minglian_contracts::oversight::{self, complaint};
use minglian_contracts::refusal::Code;
use minglian_ledger::block::Header;
use minglian_ledger::date::beijing_date;
use minglian_ledger::deposit::{self, Class, Content, Deposit, DepositBody, SALT_BYTES};
use minglian_ledger::height::Height;
use minglian_ledger::keys::{PublicKey, SigningKey};
use minglian_ledger::organization_code::OrganizationCode;
use minglian_ledger::text::Text;
use minglian_ledger::transaction::{Transaction, TransactionBody};
use rand::RngCore as _;

use about::Subject;
use allowance::Allowance;
use spool::{Entry, Spool, SpoolError};
use ticket::Ticket;

/// How many heights an act may wait for its block.
const LIFETIME_HEIGHTS: u64 = 1_000;

/// How long the node may take to say where the ledger stands.
const HEAD_TIMEOUT: Duration = Duration::from_secs(3);

/// How long the node is given to commit an act.
const COMMIT_TIMEOUT: Duration = Duration::from_secs(30);

/// How long a complainant waits for the commit; the act goes on without them.
const PATIENCE: Duration = Duration::from_secs(6);

/// Most signatures of one act in a row: under another key, then for another time.
const SIGNATURES_MAX: usize = 3;

/// How often what is still here is sent again.
const RETRY_INTERVAL: Duration = Duration::from_secs(20);

/// What bounds a flood.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Most complaints of one address in an hour.
    pub client_max: u32,
    /// Most complaints of all in an hour.
    pub hour_max: u32,
    /// Most complaints that wait here for the ledger.
    pub spool_max: usize,
    /// Most complaints that wait on the ledger for a checker: a fifth of the acts that an
    /// organisation may have open (`proposal::OPEN_PROPOSALS_MAX`).
    pub waiting_max: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { client_max: 5, hour_max: 60, spool_max: 64, waiting_max: 200 }
    }
}

/// Whose window it is.
pub struct Post {
    /// The organisation.
    pub organization: OrganizationCode,
    /// The key of one of its makers.
    pub key: SigningKey,
    /// Where complaints are kept until the ledger has them.
    pub spool: PathBuf,
    /// What bounds a flood.
    pub limits: Limits,
}

/// The window of an organisation.
pub struct Window {
    /// The organisation that relays.
    pub organization: OrganizationCode,
    /// What bounds a flood.
    pub limits: Limits,
    key: SigningKey,
    client: Client,
    spool: Spool,
    allowance: Mutex<Allowance>,
    /// One act is under way at a time: the queue.
    turn: tokio::sync::Mutex<()>,
}

impl std::fmt::Debug for Window {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut shown = formatter.debug_struct("Window");
        shown.field("organization", &self.organization).finish_non_exhaustive()
    }
}

/// What became of a complaint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The ledger has the act, the nodes have the text.
    Entered,
    /// It is kept here and sent until the ledger has it.
    OnItsWay,
    /// The rules of the ledger refuse it, in Chinese and English; nothing of it is kept.
    Refused(String, String),
    /// The node does not answer; nothing was sent and nothing is kept.
    Unreachable,
    /// Too many wait; nothing is kept.
    Full,
    /// Too many came in the last hour; nothing is kept.
    TooMany,
    /// The window itself does not work; nothing is kept.
    Broken,
}

impl Window {
    /// Opens a window at the node of `client`.
    ///
    /// # Errors
    /// [`SpoolError`] if complaints cannot be kept.
    pub fn open(post: Post, client: Client) -> Result<Arc<Self>, SpoolError> {
        let Post { organization, key, spool, limits } = post;
        Ok(Arc::new(Self {
            organization,
            limits,
            key,
            client,
            spool: Spool::open(&spool)?,
            allowance: Mutex::new(Allowance::default()),
            turn: tokio::sync::Mutex::new(()),
        }))
    }

    /// Whether the complaint of a ticket is kept here, for the ledger or aside.
    pub fn keeps(&self, ticket: &Ticket) -> bool {
        self.spool.contains(&ticket.name()) || self.has_set_aside(ticket)
    }

    /// Whether the rules refused the complaint of a ticket after it had been promised.
    pub fn has_set_aside(&self, ticket: &Ticket) -> bool {
        self.spool.is_set_aside(&ticket.name())
    }

    /// Sends what is still here, again and again, for as long as the explorer runs.
    pub async fn attend(self: Arc<Self>) {
        loop {
            self.send_again().await;
            tokio::time::sleep(RETRY_INTERVAL).await;
        }
    }

    /// Sends what is still here, once. Nobody waits for the outcome: the complainants were told
    /// that it is on its way, so nothing of it is erased.
    pub async fn send_again(&self) {
        for name in self.spool.names().unwrap_or_default() {
            if let Outcome::Refused(..) = self.deliver(&name).await {
                self.set_aside(&name);
            }
        }
    }

    /// Takes a complaint: signs it, keeps it, sends it, and hands its text over. A client whose
    /// connection breaks loses nothing: the same ticket finds it.
    pub async fn take(
        self: &Arc<Self>,
        ticket: &Ticket,
        subject: &Subject,
        text: &str,
        from: Option<IpAddr>,
    ) -> Outcome {
        let asked = tokio::time::timeout(HEAD_TIMEOUT, self.client.latest_header()).await;
        let Ok(Ok(head)) = asked else { return Outcome::Unreachable };
        if self.spool.names().is_ok_and(|names| names.len() >= self.limits.spool_max) {
            return Outcome::Full;
        }
        if !self.allows(from) {
            return Outcome::TooMany;
        }
        let name = ticket.name();
        let kept = self.sign(&head.header, ticket, subject, text);
        let kept = kept.and_then(|entry| self.spool.put(&name, &entry).ok());
        if kept.is_none() {
            tracing::error!("a complaint cannot be kept");
            return Outcome::Broken;
        }
        let (window, kept) = (Arc::clone(self), name.clone());
        let under_way = tokio::spawn(async move { window.deliver(&kept).await });
        match tokio::time::timeout(PATIENCE, under_way).await {
            Ok(Ok(outcome)) => {
                // The complainant learns of it and has the text again.
                if matches!(outcome, Outcome::Refused(..) | Outcome::Broken) {
                    self.forget(&name);
                }
                outcome
            }
            _ => Outcome::OnItsWay,
        }
    }

    fn allows(&self, from: Option<IpAddr>) -> bool {
        let mut allowance = self.allowance.lock().unwrap_or_else(PoisonError::into_inner);
        allowance.take(from, &self.limits, Instant::now())
    }

    /// The act and the deposit of its text.
    fn sign(&self, head: &Header, ticket: &Ticket, subject: &Subject, text: &str) -> Option<Entry> {
        let mut salt = [0; SALT_BYTES];
        rand::rngs::OsRng.fill_bytes(&mut salt);
        let content = deposit::commit(&salt, text);
        let call = Call::Oversight(oversight::Call::ReceiveComplaint(complaint::Receive {
            reference: ticket.reference(),
            target: subject.target.clone(),
            content,
            ticket: ticket.commitment(),
            handler: subject.handler,
            // The ledger's own day: a clock here that is ahead would be refused (511).
            occurred_on: beijing_date(head.time_ms).ok()?,
        }));
        let transaction = self.envelope(head, ticket.reference().as_str(), call.encode())?;
        let deposit = DepositBody {
            chain_id: head.chain_id.clone(),
            organization: self.organization,
            class: Class::Personal,
            content: Content::Opening { commitment: content },
        };
        Some(Entry {
            transaction: transaction.encode(),
            deposit: Deposit::sign(deposit, &self.key).encode(),
            salt,
            text: text.to_owned(),
        })
    }

    fn envelope(&self, head: &Header, reference: &str, call: Vec<u8>) -> Option<Transaction> {
        let body = TransactionBody {
            chain_id: head.chain_id.clone(),
            organization: self.organization,
            client_reference: Text::new(reference).ok()?,
            expires_at: Height(head.height.0.saturating_add(LIFETIME_HEIGHTS)),
            call,
        };
        Some(Transaction::sign(body, &self.key))
    }

    /// Sends what is kept under a name, and hands its text over once the ledger has the act. What
    /// is not taken stays: whoever asked decides what becomes of it.
    async fn deliver(&self, name: &str) -> Outcome {
        let _turn = self.turn.lock().await;
        let mut entry = match self.spool.get(name) {
            Ok(Some(entry)) => entry,
            Ok(None) if self.spool.is_set_aside(name) => return Outcome::OnItsWay,
            // Another turn has finished it.
            Ok(None) => return Outcome::Entered,
            Err(error) => {
                tracing::error!(%error, "a complaint that is kept does not read");
                return Outcome::OnItsWay;
            }
        };
        match self.submit(name, &mut entry).await {
            Answered::Later => Outcome::OnItsWay,
            Answered::Refused(outcome) => outcome,
            Answered::Committed => self.hand_over(name, &entry).await,
        }
    }

    /// Sends an act, signed anew where the node asks for it.
    async fn submit(&self, name: &str, entry: &mut Entry) -> Answered {
        for _ in 0..SIGNATURES_MAX {
            let sent = self.client.submit_and_wait(&[&entry.transaction], COMMIT_TIMEOUT).await;
            let answer = match sent.map(|answers| answers.into_iter().next()) {
                Ok(Some(answer)) => answer,
                Ok(None) => return Answered::Later,
                Err(error) => {
                    self.postponed("a complaint", &error);
                    return Answered::Later;
                }
            };
            let signed = match answer.code.as_str() {
                "unknown_key" => self.countersign(entry),
                "expired" => self.renew(entry).await,
                _ => None,
            };
            let Some(signed) = signed else { return read(answer) };
            entry.transaction = signed.encode();
            if let Err(error) = self.spool.replace(name, entry) {
                tracing::error!(%error, "a complaint cannot be kept");
                return Answered::Later;
            }
        }
        Answered::Later
    }

    /// Hands the text over and forgets it. Its deposit is signed with the key of today: the one
    /// that signed the act may have been replaced since.
    async fn hand_over(&self, name: &str, entry: &Entry) -> Outcome {
        let Ok(kept) = Deposit::decode(&entry.deposit) else {
            tracing::error!("a deposit that is kept does not read");
            return Outcome::OnItsWay;
        };
        let deposit = Deposit::sign(kept.body, &self.key);
        match self.client.deposit_opening(&deposit, &entry.salt, &entry.text).await {
            Ok(()) => {
                self.forget(name);
                Outcome::Entered
            }
            Err(error) => self.postponed("the text of a complaint", &error),
        }
    }

    /// The act under the present key, if another signed it: one that was revoked or replaced. If
    /// the ledger has the first already, its reference is taken, which says so.
    fn countersign(&self, entry: &Entry) -> Option<Transaction> {
        let old = Transaction::decode(&entry.transaction).ok()?;
        let is_another = old.key != PublicKey::of(&self.key);
        is_another.then(|| Transaction::sign(old.body, &self.key))
    }

    /// The act anew, whose time is over.
    async fn renew(&self, entry: &Entry) -> Option<Transaction> {
        let head = self.client.latest_header().await.ok()?;
        let old = Transaction::decode(&entry.transaction).ok()?;
        let reference = old.body.client_reference.to_string();
        self.envelope(&head.header, &reference, old.body.call)
    }

    /// Keeps aside what the rules refuse after its complainant was told that it is on its way: no
    /// further sending enters it, and what was promised is not erased.
    fn set_aside(&self, name: &str) {
        let is_aside = match self.spool.set_aside(name) {
            Ok(is_aside) => is_aside,
            Err(error) => return tracing::error!(%error, "a complaint cannot be kept aside"),
        };
        tracing::error!(complaint = name, is_aside, "the rules refuse what was promised");
    }

    /// Says in the log that something is tried again; never what it says or who sent it.
    fn postponed(&self, what: &str, error: &ClientError) -> Outcome {
        let code = error.code().unwrap_or("no answer");
        tracing::warn!(what, code, "the node did not take it; it is sent again");
        Outcome::OnItsWay
    }

    fn forget(&self, name: &str) {
        if let Err(error) = self.spool.erase(name) {
            tracing::error!(%error, "a complaint that is done cannot be erased here");
        }
    }
}

/// What an answer of the node comes to.
enum Answered {
    Committed,
    Later,
    Refused(Outcome),
}

fn read(answer: SubmitAnswer) -> Answered {
    if answer.is_for_now() || answer.status == SubmitStatus::Admitted {
        return Answered::Later;
    }
    // A reference has the digits of its ticket: only an earlier signature of the same complaint
    // can have taken it.
    let is_entered = |code| code == 0 || code == Code::ReferenceTaken.number();
    match answer.committed.map(|committed| committed.receipt) {
        Some(receipt) if is_entered(receipt.code) => Answered::Committed,
        Some(receipt) => {
            let said = receipt.refusal.map(|said| (said.chinese, said.english));
            let (zh, en) = said.unwrap_or_default();
            Answered::Refused(Outcome::Refused(zh, en))
        }
        None if matches!(&*answer.code, "expired" | "unavailable") => Answered::Later,
        None => {
            tracing::error!(code = answer.code, "the window's acts are not taken");
            Answered::Refused(Outcome::Broken)
        }
    }
}
