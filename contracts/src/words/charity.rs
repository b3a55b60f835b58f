//! Charity money: funds, campaigns, gifts, resolutions, and what is paid under them.

use minglian_ledger::fen::Fen;

use crate::charity::change::Authority;
use crate::charity::declared::{Declare, Side};
use crate::charity::disbursement::{Disburse, Expense, Recipient};
use crate::charity::donation::{Donate, Donor, Gift};
use crate::charity::ending::{Heir, TransferSurplus};
use crate::charity::fund::Filing;
use crate::charity::qualification::QualificationKind;
use crate::charity::resolution::{Matter, Resolve};
use crate::charity::{Call, Event};

use super::{Names, Sentence, cny, mutual_aid, sentence, spoken};

pub(super) fn kind(call: &Call) -> &'static str {
    match call {
        Call::Qualify(_) => "慈善资格登记",
        Call::Disqualify(_) => "慈善资格终止",
        Call::OpenFund(_) => "设立基金",
        Call::ChangeCommittee { .. } => "管委会变更",
        Call::FileCampaign(_) => "募捐备案",
        Call::EndCampaign { .. } => "募捐结束",
        Call::Donate(_) => "捐赠",
        Call::VoidDonation { .. } => "捐赠冲销",
        Call::Resolve(_) => "管委会决议",
        Call::Disburse(_) => "慈善支出",
        Call::Return { .. } => "支出退回",
        Call::ShowUse { .. } => "使用凭证",
        Call::FeedBack { .. } => "捐赠反馈",
        Call::ChangePurpose(_) => "用途变更",
        Call::Refund(_) => "退还捐赠",
        Call::TransferSurplus(_) => "剩余财产处理",
        Call::TerminateFund { .. } => "基金终止",
        Call::CorrectPayout { .. } => "支出冲正",
        Call::Declare(_) => "公告数字",
        Call::Contribute(_) => "互助资金入账",
        Call::PayAhead(_) => "先行支付",
        Call::DecideAfter { .. } => "先行支付决议",
    }
}

pub(super) fn call(call: &Call, names: &dyn Names) -> Sentence {
    match call {
        Call::Qualify(_)
        | Call::Disqualify(_)
        | Call::OpenFund(_)
        | Call::ChangeCommittee { .. }
        | Call::FileCampaign(_)
        | Call::EndCampaign { .. }
        | Call::TerminateFund { .. } => standing(call, names),
        Call::Donate(act) => donated(act, names),
        Call::VoidDonation { donation, .. } => sentence!(
            "冲销误记的捐赠“{donation}”",
            "takes back gift {donation}, which was entered wrongly"
        ),
        Call::Resolve(act) => resolved(act),
        Call::Disburse(act) => disbursed(act, names),
        Call::Return { payment, amount, .. } => {
            let (amount, en) = (spoken(*amount), cny(*amount));
            sentence!("支出“{payment}”退回{amount}", "{en} of payment {payment} came back")
        }
        Call::ShowUse { payment, beneficiaries, .. } => sentence!(
            "提交支出“{payment}”的使用凭证,受益{beneficiaries}人次",
            "shows the use of payment {payment}: {beneficiaries} were helped"
        ),
        Call::FeedBack { donation, payment, .. } => sentence!(
            "向捐赠“{donation}”的捐赠人反馈支出“{payment}”的使用情况",
            "tells the donor of gift {donation} what payment {payment} came to"
        ),
        Call::ChangePurpose(act) => {
            let (donation, (zh, en)) = (&act.donation, authority(&act.authority));
            let purpose = act.purpose.as_ref().map_or("不限定", |purpose| purpose.as_str());
            sentence!(
                "将捐赠“{donation}”的剩余部分改用于“{purpose}”({zh})",
                "what is left of gift {donation} is for {purpose} now ({en})"
            )
        }
        Call::Refund(act) => {
            let donation = &act.donation;
            let (amount, en) = (spoken(act.amount), cny(act.amount));
            sentence!("退还捐赠“{donation}”{amount}", "gives back {en} of gift {donation}")
        }
        Call::TransferSurplus(act) => surplus(act, names),
        Call::CorrectPayout { payment, .. } => sentence!(
            "冲正误记的支出“{payment}”",
            "reverses payment {payment}, which was entered wrongly"
        ),
        Call::Declare(act) => declared(act),
        Call::Contribute(act) => mutual_aid::contributed(act, names),
        Call::PayAhead(act) => mutual_aid::paid_ahead(act, names),
        Call::DecideAfter { payment, resolution, .. } => sentence!(
            "以决议“{resolution}”补办先行支付“{payment}”的决定",
            "lays resolution {resolution} beside payment {payment}, which was made ahead of it"
        ),
    }
}

