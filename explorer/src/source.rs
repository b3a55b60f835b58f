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

/// How long a source may take to name its newest block.
const TIP_TIMEOUT: Duration = Duration::from_secs(10);

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
        Self { name: client.base_url().to_owned(), kind: Kind::Node(client) }
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

    /// The newest header with its certificate; none while there is none above genesis.
    ///
    /// # Errors
    /// [`SourceError`].
    pub async fn tip(&mut self) -> Result<Option<(Header, Option<Certificate>)>, SourceError> {
        match &mut self.kind {
            Kind::Node(client) => {
                let asked = tokio::time::timeout(TIP_TIMEOUT, client.latest_header()).await;
                let view = asked.map_err(|_| SourceError::Timeout(TIP_TIMEOUT))??;
                let is_genesis = view.header.height == Height::GENESIS;
                Ok((!is_genesis).then_some((view.header, view.certificate)))
            }
            Kind::Directory(directory) => {
                let last = directory.last()?;
                Ok(last.map(|last| (last.block.header, last.certificate)))
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

    /// The block at `height`, if the source has it.
    ///
    /// # Errors
    /// [`SourceError`].
    pub async fn block(&mut self, height: Height) -> Result<Option<CertifiedBlock>, SourceError> {
        match &mut self.kind {
            Kind::Node(client) => {
                let asked = tokio::time::timeout(TIP_TIMEOUT, client.blocks(height, 1)).await;
                let blocks = asked.map_err(|_| SourceError::Timeout(TIP_TIMEOUT))??;
                Ok(blocks.into_iter().next())
            }
            Kind::Directory(directory) => Ok(directory.blocks(height, 1)?.pop()),
        }
    }

    /// Blocks from `from` on, as many as are given at once; none if there are none yet.
    ///
    /// # Errors
    /// [`SourceError`].
    pub async fn blocks(&mut self, from: Height) -> Result<Vec<CertifiedBlock>, SourceError> {
        match &mut self.kind {
            Kind::Node(client) => Ok(client.blocks(from, BLOCKS_MAX).await?),
            Kind::Directory(directory) => Ok(directory.blocks(from, BLOCKS_MAX)?),
        }
    }
}
