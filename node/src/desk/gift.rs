//! A gift's path in words, to the fen: what a donor reads who holds the receipt's code.

use std::fmt::Write as _;

use minglian_client::wire::{GiftEdge, GiftPayee, GiftPayment, GiftTracePage, GiftView};
use minglian_contracts::book::{AccountId, Attribution, Interval, Kind};
use minglian_contracts::charity::disbursement::{Expense, Reason};
use minglian_contracts::charity::path::Paid;
use minglian_contracts::payment::Status;
use minglian_contracts::trace::{Edge, Rest};
use minglian_contracts::words::yuan;
use minglian_ledger::organization_code::OrganizationCode;
use serde_json::{Value, json};

use super::language::{Language, plain};

/// Where a gift is, all pages of its trace together.
#[derive(Debug)]
pub struct GiftPath {
    gift: GiftView,
    edges: Vec<(GiftEdge, Edge)>,
    rests: Vec<Rest>,
    payments: Vec<Payment>,
}

/// A payment into which fen of the gift went.
#[derive(Debug)]
struct Payment {
    payer: OrganizationCode,
    reference: String,
    known: Paid,
    payee: Option<GiftPayee>,
}

/// Why a node's answer is no trace of the gift.
#[derive(Debug, thiserror::Error)]
pub enum GiftPathError {
    /// An entry is none that this program knows.
    #[error("the node's answer does not read: {0}")]
    Malformed(#[from] serde_json::Error),
    /// Fen are missing or stand in two places.
    #[error("the trace accounts for {found} fen of {given}")]
    NotWhole {
        /// In the trace.
        found: u64,
        /// The gift.
        given: u64,
    },
}

impl GiftPath {
    /// Adds the pages of one trace up. Every fen of the gift must be somewhere, once.
    ///
    /// # Errors
    /// [`GiftPathError`] if the pages are no such trace.
    pub fn of(first: GiftTracePage, later: Vec<GiftTracePage>) -> Result<Self, GiftPathError> {
        let gift = first.gift.clone();
        let mut path = Self { gift, edges: Vec::new(), rests: Vec::new(), payments: Vec::new() };
        for page in std::iter::once(first).chain(later) {
            for edge in page.edges {
                let read = serde_json::from_value(edge.edge.clone())?;
                path.edges.push((edge, read));
            }
            for rest in page.rests {
                path.rests.push(serde_json::from_value(rest)?);
            }
            for payment in page.payments {
                if path.payment(payment.payer, &payment.reference).is_none() {
                    let GiftPayment { payer, reference, known, payee } = payment;
                    let known = serde_json::from_value(known)?;
                    path.payments.push(Payment { payer, reference, known, payee });
                }
            }
        }
        let (found, given) = (path.amount(|_| true), path.gift.amount.fen.get());
        if found != given {
            return Err(GiftPathError::NotWhole { found, given });
        }
        Ok(path)
    }

    /// How many fen rest in accounts like this.
    fn amount(&self, is_wanted: impl Fn(&AccountId) -> bool) -> u64 {
        let rests = self.rests.iter().filter(|rest| is_wanted(&rest.account));
        rests.fold(0, |sum, rest| sum.saturating_add(rest.interval.length()))
    }

    fn payment(&self, payer: OrganizationCode, name: &str) -> Option<&Payment> {
        self.payments.iter().find(|it| it.payer == payer && it.reference == name)
    }

    /// Who was paid by what went into this account; nothing of an account that is no payment's.
    fn payee(&self, account: &AccountId, lang: Language) -> String {
        let AccountId::Payment { organization, reference } = account else { return String::new() };
        let payment = self.payment(*organization, reference.as_str());
        let words = payee_words(payment.and_then(|it| it.payee.as_ref()), lang);
        lang.say(&format!(",收款人 {words}"), &format!(", to {words}")).to_owned()
    }

    fn of_payment(&self, payer: OrganizationCode, name: &str) -> u64 {
        self.amount(|account| match account {
            AccountId::Payment { organization, reference } => {
                *organization == payer && reference.as_str() == name
            }
            _ => false,
        })
    }

