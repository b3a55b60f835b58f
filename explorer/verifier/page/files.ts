/** Files that a reader lays on the page: evidence, a genesis, a checkpoint, attachments. */
import type { Json, PinnedGenesis } from '../src/index.ts';
import { fromUtf8, hashOf, parseJson, VerifyError } from '../src/index.ts';
import { checkCheckpoint } from './checkpoint.ts';
import { pin, proveEvidence } from './evidence.ts';
import { checkGenesis, compareWithMemory } from './memory.ts';
import { run } from './online.ts';
import { decodeRecord } from './record.ts';
import { Report, say } from './report.ts';
import type { Step } from './report.ts';
import * as source from './source.ts';
import { plan } from './words.ts';

/** What was laid down so far. */
export interface Laid {
  genesis: string | null;
  evidence: Uint8Array | string | null;
  checkpoint: string | null;
  attachments: { name: string; hash: string }[];
}

/** Nothing yet. */
export function nothing(): Laid {
  return { genesis: null, evidence: null, checkpoint: null, attachments: [] };
}

/** Hash of an attachment as the ledger names it. */
export function attachmentHash(bytes: Uint8Array): string {
  return hashOf('AttachmentHash', bytes);
}

/** Puts a file where it belongs, by what it holds; what is nothing else is an attachment. */
export function lay(laid: Laid, name: string, bytes: Uint8Array): void {
  const text = textOf(bytes);
  const json = text === null ? null : jsonOf(text);
  if (text !== null && json instanceof Map) {
    if (layJson(laid, text, json)) {
      return;
    }
  } else if (text !== null && text.startsWith('minglian/') && text.includes('\n\n— ')) {
    laid.checkpoint = text;
    return;
  }
  if (name.endsWith('.evidence')) {
    laid.evidence = bytes;
    return;
  }
  laid.attachments.push({ name, hash: attachmentHash(bytes) });
}

/** Whether JSON is one of the files that are known. */
function layJson(laid: Laid, text: string, json: Map<string, Json>): boolean {
  if (json.has('validators') && json.has('organizations')) {
    laid.genesis = text;
  } else if (json.has('certificate') && json.has('subject')) {
    laid.evidence = text;
  } else if (json.get('format') === 'minglian-bundle/1') {
    // Each part is text, so that it is read as the file that it is.
    const part = (name: string): string | null => {
      const value = json.get(name);
      return typeof value === 'string' ? value : null;
    };
    laid.evidence = part('evidence') ?? laid.evidence;
    laid.genesis = part('genesis') ?? laid.genesis;
    laid.checkpoint = part('checkpoint') ?? laid.checkpoint;
  } else {
    return false;
  }
  return true;
}

function textOf(bytes: Uint8Array): string | null {
  try {
    return bytes.length > 32 * 1024 * 1024 ? null : fromUtf8(bytes);
  } catch {
    return null;
  }
}

function jsonOf(text: string): Json {
  try {
    return /^\s*\{/.test(text) ? parseJson(text) : null;
  } catch (error) {
    if (error instanceof VerifyError) {
      return null;
    }
    throw error;
  }
}

/** What the reader holds the files against. */
export interface Against {
  /** The genesis hash that the reader has from elsewhere; empty if none was given. */
  expected: string;
  /** The genesis of the site; null in the offline file. */
  site: ((report: Report) => Promise<PinnedGenesis>) | null;
}

/** Verifies what was laid down. */
export function verifyFiles(laid: Laid, against: Against): Promise<Report> {
  const report = new Report(plan(
    'genesis', 'read', 'changes', 'certificate', 'log', 'state', 'signature', 'attachments',
    'memory', 'checkpoint',
  ));
  return run(report, async () => {
    if (laid.evidence === null) {
      onlyAttachments(report, laid);
      return;
    }
    const pinned = await genesisFor(report, laid, against);
    const proven = proveEvidence(report, laid.evidence, pinned);
    report.steps.delete(proven.kind === 'leaf' ? 'state' : 'log');
    if (proven.kind === 'leaf' && proven.leaf.kind === 'record') {
      decodeRecord(report, proven.leaf);
    } else {
      report.steps.delete('signature');
    }
    matchAttachments(report, laid);
    const proofs = against.site === null ? null : source.consistency;
    await compareWithMemory(report, pinned, proven.header, proven.blockId, proofs);
    if (laid.checkpoint === null) {
      report.steps.delete('checkpoint');
    } else {
      await checkCheckpoint(report, laid.checkpoint, pinned, proven, proofs);
    }
  });
}

async function genesisFor(
  report: Report, laid: Laid, { expected, site }: Against,
): Promise<PinnedGenesis> {
  if (site !== null) {
    const pinned = await site(report);
    checkGenesis(report, pinned);
    return pinned;
  }
  if (laid.genesis === null) {
    return report.stop('genesis', 'open', say('请再放入创世文件', 'add the genesis file'));
  }
  const pinned = pin(report, laid.genesis);
  const wanted = expected.trim().toLowerCase();
  if (wanted !== '' && wanted !== pinned.hash) {
    report.stop('genesis', 'fail', say(
      `创世哈希是 ${pinned.hash},不是您给出的 ${wanted}`,
      `the genesis hash is ${pinned.hash}, not ${wanted} as given`,
    ));
  }
  const { detail } = report.steps.get('genesis') as Step;
  report.mark('genesis', 'pass', wanted === ''
    ? say(`${detail.zh}。请与从别处得到的创世哈希比对`,
      `${detail.en}. Compare the genesis hash with one from elsewhere`)
    : say(`${detail.zh},与您给出的相符`, `${detail.en}, as given`));
  return pinned;
}

function matchAttachments(report: Report, laid: Laid): void {
  if (laid.attachments.length === 0) {
    report.steps.delete('attachments');
    return;
  }
  const strange = laid.attachments.filter(({ hash }) => !report.hashes.includes(hash));
  const list = (files: typeof strange): string =>
    files.map(({ name, hash }) => `${name} ${hash}`).join('; ');
  report.mark('attachments', strange.length === 0 ? 'pass' : 'fail', strange.length === 0
    ? say(`与账目所记哈希一致:${list(laid.attachments)}`, `named by the record: ${list(laid.attachments)}`)
    : say(`附件不符,账目没有记载:${list(strange)}`, `not named by the record: ${list(strange)}`));
}

function onlyAttachments(report: Report, laid: Laid): void {
  const list = laid.attachments.map(({ name, hash }) => `${name} ${hash}`).join('; ');
  for (const id of [...report.steps.keys()].filter((id) => id !== 'attachments')) {
    report.steps.delete(id);
  }
  report.mark('attachments', 'open', say(
    `附件哈希:${list}。再放入账目的证据即可比对`, `hashes: ${list}. Add a record's evidence to compare`,
  ));
}
