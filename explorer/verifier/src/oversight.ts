/** Acts and events of oversight, as `docs/calls.md` lists them. */
import type { Codec } from './codec.ts';
import { bool, list, option, u16, u32, u64, u8 } from './codec.ts';
import { date, fen, hash, height, logIndex, organizationCode, text } from './scalars.ts';
import { names, oneOf, struct } from './shapes.ts';

const commitment = hash<'Commitment'>();
const attachment = hash<'AttachmentHash'>();
const frameHash = hash<'SampleFrame'>();
const reference = text(96);
const game = text(64);
const issue = text(32);
const finding = u8;

const complaint = struct({ organization: organizationCode, complaint: reference });
const engagement = struct({ organization: organizationCode, engagement: reference });
const sample = struct({ organization: organizationCode, sample: reference });
const frame = oneOf({
  records: struct({
    first: logIndex, end: logIndex, organization: option(organizationCode), population: u64,
    list: frameHash,
  }),
  list: struct({ population: u64, list: frameHash }),
  inspection: struct({
    objects: reference,
    inspectors: reference,
    each: u8,
    recusals: list(struct({ inspector: u32, object: u32 })),
  }),
});
/** What an inspection found. */
export const inspectionResult = names(
  'nothing_found', 'ordered_to_correct', 'under_further_action', 'referred', 'not_reachable',
  'obstructed', 'inactive',
);
const members = oneOf({
  objects: list(organizationCode),
  inspectors: list(struct({ officer: commitment, organization: organizationCode })),
});
const onComplaint = { complaint, occurred_on: date };

/** The acts in the order of their numbers; a fund's name is charity's. */
export function oversightActs(
  fundName: Codec<any>,
): Record<string, Record<string, Codec<any>>> {
  return { ...complaintActs(fundName), ...auditActs, ...sampleActs };
}

function complaintActs(fundName: Codec<any>) {
  const target = oneOf({
    record: struct({ index: logIndex, organization: organizationCode }),
    organization: organizationCode,
    project: text(128),
    fund: fundName,
  });
  return {
    receive_complaint: {
      reference, target, content: commitment, ticket: commitment, handler: organizationCode,
      occurred_on: date,
    },
    accept_complaint: onComplaint,
    decline_complaint: {
      complaint,
      reason: names(
        'out_of_remit', 'already_handled', 'legal_proceedings', 'not_specific', 'withdrawn',
      ),
      occurred_on: date,
    },
    transfer_complaint: { complaint, to: organizationCode, occurred_on: date },
    extend_complaint: onComplaint,
    answer_complaint: {
      complaint,
      outcome: names('founded', 'partly_founded', 'unfounded', 'undetermined', 'withdrawn'),
      answer: oneOf({ committed: commitment, attached: attachment }),
      occurred_on: date,
    },
    close_complaint: {
      complaint,
      closure: names('satisfied', 'not_contested', 'upheld', 'changed'),
      occurred_on: date,
    },
  };
}

const auditActs = {
  open_audit: {
    reference,
    scope: struct({
      organizations: list(organizationCode), funds: list(text(64)), first_year: u16,
      last_year: u16,
    }),
    occurred_on: date,
  },
  record_finding: {
    engagement, number: finding, organization: organizationCode, fund: option(text(64)),
    year: u16,
    kind: names(
      'withheld', 'encroached', 'misappropriated', 'detained', 'out_of_scope',
      'above_standard', 'books_differ', 'falsely_claimed', 'paid_late', 'procedure',
      'target_missed', 'other',
    ),
    records: list(logIndex), amount: fen, working_paper: attachment, occurred_on: date,
  },
  respond_finding: {
    engagement, finding, position: names('accepted', 'partly_disputed', 'disputed'),
    statement: commitment, occurred_on: date,
  },
  rectify_finding: {
    engagement, finding, amount: fen, evidence: list(attachment), occurred_on: date,
  },
  confirm_finding: {
    engagement, finding, verdict: names('confirmed', 'insufficient'), occurred_on: date,
  },
  close_audit: { engagement, open: list(finding), occurred_on: date },
};

const sampleActs = {
  plan_sample: {
    reference, purpose: names('audit', 'inspection', 'payment_check', 'evaluation'), frame,
    size: u32, method: u16, target: height,
    draw: struct({ centre: organizationCode, game, issue, date }),
    replaces: option(reference),
  },
  cancel_sample: { plan: reference, reason: names('frame_wrong', 'not_needed', 'other') },
  enter_draw: { game, issue, numbers: list(u8), occurred_on: date },
  draw_sample: { plan: sample },
  open_pool: { reference, members, occurred_on: date },
  inspect: {
    plan: reference, object: organizationCode,
    result: inspectionResult,
    evidence: list(attachment), corrects: option(logIndex), occurred_on: date,
  },
};

const kept = { complaint, due: date, on_time: bool };

/** The events in the order of their numbers. */
export const oversightEvents = {
  complaint_received: { complaint, respondent: organizationCode, due: date },
  complaint_accepted: { ...kept, next_due: date },
  complaint_declined: kept,
  complaint_transferred: { ...kept, next_due: date },
  complaint_extended: { complaint, next_due: date },
  complaint_answered: kept,
  complaint_closed: { complaint },
  audit_opened: { engagement },
  finding_recorded: { engagement, finding, due: date },
  finding_responded: { engagement, finding },
  finding_rectified: { engagement, finding, due: date, on_time: bool },
  finding_confirmed: { engagement, finding, open: u32 },
  finding_returned: { engagement, finding },
  audit_closed: { engagement, open: u32 },
  sample_planned: { plan: sample, population: u64, target: height },
  sample_cancelled: { plan: sample },
  draw_entered: { game, issue },
  sample_drawn: {
    plan: sample, block: hash<'BlockId'>(), seed: hash<'SampleSeed'>(),
    pairings: list(struct({ object: u32, inspectors: list(u32) })),
  },
  pool_opened: { pool: reference, members: u32 },
  inspected: { plan: sample, object: organizationCode, inspectors: list(u32) },
};
