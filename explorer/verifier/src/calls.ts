/** Acts, as `docs/calls.md` lists them: numbers are positions, fields stand in their order. */
import type { Codec, Plain } from './codec.ts';
import { bool, checked, decode, i64, list, option, u16, u32 } from './codec.ts';
import { disclosureActs } from './disclosure.ts';
import { enrolmentActs } from './enrolment.ts';
import { malformed, VerifyError } from './errors.ts';
import { homesActs } from './homes.ts';
import { oversightActs } from './oversight.ts';
import type { DocumentNumber } from './scalars.ts';
import {
  date, division, documentNumber, fen, hash, height, logIndex, month, organizationCode, publicKey,
  text,
} from './scalars.ts';
import { names, oneOf, struct } from './shapes.ts';
import { subsidyActs } from './subsidy.ts';
import { organizationKind, role, validator } from './types.ts';

const MOST_DOCUMENTS = 16;

const transactionId = hash<'TransactionId'>();
const commitment = hash<'Commitment'>();
const attachment = hash<'AttachmentHash'>();
const reference = text(128);
const category = names('old_age', 'disability', 'children', 'public_good');
const expenditure = names(
  'construction', 'equipment', 'services', 'assistance', 'activities', 'training', 'other',
  'travel_abroad', 'official_reception', 'official_vehicles', 'basic_expenditure',
  'profit_making', 'pay_and_bonuses', 'office_buildings', 'investment',
);

/** What is kept off the log, by the hash in the record. */
export const thing = oneOf({ opening: commitment, attachment });
/** Why something must be erased. */
export const ground = names(
  'purpose_ended', 'period_ended', 'consent_withdrawn', 'unlawful', 'other_law',
);

/** Name of a quota line. */
export const lineName = struct({
  holder: organizationCode, fund: text(64), year: u16, line: text(160),
});
/** What a line is for. */
export const purpose = struct({ category: option(category), project: option(reference) });

const documents = checked(list(documentNumber), (numbers: DocumentNumber[]) => {
  const printed = new Set(numbers.map((number) => documentNumber.toPlain(number)));
  if (numbers.length > MOST_DOCUMENTS || printed.size !== numbers.length) {
    throw malformed('too many document numbers, or one twice');
  }
});
const basis = struct({ documents, printed_in: option(text(192)) });
const planRow = struct({ holder: organizationCode, purpose, amount: fen });
const planRowName = struct({ organization: organizationCode, plan: reference, row: u16 });
const grant = {
  from: lineName, to: lineName, amount: fen, purpose, basis, plan: option(planRowName),
  occurred_on: date,
};
const paymentOrder = {
  name: reference, line: lineName, expenditure, total: fen, until: date, occurred_on: date,
};
const takeBack = { line: lineName, to: lineName, amount: fen, basis, occurred_on: date };
const statement = {
  game: text(64), period: month, sales: fen, unclaimed_prizes: fen, occurred_on: date,
};
const indicator = struct({
  measures: names('quantity', 'quality', 'timeliness', 'cost', 'benefit', 'satisfaction'),
  name: text(128),
  target: text(128),
  points_max: u16,
});
const contract = struct({
  counterparty: organizationCode, amount: fen, document: option(attachment), occurred_on: date,
});
const acceptance = struct({
  label_confirmed: bool, photos: list(attachment), report: option(attachment), occurred_on: date,
});
const score = struct({ actual: text(128), points: u16 });
const payee = oneOf({ organization: organizationCode, person: commitment, not_printed: null });
const order = struct({
  reference, payee, amount: fen, voucher: option(attachment), replaces: option(reference),
  occurred_on: date,
});
const bankResult = oneOf({
  paid: null, failed: names('account_unknown', 'account_closed', 'name_differs', 'other'),
});
const address = hash<'ValidatorAddress'>();
const change = oneOf({
  add: validator, remove: address, replace: struct({ old: address, new: validator }),
});

const use = text(128);
const fund = text(48);
const donation = text(96);
const filing = text(64);
/** Where money of a mutual-aid society comes from that is no donation. */
export const fundSource = names('county_finance', 'village_collective');
/** Name of a charity's fund. */
export const fundName = struct({ host: organizationCode, fund });
const committee = struct({ members: list(commitment), supervisors: list(commitment) });
const qualificationKind = names('charity', 'public_fundraising', 'tax_deduction');
const qualification = struct({
  certificate: text(64),
  form: names('foundation', 'association', 'service_organization'),
  registered_on: date,
  valid_from: date,
  valid_until: option(date),
});
const goods = struct({
  description: text(192),
  quantity: text(64),
  valuation: names('voucher', 'appraisal', 'market_price'),
  document: option(attachment),
});
const authority = oneOf({
  filing: text(96), consent: text(96), agreement: text(96), similar_purpose: text(96),
});

