import assert from 'node:assert/strict';
import test from 'node:test';
import {
  formatCheckpoint, formatVerifierKey, fromBase64, parseCheckpoint, parseNote, parseVerifierKey,
  toBase64, toHex, verifierKey, verifyHead, verifyNote,
} from '../src/index.ts';
import type { Case } from './vectors.ts';
import { cases, generator, refusal, vectors } from './vectors.ts';

const file = vectors('notes.json');
const logKey = parseVerifierKey(file['log_key']);
const cosigners = cases(file, 'cosigners').map(({ key, power }) =>
  ({ key: parseVerifierKey(key), power: BigInt(power) }));
const good = cases(file, 'notes').filter((example) => example['valid']);

/** Refusals that section 8 names; for the others the page names no error. */
const NAMED = ['TooFew', 'LogSignatureMissing', 'Invalid', 'OtherLog', 'CosignerRepeated'];

function expectedCode(example: Case): string {
  return NAMED.includes(example['error']) ? example['error'] : 'Malformed';
}

test('verifier keys have one text form', () => {
  for (const { key } of cases(file, 'cosigners')) {
    assert.equal(formatVerifierKey(parseVerifierKey(key)), key);
    refusal(() => parseVerifierKey(key.replace('+', 'x+')), 'another name', 'Malformed');
  }
  assert.equal(logKey.name, vectors('evidence.json')['origin']);
  assert.equal(logKey.key, vectors('evidence.json')['genesis'].log_key);
});

test('accepted heads', () => {
  assert.ok(good.length > 0, 'no accepted note');
  for (const { name, note, power_cosigned } of good) {
    const head = verifyHead(note, logKey, cosigners);
    assert.equal(head.power, BigInt(power_cosigned), name);
    const { origin, root, size } = file['checkpoint'];
    assert.deepEqual([head.origin, head.root, head.size], [origin, root, BigInt(size)], name);
    assert.equal(head.cosignedTo, BigInt(file['time_seconds']), name);
    assert.equal(formatCheckpoint(head), parseNote(note).text, name);
  }
});

test('refused heads', () => {
  const damaged = cases(file, 'notes').filter((example) => !example['valid']);
  assert.ok(damaged.length > 0, 'no refused note');
  for (const example of damaged) {
    refusal(() => verifyHead(example['note'], logKey, cosigners), example['name'],
      expectedCode(example));
  }
  for (const { text, error } of cases(file, 'refused_checkpoints')) {
    refusal(() => parseCheckpoint(text), error, 'Malformed');
  }
});

test('one key for two cosigners is refused', () => {
  const [first] = cosigners;
  assert.ok(first);
  const twice = [...cosigners, { key: verifierKey('other', 'cosigner', first.key.key), power: 1n }];
  refusal(() => verifyHead(good[0]?.['note'], logKey, twice), 'repeated', 'CosignerRepeated');
});

test('a head whose text is changed anywhere is refused', () => {
  const random = generator(2);
  const [{ note }] = good as [Case];
  const bytes = new TextEncoder().encode(note);
  const textLength = new TextEncoder().encode(parseNote(note).text).length;
  for (let at = 0; at < textLength; at += 1) {
    const damaged = bytes.slice();
    damaged[at] = (damaged[at] ?? 0) ^ (1 + random(255));
    refusal(() => verifyHead(damaged, logKey, cosigners), `byte ${at}`);
  }
});

test('the example of the signed-note specification', () => {
  // From c2sp.org/signed-note, section "Verifier keys".
  const key = parseVerifierKey(
    'example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k');
  const line = '— example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXs'
    + 'YjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n';
  const note = parseNote(`This is an example message.\n\n${line}`);
  assert.deepEqual(verifyNote(note, [key]), [{ key, seconds: null }]);
  const other = parseNote(`This is another message.\n\n${line}`);
  refusal(() => verifyNote(other, [key]), 'another text', 'Invalid');
  assert.deepEqual(verifyNote(other, []), []);
});

test('a note has at most 256 lines and 1 MiB', () => {
  const line = `— example.org/w ${toBase64(new Uint8Array(68))}\n`;
  assert.equal(parseNote(`text\n\n${line.repeat(256)}`).signatures.length, 256);
  refusal(() => parseNote(`text\n\n${line.repeat(257)}`), '257 lines', 'Malformed');
  refusal(() => parseNote(`${'a'.repeat(1_048_576)}\n\n${line}`), 'too long', 'Malformed');
  assert.equal(parseNote(`a\n\nb\n\n${line}`).text, 'a\n\nb\n');
  for (const name of ['a b', 'a+b', '', 'a\u00a0b', 'a\u0085b', 'x'.repeat(256)]) {
    refusal(() => parseNote(`text\n\n— ${name} ${toBase64(new Uint8Array(68))}\n`), name);
  }
});

test('which characters the text of a note may hold', () => {
  for (const { note, valid } of cases(file, 'texts')) {
    if (valid) {
      assert.equal(verifyNote(parseNote(note), [logKey]).length, 1, JSON.stringify(note));
    } else {
      refusal(() => parseNote(note), JSON.stringify(note), 'Malformed');
    }
  }
});

test('base64 has one form', () => {
  for (let length = 0; length < 40; length += 1) {
    const bytes = Uint8Array.from({ length }, (_, i) => (i * 37 + length) & 255);
    assert.equal(toBase64(bytes), Buffer.from(bytes).toString('base64'));
    assert.equal(toHex(fromBase64(toBase64(bytes))), toHex(bytes));
  }
  ['A', 'AA', 'AAA', 'AB==', 'AAB=', '=AAA', 'A===', 'AA-_', 'AAAA\n', 'AA=='.repeat(2)].forEach(
    (text) => refusal(() => fromBase64(text), text, 'Malformed'));
});
