//! Acts and deposits of one bureau, for tests of what is kept off the log.

use std::path::PathBuf;
use std::sync::Arc;

use minglian_client::ClientError;
use minglian_client::wire::Uploaded;
use minglian_contracts::allocation::Category;
use minglian_contracts::approval;
use minglian_contracts::call::Call;
use minglian_contracts::naming::Thing;
use minglian_contracts::opening::{self, Ground};
use minglian_contracts::project::{self, Contract, Registration};
use minglian_ledger::deposit::{Class, Content, Deposit, DepositBody, MediaType};
use minglian_ledger::fen::Fen;
use minglian_ledger::hash::{AttachmentHash, Commitment};
use minglian_ledger::transaction::Transaction;
use minglian_node::attachments::Keeper;
use minglian_node::config::AttachmentSettings;

use crate::rpc_world::{
    CIVIL_CHECKER, CIVIL_MAKER, FINANCE_CHECKER, World, civil_affairs, finance, key, text,
};

pub fn pdf(bytes: usize) -> Vec<u8> {
    let mut content = b"%PDF-1.7\n".to_vec();
    content.extend((0..bytes).map(|number| (number % 251) as u8));
    content.truncate(bytes);
    content
}

/// What a node of the tests keeps.
pub fn kept() -> AttachmentSettings {
    AttachmentSettings {
        bytes_max: 4 << 20,
        waiting_bytes_max: 6 << 20,
        waiting_heights_max: 20,
        ..AttachmentSettings::default()
    }
}

pub fn described(content: &[u8], media_type: MediaType) -> Content {
    let hash = AttachmentHash::of(&[content]);
    Content::Attachment { hash, media_type, bytes: content.len() as u64 }
}

/// Lets everything go from the disk that must; in how many turns.
pub async fn wipe_all(keeper: &Arc<Keeper>) -> usize {
    let mut turns = 1;
    while keeper.wipe_some().await > 0 {
        turns += 1;
    }
    turns
}

pub fn code(error: ClientError) -> String {
    error.code().unwrap_or("broken off").to_owned()
}

impl World {
    pub fn deposit(&self, class: Class, content: Content) -> Deposit {
        let chain_id = self.chain.chain_id().clone();
        let organization = civil_affairs();
        let body = DepositBody { chain_id, organization, class, content };
        Deposit::sign(body, &key(CIVIL_MAKER))
    }

    pub async fn upload(
        &self,
        class: Class,
        content: Content,
        body: Vec<u8>,
    ) -> Result<Uploaded, String> {
        let deposit = self.deposit(class, content);
        self.client.upload_body(&deposit, body).await.map_err(code)
    }

    pub async fn read(&self, hash: &AttachmentHash) -> Result<Vec<u8>, String> {
        let mut out = Vec::new();
        self.client.attachment(hash, u64::MAX, &mut out).await.map_err(code)?;
        Ok(out)
    }

    /// Commits an act that a maker proposes and others approve.
    pub async fn carry_out(&self, reference: &str, call: &Call, officers: &[u8]) {
        let proposal = self.act(officers[0], reference, call);
        let id = proposal.id();
        self.apply(proposal).await;
        for (step, officer) in officers[1..].iter().enumerate() {
            let approve = Call::Approval(approval::Call::Approve { proposal: id });
            self.apply(self.act(*officer, &format!("{reference}/{step}"), &approve)).await;
        }
    }

    pub async fn apply(&self, act: Transaction) {
        let committed = self.commit(&[act]).await;
        let record = self.client.record(committed.transactions[0].1).await.unwrap();
        assert!(record.receipt.applied, "{record:?}");
    }

    pub async fn register(&self) {
        let registration = Registration {
            reference: text("甲"),
            title: text("敬老院改造"),
            category: Category::OldAge,
            unit: civil_affairs(),
            year: 2025,
            carries_label: false,
            indicators: Vec::new(),
            occurred_on: "2025-06-01".parse().unwrap(),
        };
        let call = Call::Project(project::Call::Register(registration));
        self.carry_out("立项", &call, &[CIVIL_MAKER, CIVIL_CHECKER]).await;
    }

    /// Commits a record that names an attachment.
    pub async fn name(&self, number: &str, document: AttachmentHash) {
        let contract = Contract {
            counterparty: finance(),
            amount: Fen::new(100).unwrap(),
            document: Some(document),
            occurred_on: "2025-06-01".parse().unwrap(),
        };
        let call = project::Call::Contract { project: text("甲"), number: text(number), contract };
        self.carry_out(number, &Call::Project(call), &[CIVIL_MAKER, CIVIL_CHECKER]).await;
    }

    pub async fn erase(&self, reference: &str, things: Vec<Thing>) {
        let call = Call::Opening(opening::Call::Erase {
            things,
            ground: Ground::Unlawful,
            reviewer: Some(finance()),
            occurred_on: "2025-06-01".parse().unwrap(),
        });
        self.carry_out(reference, &call, &[CIVIL_MAKER, CIVIL_CHECKER, FINANCE_CHECKER]).await;
    }

    /// Whether the bytes are here, or the key to them.
    pub fn holds(&self, hash: &AttachmentHash) -> bool {
        self.content(hash).exists() || self.key_file(hash).exists()
    }

    pub fn key_file(&self, hash: &AttachmentHash) -> PathBuf {
        let name = hash.to_string();
        self.directory().join("attachments/keys").join(&name[..2]).join(name)
    }

    pub fn content(&self, hash: &AttachmentHash) -> PathBuf {
        let name = hash.to_string();
        self.directory().join("attachments/content").join(&name[..2]).join(name)
    }
}

/// Commits a record that names a commitment: the opinion with which a checker rejects.
pub async fn give_opinion(world: &World, reference: &str, opinion: Commitment) {
    let contract = Contract {
        counterparty: finance(),
        amount: Fen::new(100).unwrap(),
        document: None,
        occurred_on: "2025-06-01".parse().unwrap(),
    };
    let call = project::Call::Contract { project: text("甲"), number: text(reference), contract };
    let proposal = world.act(CIVIL_MAKER, reference, &Call::Project(call));
    let id = proposal.id();
    world.apply(proposal).await;
    let reject = approval::Call::Reject { proposal: id, opinion: Some(opinion) };
    let rejection = format!("{reference}/否决");
    world.apply(world.act(CIVIL_CHECKER, &rejection, &Call::Approval(reject))).await;
}
