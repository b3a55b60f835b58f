//! Verbs of payments and sales.

use minglian_contracts::call::Call;
use minglian_contracts::lottery::local::{DivideLocal, GiveBack};
use minglian_contracts::lottery::remittance::{HandOver, Remit, TakeBack};
use minglian_contracts::lottery::statement::{Settlement, Statement};
use minglian_contracts::payment::authorization::Grant;
use minglian_contracts::payment::result::{BankResult, FailureReason};
use minglian_contracts::payment::{Expenditure, Order, Payee};
use minglian_contracts::{lottery, payment};
use minglian_ledger::date::Date;
use minglian_ledger::fen::Fen;
use minglian_ledger::height::LogIndex;

use super::arguments::Arguments;
use super::{gifts, projects};

pub fn call(arguments: &Arguments, today: Date) -> Result<Option<Call>, String> {
    if let Some(call) = payment_call(arguments, today)? {
        return Ok(Some(Call::Payment(call)));
    }
    if let Some(call) = lottery_call(arguments, today)? {
        return Ok(Some(Call::Lottery(call)));
    }
    Ok(projects::call(arguments, today)?.map(Call::Project))
}

fn payment_call(arguments: &Arguments, today: Date) -> Result<Option<payment::Call>, String> {
    let occurred_on = arguments.occurred_on(today)?;
    let payment = || arguments.text("payment");
    Ok(Some(match arguments.verb.as_str() {
        "instruct" => payment::Call::Instruct {
            line: arguments.line("from")?,
            expenditure: expenditure(arguments)?,
            order: order(arguments, occurred_on)?,
        },
        "authorize" => {
            let grant = Grant {
                name: arguments.text("name")?,
                line: arguments.line("from")?,
                expenditure: expenditure(arguments)?,
                total: arguments.amount("total")?,
                until: arguments.parsed("until")?,
                occurred_on,
            };
            match arguments.optional("each") {
                None => payment::Call::Authorize(grant),
                Some(_) => {
                    let each_max = arguments.amount("each")?;
                    payment::Call::AuthorizeLimited { grant, each_max }
                }
            }
        }
        "pay" => payment::Call::Pay {
            authorization: arguments.text("order")?,
            order: order(arguments, occurred_on)?,
        },
        "paid" => {
            let result = BankResult::Paid;
            payment::Call::BankResult { payment: payment()?, result, occurred_on }
        }
        "failed" => {
            let result = BankResult::Failed(FailureReason::AccountClosed);
            payment::Call::BankResult { payment: payment()?, result, occurred_on }
        }
        "came_back" => payment::Call::Return {
            payment: payment()?,
            amount: arguments.amount("amount")?,
            occurred_on,
        },
        "correct" => payment::Call::Correct { payment: payment()?, occurred_on },
        _ => return Ok(None),
    }))
}

/// `reference=`, `amount=`, and `to=`, an organisation or `person:NAME`, unless nobody is named.
pub fn order(arguments: &Arguments, occurred_on: Date) -> Result<Order, String> {
    Ok(Order {
        reference: arguments.text("reference")?,
        payee: match arguments.optional("to").map(|to| to.split_once(':')) {
            Some(Some((_, name))) => Payee::Person(gifts::person(name)),
            Some(None) => Payee::Organization(arguments.organization("to")?),
            None => Payee::NotPrinted,
        },
        amount: arguments.amount("amount")?,
        voucher: None,
        replaces: arguments.optional("replaces").map(|_| arguments.text("replaces")).transpose()?,
        occurred_on,
    })
}

/// `for=`, the code of the type of expenditure; anything that fits if it is left out.
fn expenditure(arguments: &Arguments) -> Result<Expenditure, String> {
    let name = arguments.optional("for").unwrap_or("other");
    serde_json::from_value(name.into()).map_err(|error| error.to_string())
}

fn lottery_call(arguments: &Arguments, today: Date) -> Result<Option<lottery::Call>, String> {
    let occurred_on = arguments.occurred_on(today)?;
    Ok(Some(match arguments.verb.as_str() {
        "sales" => lottery::Call::Statement(sales(arguments, occurred_on)?),
        "remit" => lottery::Call::Remit(Remit {
            period: arguments.parsed("period")?,
            amount: arguments.amount("amount")?,
            reference: arguments.text("reference")?,
            occurred_on,
        }),
        "divide" => lottery::Call::DivideLocal(DivideLocal {
            period: arguments.parsed("period")?,
            game: arguments.text("game")?,
            amount: arguments.amount("amount")?,
            province: arguments.organization("province")?,
            lower: arguments.organization("lower")?,
            occurred_on,
        }),
        "settle" => lottery::Call::Settle(Settlement {
            statement: sales(arguments, occurred_on)?,
            corrects: LogIndex(arguments.parsed("corrects")?),
        }),
        "treasury_returns" => lottery::Call::TakeBack(TakeBack {
            reference: arguments.text("reference")?,
            amount: arguments.amount("amount")?,
            occurred_on,
        }),
        "give_back" => lottery::Call::GiveBack(GiveBack {
            centre: arguments.organization("to")?,
            period: arguments.parsed("period")?,
            game: arguments.optional("game").map(|_| arguments.text("game")).transpose()?,
            amount: arguments.amount("amount")?,
            occurred_on,
        }),
        "hand_over" => lottery::Call::HandOver(HandOver {
            period: arguments.parsed("period")?,
            to: arguments.organization("to")?,
            amount: arguments.amount("amount")?,
            occurred_on,
        }),
        _ => return Ok(None),
    }))
}

fn sales(arguments: &Arguments, occurred_on: Date) -> Result<Statement, String> {
    Ok(Statement {
        game: arguments.text("game")?,
        period: arguments.parsed("period")?,
        sales: arguments.amount("sales")?,
        unclaimed_prizes: match arguments.optional("unclaimed") {
            Some(_) => arguments.amount("unclaimed")?,
            None => Fen::ZERO,
        },
        occurred_on,
    })
}
