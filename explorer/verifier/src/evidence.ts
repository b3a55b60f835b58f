import { verifyCertificate } from './certificate.ts';
import { decode, encode } from './codec.ts';
import { refuseAs, VerifyError } from './errors.ts';
import type { BlockId, ValidatorsHash } from './hashes.ts';
import { hashOf } from './hashes.ts';
import type { Json } from './json.ts';
import { parseJson } from './json.ts';
import { leafHash, verifyInclusion } from './merkle.ts';
import { verifyState } from './state.ts';
import type { Certificate, Evidence, Header, Leaf, Trust, ValidatorSet } from './types.ts';
import {
  evidence as evidenceCodec, header as headerCodec, leaf as leafCodec, MOST_CHANGES,
  MOST_EVIDENCE_BYTES, MOST_LEAF_BYTES, validatorSet,
} from './types.ts';

/** What evidence proves to a reader with the given trust. */
export type Proven = {
  /** The header under which it is proven, certified by the validators. */
  header: Header;
  /** Name of that block. */
  blockId: BlockId;
  /** What the reader may trust from now on: the validators after that header, if they are known. */
  trust: Trust;
  /** Number of validator changes that the evidence walks through. */
  changes: number;
} & (
  /** This leaf stands at this position of the log. */
  | { kind: 'leaf'; index: bigint; leaf: Leaf; bytes: Uint8Array }
  /** After the block the key has this value, or none. */
  | { kind: 'state'; key: Uint8Array; value: Uint8Array | null }
);

/** The answer to `verifyEvidence`. */
export type Verdict = { ok: true; proven: Proven } | { ok: false; error: VerifyError };

/**
 * Verifies evidence against validators that the reader already trusts: canonical bytes, the text
 * of its JSON form, or parsed JSON. It never throws on bad evidence.
 */
export function verifyEvidence(input: Uint8Array | string | Json, trust: Trust): Verdict {
  try {
    return { ok: true, proven: prove(readEvidence(input), trust) };
  } catch (error) {
    if (error instanceof VerifyError) {
      return { ok: false, error };
    }
    throw error;
  }
}

/** Decodes evidence; the only refusals are `TooLarge` and `Malformed`. */
export function readEvidence(input: Uint8Array | string | Json): Evidence {
  if (input instanceof Uint8Array) {
    return onlyMalformed(() => decode(evidenceCodec, input, MOST_EVIDENCE_BYTES));
  }
  const value = onlyMalformed(() => {
    const json = typeof input === 'string' ? parseJson(input) : input;
    return evidenceCodec.fromJson(json);
  });
  const length = encode(evidenceCodec, value).length;
  if (length > MOST_EVIDENCE_BYTES) {
    throw new VerifyError('TooLarge', `evidence of ${length} bytes`);
  }
  return value;
}

function onlyMalformed<T>(action: () => T): T {
  try {
    return action();
  } catch (error) {
    if (error instanceof VerifyError && error.code !== 'TooLarge') {
      throw new VerifyError('Malformed', error.message, { cause: error });
    }
    throw error;
  }
}

/** Verifies decoded evidence; throws the first refusal. */
export function prove(evidence: Evidence, start: Trust): Proven {
  const trust = followChanges(evidence, start);
  return proveSubject(evidence, trust, verifyCertified(evidence.header, evidence.certificate, trust));
}

/** Walks through the validator changes, each certified by the validators before it. */
export function followChanges(evidence: Evidence, start: Trust): Trust {
  if (evidence.changes.length > MOST_CHANGES) {
    throw new VerifyError('TooLarge', `${evidence.changes.length} validator changes`);
  }
  let trust = start;
  for (const change of evidence.changes) {
    verifyCertified(change.header, change.certificate, trust);
    if (validatorsHash(change.validators) !== change.header.next_validators_hash) {
      throw new VerifyError('WrongValidators', `at height ${change.header.height}`);
    }
    trust = { ...trust, height: change.header.height, validators: change.validators };
  }
  return trust;
}

/** Verifies the subject under a header that `verifyCertified` accepted with `trust`. */
export function proveSubject(evidence: Evidence, trust: Trust, blockId: BlockId): Proven {
  const { header, subject } = evidence;
  const base = { header, blockId, trust: later(trust, header), changes: evidence.changes.length };
  if (subject.kind === 'leaf') {
    const leaf = proveLeaf(header, subject.index, subject.bytes, subject.proof);
    return { ...base, kind: 'leaf', index: subject.index, leaf, bytes: subject.bytes };
  }
  refuseAs('State', () =>
    verifyState(header.state_root, subject.key, subject.value, subject.proof));
  return { ...base, kind: 'state', key: subject.key, value: subject.value };
}

/** The trust can follow the header only if the same validators certify the next height. */
function later(trust: Trust, header: Header): Trust {
  const unchanged = validatorsHash(trust.validators) === header.next_validators_hash;
  return unchanged ? { ...trust, height: header.height } : trust;
}

/** Name of a set of validators, as headers give it. */
export function validatorsHash(set: ValidatorSet): ValidatorsHash {
  return hashOf('ValidatorsHash', encode(validatorSet, set));
}

/** Verifies that the trusted validators certified the header, and returns the block's name. */
export function verifyCertified(header: Header, certificate: Certificate, trust: Trust): BlockId {
  if (header.chain_id !== trust.chain_id) {
    throw new VerifyError('WrongChain', `${header.chain_id} is not ${trust.chain_id}`);
  }
  if (header.height <= trust.height) {
    throw new VerifyError('HeightOrder', `height ${header.height} is not after ${trust.height}`);
  }
  const blockId = hashOf('BlockId', encode(headerCodec, header));
  if (certificate.height !== header.height || certificate.block_id !== blockId) {
    throw new VerifyError('WrongBlock', `the certificate is not for block ${blockId}`);
  }
  verifyCertificate(certificate, trust.chain_id, trust.validators);
  return blockId;
}

function proveLeaf(
  header: Header, index: bigint, bytes: Uint8Array, proof: Parameters<typeof verifyInclusion>[3],
): Leaf {
  refuseAs('Log', () =>
    verifyInclusion(leafHash(bytes), index, header.log_size, proof, header.log_root));
  const leaf = refuseAs('Leaf', () => decode(leafCodec, bytes, MOST_LEAF_BYTES));
  const misplaced = leaf.value.height > header.height
    || (leaf.kind === 'record' && leaf.value.index !== index);
  if (misplaced) {
    throw new VerifyError('Misplaced', `the leaf does not belong at ${index}`);
  }
  return leaf;
}
