//! Every domain string of private subsidies, in one file: contexts of hashes, labels of proof
//! transcripts, tags of hashes to the group, first lines of what is signed. None serves two things.

use blake3::Hasher;
use zeroize::{Zeroize as _, Zeroizing};

use crate::hash::{hash_type, update_prefixed};

hash_type!(
    /// Names a batch before it is filled: chain, county, programme, period, kind, attempt. What is
    /// derived for a payment is derived for one batch.
    BatchId,
    "minglian v1 subsidy batch-id"
);
hash_type!(
    /// The header of a batch; every proof of the batch is bound to it.
    HeaderHash,
    "minglian v1 subsidy batch-header"
);
hash_type!(
    /// The header with its proofs: what clerk and approver sign.
    SealHash,
    "minglian v1 subsidy batch-seal"
);
hash_type!(
    /// A leaf of a batch.
    LeafHash,
    "minglian v1 subsidy leaf"
);
hash_type!(
    /// An inner node of a tree over leaves or envelopes.
    NodeHash,
    "minglian v1 subsidy node"
);
hash_type!(
    /// The root over the leaves of a batch, with their number.
    LeafRoot,
    "minglian v1 subsidy root"
);
hash_type!(
    /// The root over the envelopes of a batch, with their number.
    EnvelopeRoot,
    "minglian v1 subsidy envelope-root"
);
hash_type!(
    /// The hash of the chunks of proofs of a batch, with the number of leaves.
    ProofRoot,
    "minglian v1 subsidy proof-root"
);
hash_type!(
    /// Binds a leaf to one identity number, under a seed that can be destroyed.
    Bind,
    "minglian v1 subsidy leaf-bind"
);
hash_type!(
    /// An envelope, which is kept off the ledger.
    CiphertextHash,
    "minglian v1 subsidy ct"
);
hash_type!(
    /// Commits an envelope to the key it is encrypted under.
    KeyCommitment,
    "minglian v1 subsidy key-commit"
);
hash_type!(
    /// Names a threshold key by its public record.
    KeyId,
    "minglian v1 threshold key"
);
hash_type!(
    /// What a threshold evaluation is asked for: the key, the asker's context and the points.
    RequestId,
    "minglian v1 threshold request"
);
hash_type!(
    /// The value of the beacon at a height.
    BeaconValue,
    "minglian v1 beacon value"
);

hash_type!(
    /// A tag at its place in an enrolment list.
    EnrolmentLeaf,
    "minglian v1 subsidy enrolment-leaf"
);
hash_type!(
    /// The root over the tags of an enrolment list, with their number.
    EnrolmentRoot,
    "minglian v1 subsidy enrolment-root"
);
hash_type!(
    /// Payments of a batch that came back: what the proof of their sum is bound to.
    ReturnStatement,
    "minglian v1 subsidy return"
);

/// Context of the seed of a leaf.
pub const LEAF_SEED: &str = "minglian v1 subsidy leaf-seed";
/// Context of the blinding factor of a commitment.
pub const PEDERSEN_BLINDING: &str = "minglian v1 subsidy pedersen-blinding";
/// Context of the key an envelope is encrypted under.
pub const DATA_KEY: &str = "minglian v1 subsidy data-key";
/// Context of the key that wraps the data key for the auditors.
pub const ESCROW_KEK: &str = "minglian v1 subsidy escrow-kek";
/// Context of the weights of batched verification.
pub const BATCH_WEIGHTS: &str = "minglian v1 subsidy batch-weights";

/// Transcript of the proof that an amount is one of a table.
pub const STANDARD_OR: &[u8] = b"minglian/subsidy/v1/standard-or";
/// Transcript of the proof that amounts lie in a range.
pub const RANGE: &[u8] = b"minglian/subsidy/v1/range";
/// Transcript of the proof that a batch balances.
pub const BALANCE: &[u8] = b"minglian/subsidy/v1/balance";
/// Transcript of the proof that the maker of an envelope knows its exponent.
pub const ENVELOPE: &[u8] = b"minglian/subsidy/v1/envelope";
/// Transcript of the proof that a tag belongs to the blinded point that was attested.
pub const ENROLMENT: &[u8] = b"minglian/subsidy/v1/enrolment";
/// Transcript of the proof of a partial evaluation.
pub const DLEQ: &[u8] = b"minglian/v1/oprf/dleq";
/// Transcript that weighs the points of a partial evaluation.
pub const DLEQ_SEED: &[u8] = b"minglian/v1/oprf/dleq-seed";

/// Tag of the hash from identity numbers to the group.
pub const TAG_POINT: &[u8] = b"minglian/v1/oprf/H1";
/// Tag of the hash from heights to the group.
pub const BEACON_POINT: &[u8] = b"minglian/v1/beacon/H1";

/// What an attester's signature begins with.
pub const SIGN_ATTESTATION: &[u8] = b"minglian/v1/sig/enrol-attest\0";
/// What a clerk's signature under a batch begins with.
pub const SIGN_CLERK: &[u8] = b"minglian/v1/sig/batch-clerk\0";
/// What an approver's signature under a batch begins with.
pub const SIGN_APPROVER: &[u8] = b"minglian/v1/sig/batch-approver\0";
/// What a bank's signature under a batch begins with.
pub const SIGN_BANK: &[u8] = b"minglian/v1/sig/bank-attest\0";

/// What a custodian's receipt for a batch's envelopes begins with.
pub const SIGN_CUSTODY: &[u8] = b"minglian/v1/sig/custody\0";

/// What a county's signature under what it hands over of a batch begins with.
pub const SIGN_HANDOVER: &[u8] = b"minglian/v1/sig/handover\0";

/// `BYTES` secret bytes derived from secret `parts`, each behind its length, in the domain of
/// `context`. Nothing of them stays in memory but the result, which is wiped when it is dropped.
pub(super) fn derive_secret<const BYTES: usize>(
    context: &str,
    parts: &[&[u8]],
) -> Zeroizing<[u8; BYTES]> {
    let mut hasher = Hasher::new_derive_key(context);
    for part in parts {
        update_prefixed(&mut hasher, part);
    }
    let mut secret = Zeroizing::new([0; BYTES]);
    let mut output = hasher.finalize_xof();
    output.fill(secret.as_mut_slice());
    output.zeroize();
    hasher.zeroize();
    secret
}
