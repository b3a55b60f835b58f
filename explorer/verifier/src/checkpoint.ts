/** Checkpoints of c2sp.org/tlog-checkpoint, and when a head of the log is certified. */
import { fromBase64, fromHex, toBase64, toHex, utf8 } from './bytes.ts';
import { isQuorum } from './certificate.ts';
import { malformed, VerifyError } from './errors.ts';
import type { LogHash } from './hashes.ts';
import type { TreeHead } from './merkle.ts';
import type { Note, VerifierKey } from './note.ts';
import { parseNote, verifierKey, verifyNote } from './note.ts';
import { MOST_EXACT } from './scalars.ts';
import type { Validator } from './types.ts';

/** The three lines of a checkpoint. */
export interface Checkpoint extends TreeHead {
  /** Which log this is the head of. */
  origin: string;
}

/** Reads the text of a checkpoint: three lines and no more. */
export function parseCheckpoint(text: string): Checkpoint {
  const lines = text.split('\n');
  const [origin = '', size = '', root = '', rest] = lines;
  if (lines.length !== 4 || rest !== '') {
    throw malformed('a checkpoint has three lines');
  }
  const length = utf8(origin).length;
  if (length < 1 || length > 255 || /\p{Cc}/u.test(origin)) {
    throw malformed('not an origin');
  }
  if (!/^(?:0|[1-9][0-9]{0,15})$/.test(size) || BigInt(size) > MOST_EXACT) {
    throw malformed('not a size of a log');
  }
  const hash = fromBase64(root);
  if (hash.length !== 32) {
    throw malformed('a root has 32 bytes');
  }
  return { origin, size: BigInt(size), root: toHex(hash) as LogHash };
}

/** The text of a checkpoint. */
export function formatCheckpoint(checkpoint: Checkpoint): string {
  const root = toBase64(fromHex(checkpoint.root));
  return `${checkpoint.origin}\n${checkpoint.size}\n${root}\n`;
}

/** A cosigner and its voting power. */
export interface Cosigner {
  /** Verifier key of kind `cosigner`. */
  key: VerifierKey;
  /** Voting power. */
  power: bigint;
}

/** The validators as cosigners; `nameOf` gives the key name under which each one cosigns. */
export function cosignersOf(
  set: Validator[], nameOf: (member: Validator) => string,
): Cosigner[] {
  return set.map((member) => ({
    key: verifierKey(nameOf(member), 'cosigner', member.cosigner_key), power: member.power,
  }));
}

/** A certified head of the log. */
export interface CertifiedHead extends Checkpoint {
  /** Power that cosigned. */
  power: bigint;
  /** Earliest and latest time at which a cosigner says it saw this head; seconds since 1970. */
  cosignedFrom: bigint;
  cosignedTo: bigint;
}

/**
 * Verifies that the log and cosigners with more than two thirds of the power signed this head.
 * @throws VerifyError `CosignerRepeated`, `Malformed`, `OtherLog`, `Invalid`,
 *   `LogSignatureMissing`, `TooFew`, in this order.
 */
export function verifyHead(
  input: Uint8Array | string | Note, logKey: VerifierKey, cosigners: Cosigner[],
): CertifiedHead {
  const publicKeys = new Set(cosigners.map((cosigner) => cosigner.key.key));
  if (publicKeys.size !== cosigners.length) {
    throw new VerifyError('CosignerRepeated', 'one key is given for two cosigners');
  }
  if (logKey.kind !== 'log' || cosigners.some((cosigner) => cosigner.key.kind !== 'cosigner')) {
    throw malformed('a key is given for a use that it does not have');
  }
  const note = typeof input === 'string' || input instanceof Uint8Array ? parseNote(input) : input;
  const checkpoint = parseCheckpoint(note.text);
  if (checkpoint.origin !== logKey.name) {
    throw new VerifyError('OtherLog', `${checkpoint.origin} is not ${logKey.name}`);
  }
  const verified = verifyNote(note, [logKey, ...cosigners.map((cosigner) => cosigner.key)]);
  if (!verified.some((signature) => signature.key === logKey)) {
    throw new VerifyError('LogSignatureMissing', logKey.name);
  }
  // A cosigner with several lines counts once.
  const signed = new Set(verified.map((signature) => signature.key));
  const power = sum(cosigners.filter((cosigner) => signed.has(cosigner.key)));
  if (!isQuorum(power, sum(cosigners))) {
    throw new VerifyError('TooFew', `power ${power} of ${sum(cosigners)} cosigned`);
  }
  const times = verified.flatMap(({ seconds }) => (seconds === null ? [] : [seconds]));
  times.sort((a, b) => (a < b ? -1 : Number(a > b)));
  return { ...checkpoint, power, cosignedFrom: times[0] ?? 0n, cosignedTo: times.at(-1) ?? 0n };
}

function sum(cosigners: Cosigner[]): bigint {
  return cosigners.reduce((total, cosigner) => total + cosigner.power, 0n);
}
