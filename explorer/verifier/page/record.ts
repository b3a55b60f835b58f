/** A record: its evidence, and what the page says of it. */
import type { PinnedGenesis, Plain, types } from '../src/index.ts';
import {
  call as callCodec, decode, formatYuan, movedFen, outcomeOf, transactionSignatureHolds,
  viewReceipt, viewRecord, VerifyError,
} from '../src/index.ts';
import type { Movement, RecordView } from '../src/index.ts';
import {
  amountsIn, beijing, compareField, compareJson, leaves, shownText, strangeAmounts, textOf,
} from './compare.ts';
import { proveEvidence, step } from './evidence.ts';
import type { Report } from './report.ts';
import { say } from './report.ts';
import { FIELDS } from './words.ts';

const KINDS: Record<string, string> = {
  receipt: '入账', transfer: '划转', payment: '支付', carry_over: '结转', purpose_change: '改变用途',
  return: '退回', reversal: '冲正', rebase: '重整',
};
const BASES: Record<string, string> = {
  designated: '指定来源', first_in_first_out: '先进先出', substitution: '替代',
};

/** A verified record, decoded. */
export interface Decoded {
  record: types.Record;
  view: RecordView;
  /** The act that the page speaks of: an approval's is that of its proposal. */
  subject: Plain;
}

/** Takes the record out of a proven leaf and checks its officer's signature. */
export function decodeRecord(report: Report, leaf: types.Leaf): Decoded {
  if (leaf.kind !== 'record') {
    return report.stop('log', 'fail', say('这一条是区块结尾,不是账目', 'this leaf is no record'));
  }
  const record = leaf.value;
  const view = viewRecord(record);
  const holds = transactionSignatureHolds(record.transaction);
  report.mark('signature', holds ? 'pass' : 'fail', say(
    `密钥 ${view.key} ${holds ? '的签名有效' : '的签名无效'}`,
    `the signature by ${view.key} is ${holds ? 'right' : 'wrong'}`,
  ));
  const subject = view.callContents;
  report.contents = described(view);
  report.hashes = leaves(view.callContents).flatMap(([, text]) =>
    (/^[0-9a-f]{64}$/.test(text) ? [text] : []));
  return { record, view, subject };
}

/** What was proven, for reading. */
function described(view: RecordView): [string, string][] {
  const money = /(^|\.)(amount|figure|sales|total|unclaimed_prizes)$/;
  const acts = leaves(view.callContents).map(([path, text]): [string, string] =>
    [path, money.test(path) && /^[0-9]+$/.test(text) ? `${formatYuan(BigInt(text))} 元` : text]);
  return [
    ['act', view.call], ['organization', view.organization],
    ['client_reference', view.clientReference], ['transaction_id', view.transactionId],
    ['code', String(view.receipt.code)], ...acts,
  ];
}

/** Proves the closing leaf of the record's block and gives its time. */
export function proveTime(
  report: Report, input: Uint8Array, pinned: PinnedGenesis, height: bigint, blank: Report,
): string {
  const proven = step(report, 'time', () => {
    const found = quietly(blank, input, pinned);
    if (found.kind !== 'leaf' || found.leaf.kind !== 'closing' || found.leaf.value.height !== height) {
      throw new VerifyError('Misplaced', 'not the closing of the block');
    }
    return found.leaf.value;
  });
  report.mark('time', 'pass', say(`高度 ${height} 的结尾已证明`, `closing of height ${height} proven`));
  return beijing(proven.time_ms);
}

/** Proves the proposal's record that an approval names and gives its act. */
export function proveProposal(
  report: Report, input: Uint8Array, pinned: PinnedGenesis, approval: Plain, blank: Report,
): Plain {
  return step(report, 'proposal', () => {
    const found = quietly(blank, input, pinned);
    if (found.kind !== 'leaf' || found.leaf.kind !== 'record') {
      throw new VerifyError('Misplaced', 'not a record');
    }
    const view = viewRecord(found.leaf.value);
    const named = leaves(approval).some(([, text]) => text === view.transactionId);
    if (!named) {
      throw new VerifyError('Misplaced', 'not the proposal that the approval names');
    }
    report.mark('proposal', 'pass', say(
      `第 ${view.index} 条,交易 ${view.transactionId}`, `record ${view.index}, ${view.transactionId}`,
    ));
    return view.callContents;
  });
}

/** Proves other evidence; its own steps go to a report that nobody draws. */
function quietly(blank: Report, input: Uint8Array, pinned: PinnedGenesis) {
  try {
    return proveEvidence(blank, input, pinned);
  } catch (error) {
    const failed = [...blank.steps.values()].find((done) => done.mark === 'fail');
    throw new VerifyError('Malformed', failed?.detail.en ?? String(error));
  }
}

