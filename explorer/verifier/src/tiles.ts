/** Tiles and entry bundles of c2sp.org/tlog-tiles, read without trusting who serves them. */
import { concat, toHex } from './bytes.ts';
import { malformed, VerifyError } from './errors.ts';
import type { LogHash } from './hashes.ts';
import type { TreeHead } from './merkle.ts';
import { EMPTY_ROOT, leafHash, nodeHash, rootOf, split, verifyConsistency, verifyInclusion }
  from './merkle.ts';
import { MOST_EXACT } from './scalars.ts';

/** Hashes or entries of a full tile. */
export const TILE_WIDTH = 256;
const TILE_HEIGHT = 8n;
const MOST_LEVEL = 63;

/** Which tile: of hashes at a level, or of entries. */
export interface TileAddress {
  /** Level of a hash tile, 0 to 63, or `entries`. */
  level: number | 'entries';
  /** Number of the tile in its level. */
  index: bigint;
  /** Items in it, 1 to 256. */
  width: number;
}

/** The one path of a tile below the log's prefix, e.g. `tile/0/x001/067.p/8`. */
export function formatTilePath({ level, index, width }: TileAddress): string {
  const digits = index.toString();
  const padded = digits.padStart(Math.ceil(digits.length / 3) * 3, '0');
  const groups = padded.match(/.{3}/g) ?? [];
  const path = groups.map((group, i) => (i < groups.length - 1 ? `x${group}` : group)).join('/');
  return `tile/${level}/${path}${width === TILE_WIDTH ? '' : `.p/${width}`}`;
}

/** Reads the path of a tile; only the one canonical text of each tile is accepted. */
export function parseTilePath(path: string): TileAddress {
  const parts =
    /^tile\/(entries|[0-9]{1,2})\/((?:x[0-9]{3}\/){0,5}[0-9]{3})(?:\.p\/([0-9]{1,3}))?$/.exec(path);
  if (parts === null) {
    throw malformed('not a path of a tile');
  }
  const address: TileAddress = {
    level: parts[1] === 'entries' ? 'entries' : Number(parts[1]),
    index: BigInt((parts[2] ?? '').replaceAll(/[x/]/g, '')),
    width: parts[3] === undefined ? TILE_WIDTH : Number(parts[3]),
  };
  const fits = (address.level === 'entries' || address.level <= MOST_LEVEL)
    && address.width >= 1 && address.index <= MOST_EXACT;
  if (!fits || formatTilePath(address) !== path) {
    throw malformed('not the canonical path of a tile');
  }
  return address;
}

/** The hashes of a hash tile, exactly `width` of them. */
export function parseHashTile(bytes: Uint8Array, width: number): LogHash[] {
  if (bytes.length !== 32 * width) {
    throw malformed(`a tile of ${bytes.length} bytes for ${width} hashes`);
  }
  return Array.from({ length: width }, (_, i) =>
    toHex(bytes.slice(32 * i, 32 * i + 32)) as LogHash);
}

/** The leaves of an entry bundle, exactly `width` of them. */
export function parseEntryBundle(bytes: Uint8Array, width: number): Uint8Array[] {
  const entries: Uint8Array[] = [];
  let offset = 0;
  while (entries.length < width) {
    const [high, low] = bytes.slice(offset, offset + 2);
    if (high === undefined || low === undefined) {
      throw malformed(`a bundle of ${entries.length} entries instead of ${width}`);
    }
    const end = offset + 2 + ((high << 8) | low);
    if (end > bytes.length) {
      throw malformed('an entry is cut off');
    }
    entries.push(bytes.slice(offset + 2, end));
    offset = end;
  }
  if (offset !== bytes.length) {
    throw malformed('bytes behind the last entry');
  }
  return entries;
}

/** The bytes of an entry bundle. */
export function formatEntryBundle(entries: Uint8Array[]): Uint8Array {
  return concat(...entries.flatMap((entry) =>
    [Uint8Array.of(entry.length >> 8, entry.length & 0xff), entry]));
}

/** Gives the bytes of a tile by its path, or `null`; e.g. from a server, a disk or an archive. */
export type TileSource = (path: string) => Promise<Uint8Array | null>;

/** A log of `size` leaves whose tree is read from tiles. Read tiles are remembered. */
export class TiledLog {
  private readonly tiles = new Map<string, Promise<LogHash[]>>();

  constructor(private readonly source: TileSource, readonly size: bigint) {}

  /** Root of the tree, or of its first `size` leaves. */
  root(size = this.size): Promise<LogHash> {
    return size === 0n ? Promise.resolve(EMPTY_ROOT) : this.range(0n, size);
  }

