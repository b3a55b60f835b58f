/** The verifier of the pages, loaded when a reader asks for it, and of the offline file. */
import { attachmentHash, lay, nothing, verifyFiles } from './files.ts';
import type { Laid } from './files.ts';
import { draw, element, pageLanguage } from './dom.ts';
import { sitesGenesis, verifyAccount, verifyHead, verifyRecord } from './online.ts';
import type { Report } from './report.ts';
import { say } from './report.ts';

/** Runs and draws a verification; the button is busy meanwhile. */
async function show(
  place: HTMLElement, work: () => Promise<Report>, extra: (report: Report) => Node[],
): Promise<void> {
  const result = place.querySelector<HTMLElement>('.result');
  if (result === null) {
    return;
  }
  result.setAttribute('aria-busy', 'true');
  const language = pageLanguage();
  const waiting = say('正在本机核验…', 'Verifying on this machine …')[language];
  result.replaceChildren(element('p', {}, waiting));
  // The browser draws the line above before the work keeps it busy.
  await new Promise((resolve) => setTimeout(resolve, 0));
  const report = await work();
  draw(result, report, language, extra(report));
  result.removeAttribute('aria-busy');
}

/** Verifies what a page shows. */
export function press(place: HTMLElement): Promise<void> {
  const work = { record: verifyRecord, account: verifyAccount, head: verifyHead };
  const chosen = work[place.dataset['verify'] as keyof typeof work];
  return show(place, () => chosen(place), attachmentInput);
}

/** What was laid on each place so far. */
const laidOn = new WeakMap<HTMLElement, Laid>();

/** Verifies files together with those that were laid on the same place before. */
export async function take(place: HTMLElement, files: File[]): Promise<void> {
  const laid = laidOn.get(place) ?? nothing();
  laidOn.set(place, laid);
  for (const file of files) {
    lay(laid, file.name, new Uint8Array(await file.arrayBuffer()));
  }
  const expected = place.querySelector<HTMLInputElement>('input.expected')?.value ?? '';
  const isOffline = place.dataset['verify'] === 'offline';
  const site = isOffline ? null : (report: Report) => sitesGenesis(report, place);
  await show(place, () => verifyFiles(laid, { expected, site }), () => []);
}

/** An input for attachments, when the verified act names any. */
function attachmentInput(report: Report): Node[] {
  if (report.hashes.length === 0) {
    return [];
  }
  const language = pageLanguage();
  const answer = element('p', { class: 'attachment', role: 'status' });
  const input = element('input', { type: 'file', id: 'attachment' }) as HTMLInputElement;
  input.addEventListener('change', () => {
    const [file] = input.files ?? [];
    void file?.arrayBuffer().then((buffer) => {
      const hash = attachmentHash(new Uint8Array(buffer));
      const isNamed = report.hashes.includes(hash);
      answer.className = `attachment ${isNamed ? 'pass' : 'fail'}`;
      answer.textContent = (isNamed
        ? say(`附件核验通过:${hash}`, `Attachment verified: ${hash}`)
        : say(`附件核验失败:${file.name} 的哈希 ${hash} 不在本条账目之中`,
          `Attachment verification failed: ${hash} of ${file.name} is not in this record`)
      )[language];
    });
  });
  const label = say('核对附件(只在本机计算):', 'Check an attachment (stays here):')[language];
  return [element('p', {}, element('label', { for: 'attachment' }, `${label} `), input), answer];
}
