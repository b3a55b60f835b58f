//! What a clerk does about a refusal. A refused act has changed nothing and may be sent again under
//! the same reference once the reason is gone.

use super::{Sentence, sentence};
use crate::refusal::Code;

/// What to do about a refusal.
pub fn advice(code: Code) -> Sentence {
    named(code).unwrap_or_else(|| of_group(code.number() / 100))
}

fn named(code: Code) -> Option<Sentence> {
    Some(match code {
        Code::ReferenceTaken => sentence!(
            "如是重复提交,原业务已生效,无须再办;如是新业务,请换一个业务编号",
            "if it was sent twice, the first holds; if it is another act, give it another reference"
        ),
        Code::ReceiptTooLarge => {
            sentence!("请把一笔业务拆成几笔", "split the act into several")
        }
        Code::WrongRole | Code::NotYourStep => sentence!(
            "请由规定岗位的经办人用其密钥签署;用 tx calls 查看各业务的签署岗位",
            "let the officer of that role sign; `tx calls` names who signs each act"
        ),
        Code::SameOfficer => {
            sentence!("请由另一名工作人员办理这一环节", "let another person take this step")
        }
        Code::OrganizationUnknown => sentence!(
            "请核对统一社会信用代码,或先由管理员登记该单位",
            "check the code, or let a governor register the organisation first"
        ),
        Code::ProposalUnknown => sentence!(
            "该业务可能已办结、否决或撤回;用 tx pending 查看待办业务",
            "it may be settled already; `tx pending` lists what waits"
        ),
        Code::ProposalExpired => sentence!(
            "请提出单位撤回后重新提出",
            "let the proposer withdraw it and propose it anew"
        ),
        Code::BalanceShort => sentence!(
            "请核对账户余额与金额单位(元、万元)",
            "check the balance, and whether the amount is in 元 or 万元"
        ),
        Code::FutureDate => sentence!(
            "请核对业务日期,不得晚于今天(北京时间)",
            "check the date: it is not later than today in Beijing"
        ),
        Code::OutsideBudgetYear => sentence!(
            "请先办理年末结转,再从下一年度的指标使用",
            "carry the line over first and use the next year's line"
        ),
        Code::NotReceived => sentence!(
            "请先由持有单位签收该指标",
            "let the holder confirm first that it received the line"
        ),
        Code::RestrictedFirst => sentence!(
            "请先从限定用于该用途的捐赠支出",
            "pay out of the gifts that are bound to this use first"
        ),
        Code::CommitteeInvalid => sentence!(
            "请按明细所示本类基金的最少人数和是否须为单数配齐成员,成员和监督员中每人只列一次",
            "the details say how few members this kind of fund may have and whether their number \
             is odd; no person stands twice among members and supervisors"
        ),
        Code::EvidenceMissing => sentence!(
            "请先由该慈善组织登记该笔支付的使用凭证(charity.show_use)",
            "let the charity enter first what shows how that payment was used (charity.show_use)"
        ),
        Code::ExpenditureDenied => sentence!(
            "请改用允许的支出类别,或从其他资金支付;公益金不得用于此类支出",
            "choose another kind of expenditure, or pay from other money"
        ),
        Code::ReferenceMissing => {
            sentence!("请填写业务编号", "fill in the reference")
        }
        _ => return None,
    })
}

fn of_group(group: u32) -> Sentence {
    match group {
        1 => sentence!(
            "请核对单位、岗位和密钥;登记事项由管理员办理",
            "check organisation, role and key; a governor registers them"
        ),
        2 => {
            sentence!("用 tx pending 查看该业务的下一环节", "`tx pending` shows whose step is next")
        }
        3 => sentence!("请核对账户、资金来源和金额", "check accounts, fund and amount"),
        4 => sentence!("请核对游戏、月份和金额", "check game, month and amount"),
        5 => sentence!(
            "请核对指标、文号、年度和用途",
            "check line, document number, year and purpose"
        ),
        6 => sentence!("请核对项目编号和所处阶段", "check the project and its stage"),
        7 => sentence!("请核对付款编号、授权和状态", "check payment, order and status"),
        8 => sentence!("请核对参数和生效时间", "check parameter and dates"),
        9 => sentence!(
            "请核对慈善组织资格、基金、决议和捐赠",
            "check qualification, fund, resolution and gift"
        ),
        13 => sentence!(
            "请核对养老机构备案、填报月份和核算结果",
            "check the home's entry, the month stated and what is computed"
        ),
        _ => sentence!("请按所示规则核对后重新提交", "check by the rule shown and send it again"),
    }
}
