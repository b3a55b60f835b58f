//! Writing a block: one transaction.

use std::collections::BTreeSet;

use minglian_contracts::approval;
use minglian_contracts::book::{self, AccountId};
use minglian_contracts::call::Call;
use minglian_contracts::event::{self, Event};
use minglian_contracts::payment::{self, Order};
use minglian_contracts::seal::Replayed;
use minglian_ledger::block::{Block, Header};
use minglian_ledger::certificate::Certificate;
use minglian_ledger::date::{Date, beijing_date};
use minglian_ledger::genesis::Genesis;
use minglian_ledger::height::{Height, TimeMs};
use minglian_ledger::organization_code::OrganizationCode;
use minglian_ledger::record::Receipt;
use minglian_ledger::state::{Changes, StateRead};
use minglian_ledger::transaction::Transaction;

use super::account::{self, AccountNumber};
use super::act::{self, Act};
use super::posting::Posting;
use super::{IndexError, Writer, band, charity, history, log, mirror, movement, obligation};
use super::{lottery, names, oversight, state, stored, totals};
use crate::database::{Connection, OptionalExtension, params};
use minglian_contracts::words::{self, Names, payment as payment_words};

/// The names of the index.
struct Known<'a>(&'a Connection);

impl Names for Known<'_> {
    fn organization(&self, code: &OrganizationCode) -> String {
        // A database that cannot be read fails at the next statement; a code is a name too.
        state::name(self.0, code.as_str()).ok().flatten().unwrap_or_else(|| code.to_string())
    }
}

impl Writer {
    /// Enters the genesis: its header, and who takes part from the start.
    ///
    /// # Errors
    /// [`IndexError`]; nothing is written then.
    pub fn genesis(
        &mut self,
        genesis: &Genesis,
        header: &Header,
        state: &dyn StateRead,
    ) -> Result<(), IndexError> {
        let transaction = self.transaction()?;
        let mut changes = Changes::new();
        mirror::each(state, |key, value| {
            changes.insert(key, Some(value));
            Ok(true)
        })?;
        super::state::registry(&transaction, &changes)?;
        mirror::enter(&transaction, &changes)?;
        enter_header(&transaction, header, 0)?;
        log::genesis(&transaction, header)?;
        super::certified::enter_validators(&transaction, header, state)?;
        let demonstration = if genesis.demonstration { "1" } else { "0" };
        transaction.execute("INSERT INTO meta VALUES ('demonstration', ?1)", [demonstration])?;
        transaction.commit()?;
        Ok(())
    }

    /// Enters a verified block with what certifies it. `state` is the state after it.
    ///
    /// # Errors
    /// [`IndexError`]; nothing is written then, nor what was not committed before.
    pub fn block(
        &mut self,
        block: &Block,
        certificate: &Certificate,
        replayed: &Replayed,
        state: &dyn StateRead,
    ) -> Result<(), IndexError> {
        let (target, kept) = (self.target, self.kept_heights);
        self.enter(block.transactions.len() as u64, |connection| {
            let erases = write_block(connection, block, replayed, state, (target, kept))?;
            super::certified::enter(connection, &block.header, certificate, state)?;
            Ok(erases)
        })
    }
}

/// Enters everything that a block says; whether it erased a name that stood here.
fn write_block(
    connection: &Connection,
    block: &Block,
    replayed: &Replayed,
    reader: &dyn StateRead,
    (target, kept): (Height, u64),
) -> Result<bool, IndexError> {
    let header = &block.header;
    let (today, is_new_month) = calendar(connection, header)?;
    history::begin(connection, header.height, is_new_month, target, kept)?;
    let receipts = &replayed.executed.receipts;
    let changes = &replayed.executed.changes;
    let closing_leaf = header.log_size.saturating_sub(1);
    let first = closing_leaf.saturating_sub(receipts.len() as u64);
    // Acts are read from the leaves, also from those of this block.
    log::append(connection, 0, &replayed.sealed.leaf_hashes)?;
    log::enter_leaves(connection, header, &replayed.sealed.leaves)?;
    let mut acts = Vec::with_capacity(receipts.len());
    for (index, (signed, receipt)) in (first..).zip(block.transactions.iter().zip(receipts)) {
        acts.push(read_act(connection, index, signed, receipt)?);
    }
    mirror::enter(connection, changes)?;
    state::registry(connection, changes)?;
    state::projects(connection, changes)?;
    charity::funds(connection, changes)?;
    state::lines(connection, changes, &acts)?;
    let posting = Posting::new(connection);
    let mut touched = BTreeSet::new();
    for (index, (signed, act)) in (first..).zip(block.transactions.iter().zip(&acts)) {
        enter_record(connection, header, index, signed, act)?;
        for event in act.events() {
            if let Event::Movement(movement) = event {
                movement::enter(&posting, index, movement, act, today)?;
                touched.extend(movement.from.account().cloned());
                touched.insert(movement.to.clone());
            }
        }
        enter_payment(&posting, index, act)?;
    }
    for account in &touched {
        enter_balance(&posting, account, reader)?;
    }
    state::payments(connection, changes)?;
    let numbered: Vec<(u64, &Act)> = (first..).zip(&acts).collect();
    charity::enter(&posting, changes, &touched, &numbered, reader)?;
    posting.finish()?;
    lottery::enter(connection, changes, &touched, reader)?;
    oversight::enter(connection, changes)?;
    obligation::enter(connection, changes, reader, today, is_new_month)?;
    enter_header(connection, header, receipts.len() as u64)?;
    names::enter(connection, changes, &acts)
}

