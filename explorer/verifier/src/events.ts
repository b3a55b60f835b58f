/** Events, as section 10 of `docs/format.md` and `docs/calls.md` list them. */
import { Reader } from './borsh.ts';
import { fundName, fundSource, ground, lineName, purpose, thing } from './calls.ts';
import type { Of, Plain } from './codec.ts';
import { bool, checked, decode, i64, list, option, u16, u32, u64 } from './codec.ts';
import { obligationName } from './disclosure.ts';
import { malformed, VerifyError } from './errors.ts';
import { enrolmentEvents } from './enrolment.ts';
import { homesEvents } from './homes.ts';
import { oversightEvents } from './oversight.ts';
import {
  date, fen, hash, height, logIndex, month, organizationCode, publicKey, text,
} from './scalars.ts';
import { names, oneOf, struct, variants } from './shapes.ts';
import { subsidyEvents } from './subsidy.ts';
import type { Receipt } from './types.ts';
import { role } from './types.ts';

/** Codec of a run of positions. */
export const interval = checked(struct({ start: u64, end: u64 }), (value) => {
  if (value.start >= value.end) {
    throw malformed(`interval ${value.start}..${value.end} is empty`);
  }
});
const movementKind = oneOf({
  receipt: null,
  transfer: null,
  payment: null,
  carry_over: null,
  purpose_change: struct({ authority: text(128) }),
  return: null,
  reversal: struct({ of: u64 }),
  rebase: null,
});
const basis = oneOf({
  designated: null, first_in_first_out: null, substitution: struct({ inflow: u64 }),
});
const origin = variants({
  document: { numbers: text(256), level: text(64), implied: bool, occurred_on: date },
  sales: { game: text(64), period: text(64), occurred_on: date },
  donation: {
    reference: text(128), donor: option(hash<'Commitment'>()), occurred_on: date,
  },
  other: { description: text(128), occurred_on: date },
});
/** Codec of the name of an account. */
export const accountId = variants({
  line: {
    holder: organizationCode,
    measure: names('quota', 'cash', 'goods'),
    fund: text(64),
    year: u16,
    line: text(160),
  },
  payment: { organization: organizationCode, reference: text(128) },
  voided: { organization: organizationCode, movement: u64 },
});
const source = oneOf({ outside: origin, account: accountId });

/** Codec of a movement of money. */
export const movement = struct({
  number: u64,
  kind: movementKind,
  basis,
  from: source,
  from_intervals: list(interval),
  to: accountId,
  to_interval: interval,
  origin_dates: struct({ oldest: date, newest: date }),
});
/** A movement of money. */
export type Movement = Of<typeof movement>;

/** Amount of a movement in fen. */
export function movedFen(value: { to_interval: { start: bigint; end: bigint } }): bigint {
  return value.to_interval.end - value.to_interval.start;
}

const judged = struct({ key: text(128), version: u32, value: i64 });
const signed = struct({
  organization: organizationCode, officer: publicKey, key: publicKey, role, index: logIndex,
});
const accrual = struct({
  sales: fen, ratio_basis_points: u16, fund: fen, remainder: u16, central: fen, local: fen,
});
const centralPart = struct({
  user: names('social_security_fund', 'central_special_fund', 'civil_affairs', 'sports'),
  amount: fen,
});
const evaluation = struct({
  indicator_points: u16,
  execution_points: u16,
  execution: struct({ quota: fen, paid: fen, rate_basis_points: u16 }),
  occurred_on: date,
});
const proposal = hash<'TransactionId'>();
const reference = text(128);
const game = text(64);
const fund = text(48);
const donation = text(96);

