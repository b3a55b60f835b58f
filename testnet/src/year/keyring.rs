//! The keys of everybody who signs: those at hand in the network's directory, and for bodies that
//! the year adds, keys that follow from the network's passphrase, so that a year that was broken
//! off goes on with the same ones. Of a demonstration only.

use std::collections::BTreeMap;
use std::fs;

use anyhow::Context as _;
use minglian_ledger::genesis::Role;
use minglian_ledger::hash::DemonstrationSeed;
use minglian_ledger::keys::SigningKey;

use super::body::Bodies;
use super::script::Post;
use crate::bureau::{Bureau, ROLES};
use crate::directory::Directory;
use crate::officer::{Officer, Officers};

/// Who can sign.
pub struct Keyring {
    officers: BTreeMap<Post, Officer>,
    added: Vec<Bureau>,
}

impl Keyring {
    /// The keys of a network. Opening those at hand takes a moment each.
    pub fn open(directory: &Directory, bodies: &Bodies) -> anyhow::Result<Self> {
        let secret = fs::read(directory.passphrase()).context("reading the passphrase")?;
        let at_hand = Officers::open(directory)?;
        Self::new(&secret, bodies, |post| {
            at_hand.has(post.organization).then(|| at_hand.of(post.organization, post.role))
        })
    }

    /// The keys of `bodies`: as `at_hand` gives them, else derived from `secret`.
    pub fn new(
        secret: &[u8],
        bodies: &Bodies,
        at_hand: impl Fn(Post) -> Option<anyhow::Result<Officer>>,
    ) -> anyhow::Result<Self> {
        let (mut officers, mut added) = (BTreeMap::new(), Vec::new());
        for body in bodies.signing() {
            let mut is_added = false;
            for (role, _) in ROLES {
                let post = Post::first(body.code, role);
                let officer = match at_hand(post) {
                    Some(officer) => officer?,
                    None => {
                        is_added = true;
                        derived(secret, post)
                    }
                };
                officers.insert(post, officer);
            }
            if is_added {
                added.push(body.clone());
            }
        }
        let second = second_checker(bodies);
        officers.insert(second, derived(secret, second));
        Ok(Self { officers, added })
    }

    /// Bodies that are not of the network yet.
    pub fn added(&self) -> &[Bureau] {
        &self.added
    }

    /// Who holds a post.
    pub fn officer(&self, post: Post) -> anyhow::Result<&Officer> {
        let Post { organization, role, number } = post;
        self.officers
            .get(&post)
            .with_context(|| format!("nobody is {role:?} {number} of {organization}"))
    }
}

/// The auditor's second checker, who confirms what the first one has entered.
pub fn second_checker(bodies: &Bodies) -> Post {
    Post { organization: bodies.audit.code, role: Role::Checker, number: 1 }
}

/// The key of a post that follows from `secret`.
pub fn derived(secret: &[u8], post: Post) -> Officer {
    let Post { organization, role, number } = post;
    // A second officer of a role has a name that no role has.
    let rest = if number == 0 { String::new() } else { format!("/{number}") };
    let name = format!("{organization}/{role:?}{rest}");
    let secret = DemonstrationSeed::of(&[secret]).0;
    let key = SigningKey::from_bytes(&DemonstrationSeed::of(&[&secret, name.as_bytes()]).0);
    Officer { organization, key }
}
