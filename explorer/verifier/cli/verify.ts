/** Command line: `node dist/verify.js evidence.json genesis.json [trust.json]`. */
import { readFileSync } from 'node:fs';
import process from 'node:process';
import type { ErrorCode, Event, Proven, RecordView } from '../src/index.ts';
import {
  formatYuan, plainJson, readGenesis, readTrust, toHex, types, verifyEvidence, VerifyError,
  viewRecord,
} from '../src/index.ts';

const USAGE = `用法 / usage: node dist/verify.js evidence.json genesis.json [trust.json]
  evidence  证明文件，JSON 或规范字节 / evidence, JSON or canonical bytes
  genesis   读者自己信任的创世文件 / the genesis file that the reader trusts
  trust     可选，以前验证得到的验证者 / optional, validators learnt from an earlier one`;

/** What each refusal means, in Chinese; the English is in the error itself. */
const MEANING: Partial<Record<ErrorCode, string>> = {
  TooLarge: '证明过大',
  Malformed: '编码不规范',
  WrongChain: '属于另一条链',
  HeightOrder: '高度次序不对',
  WrongBlock: '签名证书不是这个区块的',
  WrongValidators: '验证者名单与区块头不符',
  TooMany: '签名过多',
  UnknownValidator: '签名者不在可信的验证者之中',
  Repeated: '同一验证者重复签名',
  BadSignature: '签名无效',
  NoQuorum: '签名的权重未超过三分之二',
  Log: '该叶子不在日志中',
  Leaf: '所证明的字节不是叶子',
  Misplaced: '叶子声称的位置或高度不符',
  State: '状态条目未得到证明',
};

function main(args: string[]): number {
  const [evidencePath, genesisPath, trustPath] = args;
  if (evidencePath === undefined || genesisPath === undefined || args.length > 3) {
    console.error(USAGE);
    return 2;
  }
  const genesis = readGenesis(readFileSync(genesisPath, 'utf8'));
  const trust = trustPath === undefined
    ? genesis.trust : readTrust(readFileSync(trustPath, 'utf8'));
  if (trust.chain_id !== genesis.chainId) {
    throw new VerifyError('WrongChain', `the trust is for ${trust.chain_id}`);
  }
  console.log(`链 / chain: ${genesis.chainId}`);
  console.log(`创世哈希 / genesis hash: ${genesis.hash}`);
  if (genesis.genesis.demonstration) {
    console.log('注意：这是演示链，没有真实资金。/ Note: a demonstration chain, no real money.');
  }
  const file = readFileSync(evidencePath);
  const isJson = /^\s*\{/.test(file.subarray(0, 64).toString('latin1'));
  const verdict = verifyEvidence(isJson ? file.toString('utf8') : new Uint8Array(file), trust);
  if (!verdict.ok) {
    printRefusal(verdict.error);
    return 1;
  }
  printProven(verdict.proven);
  return 0;
}

function printRefusal(error: VerifyError): void {
  console.log(`✗ 未通过 / REFUSED: ${MEANING[error.code] ?? '无效'}`);
  console.log(`  ${error.message}`);
}

function printProven(proven: Proven): void {
  const { header } = proven;
  const time = new Date(Number(header.time_ms)).toISOString();
  console.log('✓ 已证明 / PROVEN');
  console.log(`区块高度 / block height: ${header.height} (${time})`);
  console.log(`区块 / block id: ${proven.blockId}`);
  console.log(`经过的验证者变更 / validator changes followed: ${proven.changes}`);
  if (proven.kind === 'state') {
    const value = proven.value === null ? '不存在 / absent' : toHex(proven.value);
    console.log(`状态键 / state key: ${toHex(proven.key)}`);
    console.log(`值 / value: ${value}`);
    return;
  }
  console.log(`日志位置 / position in the log: ${proven.index} / ${header.log_size}`);
  if (proven.leaf.kind === 'record') {
    printRecord(viewRecord(proven.leaf.value));
  } else {
    console.log('区块结尾 / closing of a block:');
    console.log(plainJson(types.closing.toPlain(proven.leaf.value)));
  }
}

function printRecord(record: RecordView): void {
  const { receipt } = record;
  console.log(`记录高度 / recorded at height: ${record.height}`);
  console.log(`交易 / transaction: ${record.transactionId}`);
  console.log(`单位 / organisation: ${record.organization}`);
  console.log(`单位自编号 / client reference: ${record.clientReference}`);
  console.log(`事项 / act: ${record.call}`);
  if (record.callContents !== null) {
    console.log(plainJson(record.callContents));
  }
  const own = record.signatureHolds ? '有效 / valid' : '无效 / INVALID';
  console.log(`发送者签名 / sender's signature: ${own}`);
  console.log(receipt.code === 0
    ? `结果 / outcome: ${taken(receipt.events)}`
    : `结果 / outcome: 被拒绝，代码 / refused, code ${receipt.code}: ${receipt.detail ?? ''}`);
  receipt.events.forEach(printEvent);
  if (receipt.unread !== null) {
    console.log(`其后的事件此工具不解读 / events from here on are not decoded: ${receipt.unread}`);
  }
}

/** What an act came to that the rules took: one that waits for other officers is not applied. */
function taken(events: readonly Event[]): string {
  const waits = events.some((event) => event.kind === 'other' && event.name === 'approval.proposed');
  return waits ? '已提出,待审批 / proposed, it waits for approval' : '已执行 / applied';
}

function printEvent(event: Event): void {
  switch (event.kind) {
    case 'movement':
      console.log(`资金流动 / movement ${event.movement.number}: ${formatYuan(event.amountFen)} `
        + `元 / yuan (${event.movement.kind.kind})`);
      break;
    case 'judged':
      console.log(`依据参数 / parameter: ${event.key} v${event.version} = ${event.value}`);
      break;
    case 'other':
      console.log(`结果 / event: ${event.name} ${plainJson(event.fields)}`);
  }
}

try {
  process.exitCode = main(process.argv.slice(2));
} catch (error) {
  console.error(`错误 / error: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 2;
}