/** Codec of an event: the modules in the order of their numbers. */
export const event = oneOf({
  movement,
  judged,
  registry: variants({
    organization_registered: { code: organizationCode, check_digit_right: bool },
    key_registered: { key: publicKey, live_from: height },
    key_revoked: { key: publicKey, live_until: height },
  }),
  approval: variants({
    proposed: { proposal, open_until: date },
    step_taken: { proposal, steps: u32 },
    completed: { proposal, signatures: list(signed) },
    rejected: { proposal, opinion: option(hash<'Commitment'>()) },
    withdrawn: { proposal },
    retracted: { proposal },
  }),
  governance: variants({
    validators_scheduled: { takes_effect_at: height },
    parameter_set: { key: text(128), version: u32, retroactive: bool },
    holidays_set: { year: u16, version: u32 },
  }),
  allocation: variants({
    opened: { line: lineName, parent: option(lineName), purpose },
    received: { line: lineName, days: u32 },
    entered_late: { occurred_on: date },
    planned: { total: fen },
    held: { line: lineName, days: u32, days_max: option(u32) },
    classified: { line: lineName, subject: text(7) },
  }),
  lottery: variants({
    stated: { game, period: month, accrual, unclaimed_prizes: fen },
    settled: {
      game, period: month, corrects: logIndex, accrual, unclaimed_prizes: fen, added: fen,
      withdrawn: fen,
    },
    remitted: { period: month, amount: fen, due: fen },
    timed: { duty: names('statement', 'remittance'), period: month, due_on: date, days_late: u32 },
    central_divided: { period: month, parts: list(centralPart) },
    local_divided: { game, period: month, province: fen, lower: fen },
  }),
  project: variants({
    reached: {
      project: reference, stage: names('registered', 'contracted', 'accepted', 'evaluated'),
    },
    contracted: { project: reference, total: fen },
    evaluated: { project: reference, evaluation },
    milestone_set: { project: reference, name: text(128), due_on: date },
    milestone_reached: { project: reference, name: text(128), days_late: u32 },
    assessed: { project: reference, assessor: organizationCode, evaluation },
  }),
  payment: variants({
    authorized: { authorization: reference, total: fen },
    revoked: { authorization: reference, paid: fen },
    status: {
      payment: reference, status: oneOf({ paid: date, failed: date, corrected: date }),
    },
    returned: { payment: reference, amount: fen },
    limited: { authorization: reference, each_max: fen },
  }),
  charity: variants({
    fund_opened: { fund, name: text(192) },
    campaign_filed: { filing: text(64), days_before: i64 },
    donated: { donation, inflow: u64 },
    resolved: { fund, resolution: text(64), carried: bool },
    disbursed: { payment: reference, left: fen },
    returned: { payment: reference, amount: fen },
    used: { payment: reference, beneficiaries: u32 },
    fed_back: { donation, payment: reference },
    purpose_changed: { donation, amount: fen },
    refunded: { donation, refunded: fen },
    surplus_transferred: { fund, to: fundName, amount: fen },
    fund_terminated: { fund },
    corrected: { payment: reference, amount: fen },
    declared: { year: u16, income: fen, expenditure: fen, helped: u64 },
    contributed: { donation, source: fundSource },
    paid_ahead: { payment: reference, decide_by: date },
    decided_after: {
      payment: reference, resolution: text(64), agreed: bool, days_late: u32,
    },
  }),
  subsidy: oneOf(subsidyEvents),
  disclosure: variants({
    opened: {
      holder: organizationCode, rule: text(64), version: u32, subject: text(160), due_on: date,
      provisional: bool,
    },
    published: { index_number: text(64), meets: u16 },
    met: {
      obligation: obligationName, version: u32, due_on: date, days_late: u32, provisional: bool,
    },
    corrected: { index_number: text(64), corrects: text(64), meets: u16 },
    rule_set: { rule: text(64), version: u32, retroactive: bool },
  }),
  oversight: variants(oversightEvents),
  opening: variants({
    erased: { organization: organizationCode, things: list(thing), ground },
  }),
  homes: variants(homesEvents),
  enrolment: variants(enrolmentEvents),
});

/** An event for display. */
export type Event =
  | { kind: 'movement'; movement: Movement; amountFen: bigint }
  | { kind: 'judged'; key: string; version: number; value: bigint }
  | { kind: 'other'; name: string; fields: Plain };

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
  /** Why an event cannot be read; nothing behind it can be read either. */
  unread: string | null;
}

/** What a receipt says, in the JSON form of an outcome. Refuses what `docs/calls.md` does not list. */
export function outcomeOf(receipt: Receipt): Plain {
  if (receipt.code !== 0) {
    return { refused: { code: receipt.code, detail: decode(text(512), receipt.events) } };
  }
  const events = decode(list(event), receipt.events);
  return { applied: events.map((value) => event.toPlain(value)) };
}

/** Reads the events of a receipt, up to the first one that `docs/calls.md` does not list. */
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
    while (view.events.length < view.announced) {
      view.events.push(viewEvent(event.read(reader)));
    }
    reader.end();
  } catch (error) {
    // What was proven is the bytes; that they cannot be shown takes nothing away from it.
    if (!(error instanceof VerifyError)) {
      throw error;
    }
    view.unread = error.message;
  }
  return view;
}

function viewEvent(value: Of<typeof event>): Event {
  switch (value.kind) {
    case 'movement':
      return { kind: 'movement', movement: value.value, amountFen: movedFen(value.value) };
    case 'judged':
      return { kind: 'judged', ...value.value };
    default: {
      const plain = event.toPlain(value) as Record<string, Record<string, Plain>>;
      const [[name, fields] = ['', null]] = Object.entries(plain[value.kind] ?? {});
      return { kind: 'other', name: `${value.kind}.${name}`, fields };
    }
  }
}