/// Who may raise and hold charity money.
fn standing(call: &Call, names: &dyn Names) -> Sentence {
    match call {
        Call::Qualify(act) => {
            let (name, (zh, en)) = (names.organization(&act.organization), qualification(act.kind));
            let from = act.qualification.valid_from;
            sentence!("{name}自{from}起具备{zh}", "{name} is qualified as {en} from {from}")
        }
        Call::Disqualify(act) => {
            let (name, (zh, en)) = (names.organization(&act.organization), qualification(act.kind));
            let until = act.valid_until;
            sentence!("{name}的{zh}至{until}止", "{name} is qualified as {en} until {until}")
        }
        Call::OpenFund(act) => {
            let (name, kind) = (&act.name, act.kind.code());
            let members = act.committee.members.len();
            sentence!(
                "设立“{name}”({kind}),管理委员会{members}人",
                "opens the fund {name} with a committee of {members}"
            )
        }
        Call::ChangeCommittee { fund, committee, .. } => {
            let members = committee.members.len();
            sentence!(
                "变更基金“{fund}”的管理委员会,共{members}人",
                "fund {fund} has a new committee of {members}"
            )
        }
        Call::FileCampaign(act) => {
            let (filing, title, fund) = (&act.filing, &act.title, &act.fund);
            let (begins, ends) = (act.begins_on, act.ends_on);
            sentence!(
                "募捐活动“{title}”备案,编号{filing},{begins}至{ends},用于基金“{fund}”",
                "files the campaign {title} under {filing}, {begins} to {ends}, for fund {fund}"
            )
        }
        Call::EndCampaign { filing, occurred_on } => sentence!(
            "募捐活动{filing}于{occurred_on}结束",
            "campaign {filing} ends on {occurred_on}"
        ),
        Call::TerminateFund { fund, resolution, .. } => sentence!(
            "依据决议“{resolution}”终止基金“{fund}”",
            "ends fund {fund} under resolution {resolution}"
        ),
        // The caller sends no other act here.
        other => {
            let kind = kind(other);
            sentence!("{kind}", "{kind}")
        }
    }
}

/// What an organisation is qualified as, in Chinese and English.
pub const fn qualification(kind: QualificationKind) -> (&'static str, &'static str) {
    match kind {
        QualificationKind::Charity => ("慈善组织资格", "a charity"),
        QualificationKind::PublicFundraising => ("公开募捐资格", "a public fundraiser"),
        QualificationKind::TaxDeduction => {
            ("公益性捐赠税前扣除资格", "a recipient of deductible gifts")
        }
    }
}

pub(super) fn donated(act: &Donate, names: &dyn Names) -> Sentence {
    let Donate { reference, fund, restriction, .. } = act;
    let (donor, en_donor) = match &act.donor {
        Donor::Organization(code) => (names.organization(code), names.organization(code)),
        Donor::Person(_) => {
            ("捐赠人(姓名受保护)".to_owned(), "a person (name protected)".to_owned())
        }
        Donor::Anonymous => ("匿名捐赠人".to_owned(), "an anonymous donor".to_owned()),
    };
    let (amount, en) = (spoken(act.amount), cny(act.amount));
    let what = match &act.gift {
        Gift::Money => amount,
        Gift::Goods(goods) => {
            format!("物资“{}”{}(计价{amount})", goods.description, goods.quantity)
        }
    };
    let bound =
        restriction.as_ref().map_or_else(String::new, |bound| format!(",限定用于“{bound}”"));
    sentence!(
        "{donor}向基金“{fund}”捐赠{what}{bound}(编号“{reference}”)",
        "gift {reference} of {en} to fund {fund} by {en_donor}"
    )
}