    /// How many fen are not spent yet.
    fn unspent(&self) -> u64 {
        self.amount(|account| matches!(account, AccountId::Line { .. }))
    }

    /// For programs.
    pub fn to_json(&self) -> Value {
        let payments = self.payments.iter().map(|payment| {
            let Payment { payer, reference, known, payee } = payment;
            let fen = self.of_payment(*payer, reference).to_string();
            json!({
                "payer": payer,
                "reference": reference,
                "of_gift_fen": fen,
                "known": known,
                "payee": payee,
            })
        });
        json!({
            "gift": self.gift,
            "edges": self.edges.iter().map(|(edge, _)| edge).collect::<Vec<_>>(),
            "rests": self.rests,
            "payments": payments.collect::<Vec<_>>(),
            "unspent_fen": self.unspent().to_string(),
        })
    }

    /// For people.
    pub fn to_text(&self, lang: Language) -> String {
        let mut text = self.head(lang);
        text.push_str(lang.say("\n去向:\n", "\nWhere it went:\n"));
        if self.edges.is_empty() {
            text.push_str(lang.say("  尚未动用\n", "  it has not been moved yet\n"));
        }
        for (number, (wire, edge)) in (1..).zip(&self.edges) {
            let (words, payee) = (moved(wire, edge, lang), self.payee(&edge.to, lang));
            line(&mut text, &format!("{number}. {words}{payee}"));
        }
        for payment in &self.payments {
            let fen = self.of_payment(payment.payer, &payment.reference);
            text.push_str(&paid(payment, fen, lang));
        }
        let mut unspent = self.rests.iter().filter(|rest| !rest.account.is_terminal()).peekable();
        if unspent.peek().is_some() {
            text.push_str(lang.say("\n尚未支出:\n", "\nNot spent yet:\n"));
        }
        for Rest { account, interval, .. } in unspent {
            let (amount, at) = (money(interval.length(), lang), span(*interval, lang));
            line(&mut text, &format!("{} {amount} {at}", place(account, lang)));
        }
        let given = self.gift.amount.fen.get();
        let paid = self.amount(|account| matches!(account, AccountId::Payment { .. }));
        let voided = self.amount(|account| matches!(account, AccountId::Voided { .. }));
        let [given, paid, left] = [given, paid, self.unspent()].map(yuan);
        let mut zh = format!("合计 {given} 元 = 已支出 {paid} 元 + 尚未支出 {left} 元");
        let mut en = format!("In all CNY {given} = {paid} paid out + {left} not spent yet");
        if voided > 0 {
            zh += &format!(" + 已冲销 {} 元", yuan(voided));
            en += &format!(" + {} taken back", yuan(voided));
        }
        text + lang.say(&zh, &en) + "\n"
    }

