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
import type { Language } from './dom.ts';
import { pageLanguage } from './dom.ts';
import { proveEvidence, step } from './evidence.ts';
import type { Report, Said } from './report.ts';
import { say } from './report.ts';
import { FIELDS } from './words.ts';

/** The words that the pages have for movements (contracts/src/words/book.rs, explorer/src/words/). */
const KINDS: Record<string, Said> = {
  receipt: say('入账', 'Receipt'), transfer: say('划转', 'Transfer'),
  payment: say('支付', 'Payment'), carry_over: say('结转', 'Carried over'),
  purpose_change: say('改变用途', 'Change of use'), return: say('退回', 'Returned'),
  reversal: say('冲正', 'Reversal'), rebase: say('重整', 'Rebased'),
};
const BASES: Record<string, Said> = {
  designated: say('指定来源', 'designated'),
  first_in_first_out: say('先进先出', 'first in, first out'),
  substitution: say('替代', 'substitution'),
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
  const language = pageLanguage();
  const shown = (cell: string): string | null =>
    textOf(row?.querySelector(`[data-cell="${cell}"]`) ?? null);
  const named = (zh: string, en: string): Said =>
    say(`流水${movement.number} ${zh}`, `Movement ${movement.number} ${en}`);
  const compare = (cell: string, zh: string, proven: string | undefined): void =>
    report.compare(named(zh, cell), proven ?? '', shown(cell));
  compare('number', '编号', movement.number.toString());
  compare('kind', '种类', KINDS[movement.kind.kind]?.[language]);
  const fen = movedFen(movement);
  compare('amount', '金额', amountCell(fen, language));
  const { start, end } = movement.to_interval;
  compare('positions', '位置区间', `[${start}, ${end})`);
  compare('attribution', '对应方式', BASES[movement.basis.kind]?.[language]);
  // What stands before the name comes from the registry.
  const compareEnd = (cell: string, zh: string, end: string): void => {
    const place = shown(cell);
    report.compare(named(zh, cell), end, place, place?.endsWith(end) ?? false);
  };
  const { to, from } = movement;
  const { payment, voided } = PLACES[language];
  compareEnd('to', '去向', to.kind === 'line' ? `“${to.line}”` : to.kind === 'payment'
    ? payment(to.reference) : voided(to.movement));
  if (from.kind === 'account' && from.value.kind === 'line') {
    compareEnd('from', '来源', `“${from.value.line}”`);
  }
}

/** How the name of an account that is no line ends. */
const PLACES = {
  zh: {
    payment: (reference: string) => `付款“${reference}”`,
    voided: (movement: bigint) => `第${movement}笔流水`,
  },
  en: {
    payment: (reference: string) => `payment “${reference}”`,
    voided: (movement: bigint) => `voided movement ${movement}`,
  },
};

/** An amount as the tables write it: Chinese pages have it in 万元 too. */
function amountCell(fen: bigint, language: Language): string {
  return language === 'zh' ? `${formatYuan(fen)}${tenThousands(fen)}万` : formatYuan(fen);
}

/** Ten thousands of yuan without needless zeros, as the pages write them. */
export function tenThousands(fen: bigint): string {
  const digits = fen.toString().padStart(7, '0');
  const fraction = digits.slice(-6).replace(/0+$/, '');
  return fraction === '' ? digits.slice(0, -6) : `${digits.slice(0, -6)}.${fraction}`;
}

