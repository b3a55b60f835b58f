/** The script of the offline file: everything is in it. */
import { start } from './start.ts';
import * as verifier from './verifier.ts';

start(() => Promise.resolve(verifier));
