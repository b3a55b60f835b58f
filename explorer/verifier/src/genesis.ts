import { utf8 } from './bytes.ts';
import { decode, encode } from './codec.ts';
import { malformed } from './errors.ts';
import { hashOf } from './hashes.ts';
import type { GenesisHash } from './hashes.ts';
import { parseJson } from './json.ts';
import type { Genesis, Trust } from './types.ts';
import { genesis, MOST_GENESIS_BYTES, trust } from './types.ts';

/** A genesis file and what follows from it. */
export interface PinnedGenesis {
  /** The file's contents. */
  genesis: Genesis;
  /** Hash over its canonical bytes. */
  hash: GenesisHash;
  /** Chain id: the name and 16 digits of the hash. */
  chainId: string;
  /** Origin line of the log's checkpoints, and name of the log's key. */
  origin: string;
  /** What a reader who pins this file trusts. */
  trust: Trust;
}

/** Reads a genesis file (JSON). */
export function readGenesis(text: string): PinnedGenesis {
  if (utf8(text).length > MOST_GENESIS_BYTES) {
    throw malformed('the genesis file is too long');
  }
  return pinGenesis(genesis.fromJson(parseJson(text)));
}

/** Reads the canonical bytes of a genesis. */
export function decodeGenesis(bytes: Uint8Array): PinnedGenesis {
  return pinGenesis(decode(genesis, bytes, MOST_GENESIS_BYTES));
}

function pinGenesis(value: Genesis): PinnedGenesis {
  if (!/^[a-z0-9-]+$/.test(value.name)) {
    throw malformed(`"${value.name}" is not a name of a chain`);
  }
  const hash = hashOf('GenesisHash', encode(genesis, value));
  const chainId = `${value.name}-${hash.slice(0, 16)}`;
  return {
    genesis: value,
    hash,
    chainId,
    origin: `minglian/${value.name}/${hash}`,
    trust: { chain_id: chainId, height: 0n, validators: value.validators },
  };
}

/** Reads a trust (JSON), e.g. what an earlier verification left. */
export function readTrust(text: string): Trust {
  return trust.fromJson(parseJson(text));
}
