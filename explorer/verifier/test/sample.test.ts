import assert from 'node:assert/strict';
import test from 'node:test';
import {
  drawSample, frameOf, fromHex, hashOf, pairSample, seedOf, utf8, wordsOf,
} from '../src/index.ts';
import { cases, contractVectors, refusal, vectors } from './vectors.ts';

test('frames and words', () => {
  const file = vectors('samples.json');
  for (const { items, hash } of cases(file, 'frames')) {
    assert.equal(frameOf(items.map(fromHex)), hash);
  }
  const words = wordsOf(file['words'].seed);
  const expected = cases(file['words'], 'words');
  assert.deepEqual(expected.map(() => String(words.next().value)), expected);
});

test('ranks', () => {
  for (const { seed, population, size, ranks } of cases(vectors('samples.json'), 'ranks')) {
    const drawn = drawSample(seed, BigInt(population), BigInt(size));
    assert.deepEqual(drawn.map(String), ranks, `${size} of ${population}`);
    assert.deepEqual(drawSample(seed, BigInt(population), BigInt(size)), drawn);
  }
});

test('pairings', () => {
  for (const example of cases(vectors('samples.json'), 'pairings')) {
    const { seed, objects, size, inspectors, each, recused, pairings } = example as any;
    const isRecused = (inspector: number, object: number): boolean =>
      recused.some((pair: number[]) => pair[0] === inspector && pair[1] === object);
    const pools = { objects, size, inspectors, each };
    assert.deepEqual(pairSample(seed, pools, isRecused), pairings);
  }
});

test('the seed is of the calls, as they stand in transactions', () => {
  for (const example of cases(contractVectors('sample_seeds.json'), 'values')) {
    const { organization, block, seed } = example as any;
    const [plan, draw] = [fromHex(example['plan']), fromHex(example['draw'])];
    assert.equal(seedOf(organization, plan, block, draw), seed);
    const parts = [utf8(organization), plan.slice(2), fromHex(block), draw.slice(2)];
    assert.equal(hashOf('SampleSeed', ...parts), seed);
    refusal(() => seedOf(organization, draw, block, plan), 'the calls the wrong way round');
  }
});
