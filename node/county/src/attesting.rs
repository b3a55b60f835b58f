//! What a county and its attester hand each other. The attester, who has seen the documents, is
//! given numbers, names and blinding factors in an encrypted file, and gives back signatures over
//! blinded points, which say nothing of anybody.
//!
//! The file is `MLATTST1`, the length (u32, little endian) and JSON of a random key sealed under a
//! passphrase that both know, a nonce of 24 bytes, a tag of 16, and the borsh of what is to be
//! attested under XChaCha20-Poly1305.

use std::collections::BTreeSet;

use borsh::{BorshDeserialize, BorshSerialize};
use chacha20poly1305::aead::AeadInPlace as _;
use chacha20poly1305::{KeyInit as _, Tag, XChaCha20Poly1305, XNonce};
use minglian_client::key_file::passphrase::Passphrase;
use minglian_client::key_file::seal::{self, Cipher, Derivation};
use minglian_ledger::keys::{PublicKey, Signature, SigningKey};
use minglian_ledger::organization_code::OrganizationCode;
use minglian_ledger::subsidy::enrolment::{
    Blinded, BlindingFactor, EnrolmentContext, EnrolmentError, attest,
};
use minglian_ledger::subsidy::identity_number::{IDENTITY_BYTES, IdentityNumber};
use rand_core::CryptoRngCore;
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::list_file;
use crate::roll::Roll;
use crate::roll::tags::Stage;

/// The version that this program writes and reads.
const VERSION: u32 = 1;

/// Largest file in bytes: a million persons.
pub const FILE_BYTES_MAX: u64 = 1 << 28;

const MAGIC: &[u8; 8] = b"MLATTST1";
const KEY_CONTEXT: &[u8] = b"minglian attester file 1";
const NONCE_BYTES: usize = 24;
const TAG_BYTES: usize = 16;

/// Why a file was not made or read, or not signed. Nobody is named.
#[derive(Debug, thiserror::Error)]
pub enum AttestingError {
    /// Nobody waits for an attestation.
    #[error("nobody waits for an attestation: `subsidy tags prepare` makes batches")]
    Nobody,
    /// Not such a file.
    #[error("this is no file for an attester, of version {VERSION}")]
    Format,
    /// Wrong passphrase, or altered.
    #[error("the passphrase does not open the file, or it was altered 口令不对或文件被改动")]
    Passphrase,
    /// The cipher refused.
    #[error("the file could not be sealed: {0}")]
    Seal(String),
    /// A person's number or factor does not read, or the point is not the person's.
    #[error("row {row}: the blinded point is not this person's: {source}")]
    Person {
        /// The row, from 1.
        row: usize,
        /// Why.
        source: EnrolmentError,
    },
    /// Rows that are to be left out and are not there.
    #[error("there is no row {0}")]
    Row(usize),
}

/// A person to be attested.
#[derive(Zeroize, ZeroizeOnDrop, BorshSerialize, BorshDeserialize)]
struct Person {
    identity: [u8; IDENTITY_BYTES],
    name: String,
    factor: [u8; 32],
    #[zeroize(skip)]
    blinded: Blinded,
}

/// Persons of one group and year, by batch.
#[derive(BorshSerialize, BorshDeserialize)]
struct Group {
    context: EnrolmentContext,
    persons: Vec<Person>,
}

/// Everybody who waits for an attestation. No part of this can be printed.
#[derive(BorshSerialize, BorshDeserialize)]
pub struct ToAttest {
    /// The county that asks.
    pub county: OrganizationCode,
    groups: Vec<Group>,
}

/// A signature of the attester's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AttestedOne {
    /// The blinded point.
    pub blinded: Blinded,
    /// Over the point and where the person is to be enrolled.
    pub signature: Signature,
}

/// What the attester gives back. It names nobody.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Attested {
    /// The version.
    version: u32,
    /// Who.
    pub attester: PublicKey,
    /// One for each person whom the attester knows.
    pub signatures: Vec<AttestedOne>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct KeyHeader {
    derivation: Derivation,
    cipher: Cipher,
}

impl ToAttest {
    /// Everybody on the roll who waits for an attestation.
    ///
    /// # Errors
    /// [`AttestingError::Nobody`].
    pub fn of(roll: &Roll) -> Result<Self, AttestingError> {
        let waiting = roll.tags.iter().filter(|batch| batch.stage() == Stage::Blinded);
        let group = |batch: &crate::roll::tags::TagBatch| {
            let persons = batch.members.iter().filter_map(|member| {
                let person = roll.persons.get(&member.person?)?;
                Some(Person {
                    identity: *person.identity.number()?.as_bytes(),
                    name: person.details.name.clone(),
                    factor: *member.factor()?.expose(),
                    blinded: member.blinded,
                })
            });
            Group { context: batch.context(roll.county), persons: persons.collect() }
        };
        let groups: Vec<Group> = waiting.map(group).collect();
        if groups.iter().all(|group| group.persons.is_empty()) {
            return Err(AttestingError::Nobody);
        }
        Ok(Self { county: roll.county, groups })
    }

    /// How many persons.
    pub fn len(&self) -> usize {
        self.groups.iter().map(|group| group.persons.len()).sum()
    }

