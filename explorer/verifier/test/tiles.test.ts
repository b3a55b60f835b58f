import assert from 'node:assert/strict';
import test from 'node:test';
import type { LogHash } from '../src/index.ts';
import {
  formatEntryBundle, formatTilePath, fromHex, leafHash, parseEntryBundle, parseHashTile,
  parseTilePath, rootOf, TiledLog, toHex, verifyInclusion, VerifyError,
} from '../src/index.ts';
import { cases, leafBytes, refusal, vectors } from './vectors.ts';

const file = vectors('tiles.json');

/** All tiles of the example log with `size` leaves, made from its leaves. */
function tilesOf(size: number): Map<string, Uint8Array> {
  const tiles = new Map<string, Uint8Array>();
  const leaves = Array.from({ length: size }, (_, i) => leafBytes(i));
  const put = (level: number | 'entries', index: number, width: number, bytes: Uint8Array) =>
    tiles.set(formatTilePath({ level, index: BigInt(index), width }), bytes);
  for (let at = 0; at < size; at += 256) {
    const part = leaves.slice(at, at + 256);
    put('entries', at / 256, part.length, formatEntryBundle(part));
  }
  let hashes: LogHash[] = leaves.map(leafHash);
  for (let level = 0; hashes.length > 0; level += 1) {
    const above: LogHash[] = [];
    for (let at = 0; at < hashes.length; at += 256) {
      const part = hashes.slice(at, at + 256);
      put(level, at / 256, part.length, fromHex(part.join('')));
      if (part.length === 256) {
        above.push(rootOf(part));
      }
    }
    hashes = above;
  }
  return tiles;
}

function logOf(tiles: Map<string, Uint8Array>, size: number): TiledLog {
  return new TiledLog(async (path) => tiles.get(path) ?? null, BigInt(size));
}

const heads = new Map<number, { size: bigint; root: LogHash }>();

/** Size and root of the example log with `size` leaves, computed from its leaves once. */
function headOf(size: number): { size: bigint; root: LogHash } {
  const known = heads.get(size);
  if (known !== undefined) {
    return known;
  }
  const leaves = Array.from({ length: size }, (_, i) => leafHash(leafBytes(i)));
  const head = { size: BigInt(size), root: rootOf(leaves) };
  heads.set(size, head);
  return head;
}

test('paths of tiles', () => {
  for (const { path, level, index, width } of cases(file, 'paths')) {
    assert.equal(formatTilePath({ level, index: BigInt(index), width }), path);
    assert.deepEqual(parseTilePath(path), { level, index: BigInt(index), width });
  }
  for (const path of cases(file, 'refused_paths') as unknown as string[]) {
    refusal(() => parseTilePath(path), `path "${path}"`, 'Malformed');
  }
});

test('entry bundles', () => {
  const { hex, entries } = file['bundle'];
  assert.ok(entries.length > 0, 'no entries');
  assert.deepEqual(parseEntryBundle(fromHex(hex), entries.length).map(toHex), entries);
  assert.equal(toHex(formatEntryBundle(entries.map(fromHex))), hex);
  for (const { hex: damaged, width, why } of cases(file, 'refused_bundles')) {
    refusal(() => parseEntryBundle(fromHex(damaged), width), why, 'Malformed');
  }
});

test('the tiles of a log of 600 leaves', () => {
  const tiles = tilesOf(600);
  const listed = cases(file, 'tiles_of_600');
  assert.deepEqual([...tiles.keys()].sort(), listed.map(({ path }) => path).sort());
  const withBytes = listed.filter(({ hex }) => hex !== undefined);
  assert.ok(withBytes.length > 0, 'no tile with bytes');
  for (const { path, hex } of withBytes) {
    assert.equal(toHex(tiles.get(path) ?? new Uint8Array(0)), hex, path);
    const { width } = parseTilePath(path);
    assert.equal(parseHashTile(fromHex(hex), width).join(''), hex);
    refusal(() => parseHashTile(fromHex(hex), width - 1), 'another width', 'Malformed');
  }
});

test('roots, inclusion and consistency from tiles agree with the leaves', async () => {
  for (const size of [1, 2, 3, 255, 256, 257, 600, 65_537]) {
    const log = logOf(tilesOf(size), size);
    const head = headOf(size);
    await log.verifyRoot(head);
    for (const index of new Set([0, 1, 255, 256, Math.floor(size / 2), size - 1])) {
      if (index < size) {
        assert.deepEqual(await log.leaf(BigInt(index), head), leafBytes(index));
      }
    }
    for (const earlier of new Set([0, 1, 2, 255, 256, 257, 599, size - 1, size])) {
      if (earlier <= size) {
        await log.verifyRoot(headOf(earlier));
        await log.verifyGrowth(headOf(earlier), head);
      }
    }
  }
});

test('proofs from tiles equal those of the log vectors', async () => {
  const trees = vectors('log_trees.json');
  for (const { index, size, proof } of cases(trees, 'inclusion')) {
    assert.deepEqual(await logOf(tilesOf(size), size).inclusionProof(BigInt(index)), proof);
  }
  for (const example of cases(trees, 'consistency')) {
    const log = logOf(tilesOf(example['new']), example['new']);
    assert.deepEqual(await log.consistencyProof(BigInt(example['old'])), example['proof']);
  }
});

test('a damaged or missing tile proves nothing', async () => {
  const tiles = tilesOf(600);
  const head = headOf(600);
  for (const [path, bytes] of tiles) {
    const damaged = new Map(tiles).set(path, bytes.with(9, (bytes[9] ?? 0) ^ 4));
    const log = logOf(damaged, 600);
    const { level } = parseTilePath(path);
    const action = level === 'entries'
      ? log.leaf(BigInt(parseTilePath(path).index) * 256n, head) : log.verifyRoot(head);
    if (path !== 'tile/0/000' && path !== 'tile/0/001') {
      await assert.rejects(action, VerifyError, path);
    } else {
      // The root of a log of 600 leaves takes full tiles from the level above; a leaf's does not.
      await action;
      const index = path === 'tile/0/000' ? 1n : 257n;
      await assert.rejects(log.leaf(index, head), VerifyError, path);
    }
    const missing = new Map(tiles);
    missing.delete(path);
    const where = BigInt(level === 'entries' || level === 0 ? parseTilePath(path).index : 0n);
    await assert.rejects(logOf(missing, 600).leaf(where * 256n, head), { code: 'TileMissing' });
  }
});

test('a proof for a log of the greatest size stays exact', () => {
  const size = 2n ** 53n - 1n;
  const hash = leafHash(new Uint8Array(0));
  refusal(() => verifyInclusion(hash, size, size, [], hash), 'outside', 'IndexOutsideTree');
  refusal(() => verifyInclusion(hash, size - 1n, size, [], hash), 'no hashes', 'TooShort');
  refusal(() => verifyInclusion(hash, 0n, size + 1n, [], hash), 'too large', 'TooLarge');
});
