import assert from 'node:assert/strict';
import test from 'node:test';
import type { Codec, types } from '../src/index.ts';
import {
  call, callName, decode, encode, event, formatYuan, fromHex, parseJson, plainJson, toHex,
  viewCall, viewReceipt,
} from '../src/index.ts';
import { cases, contractVectors, refusal } from './vectors.ts';

const TEXT_FUND = '0400000066756e64'; // "fund"
const CODE = '313134343533323130303731373731393154'; // 11445321007177191T
const DAY = '92490100'; // 2200-12-31

/** 29,859,000 fen from a document into the line "fund" of 2026, written out by hand. */
const MOVEMENT = [
  '00', // an event: movement
  '0700000000000000', // number 7
  '00', // kind: receipt
  '00', // basis: designated
  '00', // from: outside
  '00', // origin: document
  '00000000', '00000000', '01', DAY, // numbers, level, implied, occurred on
  '00000000', // from_intervals
  '00', CODE, '01', TEXT_FUND, 'ea07', '00000000', // to: line, holder, cash, fund, 2026, line
  '0000000000000000', 'b89cc70100000000', // to_interval 0..29859000
  DAY, DAY,
].join('');
const JUDGED = `01${TEXT_FUND}01000000${'ff'.repeat(8)}`;

function receipt(code: number, ...events: string[]): types.Receipt {
  return { code, events: fromHex(events.join('')) };
}

test('a movement and a judgement, read from bytes written by hand', () => {
  const view = viewReceipt(receipt(0, '02000000', MOVEMENT, JUDGED));
  assert.equal(view.unread, null);
  const [moved, judged] = view.events;
  assert.ok(moved?.kind === 'movement' && judged?.kind === 'judged');
  assert.equal(moved.amountFen, 29_859_000n);
  assert.equal(moved.movement.number, 7n);
  assert.equal(moved.movement.from.kind, 'outside');
  assert.ok(moved.movement.to.kind === 'line');
  assert.equal(moved.movement.to.year, 2026);
  assert.equal(moved.movement.to.measure, 'cash');
  assert.deepEqual(judged, { kind: 'judged', key: 'fund', version: 1, value: -1n });
});

test('reading stops at an event that the page does not list', () => {
  const view = viewReceipt(receipt(0, '03000000', JUDGED, '7f', MOVEMENT));
  assert.equal(view.announced, 3);
  assert.equal(view.events.length, 1);
  assert.match(view.unread ?? '', /unknown variant/);
});

test('every act and event of the vectors has these bytes and this JSON', () => {
  for (const [file, codec] of [['calls.json', call], ['events.json', event]] as const) {
    for (const { name, hex, json } of cases(contractVectors(file), 'values')) {
      const bytes = fromHex(hex);
      const value = decode(codec as Codec<any>, bytes);
      assert.deepEqual(JSON.parse(plainJson(codec.toPlain(value as any))), json, name);
      assert.equal(toHex(encode(codec as Codec<any>, value)), hex, name);
      const fromJson = codec.fromJson(parseJson(JSON.stringify(json)));
      assert.equal(toHex(encode(codec as Codec<any>, fromJson)), hex, `${name} from JSON`);
      for (let length = 0; length < bytes.length; length += 1) {
        refusal(() => decode(codec as Codec<any>, bytes.slice(0, length)), `${name} cut`);
      }
      refusal(() => decode(codec as Codec<any>, fromHex(`${hex}00`)), `${name} with a byte more`);
    }
  }
});

test('all events of a receipt are read, and acts have the names of the page', () => {
  const events = cases(contractVectors('events.json'), 'values');
  const count = events.length.toString(16).padStart(2, '0');
  const view = viewReceipt(receipt(0, `${count}000000`, ...events.map(({ hex }) => hex)));
  assert.deepEqual([view.unread, view.events.length], [null, events.length]);
  const names = view.events.map((shown) => (shown.kind === 'other' ? shown.name : shown.kind));
  assert.deepEqual(names, events.map(({ name }) => name));
  for (const { name, hex, json } of cases(contractVectors('calls.json'), 'values')) {
    assert.equal(callName(fromHex(hex)), name);
    assert.deepEqual(JSON.parse(plainJson(viewCall(fromHex(hex)))), json);
  }
  assert.equal(viewCall(fromHex('7f00')), null);
});

test('events that cannot be read are shown as such and never throw', () => {
  for (let length = 0; length < MOVEMENT.length; length += 2) {
    const view = viewReceipt(receipt(0, '01000000', MOVEMENT.slice(0, length)));
    assert.equal(view.events.length, 0);
    assert.notEqual(view.unread, null);
  }
  assert.notEqual(viewReceipt(receipt(0, '01000000', MOVEMENT, '00')).unread, null);
  const emptyInterval = MOVEMENT.replace('b89cc70100000000', '0000000000000000');
  assert.notEqual(viewReceipt(receipt(0, '01000000', emptyInterval)).unread, null);
});

test('a refused act gives the detail of the refusal', () => {
  const view = viewReceipt(receipt(17, TEXT_FUND));
  assert.deepEqual([view.code, view.detail, view.unread], [17, 'fund', null]);
  assert.notEqual(viewReceipt(receipt(17, '01')).unread, null);
});

test('names of calls and amounts', () => {
  assert.equal(callName(fromHex('0301')), 'allocation.plan');
  assert.equal(callName(fromHex('0363')), 'allocation.99');
  assert.equal(callName(fromHex('0800')), 'subsidy.declare');
  assert.equal(callName(fromHex('0863')), 'subsidy.99');
  assert.equal(callName(fromHex('0a00')), 'oversight.receive_complaint');
  assert.equal(callName(fromHex('ff00')), 'module 255.0');
  assert.equal(callName(new Uint8Array(0)), 'empty');
  const amounts: [bigint, string][] = [
    [0n, '0.00'], [5n, '0.05'], [123_450n, '1,234.50'], [29_859_000n, '298,590.00'],
    [2n ** 53n - 1n, '90,071,992,547,409.91'], [-100n, '-1.00'],
  ];
  amounts.forEach(([fen, yuan]) => assert.equal(formatYuan(fen), yuan));
});
