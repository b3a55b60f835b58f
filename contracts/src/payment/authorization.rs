//! Payment orders: what two officers let a third pay.

use borsh::{BorshDeserialize, BorshSerialize};
use minglian_ledger::date::Date;
use minglian_ledger::fen::Fen;
use minglian_ledger::keys::PublicKey;
use minglian_ledger::organization_code::OrganizationCode;
use serde::{Deserialize, Serialize};

use super::{Event, Expenditure, Order, Payee, Reference, expenditure, pay};
use crate::allocation::{LineName, check_date, line};
use crate::context::Context;
use crate::fault::Fault;
use crate::refusal::{Code, Refusal};
use crate::schema::{self, State, Table};

/// Payment orders by organisation and name.
pub const AUTHORIZATIONS: Table<(OrganizationCode, Reference), Authorization> =
    Table::new(schema::prefix::PAYMENT_FIRST);

/// A payment order that is being made.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct Grant {
    /// Its name, used once by the organisation.
    pub name: Reference,
    /// The line that pays.
    pub line: LineName,
    /// What for.
    pub expenditure: Expenditure,
    /// How much in all. It is not set aside: each payment needs the money to be there.
    pub total: Fen,
    /// The last day on which may be paid.
    pub until: Date,
    /// The day it was made: the first on which may be paid.
    pub occurred_on: Date,
}

/// A payment order.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct Authorization {
    /// The line that pays.
    pub line: LineName,
    /// What for.
    pub expenditure: Expenditure,
    /// How much in all.
    pub total: Fen,
    /// How much at a time, if the order says so: 小额先行救助 is paid by one officer, a little at a
    /// time.
    pub each_max: Option<Fen>,
    /// How much was paid under it; what came back is not deducted.
    pub paid: Fen,
    /// The first day on which may be paid.
    pub from: Date,
    /// The last day on which may be paid.
    pub until: Date,
    /// Whether it was ended early.
    pub revoked: bool,
    /// The officers who made and approved it: they may not pay.
    pub officers: Vec<PublicKey>,
}

pub(super) fn authorize(
    grant: &Grant,
    each_max: Option<Fen>,
    state: &mut State<'_>,
    context: &mut Context<'_>,
) -> Result<(), Fault> {
    let Grant { name, line: line_name, expenditure, total, until, occurred_on } = grant;
    check_date(context, *occurred_on)?;
    let organization = context.author.organization;
    if line_name.holder != organization {
        return Err(Refusal::new(Code::NotYourOrganization, line_name.holder).into());
    }
    if name.is_empty() {
        return Err(Refusal::new(Code::ReferenceMissing, &line_name.line).into());
    }
    if total.is_zero() || each_max.is_some_and(Fen::is_zero) {
        return Err(Refusal::new(Code::AmountZero, name).into());
    }
    if let Some(each_max) = each_max.filter(|each_max| each_max > total) {
        let detail = format!("{each_max} at a time of {total} in all");
        return Err(Refusal::new(Code::AuthorizationExceeded, detail).into());
    }
    if until < occurred_on {
        let detail = format!("until {until}, made on {occurred_on}");
        return Err(Refusal::new(Code::DateOrder, detail).into());
    }
    expenditure::require_lawful(*expenditure, *occurred_on, state)?;
    line::find_received(state, line_name)?;
    let key = (organization, name.clone());
    if AUTHORIZATIONS.contains(state, &key)? {
        return Err(Refusal::new(Code::AuthorizationExists, name).into());
    }
    let authorization = Authorization {
        line: line_name.clone(),
        expenditure: *expenditure,
        total: *total,
        each_max,
        paid: Fen::ZERO,
        from: *occurred_on,
        until: *until,
        revoked: false,
        officers: context.signatures.iter().map(|signature| signature.officer).collect(),
    };
    AUTHORIZATIONS.put(state, &key, &authorization);
    context.emit(Event::Authorized { authorization: name.clone(), total: *total });
    if let Some(each_max) = each_max {
        context.emit(Event::Limited { authorization: name.clone(), each_max });
    }
    Ok(())
}

pub(super) fn pay_under(
    name: &Reference,
    order: &Order,
    state: &mut State<'_>,
    context: &mut Context<'_>,
) -> Result<(), Fault> {
    let key = (context.author.organization, name.clone());
    let mut authorization = find(state, &key)?;
    let Authorization { line, expenditure, total, each_max, paid, from, until, revoked, officers } =
        &mut authorization;
    if officers.contains(&context.actor.officer) {
        return Err(Refusal::new(Code::SameOfficer, context.actor.key).into());
    }
    if order.payee == Payee::NotPrinted {
        return Err(Refusal::new(Code::PayeeMissing, &order.reference).into());
    }
    let date = order.occurred_on;
    if *revoked || date < *from || date > *until {
        let end = if *revoked { "revoked" } else { "open" };
        let detail = format!("{date}, the order holds from {from} until {until}, {end}");
        return Err(Refusal::new(Code::AuthorizationClosed, detail).into());
    }
    expenditure::require_lawful(*expenditure, date, state)?;
    if let Some(each_max) = each_max.filter(|each_max| order.amount > *each_max) {
        let detail = format!("{}, at most {each_max} at a time", order.amount);
        return Err(Refusal::new(Code::AuthorizationEachExceeded, detail).into());
    }
    let Some(sum) = paid.checked_add(order.amount).filter(|sum| *sum <= *total) else {
        let detail = format!("{} after {paid} of {total}", order.amount);
        return Err(Refusal::new(Code::AuthorizationExceeded, detail).into());
    };
    pay(line, order, state, context)?;
    *paid = sum;
    AUTHORIZATIONS.put(state, &key, &authorization);
    Ok(())
}

pub(super) fn revoke(
    name: &Reference,
    state: &mut State<'_>,
    context: &mut Context<'_>,
) -> Result<(), Fault> {
    let key = (context.author.organization, name.clone());
    let mut authorization = find(state, &key)?;
    if authorization.revoked {
        return Err(Refusal::new(Code::AuthorizationClosed, "revoked").into());
    }
    authorization.revoked = true;
    AUTHORIZATIONS.put(state, &key, &authorization);
    context.emit(Event::Revoked { authorization: name.clone(), paid: authorization.paid });
    Ok(())
}

fn find(state: &State<'_>, key: &(OrganizationCode, Reference)) -> Result<Authorization, Fault> {
    let unknown = || Refusal::new(Code::AuthorizationUnknown, &key.1).into();
    AUTHORIZATIONS.get(state, key)?.ok_or_else(unknown)
}
