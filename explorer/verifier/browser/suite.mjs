/** Journeys of readers through an explorer, honest and not. Run by explorer/tests/it/browser.rs. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import test, { after, before } from 'node:test';
import { pathToFileURL } from 'node:url';
import { browser, flip, Proxy, Reader, replace, sites } from './site.mjs';

const EVIDENCE = '/verify/records/3/evidence';
const pictures = process.env.MINGLIAN_SCREENSHOTS;
const folder = mkdtempSync(join(tmpdir(), 'minglian-files-'));
let chromium;
let proxy;

before(async () => {
  chromium = await browser();
  proxy = await new Proxy().open();
});

after(async () => {
  await chromium?.close();
  proxy?.close();
  rmSync(folder, { recursive: true });
});

/** A reader with nothing remembered, at the honest explorer, which `tamper` changes. */
async function visit(action, { tamper = null, upstream = sites.honest, options = {} } = {}) {
  proxy.upstream = upstream;
  proxy.tamper = tamper;
  proxy.isDown = () => false;
  proxy.paths = [];
  const reader = await Reader.at(chromium, options);
  await action(reader);
  await reader.close();
}

const only = (path, change) => (url, body) => (url === path ? change(body) : null);

function expectPass(verdict) {
  assert.equal(verdict.outcome, 'pass', verdict.words);
  assert.match(verdict.words, /核验通过/);
  const marks = Object.values(verdict.marks);
  assert.ok(marks.length > 0 && marks.every((mark) => ['pass', 'note'].includes(mark)), verdict.words);
}

function expectFailure(verdict, step, why) {
  assert.equal(verdict.outcome, 'fail', `${why}: ${verdict.words}`);
  assert.match(verdict.words, /核验失败/, why);
  if (step !== null) {
    assert.equal(verdict.marks[step], 'fail', `${why}: ${verdict.words}`);
  }
}

test('honest entries and accounts verify', async () => {
  for (const path of ['/entries/1', '/entries/3', `/entries/${sites.payment}`, '/accounts/1',
    '/accounts/3', '/verify', '/en/entries/3', '/en/accounts/1', '/en/verify']) {
    await visit(async (reader) => {
      const verdict = await reader.verify(`${proxy.base}${path}`);
      expectPass(verdict);
      await reader.page.click('button.plain');
      const other = await reader.verdict();
      // The verdict is first in the page's language; the button shows it in the other one.
      const [zh, en] = path.startsWith('/en/') ? [other, verdict] : [verdict, other];
      assert.match(zh.words, /^核验通过/);
      assert.match(zh.words, /4 个创世验证者/);
      assert.match(zh.words, /3 个验证者共同签名/);
      assert.match(en.words, /^Verified/);
    });
  }
});

test('every entry of the story agrees with its bytes, in both languages', async () => {
  for (const language of ['', '/en']) {
    await visit(async (reader) => {
      await reader.page.goto(`${proxy.base}${language}/entries`);
      const links = await reader.page.locator('tbody td:first-child a').evaluateAll((all) =>
        all.map((link) => link.getAttribute('href')));
      assert.ok(links.length > 15, `${links.length} entries`);
      for (const link of links) {
        assert.ok(link.startsWith(`${language}/entries/`), link);
        expectPass(await reader.verify(`${proxy.base}${link}`));
      }
    });
  }
});

test('one changed byte of the evidence is refused, wherever it is', async () => {
  const length = (await (await fetch(`${sites.honest}${EVIDENCE}`)).arrayBuffer()).byteLength;
  for (let at = 3; at < length; at += Math.ceil(length / 24)) {
    const tamper = only(EVIDENCE, (body) => flip(body, at));
    await visit(async (reader) =>
      expectFailure(await reader.verify(`${proxy.base}/entries/3`), null, `byte ${at}`), { tamper });
  }
  // The last bytes are the proof; the record itself stands before it.
  const places = [['log', -1], ['log', -400]];
  for (const [step, at] of places) {
    const tamper = only(EVIDENCE, (body) => flip(body, at));
    await visit(async (reader) =>
      expectFailure(await reader.verify(`${proxy.base}/entries/3`), step, `byte ${at}`), { tamper });
  }
});

test('a changed note, genesis, closing or proposal is refused', async () => {
  const cases = [
    ['/verify/checkpoint', 'checkpoint', (body) => flip(body, -8)],
    ['/verify/checkpoint', 'checkpoint', (body) => flip(body, 20)],
    ['/verify/genesis.json', 'genesis', (body) => replace(body, '泸县财政局', '泸县财务局')],
    ['/verify/records/4/evidence', 'time', (body) => flip(body, -1)],
    ['/verify/records/1/evidence', 'proposal', (body) => flip(body, -1)],
  ];
  for (const [path, step, change] of cases) {
    await visit(async (reader) =>
      expectFailure(await reader.verify(`${proxy.base}/entries/3`), step, path),
    { tamper: only(path, change) });
  }
});

