/** What a page shows, held against verified values. */
import type { Json, Plain } from '../src/index.ts';
import { parseJson, plainJson, VerifyError } from '../src/index.ts';
import type { Report } from './report.ts';
import { say } from './report.ts';
import { FIELDS } from './words.ts';

const BEIJING_MS = 8 * 60 * 60 * 1000;

/** The text of the one element of the page that shows this field; null if not exactly one does. */
export function shownText(field: string): string | null {
  const [only = null, ...more] = document.querySelectorAll(`[data-field="${field}"]`);
  return more.length === 0 ? textOf(only) : null;
}

/** What a reader sees of an element, without the spaces around it. */
export function textOf(found: Element | null): string | null {
  return found === null ? null : (found.textContent ?? '').trim();
}

/** Compares the text of a field with the verified one. */
export function compareField(report: Report, field: string, proven: string): void {
  report.compare(FIELDS[field] ?? say(field, field), proven, shownText(field));
}

/** Compares JSON that the page shows with a verified value, whatever the order of names. */
export function compareJson(report: Report, field: string, proven: Plain): void {
  const shown = shownText(field);
  let same = false;
  try {
    same = shown !== null && samePlain(parseJson(shown), proven);
  } catch (error) {
    if (!(error instanceof VerifyError)) {
      throw error;
    }
  }
  const text = (value: string): string => (value.length > 400 ? `${value.slice(0, 400)}…` : value);
  const printed = plainJson(proven).replace(/\n */g, '');
  report.compare(FIELDS[field] ?? say(field, field), text(printed), text(shown ?? ''), same);
}

/** Whether JSON says the same as plain data. */
export function samePlain(json: Json, plain: Plain): boolean {
  if (Array.isArray(json)) {
    return Array.isArray(plain) && json.length === plain.length
      && json.every((item, i) => samePlain(item, plain[i] ?? null));
  }
  if (json instanceof Map) {
    if (plain === null || typeof plain !== 'object' || Array.isArray(plain)) {
      return false;
    }
    const names = Object.keys(plain);
    return names.length === json.size
      && names.every((name) => json.has(name)
        && samePlain(json.get(name) ?? null, plain[name] ?? null));
  }
  return typeof plain === 'number' ? json === BigInt(plain) : json === plain;
}

/** Beijing time as the pages write it. */
export function beijing(timeMs: bigint): string {
  return new Date(Number(timeMs) + BEIJING_MS).toISOString().slice(0, 19).replace('T', ' ');
}

/** All texts in plain data, each with its path. */
export function leaves(plain: Plain, path = ''): [string, string][] {
  if (plain === null) {
    return [];
  }
  if (typeof plain === 'object') {
    const entries = Array.isArray(plain)
      ? plain.map((item, i) => [String(i + 1), item] as const) : Object.entries(plain);
    return entries.flatMap(([name, value]) =>
      leaves(value, path === '' ? name : `${path}.${name}`));
  }
  return [[path, String(plain)]];
}

const FACTORS: Record<string, number> = { 万元: 6, 元: 2 };

/** Amounts as a sentence writes them: each with its number and its unit, none for CNY. */
export function amountsIn(sentence: string): [string, string, string][] {
  const chinese = sentence.matchAll(/([0-9]+(?:\.[0-9]+)?)(万元|元)/g);
  const english = sentence.matchAll(/CNY ([0-9][0-9,]*\.[0-9]{2})/g);
  return [...chinese, ...english].map(([token, number = '', unit = '']) => [token, number, unit]);
}

/**
 * Amounts in a sentence that no verified value explains: each must be the fen of some field, or
 * stand literally in a text that somebody wrote.
 */
export function strangeAmounts(sentence: string, verified: string[]): string[] {
  const fen = new Set(verified);
  return amountsIn(sentence).flatMap(([token, number, unit]) => {
    const decimals = FACTORS[unit] ?? 2;
    const [whole = '', fraction = ''] = number.replaceAll(',', '').split('.');
    const digits = BigInt(whole + fraction.padEnd(decimals, '0')).toString();
    const known = fraction.length <= decimals && fen.has(digits);
    return known || verified.some((text) => text.includes(token)) ? [] : [token];
  });
}
