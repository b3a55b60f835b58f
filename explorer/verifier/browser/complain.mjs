/** Somebody complains on a telephone, without JavaScript. Run by explorer/tests/it/browser.rs. */
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import test, { after, before } from 'node:test';
import { browser, Reader, sites } from './site.mjs';

const pictures = process.env.MINGLIAN_SCREENSHOTS;
const base = sites.window;
let chromium;

before(async () => {
  chromium = await browser();
});

after(() => chromium?.close());

async function see(page, name) {
  const width = await page.evaluate(() => document.documentElement.scrollWidth);
  assert.ok(width <= 360, `${name} is ${width} wide`);
  if (pictures) {
    mkdirSync(pictures, { recursive: true });
    await page.screenshot({ path: join(pictures, `complain-${name}.png`), fullPage: true });
  }
}

const WORDS = {
  zh: {
    link: '对此举报或提出异议', phone: '我的手机是13800138000,暖气没有装。', refused: '手机号',
    text: '敬老院的暖气没有装,账上已经付了款。', look: '凭回执码查询', waiting: '等待第二位经办人复核',
    large: '长辈版',
  },
  en: {
    link: 'Complain about this, or object', phone: 'Call 13800138000, there is no heating.',
    refused: 'mobile phone', text: 'There is no heating in the home, and it is paid.',
    look: 'Look up a ticket', waiting: 'waiting for a second officer', large: 'Large type',
  },
};

for (const language of ['zh', 'en']) {
  const words = WORDS[language];
  test(`from an entry to the ticket and back to the case, ${language}`, async () => {
    const viewport = { width: 360, height: 740 };
    const reader = await Reader.at(chromium, { viewport, javaScriptEnabled: false });
    const { page } = reader;
    await page.goto(`${base}/${language}/entries/3`);
    await see(page, `entry-${language}`);
    await page.locator('main a', { hasText: words.link }).click();
    await see(page, `form-${language}`);
    await page.fill('textarea[name=text]', words.phone);
    await page.locator('form.complain button').click();
    assert.match(await page.locator('p.alarm').innerText(), new RegExp(words.refused));
    assert.equal(await page.inputValue('textarea[name=text]'), words.phone, 'nothing is lost');
    await see(page, `refused-${language}`);
    await page.fill('textarea[name=text]', words.text);
    await page.locator('form.complain button').click();
    const ticket = await page.locator('#ticket').innerText();
    assert.match(ticket, /^([0-9a-f]{4} ){7}[0-9a-f]{4}$/);
    assert.ok(!page.url().includes(ticket.slice(0, 4)) && page.url().endsWith('/complain'));
    await see(page, `ticket-${language}`);
    await page.locator('main a', { hasText: words.look }).click();
    await page.fill('input[name=ticket]', ticket);
    await page.locator('form.lookup button').click();
    const said = await page.locator('main').innerText();
    assert.ok(said.includes(words.waiting) && !said.includes(words.text), said);
    await see(page, `case-${language}`);
    // One of the answers was a refusal (422), which a browser writes to its console.
    await reader.close(1);
  });

  test(`large type is one link away and stays, ${language}`, async () => {
    const reader = await Reader.at(chromium, { viewport: { width: 360, height: 740 }, javaScriptEnabled: false });
    const { page } = reader;
    await page.goto(`${base}/${language}/entries/3`);
    const size = () => page.evaluate(() => parseFloat(getComputedStyle(document.querySelector('dd')).fontSize));
    const before = await size();
    await page.locator('footer a', { hasText: words.large }).click();
    assert.ok(page.url().endsWith(`/${language}/entries/3`), page.url());
    assert.ok(await size() >= before * 1.25, 'a quarter larger');
    for (const [number, path] of ['/', '/entries/3', '/complain', '/about', '/method', '/privacy',
      '/accessibility', '/subscribe', '/trace/1/down', '/counties', '/execution'].entries()) {
      await page.goto(`${base}/${language}${path}`);
      await see(page, `large-${number}-${language}`);
    }
    await reader.close();
  });
}

test('an entry prints on one kind of paper, with its address', async () => {
  const reader = await Reader.at(chromium, { viewport: { width: 794, height: 1123 } });
  const { page } = reader;
  await page.goto(`${base}/zh/entries/3`);
  assert.equal(await page.locator('.paper').isVisible(), false);
  await page.emulateMedia({ media: 'print' });
  assert.equal(await page.locator('.paper svg.qr').isVisible(), true);
  assert.equal(await page.locator('header nav').isVisible(), false);
  if (pictures) {
    mkdirSync(pictures, { recursive: true });
    await page.screenshot({ path: join(pictures, 'paper.png'), fullPage: true });
  }
  await reader.close();
});
