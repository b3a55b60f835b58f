import assert from 'node:assert/strict';
import test from 'node:test';
import {
  decode, decodeGenesis, encode, fromHex, isQuorum, plainJson, readEvidence, readGenesis, types,
  verifyEvidence, viewRecord,
} from '../src/index.ts';
import type { Case } from './vectors.ts';
import { cases, fullCode, generator, vectors } from './vectors.ts';

const file = vectors('evidence.json');
const bundles = cases(file, 'bundles');
const good = bundles.filter((bundle) => bundle['valid']);
const pinned = readGenesis(JSON.stringify(file['genesis']));

function trustOf(bundle: Case) {
  const hex: string | null = bundle['trust_hex'] ?? null;
  return hex === null ? pinned.trust : decode(types.trust, fromHex(hex));
}

/** The vectors put the errors of certificates under a name of their own. */
function expectedCode(bundle: Case): string {
  return String(bundle['error']).replace(/^Certificate\./, '');
}

test('the genesis file gives the chain id, the origin and the first trust', () => {
  assert.equal(pinned.hash, file['genesis_hash']);
  assert.equal(pinned.chainId, file['chain_id']);
  assert.equal(pinned.origin, file['origin']);
  assert.deepEqual(decodeGenesis(fromHex(file['genesis_hex'])), pinned);
  assert.deepEqual(decode(types.trust, fromHex(file['trust_hex'])), pinned.trust);
});

test('every valid bundle is accepted, from bytes and from JSON', () => {
  assert.ok(good.length > 0, 'no valid bundle');
  for (const bundle of good) {
    const verdict = verifyEvidence(fromHex(bundle['hex']), trustOf(bundle));
    assert.ok(verdict.ok, `${bundle['name']}: ${verdict.ok ? '' : verdict.error.message}`);
    const fromJson = verifyEvidence(JSON.stringify(bundle['json']), trustOf(bundle));
    assert.deepEqual(fromJson, verdict, bundle['name']);
  }
});

test('every damaged bundle is refused, with the expected error', () => {
  const damaged = bundles.filter((bundle) => !bundle['valid']);
  assert.ok(damaged.length > 0, 'no damaged bundle');
  for (const bundle of damaged) {
    const verdict = verifyEvidence(fromHex(bundle['hex']), trustOf(bundle));
    assert.ok(!verdict.ok, `accepted: ${bundle['name']}`);
    assert.equal(fullCode(verdict.error), expectedCode(bundle), bundle['name']);
  }
});

test('a valid bundle with any byte changed is refused', () => {
  const random = generator(1);
  for (const bundle of good) {
    const bytes = fromHex(bundle['hex']);
    const large = bytes.length > 2000;
    for (let i = 0; i < Math.min(bytes.length, 2000); i += 1) {
      const at = large ? random(bytes.length) : i;
      const damaged = bytes.slice();
      damaged[at] = (damaged[at] ?? 0) ^ (1 + random(255));
      const verdict = verifyEvidence(damaged, trustOf(bundle));
      assert.ok(!verdict.ok, `${bundle['name']}: accepted with byte ${at} as ${damaged[at]}`);
    }
  }
});

test('a valid bundle is refused when a field of its JSON is missing', () => {
  const remove = (value: any, trust: ReturnType<typeof trustOf>, whole: any): void => {
    for (const name of Object.keys(value)) {
      const kept = value[name];
      if (!Array.isArray(value)) {
        delete value[name];
        assert.ok(!verifyEvidence(JSON.stringify(whole), trust).ok, `accepted without ${name}`);
        value[name] = kept;
      }
      if (kept !== null && typeof kept === 'object') {
        remove(kept, trust, whole);
      }
    }
  };
  for (const bundle of good.slice(0, 1)) {
    const whole = structuredClone(bundle['json']);
    remove(whole, trustOf(bundle), whole);
  }
});

test('evidence is worth nothing to a reader of another chain', () => {
  for (const bundle of good) {
    const trust = { ...trustOf(bundle), chain_id: 'other' };
    const verdict = verifyEvidence(fromHex(bundle['hex']), trust);
    assert.ok(!verdict.ok && verdict.error.code === 'WrongChain', bundle['name']);
  }
});

test('a verified record can be shown', () => {
  let shown = 0;
  for (const bundle of good) {
    const verdict = verifyEvidence(fromHex(bundle['hex']), trustOf(bundle));
    if (verdict.ok && verdict.proven.kind === 'leaf' && verdict.proven.leaf.kind === 'record') {
      const view = viewRecord(verdict.proven.leaf.value);
      assert.equal(view.index, verdict.proven.index);
      assert.equal(typeof view.signatureHolds, 'boolean');
      shown += 1;
    }
  }
  assert.ok(shown > 0, 'no valid bundle holds a record');
});

test('a quorum is strictly more than two thirds, exactly', () => {
  const most = 100n * 2n ** 32n;
  for (const total of [1n, 3n, 4n, 9n, 17n, most]) {
    for (const power of [0n, (2n * total) / 3n, (2n * total) / 3n + 1n, total]) {
      assert.equal(isQuorum(power, total), 3n * power - 2n * total > 0n, `${power} of ${total}`);
    }
  }
  assert.equal(isQuorum(2n, 3n), false);
});

test('evidence above the limits is too large', () => {
  const code = (bytes: Uint8Array) => {
    const verdict = verifyEvidence(bytes, pinned.trust);
    return verdict.ok ? 'accepted' : verdict.error.code;
  };
  assert.equal(code(new Uint8Array(8_388_609)), 'TooLarge');
  assert.equal(code(new Uint8Array(8_388_608)), 'Malformed');
  const withChange = good.map((bundle) => readEvidence(fromHex(bundle['hex'])))
    .find((evidence) => evidence.changes.length > 0);
  const [change] = withChange?.changes ?? [];
  assert.ok(withChange && change, 'no bundle with a change');
  const small = { ...change, certificate: { ...change.certificate, signatures: [] } };
  const many = { ...withChange, changes: Array.from({ length: 4097 }, () => small) };
  assert.equal(code(encode(types.evidence, many)), 'TooLarge');
  const fromJson = verifyEvidence(plainJson(types.evidence.toPlain(many)), pinned.trust);
  assert.ok(!fromJson.ok && fromJson.error.code === 'TooLarge');
});

test('random bytes are refused and never throw', () => {
  const random = generator(3);
  for (let i = 0; i < 500; i += 1) {
    const bytes = Uint8Array.from({ length: random(400) }, () => random(256));
    assert.ok(!verifyEvidence(bytes, pinned.trust).ok);
    assert.ok(!verifyEvidence(String.fromCharCode(...bytes), pinned.trust).ok);
  }
});