/** Compares everything on the page that follows from the record's bytes. */
export function compareRecord(report: Report, decoded: Decoded, time: string): void {
  const { view, record } = decoded;
  compareField(report, 'index', view.index.toString());
  compareField(report, 'height', view.height.toString());
  compareField(report, 'time', time);
  compareField(report, 'transaction_id', view.transactionId);
  compareField(report, 'organization', view.organization);
  compareField(report, 'key', view.key);
  compareField(report, 'reference', view.clientReference);
  const code = FIELDS['code'] ?? say('', '');
  report.compare(code, String(view.receipt.code), shownText('code') ?? '0');
  const act = decode(callCodec, record.transaction.body.call);
  compareJson(report, 'call', callCodec.toPlain(act));
  compareJson(report, 'outcome', outcomeOf(record.receipt));
  compareSentences(report, decoded);
  compareMovements(report, record);
  const differing = report.rows.filter((row) => !row.same);
  const names = (language: 'zh' | 'en'): string =>
    differing.map((row) => row.name[language]).join(language === 'zh' ? '、' : ', ');
  report.mark('fields', differing.length === 0 ? 'pass' : 'fail', differing.length === 0
    ? say(`${report.rows.length} 项全部一致(单位名称和岗位取自登记,不在本条字节之内)`,
      `all ${report.rows.length} fields agree (names and roles come from the registry, not from `
        + 'these bytes)')
    : say(`页面与已证明的字节不符:${names('zh')}`, `the page differs: ${names('en')}`));
}

function compareSentences(report: Report, { view, subject, record }: Decoded): void {
  const moved = viewReceipt(record.receipt).events.flatMap((event) =>
    (event.kind === 'movement' ? [event.amountFen.toString()] : []));
  const verified = [...leaves(subject), ...leaves(view.callContents)].map(([, text]) => text);
  for (const field of ['sentence', 'sentence_en']) {
    const shown = shownText(field);
    const strange = strangeAmounts(shown ?? '', [...verified, ...moved]);
    const amounts = amountsIn(shown ?? '').map(([token]) => token);
    const proven = amounts.filter((token) => !strange.includes(token));
    report.compare(FIELDS[field] ?? say(field, field), proven.join(' '), amounts.join(' '),
      shown !== null && strange.length === 0);
  }
}

function compareMovements(report: Report, record: types.Record): void {
  const movements = viewReceipt(record.receipt).events.flatMap((event) =>
    (event.kind === 'movement' ? [event.movement] : []));
  const shown = [...document.querySelectorAll('#movements tbody tr')];
  const count = FIELDS['movements'] ?? say('', '');
  report.compare(count, String(movements.length), String(shown.length));
  movements.forEach((movement, i) => compareMovement(report, movement, shown[i] ?? null));
}

function compareMovement(report: Report, movement: Movement, row: Element | null): void {
  const cell = (label: string): Element | null =>
    row?.querySelector(`td[data-label="${label}"]`) ?? null;
  const compare = (label: string, en: string, proven: string, shown: string | null): void =>
    report.compare(say(`流水${movement.number} ${label}`, `Movement ${movement.number} ${en}`),
      proven, shown);
  const kind = textOf(cell('种类'))?.split(' ')[0] ?? null;
  compare('流水', 'number', movement.number.toString(), textOf(cell('流水')));
  compare('种类', 'kind', KINDS[movement.kind.kind] ?? movement.kind.kind, kind);
  const money = cell('金额(元)')?.querySelector('.money') ?? null;
  compare('金额', 'amount', `${formatYuan(movedFen(movement))}${tenThousands(movedFen(movement))}万`,
    textOf(money));
  const { start, end } = movement.to_interval;
  compare('位置区间', 'positions', `[${start}, ${end})`, textOf(cell('位置区间')));
  compare('对应方式', 'attribution', BASES[movement.basis.kind] ?? '', textOf(cell('对应方式')));
  const to = movement.to;
  const named = to.kind === 'line' ? `“${to.line}”` : to.kind === 'payment'
    ? `付款“${to.reference}”` : `第${to.movement}笔流水`;
  const place = textOf(cell('去向'));
  report.compare(say(`流水${movement.number} 去向`, `Movement ${movement.number} to`), named, place,
    place?.endsWith(named) ?? false);
  if (movement.from.kind === 'account' && movement.from.value.kind === 'line') {
    const from = `“${movement.from.value.line}”`;
    const shown = textOf(cell('来源'));
    report.compare(say(`流水${movement.number} 来源`, `Movement ${movement.number} from`), from,
      shown, shown?.endsWith(from) ?? false);
  }
}

/** Ten thousands of yuan without needless zeros, as the pages write them. */
export function tenThousands(fen: bigint): string {
  const digits = fen.toString().padStart(7, '0');
  const fraction = digits.slice(-6).replace(/0+$/, '');
  return fraction === '' ? digits.slice(0, -6) : `${digits.slice(0, -6)}.${fraction}`;
}

