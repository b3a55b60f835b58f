//! Real payments to load a network with: units with quota and a payment order, and their payers.
//!
//! Everything is entered by lawful acts: two governors register the units and their governors,
//! these their officers, the city's finance department records their quota, maker and checker
//! authorise, and then every payer pays alone, one transaction a payment. The units' keys are new
//! and kept nowhere.

use anyhow::Context as _;
use minglian_contracts::allocation::{self, Basis, Category, LineName, Purpose, entry};
use minglian_contracts::call::Call;
use minglian_contracts::payment::authorization::Grant;
use minglian_contracts::payment::{self, Expenditure, Order, Payee};
use minglian_contracts::registry;
use minglian_ledger::date::Date;
use minglian_ledger::fen::Fen;
use minglian_ledger::genesis::{OrganizationKind, Role};
use minglian_ledger::hash::{Commitment, TransactionId};
use minglian_ledger::height::Height;
use minglian_ledger::organization_code::OrganizationCode;
use minglian_ledger::text::Text;
use minglian_ledger::transaction::{ChainId, Transaction};
use rand::Rng as _;

use crate::act::{self, Desk};
use crate::bureau::Bureau;
use crate::clock;
use crate::cluster::Cluster;
use crate::officer::{Officer, Officers};

/// How many units pay.
const UNITS: usize = 4;

/// How many payers a unit has.
const PAYERS_PER_UNIT: usize = 4;

/// What each unit gets, in fen: ten billion yuan, so that no bench spends it.
const QUOTA_FEN: u64 = 1_000_000_000_000;

/// The largest payment, in fen.
const PAYMENT_FEN_MAX: u64 = 5_000;

/// For how many days the payment orders hold.
const AUTHORIZED_DAYS: i32 = 60;

/// The division where the units are: the city.
const DIVISION: u32 = 341_100;

/// Units that are ready to pay.
#[derive(Clone)]
pub struct Workload {
    chain_id: ChainId,
    expires_at: Height,
    run: String,
    date: Date,
    payers: Vec<(Officer, Text<128>)>,
    payee: OrganizationCode,
    next: u64,
}

/// A signed payment.
#[derive(Debug, Clone)]
pub struct Payment {
    /// Its name.
    pub id: TransactionId,
    /// The transaction, as sent.
    pub encoded: Vec<u8>,
}

struct Unit {
    bureau: Bureau,
    line: LineName,
    governor: Officer,
    maker: Officer,
    checker: Officer,
    payers: Vec<Officer>,
}

