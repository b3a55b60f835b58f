import { ed25519 } from '@noble/curves/ed25519.js';
import { fromHex, toHex } from './bytes.ts';
import { VerifyError } from './errors.ts';
import type { PublicKey, Signature } from './scalars.ts';

const FIELD = 2n ** 255n - 19n;
const MOST_REMEMBERED = 4096;
const LONGEST_REMEMBERED = 256;
const verified = new Set<string>();
const registrable = new Set<PublicKey>();

/**
 * Whether the signature is right by ZIP-215, the one rule of the ledger. Right ones over short
 * messages are remembered, since evidence about one block repeats its certificate.
 */
export function verifies(key: PublicKey, message: Uint8Array, signature: Signature): boolean {
  const short = message.length <= LONGEST_REMEMBERED;
  const triple = short ? `${key} ${signature} ${toHex(message)}` : '';
  if (short && verified.has(triple)) {
    return true;
  }
  const holds = ed25519.verify(fromHex(signature), message, fromHex(key), { zip215: true });
  if (holds && short) {
    remember(verified, triple);
  }
  return holds;
}

/** Refuses a key that may not be registered: `NotAPoint`, `NotCanonical` or `Torsion`. */
export function checkRegistrable(key: PublicKey): void {
  if (registrable.has(key)) {
    return;
  }
  const bytes = fromHex(key);
  const point = decompress(bytes);
  // The bytes are looked at instead of encoding the point again, which would have to reduce y.
  const sign = (bytes[31] ?? 0) >> 7;
  const y = littleEndian(bytes) & (2n ** 255n - 1n);
  // With x = 0, y is 1 or −1.
  if (y >= FIELD || (sign === 1 && (y === 1n || y === FIELD - 1n))) {
    throw new VerifyError('NotCanonical', `key ${key} is not in its canonical form`);
  }
  if (point.isSmallOrder() || !point.isTorsionFree()) {
    throw new VerifyError('Torsion', `key ${key} is not of the prime-order group`);
  }
  remember(registrable, key);
}

function remember<T>(known: Set<T>, value: T): void {
  if (known.size >= MOST_REMEMBERED) {
    known.clear();
  }
  known.add(value);
}

function decompress(bytes: Uint8Array) {
  try {
    return ed25519.Point.fromBytes(bytes, true);
  } catch {
    throw new VerifyError('NotAPoint', 'the key is not a point of the curve');
  }
}

function littleEndian(bytes: Uint8Array): bigint {
  let value = 0n;
  bytes.forEach((byte, i) => {
    value |= BigInt(byte) << BigInt(8 * i);
  });
  return value;
}
