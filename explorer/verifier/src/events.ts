/** Calls and events of section 10, as far as the page specifies them, for display. */
import { Reader } from './borsh.ts';
import type { Of } from './codec.ts';
import { bool, checked, decode, i64, list, option, u16, u32, u64 } from './codec.ts';
import { malformed, VerifyError } from './errors.ts';
import { date, hash, organizationCode, text } from './scalars.ts';
import { names, struct, variants } from './shapes.ts';
import type { Receipt } from './types.ts';

const interval = checked(struct({ start: u64, end: u64 }), (value) => {
  if (value.start >= value.end) {
    throw malformed(`interval ${value.start}..${value.end} is empty`);
  }
});
const movementKind = variants({
  receipt: {},
  transfer: {},
  payment: {},
  carry_over: {},
  purpose_change: { authority: text(128) },
  return: {},
  reversal: { of: u64 },
  rebase: {},
});
const basis = variants({
  designated: {}, first_in_first_out: {}, substitution: { inflow: u64 },
});
const origin = variants({
  document: { numbers: text(256), level: text(64), implied: bool, occurred_on: date },
  sales: { game: text(64), period: text(64), occurred_on: date },
  donation: {
    reference: text(128), donor: option(hash<'Commitment'>()), occurred_on: date,
  },
  other: { description: text(128), occurred_on: date },
});
const accountId = variants({
  line: {
    holder: organizationCode,
    measure: names('quota', 'cash'),
    fund: text(64),
    year: u16,
    line: text(160),
  },
  payment: { organization: organizationCode, reference: text(128) },
  voided: { organization: organizationCode, movement: u64 },
});
const source = variants({ outside: { origin }, account: { account: accountId } });

/** Codec of a movement of money. */
export const movement = checked(struct({
  number: u64,
  kind: movementKind,
  basis,
  from: source,
  from_intervals: list(interval),
  to: accountId,
  to_interval: interval,
  origin_dates: struct({ oldest: date, newest: date }),
}), (value) => {
  const from = value.from_intervals.reduce((sum, part) => sum + part.end - part.start, 0n);
  const expected = value.from.kind === 'outside' ? 0n : movedFen(value);
  if (from !== expected) {
    throw malformed(`a movement of ${movedFen(value)} takes ${from}`);
  }
});
/** A movement of money. */
export type Movement = Of<typeof movement>;

/** Amount of a movement in fen. */
export function movedFen(value: { to_interval: { start: bigint; end: bigint } }): bigint {
  return value.to_interval.end - value.to_interval.start;
}

const judged = struct({ key: text(128), version: u32, value: i64 });

/** An event that the page specifies in full. */
export type Event =
  | { kind: 'movement'; movement: Movement; amountFen: bigint }
  | { kind: 'judged'; key: string; version: number; value: bigint };

/** What a receipt says. */
export interface ReceiptView {
  /** 0 when applied, otherwise the number of the refusal. */
  code: number;
  /** For a refused act: its detail. */
  detail: string | null;
  /** Number of events that the receipt announces. */
  announced: number;
  /** The events that could be read, from the first one on. */
  events: Event[];
  /** Name of the first event that this reader cannot read; nothing behind it can be read. */
  unread: string | null;
}

const EVENT_NAMES = [
  'movement', 'judged', 'registry', 'approval', 'governance', 'allocation', 'lottery', 'project',
  'payment', 'charity', 'subsidy', 'disclosure', 'oversight',
];

/** Reads the events of a receipt, up to the first one that the page leaves to the contracts. */
export function viewReceipt(receipt: Receipt): ReceiptView {
  const view: ReceiptView = {
    code: receipt.code, detail: null, announced: 0, events: [], unread: null,
  };
  try {
    if (receipt.code !== 0) {
      view.detail = decode(text(512), receipt.events);
      return view;
    }
    const reader = new Reader(receipt.events);
    view.announced = reader.u32();
    while (view.events.length < view.announced && view.unread === null) {
      const number = reader.u8();
      const event = readEvent(number, reader);
      if (event === null) {
        view.unread = EVENT_NAMES[number] ?? `event ${number}`;
      } else {
        view.events.push(event);
      }
    }
    if (view.unread === null) {
      reader.end();
    }
  } catch (error) {
    // What was proven is the bytes; that they cannot be shown takes nothing away from it.
    if (!(error instanceof VerifyError)) {
      throw error;
    }
    view.unread = error.message;
  }
  return view;
}

function readEvent(number: number, reader: Reader): Event | null {
  if (number === 0) {
    const value = movement.read(reader);
    return { kind: 'movement', movement: value, amountFen: movedFen(value) };
  }
  return number === 1 ? { kind: 'judged', ...judged.read(reader) } : null;
}

const CALLS: [string, string[]][] = [
  ['registry', ['register_organization', 'register_key', 'rotate_key', 'revoke_key']],
  ['approval', ['approve', 'reject', 'withdraw']],
  ['governance', ['change_validators', 'set_parameter']],
  ['allocation', [
    'record_quota', 'plan', 'issue', 'receive', 'allocate', 'carry_over', 'recover', 'lapse',
    'transfer_out', 'state',
  ]],
  ...['lottery', 'project', 'payment', 'charity', 'subsidy', 'disclosure', 'oversight']
    .map((module): [string, string[]] => [module, []]),
];

/** Name of the act that a call asks for, e.g. `allocation.plan`. */
export function callName(call: Uint8Array): string {
  const [module, act] = call;
  if (module === undefined) {
    return 'empty';
  }
  const [name, acts] = CALLS[module] ?? [`module ${module}`, []];
  return act === undefined ? name : `${name}.${acts[act] ?? act}`;
}