    /// Whether there is nobody.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The encrypted file.
    ///
    /// # Errors
    /// [`AttestingError::Seal`].
    pub fn seal(
        &self,
        passphrase: &Passphrase,
        random: &mut impl CryptoRngCore,
    ) -> Result<Vec<u8>, AttestingError> {
        let failed = |error: &dyn std::fmt::Display| AttestingError::Seal(error.to_string());
        let mut key = Zeroizing::new([0; 32]);
        random.fill_bytes(key.as_mut());
        let derivation = Derivation::new(random);
        let cipher = seal::seal(&key, passphrase, &derivation, KEY_CONTEXT, random)
            .map_err(|error| failed(&error))?;
        let header = serde_json::to_vec(&KeyHeader { derivation, cipher });
        let header = header.map_err(|error| failed(&error))?;
        let length = u32::try_from(header.len()).map_err(|error| failed(&error))?;
        let bytes = borsh::object_length(self).map_err(|error| failed(&error))?;
        // With room for all of it from the beginning: a vector that grows leaves a copy behind.
        let mut plain = Zeroizing::new(Vec::with_capacity(bytes));
        borsh::to_writer(&mut *plain, self).map_err(|error| failed(&error))?;
        let mut nonce = [0; NONCE_BYTES];
        random.fill_bytes(&mut nonce);
        let tag = XChaCha20Poly1305::new((&*key).into())
            .encrypt_in_place_detached(XNonce::from_slice(&nonce), &header, &mut plain)
            .map_err(|_| failed(&"the cipher refused"))?;
        let head = [MAGIC.as_slice(), &length.to_le_bytes(), &header].concat();
        Ok([head.as_slice(), &nonce, tag.as_slice(), plain.as_slice()].concat())
    }

    /// Opens such a file.
    ///
    /// # Errors
    /// [`AttestingError::Format`], [`AttestingError::Passphrase`].
    pub fn open(bytes: &[u8], passphrase: &Passphrase) -> Result<Self, AttestingError> {
        let format = || AttestingError::Format;
        let (magic, rest) = bytes.split_first_chunk::<8>().ok_or_else(format)?;
        let (length, rest) = rest.split_first_chunk::<4>().ok_or_else(format)?;
        let length = usize::try_from(u32::from_le_bytes(*length)).map_err(|_| format())?;
        let (header, rest) = rest.split_at_checked(length).ok_or_else(format)?;
        let (nonce, rest) = rest.split_first_chunk::<NONCE_BYTES>().ok_or_else(format)?;
        let (tag, ciphertext) = rest.split_first_chunk::<TAG_BYTES>().ok_or_else(format)?;
        if magic != MAGIC {
            return Err(format());
        }
        let KeyHeader { derivation, cipher } =
            serde_json::from_slice(header).map_err(|_| format())?;
        let key = seal::open(&cipher, passphrase, &derivation, KEY_CONTEXT);
        let key = key.map_err(|_| AttestingError::Passphrase)?;
        let mut plain = Zeroizing::new(ciphertext.to_vec());
        let (nonce, tag) = (XNonce::from_slice(nonce), Tag::from_slice(tag));
        XChaCha20Poly1305::new((&*key).into())
            .decrypt_in_place_detached(nonce, header, &mut plain, tag)
            .map_err(|_| AttestingError::Passphrase)?;
        Self::try_from_slice(&plain).map_err(|_| format())
    }

    /// The list that the attester compares with the documents: row, name, number. It shows persons.
    pub fn to_csv(&self) -> Zeroizing<String> {
        let mut list = Zeroizing::new("序号,姓名,身份证号\r\n".to_owned());
        for (row, person) in (1_usize..).zip(self.groups.iter().flat_map(|it| &it.persons)) {
            let digits = person.identity.get(1..19).unwrap_or_default();
            let number = Zeroizing::new(String::from_utf8_lossy(digits).into_owned());
            let row = Zeroizing::new(row.to_string());
            list_file::push(
                &mut list,
                &[row, list_file::cell(&person.name), list_file::account(&number)],
            );
        }
        list
    }

    /// Signs for everybody but those in these rows, from 1.
    ///
    /// # Errors
    /// [`AttestingError::Person`], [`AttestingError::Row`].
    pub fn attest(
        &self,
        key: &SigningKey,
        left_out: &BTreeSet<usize>,
    ) -> Result<Attested, AttestingError> {
        let known = 1..=self.len();
        if let Some(row) = left_out.iter().find(|row| !known.contains(row)) {
            return Err(AttestingError::Row(*row));
        }
        let mut signatures = Vec::new();
        let all = self
            .groups
            .iter()
            .flat_map(|group| group.persons.iter().map(move |person| (&group.context, person)));
        for (row, (context, person)) in (1_usize..).zip(all) {
            if left_out.contains(&row) {
                continue;
            }
            let wrong = |source| AttestingError::Person { row, source };
            let identity = IdentityNumber::from_bytes(person.identity);
            let factor = BlindingFactor::from_bytes(&person.factor);
            let (identity, factor) =
                identity.zip(factor).ok_or_else(|| wrong(EnrolmentError::Person))?;
            let blinded = person.blinded;
            let signature = attest(key, context, &identity, &factor, &blinded).map_err(wrong)?;
            signatures.push(AttestedOne { blinded, signature });
        }
        Ok(Attested { version: VERSION, attester: PublicKey::of(key), signatures })
    }
}

impl Attested {
    /// Reads what an attester gave back.
    ///
    /// # Errors
    /// [`AttestingError::Format`].
    pub fn parse(json: &[u8]) -> Result<Self, AttestingError> {
        let read: Option<Self> = serde_json::from_slice(json).ok();
        read.filter(|read| read.version == VERSION).ok_or(AttestingError::Format)
    }
}
