//! Officers who sign.

use anyhow::Context as _;
use minglian_client::key_file::passphrase::Passphrase;
use minglian_client::key_file::{KeyFile, KeyKind};
use minglian_contracts::call::Call;
use minglian_ledger::genesis::{OrganizationKind, Role};
use minglian_ledger::height::Height;
use minglian_ledger::keys::{PublicKey, SigningKey};
use minglian_ledger::organization_code::OrganizationCode;
use minglian_ledger::text::Text;
use minglian_ledger::transaction::{ChainId, Transaction, TransactionBody};
use rand::RngCore as _;

use crate::directory::{self, Directory, OfficerEntry, OfficersIndex};

/// Somebody who can sign for an organisation.
#[derive(Clone)]
pub struct Officer {
    /// The organisation.
    pub organization: OrganizationCode,
    /// The key.
    pub key: SigningKey,
}

impl Officer {
    /// An officer of `organization` with a new key that is kept nowhere.
    pub fn generate(organization: OrganizationCode) -> Self {
        let mut seed = [0; 32];
        rand::rngs::OsRng.fill_bytes(&mut seed);
        Self { organization, key: SigningKey::from_bytes(&seed) }
    }

    /// The public key.
    pub fn public_key(&self) -> PublicKey {
        PublicKey::of(&self.key)
    }

    /// Signs a call under a reference.
    pub fn sign(
        &self,
        chain_id: &ChainId,
        reference: &str,
        expires_at: Height,
        call: &Call,
    ) -> anyhow::Result<Transaction> {
        let body = TransactionBody {
            chain_id: chain_id.clone(),
            organization: self.organization,
            client_reference: Text::new(reference)?,
            expires_at,
            call: call.encode(),
        };
        Ok(Transaction::sign(body, &self.key))
    }
}

/// The officers of a network whose keys are at hand.
#[derive(Debug)]
pub struct Officers {
    directory: Directory,
    index: OfficersIndex,
}

impl Officers {
    /// Reads the index of a network.
    pub fn open(directory: &Directory) -> anyhow::Result<Self> {
        let index = directory::read_json(&directory.officers())?;
        Ok(Self { directory: directory.clone(), index })
    }

    /// Whether officers of `organization` are at hand.
    pub fn has(&self, organization: OrganizationCode) -> bool {
        self.index.officers.iter().any(|entry| entry.organization == organization)
    }

    /// The officer in `role` of `organization`.
    pub fn of(&self, organization: OrganizationCode, role: Role) -> anyhow::Result<Officer> {
        let wanted =
            |entry: &&OfficerEntry| entry.organization == organization && entry.role == role;
        let entry = self.index.officers.iter().find(wanted);
        self.unlock(entry.with_context(|| format!("no {role:?} of {organization} is at hand"))?)
    }

    /// The officer in `role` of the finance department of `division`.
    pub fn of_finance(&self, division: u32, role: Role) -> anyhow::Result<Officer> {
        let wanted = |entry: &&OfficerEntry| {
            (entry.kind, entry.division, entry.role) == (OrganizationKind::Finance, division, role)
        };
        let entry = self.index.officers.iter().find(wanted);
        self.unlock(entry.with_context(|| format!("no finance {role:?} of {division}"))?)
    }

    fn unlock(&self, entry: &OfficerEntry) -> anyhow::Result<Officer> {
        let passphrase_file = self.directory.path().join(&self.index.passphrase_file);
        let passphrase = Passphrase::from_file(&passphrase_file)?;
        let path = self.directory.path().join(&entry.key_file);
        let key = KeyFile::read(&path, KeyKind::Officer, &passphrase)?;
        Ok(Officer { organization: entry.organization, key })
    }
}