/// The block's day in Beijing, and whether it is the first block of its month. It must be the next
/// one.
fn calendar(connection: &Connection, header: &Header) -> Result<(Date, bool), IndexError> {
    let query = "SELECT height, time_ms FROM blocks ORDER BY height DESC LIMIT 1";
    let (last, before): (i64, i64) =
        connection.prepare_cached(query)?.query_row([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    if stored("a height", header.height.0)? != last.saturating_add(1) {
        return Err(IndexError::Gap { last, found: header.height });
    }
    let day = |time: TimeMs| beijing_date(time).unwrap_or(Date::MIN);
    let (before, today) = (day(TimeMs(super::count(before))), day(header.time_ms));
    Ok((today, header.height.0 == 1 || before.month() != today.month()))
}

fn enter_header(
    connection: &Connection,
    header: &Header,
    transactions: u64,
) -> Result<(), IndexError> {
    let mut statement =
        connection.prepare_cached("INSERT INTO blocks VALUES (?1, ?2, ?3, ?4, ?5, ?6)")?;
    statement.execute(params![
        stored("a height", header.height.0)?,
        header.id().to_string(),
        stored("a time", header.time_ms.0)?,
        stored("a log size", header.log_size)?,
        header.log_root.to_string(),
        stored("a count", transactions)?,
    ])?;
    Ok(())
}

/// Decodes a record. A proposal is remembered at once: its approval may stand in the same block.
fn read_act(
    connection: &Connection,
    index: u64,
    signed: &Transaction,
    receipt: &Receipt,
) -> Result<Act, IndexError> {
    let damaged = |what| move |source| IndexError::Damaged { what, source };
    let call = Call::decode(&signed.body.call).map_err(damaged("a call"))?;
    let outcome = event::read(receipt).map_err(damaged("a receipt"))?;
    let mut act = Act {
        subject: call.clone(),
        proposal: act::proposal_of(&call),
        took_effect: receipt.is_applied() && !matches!(call, Call::Approval(_)),
        author: signed.body.organization,
        call,
        outcome,
    };
    if let Some(proposal) = &act.proposal {
        let query = "SELECT l.bytes FROM proposals p JOIN leaves l ON l.log_index = p.log_index \
                     WHERE p.transaction_id = ?1";
        let leaf: Option<Vec<u8>> =
            connection.prepare_cached(query)?.query_row([proposal], |row| row.get(0)).optional()?;
        match leaf.as_deref().map(log::decode).transpose()?.flatten() {
            Some(record) => {
                let call = &record.transaction.body.call;
                act.subject = Call::decode(call).map_err(damaged("a call"))?;
            }
            // A refused step may name anything.
            None if receipt.is_applied() => {
                return Err(IndexError::ProposalMissing(proposal.clone()));
            }
            None => {}
        }
    }
    let approvals: Vec<approval::Event> = act
        .events()
        .iter()
        .filter_map(|event| match event {
            Event::Approval(event) => Some(event.clone()),
            _ => None,
        })
        .collect();
    for event in approvals {
        match event {
            approval::Event::Proposed { proposal, .. } => {
                act.took_effect = false;
                act.proposal = Some(proposal.to_string());
                let query = "INSERT INTO proposals VALUES (?1, ?2)";
                let values = params![proposal.to_string(), stored("a position", index)?];
                connection.prepare_cached(query)?.execute(values)?;
            }
            approval::Event::Completed { signatures, .. } => {
                act.took_effect = true;
                if let Some(proposer) = signatures.first() {
                    act.author = proposer.organization;
                }
            }
            _ => {}
        }
    }
    Ok(act)
}

fn enter_record(
    connection: &Connection,
    header: &Header,
    index: u64,
    signed: &Transaction,
    act: &Act,
) -> Result<(), IndexError> {
    let index = stored("a position", index)?;
    let sentence = words::call(&act.subject, &Known(connection));
    let code = match &act.outcome {
        event::Outcome::Applied(_) => 0,
        event::Outcome::Refused { code, .. } => *code,
    };
    let mut statement = connection.prepare_cached(
        "INSERT INTO records VALUES \
         (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)",
    )?;
    statement.execute(params![
        index,
        stored("a height", header.height.0)?,
        stored("a time", header.time_ms.0)?,
        signed.id().to_string(),
        signed.body.organization.as_str(),
        signed.key.to_string(),
        signed.body.client_reference.as_str(),
        words::kind(&act.subject),
        code,
        act.stage(),
        act::documents(&act.subject),
        sentence.zh,
        sentence.en,
        act.proposal,
    ])?;
    let mut concerned: BTreeSet<OrganizationCode> =
        act::organizations(&act.subject).into_iter().collect();
    concerned.extend([signed.body.organization, act.author]);
    let mut statement =
        connection.prepare_cached("INSERT INTO record_organizations VALUES (?1, ?2)")?;
    for code in concerned {
        statement.execute(params![code.as_str(), index])?;
    }
    if let Some(project) = act::project(&act.subject) {
        let query = "INSERT INTO record_projects VALUES (?1, ?2)";
        connection.prepare_cached(query)?.execute(params![project, index])?;
    }
    let mut statement =
        connection.prepare_cached("INSERT OR IGNORE INTO record_subjects VALUES (?1, ?2)")?;
    for subject in oversight::subjects(&act.subject, &act.author) {
        statement.execute(params![subject, index])?;
    }
    if let (Some((notice, row)), false) =
        (act::notice_row(signed.body.client_reference.as_str()), is_step(act))
    {
        let query = "INSERT INTO notice_rows VALUES (?1, ?2, ?3)";
        connection.prepare_cached(query)?.execute(params![notice, row, index])?;
    }
    enter_correction(connection, index, act)
}

/// Whether the record is a step on another record's proposal.
fn is_step(act: &Act) -> bool {
    matches!(act.call, Call::Approval(_))
}

/// Notes which record an act corrects or replaces.
fn enter_correction(connection: &Connection, index: i64, act: &Act) -> Result<(), IndexError> {
    let payment_of = |reference: &payment::Reference| -> Result<Option<i64>, IndexError> {
        let (organization, reference) = (act.author, reference.clone());
        let account = AccountId::Payment { organization, reference };
        let Some(number) = account::find(connection, &account)? else { return Ok(None) };
        let query = "SELECT log_index FROM payments WHERE id = ?1";
        Ok(connection.prepare_cached(query)?.query_row([number], |row| row.get(0)).optional()?)
    };
    let corrects = match act.effective() {
        Some(Call::Lottery(minglian_contracts::lottery::Call::Settle(settlement))) => {
            Some(stored("a position", settlement.corrects.0)?)
        }
        Some(Call::Payment(
            payment::Call::Correct { payment, .. }
            | payment::Call::BankResult { payment, .. }
            | payment::Call::Return { payment, .. },
        )) => payment_of(payment)?,
        Some(Call::Payment(
            payment::Call::Instruct { order, .. } | payment::Call::Pay { order, .. },
        )) => match &order.replaces {
            Some(replaced) => payment_of(replaced)?,
            None => None,
        },
        _ => None,
    };
    if let Some(corrects) = corrects {
        let query = "INSERT OR IGNORE INTO corrections VALUES (?1, ?2)";
        connection.prepare_cached(query)?.execute(params![index, corrects])?;
    }
    Ok(())
}

fn enter_payment(posting: &Posting<'_>, index: u64, act: &Act) -> Result<(), IndexError> {
    let (order, expenditure): (&Order, &str) = match act.effective() {
        Some(Call::Payment(payment::Call::Instruct { order, expenditure, .. })) => {
            (order, expenditure.code())
        }
        Some(Call::Payment(payment::Call::Pay { order, .. })) => (order, ""),
        _ => return Ok(()),
    };
    let account =
        AccountId::Payment { organization: act.author, reference: order.reference.clone() };
    let number: AccountNumber = posting.number(&account)?;
    let payee_code = match order.payee {
        payment::Payee::Organization(code) => Some(code.to_string()),
        _ => None,
    };
    let query = "INSERT INTO payments SELECT ?1, ?2, from_account, ?3, ?4, ?5, ?6, ?7, '已付款' \
                 FROM movements WHERE to_account = ?1 ORDER BY to_start LIMIT 1";
    posting.prepare_cached(query)?.execute(params![
        number,
        stored("a position", index)?,
        payment_words::payee(&order.payee, &Known(posting)),
        payee_code,
        expenditure,
        stored("an amount", order.amount.get())?,
        order.occurred_on.to_string(),
    ])?;
    Ok(())
}

fn enter_balance(
    posting: &Posting<'_>,
    id: &AccountId,
    reader: &dyn StateRead,
) -> Result<(), IndexError> {
    let number = posting.number(id)?;
    let account = book::account(reader, id)?.unwrap_or_default();
    let balance = stored("a balance", account.balance().get())?;
    let query = "SELECT balance FROM accounts WHERE id = ?1";
    let before: i64 = posting.prepare_cached(query)?.query_row([number], |row| row.get(0))?;
    let query = "UPDATE accounts SET credited = ?2, balance = ?3 WHERE id = ?1";
    let credited = stored("a position", account.credited)?;
    posting.prepare_cached(query)?.execute(params![number, credited, balance])?;
    if id.is_terminal() {
        return Ok(());
    }
    let more = balance.saturating_sub(before);
    charity::add_balance(posting, id, more)?;
    if movement::holds_corrections(posting, id, number)? {
        // What was entered too high is not money that anybody can spend.
        return Ok(());
    }
    band::left(posting, number, more)?;
    let attributes = posting.attributes(number)?;
    totals::add(posting, &attributes, totals::LEFT, more, 0);
    Ok(())
}