  /** Refuses tiles that do not lead to the root of a head that is trusted (`RootDiffers`). */
  async verifyRoot(head: TreeHead): Promise<void> {
    const root = await this.root(head.size);
    if (root !== head.root) {
      throw new VerifyError('RootDiffers', `the tiles lead to ${root}, not ${head.root}`);
    }
  }

  /** Inclusion proof of leaf `index`, lowest sibling first (RFC 6962, 2.1.1). */
  async inclusionProof(index: bigint): Promise<LogHash[]> {
    const proof: LogHash[] = [];
    let [low, high] = [0n, this.size];
    while (high - low > 1n) {
      const middle = low + split(high - low);
      const isLeft = index < middle;
      proof.push(await (isLeft ? this.range(middle, high) : this.range(low, middle)));
      [low, high] = isLeft ? [low, middle] : [middle, high];
    }
    return proof.reverse();
  }

  /** Consistency proof from the tree of the first `earlier` leaves (RFC 6962, 2.1.2). */
  async consistencyProof(earlier: bigint): Promise<LogHash[]> {
    if (earlier === 0n || earlier >= this.size) {
      return [];
    }
    const proof: LogHash[] = [];
    let [low, high, whole] = [0n, this.size, true];
    while (earlier !== high) {
      const middle = low + split(high - low);
      if (earlier <= middle) {
        proof.push(await this.range(middle, high));
        high = middle;
      } else {
        proof.push(await this.range(low, middle));
        [low, whole] = [middle, false];
      }
    }
    if (!whole) {
      proof.push(await this.range(low, high));
    }
    return proof.reverse();
  }

  /** The leaf at `index`, proven to stand there under the root of `head` of this size. */
  async leaf(index: bigint, head: TreeHead): Promise<Uint8Array> {
    if (index >= this.size) {
      throw new VerifyError('IndexOutsideTree', `leaf ${index} of ${this.size}`);
    }
    const tile = index / BigInt(TILE_WIDTH);
    const address = { level: 'entries' as const, index: tile, width: this.width(0, tile) };
    const bundle = parseEntryBundle(await this.fetch(address), address.width);
    const entry = bundle[Number(index % BigInt(TILE_WIDTH))] as Uint8Array;
    const proof = await this.inclusionProof(index);
    verifyInclusion(leafHash(entry), index, head.size, proof, head.root);
    return entry;
  }

  /** Verifies from tiles that this log, with the root of `later`, begins with `earlier`. */
  async verifyGrowth(earlier: TreeHead, later: TreeHead): Promise<void> {
    const proof = await this.consistencyProof(earlier.size);
    verifyConsistency(earlier, later, proof);
  }

  /** Hash over the leaves from `low` up to, not including, `high`. */
  private async range(low: bigint, high: bigint): Promise<LogHash> {
    const count = high - low;
    if ((count & (count - 1n)) === 0n) {
      return this.node(BigInt(count.toString(2).length - 1), low);
    }
    const middle = low + split(count);
    return nodeHash(await this.range(low, middle), await this.range(middle, high));
  }

  /** Hash over the full subtree of height `height` that begins at leaf `low`. */
  private async node(height: bigint, low: bigint): Promise<LogHash> {
    const level = height / TILE_HEIGHT;
    const count = 1 << Number(height % TILE_HEIGHT);
    const first = low >> (level * TILE_HEIGHT);
    const hashes = await this.hashTile(Number(level), first / BigInt(TILE_WIDTH));
    const start = Number(first % BigInt(TILE_WIDTH));
    return rootOf(hashes.slice(start, start + count));
  }

  private hashTile(level: number, index: bigint): Promise<LogHash[]> {
    const address = { level, index, width: this.width(level, index) };
    const path = formatTilePath(address);
    const known = this.tiles.get(path)
      ?? this.fetch(address).then((bytes) => parseHashTile(bytes, address.width));
    this.tiles.set(path, known);
    return known;
  }

  /** Items of a tile in a log of this size: 256, fewer in the last tile. */
  private width(level: number, index: bigint): number {
    const items = this.size >> (BigInt(level) * TILE_HEIGHT);
    const rest = items - index * BigInt(TILE_WIDTH);
    return rest >= BigInt(TILE_WIDTH) ? TILE_WIDTH : Number(rest);
  }

  private async fetch(address: TileAddress): Promise<Uint8Array> {
    const path = formatTilePath(address);
    const bytes = await this.source(path);
    if (bytes === null) {
      throw new VerifyError('TileMissing', path);
    }
    return bytes;
  }
}
