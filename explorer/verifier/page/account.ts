/** An account: the proof of its state, and the balance that the page shows. */
import {
  accountOfKey, balanceOf, formatYuan, readAccount,
} from '../src/index.ts';
import type { Proven } from '../src/index.ts';
import { compareField } from './compare.ts';
import { pageLanguage } from './dom.ts';
import { tenThousands } from './record.ts';
import { step } from './evidence.ts';
import type { Report } from './report.ts';
import { say } from './report.ts';

/** Compares the page of an account with its proven entry of the state. */
export function compareAccount(report: Report, proven: Proven, pageHeight: string): void {
  if (proven.kind !== 'state') {
    report.stop('state', 'fail', say('证据不是关于账户的', 'the evidence is not of an account'));
  }
  const { key, value } = proven as { key: Uint8Array; value: Uint8Array | null };
  const id = step(report, 'state', () => accountOfKey(key));
  const account = value === null ? null : step(report, 'state', () => readAccount(value));
  const balance = account === null ? 0n : balanceOf(account);
  if (id.kind === 'line') {
    compareField(report, 'holder', id.holder);
    compareField(report, 'fund', id.fund);
    compareField(report, 'year', String(id.year));
    compareField(report, 'name', id.line);
  } else {
    compareField(report, 'holder', id.organization);
    compareField(report, 'name', id.kind === 'payment' ? id.reference : String(id.movement));
  }
  compareField(report, 'balance', formatYuan(balance));
  if (pageLanguage() === 'zh') {
    compareField(report, 'balance_wan', tenThousands(balance));
  }
  const same = report.rows.every((row) => row.same);
  const height = proven.header.height.toString();
  const later = height === pageHeight ? say('', '') : say(
    `(页面高度 ${pageHeight},证明高度 ${height}:账户若刚有变动,请刷新后再核验)`,
    ` (page at height ${pageHeight}, proof at ${height}: if the account just changed, reload)`,
  );
  report.mark('fields', same ? 'pass' : 'fail', same
    ? say(`高度 ${height} 时的余额与页面一致`, `the balance at height ${height} agrees`)
    : say(`页面与已证明的余额或账户不符${later.zh}`, `the page differs${later.en}`));
}

