/** Acts and events of homes for the old, as `docs/calls.md` lists them. */
import type { Codec } from './codec.ts';
import { option, u32, u64 } from './codec.ts';
import { inspectionResult } from './oversight.ts';
import { date, fen, hash, logIndex, month, organizationCode, text } from './scalars.ts';
import { names, struct } from './shapes.ts';

const home = organizationCode;
const rating = names('unrated', 'one', 'two', 'three', 'four', 'five');
const byLevel = struct({ self_care: u32, mild: u32, moderate: u32, severe: u32 });
const standing = struct({
  certificate: text(64), beds: u32, rating, valid_from: date, valid_until: option(date),
});
const subsidy = struct({
  statement: logIndex, beds: byLevel, rate: fen, level_factors: byLevel, rating,
  rating_factor: u32, inspection: option(inspectionResult), inspection_factor: u32, amount: fen,
});

/** The acts in the order of their numbers; lines and payments are those of other modules. */
export function homesActs(
  line: Codec<any>, order: Codec<any>,
): Record<string, Record<string, Codec<any>>> {
  return {
    rate: { home, standing, occurred_on: date },
    end_standing: { home, valid_until: date, occurred_on: date },
    state_occupancy: {
      month, beds: byLevel, reviewer: organizationCode,
      evidence: option(hash<'AttachmentHash'>()), corrects: option(logIndex), occurred_on: date,
    },
    compute: { home, month, occurred_on: date },
    pay: { home, month, line, order },
  };
}

/** The events in the order of their numbers. */
export const homesEvents = {
  rated: { home, rating, beds: u32, valid_from: date },
  standing_ended: { home, valid_until: date },
  occupancy_stated: { home, month, beds: u64, corrects: option(logIndex) },
  computed: { home, month, subsidy, paid: fen, overpaid: fen },
  paid: { home, month, payment: text(128), left: fen },
};
