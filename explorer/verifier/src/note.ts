/** Signed notes of c2sp.org/signed-note, with the limits of section 8. */
import { sha256 } from '@noble/hashes/sha2.js';
import { concat, fromBase64, fromHex, fromUtf8, toBase64, toHex, utf8 } from './bytes.ts';
import { verifies } from './ed25519.ts';
import { malformed, VerifyError } from './errors.ts';
import type { PublicKey, Signature } from './scalars.ts';

const MOST_NOTE_BYTES = 1_048_576;
const MOST_SIGNATURES = 256;
const MOST_SIGNATURE_BYTES = 8192;
const KEY_ID_BYTES = 4;
const MOST_COSIGNED_SECONDS = 2n ** 63n - 1n;

/** A kind of key: 0x01 signs as a log, 0x04 cosigns as a witness (c2sp.org/tlog-cosignature). */
export type KeyKind = 'log' | 'cosigner';
const KIND_BYTES: Record<KeyKind, number> = { log: 0x01, cosigner: 0x04 };

/** A key that verifies lines of notes. */
export interface VerifierKey {
  /** Name in the signature lines. */
  name: string;
  /** First four bytes of the hash over name, kind and key, in hexadecimal. */
  id: string;
  /** What the key signs. */
  kind: KeyKind;
  /** Ed25519 public key. */
  key: PublicKey;
}

/** One signature line. */
export interface NoteSignature {
  /** Name of the key. */
  name: string;
  /** Key id, eight hexadecimal digits. */
  id: string;
  /** What the key made; its form depends on the kind of key. */
  signature: Uint8Array;
}

/** A note, parsed and not verified. */
export interface Note {
  /** The signed text, its last newline included. */
  text: string;
  /** All signature lines. */
  signatures: NoteSignature[];
}

/** A verified cosignature or log signature. */
export interface VerifiedSignature {
  /** Who signed. */
  key: VerifierKey;
  /** For a cosignature: when, in seconds since 1970. */
  seconds: bigint | null;
}

/** The verifier key of a public key under a name. */
export function verifierKey(name: string, kind: KeyKind, key: PublicKey): VerifierKey {
  checkKeyName(name);
  const material = concat(Uint8Array.of(KIND_BYTES[kind]), fromHex(key));
  const digest = sha256(concat(utf8(`${name}\n`), material));
  return { name, id: toHex(digest.slice(0, KEY_ID_BYTES)), kind, key };
}

/** Reads `name+id+base64(kind ‖ key)`; an id that does not fit is refused. */
export function parseVerifierKey(line: string): VerifierKey {
  const parts = /^([^+]*)\+([0-9a-f]{8})\+(.*)$/su.exec(line);
  const material = fromBase64(parts?.[3] ?? '');
  const kind = material[0] === KIND_BYTES.log ? 'log' : 'cosigner';
  if (parts === null || material.length !== 33 || material[0] !== KIND_BYTES[kind]) {
    throw malformed('not a verifier key of a known kind');
  }
  const key = verifierKey(parts[1] ?? '', kind, toHex(material.slice(1)) as PublicKey);
  if (key.id !== parts[2]) {
    throw malformed('the id is not the one of this key');
  }
  return key;
}

/** The text form of a verifier key. */
export function formatVerifierKey(key: VerifierKey): string {
  const material = concat(Uint8Array.of(KIND_BYTES[key.kind]), fromHex(key.key));
  return `${key.name}+${key.id}+${toBase64(material)}`;
}

/** Parses a note; nothing in it may be believed before `verifyNote`. */
export function parseNote(input: Uint8Array | string): Note {
  const bytes = typeof input === 'string' ? utf8(input) : input;
  if (bytes.length > MOST_NOTE_BYTES) {
    throw malformed('the note is too long');
  }
  const whole = fromUtf8(bytes);
  const end = whole.lastIndexOf('\n\n');
  if (end < 0 || !whole.endsWith('\n') || end + 2 >= whole.length) {
    throw malformed('a note is text, an empty line and signature lines');
  }
  const lines = whole.slice(end + 2, -1).split('\n');
  if (lines.length > MOST_SIGNATURES) {
    throw malformed(`${lines.length} signature lines`);
  }
  const text = whole.slice(0, end + 1);
  if (/[\u0000-\u0009\u000b-\u001f]/.test(text)) {
    throw malformed('a control character in the text');
  }
  return { text, signatures: lines.map(parseLine) };
}

function parseLine(line: string): NoteSignature {
  const parts = /^— ([^ ]+) ([^ ]+)$/u.exec(line);
  if (parts === null) {
    throw malformed('not a signature line');
  }
  const name = checkKeyName(parts[1] ?? '');
  const blob = fromBase64(parts[2] ?? '');
  const length = blob.length - KEY_ID_BYTES;
  if (length < 1 || length > MOST_SIGNATURE_BYTES) {
    throw malformed(`a signature of ${length} bytes`);
  }
  const id = toHex(blob.slice(0, KEY_ID_BYTES));
  return { name, id, signature: blob.slice(KEY_ID_BYTES) };
}

function checkKeyName(name: string): string {
  const length = utf8(name).length;
  if (length < 1 || length > 255 || /[\p{White_Space}\p{Cc}+]/u.test(name)) {
    throw malformed('not a name of a key');
  }
  return name;
}

/**
 * Verifies all lines of known keys. Lines of unknown keys are passed over; one bad line of a known
 * key refuses the note (`Malformed` or `Invalid`). The answer may be empty.
 */
export function verifyNote(note: Note, keys: VerifierKey[]): VerifiedSignature[] {
  const verified: VerifiedSignature[] = [];
  for (const line of note.signatures) {
    const key = keys.find((known) => known.name === line.name && known.id === line.id);
    if (key !== undefined) {
      verified.push({ key, seconds: verifyLine(note.text, line, key) });
    }
  }
  return verified;
}

function verifyLine(text: string, line: NoteSignature, key: VerifierKey): bigint | null {
  const timeBytes = key.kind === 'cosigner' ? 8 : 0;
  if (line.signature.length !== timeBytes + 64) {
    throw malformed(`a signature of ${line.signature.length} bytes by ${key.name}`);
  }
  const time = line.signature.slice(0, timeBytes);
  let seconds = 0n;
  time.forEach((byte) => {
    seconds = (seconds << 8n) | BigInt(byte);
  });
  if (seconds > MOST_COSIGNED_SECONDS) {
    throw malformed(`a cosignature at ${seconds} seconds`);
  }
  const prefix = key.kind === 'cosigner' ? `cosignature/v1\ntime ${seconds}\n` : '';
  const signature = toHex(line.signature.slice(timeBytes)) as Signature;
  if (!verifies(key.key, utf8(prefix + text), signature)) {
    throw new VerifyError('Invalid', `the signature of ${key.name} does not verify`);
  }
  return key.kind === 'cosigner' ? seconds : null;
}
