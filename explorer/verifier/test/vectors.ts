import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { fromHex, VerifyError } from '../src/index.ts';

/** One example of a vector file. */
export type Case = { [name: string]: any };

/** Reads a file of the ledger's vectors. It fails if the file is not there. */
export function vectors(file: string): Case {
  return read(`ledger/vectors/${file}`);
}

/** Reads a file of the contracts' vectors: acts and events. */
export function contractVectors(file: string): Case {
  return read(`contracts/vectors/${file}`);
}

function read(file: string): Case {
  // The tests run as bundles in build/test.
  const path = fileURLToPath(new URL(`../../../../${file}`, import.meta.url));
  return JSON.parse(readFileSync(path, 'utf8'));
}

/** The examples under a name; none at all is a failure, so that no test passes on nothing. */
export function cases(file: Case, name: string): Case[] {
  const found = file[name];
  assert.ok(Array.isArray(found) && found.length > 0, `no vectors under "${name}"`);
  return found;
}

/** Requires a typed refusal, and its code if one is expected. */
export function refusal(action: () => unknown, why: string, code?: string): VerifyError {
  try {
    action();
  } catch (error) {
    assert.ok(error instanceof VerifyError, `${why}: ${error}`);
    if (code !== undefined) {
      assert.equal(fullCode(error), code, why);
    }
    return error;
  }
  return assert.fail(`accepted: ${why}`);
}

/** The refusal in the form of the vectors: `Log.TooLong` for a cause inside a proof. */
export function fullCode(error: VerifyError): string {
  const inner = error.cause;
  const nested = ['Log', 'State'].includes(error.code) && inner instanceof VerifyError;
  return nested ? `${error.code}.${inner.code}` : error.code;
}

/** A small generator of reproducible numbers (mulberry32), so that a failure can be repeated. */
export function generator(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % below;
  };
}

/** Leaf i of the example logs: the number in eight bytes, big-endian. */
export function leafBytes(i: number): Uint8Array {
  return fromHex(i.toString(16).padStart(16, '0'));
}
