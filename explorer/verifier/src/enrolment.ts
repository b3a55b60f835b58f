/** Acts and events of keys that nobody holds, and of enrolments, as `docs/calls.md` lists them. */
import type { Codec } from './codec.ts';
import { bool, list, option, u16, u32 } from './codec.ts';
import type { Hex } from './scalars.ts';
import {
  date, hash, logIndex, month, organizationCode, publicKey, signature,
} from './scalars.ts';
import { oneOf, struct } from './shapes.ts';

const point: Codec<Hex<'PointBytes'>> = hash<'PointBytes'>();
const scalar: Codec<Hex<'ScalarBytes'>> = hash<'ScalarBytes'>();
const keyId = hash<'KeyId'>();
const root = hash<'EnrolmentRoot'>();

const year = struct({ epoch: u16 });
const purpose = oneOf({ tags: struct({ group: u16, epoch: u16 }), escrow: year, beacon: year });
const outside = struct({ members: list(organizationCode), threshold: u16 });
const dealing = struct({
  coefficients: list(point), proof: struct({ first: point, response: scalar }),
});
const proof = struct({ challenge: scalar, response: scalar });
const attestedPoint = struct({
  blinded: struct({ point, factor: point }), attestation: signature,
});
const entry = struct({ position: u16, tag: point, proof });
const listName = struct({ county: organizationCode, programme: u16, epoch: u16 });
const attesterOf = { county: organizationCode, attester: publicKey };
const place = { group: u16, epoch: u16 };
const quorum = { request: logIndex, members: list(u16) };

/** The acts in the order of their numbers. */
export const enrolmentActs: Record<string, Record<string, Codec<any>>> = {
  open_key: { purpose, outside: option(outside) },
  post_dealing: { purpose, attempt: u32, dealing },
  acknowledge_key: { purpose, attempt: u32, key: keyId },
  accuse_member: { purpose, attempt: u32, accused: u16 },
  retire_key: { purpose },
  register_attester: {
    county: organizationCode, organization: organizationCode, attester: publicKey,
  },
  end_attester: attesterOf,
  plan_enrolments: { ...place, planned: u32, reviewer: organizationCode },
  request_evaluation: { ...place, attester: publicKey, points: list(attestedPoint) },
  answer_evaluation: { request: logIndex, results: list(point), proof },
  enrol: { programme: u16, ...quorum, entries: list(entry) },
  transfer: { programme: u16, ...quorum, entry, from: organizationCode, last_month: month },
};

/** The events in the order of their numbers. */
export const enrolmentEvents = {
  key_opened: {
    purpose, attempt: u32, members: list(organizationCode), threshold: u16, open_until: date,
  },
  dealt: { purpose, member: u16, key: option(keyId) },
  acknowledged: { purpose, member: u16, established: bool },
  ceremony_failed: { purpose, member: u16, accused: u16 },
  key_retired: { purpose },
  attester_registered: attesterOf,
  attester_ended: attesterOf,
  enrolments_planned: { county: organizationCode, ...place, planned: u32 },
  evaluation_requested: { request: hash<'RequestId'>(), points: u32, asked: u32, quota: u32 },
  evaluation_answered: { request: logIndex, member: u16, missing: u16 },
  enrolled: { list: listName, first: u32, length: u32, root },
  transferred: {
    from: listName, from_index: u32, to: listName, to_index: u32, last_month: month, root,
  },
};