impl Workload {
    /// Registers units and authorises their payments, with a new name at each call.
    pub async fn prepare(cluster: &Cluster) -> anyhow::Result<Self> {
        let run = format!("load-{:08x}", rand::thread_rng().r#gen::<u32>());
        let running = *cluster.running().first().context("no node runs")?;
        let mut desk = Desk::new(cluster.client(running)?, &run).await?;
        let officers = Officers::open(cluster.directory())?;
        let first = cluster.nodes().first().context("the network has no nodes")?;
        let governor = officers.of(first.validator.organization, Role::Governor)?;
        let date = clock::today()?;
        let units: Vec<Unit> =
            (0..UNITS).map(|number| unit(&run, number, date)).collect::<anyhow::Result<_>>()?;
        let second = officers.of_finance(DIVISION, Role::Governor)?;
        register(&mut desk, &governor, &second, &units).await?;
        give_quota(&mut desk, &officers, &units, date).await?;
        authorize(&mut desk, &units, &run, date).await?;
        let name: Text<128> = Text::new(run.clone())?;
        let payers = units.into_iter().flat_map(|unit| unit.payers);
        Ok(Self {
            chain_id: desk.chain_id().clone(),
            expires_at: desk.expires_at(),
            run,
            date,
            payers: payers.map(|payer| (payer, name.clone())).collect(),
            payee: first.validator.organization,
            next: 0,
        })
    }

    /// Signs the next payments, by all payers in turn, on all processors.
    pub fn sign(&mut self, count: usize) -> anyhow::Result<Vec<Payment>> {
        let from = self.next;
        self.next += count as u64;
        let signers = std::thread::available_parallelism().map_or(1, usize::from);
        let share = count.div_ceil(signers).max(1);
        let numbers: Vec<u64> = (from..self.next).collect();
        let workload = &*self;
        std::thread::scope(|scope| {
            let threads: Vec<_> = numbers
                .chunks(share)
                .map(|numbers| scope.spawn(|| workload.sign_numbers(numbers)))
                .collect();
            let mut payments = Vec::with_capacity(count);
            for thread in threads {
                payments.extend(
                    thread.join().map_err(|_| anyhow::anyhow!("a signing thread broke off"))??,
                );
            }
            Ok(payments)
        })
    }

    fn sign_numbers(&self, numbers: &[u64]) -> anyhow::Result<Vec<Payment>> {
        numbers.iter().map(|number| self.sign_one(*number)).collect()
    }

    fn sign_one(&self, number: u64) -> anyhow::Result<Payment> {
        let turn = usize::try_from(number)? % self.payers.len();
        let (payer, authorization) = &self.payers[turn];
        let reference = format!("{}/凭证{number}", self.run);
        // Every eighth payment goes to an organisation, the others to persons.
        let payee = if number.is_multiple_of(8) {
            Payee::Organization(self.payee)
        } else {
            Payee::Person(Commitment::of(&[reference.as_bytes()]))
        };
        let order = Order {
            reference: Text::new(reference.clone())?,
            payee,
            amount: Fen::new(1 + number % PAYMENT_FEN_MAX)?,
            voucher: None,
            replaces: None,
            occurred_on: self.date,
        };
        let call = payment::Call::Pay { authorization: authorization.clone(), order };
        let transaction =
            payer.sign(&self.chain_id, &reference, self.expires_at, &Call::Payment(call))?;
        Ok(Payment { id: transaction.id(), encoded: transaction.encode() })
    }
}

fn unit(run: &str, number: usize, date: Date) -> anyhow::Result<Unit> {
    let name = format!("养老服务中心 {run}-{number}");
    let bureau = Bureau::new(&name, OrganizationKind::ProjectUnit, DIVISION)?;
    let officer = || Officer::generate(bureau.code);
    let line = LineName {
        holder: bureau.code,
        fund: Text::new("福利彩票公益金")?,
        year: date.year(),
        line: Text::new(run)?,
    };
    let payers = (0..PAYERS_PER_UNIT).map(|_| officer()).collect();
    Ok(Unit { line, governor: officer(), maker: officer(), checker: officer(), payers, bureau })
}

/// Two governors admit the units and their governors; these then register their officers, for whom
/// the first one vouches.
async fn register(
    desk: &mut Desk,
    governor: &Officer,
    second: &Officer,
    units: &[Unit],
) -> anyhow::Result<()> {
    let key = |officer: &Officer, role| {
        Call::Registry(registry::Call::RegisterKey {
            organization: officer.organization,
            key: officer.public_key(),
            role,
            same_officer_as: None,
        })
    };
    let (mut organizations, mut governors, mut keys) = (Vec::new(), Vec::new(), Vec::new());
    for unit in units {
        let call = registry::Call::RegisterOrganization {
            code: unit.bureau.code,
            name: Text::new(unit.bureau.name.clone())?,
            kind: unit.bureau.kind,
            division: unit.bureau.division,
        };
        organizations.push((governor, second, Call::Registry(call)));
        governors.push((governor, second, key(&unit.governor, Role::Governor)));
        let payers = unit.payers.iter().map(|payer| (payer, Role::Payer));
        for (officer, role) in
            [(&unit.maker, Role::Maker), (&unit.checker, Role::Checker)].into_iter().chain(payers)
        {
            keys.push((&unit.governor, governor, key(officer, role)));
        }
    }
    two_steps(desk, organizations).await.context("registering units")?;
    two_steps(desk, governors).await.context("registering their governors")?;
    two_steps(desk, keys).await.context("registering officers")
}

async fn give_quota(
    desk: &mut Desk,
    officers: &Officers,
    units: &[Unit],
    date: Date,
) -> anyhow::Result<()> {
    let maker = officers.of_finance(DIVISION, Role::Maker)?;
    let checker = officers.of_finance(DIVISION, Role::Checker)?;
    let mut proposals = Vec::new();
    for unit in units {
        let quota = entry::RecordQuota {
            to: unit.line.clone(),
            receipt: allocation::Receipt::Issued,
            amount: Fen::new(QUOTA_FEN)?,
            level: Text::new("省级")?,
            purpose: Purpose { category: Some(Category::OldAge), project: None },
            basis: Basis { printed_in: Some(Text::new("负载试验")?), ..Basis::default() },
            first_year: date.year(),
            implied: false,
            occurred_on: date,
        };
        let call = Call::Allocation(allocation::Call::RecordQuota(quota));
        proposals.push((&maker, &checker, call));
    }
    two_steps(desk, proposals).await.context("recording quota")
}

async fn authorize(desk: &mut Desk, units: &[Unit], run: &str, date: Date) -> anyhow::Result<()> {
    let mut proposals = Vec::new();
    for unit in units {
        let grant = Grant {
            name: Text::new(run)?,
            line: unit.line.clone(),
            expenditure: Expenditure::Assistance,
            total: Fen::new(QUOTA_FEN)?,
            until: date.add_days(AUTHORIZED_DAYS).context("the date is out of range")?,
            occurred_on: date,
        };
        let call = Call::Payment(payment::Call::Authorize(grant));
        proposals.push((&unit.maker, &unit.checker, call));
    }
    two_steps(desk, proposals).await.context("authorising payments")
}

/// Proposes acts together, then approves them together.
async fn two_steps(desk: &mut Desk, acts: Vec<(&Officer, &Officer, Call)>) -> anyhow::Result<()> {
    let mut proposals = Vec::new();
    for (maker, _, call) in &acts {
        proposals.push(desk.sign(maker, call)?);
    }
    desk.commit(&proposals).await?;
    let mut approvals: Vec<Transaction> = Vec::new();
    for ((_, checker, _), proposal) in acts.iter().zip(&proposals) {
        approvals.push(desk.sign(checker, &act::approve(proposal.id()))?);
    }
    desk.commit(&approvals).await?;
    Ok(())
}
