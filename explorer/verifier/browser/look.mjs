/** What is asked of every page, whatever is on it. */
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';

const AXE = readFileSync(new URL('../node_modules/axe-core/axe.min.js', import.meta.url), 'utf8');

/** The rules of WCAG 2.0 to 2.2, levels A and AA, and what is good practice beside them. */
const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

const pictures = process.env.MINGLIAN_SCREENSHOTS;

/** What a reader downloads for one page, in bytes, without what the browser keeps. */
export const PAGE_BYTES_MAX = 120_000;

/** Unfolds what is folded in the page itself, so that it is looked at too. */
export function unfold(page) {
  return page.evaluate(() => {
    for (const folded of document.querySelectorAll('main details')) {
      folded.open = true;
    }
  });
}

/** What axe finds wrong; the policy of the pages allows no script tag, so it is evaluated. */
export async function violations(page) {
  if (!await page.evaluate(() => 'axe' in window)) {
    await page.evaluate(AXE);
  }
  return page.evaluate(async (values) => {
    const options = { runOnly: { type: 'tag', values }, resultTypes: ['violations'] };
    const found = await window.axe.run(document, options);
    return found.violations.flatMap((rule) => rule.nodes.map((node) =>
      `${rule.id} (${rule.impact}): ${node.html.slice(0, 200)} ${node.failureSummary ?? ''}`));
  }, TAGS);
}

/** Fails if the page itself, and not only a frame in it, scrolls sideways. */
export async function expectFits(page, width, where) {
  const wide = await page.evaluate(() => document.documentElement.scrollWidth);
  if (wide <= width) {
    return;
  }
  const culprits = await page.evaluate((limit) => [...document.querySelectorAll('body *')]
    .filter((element) => element.getBoundingClientRect().right > limit + 1)
    .slice(-3).map((element) => element.outerHTML.slice(0, 160)), width);
  assert.fail(`${where} is ${wide} wide at ${width}: ${culprits.join('\n')}`);
}

/** Looks at the page that is open: at both widths, by day and by night. */
export async function look({ page }, where, found) {
  await unfold(page);
  for (const width of [360, 1280]) {
    await page.setViewportSize({ width, height: 800 });
    for (const colorScheme of ['light', 'dark']) {
      await page.emulateMedia({ colorScheme });
      await expectFits(page, width, where);
      const wrong = await violations(page);
      found.push(...wrong.map((text) => `${where} ${width} ${colorScheme}: ${text}`));
      if (pictures) {
        mkdirSync(pictures, { recursive: true });
        const name = `page-${where.replaceAll(/[^\w-]+/gu, '_')}-${colorScheme}-${width}.png`;
        await page.screenshot({ path: join(pictures, name), fullPage: true });
      }
    }
  }
}

/** Fails if axe found anything. */
export function expectNone(found) {
  assert.equal(found.length, 0, `${found.length} violations:\n${found.slice(0, 20).join('\n')}`);
}
