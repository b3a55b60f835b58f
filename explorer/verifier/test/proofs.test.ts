import assert from 'node:assert/strict';
import test from 'node:test';
import type { LogHash } from '../src/index.ts';
import {
  bucketOf, decodeStateProof, encode, fromHex, hashOf, leafHash, parseJson, rootOf, toHex, types,
  verifyConsistency, verifyInclusion, verifyState,
} from '../src/index.ts';
import { cases, leafBytes, refusal, vectors } from './vectors.ts';

const log = vectors('log_trees.json');
const roots = cases(log, 'roots') as unknown as LogHash[];

test('roots of small logs', () => {
  roots.forEach((root, size) => {
    const leaves = Array.from({ length: size }, (_, i) => leafHash(leafBytes(i)));
    assert.equal(rootOf(leaves), root, `${size} leaves`);
  });
});

test('proofs of inclusion that hold, and none of them for another leaf', () => {
  for (const { index, size, proof } of cases(log, 'inclusion')) {
    const root = roots[size] as LogHash;
    const verify = (leaf: number) =>
      verifyInclusion(leafHash(leafBytes(leaf)), BigInt(index), BigInt(size), proof, root);
    verify(index);
    refusal(() => verify(index + 1), `another leaf at ${index} of ${size}`, 'RootDiffers');
  }
});

test('proofs of inclusion that are refused', () => {
  for (const { leaf, index, size, proof, root, error, why } of cases(log, 'refused_inclusion')) {
    refusal(() => verifyInclusion(
      leafHash(leafBytes(leaf)), BigInt(index), BigInt(size), proof, root), why, error);
  }
});

test('proofs of consistency that hold', () => {
  for (const example of cases(log, 'consistency')) {
    const head = (size: number) => ({ size: BigInt(size), root: roots[size] as LogHash });
    const [earlier, later, proof] = [head(example['old']), head(example['new']), example['proof']];
    verifyConsistency(earlier, later, proof);
    // Each of the two roots must be checked on its own.
    const wrong = leafHash(leafBytes(999));
    refusal(() => verifyConsistency({ ...earlier, root: wrong }, later, proof), 'an old root');
    if (earlier.size > 0n) {
      refusal(() => verifyConsistency(earlier, { ...later, root: wrong }, proof), 'a new root');
    }
  }
});

test('proofs of consistency that are refused', () => {
  for (const example of cases(log, 'refused_consistency')) {
    const earlier = { size: BigInt(example['old']), root: example['old_root'] };
    const later = { size: BigInt(example['new']), root: example['new_root'] };
    refusal(() => verifyConsistency(earlier, later, example['proof']), example['why'],
      example['error']);
  }
});

const state = vectors('state.json');
const states = [state, vectors('state_split.json')];

function optional(hex: string | null): Uint8Array | null {
  return hex === null ? null : fromHex(hex);
}

test('state proofs that hold, from bytes and from JSON', () => {
  assert.equal(hashOf('StateRoot', new Uint8Array(32)), state['empty_root']);
  for (const { root, ...file } of states as any[]) {
    for (const { name, key, value, hex, proof, bucket } of cases(file, 'proofs')) {
      assert.equal(bucketOf(hashOf('StateKeyHash', fromHex(key))), bucket, name);
      verifyState(root, fromHex(key), optional(value), decodeStateProof(fromHex(hex)));
      const fromJson = types.stateProof.fromJson(parseJson(JSON.stringify(proof)));
      assert.equal(toHex(encode(types.stateProof, fromJson)), hex, name);
    }
  }
});

test('state proofs that are refused', () => {
  for (const { root, ...file } of states as any[]) {
    for (const { why, key, value, hex, error } of cases(file, 'refused')) {
      refusal(() => verifyState(
        root, fromHex(key), optional(value), decodeStateProof(fromHex(hex))), why, error);
    }
  }
});

test('a neighbour on the wrong side does not prove a present key absent', () => {
  const find = (name: string) => {
    const found = cases(state, 'proofs').find((example) => example['name'] === name);
    assert.ok(found, `no vector "${name}"`);
    const { key, value, hex } = found as any;
    return { key: fromHex(key), value: fromHex(value), proof: decodeStateProof(fromHex(hex)) };
  };
  const [first, last] = [find('first of three in its bucket'), find('last of three')];
  const neighbour = ({ key, value, proof }: typeof first) => {
    assert.ok(proof.bucket.kind === 'present');
    return {
      key: hashOf('StateKeyHash', key), value: hashOf('StateValueHash', value),
      path: proof.bucket.path,
    };
  };
  const claim = (of: typeof first, position: number, sides: object) => verifyState(
    state['root'], of.key, null,
    { ...of.proof, bucket: { kind: 'absent', count: 3, position, ...sides } as any });
  // Both proofs lead to the true root; only the order of the keys gives them away.
  refusal(() => claim(last, 0, { before: null, after: neighbour(first) }), 'the last one absent',
    'Neighbours');
  refusal(() => claim(first, 3, { before: neighbour(last), after: null }), 'the first one absent',
    'Neighbours');
});

test('a state proof with any byte changed is refused', () => {
  for (const { root, ...file } of states as any[]) {
    for (const { name, key, value, hex } of cases(file, 'proofs')) {
      const bytes = fromHex(hex);
      bytes.forEach((byte, i) => {
        const damaged = bytes.with(i, byte ^ 1);
        refusal(() => verifyState(
          root, fromHex(key), optional(value), decodeStateProof(damaged)), `${name} ${i}`);
      });
    }
  }
  refusal(() => decodeStateProof(new Uint8Array(5121)), 'too long', 'TooLong');
});
