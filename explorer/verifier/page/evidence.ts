/** From the bytes of evidence to what they prove, each step in the report. */
import type { PinnedGenesis, Proven, types } from '../src/index.ts';
import {
  followChanges, proveSubject, readEvidence, readGenesis, verifyCertified,
} from '../src/index.ts';
import type { Report } from './report.ts';
import { say } from './report.ts';
import { reason } from './words.ts';

/** What evidence proves, and the evidence. */
export type ProvenEvidence = Proven & { evidence: types.Evidence };

/** Verifies evidence from the pinned genesis on; the report stops at the first refusal. */
export function proveEvidence(
  report: Report, input: Uint8Array | string, pinned: PinnedGenesis,
): ProvenEvidence {
  const evidence = step(report, 'read', () => readEvidence(input));
  report.mark('read', 'pass', say('编码规范', 'canonically encoded'));
  const trust = step(report, 'changes', () => followChanges(evidence, pinned.trust));
  const { changes, header, certificate } = evidence;
  report.mark('changes', 'pass', changes.length === 0
    ? say('自创世以来名单未变', 'unchanged since the genesis')
    : say(`核对了 ${changes.length} 次变更`, `${changes.length} changes followed`));
  const blockId = step(report, 'certificate', () => verifyCertified(header, certificate, trust));
  const signed = `${certificate.signatures.length}/${trust.validators.length}`;
  report.mark('certificate', 'pass', say(
    `高度 ${header.height},${signed} 个验证者签名,区块 ${blockId}`,
    `height ${header.height}, signed by ${signed} validators, block ${blockId}`,
  ));
  const kind = evidence.subject.kind === 'leaf' ? 'log' : 'state';
  const proven = step(report, kind, () => proveSubject(evidence, trust, blockId));
  report.mark(kind, 'pass', proven.kind === 'leaf'
    ? say(`第 ${proven.index} 条,共 ${header.log_size} 条,账本根 ${header.log_root}`,
      `leaf ${proven.index} of ${header.log_size}, root ${header.log_root}`)
    : say(`状态根 ${header.state_root}`, `state root ${header.state_root}`));
  return { ...proven, evidence };
}

/** Runs one step; a refusal ends the verification with its reason. */
export function step<T>(report: Report, id: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    return report.stop(id, 'fail', reason(error));
  }
}

/** Reads a genesis file and says what is trusted with it. */
export function pin(report: Report, text: string): PinnedGenesis {
  const pinned = step(report, 'genesis', () => readGenesis(text));
  const members = pinned.trust.validators.length;
  report.mark('genesis', 'pass', say(
    `链 ${pinned.chainId},创世哈希 ${pinned.hash},${members} 个创世验证者`,
    `chain ${pinned.chainId}, genesis hash ${pinned.hash}, ${members} validators at the start`,
  ));
  return pinned;
}
