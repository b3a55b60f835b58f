//! What an organisation still owes though its day is over, as doubtful points: what it is to
//! publish, answer, rectify or decide on, and what a lottery centre is to state and to remit.

use minglian_ledger::date::Date;
use minglian_ledger::fen::Fen;
use minglian_ledger::organization_code::OrganizationCode;
use minglian_ledger::state::{StateError, StateRead};

use super::Finding;
use crate::book::{self, AccountId};
use crate::charity::disbursement::payment_account;
use crate::charity::kind::AHEAD_DAYS;
use crate::disclosure::obligation::ObligationName;
use crate::disclosure::rule::RULES;
use crate::lottery::Side;
use crate::lottery::duty::Duty;
use crate::oversight::credit::{self, CreditEvent, Owed};
use crate::oversight::deadline::{ACCEPT_DAYS, ANSWER_DAYS, RECTIFICATION_DAYS};
use crate::parameter::{self, Key};

/// Most entries of one kind that are read.
const ENTRIES_MAX: usize = 1_000;

/// What is said of something owed.
struct Said {
    rule: &'static str,
    subject: String,
    amount: Fen,
    article: String,
    chinese: String,
    english: String,
}

/// The duties of an organisation that are overdue on a day.
pub(super) fn of_organization(
    reader: &dyn StateRead,
    holder: &OrganizationCode,
    today: Date,
    findings: &mut Vec<Finding>,
) -> Result<(), StateError> {
    for CreditEvent { owed, due, days_late, .. } in
        credit::overdue(reader, holder, today, ENTRIES_MAX)?
    {
        let said = say(reader, holder, &owed, today)?;
        let Said { rule, subject, amount, article, chinese, english } = said;
        findings.push(Finding {
            rule,
            holder: *holder,
            subject,
            records: Vec::new(),
            amount: amount.get().into(),
            days: Some(days_late.into()),
            article,
            chinese: format!("{chinese},期限 {due},已逾期 {days_late} 日"),
            english: format!("{english}: due on {due}, {days_late} days ago"),
        });
    }
    Ok(())
}

fn say(
    reader: &dyn StateRead,
    holder: &OrganizationCode,
    owed: &Owed,
    today: Date,
) -> Result<Said, StateError> {
    let by = |key: &str, day| article(reader, key, day);
    let none = Fen::ZERO;
    let of = |rule, subject, amount, article, (chinese, english): (&str, &str)| {
        let (chinese, english) = (chinese.to_owned(), english.to_owned());
        Said { rule, subject, amount, article, chinese, english }
    };
    Ok(match owed {
        Owed::Disclosure(name) => disclosure(reader, name, today)?,
        Owed::ComplaintDecision(name) => {
            let words = ("投诉未决定是否受理", "a complaint neither accepted nor declined");
            let subject = format!("{} {}", name.organization, name.complaint);
            of("overdue_complaint", subject, none, by(ACCEPT_DAYS, today)?, words)
        }
        Owed::ComplaintAnswer(name) => {
            let words = ("投诉未答复", "a complaint not answered");
            let subject = format!("{} {}", name.organization, name.complaint);
            of("overdue_complaint", subject, none, by(ANSWER_DAYS, today)?, words)
        }
        Owed::Rectification { engagement, finding } => {
            let words = ("审计发现未整改", "a finding not rectified");
            let subject =
                format!("{} {} {finding}", engagement.organization, engagement.engagement);
            of("overdue_rectification", subject, none, by(RECTIFICATION_DAYS, today)?, words)
        }
        Owed::DecisionAfterPayment { fund, payment } => {
            let words = ("先行救助付款后未作决议", "paid ahead, and not decided on since");
            let out = balance(reader, &payment_account(*holder, payment))?;
            let subject = format!("{} {payment}", fund.fund);
            let known = crate::charity::fund::FUNDS.get(reader, fund)?;
            let kind = known.map_or("", |known| known.kind.code());
            let article = by(&format!("{AHEAD_DAYS}{kind}"), today)?;
            of("overdue_decision", subject, out, article, words)
        }
        Owed::SalesStatement(period) => {
            let words = ("当月销量没有报表", "no sales of the month are stated");
            let article = by(Duty::Statement.parameter(), period.last_day())?;
            of("overdue_statement", period.to_string(), none, article, words)
        }
        Owed::CentralShare(period) => {
            let words = ("中央分成未缴清", "the central share is not remitted whole");
            let kept = balance(reader, &Side::Central.account(*holder, *period))?;
            let article = by(Duty::Remittance.parameter(), period.last_day())?;
            of("overdue_remittance", period.to_string(), kept, article, words)
        }
    })
}

fn disclosure(
    reader: &dyn StateRead,
    name: &ObligationName,
    today: Date,
) -> Result<Said, StateError> {
    let rule = RULES.get(reader, &name.rule)?;
    let version = rule.as_ref().and_then(|rule| rule.on(today).or(rule.versions.last()));
    let terms = version.map(|version| &version.terms);
    let words = |text: Option<String>| text.unwrap_or_else(|| name.rule.to_string());
    Ok(Said {
        rule: "overdue_disclosure",
        subject: format!("{} {} {}", name.rule, name.subject, name.period),
        amount: Fen::ZERO,
        article: terms.map_or_else(String::new, |terms| terms.article.to_string()),
        chinese: format!("尚未见到上链披露: {}", words(terms.map(|it| it.title_zh.to_string()))),
        english: format!("nothing published: {}", words(terms.map(|it| it.title_en.to_string()))),
    })
}

fn balance(reader: &dyn StateRead, account: &AccountId) -> Result<Fen, StateError> {
    Ok(book::account(reader, account)?.map_or(Fen::ZERO, |account| account.balance()))
}

/// The article of the parameter that holds on a day; empty where none does.
fn article(reader: &dyn StateRead, key: &str, day: Date) -> Result<String, StateError> {
    let Ok(key) = Key::new(key) else { return Ok(String::new()) };
    let version = parameter::find(reader, &key, day)?;
    Ok(version.map_or_else(String::new, |version| version.article.to_string()))
}
