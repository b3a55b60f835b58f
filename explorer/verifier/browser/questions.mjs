/** What people ask, answered within three clicks of the home page: docs/explorer.md has the table.
 * Run by explorer/tests/it/browser.rs. */
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import test, { after, before } from 'node:test';
import { expectFits } from './look.mjs';
import { browser, Reader, sites } from './site.mjs';

const CLICKS_MAX = 3;
const PATHS = JSON.parse(readFileSync(new URL('paths.json', import.meta.url), 'utf8'));
const pictures = process.env.MINGLIAN_SCREENSHOTS;
let chromium;

before(async () => {
  chromium = await browser();
});

after(() => chromium?.close());

/** One click: a name that is the same in both languages, a pair of names, or what to look for. */
async function click(page, step, place) {
  const main = page.locator('main');
  if (step.receipt) {
    await main.locator('input[name=code]').fill(sites.receipt.code);
    await main.locator('input[name=salt]').fill(sites.receipt.salt);
    await main.locator('form button').click();
  } else if (step.first) {
    await main.locator(step.first).first().click();
  } else {
    const name = Array.isArray(step) ? step[place] : step;
    // A name of its own language stands in an element within the link.
    const exact = main.getByText(name, { exact: true });
    const links = main.locator('a, button').filter({ hasText: name });
    const within = links.filter({ has: page.getByText(name, { exact: true }) });
    await links.and(exact).or(within).first().click();
  }
  await page.waitForLoadState();
}

for (const [place, language] of ['zh', 'en'].entries()) {
  for (const width of [360, 1280]) {
    test(`every question is answered within three clicks in ${language} at ${width}`, async () => {
      const reader = await Reader.at(chromium, { viewport: { width, height: 800 } });
      const { page } = reader;
      for (const { who, clicks, answer } of PATHS) {
        assert.ok(clicks.length <= CLICKS_MAX, who);
        await page.goto(`${sites.honest}/${language}/`);
        for (const step of clicks) {
          await click(page, step, place);
        }
        const said = page.locator('main').getByText(answer[place]).filter({ visible: true });
        await said.first().waitFor({ timeout: 10_000 }).catch(async () => {
          const text = await page.locator('main').innerText();
          assert.fail(`${who}: ${page.url()} does not say ${answer[place]}:\n${text}`);
        });
        assert.equal(await page.locator('html').getAttribute('lang'), place === 0 ? 'zh-CN' : 'en');
        await expectFits(page, width, who);
        if (pictures) {
          mkdirSync(pictures, { recursive: true });
          const name = `question-${who.replaceAll(' ', '-')}-${language}-${width}.png`;
          await page.screenshot({ path: join(pictures, name), fullPage: true });
        }
      }
      await reader.close();
    });
  }
}
