//! The node's HTTP interface as a client sees it: the JSON that travels, and a small client.
//!
//! Nothing here verifies what a node says. Evidence, blocks and checkpoints are returned as the
//! ledger's own types; a caller that does not trust the node checks them with `minglian-ledger`.
//! What the contracts encode (accounts, calls, events) travels as JSON values, so that this crate
//! needs to know no rules.

pub mod wire;
pub mod checkpoint;
pub mod csv;
pub mod deposit;
pub mod error;
pub mod follow;
pub mod key_file;
pub mod read;
pub mod report;
pub mod terminal;

use std::time::Duration;

use minglian_ledger::hash::TransactionId;
use minglian_ledger::organization_code::OrganizationCode;
use reqwest::{RequestBuilder, Response};
use serde::de::DeserializeOwned;

pub use deposit::{DEPOSIT_HEADER, READING_HEADER};
pub use error::{ClientError, Problem};
use wire::{SubmitAnswer, TransactionView};

/// Largest JSON answer that is read, in bytes.
pub const JSON_BYTES_MAX: usize = 32 * 1024 * 1024;

/// Largest binary answer that is read, in bytes: a page of blocks, with room.
pub const BINARY_BYTES_MAX: usize = 32 * 1024 * 1024;

/// Most transactions in one submission.
pub const SUBMIT_COUNT_MAX: usize = 1_000;

/// Largest body of a submission in bytes.
pub const SUBMIT_BYTES_MAX: usize = 8 * 1024 * 1024;

/// Longest time that a node waits for a commit.
pub const WAIT_MAX: Duration = Duration::from_secs(60);

/// The media type of everything that is not JSON.
pub const OCTET_STREAM: &str = "application/octet-stream";

/// How long a connection may take to open.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// How long an answer may take: the longest wait for a commit, with room.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(75);

/// Speaks to one node.
#[derive(Debug, Clone)]
pub struct Client {
    base: String,
    http: reqwest::Client,
    silence_max: Option<Duration>,
}

impl Client {
    /// A client of the node at `base_url`, such as `http://127.0.0.1:28000`.
    pub fn new(base_url: &str) -> Result<Self, ClientError> {
        let base = base_url.trim_end_matches('/').to_owned();
        if !base.starts_with("http://") || base.len() == "http://".len() {
            return Err(ClientError::Address(base_url.to_owned()));
        }
        let http =
            reqwest::Client::builder().connect_timeout(CONNECT_TIMEOUT).no_proxy().build()?;
        Ok(Self { base, http, silence_max: None })
    }

    /// The same, which gives up with [`ClientError::Silent`] when for so long nothing comes of an
    /// answer. Not for whoever waits for a commit.
    pub fn with_silence_max(self, silence_max: Duration) -> Self {
        Self { silence_max: Some(silence_max), ..self }
    }

    /// The node's address, without a slash at its end.
    pub fn base_url(&self) -> &str {
        &self.base
    }

    /// Sends encoded transactions, at most [`SUBMIT_COUNT_MAX`]; one answer for each, in order.
    pub async fn submit(
        &self,
        encoded: &[impl AsRef<[u8]>],
    ) -> Result<Vec<SubmitAnswer>, ClientError> {
        self.send(encoded, None).await
    }

    /// Sends encoded transactions and waits until each is committed, or until `timeout`, at most
    /// [`WAIT_MAX`]: an answer that is still `admitted` was not committed in that time.
    pub async fn submit_and_wait(
        &self,
        encoded: &[impl AsRef<[u8]>],
        timeout: Duration,
    ) -> Result<Vec<SubmitAnswer>, ClientError> {
        self.send(encoded, Some(timeout)).await
    }

    async fn send(
        &self,
        encoded: &[impl AsRef<[u8]>],
        wait: Option<Duration>,
    ) -> Result<Vec<SubmitAnswer>, ClientError> {
        let mut body = Vec::new();
        for transaction in encoded {
            wire::push_frame(&mut body, transaction.as_ref());
        }
        let request = self
            .http
            .post(format!("{}/v1/transactions", self.base))
            .query(&wait_query(wait))
            .header("content-type", OCTET_STREAM)
            .body(body);
        let answers: wire::SubmitAnswers = self.json_of(request).await?;
        Ok(answers.answers)
    }