fn resolved(act: &Resolve) -> Sentence {
    let Resolve { fund, number, purpose, votes, .. } = act;
    let (yes, no, abstained) = (votes.in_favour, votes.against, votes.abstained);
    let (amount, en) = (spoken(act.amount), cny(act.amount));
    let (zh, matter) = match act.matter {
        Matter::Disbursement => ("支出", "spending"),
        Matter::PurposeChange => ("用途变更", "another use"),
        Matter::Surplus => ("剩余财产处理", "surplus"),
        Matter::Termination => ("基金终止", "the end of the fund"),
    };
    let purpose_zh =
        if purpose.is_empty() { String::new() } else { format!(",用途“{purpose}”") };
    sentence!(
        "基金“{fund}”决议“{number}”:{zh}{purpose_zh},不超过{amount},\
         同意{yes}票、反对{no}票、弃权{abstained}票",
        "resolution {number} of fund {fund} on {matter}, up to {en}: \
         {yes} in favour, {no} against, {abstained} abstained"
    )
}

/// Who gets money or goods; persons without their names.
pub(super) fn recipient(recipient: &Recipient, names: &dyn Names) -> Sentence {
    match recipient {
        Recipient::Organization(code) => {
            let name = names.organization(code);
            Sentence { zh: name.clone(), en: name }
        }
        Recipient::Person(_) => Sentence {
            zh: "个人(姓名受保护)".to_owned(),
            en: "a person (name protected)".to_owned(),
        },
        Recipient::Persons { count, .. } => {
            sentence!("{count}名受益人(姓名受保护)", "{count} beneficiaries (names protected)")
        }
    }
}

fn disbursed(act: &Disburse, names: &dyn Names) -> Sentence {
    let Disburse { fund, resolution, reference, .. } = act;
    let Sentence { zh: to, en: en_to } = recipient(&act.recipient, names);
    let (amount, en) = (spoken(act.amount), cny(act.amount));
    let expense = match act.expense {
        Expense::Program => "慈善活动支出",
        Expense::Management => "管理费用",
        Expense::Fundraising => "募捐成本",
        Expense::Other => "其他支出",
    };
    let gift = act.from.as_ref().map_or_else(String::new, |gift| format!("的捐赠“{gift}”"));
    sentence!(
        "依据决议“{resolution}”从基金“{fund}”{gift}支出{amount}给{to},列{expense}\
         (凭证“{reference}”)",
        "pays {en} out of fund {fund} to {en_to} under resolution {resolution} \
         (voucher {reference})"
    )
}

fn declared(act: &Declare) -> Sentence {
    let Declare { year, subject, .. } = act;
    let (amount, en) = (spoken(act.amount), cny(act.amount));
    let (zh_side, en_side) = match act.side {
        Side::Income => ("收入", "income"),
        Side::Expenditure => ("支出", "spending"),
    };
    let helped = act
        .helped
        .as_ref()
        .map_or_else(String::new, |helped| format!(",{}{}", helped.count, helped.counted_in));
    sentence!(
        "按公告补录{year}年{zh_side}:{subject} {amount}{helped},只作数字,不动资金",
        "declares {en_side} of {year} as a notice prints it: {subject} {en}{helped}; moves nothing"
    )
}

fn surplus(act: &TransferSurplus, names: &dyn Names) -> Sentence {
    let TransferSurplus { fund, .. } = act;
    let (amount, en) = (spoken(act.amount), cny(act.amount));
    let to = match &act.to {
        Heir::Own(fund) => format!("基金“{fund}”"),
        Heir::Other(name) => format!("{}基金“{}”", names.organization(&name.host), name.fund),
    };
    let (zh, by) = authority(&act.authority);
    sentence!(
        "将基金“{fund}”剩余财产{amount}转入{to}({zh})",
        "surplus of {en} goes from fund {fund} to {to} ({by})"
    )
}

fn authority(authority: &Authority) -> (String, String) {
    match authority {
        Authority::Filing(name) => (format!("备案 {name}"), format!("filing {name}")),
        Authority::Consent(name) => (format!("捐赠人同意 {name}"), format!("consent {name}")),
        Authority::Agreement(name) => {
            (format!("募捐方案或捐赠协议 {name}"), format!("agreement {name}"))
        }
        Authority::SimilarPurpose(name) => {
            (format!("目的相同或相近,公示 {name}"), format!("similar purpose, notice {name}"))
        }
    }
}

