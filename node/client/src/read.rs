//! The node's reading routes, one method each.

use data_encoding::HEXLOWER;
use minglian_ledger::checkpoint::note::Note;
use minglian_ledger::date::Date;
use minglian_ledger::evidence::Evidence;
use minglian_ledger::genesis::Genesis;
use minglian_ledger::hash::TransactionId;
use minglian_ledger::height::{Height, LogIndex};
use minglian_ledger::log::tiles::Tile;
use minglian_ledger::organization_code::OrganizationCode;

use crate::wire::{
    AccountView, AuditView, ComplaintView, Consistency, EvaluationView, GiftTracePage,
    GiftTraceRequest, HeaderView, Health, LineDetail, LineView, ObligationView, OrganizationDetail,
    OrganizationView, Page, ParameterView, PeerView, ProposalEndView, ProposalView,
    PublicationView, RecordView, ReportView, SampleView, ThresholdKeyView, TracePage, TraceQuery,
    ValidatorsView,
};
use crate::{Client, ClientError, malformed};

type Query = Vec<(&'static str, String)>;

/// Where a page begins and how long it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Paging {
    /// The `next` of the page before; none for the first page.
    pub after: Option<String>,
    /// Most entries; the node's own limit if none.
    pub limit: Option<usize>,
}

impl Paging {
    pub(crate) fn query(&self) -> Query {
        let after = self.after.clone().map(|after| ("after", after));
        let limit = self.limit.map(|limit| ("limit", limit.to_string()));
        after.into_iter().chain(limit).collect()
    }
}

/// Which obligations are asked for, and as of when.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ObligationRange {
    /// The last of their last days; a year ahead if none.
    pub to: Option<Date>,
    /// The day on which they stand so; that of the last block if none.
    pub as_of: Option<Date>,
}

impl ObligationRange {
    fn query(&self) -> Query {
        let to = self.to.map(|day| ("to", day.to_string()));
        let as_of = self.as_of.map(|day| ("as_of", day.to_string()));
        to.into_iter().chain(as_of).collect()
    }
}

impl Client {
    /// A record of the log, decoded.
    pub async fn record(&self, index: LogIndex) -> Result<RecordView, ClientError> {
        self.json(&format!("/v1/records/{index}"), &[]).await
    }

    /// Proof that a leaf stands in the log, without the validator changes up to `since`, which the
    /// reader trusts.
    pub async fn record_evidence(
        &self,
        index: LogIndex,
        since: Height,
    ) -> Result<Evidence, ClientError> {
        self.evidence(&format!("/v1/records/{index}/evidence"), since).await
    }

    /// Accounts of a holder.
    pub async fn accounts(
        &self,
        holder: &OrganizationCode,
        paging: &Paging,
    ) -> Result<Page<AccountView>, ClientError> {
        let mut query = paging.query();
        query.push(("holder", holder.to_string()));
        self.json("/v1/accounts", &query).await
    }

    /// An account by its canonical encoding, with the first movements in and out.
    pub async fn account(&self, id: &[u8]) -> Result<AccountView, ClientError> {
        self.json(&format!("/v1/accounts/{}", HEXLOWER.encode(id)), &[]).await
    }

    /// Movements into and out of an account from these positions on.
    pub async fn account_movements(
        &self,
        id: &[u8],
        inflows_from: u64,
        outflows_from: u64,
        limit: usize,
    ) -> Result<AccountView, ClientError> {
        let query = [
            ("inflows_from", inflows_from.to_string()),
            ("outflows_from", outflows_from.to_string()),
            ("limit", limit.to_string()),
        ];
        self.json(&format!("/v1/accounts/{}", HEXLOWER.encode(id)), &query).await
    }

    /// Proof of what an account is, or that it does not exist, after the last block.
    pub async fn account_evidence(
        &self,
        id: &[u8],
        since: Height,
    ) -> Result<Evidence, ClientError> {
        self.evidence(&format!("/v1/accounts/{}/evidence", HEXLOWER.encode(id)), since).await
    }

    /// Proof of what a quarter, 1 to 4, of a charity or of one of its funds comes to, after the
    /// last block.
    pub async fn quarter_evidence(
        &self,
        charity: &OrganizationCode,
        fund: Option<&str>,
        (year, quarter): (u16, u8),
        since: Height,
    ) -> Result<Evidence, ClientError> {
        let path = format!("/v1/charities/{charity}/quarters/{year}/{quarter}/evidence");
        let fund = fund.map(|fund| ("fund", fund.to_owned()));
        let query: Query = fund.into_iter().chain([("since_height", since.to_string())]).collect();
        let bytes = self.bytes(&path, &query).await?;
        Evidence::decode(&bytes).map_err(|error| malformed(&path, error))
    }

