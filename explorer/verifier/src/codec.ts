import { Reader, Writer } from './borsh.ts';
import { fromHex, toHex } from './bytes.ts';
import { malformed, VerifyError } from './errors.ts';
import type { Json, JsonObject } from './json.ts';

/** Plain data as it is shown or passed to `JSON.stringify` (numbers above 2^53 are `bigint`). */
export type Plain = null | boolean | number | bigint | string | Plain[] | { [name: string]: Plain };

/** How one type is written in borsh and in JSON. Both directions check every rule of the type. */
export interface Codec<T> {
  /** Reads one value from borsh. */
  read(reader: Reader): T;
  /** Writes one value, which must be valid, as borsh. */
  write(writer: Writer, value: T): void;
  /** Reads one value from JSON. */
  fromJson(json: Json): T;
  /** Plain data in the shape of the JSON form. */
  toPlain(value: T): Plain;
}

/** The type that a codec reads and writes. */
export type Of<C> = C extends Codec<infer T> ? T : never;

/** Reads a whole value; longer than `most` bytes or bytes left over are refused. */
export function decode<T>(codec: Codec<T>, bytes: Uint8Array, most = 8 * 1024 * 1024): T {
  if (bytes.length > most) {
    throw new VerifyError('TooLarge', `${bytes.length} bytes, at most ${most}`);
  }
  const reader = new Reader(bytes);
  const value = codec.read(reader);
  reader.end();
  return value;
}

/** The canonical bytes of a value. */
export function encode<T>(codec: Codec<T>, value: T): Uint8Array {
  const writer = new Writer();
  codec.write(writer, value);
  return writer.finish();
}

/** Refuses JSON that is not text. */
export function textOf(json: Json): string {
  if (typeof json !== 'string') {
    throw malformed('text expected');
  }
  return json;
}

/** Refuses JSON that is not an object. */
export function objectOf(json: Json): JsonObject {
  if (!(json instanceof Map)) {
    throw malformed('object expected');
  }
  return json;
}

/** Refuses JSON that is not a list. */
export function listOf(json: Json): Json[] {
  if (!Array.isArray(json)) {
    throw malformed('list expected');
  }
  return json;
}

function big(bytes: number, signed: boolean): Codec<bigint> {
  const width = BigInt(8 * bytes);
  const low = signed ? -(1n << (width - 1n)) : 0n;
  const high = low + (1n << width);
  return {
    read: (reader) => {
      const value = reader.unsigned(bytes);
      return value >= high ? value - (1n << width) : value;
    },
    write: (writer, value) => writer.unsigned(value, bytes),
    fromJson: (json) => {
      if (typeof json !== 'bigint' || json < low || json >= high) {
        throw malformed(`number from ${low} to below ${high} expected`);
      }
      return json;
    },
    toPlain: (value) => value,
  };
}

/** Changes what a codec reads, both ways; `into` may refuse. */
export function mapped<A, B>(inner: Codec<A>, into: (a: A) => B, back: (b: B) => A): Codec<B> {
  return {
    read: (reader) => into(inner.read(reader)),
    write: (writer, value) => inner.write(writer, back(value)),
    fromJson: (json) => into(inner.fromJson(json)),
    toPlain: (value) => inner.toPlain(back(value)),
  };
}

/** The same codec with another JSON form: text. */
export function asText<T>(
  inner: Codec<T>, parse: (text: string) => T, format: (value: T) => string,
): Codec<T> {
  return { ...inner, fromJson: (json) => parse(textOf(json)), toPlain: format };
}

/** The same codec, with a rule on its values. */
export function checked<T>(inner: Codec<T>, check: (value: T) => void): Codec<T> {
  const checkedValue = (value: T): T => {
    check(value);
    return value;
  };
  return mapped(inner, checkedValue, (value) => value);
}

function small(bytes: number, signed = false): Codec<number> {
  return { ...mapped(big(bytes, signed), Number, BigInt), toPlain: (value) => value };
}

/** Unsigned and signed numbers; those of 64 bits are `bigint`. */
export const u8 = small(1);
export const u16 = small(2);
export const u32 = small(4);
export const u64 = big(8, false);
export const i32 = small(4, true);
export const i64 = big(8, true);

/** `bool`: one byte, 0 or 1. */
export const bool: Codec<boolean> = {
  read: (reader) => {
    const byte = reader.u8();
    if (byte > 1) {
      throw malformed(`${byte} is not a bool`);
    }
    return byte === 1;
  },
  write: (writer, value) => writer.u8(value ? 1 : 0),
  fromJson: (json) => {
    if (typeof json !== 'boolean') {
      throw malformed('true or false expected');
    }
    return json;
  },
  toPlain: (value) => value,
};

/** Exactly `length` bytes, held as lower-case hexadecimal text. */
export function hexOf<T extends string>(length: number): Codec<T> {
  return {
    read: (reader) => toHex(reader.take(length)) as T,
    write: (writer, value) => writer.put(fromHex(value)),
    fromJson: (json) => {
      const text = textOf(json);
      if (fromHex(text).length !== length) {
        throw malformed(`${length} bytes expected`);
      }
      return text as T;
    },
    toPlain: (value) => value,
  };
}

/** `Vec<u8>`, in JSON hexadecimal text. */
export const bytes: Codec<Uint8Array> = {
  read: (reader) => reader.take(reader.u32()),
  write: (writer, value) => {
    writer.u32(value.length);
    writer.put(value);
  },
  fromJson: (json) => fromHex(textOf(json)),
  toPlain: toHex,
};

/** `Vec<T>`. The number of items is not trusted: the list grows as its items arrive. */
export function list<T>(item: Codec<T>): Codec<T[]> {
  return {
    read: (reader) => {
      const length = reader.u32();
      const items: T[] = [];
      while (items.length < length) {
        items.push(item.read(reader));
      }
      return items;
    },
    write: (writer, items) => {
      writer.u32(items.length);
      items.forEach((value) => item.write(writer, value));
    },
    fromJson: (json) => listOf(json).map((value) => item.fromJson(value)),
    toPlain: (items) => items.map((value) => item.toPlain(value)),
  };
}

/** `Option<T>`; none is `null`. */
export function option<T>(inner: Codec<T>): Codec<T | null> {
  return {
    read: (reader) => (bool.read(reader) ? inner.read(reader) : null),
    write: (writer, value) => {
      bool.write(writer, value !== null);
      if (value !== null) {
        inner.write(writer, value);
      }
    },
    fromJson: (json) => (json === null ? null : inner.fromJson(json)),
    toPlain: (value) => (value === null ? null : inner.toPlain(value)),
  };
}
