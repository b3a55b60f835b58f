/** The browser of the journeys, and a proxy that can change every answer of the explorer behind it. */
import assert from 'node:assert/strict';
import { createServer, request } from 'node:http';
import process from 'node:process';
import { chromium } from 'playwright-core';

const FLAGS = [
  '--headless', '--no-sandbox', '--disable-gpu', '--disable-background-networking',
  '--disable-component-update', '--disable-sync', '--no-first-run',
];

/** Where the explorers of this run are. */
export const sites = JSON.parse(process.env.MINGLIAN_SITES);

/** One origin whose answers come from `upstream`, changed by `tamper(path, body)` if it is set. */
export class Proxy {
  upstream = sites.honest;
  tamper = null;
  isDown = () => false;
  paths = [];

  async open() {
    this.server = createServer((incoming, answer) => this.pass(incoming, answer));
    await new Promise((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    this.base = `http://127.0.0.1:${this.server.address().port}`;
    return this;
  }

  pass(incoming, answer) {
    this.paths.push(incoming.url);
    if (this.isDown(incoming.url)) {
      answer.writeHead(502).end();
      return;
    }
    const headers = { accept: incoming.headers.accept ?? '*/*' };
    const onward = request(new URL(incoming.url, this.upstream), { headers }, (response) => {
      const parts = [];
      response.on('data', (part) => parts.push(part));
      response.on('end', () => {
        const body = Buffer.concat(parts);
        const changed = this.tamper?.(incoming.url, body) ?? body;
        const copied = { ...response.headers, 'content-length': changed.length };
        delete copied['transfer-encoding'];
        answer.writeHead(response.statusCode, copied).end(changed);
      });
    });
    onward.on('error', () => answer.writeHead(502).end());
    onward.end();
  }

  close() {
    this.server.closeAllConnections();
    this.server.close();
  }
}

/** A browser; its driver gives it a fresh folder and removes it again. */
export function browser() {
  return chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: FLAGS, headless: true,
  });
}

/** A reader: a context without memory of others, who minds every error on the console. */
export class Reader {
  errors = [];

  static async at(opened, options = {}) {
    const reader = new Reader();
    reader.context = await opened.newContext({ viewport: { width: 1280, height: 900 }, ...options });
    reader.page = await reader.context.newPage();
    reader.page.on('pageerror', (error) => reader.errors.push(String(error)));
    reader.page.on('console', (message) => {
      // The site has no picture for the tab, and pages forbid the browser to ask for one; where a
      // test takes that policy away it asks.
      if (message.type() === 'error' && !message.location().url.endsWith('/favicon.ico')) {
        reader.errors.push(`${message.text()} ${message.location().url}`);
      }
    });
    return reader;
  }

  /** Opens an address and presses the first button that verifies; the verdict. */
  async verify(address) {
    await this.page.goto(address);
    await this.page.click('button.verify');
    return this.verdict();
  }

  /** Waits for a verdict: outcome, words, and the mark of each step. */
  async verdict() {
    const place = this.page.locator('.result[data-outcome]:not([aria-busy])').first();
    await place.waitFor();
    const words = await place.innerText();
    const outcome = await place.getAttribute('data-outcome');
    const marks = await place.locator('.steps li').evaluateAll((items) =>
      Object.fromEntries(items.map((item) => [item.dataset.step, item.dataset.mark])));
    return { outcome, words, marks };
  }

  async close(expectedErrors = 0) {
    await this.context.close();
    assert.equal(this.errors.length, expectedErrors, `console errors: ${this.errors.join('\n')}`);
  }
}

/** The same bytes with one bit of the byte at `at` changed; a negative `at` counts from the end. */
export function flip(body, at) {
  const changed = Buffer.from(body);
  const place = at < 0 ? changed.length + at : at;
  changed[place] ^= 1;
  return changed;
}

/** Replaces text in a page; it fails if the text is not there. */
export function replace(body, from, to) {
  const text = body.toString('utf8');
  assert.ok(text.includes(from), `no ${from} to change`);
  return Buffer.from(text.replace(from, to), 'utf8');
}
