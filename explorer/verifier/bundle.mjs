/**
 * Bundles the verifier for pages: `node bundle.mjs` writes `../assets/verifier/`, `--check` fails if
 * what stands there is not what the sources give (docs/decisions/0014).
 */
import { createHash } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const target = here('../assets/verifier/');
/** Digits of its hash in the name under which a script is served. */
const NAME_DIGITS = 16;
const digest = (text, form) => createHash('sha256').update(text).digest(form);

/** One bundle as text; `format` is that of esbuild. */
async function bundle(entry, format, define = {}) {
  const { outputFiles } = await build({
    absWorkingDir: here('.'),
    entryPoints: [`page/${entry}.ts`],
    bundle: true,
    minify: true,
    format,
    define,
    external: ['/assets/*'],
    target: 'es2022',
    platform: 'browser',
    charset: 'utf8',
    legalComments: 'inline',
    write: false,
  });
  return outputFiles[0].text;
}

const verifier = await bundle('verifier', 'esm');
const address = `/assets/verify-${digest(verifier, 'hex').slice(0, NAME_DIGITS)}.js`;
const pages = await bundle('pages', 'esm', { VERIFIER: JSON.stringify(address) });
const script = (await bundle('offline', 'iife')).trimEnd();
if (/<\/script|<!--/i.test(script)) {
  throw new Error('the script cannot stand inside a page');
}
const style = (await readFile(here('page/verify.css'), 'utf8')).trim();
const parts = {
  script, style, script_hash: digest(script, 'base64'), style_hash: digest(style, 'base64'),
};
const template = await readFile(here('page/verify.html'), 'utf8');
const page = template.replace(/\{\{(\w+)\}\}/g, (_, name) => parts[name]);

const files = { 'pages.js': pages, 'verify.js': verifier, 'verify.html': page };
const sums = Object.entries(files).map(([name, text]) => `${digest(text, 'hex')}  ${name}\n`);
files.SHA256SUMS = sums.join('');

if (process.argv.includes('--check')) {
  for (const [name, text] of Object.entries(files)) {
    const found = await readFile(`${target}${name}`, 'utf8').catch(() => '');
    if (found !== text) {
      console.error(`explorer/assets/verifier/${name} is not what the sources give: `
        + 'run `npm run bundle` in explorer/verifier and commit it');
      process.exit(1);
    }
  }
} else {
  await mkdir(target, { recursive: true });
  for (const [name, text] of Object.entries(files)) {
    await writeFile(`${target}${name}`, text);
  }
}
process.stdout.write(files.SHA256SUMS);
