/** What a verification did, step by step, before anybody draws it. */

/** A text in both languages. */
export interface Said {
  zh: string;
  en: string;
}

/** How a step ended: `open` could not be done, `note` says something and judges nothing. */
export type Mark = 'pass' | 'fail' | 'open' | 'note' | 'skipped';

/** One step of a verification. */
export interface Step {
  name: Said;
  mark: Mark;
  detail: Said;
}

/** One field: what the verified bytes say and what the page shows. */
export interface Row {
  name: Said;
  proven: string;
  shown: string;
  same: boolean;
}

/** How a whole verification ended. */
export type Outcome = 'pass' | 'fail' | 'open';

/** Thrown after a step that lets nothing follow it; the report says why. */
export class Stopped extends Error {}

/** Both languages at once. */
export function say(zh: string, en: string): Said {
  return { zh, en };
}

/** The steps of a verification in their order; those that are not reached stay `skipped`. */
export class Report {
  readonly steps = new Map<string, Step>();
  readonly rows: Row[] = [];
  /** What the reader should be told in red, beyond that something failed. */
  alarm: Said | null = null;
  /** Hashes that the verified act names, against which files can be laid. */
  hashes: string[] = [];
  /** What was verified, for reading: names and values. */
  contents: [string, string][] = [];

  constructor(plan: [string, Said][]) {
    for (const [id, name] of plan) {
      this.steps.set(id, { name, mark: 'skipped', detail: say('未进行', 'not reached') });
    }
  }

  /** Ends a step. */
  mark(id: string, mark: Mark, detail: Said): void {
    const step = this.steps.get(id);
    if (step === undefined) {
      throw new Error(`no step ${id}`);
    }
    // The first thing that went wrong stays.
    if (step.mark !== 'fail') {
      step.mark = mark;
      step.detail = detail;
    }
  }

  /** Ends a step and the verification. */
  stop(id: string, mark: 'fail' | 'open', detail: Said): never {
    this.mark(id, mark, detail);
    throw new Stopped(detail.en);
  }

  /** Lays a value that the page shows beside the proven one. */
  compare(name: Said, proven: string, shown: string | null, same = proven === shown): void {
    this.rows.push({ name, proven, shown: shown ?? '', same });
  }

  /** One failure fails the whole; a step that could not be done leaves it open. */
  get outcome(): Outcome {
    const marks = [...this.steps.values()].map((step) => step.mark);
    if (marks.includes('fail')) {
      return 'fail';
    }
    return marks.includes('open') || marks.every((mark) => mark === 'skipped') ? 'open' : 'pass';
  }
}
