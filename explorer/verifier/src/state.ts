import { concat, fromHex } from './bytes.ts';
import { Writer } from './borsh.ts';
import { decode } from './codec.ts';
import { refuseAs, VerifyError } from './errors.ts';
import type {
  StateBucketHash, StateBucketNodeHash, StateKeyHash, StateNodeHash, StateRoot,
} from './hashes.ts';
import { hashOf, hashPair } from './hashes.ts';
import { split } from './merkle.ts';
import type { BucketProof, Neighbour, StateProof } from './types.ts';
import { MOST_STATE_PROOF_BYTES, stateProof } from './types.ts';

/** Levels of the tree above the buckets. */
const DEPTH = 20;
/** Levels of the tree above the parts of a bucket that has split. */
const SPLIT_DEPTH = 4;
/** A bucket of more entries splits. */
const SPLIT_ENTRIES = 64n;
const MOST_SPLITS = 11;
const EMPTY = '0'.repeat(64);

/** Decodes a state proof that stands on its own: `TooLong`, or `Malformed`. */
export function decodeStateProof(bytes: Uint8Array): StateProof {
  if (bytes.length > MOST_STATE_PROOF_BYTES) {
    throw new VerifyError('TooLong', `a state proof of ${bytes.length} bytes`);
  }
  return refuseAs('Malformed', () => decode(stateProof, bytes));
}

/** Number of the bucket in which a key stands: the first 20 bits of its hash. */
export function bucketOf(keyHash: StateKeyHash): number {
  const [a = 0, b = 0, c = 0] = fromHex(keyHash.slice(0, 6));
  return ((a << 16) | (b << 8) | c) >> 4;
}

/** Verifies that under `root` the key has `value`, or is absent if `value` is `null`. */
export function verifyState(
  root: StateRoot, key: Uint8Array, value: Uint8Array | null, proof: StateProof,
): void {
  const { bucket } = proof;
  if (bucket.kind === 'present' && value === null) {
    throw new VerifyError('NotAbsence', 'a proof of presence for a key claimed to be absent');
  }
  if (bucket.kind !== 'present' && value !== null) {
    throw new VerifyError('NotPresence', 'a proof of absence for a key claimed to be present');
  }
  const keyHash = hashOf('StateKeyHash', key);
  const start = climbSplits(bucketHash(bucket, keyHash, value), keyHash, proof);
  const top = climbTree(start, bucketOf(keyHash), DEPTH, proof);
  if (hashOf('StateRoot', fromHex(top)) !== root) {
    throw new VerifyError('Root', 'the state proof leads to another root');
  }
}

function bucketHash(
  bucket: BucketProof, keyHash: StateKeyHash, value: Uint8Array | null,
): string {
  switch (bucket.kind) {
    case 'empty':
      return EMPTY;
    case 'present': {
      const valueHash = hashOf('StateValueHash', value ?? new Uint8Array(0));
      return climbBucket({ key: keyHash, value: valueHash, path: bucket.path }, bucket.position,
        bucket.count);
    }
    case 'absent':
      return absentBucket(bucket, keyHash);
  }
}

function absentBucket(
  bucket: BucketProof & { kind: 'absent' }, keyHash: StateKeyHash,
): StateBucketHash {
  const { count, position, before, after } = bucket;
  // Hashes are lower-case hexadecimal text of one length, so text order is the order of bytes.
  const fits = position <= count
    && (before !== null) === (position > 0) && (before === null || before.key < keyHash)
    && (after !== null) === (position < count) && (after === null || keyHash < after.key);
  if (!fits || (before === null && after === null)) {
    throw new VerifyError('Neighbours', 'the neighbours do not stand around the absent key');
  }
  const left = before && climbBucket(before, position - 1, count);
  const right = after && climbBucket(after, position, count);
  if (left !== null && right !== null && left !== right) {
    throw new VerifyError('DifferentBuckets', 'the neighbours lead to different buckets');
  }
  return (left ?? right) as StateBucketHash;
}

function climbBucket(entry: Neighbour, position: number, count: number): StateBucketHash {
  const leaf = hashPair('StateLeafHash', entry.key, entry.value);
  const inner = climb(leaf, position, count, entry.path);
  const writer = new Writer();
  writer.u32(count);
  return hashOf('StateBucketHash', concat(writer.finish(), fromHex(inner)));
}

/** Hash of the tree of `count` entries in which `leaf` stands at `position`. */
function climb(
  leaf: string, position: number, count: number, path: StateBucketNodeHash[],
): string {
  // From the root down, each step says on which side the entry is; the hashes go the other way.
  const entryIsLeft: boolean[] = [];
  let [place, size] = [position, count];
  if (place >= size) {
    throw pathError();
  }
  while (size > 1) {
    const left = Number(split(BigInt(size)));
    entryIsLeft.push(place < left);
    [place, size] = place < left ? [place, left] : [place - left, size - left];
  }
  if (entryIsLeft.length !== path.length) {
    throw pathError();
  }
  return entryIsLeft.reverse().reduce((hash, isLeft, i) => {
    const sibling = path[i] as StateBucketNodeHash;
    return isLeft
      ? hashPair('StateBucketNodeHash', hash, sibling)
      : hashPair('StateBucketNodeHash', sibling, hash);
  }, leaf);
}

function pathError(): VerifyError {
  return new VerifyError('Path', 'the path does not fit the entry and its bucket');
}

/** From a part of a bucket, or of a part, to the bucket at the top. */
function climbSplits(start: string, keyHash: StateKeyHash, { splits }: StateProof): string {
  if (splits.length > MOST_SPLITS || splits.some(({ count }) => count <= SPLIT_ENTRIES)) {
    throw new VerifyError('Splits', 'too many splits, or one of too few entries');
  }
  return splits.reduce((hash, split, i) => {
    // A hexadecimal digit is four bits: the parts are numbered by those behind the bucket's five.
    const part = Number.parseInt(keyHash.charAt(DEPTH / 4 + splits.length - 1 - i), 16);
    const top = climbTree(hash, part, SPLIT_DEPTH, split);
    const writer = new Writer();
    writer.unsigned(split.count, 8);
    return hashOf('StateSplitHash', concat(writer.finish(), fromHex(top)));
  }, start);
}

function climbTree(
  start: string, leafNumber: number, depth: number,
  proof: Pick<StateProof, 'sibling_bits' | 'siblings'>,
): string {
  const siblings = [...proof.siblings];
  const listed = proof.sibling_bits.toString(2).replaceAll('0', '').length;
  if (proof.sibling_bits >= 2 ** depth || listed !== siblings.length) {
    throw new VerifyError('Siblings', 'the listed siblings do not fit their bits');
  }
  let node = start;
  for (let level = 0; level < depth; level += 1) {
    let sibling = EMPTY;
    if (((proof.sibling_bits >> level) & 1) === 1) {
      sibling = siblings.shift() as string;
      if (sibling === EMPTY) {
        throw new VerifyError('EmptySibling', `level ${level} lists an empty node`);
      }
    }
    const isLeft = ((leafNumber >> level) & 1) === 0;
    node = isLeft ? stateNode(node, sibling) : stateNode(sibling, node);
  }
  return node;
}

function stateNode(left: string, right: string): string {
  const empty = left === EMPTY && right === EMPTY;
  return empty ? EMPTY : (hashPair('StateNodeHash', left, right) as StateNodeHash);
}

