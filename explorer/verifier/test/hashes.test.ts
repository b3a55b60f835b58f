import assert from 'node:assert/strict';
import test from 'node:test';
import type { HashName } from '../src/index.ts';
import {
  checkRegistrable, decode, fromHex, HASH_NAMES, hashOf, precommitBytes, toHex, transactionBytes,
  transactionId, transactionSignatureHolds, types, verifies,
} from '../src/index.ts';
import { cases, refusal, vectors } from './vectors.ts';

test('every hash domain', () => {
  const file = vectors('hashes.json');
  const seen = new Set<string>();
  for (const { type, material, hash } of cases(file, 'domains')) {
    assert.equal(hashOf(type as HashName, fromHex(material)), hash, type);
    seen.add(type);
  }
  assert.deepEqual([...seen].sort(), [...HASH_NAMES].sort());
});

test('hashes of real values', () => {
  for (const { type, hex, hash } of cases(vectors('hashes.json'), 'values')) {
    assert.equal(hashOfValue(type, fromHex(hex)), hash, type);
  }
});

/** The hash of an encoded value; two domains cover a part of theirs only. */
function hashOfValue(type: string, bytes: Uint8Array): string {
  switch (type) {
    case 'TransactionId': return transactionId(decode(types.transaction, bytes));
    case 'ValidatorAddress':
      return types.addressOf(decode(types.validator, bytes).consensus_key);
    default: return hashOf(type as HashName, bytes);
  }
}

test('transactions: name, signed bytes and verdict', () => {
  const file = vectors('transactions.json');
  for (const example of cases(file, 'transactions')) {
    const transaction = decode(types.transaction, fromHex(example['hex']));
    const name = example['name'];
    assert.equal(transactionId(transaction), example['id'], name);
    assert.equal(hashOf('EnvelopeHash', fromHex(example['hex'])), example['envelope_hash'], name);
    assert.equal(toHex(transactionBytes(transaction)), example['sign_bytes'], name);
    assert.equal(transaction.key, example['key'], name);
    assert.equal(transaction.signature, example['signature'], name);
    assert.equal(transactionSignatureHolds(transaction), example['verifies'], name);
  }
});

test('a precommit: signed bytes and signature', () => {
  const { precommit } = vectors('transactions.json');
  const certificate = {
    height: BigInt(precommit.height), round: precommit.round, block_id: precommit.block_id,
    signatures: [],
  };
  const bytes = precommitBytes(precommit.chain_id, certificate);
  assert.equal(toHex(bytes), precommit.sign_bytes);
  assert.equal(verifies(precommit.key, bytes, precommit.signature), true);
});

test('signatures on which verifiers differ get the verdict of ZIP-215', () => {
  for (const example of cases(vectors('ed25519_edge.json'), 'signatures')) {
    const { name, message, public_key, signature, valid } = example as any;
    assert.equal(verifies(public_key, fromHex(message), signature), valid, name);
    if (example['registrable']) {
      checkRegistrable(public_key);
    } else {
      refusal(() => checkRegistrable(public_key), name, example['registrable_error']);
    }
  }
});