test('a page that shows something else than the record is refused', async () => {
  const changes = [
    ['指标465万元', '指标965万元'], ['4,650,000.00<small', '9,650,000.00<small'],
    ['2021-03-01 12:02:00', '2021-03-01 12:03:00'], ['[0, 465000000)', '[0, 465000001)'],
    ['data-field="height">2<', 'data-field="height">3<'], ['>业务-2<', '>业务-3<'],
    ['“省级指标”', '“市级指标”'], ['&#34;approve&#34;', '&#34;reject&#34;'],
    ['CNY 4,650,000.00', 'CNY 4,650,000.01'],
  ].map((change) => ['/entries/3', ...change]);
  const english = [
    ['CNY 4,650,000.00', 'CNY 9,650,000.00'], ['指标465万元', '指标965万元'],
    ['class="money">4,650,000.00<', 'class="money">9,650,000.00<'], ['>Receipt<', '>Transfer<'],
    ['>designated<', '>first in, first out<'], ['[0, 465000000)', '[0, 465000001)'],
  ].map((change) => ['/en/entries/3', ...change]);
  for (const [path, from, to] of [...changes, ...english]) {
    const tamper = only(path, (body) => {
      const text = body.toString('utf8');
      // The place on the page is known to be there; the last one of a text stands in the tables.
      assert.ok(text.includes(from), `no ${from}`);
      return Buffer.from(text.replaceAll(from, to), 'utf8');
    });
    await visit(async (reader) =>
      expectFailure(await reader.verify(`${proxy.base}${path}`), 'fields', from), { tamper });
  }
  for (const path of ['/accounts/1', '/en/accounts/1']) {
    const tamper = only(path, (body) => replace(body, 'data-field="balance">', '$&1'));
    await visit(async (reader) =>
      expectFailure(await reader.verify(`${proxy.base}${path}`), 'fields', 'balance'), { tamper });
  }
});

test('evidence of another record or account is refused', async () => {
  const [record, account] = await Promise.all(['records/5', 'accounts/2'].map(async (name) =>
    Buffer.from(await (await fetch(`${sites.honest}/verify/${name}/evidence`)).arrayBuffer())));
  await visit(async (reader) =>
    expectFailure(await reader.verify(`${proxy.base}/entries/3`), 'log', 'another record'),
  { tamper: only(EVIDENCE, () => record) });
  await visit(async (reader) =>
    expectFailure(await reader.verify(`${proxy.base}/accounts/1`), 'fields', 'another account'),
  { tamper: only('/verify/accounts/1/evidence', () => account) });
});

test('the browser follows a log that grows and catches one that was rewritten', async () => {
  await visit(async (reader) => {
    const first = await reader.verify(`${proxy.base}/entries/3`);
    assert.equal(first.marks.memory, 'note', first.words);
    proxy.upstream = sites.honest;
    const grown = await reader.verify(`${proxy.base}/entries/3`);
    expectPass(grown);
    assert.equal(grown.marks.memory, 'pass', grown.words);
    proxy.upstream = sites.rewritten;
    for (const path of ['/entries/3', '/accounts/1', '/verify']) {
      const caught = await reader.verify(`${proxy.base}${path}`);
      expectFailure(caught, 'memory', path);
      assert.match(caught.words, /警报:账本被改写/);
      // Everything that the validators signed is in order: only the memory tells.
      assert.equal(caught.marks.certificate, 'pass');
    }
    if (pictures) {
      await picture(reader, 'alarm-1280');
    }
    proxy.upstream = sites.honest;
    expectPass(await reader.verify(`${proxy.base}/entries/3`));
    // A log that is shorter than what was seen, and no proof: behind, or cut off.
    proxy.upstream = sites.early;
    const shorter = await reader.verify(`${proxy.base}/entries/3`);
    expectFailure(shorter, 'memory', 'shorter');
    assert.match(shorter.words, /账本变短/);
    assert.ok(reader.errors.every((error) => error.includes('502')), reader.errors.join('\n'));
    reader.errors.length = 0;
  }, { upstream: sites.early });
});

test('who sees the rewritten chain first finds nothing wrong with it', async () => {
  await visit(async (reader) => expectPass(await reader.verify(`${proxy.base}/entries/3`)),
    { upstream: sites.rewritten });
});

