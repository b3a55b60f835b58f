/**
 * The types of section 2 of `docs/format.md`, in the order in which they appear there. The limits in
 * bytes hold for a value on its own, not inside another: whoever decodes one gives its limit.
 */
import { fromHex } from './bytes.ts';
import type { Codec, Of } from './codec.ts';
import { bool, bytes, i64, list, option, u32, u64 } from './codec.ts';
import { checkRegistrable } from './ed25519.ts';
import { malformed } from './errors.ts';
import type { HashName, LogHash } from './hashes.ts';
import { hashOf } from './hashes.ts';
import type { Hex, PublicKey } from './scalars.ts';
import {
  chainId, date, division, hash, height, logIndex, organizationCode, publicKey, signature, text,
  timeMs,
} from './scalars.ts';
import { names, struct, variants } from './shapes.ts';

/** Most bytes of an encoded transaction, receipt and leaf. */
export const MOST_TRANSACTION_BYTES = 49_152;
export const MOST_RECEIPT_BYTES = 15_360;
export const MOST_LEAF_BYTES = 65_535;
/** Most bytes of an encoded block, of evidence and of a genesis file. */
export const MOST_BLOCK_BYTES = 4_194_304;
export const MOST_EVIDENCE_BYTES = 8_388_608;
export const MOST_GENESIS_BYTES = 16_777_216;
/** Most validator changes in evidence. */
export const MOST_CHANGES = 4096;
/** Most bytes of an encoded state proof. */
export const MOST_STATE_PROOF_BYTES = 5120;
/** Most validators, and most signatures of a certificate. */
export const MOST_VALIDATORS = 100;
const MOST_POWER = 2n ** 32n;

const named = <Name extends HashName>(_: Name): Codec<Hex<Name>> => hash<Name>();
/** Codec of a hash of the log. */
export const logHash: Codec<LogHash> = hash<'LogHash'>();

export const transactionBody = struct({
  chain_id: chainId,
  organization: organizationCode,
  client_reference: text(128),
  expires_at: height,
  call: bytes,
});
export const transaction = struct({ body: transactionBody, key: publicKey, signature });
export const receipt = struct({ code: u32, events: bytes });
export const record = struct({ height, index: logIndex, transaction, receipt });
export const closing = struct({
  height,
  time_ms: timeMs,
  parent: named('BlockId'),
  proposer: named('ValidatorAddress'),
  state_root: named('StateRoot'),
  rules_version: u32,
  next_validators_hash: named('ValidatorsHash'),
});

/** One leaf of the log: an enum with unnamed contents, so its variants are put together here. */
export type Leaf =
  | { kind: 'record'; value: Of<typeof record> }
  | { kind: 'closing'; value: Of<typeof closing> };
const leafParts = variants({ record: { record }, closing: { closing } });
/** Codec of `Leaf`. Its JSON form has no name for the contents: `{"record": {…}}`. */
export const leaf: Codec<Leaf> = {
  read: (reader) => {
    const part = leafParts.read(reader);
    return part.kind === 'record'
      ? { kind: part.kind, value: part.record } : { kind: part.kind, value: part.closing };
  },
  write: (writer, value) => leafParts.write(writer, value.kind === 'record'
    ? { kind: 'record', record: value.value } : { kind: 'closing', closing: value.value }),
  fromJson: (json) => {
    const only = json instanceof Map && json.size === 1 ? json : new Map();
    if (only.has('record')) {
      return { kind: 'record', value: record.fromJson(only.get('record')) };
    }
    if (only.has('closing')) {
      return { kind: 'closing', value: closing.fromJson(only.get('closing')) };
    }
    throw malformed('a leaf is a record or a closing');
  },
  toPlain: (value) => value.kind === 'record'
    ? { record: record.toPlain(value.value) } : { closing: closing.toPlain(value.value) },
};

export const header = struct({
  chain_id: chainId,
  height,
  time_ms: timeMs,
  parent: named('BlockId'),
  proposer: named('ValidatorAddress'),
  log_size: u64,
  log_root: logHash,
  state_root: named('StateRoot'),
  rules_version: u32,
  next_validators_hash: named('ValidatorsHash'),
});
export const block = struct({ header, transactions: list(transaction) });

export const validator = struct({
  consensus_key: publicKey,
  power: u64,
  organization: organizationCode,
  name: text(96),
  peer_id: text(64),
  consensus_address: text(128),
  gossip_address: text(128),
  cosigner_key: publicKey,
});
export type Validator = Of<typeof validator>;
/** Members in ascending order of address; every rule of section 2 holds. */
export type ValidatorSet = Validator[];

