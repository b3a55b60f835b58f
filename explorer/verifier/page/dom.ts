/** Building elements without HTML text: the pages allow no script source and no HTML sink. */
import { STEPS, VERDICT } from './words.ts';
import type { Mark, Report, Said } from './report.ts';
import { say } from './report.ts';

/** A language of the panel. */
export type Language = 'zh' | 'en';

/** An element with attributes and children. */
export function element(
  name: string, attributes: Record<string, string> = {}, ...children: (Node | string)[]
): HTMLElement {
  const made = document.createElement(name);
  for (const [attribute, value] of Object.entries(attributes)) {
    made.setAttribute(attribute, value);
  }
  made.append(...children);
  return made;
}

/** The language of the page. */
export function pageLanguage(): Language {
  return document.documentElement.lang.startsWith('en') ? 'en' : 'zh';
}

const MARKS: Record<Mark, Said> = {
  pass: say('✓ 通过', '✓ passed'),
  fail: say('✗ 失败', '✗ failed'),
  open: say('? 未能进行', '? not possible'),
  note: say('· 说明', '· note'),
  skipped: say('– 未进行', '– not reached'),
};

/** Draws a report into `place`, in place of what stood there. */
export function draw(place: HTMLElement, report: Report, language: Language, extra: Node[]): void {
  const { outcome } = report;
  const other: Language = language === 'zh' ? 'en' : 'zh';
  const toggle = element('button', { type: 'button', class: 'plain' },
    say('English', '中文')[language]);
  toggle.addEventListener('click', () => draw(place, report, other, extra));
  const parts: Node[] = [
    element('p', { class: `verdict ${outcome}`, role: 'alert', lang: tag(language) },
      `${VERDICT[outcome][language]} `,
      element('small', { lang: tag(other) }, VERDICT[outcome][other])),
  ];
  if (report.alarm !== null) {
    parts.push(element('p', { class: 'banner alarm', role: 'alert' }, report.alarm[language]));
  }
  parts.push(steps(report, language));
  if (report.rows.length > 0) {
    parts.push(rows(report, language));
  }
  if (report.contents.length > 0) {
    parts.push(contents(report, language));
  }
  place.setAttribute('lang', tag(language));
  place.dataset['outcome'] = outcome;
  place.replaceChildren(...parts, ...extra, element('p', { class: 'actions' }, toggle));
}

function tag(language: Language): string {
  return language === 'zh' ? 'zh-CN' : 'en';
}

function steps(report: Report, language: Language): HTMLElement {
  const items = [...report.steps.entries()].map(([id, { name, mark, detail }]) =>
    element('li', { class: `mark-${mark}`, 'data-step': id, 'data-mark': mark },
      element('strong', {}, MARKS[mark][language]), ` ${name[language]}`,
      element('span', { class: 'detail' }, detail[language])));
  return element('ol', { class: 'steps' }, ...items);
}

function rows(report: Report, language: Language): HTMLElement {
  const head = [
    say('项目', 'Field'), say('已证明的字节', 'Verified bytes'), say('页面所示', 'This page'),
    say('比对', 'Compared'),
  ].map((name) => name[language]);
  const cell = (label: number, text: string): HTMLElement =>
    element('td', { 'data-label': head[label] ?? '' }, text);
  const body = report.rows.map(({ name, proven, shown, same }) =>
    element('tr', same ? {} : { class: 'differs' },
      element('th', { scope: 'row' }, name[language]), cell(1, proven), cell(2, shown),
      cell(3, same ? say('✓ 一致', '✓ same')[language] : say('✗ 不符', '✗ differs')[language])));
  return element('details', report.rows.some((row) => !row.same) ? { open: '' } : {},
    element('summary', {}, `${STEPS.fields[language]}(${report.rows.length})`),
    element('table', {},
      element('thead', {}, element('tr', {}, ...head.map((name) => element('th', {}, name)))),
      element('tbody', {}, ...body)));
}

function contents(report: Report, language: Language): HTMLElement {
  const entries = report.contents.flatMap(([name, value]) =>
    [element('dt', {}, name), element('dd', {}, value)]);
  return element('details', report.rows.length === 0 ? { open: '' } : {},
    element('summary', {}, say('已证明的内容', 'What is proven')[language]),
    element('dl', {}, ...entries));
}
