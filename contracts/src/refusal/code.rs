//! The numbered refusals, one table.
//!
//! Numbers are grouped: 1xx envelope and registry, 2xx approval, 3xx book, 4xx lottery, 5xx
//! allocation, 6xx project, 7xx payment, 8xx governance and parameters.

/// Declares [`Code`] with its number, sentences and article from one table.
macro_rules! codes {
    ($($number:literal $name:ident $english:literal $chinese:literal $article:literal)*) => {
        /// A numbered refusal.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        #[repr(u32)]
        pub enum Code {
            $(#[doc = $english] $name = $number,)*
        }

        impl Code {
            /// Every refusal, ascending by number within its group.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// What is refused, in one English sentence without its full stop.
            pub const fn english(self) -> &'static str {
                match self { $(Self::$name => $english,)* }
            }

            /// The same in Chinese.
            pub const fn chinese(self) -> &'static str {
                match self { $(Self::$name => $chinese,)* }
            }

            /// The article behind the rule; empty where the rule is the ledger's own.
            pub const fn article(self) -> &'static str {
                match self { $(Self::$name => $article,)* }
            }

            /// The name in scenarios and JSON.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$name => stringify!($name),)* }
            }
        }
    };
}

impl Code {
    /// The stable number, as it stands in receipts.
    pub const fn number(self) -> u32 {
        self as u32
    }

    /// The refusal with this number.
    pub fn from_number(number: u32) -> Option<Self> {
        Self::ALL.iter().copied().find(|code| code.number() == number)
    }
}