    /// The newest attempt at each key that nobody holds.
    pub async fn threshold_keys(
        &self,
        paging: &Paging,
    ) -> Result<Page<ThresholdKeyView>, ClientError> {
        self.json("/v1/threshold-keys", &paging.query()).await
    }

    /// Proof of what the record of such a key is, by the canonical encoding of its purpose.
    pub async fn threshold_key_evidence(
        &self,
        purpose: &[u8],
        since: Height,
    ) -> Result<Evidence, ClientError> {
        let purpose = HEXLOWER.encode(purpose);
        self.evidence(&format!("/v1/threshold-keys/{purpose}/evidence"), since).await
    }

    /// A request for evaluations, with who answered it.
    pub async fn evaluation(&self, request: LogIndex) -> Result<EvaluationView, ClientError> {
        self.json(&format!("/v1/evaluations/{request}"), &[]).await
    }

    async fn evidence(&self, path: &str, since: Height) -> Result<Evidence, ClientError> {
        let bytes = self.bytes(path, &[("since_height", since.to_string())]).await?;
        Evidence::decode(&bytes).map_err(|error| malformed(path, error))
    }

    /// A page of a trace.
    pub async fn trace(&self, query: &TraceQuery) -> Result<TracePage, ClientError> {
        self.json("/v1/trace", &query.pairs()).await
    }

    /// A page of a gift's trace. The hash of its receipt's code travels in the body.
    pub async fn gift_trace(
        &self,
        request: &GiftTraceRequest,
    ) -> Result<GiftTracePage, ClientError> {
        let request = self.http.post(format!("{}/v1/gifts/trace", self.base)).json(request);
        self.json_of(request).await
    }

    /// The organisations, by code.
    pub async fn organizations(
        &self,
        paging: &Paging,
    ) -> Result<Page<OrganizationView>, ClientError> {
        self.json("/v1/organizations", &paging.query()).await
    }

    /// An organisation with its live keys and its newest records.
    pub async fn organization(
        &self,
        code: &OrganizationCode,
        before: Option<LogIndex>,
    ) -> Result<OrganizationDetail, ClientError> {
        let query: Query = before.map(|index| ("before", index.to_string())).into_iter().collect();
        self.json(&format!("/v1/organizations/{code}"), &query).await
    }

    /// Quota lines, by name.
    pub async fn allocations(&self, paging: &Paging) -> Result<Page<LineView>, ClientError> {
        self.json("/v1/allocations", &paging.query()).await
    }

    /// A quota line by its canonical name, with where its money went.
    pub async fn allocation(&self, name: &[u8]) -> Result<LineDetail, ClientError> {
        self.json(&format!("/v1/allocations/{}", HEXLOWER.encode(name)), &[]).await
    }

    /// What an organisation must make public within a year, by last day.
    pub async fn obligations(
        &self,
        code: &OrganizationCode,
        paging: &Paging,
    ) -> Result<Page<ObligationView>, ClientError> {
        self.obligations_in(code, &ObligationRange::default(), paging).await
    }

    /// What an organisation must make public until a day, by last day.
    pub async fn obligations_in(
        &self,
        code: &OrganizationCode,
        range: &ObligationRange,
        paging: &Paging,
    ) -> Result<Page<ObligationView>, ClientError> {
        let query = [range.query(), paging.query()].concat();
        self.json(&format!("/v1/organizations/{code}/obligations"), &query).await
    }

    /// What was made public, by organisation and index number.
    pub async fn disclosures(&self, paging: &Paging) -> Result<Page<PublicationView>, ClientError> {
        self.json("/v1/disclosures", &paging.query()).await
    }

    /// A publication by its canonical name.
    pub async fn disclosure(&self, name: &[u8]) -> Result<PublicationView, ClientError> {
        self.json(&format!("/v1/disclosures/{}", HEXLOWER.encode(name)), &[]).await
    }

    /// Acts that wait for other officers.
    pub async fn proposals(&self, paging: &Paging) -> Result<Page<ProposalView>, ClientError> {
        self.json("/v1/proposals", &paging.query()).await
    }

    /// An act that waits, by the transaction that proposed it.
    pub async fn proposal(&self, id: &TransactionId) -> Result<ProposalView, ClientError> {
        self.json(&format!("/v1/proposals/{id}"), &[]).await
    }