    /// What became of a transaction; with `wait`, after waiting for its commit.
    pub async fn transaction(
        &self,
        id: &TransactionId,
        wait: Option<Duration>,
    ) -> Result<TransactionView, ClientError> {
        self.json(&format!("/v1/transactions/{id}"), &wait_query(wait)).await
    }

    /// What became of an applied act, by the organisation's own reference.
    pub async fn receipt(
        &self,
        organization: &OrganizationCode,
        client_reference: &str,
    ) -> Result<TransactionView, ClientError> {
        let reference = escape(client_reference);
        self.json(&format!("/v1/receipts/{organization}/{reference}"), &[]).await
    }

    /// Any JSON of the node. `path` begins with `/`.
    pub async fn json<T: DeserializeOwned>(
        &self,
        path: &str,
        query: &[(&str, String)],
    ) -> Result<T, ClientError> {
        let request = self.http.get(format!("{}{path}", self.base)).query(query);
        self.json_of(request).await
    }

    /// Any text of the node.
    pub async fn text(&self, path: &str) -> Result<String, ClientError> {
        let request = self.http.get(format!("{}{path}", self.base));
        let bytes = self.body(request, JSON_BYTES_MAX).await?;
        String::from_utf8(bytes).map_err(|error| malformed(path, error))
    }

    /// Any bytes of the node, asked for as such.
    pub async fn bytes(
        &self,
        path: &str,
        query: &[(&str, String)],
    ) -> Result<Vec<u8>, ClientError> {
        let request = self.http.get(format!("{}{path}", self.base)).query(query);
        self.body(request.header("accept", OCTET_STREAM), BINARY_BYTES_MAX).await
    }

    async fn json_of<T: DeserializeOwned>(
        &self,
        request: RequestBuilder,
    ) -> Result<T, ClientError> {
        let bytes = self.body(request, JSON_BYTES_MAX).await?;
        serde_json::from_slice(&bytes).map_err(|error| malformed("the answer", error))
    }

    async fn body(&self, request: RequestBuilder, max: usize) -> Result<Vec<u8>, ClientError> {
        let sent = request.timeout(ANSWER_TIMEOUT).send();
        let response = heard(sent, self.silence_max).await?;
        let status = response.status();
        let bytes = read_capped(response, max, self.silence_max).await?;
        if status.is_success() {
            return Ok(bytes);
        }
        Err(ClientError::Refused(Box::new(Problem::read(status.as_u16(), &bytes))))
    }
}

async fn read_capped(
    mut response: Response,
    max: usize,
    silence_max: Option<Duration>,
) -> Result<Vec<u8>, ClientError> {
    let mut bytes = Vec::new();
    while let Some(chunk) = heard(response.chunk(), silence_max).await? {
        if bytes.len() + chunk.len() > max {
            return Err(ClientError::TooLarge { bytes_max: max });
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

/// The next part of an answer, if it comes in time.
async fn heard<T>(
    part: impl Future<Output = Result<T, reqwest::Error>>,
    silence_max: Option<Duration>,
) -> Result<T, ClientError> {
    let Some(max) = silence_max else { return Ok(part.await?) };
    let heard = tokio::time::timeout(max, part).await;
    Ok(heard.map_err(|_| ClientError::Silent(max))??)
}

fn wait_query(wait: Option<Duration>) -> Vec<(&'static str, String)> {
    wait.map_or_else(Vec::new, |timeout| {
        let timeout_ms = timeout.min(WAIT_MAX).as_millis().to_string();
        vec![("wait", "committed".to_owned()), ("timeout_ms", timeout_ms)]
    })
}

fn malformed(what: &str, reason: impl std::fmt::Display) -> ClientError {
    ClientError::Malformed { what: what.to_owned(), reason: reason.to_string() }
}

/// Percent-encodes one segment of a path.
fn escape(segment: &str) -> String {
    segment
        .bytes()
        .map(|byte| match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'~' => {
                char::from(byte).to_string()
            }
            _ => format!("%{byte:02X}"),
        })
        .collect()
}
