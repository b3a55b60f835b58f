/** The checkpoint beside the certificate: who cosigned which head of the log, and when. */
import type { CertifiedHead, PinnedGenesis, types } from '../src/index.ts';
import {
  cosignersOf, parseNote, types as known, validatorsHash, verifierKey, verifyHead, verifyNote,
  VerifyError,
} from '../src/index.ts';
import type { ProvenEvidence } from './evidence.ts';
import type { ProofSource } from './memory.ts';
import { proveSameLog } from './memory.ts';
import type { Report } from './report.ts';
import { say } from './report.ts';
import { reason } from './words.ts';

const ADDRESS_DIGITS = 16;

/**
 * Verifies a signed note of the log and ties its head to the verified header. The note may be a little
 * older than the header, so sets of validators from before a change may have signed it.
 */
export async function checkCheckpoint(
  report: Report, note: string, pinned: PinnedGenesis,
  { evidence, header, trust }: Pick<ProvenEvidence, 'evidence' | 'header' | 'trust'>,
  source: ProofSource | null,
): Promise<void> {
  const earlier = evidence.changes.map((change) => change.validators).reverse();
  try {
    const [head, who] = anyOf([trust.validators, ...earlier, pinned.trust.validators],
      (validators) => cosigned(note, pinned, validators));
    const own = { size: header.log_size, root: header.log_root };
    if (source === null && head.size !== own.size) {
      report.mark('checkpoint', 'note', say('离线,不能与区块头相连', 'offline: not tied'));
      return;
    }
    await proveSameLog(head, own, source ?? (() => Promise.reject(new TypeError('offline'))));
    report.mark('checkpoint', 'pass', say(
      `${head.size} 条处,${who.length} 个验证者共同签名:${who.join('、')}`,
      `at ${head.size} leaves, cosigned by ${who.length} validators: ${who.join(', ')}`,
    ));
  } catch (error) {
    if (!(error instanceof VerifyError)) {
      report.mark('checkpoint', 'open', say('没有得到一致性证明', 'no consistency proof was given'));
    } else if (validatorsHash(trust.validators) === header.next_validators_hash) {
      report.mark('checkpoint', 'fail', reason(error));
    } else {
      // The next validators cosign this head; evidence at a later header brings them.
      report.mark('checkpoint', 'note', say(
        '验证者名单在此高度变更,下一个区块之后才能核对共同签名',
        'the validators change at this height: cosignatures can be checked after the next block',
      ));
    }
  }
}

/** The first answer that is no refusal; if all refuse, the first refusal. */
function anyOf<S, T>(candidates: S[], check: (candidate: S) => T): T {
  const refusals: VerifyError[] = [];
  for (const candidate of candidates) {
    try {
      return check(candidate);
    } catch (error) {
      if (!(error instanceof VerifyError)) {
        throw error;
      }
      refusals.push(error);
    }
  }
  throw refusals[0];
}

/** The head of a note that these validators cosigned, and who did when. */
function cosigned(
  note: string, pinned: PinnedGenesis, validators: types.ValidatorSet,
): [CertifiedHead, string[]] {
  const nameOf = (member: types.Validator): string =>
    `${pinned.origin}/${known.addressOf(member.consensus_key).slice(0, ADDRESS_DIGITS)}`;
  const logKey = verifierKey(pinned.origin, 'log', pinned.genesis.log_key);
  const cosigners = cosignersOf(validators, nameOf);
  const head = verifyHead(note, logKey, cosigners);
  const signed = verifyNote(parseNote(note), cosigners.map(({ key }) => key));
  const who = validators.flatMap((member) => {
    const line = signed.find(({ key }) => key.name === nameOf(member));
    return line === undefined ? [] : [`${member.name}(${at(line.seconds ?? 0n)})`];
  });
  return [head, who];
}

function at(seconds: bigint): string {
  return `${new Date(Number(seconds) * 1000).toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}