pub(super) fn event(event: &Event, names: &dyn Names) -> Sentence {
    match event {
        Event::FundOpened { name, .. } => sentence!("“{name}”已设立", "{name} is open"),
        Event::CampaignFiled { filing, days_before } => filed(filing, *days_before),
        Event::Donated { donation, .. } => {
            sentence!("捐赠“{donation}”已入账", "gift {donation} came in")
        }
        Event::Resolved { resolution, carried, .. } => {
            let (zh, en) =
                if *carried { ("通过", "carried") } else { ("未通过", "not carried") };
            sentence!("决议“{resolution}”{zh}", "resolution {resolution} was {en}")
        }
        Event::Disbursed { payment, left } => {
            let (left, en) = (spoken(*left), cny(*left));
            sentence!(
                "支出“{payment}”已付,决议剩余{left}",
                "payment {payment} was made, the resolution allows {en} more"
            )
        }
        Event::Returned { payment, amount } => {
            let (amount, en) = (spoken(*amount), cny(*amount));
            sentence!("支出“{payment}”退回{amount}", "{en} of payment {payment} came back")
        }
        Event::Used { payment, beneficiaries } => sentence!(
            "支出“{payment}”的使用已有凭证,受益{beneficiaries}人次",
            "the use of payment {payment} is evidenced: {beneficiaries} were helped"
        ),
        Event::FedBack { donation, payment } => sentence!(
            "捐赠“{donation}”已反馈(支出“{payment}”)",
            "the donor of gift {donation} was told of payment {payment}"
        ),
        Event::PurposeChanged { donation, amount } => {
            let (amount, en) = (spoken(*amount), cny(*amount));
            sentence!("捐赠“{donation}”{amount}已改变用途", "{en} of gift {donation} has a new use")
        }
        Event::Refunded { donation, refunded } => {
            let (refunded, en) = (spoken(*refunded), cny(*refunded));
            sentence!(
                "捐赠“{donation}”共退还{refunded}",
                "{en} of gift {donation} went back in all"
            )
        }
        Event::SurplusTransferred { to, amount, .. } => {
            let (name, fund) = (names.organization(&to.host), &to.fund);
            let (amount, en) = (spoken(*amount), cny(*amount));
            sentence!(
                "剩余财产{amount}转入{name}基金“{fund}”",
                "{en} went to fund {fund} of {name}"
            )
        }
        Event::Corrected { payment, amount } => {
            let (amount, en) = (spoken(*amount), cny(*amount));
            sentence!("支出“{payment}”冲正{amount}", "{en} of payment {payment} is reversed")
        }
        Event::Declared { year, income, expenditure, helped } => {
            declared_sums(*year, *income, *expenditure, *helped)
        }
        Event::Contributed { donation, source } => mutual_aid::came_in(donation, *source),
        Event::PaidAhead { payment, decide_by } => sentence!(
            "先行支付“{payment}”已付,须于{decide_by}前作出决议",
            "payment {payment} was made ahead; the committee decides by {decide_by}"
        ),
        Event::DecidedAfter { payment, resolution, agreed, days_late } => {
            mutual_aid::decided(payment, resolution, *agreed, *days_late)
        }
        Event::FundTerminated { fund } => sentence!("基金“{fund}”已终止", "fund {fund} has ended"),
    }
}

fn filed(filing: &Filing, days_before: i64) -> Sentence {
    let days = days_before.unsigned_abs();
    let (zh, en) = if days_before < 0 { ("后", "after") } else { ("前", "before") };
    sentence!(
        "募捐活动{filing}在开始{zh}{days}日备案",
        "campaign {filing} was filed {days} days {en} it began"
    )
}

fn declared_sums(year: u16, income: Fen, expenditure: Fen, helped: u64) -> Sentence {
    let (income_zh, expenditure_zh) = (spoken(income), spoken(expenditure));
    let (income, expenditure) = (cny(income), cny(expenditure));
    sentence!(
        "{year}年公告数字合计:收入{income_zh},支出{expenditure_zh},受益{helped}人(家)次",
        "declared for {year} in all: income {income}, spending {expenditure}, {helped} helped"
    )
}
