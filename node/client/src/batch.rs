//! Handing over what stays off the ledger of a batch: its body to a node, its envelopes to their
//! custodians; and asking how far a batch is.

use std::time::Duration;

use data_encoding::HEXLOWER;
use minglian_ledger::organization_code::OrganizationCode;
use minglian_ledger::subsidy::chunk_list::{ChunkList, Part};
use minglian_ledger::subsidy::custody::CustodyRequest;
use minglian_ledger::subsidy::domain::BatchId;
use minglian_ledger::subsidy::handover::Handover;

use crate::read::Paging;
use crate::wire::{BatchView, CustodyView, EnrolmentListView, MissingChunks, Page, ProgrammeView};
use crate::{Client, ClientError, JSON_BYTES_MAX, OCTET_STREAM, malformed};

/// The header that carries the county's signature under what it hands over, in hexadecimal.
pub const HANDOVER_HEADER: &str = "minglian-handover";

/// How long a chunk may take on its way.
const TRANSFER_TIMEOUT: Duration = Duration::from_secs(300);

fn part_of(part: Part) -> &'static str {
    match part {
        Part::Leaves => "leaves",
        Part::Proofs => "proofs",
    }
}

impl Client {
    /// A programme with its standards.
    pub async fn programme(&self, number: u16) -> Result<ProgrammeView, ClientError> {
        self.json(&format!("/v1/programmes/{number}"), &[]).await
    }

    /// A county's enrolment list, as it is or as it was at a length.
    pub async fn enrolment_list(
        &self,
        programme: u16,
        county: &OrganizationCode,
        epoch: u16,
        length: Option<u32>,
    ) -> Result<EnrolmentListView, ClientError> {
        let path = format!("/v1/programmes/{programme}/lists/{county}/{epoch}");
        let length = length.map(|length| ("length", length.to_string()));
        self.json(&path, &length.into_iter().collect::<Vec<_>>()).await
    }

    /// A page of the batches of the ledger.
    pub async fn batches(&self, paging: &Paging) -> Result<Page<BatchView>, ClientError> {
        self.json("/v1/batches", &paging.query()).await
    }

    /// A batch, as the ledger has it and as far as it is at the node.
    pub async fn batch(&self, batch: &BatchId) -> Result<BatchView, ClientError> {
        self.json(&format!("/v1/batches/{batch}"), &[]).await
    }

    /// What of a batch is not at the node.
    pub async fn missing_chunks(&self, batch: &BatchId) -> Result<MissingChunks, ClientError> {
        self.json(&format!("/v1/batches/{batch}/missing"), &[]).await
    }

    /// The list of the chunks of a batch. Compare it with the ledger's header.
    pub async fn chunk_list(&self, batch: &BatchId) -> Result<ChunkList, ClientError> {
        let path = format!("/v1/batches/{batch}/list");
        let bytes = self.bytes(&path, &[]).await?;
        borsh::from_slice(&bytes).map_err(|error| malformed(&path, error))
    }

    /// A chunk of a batch. Compare it with the list.
    pub async fn chunk(
        &self,
        batch: &BatchId,
        part: Part,
        number: u32,
    ) -> Result<Vec<u8>, ClientError> {
        self.bytes(&format!("/v1/batches/{batch}/{}/{number}", part_of(part)), &[]).await
    }

    /// Brings the list of the chunks of a batch, before the chunks.
    pub async fn put_chunk_list(
        &self,
        batch: &BatchId,
        list: &ChunkList,
        handover: &Handover,
    ) -> Result<(), ClientError> {
        let path = format!("/v1/bodies/{batch}/list");
        self.hand_over(&path, list.encode(), handover).await?;
        Ok(())
    }

    /// Brings a chunk of a batch.
    pub async fn put_chunk(
        &self,
        batch: &BatchId,
        part: Part,
        number: u32,
        bytes: Vec<u8>,
        handover: &Handover,
    ) -> Result<(), ClientError> {
        let path = format!("/v1/bodies/{batch}/{}/{number}", part_of(part));
        self.hand_over(&path, bytes, handover).await?;
        Ok(())
    }

    /// Asks a custodian to keep the envelopes of a batch.
    pub async fn begin_custody(
        &self,
        request: &CustodyRequest,
        handover: &Handover,
    ) -> Result<CustodyView, ClientError> {
        let bytes = self.hand_over("/v1/custody", request.encode(), handover).await?;
        serde_json::from_slice(&bytes).map_err(|error| malformed("the answer", error))
    }

    /// Brings a chunk of envelopes; the answer to the last has the receipt.
    pub async fn put_envelopes(
        &self,
        batch: &BatchId,
        number: u32,
        bytes: Vec<u8>,
        handover: &Handover,
    ) -> Result<CustodyView, ClientError> {
        let path = format!("/v1/custody/{batch}/{number}");
        let bytes = self.hand_over(&path, bytes, handover).await?;
        serde_json::from_slice(&bytes).map_err(|error| malformed("the answer", error))
    }

    async fn hand_over(
        &self,
        path: &str,
        body: Vec<u8>,
        handover: &Handover,
    ) -> Result<Vec<u8>, ClientError> {
        let request = self
            .http
            .post(format!("{}{path}", self.base))
            .header(HANDOVER_HEADER, HEXLOWER.encode(&handover.encode()))
            .header("content-type", OCTET_STREAM)
            .body(body);
        self.body_within(request, JSON_BYTES_MAX, TRANSFER_TIMEOUT).await
    }
}