test('a changed consistency proof is refused', async () => {
  await visit(async (reader) => {
    await reader.verify(`${proxy.base}/verify`);
    proxy.upstream = sites.honest;
    proxy.tamper = (url, body) => {
      const at = body.indexOf('"proof":["') + 12;
      const digit = body[at] === 0x30 ? '1' : '0';
      return url.startsWith('/verify/consistency')
        ? Buffer.concat([body.subarray(0, at), Buffer.from(digit), body.subarray(at + 1)]) : null;
    };
    expectFailure(await reader.verify(`${proxy.base}/verify`), 'memory', 'consistency');
  }, { upstream: sites.early });
});

test('a site that does not answer is not called verified', async () => {
  await visit(async (reader) => {
    proxy.isDown = (path) => path.startsWith('/verify/records');
    const verdict = await reader.verify(`${proxy.base}/entries/3`);
    assert.equal(verdict.outcome, 'open');
    assert.match(verdict.words, /未能核验/);
    // The browser itself reports the failed request.
    assert.ok(reader.errors.every((error) => error.includes('502')), reader.errors.join('\n'));
    reader.errors.length = 0;
  });
});

test('an attachment is matched with the record, and a changed one is not', async () => {
  const voucher = Buffer.from(sites.voucher, 'base64');
  await visit(async (reader) => {
    expectPass(await reader.verify(`${proxy.base}/entries/${sites.payment}`));
    const answer = reader.page.locator('p.attachment');
    const lay = async (buffer) => reader.page.setInputFiles('#attachment', {
      name: '收据.pdf', mimeType: 'application/pdf', buffer,
    });
    await lay(voucher);
    await reader.page.locator('p.attachment.pass').waitFor();
    assert.match(await answer.innerText(), /附件核验通过/);
    await lay(flip(voucher, 5));
    await reader.page.locator('p.attachment.fail').waitFor();
    assert.match(await answer.innerText(), /附件核验失败/);
  });
});

async function download(path) {
  return Buffer.from(await (await fetch(`${sites.honest}${path}`)).arrayBuffer());
}

test('the centre takes a bundle and an attachment', async () => {
  const bundle = await download(`/verify/records/${sites.payment}/bundle.json`);
  const voucher = Buffer.from(sites.voucher, 'base64');
  const lay = (reader, ...files) => reader.page.setInputFiles('#files', files.map(([name, buffer]) =>
    ({ name, mimeType: 'application/octet-stream', buffer })));
  await visit(async (reader) => {
    await reader.page.goto(`${proxy.base}/verify`);
    await lay(reader, ['record.json', bundle], ['收据.pdf', voucher]);
    expectPass(await reader.verdict());
  });
  await visit(async (reader) => {
    await reader.page.goto(`${proxy.base}/verify`);
    await lay(reader, ['record.json', bundle], ['收据.pdf', flip(voucher, 3)]);
    expectFailure(await reader.verdict(), 'attachments', 'attachment');
  });
});

