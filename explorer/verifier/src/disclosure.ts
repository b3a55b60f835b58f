/** What stands in acts of disclosure, as `docs/calls.md` lists it. */
import type { Codec } from './codec.ts';
import { bool, i64, list, option, u16, u32, u8 } from './codec.ts';
import { date, division, hash, organizationCode, text } from './scalars.ts';
import { names, oneOf, struct } from './shapes.ts';
import { organizationKind } from './types.ts';

const subject = text(160);
/** Name of an obligation to publish. */
export const obligationName = struct({ rule: text(64), subject, period: u32 });
const metadata = struct({
  index_number: text(64),
  title: text(256),
  summary: text(1024),
  topic: text(96),
  keywords: list(text(48)),
  publisher: text(192),
  document_number: text(96),
  produced_on: date,
  published_on: date,
  validity: names('in_force', 'expired', 'repealed'),
  openness: names('proactive', 'on_request'),
  time_limit: text(48),
  format: text(32),
  language: text(32),
});
const attached = struct({
  hash: hash<'AttachmentHash'>(), class: names('public', 'restricted', 'personal'),
});
const trigger = names(
  'charity_qualified', 'fundraising_qualified', 'trust_held', 'fund_opened', 'campaign_began',
  'emergency_gift', 'surplus_transferred', 'fund_terminated', 'purpose_changed', 'quota_issued',
  'plan_approved', 'quota_held', 'sales_stated', 'project_began', 'major_event',
  'related_party_dealing', 'joint_campaign_ended', 'trust_settled', 'document_made',
  'budget_approved', 'charity_formed',
);
const dayOfYear = struct({ month: u8, day: u8 });
const terms = struct({
  trigger,
  owed_by: list(organizationKind),
  tiers: list(names('nation', 'province', 'prefecture', 'county')),
  condition: names('always', 'public_fundraising', 'no_public_fundraising'),
  longer_than_months: u8,
  title_zh: text(192),
  title_en: text(192),
  schedule: oneOf({
    days: u16, working_days: u16, months: u16, months_after_end: u16, next_year: dayOfYear,
    every_days: u16, every_months: u16, yearly: dayOfYear,
  }),
  effective_from: date,
  effective_to: option(date),
  article: text(256),
  verified: bool,
  source: text(256),
  approved_by: text(192),
});

/** What acts of disclosure share with acts of money. */
interface Shared {
  category: Codec<any>;
  fundName: Codec<any>;
  lineName: Codec<any>;
}

/** The acts in the order of their numbers. */
export function disclosureActs(
  { category, fundName, lineName }: Shared,
): Record<string, Record<string, Codec<any>>> {
  const figure = struct({
    label: text(128),
    subject: oneOf({
      organization: organizationCode,
      fund: struct({ holder: organizationCode, fund: text(64) }),
      line: lineName,
      project: text(128),
      charity_fund: fundName,
      campaign: text(64),
      division,
      other: text(128),
      game: struct({ centre: organizationCode, game: text(64) }),
    }),
    category: option(category),
    measure: names(
      'raised', 'remitted', 'received', 'allocated', 'spent', 'carried', 'balance',
      'execution_rate', 'income', 'expenditure', 'management_cost', 'beneficiaries',
      'project_count', 'total', 'other', 'sales', 'fund',
    ),
    year: option(u16),
    mantissa: i64,
    decimals: u8,
    unit: names(
      'yuan', 'ten_thousand_yuan', 'hundred_million_yuan', 'percent', 'count', 'ten_thousand_count',
    ),
  });
  const change = struct({ what: text(128), old: text(256), new: text(256) });
  return {
    publish: {
      metadata, meets: list(obligationName), attachments: list(attached), figures: list(figure),
    },
    correct: {
      corrects: text(64), changes: list(change), metadata, attachments: list(attached),
      figures: list(figure),
    },
    declare: { trigger, subject, occurred_on: date },
    set_rule: { rule: text(64), terms },
  };
}
