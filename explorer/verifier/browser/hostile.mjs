/** Pages full of what hostile people write. Run by explorer/tests/it/hostile.rs. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test, { after, before } from 'node:test';
import { expectFits } from './look.mjs';
import { browser, Reader, sites } from './site.mjs';

const { visited, asked: questions } = JSON.parse(readFileSync(sites.list, 'utf8'));
let chromium;

before(async () => {
  chromium = await browser();
});

after(() => chromium?.close());

/** A reader whose pages call `__ran` when anything of a hostile text runs. */
async function watcher(options) {
  const reader = await Reader.at(chromium, { viewport: { width: 360, height: 800 }, ...options });
  reader.ran = [];
  await reader.page.exposeFunction('__ran', () => reader.ran.push(reader.page.url()));
  reader.page.on('dialog', (dialog) => {
    reader.ran.push(dialog.message());
    dialog.dismiss();
  });
  reader.page.on('request', (request) => {
    if (!request.url().startsWith(sites.honest)) {
      reader.ran.push(request.url());
    }
  });
  return reader;
}

/** What no page of the site has, whoever wrote its texts. */
function foreign(page) {
  return page.evaluate(() => {
    const own = new Set([location.origin, 'http://node.example']);
    const wrong = [];
    for (const element of document.querySelectorAll('*')) {
      const names = element.getAttributeNames();
      const link = element.href?.baseVal ?? element.href ?? element.src ?? element.action;
      if (names.some((name) => name.startsWith('on') || name === 'style')
        || ['IFRAME', 'OBJECT', 'EMBED', 'IMG', 'BASE', 'STYLE', 'TEMPLATE'].includes(element.tagName)
        || (element.tagName === 'SCRIPT' && !/^\/assets\/pages-/.test(element.getAttribute('src')))
        || (typeof link === 'string' && !own.has(new URL(link, location.href).origin))) {
        wrong.push(element.outerHTML.slice(0, 200));
      }
    }
    const one = (selector) => document.querySelectorAll(selector).length === 1;
    return one('main') && one('h1') && one('footer') ? wrong : [...wrong, 'another frame'];
  });
}

for (const bypassCSP of [false, true]) {
  const policy = bypassCSP ? 'although no policy forbids it' : 'under the policy';
  test(`no hostile text runs, ${policy}, or breaks the page`, async () => {
    const reader = await watcher({ bypassCSP });
    const { page } = reader;
    assert.ok(visited.length > 100, `${visited.length} pages`);
    for (const [number, path] of visited.entries()) {
      if (number % 2 === Number(bypassCSP)) {
        const language = number % 3 === 0 ? '/en' : '';
        await page.goto(`${sites.honest}${path.startsWith('/en/') ? '' : language}${path}`);
        assert.deepEqual(await foreign(page), [], path);
        for (const width of [360, 1280]) {
          await page.setViewportSize({ width, height: 800 });
          await expectFits(page, width, path);
        }
      }
    }
    assert.deepEqual(reader.ran, []);
    await reader.close();
  });
}

const routes = ['/search?q=', '/projects/', '/notices/', '/calendar?month=', '/reports/',
  '/nowhere/', '/allocations?fund=', '/entries?organization=', '/receipt?'];

test('marks stacked on letters widen no page', async () => {
  const reader = await watcher();
  const { page } = reader;
  const stacked = questions.filter((asked) => /\p{M}{8,}/u.test(decodeURIComponent(asked)));
  assert.ok(stacked.length >= 4, `${stacked.length} questions of marks`);
  const asking = [...routes, '/entries?project=', '/movements?fund=', '/holdings?fund=',
    '/lottery?game=', '/organizations/', '/campaigns/', '/rules/'];
  for (const asked of stacked) {
    for (const route of asking) {
      await page.goto(`${sites.honest}${route}${asked}`);
      await expectFits(page, 360, `${route}${asked}`);
    }
  }
  // The browser itself reports that a page was refused.
  assert.ok(reader.errors.every((error) => /status of 4/.test(error)), reader.errors.join('\n'));
  reader.errors.length = 0;
  await reader.close();
});

test('no hostile question runs', async () => {
  const reader = await watcher({ bypassCSP: true });
  const { page } = reader;
  for (const [number, asked] of questions.entries()) {
    if (number % 3 === 0) {
      const path = `${routes[(number / 3) % routes.length]}${asked}`;
      await page.goto(`${sites.honest}${path}`);
      assert.deepEqual(await foreign(page), [], path);
      await expectFits(page, 360, path);
    }
  }
  assert.deepEqual(reader.ran, []);
  // The browser itself reports that a page was refused.
  assert.ok(reader.errors.every((error) => /status of 4/.test(error)), reader.errors.join('\n'));
  reader.errors.length = 0;
  await reader.close();
});
