import { sha256 } from '@noble/hashes/sha2.js';
import { concat, fromHex, toHex } from './bytes.ts';
import { VerifyError } from './errors.ts';
import type { LogHash } from './hashes.ts';
import { MOST_EXACT } from './scalars.ts';

const LEAF = Uint8Array.of(0);
const NODE = Uint8Array.of(1);

/** Root of a log without leaves. */
export const EMPTY_ROOT = toHex(sha256(new Uint8Array(0))) as LogHash;

/** Hash of a leaf of the log (RFC 6962, 2.1). */
export function leafHash(leaf: Uint8Array): LogHash {
  return toHex(sha256(concat(LEAF, leaf))) as LogHash;
}

/** Hash of a node of the log over its two children (RFC 6962, 2.1). */
export function nodeHash(left: LogHash, right: LogHash): LogHash {
  return toHex(sha256(concat(NODE, fromHex(left), fromHex(right)))) as LogHash;
}

/** Greatest power of two below `size`, which is at least 2. */
export function split(size: bigint): bigint {
  return 1n << BigInt((size - 1n).toString(2).length - 1);
}

/** Root of a tree over leaf hashes that are all at hand. */
export function rootOf(leaves: LogHash[]): LogHash {
  const [first] = leaves;
  if (first === undefined) {
    return EMPTY_ROOT;
  }
  if (leaves.length === 1) {
    return first;
  }
  const left = Number(split(BigInt(leaves.length)));
  return nodeHash(rootOf(leaves.slice(0, left)), rootOf(leaves.slice(left)));
}

/** Where a climb through the tree stands: number of the node and of the last one at its level. */
class Climb {
  constructor(private node: bigint, private last: bigint) {}

  /** Whether the next sibling is on the left. Refuses a sibling above the root. */
  siblingIsLeft(): boolean {
    if (this.last === 0n) {
      throw new VerifyError('TooLong', 'the proof has too many hashes');
    }
    return (this.node & 1n) === 1n || this.node === this.last;
  }

  /** Goes up one level; after a left sibling also past the levels at which the node stood alone. */
  up(siblingIsLeft: boolean): void {
    while (siblingIsLeft && (this.node & 1n) === 0n && this.node !== 0n) {
      this.halve();
    }
    this.halve();
  }

  /** Refuses a proof that ended below the root. */
  end(): void {
    if (this.last !== 0n) {
      throw new VerifyError('TooShort', 'the proof has too few hashes');
    }
  }

  private halve(): void {
    this.node >>= 1n;
    this.last >>= 1n;
  }
}

/** Verifies that `hash` is leaf `index` of the tree of `size` leaves under `root` (RFC 9162). */
export function verifyInclusion(
  hash: LogHash, index: bigint, size: bigint, proof: LogHash[], root: LogHash,
): void {
  checkSize(size);
  if (index < 0n || index >= size) {
    throw new VerifyError('IndexOutsideTree', `leaf ${index} of ${size}`);
  }
  const climb = new Climb(index, size - 1n);
  let result = hash;
  for (const sibling of proof) {
    const left = climb.siblingIsLeft();
    result = left ? nodeHash(sibling, result) : nodeHash(result, sibling);
    climb.up(left);
  }
  climb.end();
  sameRoot(result, root);
}

/** One end of a consistency proof. */
export interface TreeHead {
  /** Number of leaves. */
  size: bigint;
  /** Root over these leaves. */
  root: LogHash;
}

/** Verifies that the tree of `later` begins with all leaves of `earlier` (RFC 9162, 2.1.4.2). */
export function verifyConsistency(earlier: TreeHead, later: TreeHead, proof: LogHash[]): void {
  checkSize(later.size);
  if (earlier.size < 0n || earlier.size > later.size) {
    throw new VerifyError('SizesReversed', `${earlier.size} leaves before ${later.size}`);
  }
  if (earlier.size === 0n || earlier.size === later.size) {
    verifyTrivial(earlier, later, proof);
    return;
  }
  const zeros = BigInt(earlier.size.toString(2).length - trimmedLength(earlier.size));
  const climb = new Climb((earlier.size - 1n) >> zeros, (later.size - 1n) >> zeros);
  const isPower = (earlier.size & (earlier.size - 1n)) === 0n;
  const [first, ...others] = isPower ? [earlier.root, ...proof] : proof;
  if (first === undefined) {
    throw new VerifyError('TooShort', 'the proof has no hash');
  }
  let [a, b] = [first, first];
  for (const sibling of others) {
    const left = climb.siblingIsLeft();
    a = left ? nodeHash(sibling, a) : a;
    b = left ? nodeHash(sibling, b) : nodeHash(b, sibling);
    climb.up(left);
  }
  climb.end();
  sameRoot(a, earlier.root);
  sameRoot(b, later.root);
}

function trimmedLength(size: bigint): number {
  return size.toString(2).replace(/0+$/, '').length;
}

function verifyTrivial(earlier: TreeHead, later: TreeHead, proof: LogHash[]): void {
  if (proof.length !== 0) {
    throw new VerifyError('TooLong', 'this proof must be empty');
  }
  if (earlier.size === 0n) {
    sameRoot(earlier.root, EMPTY_ROOT);
  }
  if (earlier.size === later.size) {
    sameRoot(earlier.root, later.root);
  }
}

function checkSize(size: bigint): void {
  if (size > MOST_EXACT) {
    throw new VerifyError('TooLarge', `a log of ${size} leaves`);
  }
}

function sameRoot(computed: LogHash, expected: LogHash): void {
  if (computed !== expected) {
    throw new VerifyError('RootDiffers', `the proof leads to ${computed}, not ${expected}`);
  }
}
