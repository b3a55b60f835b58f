/** Verified values as plain objects for people: no bytes, amounts and numbers as `bigint`. */
import { transactionId, transactionSignatureHolds } from './certificate.ts';
import type { Plain } from './codec.ts';
import { encode } from './codec.ts';
import { toHex } from './bytes.ts';
import type { ReceiptView } from './events.ts';
import { callName, viewCall } from './calls.ts';
import { viewReceipt } from './events.ts';
import type { EnvelopeHash, TransactionId } from './hashes.ts';
import { hashOf } from './hashes.ts';
import type { PublicKey } from './scalars.ts';
import type { Record } from './types.ts';
import { transaction as transactionCodec } from './types.ts';

/** A record of the log as a reader wants to see it. */
export interface RecordView {
  /** Block in which it stands. */
  height: bigint;
  /** Position in the log. */
  index: bigint;
  /** Name of the act. */
  transactionId: TransactionId;
  /** Name of this signed copy of it. */
  envelopeHash: EnvelopeHash;
  /** Organisation in whose name it was sent. */
  organization: string;
  /** The sender's own reference. */
  clientReference: string;
  /** Key that signed. */
  key: PublicKey;
  /** Whether that signature is right; a quorum has checked it as well. */
  signatureHolds: boolean;
  /** Name of the act, e.g. `allocation.plan`. */
  call: string;
  /** What it asks for, in its JSON form; null if the bytes are not an act that the page lists. */
  callContents: Plain;
  /** The call's bytes, hexadecimal. */
  callBytes: string;
  /** What the act led to. */
  receipt: ReceiptView;
}

/** A verified record for display. */
export function viewRecord(record: Record): RecordView {
  const { transaction } = record;
  return {
    height: record.height,
    index: record.index,
    transactionId: transactionId(transaction),
    envelopeHash: hashOf('EnvelopeHash', encode(transactionCodec, transaction)),
    organization: transaction.body.organization,
    clientReference: transaction.body.client_reference,
    key: transaction.key,
    signatureHolds: transactionSignatureHolds(transaction),
    call: callName(transaction.body.call),
    callContents: viewCall(transaction.body.call),
    callBytes: toHex(transaction.body.call),
    receipt: viewReceipt(record.receipt),
  };
}

/** Yuan with two decimals of an amount in fen, e.g. `1,234.50`, without floating point. */
export function formatYuan(fen: bigint): string {
  const sign = fen < 0n ? '-' : '';
  const digits = (fen < 0n ? -fen : fen).toString().padStart(3, '0');
  const yuan = digits.slice(0, -2).replace(/\B(?=(?:[0-9]{3})+$)/g, ',');
  return `${sign}${yuan}.${digits.slice(-2)}`;
}

/** JSON text of plain data in which numbers above 2^53 stay exact. */
export function plainJson(value: Plain, indent = ''): string {
  const deeper = `${indent}  `;
  if (typeof value === 'bigint') {
    return value.toString();
  }
  if (value === null || typeof value !== 'object') {
    return JSON.stringify(value);
  }
  const isList = Array.isArray(value);
  const parts = isList
    ? value.map((item) => plainJson(item, deeper))
    : Object.entries(value).map(([k, v]) => `${JSON.stringify(k)}: ${plainJson(v, deeper)}`);
  const [open, close] = isList ? ['[', ']'] : ['{', '}'];
  return parts.length === 0
    ? `${open}${close}` : `${open}\n${deeper}${parts.join(`,\n${deeper}`)}\n${indent}${close}`;
}
