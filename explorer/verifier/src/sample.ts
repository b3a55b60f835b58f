/** Samples, drawn again: section 12 of `docs/format.md`, method version 1. */
import { Reader, Writer } from './borsh.ts';
import { fromHex, utf8 } from './bytes.ts';
import { malformed } from './errors.ts';
import type { BlockId, SampleFrame, SampleSeed } from './hashes.ts';
import { hashOf, streamOf } from './hashes.ts';

const WORD_BYTES = 8;
const WORDS = 1n << 64n;

/** An object that was drawn, with its inspectors; positions in the pools, from 0. */
export interface Pairing {
  object: number;
  inspectors: number[];
}

/** Who is to be paired with what. */
export interface Pools {
  objects: number;
  size: number;
  inspectors: number;
  each: number;
}

/** Name of a list of items, by their bytes. */
export function frameOf(items: Uint8Array[]): SampleFrame {
  const writer = new Writer();
  writer.u32(items.length);
  for (const item of items) {
    writer.u32(item.length);
    writer.put(item);
  }
  return hashOf('SampleFrame', writer.finish());
}

/**
 * The seed of a plan: the code of who planned, the call `oversight.plan_sample`, the block at the
 * planned height, the call `oversight.enter_draw`; the calls whole, as they stand in transactions.
 */
export function seedOf(
  organization: string, plan: Uint8Array, block: BlockId, draw: Uint8Array,
): SampleSeed {
  const fields = (call: Uint8Array, act: number): Uint8Array => {
    if (call[0] !== 10 || call[1] !== act) {
      throw malformed('another act than the seed is made of');
    }
    return call.slice(2);
  };
  const parts = [utf8(organization), fields(plan, 13), fromHex(block), fields(draw, 15)];
  return hashOf('SampleSeed', ...parts);
}

/** The words of a seed, without end. */
export function* wordsOf(seed: SampleSeed): Generator<bigint, never> {
  const stream = streamOf('SampleStream', fromHex(seed));
  for (;;) {
    yield new Reader(stream(WORD_BYTES)).unsigned(WORD_BYTES);
  }
}

/** The positions drawn from a list of `population` items, in the order of their ranks. */
export function drawSample(seed: SampleSeed, population: bigint, size: bigint): bigint[] {
  return pick(wordsOf(seed), population, size);
}

/** The objects drawn, in the order of their ranks, each with inspectors who are not recused. */
export function pairSample(
  seed: SampleSeed, pools: Pools, isRecused: (inspector: number, object: number) => boolean,
): Pairing[] {
  const words = wordsOf(seed);
  const all = Array.from({ length: pools.inspectors }, (_, inspector) => inspector);
  return pick(words, BigInt(pools.objects), BigInt(pools.size)).map((position) => {
    const object = Number(position);
    const eligible = all.filter((inspector) => !isRecused(inspector, object));
    const chosen = pick(words, BigInt(eligible.length), BigInt(pools.each));
    return { object, inspectors: chosen.map((place) => eligible[Number(place)] as number) };
  });
}

function below(words: Iterator<bigint, never>, bound: bigint): bigint {
  const end = WORDS - (WORDS % bound);
  for (;;) {
    const word = words.next().value;
    if (word < end) {
      return word % bound;
    }
  }
}

function pick(words: Iterator<bigint, never>, population: bigint, size: bigint): bigint[] {
  const moved = new Map<bigint, bigint>();
  const picked: bigint[] = [];
  for (let place = 0n; place < size && place < population; place += 1n) {
    const chosen = place + below(words, population - place);
    const displaced = moved.get(place) ?? place;
    picked.push(moved.get(chosen) ?? chosen);
    moved.set(chosen, displaced);
  }
  return picked;
}
