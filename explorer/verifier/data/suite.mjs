/**
 * Programs of others read the open data of an explorer: hyparquet the Parquet files, ajv the API's
 * answers by the schemas of its OpenAPI document. Run by explorer/tests/it/open_data.rs.
 */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import process from 'node:process';
import test from 'node:test';
import Ajv2020 from 'ajv/dist/2020.js';
import { parquetMetadata, parquetReadObjects } from 'hyparquet';

const { base, tables } = JSON.parse(process.env.MINGLIAN_DATA);

async function get(path) {
  const response = await fetch(base + path);
  assert.equal(response.status, 200, path);
  return response;
}

for (const table of tables) {
  test(`hyparquet reads ${table} to the fen`, async () => {
    const file = await (await get(`/data/${table}.parquet`)).arrayBuffer();
    const hash = createHash('sha256').update(new Uint8Array(file)).digest('hex');
    const [line] = (await (await get(`/data/manifests/${hash}`)).text()).split('\n');
    const manifest = JSON.parse(line);
    const rows = await parquetReadObjects({ file });
    assert.equal(rows.length, manifest.rows);
    for (const [name, total] of Object.entries(manifest.totals)) {
      const sum = rows.reduce((sum, row) => sum + BigInt(row[name] ?? 0), 0n);
      assert.equal(sum, BigInt(total), name);
    }
    const facts = new Map(
      parquetMetadata(file).key_value_metadata.map(({ key, value }) => [key, value]),
    );
    assert.equal(facts.get('minglian.genesis_hash'), manifest.ledger.genesisHash);
    assert.equal(facts.get('minglian.height'), String(manifest.ledger.height));
  });
}

test('ajv finds every list as the OpenAPI document declares it', async () => {
  const document = await (await get('/api/v1/openapi.json')).json();
  const formats = { date: /^\d{4}-\d\d-\d\d$/, 'date-time': /^\d{4}-\d\d-\d\dT[\d:.]+\+08:00$/ };
  const ajv = new Ajv2020({ strict: false, allErrors: true, formats });
  ajv.addSchema(document, 'api');
  let checked = 0;
  for (const path of Object.keys(document.paths).filter((path) => !path.includes('{'))) {
    const pointer = `/paths/${path.replaceAll('/', '~1')}/get/responses/200/content`;
    const validate = ajv.compile({ $ref: `api#${pointer}/application~1json/schema` });
    const answer = await (await get(path)).json();
    assert.ok(validate(answer), `${path}: ${JSON.stringify(validate.errors)}`);
    assert.ok(!validate({ ...answer, ledger: null }), `${path}: the schema refuses nothing`);
    checked += 1;
  }
  assert.ok(checked > 10, checked);
});
