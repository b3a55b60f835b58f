import type { Codec } from './codec.ts';
import { asText, checked, hexOf, i32, textOf, u32, u64, u8, u16 } from './codec.ts';
import { fromUtf8, utf8 } from './bytes.ts';
import { malformed } from './errors.ts';
import { struct } from './shapes.ts';

declare const brand: unique symbol;
/** Lower-case hexadecimal text of fixed length; the name keeps kinds from being exchanged. */
export type Hex<Name extends string> = string & { readonly [brand]: Name };

/** 2^53 − 1: the most of `Fen`, and of the log's leaves. */
export const MOST_EXACT = 2n ** 53n - 1n;

const FORBIDDEN = /[\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069\ufeff]/;

/** `Text<most>`: UTF-8 of at most `most` bytes without control and direction characters. */
export function text(most: number): Codec<string> {
  const check = (value: string): string => {
    if (FORBIDDEN.test(value)) {
      throw malformed('text with a forbidden character');
    }
    if (utf8(value).length > most) {
      throw malformed(`text of more than ${most} bytes`);
    }
    return value;
  };
  return {
    read: (reader) => {
      const length = reader.u32();
      if (length > most) {
        throw malformed(`text of ${length} bytes, at most ${most}`);
      }
      return check(fromUtf8(reader.take(length)));
    },
    write: (writer, value) => {
      const encoded = utf8(value);
      writer.u32(encoded.length);
      writer.put(encoded);
    },
    fromJson: (json) => check(textOf(json)),
    toPlain: (value) => value,
  };
}

/** `Height`, `LogIndex` and `TimeMs` (milliseconds since 1970). */
export const height = u64;
export const logIndex = u64;
export const timeMs = u64;

/** Money in fen, 0.01 yuan; at most 2^53 − 1. In JSON decimal text. */
export const fen: Codec<bigint> = asText(
  checked(u64, checkFen),
  (digits) => {
    if (!/^(?:0|[1-9][0-9]{0,15})$/.test(digits)) {
      throw malformed('an amount is decimal digits without a leading zero');
    }
    return checkFen(BigInt(digits));
  },
  String,
);

function checkFen(value: bigint): bigint {
  if (value > MOST_EXACT) {
    throw malformed(`${value} fen are too many`);
  }
  return value;
}

const FIRST_DAY = -7670;
const LAST_DAY = 84370;
const DAY_MS = 86_400_000;

/** A day of 1949 to 2200, as days since 1970-01-01. In JSON `YYYY-MM-DD`. */
export const date: Codec<number> = asText(checked(i32, checkDate), parseDate, formatDate);

function checkDate(days: number): number {
  if (days < FIRST_DAY || days > LAST_DAY) {
    throw malformed(`day ${days} is outside 1949 to 2200`);
  }
  return days;
}

/** `YYYY-MM-DD` of days since 1970-01-01. */
export function formatDate(days: number): string {
  return new Date(days * DAY_MS).toISOString().slice(0, 10);
}

function parseDate(day: string): number {
  if (!/^[0-9]{4}-[0-9]{2}-[0-9]{2}$/.test(day)) {
    throw malformed('a date is YYYY-MM-DD');
  }
  const days = Date.parse(`${day}T00:00:00Z`) / DAY_MS;
  // Comparing with the printed form refuses days such as 30 February, which would roll over.
  if (!Number.isInteger(days) || formatDate(checkDate(days)) !== day) {
    throw malformed(`${day} is not a day`);
  }
  return days;
}

/** A month of 1949 to 2200; in JSON `YYYY-MM`. */
export interface Month {
  /** Year, 1949 to 2200. */
  year: number;
  /** Month of the year, 1 to 12. */
  month: number;
}

/** Codec of `Month`. */
export const month: Codec<Month> = asText(
  checked(struct({ year: u16, month: u8 }), (value) => {
    checkYear(value.year);
    if (value.month < 1 || value.month > 12) {
      throw malformed(`${value.month} is not a month`);
    }
  }),
  (printed) => {
    const parts = /^([0-9]{4})-(0[1-9]|1[0-2])$/.exec(printed);
    if (parts === null) {
      throw malformed('a month is YYYY-MM');
    }
    return { year: checkYear(Number(parts[1])), month: Number(parts[2]) };
  },
  (value) => `${value.year}-${String(value.month).padStart(2, '0')}`,
);

