/** What this browser remembers: the genesis it first saw here, and the newest head it verified. */
import type { PinnedGenesis, TreeHead, types } from '../src/index.ts';
import { fromHex, parseJson, toHex, VerifyError, verifyConsistency } from '../src/index.ts';
import type { BlockId, LogHash } from '../src/index.ts';
import type { Report } from './report.ts';
import { say } from './report.ts';
import { reason } from './words.ts';

const GENESIS = 'minglian.genesis';

/** A head that was verified here before. */
export interface Remembered extends TreeHead {
  height: bigint;
  blockId: BlockId;
  /** When this browser saw it, in milliseconds since 1970. */
  seenMs: number;
}

/** Gives the consistency proof between two sizes, as the JSON of `/verify/consistency`. */
export type ProofSource = (from: bigint, to: bigint) => Promise<string>;

function storage(): Storage | null {
  try {
    return globalThis.localStorage;
  } catch {
    return null;
  }
}

function keyOf(pinned: PinnedGenesis): string {
  return `minglian.head.${pinned.hash}`;
}

/** The newest head of this chain that this browser verified. */
export function remembered(pinned: PinnedGenesis): Remembered | null {
  const text = storage()?.getItem(keyOf(pinned)) ?? null;
  const parts = text?.split(' ') ?? [];
  const [size = '', root = '', height = '', blockId = '', seen = ''] = parts;
  const isOurs = parts.length === 5 && /^[0-9]+$/.test(size + height + seen)
    && /^[0-9a-f]{128}$/.test(root + blockId);
  return isOurs
    ? { size: BigInt(size), root: root as LogHash, height: BigInt(height),
      blockId: blockId as BlockId, seenMs: Number(seen) }
    : null;
}

/** Remembers a verified head; only `compareWithMemory` calls it, after its proof held. */
function remember(pinned: PinnedGenesis, header: types.Header, blockId: BlockId): void {
  const { log_size: size, log_root: root, height } = header;
  storage()?.setItem(keyOf(pinned), [size, root, height, blockId, Date.now()].join(' '));
}

/** The genesis that was first seen on this site, remembered on the first visit. */
export function checkGenesis(report: Report, pinned: PinnedGenesis): void {
  const before = storage()?.getItem(GENESIS) ?? null;
  if (before === null) {
    storage()?.setItem(GENESIS, pinned.hash);
  } else if (before !== pinned.hash) {
    report.alarm = say(
      `本浏览器以前在这里见到的创世哈希是 ${before},现在是 ${pinned.hash}。`,
      `This browser saw the genesis hash ${before} here before; now it is ${pinned.hash}.`,
    );
    report.stop('genesis', 'fail', say('创世哈希变了', 'the genesis hash has changed'));
  }
}

/** Reads what `/verify/consistency` answers; only the proof is used, roots are held already. */
export function readProof(text: string): LogHash[] {
  const json = parseJson(text);
  const hashes = json instanceof Map ? json.get('proof') : null;
  if (!Array.isArray(hashes)) {
    throw new VerifyError('Malformed', 'not a consistency proof');
  }
  return hashes.map((hash) => {
    if (typeof hash !== 'string' || fromHex(hash).length !== 32) {
      throw new VerifyError('Malformed', 'not a hash of the log');
    }
    return toHex(fromHex(hash)) as LogHash;
  });
}

/** Proves that one head continues the other, in whichever order they are. */
export async function proveSameLog(
  one: TreeHead, other: TreeHead, source: ProofSource,
): Promise<void> {
  const [earlier, later] = one.size <= other.size ? [one, other] : [other, one];
  const proof = earlier.size === later.size
    ? [] : readProof(await source(earlier.size, later.size));
  verifyConsistency(earlier, later, proof);
}

/**
 * Holds the verified header against the newest head that this browser verified before. A rewrite is
 * an alarm, whoever signed it, and the old head stays remembered.
 */
export async function compareWithMemory(
  report: Report, pinned: PinnedGenesis, header: types.Header, blockId: BlockId,
  source: ProofSource | null,
): Promise<void> {
  const before = remembered(pinned);
  const head = { size: header.log_size, root: header.log_root };
  if (before === null) {
    remember(pinned, header, blockId);
    report.mark('memory', 'note', storage() === null
      ? say('本浏览器不允许保存,无法记住', 'this browser keeps nothing')
      : say(`首次所见,已记住高度 ${header.height}`, `first seen; height ${header.height} kept`));
    return;
  }
  if (source === null && before.size !== head.size) {
    report.mark('memory', 'note', say('离线,没有一致性证明', 'offline: no consistency proof'));
    return;
  }
  try {
    await proveSameLog(before, head, source ?? (() => Promise.reject(new TypeError('offline'))));
  } catch (error) {
    refuse(report, before, header, blockId, error);
    return;
  }
  if (head.size >= before.size) {
    remember(pinned, header, blockId);
  }
  report.mark('memory', 'pass', say(
    `上次(${new Date(before.seenMs).toLocaleString('zh-CN')})见到 ${before.size} 条,`
      + `现在的 ${head.size} 条以它为开头`,
    `the ${head.size} leaves of now and the ${before.size} seen on `
      + `${new Date(before.seenMs).toLocaleString('en')} are one log`,
  ));
}

function refuse(
  report: Report, before: Remembered, header: types.Header, blockId: BlockId, error: unknown,
): void {
  if (!(error instanceof VerifyError)) {
    const shorter = header.log_size < before.size;
    report.mark('memory', shorter ? 'fail' : 'open', shorter
      ? say(`账本变短:以前见过 ${before.size} 条,现在只有 ${header.log_size} 条,也没有证明。`
        + '节点可能落后,也可能账本被改写。',
      `the log became shorter: ${before.size} leaves were seen, ${header.log_size} are given, and `
        + 'no proof. The node may lag, or the log was rewritten.')
      : say('没有得到一致性证明', 'no consistency proof was given'));
    return;
  }
  report.mark('memory', 'fail', reason(error));
  report.alarm = say(
    `警报:账本被改写。本浏览器以前核验过的账本(${before.size} 条,高度 ${before.height},`
      + `账本根 ${before.root},区块 ${before.blockId})不是现在这本(${header.log_size} 条,`
      + `高度 ${header.height},账本根 ${header.log_root},区块 ${blockId})的开头。`
      + '两者都带有足够的签名,请保存本页并告知审计机关。',
    `ALARM: the ledger was rewritten. The log that this browser verified before (${before.size} `
      + `leaves, height ${before.height}, root ${before.root}, block ${before.blockId}) is not the `
      + `beginning of this one (${header.log_size} leaves, height ${header.height}, root `
      + `${header.log_root}, block ${blockId}). Both are signed by a quorum: keep this page and `
      + 'tell the auditors.',
  );
}