codes! {
    101 ReferenceTaken
        "the organisation has used this reference for another act"
        "本单位已将该业务编号用于另一笔业务" ""
    102 ReceiptTooLarge
        "the act would write more into its receipt than a record holds; split it"
        "该业务产生的记录超出单条上限,请拆分" ""
    110 WrongKind
        "an organisation of this kind may not do this"
        "该类单位无权办理此业务" ""
    111 WrongRole
        "an officer with this role may not do this"
        "该岗位无权办理此业务" ""
    112 OrganizationUnknown
        "the organisation is not registered"
        "单位未登记" ""
    113 OrganizationExists
        "the organisation is already registered"
        "单位已登记" ""
    114 KeyTaken
        "the key is already in use, now or in the past"
        "该密钥已被使用过" ""
    115 KeyUnusable
        "the key must never be registered: not a proper Ed25519 point"
        "该密钥不合规范,不得登记" ""
    116 KeyUnknown
        "the key is not registered for this organisation"
        "该密钥未在本单位登记" ""
    117 KeyRevoked
        "the key is already revoked"
        "该密钥已注销" ""
    118 NotValidatorOrganization
        "only a governor of an organisation that runs a validator may do this"
        "仅运行共识节点单位的管理员可办理" ""
    119 NotYourOrganization
        "an officer acts only for the officer's own organisation"
        "经办人只能办理本单位的业务" ""
    120 TooManyKeys
        "the organisation has as many live keys as it may have"
        "本单位有效密钥数量已达上限" ""
    121 LastGovernor
        "the organisation would have no governor left"
        "不得注销本单位最后一名管理员" ""
    122 DivisionOutside
        "the organisation lies outside the division of the one that acts"
        "对方单位不在本单位的行政区划之内" ""
    123 GovernorMissing
        "an organisation without a governor gets its first governor before any other key"
        "单位尚无管理员,须先登记管理员密钥" ""
    201 ProposalUnknown
        "no such proposal is open"
        "没有该待办业务" ""
    202 ProposalExpired
        "the proposal has expired"
        "待办业务已过期" ""
    203 SameOfficer
        "one officer may not take two steps of the same act"
        "同一人不得办理同一业务的两个环节" "预算法实施条例; 内部控制规范 不相容岗位分离"
    204 NotYourStep
        "the next step belongs to another organisation or role"
        "下一环节不属于本单位或本岗位" ""
    205 NotYourProposal
        "only the organisation that proposed may withdraw"
        "仅提出单位可以撤回" ""
    206 TooManyProposals
        "the organisation has as many open proposals as it may have"
        "本单位待办业务数量已达上限" ""
    207 ApprovalNotProposable
        "an approval cannot itself be proposed"
        "审批操作本身不能再提交审批" ""
    208 SignatureRevoked
        "the key of an officer who signed an earlier step is no longer live; propose the act anew"
        "前序环节签署人的密钥已失效,请重新提出" ""
    209 VoteMissing
        "the organisation has no vote to take back"
        "本单位没有可撤回的表决" ""
    300 AmountZero
        "the amount is zero"
        "金额为零" ""
    301 AmountTooLarge
        "the account would hold more than the ledger counts"
        "金额超出账本可计范围" ""
    302 SameAccount
        "money cannot move from an account to itself"
        "付出与收入为同一账户" ""
    303 AccountUnknown
        "the account has never received money"
        "账户不存在" ""
    304 BalanceShort
        "the account holds less than the amount"
        "账户余额不足" ""
    305 MeasureDiffers
        "quota and cash do not mix"
        "指标与资金不得混同" ""
    306 FundDiffers
        "the fund would change along the chain"
        "资金来源不得改变(专款专用)" "彩票管理条例 第三十三条"
    307 AccountTerminal
        "money in this account has been paid out and cannot be spent again"
        "该账户为终结账户,不能再支出" ""
    308 PaymentTaken
        "the organisation has used this payment reference"
        "该支付编号已使用" ""
    309 InflowUnknown
        "the account has no such inflow"
        "账户没有该笔收入" ""
    310 InflowAnswered
        "more would be answered for by name than the inflow brought in"
        "指定金额超出该笔收入" ""
    311 InflowRebased
        "a re-base cannot be named or reversed"
        "重整分录不能被指定或冲正" ""
    312 CarryOverDiffers
        "carried money keeps holder, fund and line and goes to a later year"
        "结转须保持单位、资金来源和项目不变,并转入以后年度" "预算法 第四十二条"
    313 NotAPayment
        "the account is not a payment"
        "该账户不是支付账户" ""
    314 AccountClosed
        "money cannot enter this account in this way"
        "资金不能以该方式进入此账户" ""
    401 PeriodOpen
        "the statement is made before its month is over"
        "该月尚未结束,不得报送销售额" "彩票公益金管理办法 第四条"
    402 RatioBelowFloor
        "the game's ratio lies below the least that the rules allow"
        "公益金提取比例低于规定下限" "财政部关于彩票资金构成比例的通知(2015)"
    403 SalesStated
        "the game's sales of this month are already stated; correct them by a settlement"
        "该游戏当月销售额已报送,更正须办理清算" ""
    404 SalesUnknown
        "the game's sales of this month are not stated"
        "该游戏当月销售额尚未报送" ""
    405 SettlementStale
        "the settlement does not name the newest record about the game and month"
        "清算未指明该游戏当月最新的记录" ""
    406 SettlementEmpty
        "the settlement changes nothing"
        "清算与已报数一致,无须更正" ""
    407 RecipientNotFinance
        "the local share goes to a finance department"
        "地方分成只能缴入财政部门" "彩票公益金管理办法 第四条"
    408 RemittanceUnknown
        "no such remittance"
        "该笔上缴不存在" ""
    501 LineUnknown
        "no such quota line"
        "指标不存在" ""
    502 LineExists
        "the quota line exists with other particulars"
        "同名指标已存在且内容不同" ""
    503 NotFinance
        "only a finance department issues quota to a lower government"
        "只有财政部门可以向下级下达指标" "预算法实施条例 第五十九条"
    504 NotReceived
        "the holder has not confirmed that it received the quota"
        "指标尚未签收" ""
    505 AlreadyReceived
        "the quota line is already received"
        "指标已签收" ""
    506 FundChanged
        "the fund would change along the chain"
        "资金来源不得改变(专款专用)" "彩票管理条例 第三十三条"
    507 PurposeChanged
        "category or project would change along the chain"
        "资金类别或项目不得改变(专款专用)" "彩票管理条例 第三十三条"
    508 CarryTooLate
        "money that was not spent by the end of the following year is not carried again"
        "连续两年未用完的结转资金应作为结余资金" "预算法 第四十二条"
    509 LapseTooEarly
        "the money may still be used; it lapses at the end of the following year"
        "尚未满两个年度,不得作为结余资金" "预算法 第四十二条"
    510 YearWrong
        "the budget year does not fit the act"
        "预算年度不符" ""
    511 FutureDate
        "the act is dated later than the block"
        "业务日期晚于记账日期" ""
    512 PlanUnknown
        "no such plan"
        "分配方案不存在" ""
    513 PlanExists
        "a plan of this name exists"
        "分配方案已存在" ""
    514 PlanExceeded
        "more would be issued than the plan gives the row"
        "下达金额超出分配方案" ""
    515 PlanMismatch
        "the act does not agree with the plan's row"
        "与分配方案不一致" ""
    516 LineMissingDocument
        "the act names neither a document number nor a notice"
        "须注明文号或公告出处" ""
    518 TooManyDocuments
        "more document numbers than one set holds"
        "文号数量超出上限" ""
    519 StatementEmpty
        "a statement names what it states"
        "说明内容不能为空" ""
    520 StatementNotZero
        "a statement that nothing moved has the figure zero"
        "零支出说明的金额须为零" ""
    521 DateOrder
        "the act is dated before the one on which it rests"
        "业务日期早于其所依据业务的日期" ""
    522 OutsideBudgetYear
        "money of a line serves acts of its budget year; what is left is carried over first"
        "指标只能用于本预算年度的业务,年末未用部分须先办理结转" "预算法 第十八条、第四十二条"
    523 LineNameNotGivers
        "a line that a unit opens for another holder begins with the giver's code and a slash"
        "单位向其他单位分配指标时,指标名称须以分配单位代码加斜杠开头" ""
    601 ProjectUnknown
        "no such project"
        "项目不存在" ""
    602 ProjectExists
        "a project of this reference exists"
        "项目编号已存在" ""
    603 ProjectStageWrong
        "the project is not at a stage at which this may be done"
        "项目所处阶段不能办理此业务" ""
    604 IndicatorsInvalid
        "the points of the targets do not add up to what each group has"
        "绩效指标分值与规定不符" ""
    605 ScoresInvalid
        "there is not one score within its bounds for each target"
        "绩效评分与指标不符或超出分值" ""
    606 LabelMissing
        "the label of the welfare lottery was not confirmed in place"
        "未确认「彩票公益金资助—中国福利彩票」标识" "彩票公益金资助项目标识管理规定"
    607 PhotoMissing
        "the label is shown by no photo"
        "缺少标识照片" "彩票公益金资助项目标识管理规定"
    608 TooManyPhotos
        "more photos than one acceptance holds"
        "照片数量超出上限" ""
    609 ContractExists
        "the project has a contract of this number"
        "合同编号已存在" ""
    610 TooManyLines
        "the unit holds more quota lines for the project than can be read in one act"
        "单位该项目的指标数量超出单次可计范围" ""
    611 ProjectWithoutMoney
        "the unit holds no quota for the project, so there is no execution rate"
        "项目没有指标,无法计算执行率" ""
    701 ExpenditureDenied
        "the welfare fund must not be spent on this"
        "公益金不得用于该类支出" "中央集中彩票公益金支持社会福利事业资金使用管理办法 第六条"
    702 AuthorizationUnknown
        "no such payment order"
        "用款授权不存在" ""
    703 AuthorizationExists
        "a payment order of this name exists"
        "用款授权名称已存在" ""
    704 AuthorizationExceeded
        "more would be paid than the payment order allows"
        "付款超出用款授权额度" ""
    705 AuthorizationClosed
        "the payment order does not hold on that day"
        "用款授权在该日期无效" ""
    706 PaymentUnknown
        "no such payment"
        "该笔付款不存在" ""
    707 ResultKnown
        "what became of the payment is already recorded"
        "该笔付款结果已登记" ""
    708 NotPaid
        "only a payment that the bank reported as paid can be given back"
        "该笔付款未确认支付,不能办理退回" ""
    709 PayeeMissing
        "a payment under a payment order names its payee"
        "授权付款须注明收款人" ""
    710 NotUndone
        "a payment can only be replaced after it failed or was corrected"
        "原付款未失败也未冲正,不能重付" ""
    711 ReferenceMissing
        "the act names no reference"
        "业务编号不能为空" ""
    801 ParameterUnknown
        "no value of this parameter holds on that date"
        "该日期没有适用的参数" ""
    802 ParameterInvalid
        "the parameter's dates, unit or value are not acceptable"
        "参数的日期、单位或数值不符合要求" ""
    803 ParameterFull
        "the parameter has as many versions as it may have"
        "参数版本数量已达上限" ""
    804 EffectTooSoon
        "a change of validators takes effect at least two heights later"
        "共识成员变更至少在两个高度之后生效" ""
    805 ValidatorUnknown
        "no such validator"
        "共识成员不存在" ""
    806 ValidatorSetInvalid
        "the change would leave no lawful validator set"
        "变更后的共识成员集合不合规" ""
    807 TooManyChanges
        "as many validator changes are scheduled as may be"
        "待生效的共识成员变更已达上限" ""
    808 AlreadyVoted
        "the organisation has already approved"
        "本单位已表决" ""
    809 ValidatorContactInvalid
        "the validator's peer id or an address has not the form that nodes can use"
        "共识节点的节点标识或网络地址格式不正确" ""
}
