/** Journeys along charts, in the browser that readers have. Run by explorer/tests/it/browser.rs. */
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import test, { after, before } from 'node:test';
import { browser, Reader, sites } from './site.mjs';

const pictures = process.env.MINGLIAN_SCREENSHOTS;
const base = sites.honest;
let chromium;

before(async () => {
  chromium = await browser();
});

after(() => chromium?.close());

const PAGES = ['/', '/flows?year=0', '/structure', '/structure?year=2020', '/execution?year=2020',
  '/counties', '/counties/510521', '/allocations?year=2020&division=510521', '/entries',
  '/movements'];

test('charts and the menu fit every screen, in both languages, by day and by night', async () => {
  for (const width of [360, 720, 1280]) {
    for (const colorScheme of ['light', 'dark']) {
      const reader = await Reader.at(chromium, { viewport: { width, height: 800 }, colorScheme });
      for (const language of ['zh', 'en']) {
        for (const [number, path] of PAGES.entries()) {
          await reader.page.goto(`${base}/${language}${path}`);
          const wide = await reader.page.evaluate(() => document.documentElement.scrollWidth);
          assert.ok(wide <= width, `${language}${path} is ${wide} wide at ${width}`);
          const charts = await reader.page.locator('figure').evaluateAll((figures) =>
            figures.map((figure) => [...figure.querySelectorAll('svg')].filter((svg) =>
              getComputedStyle(svg).display !== 'none').length));
          // One drawing for each screen.
          assert.ok(charts.every((shown) => shown === 1), `${path} at ${width}: ${charts}`);
          for (const summary of await reader.page.locator('nav.main summary').all()) {
            await summary.click();
            const opened = await reader.page.evaluate(() => document.documentElement.scrollWidth);
            assert.ok(opened <= width, `${language}${path}, menu, is ${opened} wide at ${width}`);
          }
          await reader.page.locator('nav.main details[open] summary').click();
          if (pictures) {
            mkdirSync(pictures, { recursive: true });
            const name = `chart-${number}-${language}-${colorScheme}-${width}.png`;
            await reader.page.screenshot({ path: join(pictures, name), fullPage: true });
          }
        }
      }
      await reader.close();
    }
  }
});

test('without JavaScript the menu leads to the flow, and a band to lines that add up to it', async () => {
  const reader = await Reader.at(chromium, { javaScriptEnabled: false });
  const { page } = reader;
  await page.goto(`${base}/zh/`);
  assert.equal(await page.locator('a:text-is("资金流向"):visible').count(), 1, 'only below the chart');
  await page.locator('nav.main summary', { hasText: '资金' }).click();
  await page.locator('nav.main a', { hasText: '资金流向' }).click();
  await page.selectOption('select[name=year]', '0');
  await page.locator('form.lookup button').click();
  const band = page.locator('svg.wide-screen a[aria-label^="老年人福利 → 支出"]');
  const said = await band.getAttribute('aria-label');
  assert.match(said, /110万元$/);
  // By keyboard, as readers without a pointer do.
  await band.focus();
  await page.keyboard.press('Enter');
  await page.waitForURL(/allocations/);
  const listed = await page.locator('main').innerText();
  assert.match(listed, /净支出 1,100,000\.00 元\(110 万元\)/);
  await reader.close();
});

test('on a telephone the flow goes from above to below, and a name leads to its lines', async () => {
  const viewport = { width: 360, height: 800 };
  const reader = await Reader.at(chromium, { javaScriptEnabled: false, viewport });
  const { page } = reader;
  await page.goto(`${base}/zh/flows?year=0`);
  const drawing = page.locator('svg.narrow-screen');
  assert.equal(await drawing.locator('path.band').count(),
    await page.locator('svg.wide-screen path.band').count());
  // What is read on a telephone is not smaller than the site's small letters.
  const heights = await drawing.locator('text').evaluateAll((texts) =>
    texts.map((text) => text.getBoundingClientRect().height));
  assert.ok(heights.length > 10 && Math.min(...heights) >= 13, `${Math.min(...heights)}`);
  const tables = await page.locator('table').allInnerTexts();
  const figures = await drawing.locator('a text.figure').allTextContents();
  assert.ok(figures.length >= 6, `${figures}`);
  for (const figure of figures) {
    const amount = figure.replace('万元', '万');
    const whole = await page.locator('main').innerText();
    assert.ok(tables.join(' ').includes(amount) || whole.includes(amount.replace('万', ' 万')), figure);
  }
  const name = page.locator('text.label', { hasText: '老年人福利' });
  await drawing.locator('a').filter({ has: name }).click();
  await page.waitForURL(/category=/);
  assert.match(await page.locator('main').innerText(), /净支出/);
  await reader.close();
});

test('the structure is opened tile by tile, down to a project', async () => {
  const reader = await Reader.at(chromium, { javaScriptEnabled: false });
  const { page } = reader;
  await page.goto(`${base}/zh/structure`);
  for (const name of ['2020', '泸县', '老年人福利', '海潮镇敬老院建设<b>']) {
    const title = page.locator('title', { hasText: name });
    await page.locator('svg.wide-screen a').filter({ has: title }).first().click();
  }
  assert.match(await page.locator('h1').innerText(), /海潮镇敬老院建设<b>/);
  await reader.close();
});

test('the text of a chart is text, and its table has the same figures', async () => {
  const reader = await Reader.at(chromium);
  const { page } = reader;
  for (const path of ['/zh/structure', '/zh/counties/510521', '/zh/execution?year=2020']) {
    await page.goto(`${base}${path}`);
    const selected = await page.evaluate(() => {
      getSelection().selectAllChildren(document.querySelector('svg.wide-screen'));
      return getSelection().toString();
    });
    const labels = await page.locator('svg.wide-screen').first().locator('text.label').allTextContents();
    assert.ok(labels.length > 0, path);
    const tables = await page.locator('table').allInnerTexts();
    for (const label of labels.filter((text) => !text.endsWith('…'))) {
      assert.ok(selected.includes(label), `${path}: ${label} is not selected`);
      assert.ok(tables.join(' ').includes(label), `${path}: ${label} is in no table`);
    }
  }
  await reader.close();
});
