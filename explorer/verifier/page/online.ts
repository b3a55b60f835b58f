/** Verifications on the explorer's own pages, with evidence from the site. */
import type { PinnedGenesis, types } from '../src/index.ts';
import { compareAccount } from './account.ts';
import { checkCheckpoint } from './checkpoint.ts';
import type { ProvenEvidence } from './evidence.ts';
import { pin, proveEvidence } from './evidence.ts';
import { checkGenesis, compareWithMemory } from './memory.ts';
import { compareRecord, decodeRecord, proveProposal, proveTime } from './record.ts';
import { Report, say, Stopped } from './report.ts';
import * as source from './source.ts';
import { plan } from './words.ts';

/** Runs a verification; whatever stops it, the report says so. */
export async function run(report: Report, action: () => Promise<void>): Promise<Report> {
  try {
    await action();
  } catch (error) {
    if (!(error instanceof Stopped)) {
      throw error;
    }
  }
  return report;
}

/** Asks the site; an answer that does not come leaves the step open. */
async function given<T>(report: Report, id: string, answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof source.Unanswered) {
      const why = `${error.message}`;
      return report.stop(id, 'open', say(`没有得到回答(${why})`, `no answer (${why})`));
    }
    throw error;
  }
}

/** The genesis that the site gives, held against what the page says and what was seen before. */
export async function sitesGenesis(report: Report, place: HTMLElement): Promise<PinnedGenesis> {
  const text = await given(report, 'genesis', source.text('/verify/genesis.json'));
  const pinned = pin(report, text);
  if (pinned.hash !== place.dataset['genesis'] || pinned.chainId !== place.dataset['chain']) {
    report.stop('genesis', 'fail', say(
      `与页面所示的创世哈希 ${place.dataset['genesis']} 不符`,
      `not the genesis hash ${place.dataset['genesis']} that the page shows`,
    ));
  }
  checkGenesis(report, pinned);
  return pinned;
}

/** Holds a proven header against this browser's memory and the checkpoint. */
async function aroundTheHead(
  report: Report, pinned: PinnedGenesis, proven: ProvenEvidence,
): Promise<void> {
  await compareWithMemory(report, pinned, proven.header, proven.blockId, source.consistency);
  const note = await given(report, 'checkpoint', source.text('/verify/checkpoint'));
  if (note === '') {
    report.mark('checkpoint', 'note', say('目前没有检查点', 'there is no checkpoint now'));
    return;
  }
  await checkCheckpoint(report, note, pinned, proven, source.consistency);
}

/** Verifies the record of an entry's page. */
export function verifyRecord(place: HTMLElement): Promise<Report> {
  const { index = '', closing = '', proposal = '' } = place.dataset;
  const report = new Report(plan(
    'genesis', 'read', 'changes', 'certificate', 'log', 'signature', 'time',
    ...(proposal === '' ? [] : ['proposal'] as const), 'fields', 'memory', 'checkpoint',
  ));
  return run(report, async () => {
    const pinned = await sitesGenesis(report, place);
    const proven = proveEvidence(
      report, await given(report, 'read', source.bytes(path(index))), pinned,
    );
    if (proven.kind !== 'leaf' || proven.index.toString() !== index) {
      report.stop('log', 'fail', say('证据不是这一条的', 'the evidence is of another record'));
    }
    const decoded = decodeRecord(report, (proven as { leaf: types.Leaf }).leaf);
    const blank = (): Report => new Report(plan('read', 'changes', 'certificate', 'log', 'state'));
    const end = await given(report, 'time', source.bytes(path(closing)));
    const time = proveTime(report, end, pinned, decoded.view.height, blank());
    if (proposal !== '') {
      const other = await given(report, 'proposal', source.bytes(path(proposal)));
      const act = decoded.view.callContents;
      decoded.subject = proveProposal(report, other, pinned, act, blank());
    }
    compareRecord(report, decoded, time);
    await aroundTheHead(report, pinned, proven);
  });
}

function path(index: string): string {
  return `/verify/records/${encodeURIComponent(index)}/evidence`;
}

/** Verifies the balance of an account's page. */
export function verifyAccount(place: HTMLElement): Promise<Report> {
  const { number = '', height = '' } = place.dataset;
  const report = new Report(plan(
    'genesis', 'read', 'changes', 'certificate', 'state', 'fields', 'memory', 'checkpoint',
  ));
  return run(report, async () => {
    const pinned = await sitesGenesis(report, place);
    const answer = source.bytes(`/verify/accounts/${encodeURIComponent(number)}/evidence`);
    const proven = proveEvidence(report, await given(report, 'read', answer), pinned);
    compareAccount(report, proven, height);
    await aroundTheHead(report, pinned, proven);
  });
}

/** Verifies the newest head, against what this browser saw before. */
export function verifyHead(place: HTMLElement): Promise<Report> {
  const report = new Report(plan(
    'genesis', 'read', 'changes', 'certificate', 'log', 'memory', 'checkpoint',
  ));
  return run(report, async () => {
    const pinned = await sitesGenesis(report, place);
    const answer = source.bytes('/verify/head/evidence');
    const proven = proveEvidence(report, await given(report, 'read', answer), pinned);
    await aroundTheHead(report, pinned, proven);
  });
}
