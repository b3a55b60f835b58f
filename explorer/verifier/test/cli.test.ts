import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import test from 'node:test';
import { fileURLToPath } from 'node:url';
import { cases, vectors } from './vectors.ts';

const CLI = fileURLToPath(new URL('../cli/verify.js', import.meta.url));

/** Runs the command line on files with these contents. */
function run(contents: (string | Uint8Array)[]): { status: number | null; output: string } {
  const folder = mkdtempSync(join(tmpdir(), 'minglian-verifier-'));
  try {
    const paths = contents.map((content, i) => {
      const path = join(folder, String(i));
      writeFileSync(path, content);
      return path;
    });
    const result = spawnSync(process.execPath, [CLI, ...paths], { encoding: 'utf8' });
    return { status: result.status, output: result.stdout + result.stderr };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const file = vectors('evidence.json');
const [sample] = cases(file, 'bundles').filter((bundle) => bundle['valid']);
assert.ok(sample, 'no valid bundle');
const genesis = JSON.stringify(file['genesis']);

test('the command line proves evidence as JSON and as bytes, in two languages', () => {
  for (const evidence of [JSON.stringify(sample['json']), Buffer.from(sample['hex'], 'hex')]) {
    const { status, output } = run([evidence, genesis]);
    assert.equal(status, 0, output);
    assert.match(output, /✓ 已证明 \/ PROVEN/);
    assert.match(output, /发送者签名 \/ sender's signature: 有效 \/ valid/);
  }
});

test('the command line refuses damaged evidence, and says so when a file is bad', () => {
  const damaged = JSON.stringify(sample['json']).replace('"round":0', '"round":1');
  const { status, output } = run([damaged, genesis]);
  assert.equal(status, 1, output);
  assert.match(output, /REFUSED: 签名无效\n  BadSignature/);
  assert.equal(run([damaged, '{}']).status, 2);
  assert.equal(run([]).status, 2);
});
