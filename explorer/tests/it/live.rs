//! A node on loopback that takes acts and openings, one act a block, and a site that follows it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use minglian_client::wire::{
    self, CommittedView, HeaderView, OpeningRequest, ReceiptView, RefusalView, SubmitAnswer,
    SubmitAnswers, SubmitStatus,
};
use minglian_contracts::call::Call;
use minglian_explorer::follower::Follower;
use minglian_explorer::status::{Following, Status};
use minglian_ledger::deposit::{self, Class, Content, Deposit};
use minglian_ledger::hash::{Commitment, TransactionId};
use minglian_ledger::height::LogIndex;
use minglian_ledger::keys::PublicKey;
use minglian_ledger::transaction::Transaction;

use crate::chain::Chain;
use crate::site::{Site, serve};

/// An opening that was handed over.
pub struct Held {
    pub commitment: Commitment,
    pub class: Class,
    pub text: String,
    /// Who signed the deposit.
    pub key: PublicKey,
}

pub struct Live {
    pub chain: Chain,
    follower: Option<Follower>,
    status: Status,
    pub openings: Vec<Held>,
    /// Every request that came, by its path.
    pub asked: BTreeMap<&'static str, usize>,
    /// Whether openings are refused for now.
    pub has_no_room: bool,
    /// What a submission is answered in place of a block, if anything.
    pub refusal: Option<&'static str>,
    /// A key that signs nothing here.
    pub revoked: Option<PublicKey>,
    /// What the rules say of the next acts in place of the ledger, if anything.
    pub ruling: Option<u32>,
    known: BTreeMap<TransactionId, CommittedView>,
}

pub type Shared = Arc<Mutex<Live>>;

impl Live {
    /// A node of the chain and a site that has verified it.
    pub async fn with_site(chain: Chain) -> (Shared, Site, String) {
        let live = Arc::new(Mutex::new(Self {
            chain,
            follower: None,
            status: Status::default(),
            openings: Vec::new(),
            asked: BTreeMap::new(),
            has_no_room: false,
            refusal: None,
            revoked: None,
            ruling: None,
            known: BTreeMap::new(),
        }));
        let router = Router::new()
            .route("/v1/headers/latest", get(latest))
            .route("/v1/transactions", post(submit))
            .route("/v1/openings", post(keep));
        let node = serve(router.with_state(Arc::clone(&live))).await;
        let genesis = Chain::new();
        let (site, follower) = Site::beside(&genesis, &node).await;
        {
            let mut live = live.lock().unwrap();
            live.follower = Some(follower);
            live.status = site.status.clone();
            live.catch_up();
        }
        (live, site, node)
    }

    /// The site verifies what it has not seen yet.
    pub fn catch_up(&mut self) {
        let follower = self.follower.as_mut().unwrap();
        let first = usize::try_from(follower.height().0).unwrap();
        for block in &self.chain.blocks[first..] {
            follower.apply(block).unwrap();
        }
        self.status.set(Following::Current { verified: follower.height() });
    }

    /// An act of other officers.
    pub fn act(&mut self, organization: &str, call: &Call, roles: &[&str]) {
        assert_eq!(self.chain.act(organization, call, roles), 0);
        self.catch_up();
    }

    /// One officer's act.
    pub fn alone(&mut self, actor: &str, call: &Call) {
        assert_eq!(self.chain.alone(actor, call), 0);
        self.catch_up();
    }

    fn commit(&mut self, transaction: Transaction) -> CommittedView {
        let id = transaction.id();
        if let Some(known) = self.known.get(&id) {
            return known.clone();
        }
        let code = match self.ruling {
            Some(code) => code,
            None => self.chain.block(vec![transaction])[0],
        };
        self.catch_up();
        let refusal = (code != 0).then(|| RefusalView {
            name: "Refused".to_owned(),
            english: "the rule in English".to_owned(),
            chinese: "规则的中文".to_owned(),
            article: String::new(),
            detail: String::new(),
        });
        let receipt = ReceiptView { code, applied: code == 0, events: Vec::new(), refusal };
        let index = LogIndex(self.chain.log.size() - 2);
        let view = CommittedView { index, height: self.chain.header.height, receipt };
        self.known.insert(id, view.clone());
        view
    }
}

async fn latest(State(live): State<Shared>) -> Json<HeaderView> {
    let mut live = live.lock().unwrap();
    *live.asked.entry("head").or_default() += 1;
    let last = live.chain.blocks.last().unwrap();
    let header = last.block.header.clone();
    let certificate = last.certificate.clone();
    let first_leaf = LogIndex(live.chain.log.size() - 2);
    Json(HeaderView { block_id: header.id(), header, first_leaf, certificate })
}

async fn submit(State(live): State<Shared>, body: Bytes) -> Json<SubmitAnswers> {
    let mut live = live.lock().unwrap();
    *live.asked.entry("submit").or_default() += 1;
    let mut answers = Vec::new();
    for frame in wire::frames(&body).unwrap() {
        let transaction = Transaction::decode(frame).unwrap();
        let id = Some(transaction.id());
        let is_revoked = live.revoked == Some(transaction.key);
        answers.push(match live.refusal.or(is_revoked.then_some("unknown_key")) {
            Some(code) => SubmitAnswer {
                id,
                status: SubmitStatus::Refused,
                code: code.to_owned(),
                detail: None,
                committed: None,
            },
            None => SubmitAnswer {
                id,
                status: SubmitStatus::Committed,
                code: "committed".to_owned(),
                detail: None,
                committed: Some(live.commit(transaction)),
            },
        });
    }
    Json(SubmitAnswers { answers })
}

async fn keep(State(live): State<Shared>, Json(request): Json<OpeningRequest>) -> Response {
    let mut live = live.lock().unwrap();
    *live.asked.entry("keep").or_default() += 1;
    if live.has_no_room {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    }
    let deposit = Deposit::decode(&request.deposit.0).unwrap();
    deposit.verify().unwrap();
    let Content::Opening { commitment } = deposit.body.content else { panic!("no opening") };
    let salt = request.salt.0.as_slice().try_into().unwrap();
    assert_eq!(deposit::commit(&salt, &request.text), commitment);
    let class = deposit.body.class;
    let key = deposit.key;
    live.openings.push(Held { commitment, class, text: request.text, key });
    StatusCode::CREATED.into_response()
}
