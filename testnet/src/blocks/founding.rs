//! Who founds the ledger: the bodies of a network of four nodes, with keys that follow from the
//! seed. Of a demonstration only: whoever knows the seed has every key.

use anyhow::Context as _;
use minglian_ledger::date::Date;
use minglian_ledger::genesis::{Genesis, GenesisOfficer, Role};
use minglian_ledger::hash::DemonstrationSeed;
use minglian_ledger::height::TimeMs;
use minglian_ledger::keys::{PublicKey, SigningKey};
use minglian_ledger::organization_code::OrganizationCode;
use minglian_ledger::text::Text;
use minglian_ledger::validators::Validator;

use crate::bureau::{self, Bureau, Bureaus, ROLES};
use crate::officer::Officer;
use crate::setup;
use crate::year::keyring::derived;
use crate::year::script::Post;
use crate::year::seeded::Seed;

/// Validators.
const VALIDATORS: usize = 4;

const DAY_MS: u64 = 24 * 60 * 60 * 1_000;

/// The genesis, and the keys behind it.
pub struct Founding {
    /// The genesis.
    pub genesis: Genesis,
    /// The validators' consensus keys, in the order of `bureaus.nodes`.
    pub consensus: Vec<SigningKey>,
    secret: [u8; 32],
    bureaus: Bureaus,
}

impl Founding {
    /// The founders by a seed, on a day.
    ///
    /// # Errors
    /// If the day is before 1970.
    pub fn new(seed: Seed, day: Date) -> anyhow::Result<Self> {
        let secret = DemonstrationSeed::of(&["演示".as_bytes(), &seed.0.to_le_bytes()]).0;
        let bureaus = bureau::bureaus(VALIDATORS)?;
        let key = |bureau: &Bureau, what: &str| named(&secret, &format!("{} {what}", bureau.code));
        let validator = |bureau: &Bureau| {
            anyhow::Ok(Validator {
                consensus_key: PublicKey::of(&key(bureau, "consensus")),
                power: 1,
                organization: bureau.code,
                name: Text::new(bureau.name.as_str())?,
                // No node runs: these lead nowhere.
                peer_id: Text::new("12D3KooW")?,
                consensus_address: Text::new("/ip4/127.0.0.1/tcp/1")?,
                gossip_address: Text::new("/ip4/127.0.0.1/tcp/2")?,
                cosigner_key: PublicKey::of(&key(bureau, "cosigner")),
            })
        };
        let validators = bureaus.nodes.iter().map(validator).collect::<anyhow::Result<_>>()?;
        let officers = |bureau: &Bureau| {
            let officer = |(role, _): &(Role, &str)| {
                let key = derived(&secret, Post::first(bureau.code, *role)).public_key();
                GenesisOfficer { key, role: *role }
            };
            ROLES.iter().map(officer).collect()
        };
        let log_key = PublicKey::of(&named(&secret, "log"));
        let begin = begin_of(day)?;
        let genesis = setup::genesis_of(&bureaus, validators, officers, log_key, begin)?;
        let consensus = bureaus.nodes.iter().map(|bureau| key(bureau, "consensus")).collect();
        Ok(Self { genesis, consensus, secret, bureaus })
    }

    /// Those who run a validator.
    pub fn validators(&self) -> Vec<OrganizationCode> {
        self.bureaus.nodes.iter().map(|bureau| bureau.code).collect()
    }

    /// From what the keys of bodies follow that come later.
    pub fn secret(&self) -> &[u8] {
        &self.secret
    }

    /// The officer of a founding body.
    pub fn at_hand(&self, post: Post) -> Option<anyhow::Result<Officer>> {
        let mut all = self.bureaus.nodes.iter().chain(&self.bureaus.others);
        let is_founder = all.any(|bureau| bureau.code == post.organization);
        is_founder.then(|| Ok(derived(&self.secret, post)))
    }
}

fn named(secret: &[u8; 32], name: &str) -> SigningKey {
    SigningKey::from_bytes(&DemonstrationSeed::of(&[secret, name.as_bytes()]).0)
}

/// Eight in the morning in Beijing.
///
/// # Errors
/// If the day is before 1970.
pub fn begin_of(day: Date) -> anyhow::Result<TimeMs> {
    let days = u64::try_from(day.days()).with_context(|| format!("{day} is too early"))?;
    Ok(TimeMs(days * DAY_MS))
}
