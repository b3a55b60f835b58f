/** Every page where it answers or refuses, without JavaScript, and where its links lead. Run by
 * explorer/tests/it/browser.rs. */
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import test, { after, before } from 'node:test';
import { expectNone, look } from './look.mjs';
import { browser, Reader, sites } from './site.mjs';

const pictures = process.env.MINGLIAN_SCREENSHOTS;
const base = sites.honest;
/** How high the lottery's page may be on a telephone, in pixels of 360 by 800: five screens. */
const LOTTERY_HEIGHT_MAX = 4_000;
const PATHS = sites.routes.flatMap(({ pages }) => pages);
let chromium;

before(async () => {
  chromium = await browser();
});

after(() => chromium?.close());

test('axe finds nothing where a page answers the reader or refuses', async () => {
  const reader = await Reader.at(chromium);
  const { page } = reader;
  const found = [];
  for (const path of ['/entries/3', '/accounts/1', '/verify']) {
    for (const language of ['zh', 'en']) {
      await reader.verify(`${base}/${language}${path}`);
      await look(reader, `${language}${path}-verified`, found);
    }
  }
  for (const language of ['zh', 'en']) {
    await page.goto(`${base}/${language}/receipt`);
    await page.fill('input[name=code]', sites.receipt.code);
    await page.fill('input[name=salt]', sites.receipt.salt);
    await page.click('main form button');
    assert.equal(await page.locator('main table').count() > 0, true, 'no gift was found');
    await look(reader, `${language}/receipt-found`, found);
    await page.goto(`${base}/${language}/`);
    for (const summary of await page.locator('nav.main summary').all()) {
      await summary.click();
      await look(reader, `${language}/-menu`, found);
    }
  }
  assert.deepEqual(reader.errors, []);
  for (const path of ['/zh/nowhere', '/en/nowhere', '/en/calendar?month=May']) {
    await page.goto(`${base}${path}`);
    await look(reader, path, found);
  }
  expectNone(found);
  // The browser itself reports that a page was refused.
  assert.ok(reader.errors.every((error) => /status of 40[04]/.test(error)), reader.errors.join());
  reader.errors.length = 0;
  await reader.close();
});

test('the lottery\'s months are folded on a telephone, and printed', async () => {
  const reader = await Reader.at(chromium, { javaScriptEnabled: false,
    viewport: { width: 360, height: 800 } });
  const { page } = reader;
  for (const language of ['zh', 'en']) {
    await page.goto(`${base}/${language}/lottery`);
    const { height } = await page.locator('main').boundingBox();
    assert.ok(height <= LOTTERY_HEIGHT_MAX, `${language}/lottery is ${height} high`);
    const months = page.locator('main details th a');
    assert.ok(await months.count() > 3, 'no month is told');
    assert.equal(await months.filter({ visible: true }).count(), 0);
    // Each unfolds without a script.
    for (const summary of await page.locator('main summary').all()) {
      await summary.click();
    }
    assert.equal(await months.filter({ visible: true }).count(), await months.count());
    await page.reload();
    await page.emulateMedia({ media: 'print' });
    assert.equal(await months.filter({ visible: true }).count(), await months.count());
    await page.emulateMedia({ media: 'screen' });
    if (pictures) {
      mkdirSync(pictures, { recursive: true });
      const name = `folded-lottery-${language}.png`;
      await page.screenshot({ path: join(pictures, name), fullPage: true });
    }
  }
  await reader.close();
});

test('every page says the same without JavaScript', async () => {
  const [plain, scripted] = [await Reader.at(chromium, { javaScriptEnabled: false }),
    await Reader.at(chromium)];
  for (const path of PATHS) {
    for (const language of ['zh', 'en']) {
      const where = `${base}/${language}${path}`;
      await Promise.all([plain, scripted].map(({ page }) => page.goto(where)));
      const texts = await Promise.all([plain, scripted].map(({ page }) =>
        page.locator('main').innerText()));
      assert.equal(await plain.page.locator('h1').count(), 1, where);
      if (await plain.page.locator('script').count() === 0) {
        assert.equal(texts[0], texts[1], where);
      } else {
        const lines = new Set(texts[1].split('\n'));
        const only = texts[0].split('\n').filter((line) => !lines.has(line));
        assert.ok(only.length <= 1, `${where} says only without script: ${only.join('\n')}`);
      }
    }
  }
  await plain.close();
  await scripted.close();
});

test('every link of every page leads somewhere', async () => {
  const reader = await Reader.at(chromium);
  const found = new Map();
  for (const path of PATHS) {
    for (const language of ['zh', 'en']) {
      await reader.page.goto(`${base}/${language}${path}`);
      const links = await reader.page.locator('a[href]').evaluateAll((all) =>
        all.map((link) => (typeof link.href === 'string' ? link.href : link.href.baseVal)));
      for (const link of links) {
        found.set(new URL(link, base).href.replace(/#.*/, ''), `${language}${path}`);
      }
    }
  }
  // What the site does not serve itself is a node's, and there is none in this test.
  const own = [...found].filter(([link]) => link.startsWith(base));
  assert.ok(own.length > 300, `${own.length} links`);
  const broken = [];
  for (const [link, where] of own) {
    const response = await fetch(link);
    await response.arrayBuffer();
    if (!response.ok && !/\/verify\/|\/log\//.test(link)) {
      broken.push(`${response.status} ${link} on ${where}`);
    }
  }
  assert.deepEqual(broken, []);
  await reader.close();
});
