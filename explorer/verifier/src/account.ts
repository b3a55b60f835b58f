/** What the state says of an account: key 0x21, as section 10 of `docs/format.md` lists it. */
import { decode, list, u32, u64 } from './codec.ts';
import type { Of } from './codec.ts';
import { malformed } from './errors.ts';
import { accountId, interval } from './events.ts';
import { date } from './scalars.ts';
import { struct } from './shapes.ts';

/** Prefix byte of the table of accounts. */
const ACCOUNTS = 0x21;

/** Codec of the value: what came in, what is spent, and how old the money is. */
export const account = struct({
  credited: u64,
  frontier: u64,
  taken_ahead: list(interval),
  rebases: u32,
  ages: list(struct({ start: u64, dates: struct({ oldest: date, newest: date }) })),
});
/** An account's positions: all below `credited` came in; spent are those below `frontier`. */
export type Account = Of<typeof account>;
/** Name of an account. */
export type AccountId = Of<typeof accountId>;

/** The account that a key of the state names; another table's key is refused. */
export function accountOfKey(key: Uint8Array): AccountId {
  if (key[0] !== ACCOUNTS) {
    throw malformed('the key is not that of an account');
  }
  return decode(accountId, key.slice(1));
}

/** The account that a value of the state holds. */
export function readAccount(value: Uint8Array): Account {
  return decode(account, value);
}

/** What is unspent, in fen. */
export function balanceOf(value: Account): bigint {
  const ahead = value.taken_ahead.reduce((sum, { start, end }) => sum + end - start, 0n);
  return value.credited - value.frontier - ahead;
}
