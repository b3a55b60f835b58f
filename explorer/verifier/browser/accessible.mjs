/** Every page of a language, as everybody must be able to read it. Run by explorer/tests/it/browser.rs,
 * once a language. */
import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import { expectNone, look, PAGE_BYTES_MAX } from './look.mjs';
import { browser, Reader, sites } from './site.mjs';

const { honest: base, language } = sites;
const PATHS = sites.routes.flatMap(({ pages }) => pages);
let chromium;

before(async () => {
  chromium = await browser();
});

after(() => chromium?.close());

test(`axe finds nothing on any page in ${language}, by day and night, on both screens`, async () => {
  const reader = await Reader.at(chromium);
  const found = [];
  assert.ok(PATHS.length >= 50, `${PATHS.length} pages`);
  for (const path of PATHS) {
    const answers = [];
    const keep = (answer) => answers.push(answer);
    reader.page.on('response', keep);
    const response = await reader.page.goto(`${base}/${language}${path}`);
    reader.page.off('response', keep);
    const sizes = await Promise.all(answers.map((answer) => answer.request().sizes()));
    const bytes = sizes.reduce((sum, { responseBodySize }) => sum + responseBodySize, 0);
    assert.equal(response.status(), 200, path);
    assert.ok(bytes > 0 && bytes <= PAGE_BYTES_MAX, `${path} weighs ${bytes} bytes`);
    await look(reader, `${language}${path}`, found);
  }
  expectNone(found);
  await reader.close();
});
