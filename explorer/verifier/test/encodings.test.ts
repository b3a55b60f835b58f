import assert from 'node:assert/strict';
import test from 'node:test';
import type { Codec } from '../src/index.ts';
import {
  decode, encode, fromHex, parseJson, plainJson, scalars, toHex, types,
} from '../src/index.ts';
import { documentNumber } from '../src/scalars.ts';
import { cases, refusal, vectors } from './vectors.ts';

const CODECS: { [type: string]: Codec<any> } = {
  Height: scalars.height,
  Fen: scalars.fen,
  Date: scalars.date,
  Month: scalars.month,
  OrganizationCode: scalars.organizationCode,
  Division: scalars.division,
  DocumentNumber: scalars.documentNumber,
  PublicKey: scalars.publicKey,
  'Text<4>': scalars.text(4),
  'Text<64>': scalars.text(64),
  TransactionBody: types.transactionBody,
  Transaction: types.transaction,
  Receipt: types.receipt,
  Record: types.record,
  Closing: types.closing,
  Leaf: types.leaf,
  Header: types.header,
  Block: types.block,
  Validator: types.validator,
  ValidatorSet: types.validatorSet,
  Certificate: types.certificate,
  Genesis: types.genesis,
  Trust: types.trust,
  StateProof: types.stateProof,
  Evidence: types.evidence,
};

const file = vectors('encodings.json');

function codecOf(type: string): Codec<any> {
  const codec = CODECS[type];
  assert.ok(codec, `the vectors hold the unknown type ${type}`);
  return codec;
}

test('every accepted value has the same bytes and the same JSON', () => {
  for (const { type, hex, json } of cases(file, 'accepted')) {
    const codec = codecOf(type);
    const value = decode(codec, fromHex(hex));
    assert.equal(toHex(encode(codec, value)), hex, type);
    const fromJson = codec.fromJson(parseJson(JSON.stringify(json)));
    assert.equal(toHex(encode(codec, fromJson)), hex, `${type} from JSON`);
    assert.deepEqual(JSON.parse(plainJson(codec.toPlain(value))), json, `${type} to JSON`);
  }
});

test('every refused encoding is refused', () => {
  for (const { type, hex, why } of cases(file, 'refused')) {
    refusal(() => decode(codecOf(type), fromHex(hex), 1 << 24), `${type}: ${why}`);
  }
});

test('a value cut anywhere, or with a byte more, is refused', () => {
  for (const { type, hex } of cases(file, 'accepted')) {
    const bytes = fromHex(hex);
    const step = Math.max(1, Math.floor(bytes.length / 200));
    for (let length = 0; length < bytes.length; length += step) {
      refusal(() => decode(codecOf(type), bytes.slice(0, length)), `${type} cut at ${length}`);
    }
    refusal(() => decode(codecOf(type), fromHex(`${hex}00`)), `${type} with a byte more`);
  }
});

test('document numbers and organisation codes', () => {
  for (const { canonical } of cases(vectors('document_numbers.json'), 'accepted')) {
    const value = documentNumber.fromJson(canonical);
    const again = decode(documentNumber, encode(documentNumber, value));
    assert.equal(documentNumber.toPlain(again), canonical);
  }
  for (const issuer of ['', 'A', '财 社', '苏财社号', '第一号文', '財號', '社'.repeat(33), '社\n']) {
    refusal(() => documentNumber.fromJson(`${issuer}〔2024〕1号`), `issuer ${issuer}`);
    const text = Buffer.from(issuer, 'utf8');
    const bytes = Buffer.concat([Buffer.from([text.length, 0, 0, 0]), text,
      Buffer.from([0xe8, 7, 1, 0, 0, 0])]);
    refusal(() => decode(documentNumber, new Uint8Array(bytes)), `issuer ${issuer} in bytes`);
  }
  for (const { code } of cases(vectors('organization_codes.json'), 'codes')) {
    assert.equal(scalars.organizationCode.fromJson(code), code);
  }
});

test('JSON is read strictly and exactly', () => {
  assert.equal(parseJson('18446744073709551615'), 18446744073709551615n);
  assert.equal(plainJson([scalars.height.toPlain(2n ** 63n + 1n)]), '[\n  9223372036854775809\n]');
  const bad = [
    '', '1.0', '1e3', '-0', '01', '{"a":1,"a":2}', '[1,]', '"\\ud8"', '{"a"}', 'nul', '1 2', '"\n"',
    `${'['.repeat(100)}${']'.repeat(100)}`, '123456789012345678901234567890',
  ];
  bad.forEach((text) => refusal(() => parseJson(text), text, 'Malformed'));
  refusal(() => scalars.height.fromJson(parseJson('18446744073709551616')), '2^64');
  refusal(() => scalars.text(9).fromJson(parseJson('"\\ud800"')), 'half a surrogate pair');
  refusal(() => scalars.fen.fromJson(parseJson('"007"')), 'an amount with leading zeros');
  refusal(() => scalars.date.fromJson(parseJson('"2026-02-30"')), 'no such day');
});

test('JSON that is refused', () => {
  for (const { type, json, why } of cases(file, 'refused_json')) {
    refusal(() => codecOf(type).fromJson(parseJson(JSON.stringify(json))), `${type}: ${why}`);
  }
});

test('an unknown name is refused in every object of every type', () => {
  let objects = 0;
  const spoil = (part: any, whole: any, codec: Codec<any>): void => {
    if (part === null || typeof part !== 'object') {
      return;
    }
    if (!Array.isArray(part)) {
      objects += 1;
      part.unknown = 0;
      refusal(() => codec.fromJson(parseJson(JSON.stringify(whole))), JSON.stringify(part));
      delete part.unknown;
    }
    Object.values(part).forEach((inner) => spoil(inner, whole, codec));
  };
  for (const { type, json } of cases(file, 'accepted')) {
    spoil(json, json, codecOf(type));
  }
  assert.ok(objects > 100);
});
