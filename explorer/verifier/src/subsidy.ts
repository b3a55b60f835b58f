/** Acts and events of subsidies to persons, as `docs/calls.md` lists them. */
import type { Codec } from './codec.ts';
import { bool, checked, list, option, u16, u32, u64, u8 } from './codec.ts';
import { malformed } from './errors.ts';
import {
  chainId, date, fen, hash, month, organizationCode, publicKey, signature, text, timeMs,
} from './scalars.ts';
import { names, oneOf, struct } from './shapes.ts';

const programmeKind = names(
  'old_age_allowance', 'care_services', 'nursing', 'disabled_care', 'meals', 'home_adaptation',
  'home_care_beds',
);
const periodLength = names('month', 'quarter', 'year');
const rangeBits = names('eight', 'sixteen', 'thirty_two');
const failed = names(
  'bytes', 'leaf_index', 'commitment', 'standard', 'range', 'cumulative', 'tenure', 'root',
  'balance',
);
const standing = names('pending', 'applied', 'rejected', 'expired');
const batch = hash<'BatchId'>();

const MOST_STANDARDS = 8;

const standardTable = checked(list(u32), (standards: number[]) => {
  const rises = standards.every((fenOf, at) => at === 0 || fenOf > (standards[at - 1] ?? 0));
  if (standards.length < 2 || standards.length > MOST_STANDARDS || standards[0] !== 0 || !rises) {
    throw malformed('a table is 0 and one to seven amounts, each above the one before');
  }
});

/** How many units a range may span, by its bits. */
const SPANS = { eight: 2 ** 8, sixteen: 2 ** 16, thirty_two: 2 ** 32 } as const;

const range = checked(
  struct({ min: u32, max: u32, unit: u32, bits: rangeBits }),
  ({ min, max, unit, bits }) => {
    const span = max - min;
    const most = SPANS[bits as keyof typeof SPANS];
    if (span <= 0 || unit === 0 || span % unit !== 0 || span / unit >= most) {
      throw malformed('a range is a whole number of units that its bits hold');
    }
  },
);
const standards = oneOf({ table: standardTable, range });
const terms = struct({
  standards, cumulative: option(standardTable), handles_min: u32, effective_from: month,
  article: text(256),
});

const batchKind = oneOf({ main: null, supplementary: u16, return: u16 });
const balance = struct({ first: hash<'Point'>(), response: hash<'Scalar'>() });
const header = struct({
  version: u8,
  name: struct({
    chain_id: chainId, county: organizationCode, programme: u16, period: month, kind: batchKind,
    attempt: u32,
  }),
  group: u16, epoch: u16, standards_version: u32, enrolment_root: hash<'EnrolmentRoot'>(),
  leaves: u32, total: fen, lots: list(struct({ inflow: u64, amount: fen })),
  leaf_root: hash<'LeafRoot'>(), envelope_root: hash<'EnvelopeRoot'>(),
});
const sealed = struct({ header, proof_root: hash<'ProofRoot'>(), balance });
const custody = struct({ custodian: organizationCode, key: publicKey, signature });
const finding = oneOf({
  valid: null, invalid: struct({ leaf: option(u32), check: failed }),
});

/** The acts in the order of their numbers; lines are those of another module. */
export function subsidyActs(line: Codec<any>): Record<string, Record<string, Codec<any>>> {
  return {
    declare: {
      programme: u16, kind: programmeKind, group: u16, length: periodLength, terms,
      occurred_on: date,
    },
    set_standards: { programme: u16, terms, occurred_on: date },
    submit: {
      sealed, sources: list(struct({ line, position: u64 })), custody: list(custody),
      occurred_on: date,
    },
    give_verdict: { batch, finding },
    close: { batch },
    return: {
      batch, number: u16, attempt: u32, indexes: list(u32), total: fen, balance,
      occurred_on: date,
    },
  };
}

/** The events in the order of their numbers; some have a field named `kind`. */
export const subsidyEvents = {
  declared: struct({ programme: u16, kind: programmeKind, group: u16 }),
  standards_set: struct({
    programme: u16, version: u32, effective_from: month, retroactive: bool,
  }),
  submitted: struct({
    batch, county: organizationCode, programme: u16, period: month, kind: batchKind, leaves: u32,
    total: fen, due: timeMs,
  }),
  verdict_given: struct({ batch, finding }),
  settled: struct({ batch, kind: batchKind, standing, total: fen }),
};
