import assert from 'node:assert/strict';
import test from 'node:test';
import { strangeAmounts } from '../page/compare.ts';
import { tenThousands } from '../page/record.ts';
import { readProof } from '../page/memory.ts';
import { attachmentHash, lay, nothing } from '../page/files.ts';
import {
  accountOfKey, balanceOf, call, event, formatYuan, fromHex, outcomeOf, parseJson, readAccount, utf8,
} from '../src/index.ts';
import { samePlain } from '../page/compare.ts';
import { cases, contractVectors, refusal, vectors } from './vectors.ts';

test('amounts of a sentence are those of the record, to the fen', () => {
  const verified = ['465000000', '8800', '文本里写着 7万元'];
  assert.deepEqual(strangeAmounts('省级下达指标465万元,捐赠88元', verified), []);
  assert.deepEqual(strangeAmounts('CNY 4,650,000.00 of “文本里写着 7万元”', verified), []);
  assert.deepEqual(strangeAmounts('465.1万元和88.01元', verified), ['465.1万元', '88.01元']);
  assert.deepEqual(strangeAmounts('CNY 4,650,000.01', verified), ['CNY 4,650,000.01']);
  // Amounts in Chinese have no separators: what stands before a comma is another number.
  assert.deepEqual(strangeAmounts('2539,88元;CNY 88.00,2539', verified), []);
  // More decimals than fen: no amount of the ledger.
  assert.deepEqual(strangeAmounts('0.0000001万元88.000元', verified), ['0.0000001万元', '88.000元']);
});

test('amounts are written as the pages write them', () => {
  assert.deepEqual([972_749_000n, 1n, 0n, 100_000_000n].map(tenThousands),
    ['972.749', '0.000001', '0', '100']);
  assert.equal(formatYuan(972_749_000n), '9,727,490.00');
});

test('the JSON of a page says the same as the decoded act, and nothing else does', () => {
  for (const { json, hex } of cases(contractVectors('calls.json'), 'values')) {
    const plain = call.toPlain(call.fromJson(parseJson(JSON.stringify(json))));
    assert.ok(samePlain(parseJson(JSON.stringify(json)), plain), hex);
    assert.ok(!samePlain(parseJson(JSON.stringify({ other: json })), plain), hex);
  }
});

test('an outcome has the form that the explorer shows', () => {
  const [sample] = cases(contractVectors('events.json'), 'values');
  const bytes = fromHex(`01000000${sample?.['hex']}`);
  const shown = parseJson(JSON.stringify({ applied: [sample?.['json']] }));
  assert.ok(samePlain(shown, outcomeOf({ code: 0, events: bytes })));
  const detail = utf8('x');
  const refused = Uint8Array.of(1, 0, 0, 0, ...detail);
  assert.deepEqual(outcomeOf({ code: 304, events: refused }), { refused: { code: 304, detail: 'x' } });
  assert.ok(event !== undefined);
});

test('an account is read to its last byte', () => {
  const key = `21${'00'}${Buffer.from('123456789012345678').toString('hex')}00`
    + '01000000' + '41' + 'e407' + '01000000' + '42';
  const id = accountOfKey(fromHex(key));
  assert.deepEqual(id, {
    kind: 'line', holder: '123456789012345678', measure: 'quota', fund: 'A', year: 2020, line: 'B',
  });
  refusal(() => accountOfKey(fromHex(`20${key.slice(2)}`)), 'another table', 'Malformed');
  const u64 = (value: number): string => value.toString(16).padStart(2, '0').padEnd(16, '0');
  const value = u64(100) + u64(10) + '01000000' + u64(20) + u64(25) + '00000000' + '01000000'
    + u64(0) + '00000000' + '00000000';
  assert.equal(balanceOf(readAccount(fromHex(value))), 85n);
  refusal(() => readAccount(fromHex(`${value}00`)), 'bytes left over', 'Malformed');
});

test('a consistency proof is a list of hashes and nothing else', () => {
  assert.equal(readProof(`{"proof":["${'ab'.repeat(32)}"],"from":1}`).length, 1);
  for (const text of ['{}', '[]', '{"proof":[1]}', '{"proof":["ab"]}', '{"proof":']) {
    refusal(() => readProof(text), text, 'Malformed');
  }
});

test('files are known by what they hold', () => {
  const laid = nothing();
  const file = vectors('evidence.json');
  const [bundle] = cases(file, 'bundles').filter((one) => one['valid']);
  lay(laid, 'a', utf8(JSON.stringify(file['genesis'])));
  lay(laid, 'b', utf8(JSON.stringify(bundle?.['json'])));
  lay(laid, 'c', utf8('minglian/x\n1\nAA\n\n— x AAAA\n'));
  lay(laid, 'd.pdf', Uint8Array.of(0xff, 0xfe));
  lay(laid, 'e.json', utf8('{"validators":'));
  assert.ok(laid.genesis !== null && laid.evidence !== null && laid.checkpoint !== null);
  assert.deepEqual(laid.attachments.map(({ name }) => name), ['d.pdf', 'e.json']);
  assert.equal(laid.attachments[0]?.hash, attachmentHash(Uint8Array.of(0xff, 0xfe)));
});
