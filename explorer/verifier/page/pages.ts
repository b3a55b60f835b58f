/** The script that pages load: it loads the verifier when a reader asks for it. */
import type { Verifier } from './start.ts';
import { start } from './start.ts';

/** Where the verifier is; the bundler knows its hash. */
declare const VERIFIER: string;

start(() => import(VERIFIER) as Promise<Verifier>);