    fn head(&self, lang: Language) -> String {
        let GiftView { charity_name, fund_name, reference, received_on, .. } = &self.gift;
        let [charity, fund, reference] = [charity_name, fund_name, reference].map(|it| plain(it));
        let (amount, back) = (yuan(self.gift.amount.fen.get()), yuan(self.gift.refunded.fen.get()));
        let bound = self.gift.restriction.as_deref().map(plain);
        let (zh_bound, en_bound) = match &bound {
            Some(bound) => (format!("限定用于“{bound}”"), format!("bound to {bound}")),
            None => ("未限定用途".to_owned(), "bound to no use".to_owned()),
        };
        let voided = if self.gift.voided {
            lang.say("\n该笔捐赠系错录,已冲销", "\nIt was entered wrongly and taken back")
        } else {
            ""
        };
        let zh = format!(
            "{charity} {fund}\n捐赠 {reference}:{received_on} 收到 {amount} 元,{zh_bound},\
             已退还捐赠人 {back} 元"
        );
        let en = format!(
            "{charity} {fund}\nGift {reference}: CNY {amount} came in on {received_on}, \
             {en_bound}, CNY {back} went back to the donor"
        );
        lang.say(&zh, &en).to_owned() + voided + "\n"
    }
}

fn line(text: &mut String, words: &str) {
    // Writing to a text does not fail.
    let _ = writeln!(text, "  {words}");
}

/// One edge: what it was, how much, from where to where, how its fen were chosen, in which record.
fn moved(wire: &GiftEdge, edge: &Edge, lang: Language) -> String {
    let how = match edge.basis.attribution() {
        Attribution::Designated => lang.say("指定来源", "designated"),
        Attribution::FirstInFirstOut => lang.say("先进先出", "first in, first out"),
        Attribution::Substitution => lang.say("替代", "in place of others"),
    };
    let what = match &edge.kind {
        Kind::Receipt => lang.say("入账", "received"),
        Kind::Transfer => lang.say("划转", "transferred"),
        Kind::Payment => lang.say("支付", "paid"),
        Kind::CarryOver => lang.say("结转", "carried over"),
        Kind::PurposeChange { .. } => lang.say("改变用途", "another use"),
        Kind::Return => lang.say("退回", "came back"),
        Kind::Reversal { .. } => lang.say("冲正", "reversed"),
        Kind::Rebase => lang.say("重整", "renumbered"),
    };
    let from = edge.from.account().map_or_else(String::new, |from| place(from, lang));
    let from_span = edge.from_interval.map_or_else(String::new, |it| span(it, lang));
    let (to, to_span) = (place(&edge.to, lang), span(edge.to_interval, lang));
    let (amount, record) = (money(edge.to_interval.length(), lang), wire.record);
    let in_record = lang.say("账本记录", "record");
    format!("{what} {amount} ({how}) {from} {from_span} → {to} {to_span} {in_record} {record}")
}

/// What is known of a payment, and how much of it was this gift's.
fn paid(payment: &Payment, fen: u64, lang: Language) -> String {
    let Payment { reference, known, payee, .. } = payment;
    let (name, amount) = (plain(reference), yuan(fen));
    let mut text = String::from("\n");
    let zh = format!("付款“{name}”:其中本笔捐赠 {amount} 元,{} 支出", known.payout.paid_on);
    let en = format!("Payment {name} of {}: CNY {amount} of this gift", known.payout.paid_on);
    text.push_str(lang.say(&zh, &en));
    text.push('\n');
    let payee = payee_words(payee.as_ref(), lang);
    line(&mut text, lang.say(&format!("收款人:{payee}"), &format!("payee: {payee}")));
    match (&known.payout.reason, &known.resolution) {
        (Reason::Spent { resolution, expense }, Some(decided)) => {
            let (votes, minutes) = (decided.votes, decided.minutes);
            let (number, purpose) = (plain(resolution.as_str()), plain(decided.purpose.as_str()));
            let (yes, no, none) = (votes.in_favour, votes.against, votes.abstained);
            let (date, counted) = (decided.decided_on, expense_words(*expense, lang));
            let zh = format!(
                "决议“{number}”({date}):用于“{purpose}”,{counted};同意 {yes}、反对 {no}、弃权 {none};\
                 会议记录摘要 {minutes}"
            );
            let en = format!(
                "resolution {number} of {date}: for {purpose}, {counted}; {yes} in favour, {no} \
                 against, {none} abstained; minutes {minutes}"
            );
            line(&mut text, lang.say(&zh, &en));
        }
        (Reason::Ahead { purpose, expense }, _) => {
            let (purpose, counted) = (plain(purpose.as_str()), expense_words(*expense, lang));
            let zh = format!("先行支付,用于“{purpose}”,{counted};管委会尚未同意");
            let en = format!("paid ahead for {purpose}, {counted}; the committee has not agreed");
            line(&mut text, lang.say(&zh, &en));
        }
        _ => line(&mut text, lang.say("退还捐赠人", "went back to the donor")),
    }
    let (zh, en) = match known.bank {
        Some(Status::Paid(date)) => {
            (format!("银行:{date} 已支付"), format!("bank: paid on {date}"))
        }
        Some(Status::Failed(date)) => {
            (format!("银行:{date} 退回"), format!("bank: came back on {date}"))
        }
        Some(Status::Corrected(date)) => {
            (format!("{date} 冲正:系错录"), format!("reversed on {date}: entered wrongly"))
        }
        None => ("银行:结果尚未登记".to_owned(), "bank: no result is recorded yet".to_owned()),
    };
    line(&mut text, lang.say(&zh, &en));
    shown(&mut text, known, lang);
    text
}

fn shown(text: &mut String, known: &Paid, lang: Language) {
    let (zh, en) = match &known.evidence {
        Some(shown) => {
            let (date, many, record) = (shown.shown_on, shown.beneficiaries, shown.record);
            let hashes: Vec<String> = shown.attachments.iter().map(ToString::to_string).collect();
            let (count, hashes) = (hashes.len(), hashes.join(" "));
            (
                format!("使用凭证:{count} 份,{date},受益 {many} 人次,账本记录 {record}:{hashes}"),
                format!("evidence: {count}, {date}, {many} helped, record {record}: {hashes}"),
            )
        }
        None => ("使用凭证:尚未登记".to_owned(), "evidence: none is recorded yet".to_owned()),
    };
    line(text, lang.say(&zh, &en));
    if let Some(told) = &known.feedback {
        let (date, record, message) = (told.told_on, told.record, told.message);
        let zh = format!("反馈:{date},账本记录 {record},内容摘要 {message}");
        let en = format!("feedback: {date}, record {record}, commitment to the text {message}");
        line(text, lang.say(&zh, &en));
    }
}

const fn expense_words(expense: Expense, lang: Language) -> &'static str {
    match expense {
        Expense::Program => lang.say("慈善活动支出", "charitable activity"),
        Expense::Management => lang.say("管理费用", "management"),
        Expense::Fundraising => lang.say("募捐成本", "cost of raising"),
        Expense::Other => lang.say("其他支出", "other spending"),
    }
}