const members = list(validator);
/** Codec of `ValidatorSet`: decoding checks the set whole. */
export const validatorSet: Codec<ValidatorSet> = {
  read: (reader) => checkSet(members.read(reader)),
  write: members.write,
  fromJson: (json) => checkSet(members.fromJson(json)),
  toPlain: members.toPlain,
};

/** Address of a validator. */
export function addressOf(consensusKey: PublicKey) {
  return hashOf('ValidatorAddress', fromHex(consensusKey));
}

function checkSet(set: ValidatorSet): ValidatorSet {
  if (set.length < 1 || set.length > MOST_VALIDATORS) {
    throw malformed(`${set.length} validators, 1 to ${MOST_VALIDATORS} expected`);
  }
  let before = '';
  const keys = new Set<PublicKey>();
  for (const member of set) {
    const address = addressOf(member.consensus_key);
    if (address <= before) {
      throw malformed('validators are not in strictly ascending order');
    }
    before = address;
    if (member.power < 1n || member.power > MOST_POWER) {
      throw malformed(`power ${member.power} is not 1 to ${MOST_POWER}`);
    }
    for (const key of [member.consensus_key, member.cosigner_key]) {
      checkRegistrable(key);
    }
    for (const key of [member.consensus_key, member.cosigner_key]) {
      if (keys.has(key)) {
        throw malformed(`key ${key} stands twice`);
      }
      keys.add(key);
    }
  }
  return set;
}

export const commitSignature = struct({ address: named('ValidatorAddress'), signature });
export const certificate = struct({
  height,
  round: u32,
  block_id: named('BlockId'),
  signatures: list(commitSignature),
});

export const organizationKind = names(
  'civil_affairs', 'finance', 'lottery_centre', 'audit', 'charity', 'project_unit', 'government',
);
export const role = names('maker', 'checker', 'payer', 'governor');
export const genesisOfficer = struct({ key: publicKey, role });
export const genesisOrganization = struct({
  code: organizationCode,
  name: text(192),
  kind: organizationKind,
  division,
  officers: list(genesisOfficer),
});
export const genesisParameter = struct({
  key: text(128),
  value: i64,
  unit: text(32),
  effective_from: date,
  effective_to: option(date),
  article: text(256),
  approved_by: text(192),
});
export const genesis = struct({
  name: text(32),
  demonstration: bool,
  time_ms: timeMs,
  log_key: publicKey,
  validators: validatorSet,
  organizations: list(genesisOrganization),
  parameters: list(genesisParameter),
});

export const trust = struct({ chain_id: chainId, height, validators: validatorSet });

const bucketPath = list(named('StateBucketNodeHash'));
export const neighbour = struct({
  key: named('StateKeyHash'), value: named('StateValueHash'), path: bucketPath,
});
export const bucketProof = variants({
  empty: {},
  present: { count: u32, position: u32, path: bucketPath },
  absent: { count: u32, position: u32, before: option(neighbour), after: option(neighbour) },
}, 'inside');
export const splitProof = struct({
  count: u64, sibling_bits: u32, siblings: list(named('StateNodeHash')),
});
export const stateProof = struct({
  bucket: bucketProof, splits: list(splitProof), sibling_bits: u32,
  siblings: list(named('StateNodeHash')),
});

export const validatorChange = struct({ header, certificate, validators: validatorSet });
export const subject = variants({
  leaf: { index: logIndex, bytes, proof: list(logHash) },
  state: { key: bytes, value: option(bytes), proof: stateProof },
});
export const evidence = struct({
  changes: list(validatorChange), header, certificate, subject,
});

export type TransactionBody = Of<typeof transactionBody>;
export type Transaction = Of<typeof transaction>;
export type Receipt = Of<typeof receipt>;
export type Record = Of<typeof record>;
export type Closing = Of<typeof closing>;
export type Header = Of<typeof header>;
export type Certificate = Of<typeof certificate>;
export type Genesis = Of<typeof genesis>;
export type Trust = Of<typeof trust>;
export type Neighbour = Of<typeof neighbour>;
export type BucketProof = Of<typeof bucketProof>;
export type StateProof = Of<typeof stateProof>;
export type ValidatorChange = Of<typeof validatorChange>;
export type Evidence = Of<typeof evidence>;
