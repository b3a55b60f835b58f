//! Verifying a directory alone: what the ledger's nodes verify, and the envelopes besides.

use minglian_ledger::subsidy::encoding::PointBytes;
use minglian_ledger::subsidy::envelope::{ENVELOPE_BYTES, Envelope, EnvelopePlace};
use minglian_ledger::subsidy::leaf::{LEAF_BYTES, Leaf};
use minglian_ledger::subsidy::scheme::{self, BatchError, Scheme};
use minglian_ledger::subsidy::tree::{self, CHUNK_LEAVES};
use rand::SeedableRng as _;
use rand::rngs::StdRng;

use crate::batch;
use crate::bundle::{Bundle, BundleError};

/// What was verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    /// Leaves, all of them proven.
    pub leaves: u32,
    /// Envelopes that are those of their leaves.
    pub envelopes: u32,
    /// Whether each envelope was made for the escrow key that was given.
    pub is_escrow_checked: bool,
}

/// Verifies every proof of a directory, on `threads` threads. With `escrow`, also that each
/// envelope was made for this key by somebody who knows its exponent.
///
/// # Errors
/// [`BundleError`], the first fault by the order of the chunks.
pub fn verify(
    bundle: &Bundle,
    escrow: Option<&PointBytes>,
    threads: usize,
    progress: &(impl Fn(usize) + Sync),
) -> Result<Verified, BundleError> {
    bundle.sealed.header.check().map_err(BatchError::from)?;
    let (scheme, header) = (Scheme::new(&bundle.standards), bundle.sealed.header.hash());
    let chunks = bundle.manifest.chunks.len();
    let checked = batch::in_parallel(chunks, threads, &|number: usize| {
        let (leaves, proofs) = (bundle.leaves(number)?, bundle.proofs(number)?);
        let first = first_of(number);
        let mut random = StdRng::from_entropy();
        let checked = scheme.verify(&header, first, &leaves, &proofs, &mut random)?;
        let envelopes = envelopes(bundle, number, &leaves, escrow)?;
        progress(leaves.len() / LEAF_BYTES);
        Ok::<_, BundleError>((checked, envelopes))
    })?;
    let (checked, envelopes): (Vec<_>, Vec<u32>) = checked.into_iter().unzip();
    scheme::conclude(&bundle.sealed, &checked)?;
    let leaves = bundle.sealed.header.leaves;
    let envelopes = envelopes.into_iter().fold(0, u32::saturating_add);
    let is_escrow_checked = escrow.is_some() && envelopes == leaves;
    Ok(Verified { leaves, envelopes, is_escrow_checked })
}

fn first_of(chunk: usize) -> u32 {
    u32::try_from(chunk).unwrap_or(u32::MAX).saturating_mul(CHUNK_LEAVES)
}

fn envelopes(
    bundle: &Bundle,
    number: usize,
    leaves: &[u8],
    escrow: Option<&PointBytes>,
) -> Result<u32, BundleError> {
    let Some(bytes) = bundle.envelopes(number)? else { return Ok(0) };
    let (envelopes, rest) = bytes.as_chunks::<ENVELOPE_BYTES>();
    let (leaves, _) = leaves.as_chunks::<LEAF_BYTES>();
    if envelopes.len() != leaves.len() || !rest.is_empty() {
        return Err(BundleError::Envelope(first_of(number)));
    }
    let batch = bundle.manifest.batch;
    for (leaf, bytes) in leaves.iter().zip(envelopes) {
        let leaf = read_leaf(leaf, first_of(number))?;
        let envelope = Envelope::decode(bytes);
        let envelope = envelope.map_err(|_| BundleError::Envelope(leaf.index))?;
        if envelope.hash() != leaf.envelope {
            return Err(BundleError::Envelope(leaf.index));
        }
        if let Some(escrow) = escrow {
            let place = EnvelopePlace { batch: &batch, index: leaf.index };
            let checked = envelope.check(place, escrow);
            checked.map_err(|source| BundleError::Escrow { index: leaf.index, source })?;
        }
    }
    Ok(u32::try_from(leaves.len()).unwrap_or(u32::MAX))
}

fn read_leaf(bytes: &[u8; LEAF_BYTES], first: u32) -> Result<Leaf, BundleError> {
    borsh::from_slice(bytes).map_err(|_| BundleError::NoLeaf(first))
}

/// One leaf, after all leaves were found to be those that the header commits to.
///
/// # Errors
/// [`BundleError::NoLeaf`], and those of reading.
pub fn leaf(bundle: &Bundle, index: u32) -> Result<Leaf, BundleError> {
    let mut tops = Vec::new();
    let mut found = None;
    for number in 0..bundle.manifest.chunks.len() {
        let bytes = bundle.leaves(number)?;
        let mut hashes = Vec::new();
        for bytes in bytes.as_chunks::<LEAF_BYTES>().0 {
            let leaf = read_leaf(bytes, first_of(number))?;
            hashes.push(leaf.hash().0);
            if leaf.index == index {
                found = Some(leaf);
            }
        }
        tops.extend(tree::top(&hashes));
    }
    let header = &bundle.sealed.header;
    if scheme::leaf_root(header.leaves, &tops) != header.leaf_root {
        return Err(BatchError::LeafRoot.into());
    }
    found.ok_or(BundleError::NoLeaf(index))
}