    /// How an act that waited came to its end; vacant while it waits.
    pub async fn proposal_end(&self, id: &TransactionId) -> Result<ProposalEndView, ClientError> {
        self.json(&format!("/v1/proposals/{id}/end"), &[]).await
    }

    /// Dated parameters with all their versions.
    pub async fn parameters(&self, paging: &Paging) -> Result<Page<ParameterView>, ClientError> {
        self.json("/v1/parameters", &paging.query()).await
    }

    /// One parameter by its name, with all its versions and their articles.
    pub async fn parameter(&self, key: &str) -> Result<ParameterView, ClientError> {
        self.json(&format!("/v1/parameters/{key}"), &[]).await
    }

    /// A complaint by its canonical name.
    pub async fn complaint(&self, name: &[u8]) -> Result<ComplaintView, ClientError> {
        self.json(&format!("/v1/complaints/{}", HEXLOWER.encode(name)), &[]).await
    }

    /// An audit engagement by its canonical name, with its first findings behind `after`.
    pub async fn audit(&self, name: &[u8], after: Option<u8>) -> Result<AuditView, ClientError> {
        let query: Query = after.map(|after| ("after", after.to_string())).into_iter().collect();
        self.json(&format!("/v1/audits/{}", HEXLOWER.encode(name)), &query).await
    }

    /// A plan for a sample by its canonical name, with what was drawn.
    pub async fn sample(&self, name: &[u8]) -> Result<SampleView, ClientError> {
        self.json(&format!("/v1/samples/{}", HEXLOWER.encode(name)), &[]).await
    }

    /// A page of a report. `query` is what the report asks for, `after` among it.
    pub async fn report(
        &self,
        name: &str,
        query: &[(&str, String)],
    ) -> Result<ReportView, ClientError> {
        self.json(&format!("/v1/reports/{name}"), query).await
    }

    /// A header with its certificate.
    pub async fn header(&self, height: Height) -> Result<HeaderView, ClientError> {
        self.json(&format!("/v1/headers/{height}"), &[]).await
    }

    /// The last header with its certificate.
    pub async fn latest_header(&self) -> Result<HeaderView, ClientError> {
        self.json("/v1/headers/latest", &[]).await
    }

    /// Proof that the log of `from` leaves is a prefix of that of `to`.
    pub async fn consistency(&self, from: u64, to: u64) -> Result<Consistency, ClientError> {
        self.json("/v1/consistency", &[("from", from.to_string()), ("to", to.to_string())]).await
    }

    /// The validators that certify `height`; the next block's if none.
    pub async fn validators(&self, height: Option<Height>) -> Result<ValidatorsView, ClientError> {
        let query: Query =
            height.map(|height| ("height", height.to_string())).into_iter().collect();
        self.json("/v1/validators", &query).await
    }

    /// The genesis. Whoever trusts nobody compares its hash with one from elsewhere.
    pub async fn genesis(&self) -> Result<Genesis, ClientError> {
        self.json("/v1/genesis", &[]).await
    }

    /// Peers that are connected to the node.
    pub async fn peers(&self) -> Result<Page<PeerView>, ClientError> {
        self.json("/v1/peers", &[]).await
    }

    /// How the node is. A node whose engine has stopped answers 503 with the same body.
    pub async fn health(&self) -> Result<Health, ClientError> {
        match self.json("/health", &[]).await {
            Err(ClientError::Refused(problem)) if problem.status == 503 => {
                Ok(Health::stopped(problem.detail))
            }
            other => other,
        }
    }

    /// The node's metrics in Prometheus' text format.
    pub async fn metrics(&self) -> Result<String, ClientError> {
        self.text("/metrics").await
    }

    /// The latest checkpoint, a signed note; none while the log key's holder has not signed one.
    pub async fn checkpoint(&self) -> Result<Option<Note>, ClientError> {
        match self.text("/log/checkpoint").await {
            Ok(text) => Note::parse(text.as_bytes())
                .map(Some)
                .map_err(|error| malformed("the checkpoint", error)),
            Err(error) if error.is_vacant() => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// A tile of the log.
    pub async fn tile(&self, tile: &Tile) -> Result<Vec<u8>, ClientError> {
        self.bytes(&format!("/log/{tile}"), &[]).await
    }

    /// The C2SP policy by which more than two thirds of the validators cosign.
    pub async fn log_policy(&self) -> Result<String, ClientError> {
        self.text("/log/tlog-policy").await
    }
}
