//! Where blocks come from: a node's HTTP interface, or a directory that a one-way gateway fills.
//! Neither is believed; the follower verifies what they give.

pub mod directory;

use std::path::Path;
use std::time::Duration;

use minglian_client::wire::{BLOCKS_MAX, CertifiedBlock, Hex, PublishedOpenings};
use minglian_client::{Client, ClientError};
use minglian_ledger::block::Header;
use minglian_ledger::certificate::Certificate;
use minglian_ledger::height::Height;

use directory::{Directory, DirectoryError};

/// How long a source may take for an answer of a header or two, or of names.
const TIP_TIMEOUT: Duration = Duration::from_secs(3);

/// For how long a node that is asked for blocks may send nothing.
const SILENCE_MAX: Duration = Duration::from_secs(5);

/// How long a node may take for a page of blocks: as long as a page of the largest size on a slow
/// line.
const BLOCKS_TIMEOUT: Duration = Duration::from_secs(60);

/// Why a source gives nothing.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// The node does not answer as a node does.
    #[error(transparent)]
    Node(#[from] ClientError),
    /// The directory cannot be read.
    #[error(transparent)]
    Directory(#[from] DirectoryError),
    /// It takes too long.
    #[error("no answer within {0:?}")]
    Timeout(Duration),
}

/// A header and its certificate, if it has one.
pub type Head = (Header, Option<Certificate>);

/// What a source says of itself.
#[derive(Debug)]
pub struct Look {
    /// Its newest height.
    pub height: Height,
    /// Its header of the height that it was asked to show, or its newest one if that is lower;
    /// none if it has none above genesis.
    pub compared: Option<Head>,
}

/// One source of blocks.
#[derive(Debug)]
pub struct Source {
    name: String,
    kind: Kind,
}

#[derive(Debug)]
enum Kind {
    Node(Client),
    Directory(Directory),
}

impl Source {
    /// A node.
    pub fn node(client: Client) -> Self {
        let name = client.base_url().to_owned();
        Self { name, kind: Kind::Node(client.with_silence_max(SILENCE_MAX)) }
    }

    /// A directory of blocks as `minglian audit export` writes it. It is named by its last part
    /// only: pages show the name.
    pub fn directory(path: &Path) -> Self {
        let name = path.file_name().unwrap_or(path.as_os_str());
        let name = name.to_string_lossy().into_owned();
        Self { name, kind: Kind::Directory(Directory::new(path)) }
    }

    /// What pages call it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether it is a node. A directory is as new as whoever fills it, which nobody answers for.
    pub fn is_node(&self) -> bool {
        matches!(self.kind, Kind::Node(_))
    }

    /// The newest height, and the header of `own`, to be compared. Takes a few seconds at most.
    ///
    /// # Errors
    /// [`SourceError`].
    pub async fn look(&mut self, own: Height) -> Result<Look, SourceError> {
        match &mut self.kind {
            Kind::Node(client) => {
                let looked = tokio::time::timeout(TIP_TIMEOUT, look(client, own)).await;
                Ok(looked.map_err(|_| SourceError::Timeout(TIP_TIMEOUT))??)
            }
            Kind::Directory(directory) => {
                let head = |block: CertifiedBlock| (block.block.header, block.certificate);
                let tip = directory.last()?.map(head);
                let height = tip.as_ref().map_or(Height::GENESIS, |(header, _)| header.height);
                let compared = match height > own {
                    true if own == Height::GENESIS => None,
                    true => directory.blocks(own, 1)?.pop().map(head),
                    false => tip,
                };
                Ok(Look { height, compared })
            }
        }
    }

    /// Public openings behind the number `after` of a run, or from the first on; none of a
    /// directory, through which no order would reach them.
    ///
    /// # Errors
    /// [`SourceError`].
    pub async fn published_openings(
        &self,
        after: Option<(&Hex, u64)>,
    ) -> Result<Option<PublishedOpenings>, SourceError> {
        let Kind::Node(client) = &self.kind else { return Ok(None) };
        let asked = tokio::time::timeout(TIP_TIMEOUT, client.published_openings(after)).await;
        Ok(Some(asked.map_err(|_| SourceError::Timeout(TIP_TIMEOUT))??))
    }

    /// Blocks from `from` on, as many as are given at once; none if there are none yet.
    ///
    /// # Errors
    /// [`SourceError`].
    pub async fn blocks(&mut self, from: Height) -> Result<Vec<CertifiedBlock>, SourceError> {
        match &mut self.kind {
            Kind::Node(client) => {
                let blocks = client.blocks(from, BLOCKS_MAX);
                let asked = tokio::time::timeout(BLOCKS_TIMEOUT, blocks).await;
                Ok(asked.map_err(|_| SourceError::Timeout(BLOCKS_TIMEOUT))??)
            }
            Kind::Directory(directory) => Ok(directory.blocks(from, BLOCKS_MAX)?),
        }
    }
}

async fn look(client: &Client, own: Height) -> Result<Look, ClientError> {
    let tip = client.latest_header().await?;
    let height = tip.header.height;
    let compared = match height > own {
        _ if own == Height::GENESIS || height == Height::GENESIS => None,
        true => Some(client.header(own).await?),
        false => Some(tip),
    };
    Ok(Look { height, compared: compared.map(|view| (view.header, view.certificate)) })
}
