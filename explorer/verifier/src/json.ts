import { malformed } from './errors.ts';

/** A JSON value whose whole numbers are exact. Numbers with a fraction or exponent are refused. */
export type Json = null | boolean | bigint | string | Json[] | JsonObject;
/** A JSON object; a `Map` so that no name in the input can reach a prototype. */
export type JsonObject = Map<string, Json>;

const LONGEST_TEXT = 64 * 1024 * 1024;
const DEEPEST = 64;
const ESCAPES: Record<string, string> = {
  '"': '"', '\\': '\\', '/': '/', b: '\b', f: '\f', n: '\n', r: '\r', t: '\t',
};

/**
 * Reads JSON (RFC 8259) without rounding a number, which `JSON.parse` would do above 2^53. Names
 * that stand twice in an object are refused: two readers could take different ones.
 */
export function parseJson(text: string): Json {
  if (text.length > LONGEST_TEXT) {
    throw malformed('JSON text is too long');
  }
  const parser = new Parser(text);
  const value = parser.value(0);
  parser.end();
  return value;
}

class Parser {
  private offset = 0;

  constructor(private readonly text: string) {}

  /** Refuses anything but white space at the end. */
  end(): void {
    this.space();
    if (this.offset !== this.text.length) {
      throw this.error('text after the value');
    }
  }

  /** Reads any value that stands `depth` levels below the top. */
  value(depth: number): Json {
    if (depth > DEEPEST) {
      throw this.error('nested too deeply');
    }
    this.space();
    switch (this.text[this.offset]) {
      case '{': return this.object(depth);
      case '[': return this.array(depth);
      case '"': return this.string();
      case 't': return this.word('true', true);
      case 'f': return this.word('false', false);
      case 'n': return this.word('null', null);
      default: return this.integer();
    }
  }

  private object(depth: number): JsonObject {
    const object: JsonObject = new Map();
    this.offset += 1;
    if (this.take('}')) {
      return object;
    }
    do {
      this.space();
      const name = this.string();
      if (object.has(name)) {
        throw this.error(`the name "${name}" stands twice`);
      }
      if (!this.take(':')) {
        throw this.error('a colon is missing');
      }
      object.set(name, this.value(depth + 1));
    } while (this.take(','));
    if (!this.take('}')) {
      throw this.error('an object is not closed');
    }
    return object;
  }

  private array(depth: number): Json[] {
    const items: Json[] = [];
    this.offset += 1;
    if (this.take(']')) {
      return items;
    }
    do {
      items.push(this.value(depth + 1));
    } while (this.take(','));
    if (!this.take(']')) {
      throw this.error('a list is not closed');
    }
    return items;
  }

  private string(): string {
    if (this.text[this.offset] !== '"') {
      throw this.error('a text is missing');
    }
    this.offset += 1;
    let result = '';
    for (;;) {
      const plain = /[^"\\\u0000-\u001f]*/y;
      plain.lastIndex = this.offset;
      const found = plain.exec(this.text)?.[0] ?? '';
      result += found;
      this.offset += found.length;
      const stop = this.here();
      this.offset += 1;
      if (stop === '"') {
        return result;
      }
      if (stop !== '\\') {
        throw this.error('a text is not closed');
      }
      result += this.escape();
    }
  }

  private escape(): string {
    const letter = this.here();
    this.offset += 1;
    if (letter === 'u') {
      const digits = this.text.slice(this.offset, this.offset + 4);
      if (!/^[0-9a-fA-F]{4}$/.test(digits)) {
        throw this.error('a bad escape');
      }
      this.offset += 4;
      return String.fromCharCode(Number.parseInt(digits, 16));
    }
    const meaning = Object.hasOwn(ESCAPES, letter) ? ESCAPES[letter] : undefined;
    if (meaning === undefined) {
      throw this.error('a bad escape');
    }
    return meaning;
  }

  private integer(): bigint {
    const pattern = /-?(?:0|[1-9][0-9]{0,19})(?![0-9.eE])/y;
    pattern.lastIndex = this.offset;
    const found = pattern.exec(this.text)?.[0];
    if (found === undefined || found === '-0') {
      throw this.error('not a value, or not a whole number of at most 20 digits');
    }
    this.offset += found.length;
    return BigInt(found);
  }

  private word<T>(word: string, meaning: T): T {
    if (!this.text.startsWith(word, this.offset)) {
      throw this.error('not a value');
    }
    this.offset += word.length;
    return meaning;
  }

  private take(mark: string): boolean {
    this.space();
    const found = this.text[this.offset] === mark;
    this.offset += found ? 1 : 0;
    return found;
  }

  private space(): void {
    while (this.offset < this.text.length && ' \t\r\n'.includes(this.here())) {
      this.offset += 1;
    }
  }

  private here(): string {
    return this.text.charAt(this.offset);
  }

  private error(what: string) {
    return malformed(`JSON at ${this.offset}: ${what}`);
  }
}
