import { blake3 } from '@noble/hashes/blake3.js';
import { concat, fromHex, toHex, utf8 } from './bytes.ts';
import type { Hex } from './scalars.ts';

/** The context of each hash domain; no context serves two kinds of hash. */
const CONTEXTS = {
  GenesisHash: 'minglian/genesis/v1',
  TransactionId: 'minglian/transaction/v1',
  EnvelopeHash: 'minglian/envelope/v1',
  BlockId: 'minglian/block/v1',
  ValidatorsHash: 'minglian/validators/v1',
  ValidatorAddress: 'minglian/validator-address/v1',
  StateKeyHash: 'minglian/state/key/v1',
  StateValueHash: 'minglian/state/value/v1',
  StateLeafHash: 'minglian/state/leaf/v1',
  StateBucketNodeHash: 'minglian/state/bucket-node/v1',
  StateBucketHash: 'minglian/state/bucket/v1',
  StateSplitHash: 'minglian/state/split/v1',
  StateNodeHash: 'minglian/state/node/v1',
  StateRoot: 'minglian/state/root/v1',
  Commitment: 'minglian/commitment/v1',
  AttachmentHash: 'minglian/attachment/v1',
  DemonstrationSeed: 'minglian/demonstration-seed/v1',
  SampleFrame: 'minglian/sample/frame/v1',
  SampleSeed: 'minglian/sample/seed/v1',
  SampleStream: 'minglian/sample/stream/v1',
} as const;

/** Name of a kind of hash, as in section 3 of the format. */
export type HashName = keyof typeof CONTEXTS;
/** All kinds of hash. */
export const HASH_NAMES = Object.keys(CONTEXTS) as HashName[];

/** The hash `name` of the parts, one after the other: BLAKE3 in its `derive_key` mode. */
export function hashOf<Name extends HashName>(name: Name, ...parts: Uint8Array[]): Hex<Name> {
  return toHex(blake3(concat(...parts), { context: utf8(CONTEXTS[name]) })) as Hex<Name>;
}

/** The extended output of the hash `name` of `material`, for as many bytes as are asked for. */
export function streamOf(name: HashName, material: Uint8Array): (bytes: number) => Uint8Array {
  const output = blake3.create({ context: utf8(CONTEXTS[name]) }).update(material);
  return (bytes) => output.xof(bytes);
}

/** The hash of two hashes, left and right. */
export function hashPair<Name extends HashName>(name: Name, left: string, right: string) {
  return hashOf(name, fromHex(left), fromHex(right));
}

export type GenesisHash = Hex<'GenesisHash'>;
export type TransactionId = Hex<'TransactionId'>;
export type EnvelopeHash = Hex<'EnvelopeHash'>;
export type BlockId = Hex<'BlockId'>;
export type ValidatorsHash = Hex<'ValidatorsHash'>;
export type ValidatorAddress = Hex<'ValidatorAddress'>;
export type StateKeyHash = Hex<'StateKeyHash'>;
export type StateValueHash = Hex<'StateValueHash'>;
export type StateBucketHash = Hex<'StateBucketHash'>;
export type StateSplitHash = Hex<'StateSplitHash'>;
export type StateBucketNodeHash = Hex<'StateBucketNodeHash'>;
export type StateNodeHash = Hex<'StateNodeHash'>;
export type StateRoot = Hex<'StateRoot'>;
export type SampleFrame = Hex<'SampleFrame'>;
export type SampleSeed = Hex<'SampleSeed'>;
/** Hash of a leaf, node or root of the log (SHA-256). */
export type LogHash = Hex<'LogHash'>;
