import { malformed } from './errors.ts';

/**
 * Reads borsh from bytes. It trusts no length: what is not there is refused before anything is
 * allocated for it.
 */
export class Reader {
  private offset = 0;

  constructor(private readonly bytes: Uint8Array) {}

  /** Number of bytes that were not read yet. */
  get left(): number {
    return this.bytes.length - this.offset;
  }

  /** The next `length` bytes, as a copy. */
  take(length: number): Uint8Array {
    if (length > this.left) {
      throw malformed(`${length} bytes expected, ${this.left} left`);
    }
    this.offset += length;
    return this.bytes.slice(this.offset - length, this.offset);
  }

  /** One byte. */
  u8(): number {
    return Number(this.unsigned(1));
  }

  /** A length or number of items, or any other `u32`. */
  u32(): number {
    return Number(this.unsigned(4));
  }

  /** A little-endian number of `length` bytes. */
  unsigned(length: number): bigint {
    let value = 0n;
    this.take(length).forEach((byte, i) => {
      value |= BigInt(byte) << BigInt(8 * i);
    });
    return value;
  }

  /** Refuses bytes left over. */
  end(): void {
    if (this.left !== 0) {
      throw malformed(`${this.left} bytes left over`);
    }
  }
}

/** Writes borsh. */
export class Writer {
  private bytes = new Uint8Array(256);
  private length = 0;

  /** Appends bytes as they are. */
  put(bytes: Uint8Array): void {
    const end = this.length + bytes.length;
    if (end > this.bytes.length) {
      const grown = new Uint8Array(Math.max(end, 2 * this.bytes.length));
      grown.set(this.bytes);
      this.bytes = grown;
    }
    this.bytes.set(bytes, this.length);
    this.length = end;
  }

  /** Appends one byte. */
  u8(value: number): void {
    this.unsigned(BigInt(value), 1);
  }

  /** Appends a `u32`. */
  u32(value: number): void {
    this.unsigned(BigInt(value), 4);
  }

  /** Appends a number of `length` bytes, little-endian. The caller has checked its range. */
  unsigned(value: bigint, length: number): void {
    const bytes = new Uint8Array(length);
    for (let i = 0; i < length; i += 1) {
      bytes[i] = Number((value >> BigInt(8 * i)) & 0xffn);
    }
    this.put(bytes);
  }

  /** All that was written. */
  finish(): Uint8Array {
    return this.bytes.slice(0, this.length);
  }
}