const donate = {
  reference: donation, fund, campaign: option(filing),
  donor: oneOf({ organization: organizationCode, person: commitment, anonymous: null }),
  gift: oneOf({ money: null, goods }),
  amount: fen, restriction: option(use),
  receipt: oneOf({ number: text(64), waived: null }),
  code: commitment, occurred_on: date,
};
const expense = names('program', 'management', 'fundraising', 'other');
const recipient = oneOf({
  organization: organizationCode, person: commitment,
  persons: struct({ count: u32, list: commitment }),
});

/** The modules in the order of their numbers, each with its acts in the order of theirs. */
const MODULES: Record<string, Record<string, Record<string, Codec<any>>>> = {
  registry: {
    register_organization: {
      code: organizationCode, name: text(192), kind: organizationKind, division,
    },
    register_key: {
      organization: organizationCode, key: publicKey, role, same_officer_as: option(publicKey),
    },
    rotate_key: { old: publicKey, new: publicKey },
    revoke_key: { key: publicKey },
    revoke_key_of: { organization: organizationCode, key: publicKey },
  },
  approval: {
    approve: { proposal: transactionId },
    reject: { proposal: transactionId, opinion: option(commitment) },
    withdraw: { proposal: transactionId },
    retract: { proposal: transactionId },
  },
  governance: {
    change_validators: { change, takes_effect_at: height },
    set_parameter: {
      key: text(128), value: i64, unit: text(32), effective_from: date,
      effective_to: option(date), article: text(256), approved_by: text(192),
    },
    set_holidays: {
      year: u16, holidays: list(date), working_weekends: list(date), article: text(256),
    },
  },
  allocation: {
    record_quota: {
      to: lineName,
      receipt: names('issued', 'tranche', 'settlement_return', 'brought_forward', 'own_share'),
      amount: fen, level: text(64), purpose, basis, first_year: u16, implied: bool,
      occurred_on: date,
    },
    plan: {
      name: reference, from: lineName, rows: list(planRow), reviewer: organizationCode,
      occurred_on: date,
    },
    issue: grant,
    receive: { line: lineName, occurred_on: date },
    allocate: grant,
    carry_over: { line: lineName, amount: fen, basis, occurred_on: date },
    recover: takeBack,
    lapse: takeBack,
    transfer_out: { line: lineName, to_fund: text(64), amount: fen, basis, occurred_on: date },
    state: {
      kind: names('nothing', 'total', 'balance', 'raised', 'remitted'), line: option(lineName), subject: text(256),
      figure: fen, basis, occurred_on: date,
    },
    classify: { line: lineName, subject: text(7), occurred_on: date },
  },
  lottery: {
    statement,
    settle: { statement: struct(statement), corrects: logIndex },
    remit: { period: month, amount: fen, reference, occurred_on: date },
    take_back: { reference, amount: fen, occurred_on: date },
    hand_over: { period: month, to: organizationCode, amount: fen, occurred_on: date },
    divide_local: {
      period: month, game: text(64), amount: fen, province: organizationCode,
      lower: organizationCode, occurred_on: date,
    },
    give_back: {
      centre: organizationCode, period: month, game: option(text(64)), amount: fen,
      occurred_on: date,
    },
  },
  project: {
    register: {
      reference, title: text(256), category, unit: organizationCode, year: u16,
      carries_label: bool, indicators: list(indicator), occurred_on: date,
    },
    contract: { project: reference, number: text(128), contract },
    accept: { project: reference, acceptance },
    evaluate: { project: reference, scores: list(score), occurred_on: date },
    set_milestone: {
      project: reference, name: text(128), contract: option(text(128)), due_on: date,
      occurred_on: date,
    },
    reach_milestone: {
      project: reference, name: text(128), evidence: list(attachment), occurred_on: date,
    },
    assess: {
      project: reference, commissioner: organizationCode, scores: list(score),
      report: option(attachment), occurred_on: date,
    },
  },
  payment: {
    instruct: { line: lineName, expenditure, order },
    authorize: paymentOrder,
    pay: { authorization: reference, order },
    revoke: { authorization: reference },
    bank_result: { payment: reference, result: bankResult, occurred_on: date },
    return: { payment: reference, amount: fen, occurred_on: date },
    correct: { payment: reference, occurred_on: date },
    authorize_limited: { grant: struct(paymentOrder), each_max: fen },
  },
  charity: {
    qualify: {
      organization: organizationCode, kind: qualificationKind, qualification, occurred_on: date,
    },
    disqualify: {
      organization: organizationCode, kind: qualificationKind, valid_from: date,
      valid_until: date, occurred_on: date,
    },
    open_fund: {
      fund,
      kind: names(
        'general', 'community_fund', 'special_fund', 'mutual_aid', 'one_day_giving',
        'charitable_trust',
      ),
      name: text(192), filing: option(filing), committee, occurred_on: date,
    },
    change_committee: { fund, committee, occurred_on: date },
    file_campaign: {
      filing, fund, title: text(192), begins_on: date, ends_on: date, emergency: bool,
      reviewer: organizationCode, occurred_on: date,
    },
    end_campaign: { filing, occurred_on: date },
    donate,
    void_donation: { donation, occurred_on: date },
    resolve: {
      fund, number: text(64),
      matter: names('disbursement', 'purpose_change', 'surplus', 'termination'),
      purpose: use, amount: fen,
      votes: struct({ in_favour: u16, against: u16, abstained: u16 }),
      supervisors: u16, minutes: commitment, occurred_on: date,
    },
    disburse: {
      fund, resolution: text(64), from: option(donation),
      expense, reference, recipient, amount: fen, voucher: option(attachment), occurred_on: date,
    },
    return: { payment: reference, amount: fen, occurred_on: date },
    show_use: {
      payment: reference, attachments: list(attachment), beneficiaries: u32, occurred_on: date,
    },
    feed_back: { donation, payment: reference, message: commitment, occurred_on: date },
    change_purpose: {
      donation, resolution: text(64), purpose: option(use), authority, occurred_on: date,
    },
    refund: { donation, reference, amount: fen, occurred_on: date },
    transfer_surplus: {
      fund, from: option(donation), to: oneOf({ own: fund, other: fundName }), amount: fen,
      resolution: text(64), authority, occurred_on: date,
    },
    terminate_fund: { fund, resolution: text(64), occurred_on: date },
    correct_payout: { payment: reference, occurred_on: date },
    declare: {
      year: u16, reference: text(96), side: names('income', 'expenditure'), subject: text(256),
      amount: fen, helped: option(struct({ count: u32, counted_in: text(16) })), basis,
      occurred_on: date,
    },
    contribute: { source: fundSource, gift: struct(donate) },
    pay_ahead: {
      fund, purpose: use, from: option(donation), expense, reference, recipient, amount: fen,
      voucher: option(attachment), occurred_on: date,
    },
    decide_after: { payment: reference, resolution: text(64), occurred_on: date },
  },
  subsidy: subsidyActs(lineName),
  disclosure: disclosureActs({ category, fundName, lineName }),
  oversight: oversightActs(fundName),
  opening: {
    erase: {
      things: list(thing), ground, reviewer: option(organizationCode), occurred_on: date,
    },
    erase_of: {
      organization: organizationCode, things: list(thing), ground, occurred_on: date,
    },
  },
  homes: homesActs(lineName, order),
  enrolment: enrolmentActs,
};

/** Codec of an act. Some acts have a field named `kind`, so their fields stand apart. */
export const call = oneOf(mapped(MODULES, (acts) => oneOf(mapped(acts, struct))));

function mapped<A, B>(object: Record<string, A>, into: (value: A) => B): Record<string, B> {
  return Object.fromEntries(Object.entries(object).map(([name, value]) => [name, into(value)]));
}

/** Name of the act that a call asks for, e.g. `allocation.plan`. */
export function callName(bytes: Uint8Array): string {
  const [module, act] = bytes;
  if (module === undefined) {
    return 'empty';
  }
  const known = Object.entries(MODULES)[module];
  const name = known?.[0] ?? `module ${module}`;
  return act === undefined ? name : `${name}.${Object.keys(known?.[1] ?? {})[act] ?? act}`;
}

/** The act for display, or null if the bytes are not an act of `docs/calls.md`. */
export function viewCall(bytes: Uint8Array): Plain {
  try {
    return call.toPlain(decode(call, bytes));
  } catch (error) {
    if (error instanceof VerifyError) {
      return null;
    }
    throw error;
  }
}
