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
const read = (path) => readFileSync(new URL(path, import.meta.url), 'utf8');
const PATHS = JSON.parse(read('paths.json'));
const pictures = process.env.MINGLIAN_SCREENSHOTS;
let chromium;

before(async () => {
  chromium = await browser();
});

after(() => chromium?.close());

/** Who asks in a table of docs/explorer.md. */
const TABLES = { public: 'public', auditors: 'auditor', charities: 'charity' };
const QUESTIONS = 10;

/** The rows of the page's three tables: who asks which question, and the path that it names. */
function rowsOfThePage() {
  const part = read('../../../docs/explorer.md').split('## Questions and their paths')[1];
  const rows = new Map();
  for (const table of part.split('\n## ')[0].split('\n\n')) {
    const lines = table.split('\n').filter((line) => line.startsWith('|'));
    const cells = lines.map((line) => line.split('|').slice(1, -1).map((cell) => cell.trim()));
    const who = TABLES[cells[0]?.[0]];
    for (const [question, path, answer] of who === undefined ? [] : cells.slice(2)) {
      const number = /^\d+[ab]? /.exec(question);
      assert.ok(number !== null && answer !== '', `${who}: ${question}`);
      const name = `${who} ${number[0].trim()}`;
      assert.ok(!rows.has(name), `${name} stands there twice`);
      rows.set(name, path);
    }
  }
  return rows;
}

/** A click as the page tells it: the words of a link or button, or what kind of thing it is. */
function told(step) {
  return Array.isArray(step) ? step[0] : `〈${step.kind}〉`;
}

test('docs/explorer.md lists every question with the path that is clicked here', () => {
  const rows = rowsOfThePage();
  const asked = new Set([...rows.keys()].map((name) => name.replace(/[ab]$/, '')));
  for (const who of Object.values(TABLES)) {
    for (let number = 1; number <= QUESTIONS; number += 1) {
      assert.ok(asked.has(`${who} ${number}`), `the page lacks question ${number} of ${who}`);
    }
  }
  assert.equal(asked.size, Object.keys(TABLES).length * QUESTIONS);
  const clicked = new Map(PATHS.map(({ who, clicks }) => [who, clicks.map(told).join(' → ')]));
  assert.equal(clicked.size, PATHS.length, 'a question is clicked twice');
  // What has no answer on any page has a dash for a path.
  const paths = [...rows].filter(([, path]) => path !== '–');
  assert.deepEqual(new Map(paths), new Map([...rows.keys()].flatMap((name) =>
    (clicked.has(name) ? [[name, clicked.get(name)]] : []))));
  assert.deepEqual([...clicked.keys()].filter((name) => !rows.has(name)), []);
});

/** One click: a pair of names in both languages, or a thing of the ledger by name or by place. */
async function click(page, step, place) {
  const main = page.locator('main');
  if (step.receipt) {
    await main.locator('input[name=code]').fill(sites.receipt.code);
    await main.locator('input[name=salt]').fill(sites.receipt.salt);
    await main.locator('form button').click();
  } else if (step.first) {
    await main.locator(step.first).first().click();
  } else {
    const name = Array.isArray(step) ? step[place] : step.name;
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
