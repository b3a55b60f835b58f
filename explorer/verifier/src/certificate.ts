import { Writer } from './borsh.ts';
import { concat, fromHex, utf8 } from './bytes.ts';
import { encode } from './codec.ts';
import { verifies } from './ed25519.ts';
import { VerifyError } from './errors.ts';
import { hashOf } from './hashes.ts';
import type { ValidatorAddress } from './hashes.ts';
import { chainId as chainIdCodec } from './scalars.ts';
import type { Certificate, Transaction, Validator, ValidatorSet } from './types.ts';
import { addressOf, MOST_VALIDATORS, transactionBody } from './types.ts';

/** Whether `power` of `total` is strictly more than two thirds. */
export function isQuorum(power: bigint, total: bigint): boolean {
  return 3n * power > 2n * total;
}

/** The voting power of a whole set. */
export function totalPower(set: ValidatorSet): bigint {
  return set.reduce((sum, member) => sum + member.power, 0n);
}

/** What a validator signs to commit a block. */
export function precommitBytes(chainId: string, certificate: Certificate): Uint8Array {
  const writer = new Writer();
  writer.put(utf8('minglian/precommit/v1\n'));
  chainIdCodec.write(writer, chainId);
  writer.unsigned(certificate.height, 8);
  writer.u32(certificate.round);
  writer.put(fromHex(certificate.block_id));
  return writer.finish();
}

/** Verifies that members with more than two thirds of the power signed, and nobody else did. */
export function verifyCertificate(
  certificate: Certificate, chainId: string, set: ValidatorSet,
): void {
  if (certificate.signatures.length > MOST_VALIDATORS) {
    throw new VerifyError('TooMany', `${certificate.signatures.length} signatures`);
  }
  const members = new Map<ValidatorAddress, Validator>(
    set.map((member) => [addressOf(member.consensus_key), member]),
  );
  const message = precommitBytes(chainId, certificate);
  const signed = new Set<ValidatorAddress>();
  let power = 0n;
  for (const { address, signature } of certificate.signatures) {
    const member = members.get(address);
    if (member === undefined) {
      throw new VerifyError('UnknownValidator', address);
    }
    if (signed.has(address)) {
      throw new VerifyError('Repeated', address);
    }
    if (!verifies(member.consensus_key, message, signature)) {
      throw new VerifyError('BadSignature', address);
    }
    signed.add(address);
    power += member.power;
  }
  const total = totalPower(set);
  if (!isQuorum(power, total)) {
    throw new VerifyError('NoQuorum', `power ${power} of ${total}`);
  }
}

/** Name of a transaction: the act and its key, not the signature. */
export function transactionId(transaction: Transaction) {
  return hashOf('TransactionId', encode(transactionBody, transaction.body),
    fromHex(transaction.key));
}

/** What the key of a transaction signs. */
export function transactionBytes(transaction: Transaction): Uint8Array {
  return concat(utf8('minglian/transaction/v1\n'), fromHex(transactionId(transaction)));
}

/** Whether the signature of a transaction is by the key in it. */
export function transactionSignatureHolds(transaction: Transaction): boolean {
  return verifies(transaction.key, transactionBytes(transaction), transaction.signature);
}