function checkYear(year: number): number {
  if (year < 1949 || year > 2200) {
    throw malformed(`year ${year} is outside 1949 to 2200`);
  }
  return year;
}

/** Unified social credit code: 18 characters; its check digit is not looked at (GB 32100). */
export type OrganizationCode = Hex<'OrganizationCode'>;

/** Codec of `OrganizationCode`. */
export const organizationCode: Codec<OrganizationCode> = {
  read: (reader) => checkCode(String.fromCharCode(...reader.take(18))),
  write: (writer, value) => writer.put(utf8(value)),
  fromJson: (json) => checkCode(textOf(json)),
  toPlain: (value) => value,
};

function checkCode(code: string): OrganizationCode {
  if (!/^[0-9A-HJ-NPQRTUWXY]{18}$/.test(code)) {
    throw malformed('not an organisation code');
  }
  return code as OrganizationCode;
}

const PROVINCES = new Set([
  11, 12, 13, 14, 15, 21, 22, 23, 31, 32, 33, 34, 35, 36, 37, 41, 42, 43, 44, 45, 46,
  50, 51, 52, 53, 54, 61, 62, 63, 64, 65, 71, 81, 82,
]);

/** Administrative division (GB/T 2260), six digits; in JSON text. */
export const division: Codec<number> = asText(
  checked(u32, checkDivision),
  (printed) => {
    if (!/^[1-9][0-9]{5}$/.test(printed)) {
      throw malformed('a division is six digits');
    }
    return checkDivision(Number(printed));
  },
  String,
);

function checkDivision(code: number): number {
  const rest = code % 10_000;
  const known = PROVINCES.has(Math.floor(code / 10_000)) && !(rest < 100 && code % 100 !== 0);
  if (code !== 100_000 && !known) {
    throw malformed(`${code} is not a division`);
  }
  return code;
}

/** Number of an official document, e.g. 民发〔2025〕57号. */
export interface DocumentNumber {
  /** Who issued it, e.g. 民发. */
  issuer: string;
  /** Year, 1949 to 2200. */
  year: number;
  /** Number in that year, 1 to 999,999. */
  serial: number;
}

const ISSUER = text(128);

/** Codec of `DocumentNumber`; in JSON its printed form. */
export const documentNumber: Codec<DocumentNumber> = {
  ...asText(
    checked(struct({ issuer: ISSUER, year: u16, serial: u32 }), checkDocumentNumber),
    (printed) => {
      const parts = /^(.+)〔([0-9]{4})〕([1-9][0-9]{0,5})号$/u.exec(printed);
      if (parts === null) {
        throw malformed('not a document number');
      }
      const value = {
        issuer: ISSUER.fromJson(parts[1] ?? ''), year: Number(parts[2]), serial: Number(parts[3]),
      };
      checkDocumentNumber(value);
      return value;
    },
    (value) => `${value.issuer}〔${value.year}〕${value.serial}号`,
  ),
};

function checkDocumentNumber(value: DocumentNumber): void {
  checkYear(value.year);
  if (!/^(?![\s\S]*[号號第])[\u3400-\u4dbf\u4e00-\u9fff\u3007]{1,32}$/u.test(value.issuer)) {
    throw malformed('not an issuer of documents');
  }
  if (value.serial < 1 || value.serial > 999_999) {
    throw malformed(`${value.serial} is not a document's number`);
  }
}

/** Ed25519 public key, 32 bytes. */
export type PublicKey = Hex<'PublicKey'>;
/** Ed25519 signature, 64 bytes. */
export type Signature = Hex<'Signature'>;
/** Codec of `PublicKey`: any 32 bytes. */
export const publicKey = hexOf<PublicKey>(32);
/** Codec of `Signature`: any 64 bytes. */
export const signature = hexOf<Signature>(64);

/** A codec for a hash with a name of its own. */
export function hash<Name extends string>(): Codec<Hex<Name>> {
  return hexOf<Hex<Name>>(32);
}

/** Chain id: the genesis' name and 16 digits of its hash. */
export const chainId = text(64);
