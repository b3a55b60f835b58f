import type { Codec, Of, Plain } from './codec.ts';
import { objectOf, textOf } from './codec.ts';
import type { Reader, Writer } from './borsh.ts';
import { malformed } from './errors.ts';
import type { Json } from './json.ts';

// Every codec fits `any`, and nothing narrower; the types below recover the real one.
type Fields = Record<string, Codec<any>>;
/** The object that a struct's codec reads. */
type StructOf<F extends Fields> = { [K in keyof F]: Of<F[K]> };
/** The object that an enum's codec reads: the variant's name in `kind`, and its fields. */
type EnumOf<V extends Record<string, Fields>> = {
  [K in keyof V & string]: { kind: K } & StructOf<V[K]>;
}[keyof V & string];

/** A struct: its fields in the order in which they are given here. Unknown names are refused. */
export function struct<F extends Fields>(fields: F): Codec<StructOf<F>> {
  const entries = Object.entries(fields) as unknown as [string, Codec<unknown>][];
  const build = (part: (name: string, codec: Codec<unknown>) => unknown): StructOf<F> =>
    Object.fromEntries(entries.map(([name, codec]) => [name, part(name, codec)])) as StructOf<F>;
  return {
    read: (reader: Reader) => build((_, codec) => codec.read(reader)),
    write: (writer: Writer, value) => {
      entries.forEach(([name, codec]) => codec.write(writer, value[name]));
    },
    fromJson: (json: Json) => {
      const object = objectOf(json);
      refuseUnknown(object.keys(), fields);
      return build((name, codec) => {
        const part = object.get(name);
        if (part === undefined) {
          throw malformed(`the field "${name}" is missing`);
        }
        return codec.fromJson(part);
      });
    },
    toPlain: (value) => {
      const plain = entries.map(([name, codec]) => [name, codec.toPlain(value[name])] as const);
      return Object.fromEntries(plain) as Plain;
    },
  };
}

function refuseUnknown(names: Iterable<string>, fields: Fields): void {
  for (const name of names) {
    if (!Object.hasOwn(fields, name)) {
      throw malformed(`unknown field "${name}"`);
    }
  }
}

/** How an enum stands in JSON: `{"name": {…}}`, or `{"kind": "name", …}`. */
export type EnumForm = 'outside' | 'inside';

/** An enum whose variants, numbered from 0, have fields. */
export function variants<V extends Record<string, Fields>>(
  cases: V, form: EnumForm = 'outside',
): Codec<EnumOf<V>> {
  const names = Object.keys(cases);
  const bodies = names.map((name) => struct(cases[name] as Fields));
  const join = (number: number, body: object | undefined): EnumOf<V> =>
    ({ kind: names[number], ...body }) as unknown as EnumOf<V>;
  return {
    read: (reader) => {
      const number = reader.u8();
      if (number >= names.length) {
        throw malformed(`unknown variant ${number} of ${names.join('|')}`);
      }
      return join(number, bodies[number]?.read(reader));
    },
    write: (writer, value) => {
      const number = names.indexOf(value.kind);
      writer.u8(number);
      bodies[number]?.write(writer, value as never);
    },
    fromJson: (json) => {
      const object = new Map(objectOf(json));
      const [outer] = object.keys();
      const name = form === 'inside' ? textOf(object.get('kind') ?? null) : outer;
      const number = names.indexOf(name ?? '');
      if (number < 0 || (form === 'outside' && object.size !== 1)) {
        throw malformed(`one of ${names.join('|')} expected`);
      }
      object.delete('kind');
      const body = form === 'inside' ? object : (object.get(name ?? '') ?? null);
      return join(number, bodies[number]?.fromJson(body));
    },
    toPlain: (value) => {
      const body = bodies[names.indexOf(value.kind)]?.toPlain(value as never) ?? null;
      return form === 'inside'
        ? { kind: value.kind, ...(body as Record<string, Plain>) }
        : { [value.kind]: body };
    },
  };
}

// `null` stands for a variant that holds nothing.
type Contents = Record<string, Codec<any> | null>;
/** The object that the codec of such an enum reads. */
type OneOf<V extends Contents> = {
  [K in keyof V & string]:
    V[K] extends Codec<infer T> ? { kind: K; value: T } : { kind: K; value: null };
}[keyof V & string];

/**
 * An enum whose variants, numbered from 0, hold one unnamed value or nothing; in JSON
 * `{"name": value}`, or the name alone.
 */
export function oneOf<V extends Contents>(cases: V): Codec<OneOf<V>> {
  const all = Object.entries(cases);
  const expected = (): Error => malformed(`one of ${Object.keys(cases).join('|')} expected`);
  const find = (kind: string): Codec<any> | null => {
    const found = all.find(([name]) => name === kind);
    if (found === undefined) {
      throw expected();
    }
    return found[1];
  };
  const join = (kind: string, value: unknown): OneOf<V> => ({ kind, value }) as OneOf<V>;
  return {
    read: (reader) => {
      const variant = all[reader.u8()];
      if (variant === undefined) {
        throw malformed(`unknown variant of ${Object.keys(cases).join('|')}`);
      }
      return join(variant[0], variant[1]?.read(reader) ?? null);
    },
    write: (writer, { kind, value }) => {
      writer.u8(all.findIndex(([name]) => name === kind));
      find(kind)?.write(writer, value);
    },
    fromJson: (json) => {
      if (typeof json === 'string' && find(json) === null) {
        return join(json, null);
      }
      const [[kind, part] = ['', null], ...more] = objectOf(json);
      const codec = find(kind);
      if (codec === null || more.length > 0) {
        throw expected();
      }
      return join(kind, codec.fromJson(part));
    },
    toPlain: ({ kind, value }) => {
      const codec = find(kind);
      return codec === null ? kind : { [kind]: codec.toPlain(value) };
    },
  };
}

/** An enum whose variants have no fields; in JSON its name. */
export function names<N extends string>(...all: N[]): Codec<N> {
  return {
    read: (reader) => {
      const number = reader.u8();
      const name = all[number];
      if (name === undefined) {
        throw malformed(`unknown variant ${number} of ${all.join('|')}`);
      }
      return name;
    },
    write: (writer, value) => writer.u8(all.indexOf(value)),
    fromJson: (json) => {
      const name = all.find((known) => known === textOf(json));
      if (name === undefined) {
        throw malformed(`one of ${all.join('|')} expected`);
      }
      return name;
    },
    toPlain: (value) => value,
  };
}
