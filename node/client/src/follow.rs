//! Following a node: its blocks in order, its tips as they come. Whoever follows verifies.

use std::collections::VecDeque;

use minglian_ledger::height::Height;
use reqwest::Response;

use crate::wire::{self, CertifiedBlock, Tip};
use crate::{Client, ClientError, OCTET_STREAM, Problem, malformed, read_capped};

/// Largest event of the stream of tips, in bytes.
const EVENT_BYTES_MAX: usize = 64 * 1024;

/// Blocks of a node from a height on, in order.
#[derive(Debug)]
pub struct BlockFeed {
    client: Client,
    next: Height,
    ready: VecDeque<CertifiedBlock>,
}

impl BlockFeed {
    /// The next block; `None` when the node has no more now. Ask again later.
    pub async fn next(&mut self) -> Result<Option<CertifiedBlock>, ClientError> {
        if self.ready.is_empty() {
            self.ready = self.client.blocks(self.next, wire::BLOCKS_MAX).await?.into();
        }
        let Some(block) = self.ready.pop_front() else { return Ok(None) };
        let height = block.block.header.height;
        if height != self.next {
            self.ready.clear();
            return Err(malformed("the block feed", format!("{height}, not {}", self.next)));
        }
        self.next = height.next();
        Ok(Some(block))
    }
}

/// The tips of a node as it commits, the present one first.
#[derive(Debug)]
pub struct Tips {
    response: Response,
    buffer: Vec<u8>,
}

impl Tips {
    /// The next tip; `None` when the node ended the stream.
    pub async fn next(&mut self) -> Result<Option<Tip>, ClientError> {
        loop {
            if let Some(tip) = self.take_event()? {
                return Ok(Some(tip));
            }
            let Some(chunk) = self.response.chunk().await? else { return Ok(None) };
            if self.buffer.len() + chunk.len() > EVENT_BYTES_MAX {
                return Err(ClientError::TooLarge { bytes_max: EVENT_BYTES_MAX });
            }
            self.buffer.extend_from_slice(&chunk);
        }
    }

    /// Takes complete events from the buffer up to the first that carries a tip.
    fn take_event(&mut self) -> Result<Option<Tip>, ClientError> {
        while let Some(end) = self.buffer.windows(2).position(|pair| pair == b"\n\n") {
            let event: Vec<u8> = self.buffer.drain(..end + 2).collect();
            let text = String::from_utf8_lossy(&event);
            // A line without data is the sign of life that keeps the connection open.
            if let Some(data) = text.lines().find_map(|line| line.strip_prefix("data:")) {
                let tip = serde_json::from_str(data.trim_start());
                return tip.map(Some).map_err(|error| malformed("a tip", error));
            }
        }
        Ok(None)
    }
}

impl Client {
    /// Blocks with their certificates from height `from` on, as many as the node gives at once.
    pub async fn blocks(
        &self,
        from: Height,
        limit: usize,
    ) -> Result<Vec<CertifiedBlock>, ClientError> {
        let query = [("from", from.to_string()), ("limit", limit.to_string())];
        let bytes = self.bytes("/v1/blocks", &query).await?;
        let frames = wire::frames(&bytes).map_err(|error| malformed("the block feed", error))?;
        frames
            .into_iter()
            .map(|frame| CertifiedBlock::decode(frame).map_err(|error| malformed("a block", error)))
            .collect()
    }

    /// All blocks from height `from` on.
    pub fn block_feed(&self, from: Height) -> BlockFeed {
        BlockFeed { client: self.clone(), next: from, ready: VecDeque::new() }
    }

    /// Follows the node's tips.
    pub async fn tips(&self) -> Result<Tips, ClientError> {
        let response = self.http.get(format!("{}/v1/tips", self.base)).send().await?;
        if response.status().is_success() {
            return Ok(Tips { response, buffer: Vec::new() });
        }
        let status = response.status().as_u16();
        let bytes = read_capped(response, EVENT_BYTES_MAX, None).await?;
        Err(ClientError::Refused(Box::new(Problem::read(status, &bytes))))
    }

    /// One block with its certificate.
    pub async fn block(&self, height: Height) -> Result<CertifiedBlock, ClientError> {
        let path = format!("/v1/blocks/{height}");
        let request = self.http.get(format!("{}{path}", self.base)).header("accept", OCTET_STREAM);
        let bytes = self.body(request, crate::BINARY_BYTES_MAX).await?;
        CertifiedBlock::decode(&bytes).map_err(|error| malformed(&path, error))
    }
}