/// An account as a donor reads it.
fn place(account: &AccountId, lang: Language) -> String {
    match account {
        AccountId::Line { fund, line, .. } => plain(&format!("{fund}/{line}")),
        AccountId::Payment { reference, .. } => {
            let name = plain(reference.as_str());
            lang.say(&format!("付款“{name}”"), &format!("payment {name}")).to_owned()
        }
        AccountId::Voided { .. } => lang.say("已冲销", "taken back").to_owned(),
    }
}

/// Who was paid; the ledger names no person.
fn payee_words(payee: Option<&GiftPayee>, lang: Language) -> String {
    let (zh, en) = match payee {
        Some(GiftPayee::Organization { code, name: Some(name) }) => {
            let name = plain(name);
            (format!("{name} ({code})"), format!("{name} ({code})"))
        }
        Some(GiftPayee::Organization { code, name: None }) => (
            format!("未在账本登记的单位 ({code})"),
            format!("an organisation that is not on the ledger ({code})"),
        ),
        Some(GiftPayee::Person) => {
            ("个人(姓名不公开)".to_owned(), "a person (name not public)".to_owned())
        }
        Some(GiftPayee::Persons { count }) => {
            (format!("{count} 名个人(姓名不公开)"), format!("{count} persons (names not public)"))
        }
        Some(GiftPayee::Donor) => ("捐赠人".to_owned(), "the donor".to_owned()),
        None => ("节点未说明".to_owned(), "the node does not say".to_owned()),
    };
    lang.say(&zh, &en).to_owned()
}

fn money(fen: u64, lang: Language) -> String {
    let amount = yuan(fen);
    lang.say(&format!("{amount} 元"), &format!("CNY {amount}")).to_owned()
}

/// Positions, each one fen.
fn span(interval: Interval, lang: Language) -> String {
    let (start, end) = (interval.start(), interval.end());
    lang.say(&format!("[{start}, {end}) 分"), &format!("fen [{start}, {end})")).to_owned()
}
