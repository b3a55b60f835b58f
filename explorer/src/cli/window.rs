//! The options of the public window, which is closed without them.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, bail};
use clap::Args;
use minglian_client::Client;
use minglian_client::key_file::passphrase::Passphrase;
use minglian_client::key_file::{KeyFile, KeyKind};
use minglian_explorer::window::{Limits, Post, Window};
use minglian_ledger::organization_code::OrganizationCode;

/// Whose window it is.
#[derive(Debug, Args)]
pub struct WindowOptions {
    /// Relays complaints by anybody as this organisation's (统一社会信用代码)
    #[arg(long, requires = "complaint_key")]
    complaint_organization: Option<OrganizationCode>,
    /// The key file of the organisation's maker who relays them
    #[arg(long, requires_all = ["complaint_organization", "complaint_passphrase_file"])]
    complaint_key: Option<PathBuf>,
    /// File with that key file's passphrase
    #[arg(long)]
    complaint_passphrase_file: Option<PathBuf>,
    /// Where complaints are kept until the ledger has them; beside the index if left out
    #[arg(long)]
    complaint_spool: Option<PathBuf>,
}

impl WindowOptions {
    /// The window, if one is asked for.
    pub fn open(&self, client: Client, index: &Path) -> anyhow::Result<Option<Arc<Window>>> {
        let Some(organization) = self.complaint_organization else { return Ok(None) };
        let (Some(key), Some(passphrase)) = (&self.complaint_key, &self.complaint_passphrase_file)
        else {
            bail!("--complaint-key and --complaint-passphrase-file are needed");
        };
        let passphrase = Passphrase::from_file(passphrase)?;
        let key = KeyFile::read(key, KeyKind::Officer, &passphrase)?;
        let beside = || index.with_extension("complaints");
        let spool = self.complaint_spool.clone().unwrap_or_else(beside);
        let post = Post { organization, key, spool, limits: Limits::default() };
        Ok(Some(Window::open(post, client).context("the window for complaints")?))
    }
}
