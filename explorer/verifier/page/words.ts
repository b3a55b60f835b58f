/** Words of the verification, in both languages. */
import type { ErrorCode } from '../src/index.ts';
import { VerifyError } from '../src/index.ts';
import type { Outcome, Said } from './report.ts';
import { say } from './report.ts';

/** The steps in the order in which they are done. */
export const STEPS = {
  genesis: say('创世信任:链与创世哈希', 'Pinned genesis: chain and genesis hash'),
  read: say('证据的字节', 'Bytes of the evidence'),
  changes: say('验证者名单的变更', 'Changes of the validators'),
  certificate: say('区块头的签名证书(超过三分之二)', 'Certificate of the header (over two thirds)'),
  log: say('账目在账本根之下', 'The record is under the log root'),
  state: say('账户在状态根之下', 'The account is under the state root'),
  signature: say('签署人的签名', "The officer's signature"),
  time: say('记账时间所在的区块结尾', "The block's closing, which holds the time"),
  proposal: say('所审批的原提案', 'The proposal that is approved'),
  fields: say('页面逐项比对', 'Fields of the page, one by one'),
  memory: say('与本浏览器上次所见的账本一致', 'Consistent with what this browser saw before'),
  checkpoint: say('检查点的共同签名', 'Cosignatures of the checkpoint'),
  attachments: say('附件', 'Attachments'),
} as const;
export type StepName = keyof typeof STEPS;

/** The plan of a verification with these steps. */
export function plan(...names: StepName[]): [string, Said][] {
  return names.map((name) => [name, STEPS[name]]);
}

/** The verdict in words. */
export const VERDICT: Record<Outcome, Said> = {
  pass: say('核验通过', 'Verified'),
  fail: say('核验失败', 'Verification failed'),
  open: say('未能核验', 'Could not verify'),
};

/** What each refusal means. */
const REASONS: Partial<Record<ErrorCode, Said>> = {
  TooLarge: say('证据过大', 'the evidence is too large'),
  Malformed: say('编码不规范', 'the encoding is not the canonical one'),
  WrongChain: say('属于另一条链', 'it belongs to another chain'),
  HeightOrder: say('高度次序不对', 'heights are out of order'),
  WrongBlock: say('签名证书不是这个区块的', 'the certificate is for another block'),
  WrongValidators: say('验证者名单与区块头不符', 'the validators are not those of the header'),
  TooMany: say('签名过多', 'too many signatures'),
  UnknownValidator: say('签名者不在可信的验证者之中', 'a signer is not among the validators'),
  Repeated: say('同一验证者重复签名', 'a validator signed twice'),
  BadSignature: say('签名无效', 'a signature does not verify'),
  NoQuorum: say('签名的权重未超过三分之二', 'the signers are not more than two thirds'),
  Log: say('该账目不在账本中', 'the record is not in the log'),
  Leaf: say('所证明的字节不是账目', 'the proven bytes are not a leaf'),
  Misplaced: say('账目声称的位置或高度不符', 'the record claims another place'),
  State: say('状态条目未得到证明', 'the state entry is not proven'),
  OtherLog: say('检查点属于另一本账', 'the checkpoint is of another log'),
  LogSignatureMissing: say('检查点缺少账本自己的签名', "the log's own signature is missing"),
  TooFew: say('共同签名未超过三分之二', 'the cosigners are not more than two thirds'),
  Invalid: say('检查点上有无效的签名', 'a signature on the checkpoint does not verify'),
  RootDiffers: say('得出另一个账本根', 'the proof leads to another root'),
  SizesReversed: say('账本变短', 'the log became shorter'),
};

/** Why something was refused; what is no refusal is thrown on. */
export function reason(error: unknown): Said {
  if (!(error instanceof VerifyError)) {
    throw error;
  }
  const known = REASONS[error.code] ?? say('证明不成立', 'the proof does not hold');
  return say(`${known.zh}(${error.code})`, `${known.en} (${error.code}: ${error.message})`);
}

/** Names of the fields that a page shows. */
export const FIELDS: Record<string, Said> = {
  index: say('序号', 'Position'),
  height: say('区块高度', 'Height'),
  time: say('记账时间', 'Time'),
  transaction_id: say('交易编号', 'Transaction'),
  organization: say('签署单位代码', 'Organisation code'),
  key: say('签署密钥', 'Key'),
  reference: say('业务编号', 'Reference'),
  code: say('结果代码', 'Outcome code'),
  call: say('账本原文', 'Text of the act'),
  outcome: say('执行结果原文', 'Text of the outcome'),
  sentence: say('中文说明中的金额', 'Amounts in the sentence'),
  sentence_en: say('英文说明中的金额', 'Amounts in the English sentence'),
  movements: say('资金流水笔数', 'Number of movements'),
  holder: say('单位代码', 'Organisation code'),
  fund: say('资金', 'Fund'),
  year: say('预算年度', 'Budget year'),
  name: say('账户名称', 'Name of the account'),
  balance: say('余额(元)', 'Balance, yuan'),
  balance_wan: say('余额(万元)', 'Balance, ten thousand yuan'),
};