test('the offline file verifies without a network', async () => {
  const file = join(folder, 'verify.html');
  writeFileSync(file, await download('/verify.html'));
  const bundle = (await download('/verify/records/3/bundle.json')).toString('utf8');
  const hash = await genesisHash();
  const changed = bundle.replace(/\\"bytes\\":\\"00/, '\\"bytes\\":\\"01');
  assert.notEqual(changed, bundle);
  const cases = [
    [bundle, '', 'pass', null], [bundle, hash, 'pass', null],
    [bundle, hash.replace(/^./, (digit) => (digit === '0' ? '1' : '0')), 'fail', 'genesis'],
    [changed, hash, 'fail', 'log'],
  ];
  for (const [contents, expected, outcome, step] of cases) {
    const reader = await Reader.at(chromium);
    const asked = [];
    reader.page.on('request', (request) => asked.push(request.url()));
    await reader.page.goto(pathToFileURL(file).href);
    await reader.page.fill('#expected', expected);
    await reader.page.setInputFiles('#files', {
      name: 'record-3.json', mimeType: 'application/json', buffer: Buffer.from(contents),
    });
    const verdict = await reader.verdict();
    assert.equal(verdict.outcome, outcome, verdict.words);
    if (step !== null) {
      expectFailure(verdict, step, step);
    }
    assert.deepEqual(asked.filter((url) => !url.startsWith('file:')), []);
    if (pictures && outcome === 'pass') {
      await picture(reader, 'offline-1280');
    }
    await reader.close();
  }
});

test('the offline file is the one that a record on the ledger names', async () => {
  let links;
  await visit(async (reader) => {
    await reader.page.goto(`${proxy.base}/verify`);
    const main = reader.page.locator('main');
    assert.match(await main.innerText(), /写明的就是这个文件/);
    const places = await main.locator('tbody a[href*="/entries/"]').evaluateAll((all) =>
      all.map((link) => link.getAttribute('href')));
    links = places;
    assert.equal(links.length, 2, 'what proposed it, and what made it effective');
    for (const link of links) {
      expectPass(await reader.verify(`${proxy.base}${link}`));
    }
  });
  // A reader who trusts an older file looks at the new one with it: no site is asked.
  const verifier = await download('/verify.html');
  const file = join(folder, 'trusted.html');
  writeFileSync(file, verifier);
  const bundle = await download(links[0].replace('/entries/', '/verify/records/') + '/bundle.json');
  const hash = await genesisHash();
  for (const [given, mark] of [[verifier, 'pass'], [flip(verifier, 1_000), 'fail']]) {
    const reader = await Reader.at(chromium);
    await reader.page.goto(pathToFileURL(file).href);
    await reader.page.fill('#expected', hash);
    await reader.page.setInputFiles('#files', [['record.json', bundle], ['verify.html', given]].map(
      ([name, buffer]) => ({ name, mimeType: 'application/octet-stream', buffer })));
    const verdict = await reader.verdict();
    assert.equal(verdict.marks.attachments, mark, verdict.words);
    assert.equal(verdict.outcome, mark, verdict.words);
    await reader.close();
  }
});

async function genesisHash() {
  const page = (await download('/verify')).toString('utf8');
  return /data-genesis="([0-9a-f]{64})"/.exec(page)[1];
}

test('everything reads without JavaScript', async () => {
  await visit(async (reader) => {
    const pages = [['/entries/3', '4,650,000.00'], ['/accounts/1', '余额'], ['/verify', '创世哈希'],
      ['/en/verify', 'Genesis hash']];
    for (const [path, text] of pages) {
      await reader.page.goto(`${proxy.base}${path}`);
      const body = await reader.page.locator('body').innerText();
      assert.ok(body.includes(text), `${path}: ${body}`);
      assert.equal(await reader.page.locator('button.verify:visible').count(), 0, path);
    }
  }, { options: { javaScriptEnabled: false } });
});

test('pages without a check load no script, and the verifier comes when it is asked for', async () => {
  await visit(async (reader) => {
    for (const path of ['/', '/entries', '/allocations', '/organizations', '/projects', '/search']) {
      await reader.page.goto(`${proxy.base}${path}`);
      assert.equal(await reader.page.locator('script').count(), 0, path);
    }
    assert.deepEqual(proxy.paths.filter((path) => path.endsWith('.js')), []);
    await reader.page.goto(`${proxy.base}/entries/3`);
    await reader.page.goto(`${proxy.base}/verify`);
    const scripts = () => proxy.paths.filter((path) => path.endsWith('.js')).join(' ');
    assert.match(scripts(), /^\/assets\/pages-[0-9a-f]{16}\.js$/);
    await reader.verify(`${proxy.base}/entries/3`);
    await reader.verify(`${proxy.base}/accounts/1`);
    assert.match(scripts(), /^\/assets\/pages-\S+ \/assets\/verify-[0-9a-f]{16}\.js$/);
  });
});

test('the pages fit a telephone, in both languages', async () => {
  for (const width of [360, 1280]) {
    await visit(async (reader) => {
      for (const [name, path] of [['entry', '/entries/3'], ['account', '/accounts/1'],
        ['verify', '/verify'], ['entry-en', '/en/entries/3'], ['account-en', '/en/accounts/1'],
        ['verify-en', '/en/verify']]) {
        const { outcome } = await reader.verify(`${proxy.base}${path}`);
        assert.equal(outcome, 'pass', path);
        const wide = await reader.page.evaluate(() => document.documentElement.scrollWidth);
        assert.ok(wide <= width, `${path} is ${wide} wide at ${width}`);
        // What is folded away fits as well.
        for (const folded of await reader.page.locator('.result summary').all()) {
          await folded.click();
        }
        const opened = await reader.page.evaluate(() => document.documentElement.scrollWidth);
        assert.ok(opened <= width, `${path}, opened, is ${opened} wide at ${width}`);
        if (pictures) {
          await picture(reader, `${name}-${width}`);
        }
      }
    }, { options: { viewport: { width, height: 800 } } });
  }
});

async function picture(reader, name) {
  mkdirSync(pictures, { recursive: true });
  await reader.page.screenshot({ path: join(pictures, `${name}.png`), fullPage: true });
}
