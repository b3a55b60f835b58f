//! The end of the budget year: what is left is carried over or taken back, old money lapses, a part
//! is given to another fund (调出).

use minglian_contracts::allocation::entry::RecordQuota;
use minglian_contracts::allocation::year::{CarryOver, TakeBack, TransferOut};
use minglian_contracts::allocation::{self, LineName, Purpose, Receipt};
use minglian_contracts::call::Call;
use minglian_contracts::refusal::Code;
use minglian_ledger::date::Date;
use minglian_ledger::document_number::DocumentNumber;
use minglian_ledger::fen::Fen;
use minglian_ledger::text::Text;

use super::body::Bodies;
use super::calendar::Window;
use super::lottery::add;
use super::projects::Settled;
use super::quota::{FUND, Quota, TRANSFERRED_FEN, basis, city_document, year_of};
use super::script::{Act, Phase, Thread};

/// The county whose money is taken back in place of being carried over.
const RECOVERED: usize = 7;

/// Money of the year before, that nobody spends: it lapses.
const OLD_FEN: u64 = 3_650_000;

/// The end of the year.
#[derive(Debug)]
pub struct YearEnd {
    /// Money brought forward, which is recorded at the beginning.
    pub brought_forward: Thread,
    /// What is done at the end.
    pub phase: Phase,
    /// What was carried over.
    pub carried: Fen,
    /// What was taken back from units.
    pub recovered: Fen,
    /// What lapsed.
    pub lapsed: Fen,
}

struct End<'a> {
    window: Window,
    bodies: &'a Bodies,
    year: u16,
    on: Date,
}

/// The acts of the year's end, for projects with `settled` money.
pub fn year_end(
    window: Window,
    bodies: &Bodies,
    quota: &Quota,
    settled: &[Settled],
) -> anyhow::Result<YearEnd> {
    let (year, on) = (window.closing_year(), window.year_end());
    let end = End { window, bodies, year, on };
    let (mut threads, mut carried, mut recovered) = (Vec::new(), Fen::ZERO, Fen::ZERO);
    let of_year = |it: &&Settled| year_of(window, it.quota.tranche) == year && !it.left.is_zero();
    for settled in settled.iter().filter(of_year) {
        if settled.quota.county == RECOVERED {
            recovered = add(recovered, settled.left)?;
            threads.push(end.recover(settled)?);
        } else {
            carried = add(carried, settled.left)?;
            threads.push(end.carry_over(settled)?);
        }
    }
    let first = quota.lines.first().ok_or_else(|| anyhow::anyhow!("no tranche"))?;
    threads.push(end.transfer_out(first)?);
    threads.push(end.lapse()?);
    Ok(YearEnd {
        brought_forward: end.brought_forward()?,
        phase: Phase { name: "年末结转、收回、调出 the end of the year", threads },
        carried,
        recovered,
        lapsed: Fen::new(OLD_FEN)?,
    })
}

impl End<'_> {
    fn document(&self, serial: u32) -> anyhow::Result<DocumentNumber> {
        city_document(self.year, serial)
    }

    fn old_line(&self) -> anyhow::Result<LineName> {
        let (holder, fund) = (self.bodies.finance.code, Text::new(FUND)?);
        Ok(LineName { holder, fund, year: self.year, line: Text::new("演示上年结转")? })
    }

    fn brought_forward(&self) -> anyhow::Result<Thread> {
        let record = RecordQuota {
            to: self.old_line()?,
            receipt: Receipt::BroughtForward,
            amount: Fen::new(OLD_FEN)?,
            level: Text::new("市级（演示）")?,
            purpose: Purpose::default(),
            basis: basis(&self.document(1)?)?,
            first_year: self.year - 1,
            implied: false,
            occurred_on: self.window.day(0, 2),
        };
        let call = Call::Allocation(allocation::Call::RecordQuota(record));
        Ok(vec![Act::two(call, self.bodies.finance.code)])
    }

    fn carry_over(&self, settled: &Settled) -> anyhow::Result<Thread> {
        let carry = CarryOver {
            line: settled.quota.line.clone(),
            amount: settled.left,
            basis: basis(&self.document(90)?)?,
            occurred_on: self.on,
        };
        let finance = self.bodies.counties[settled.quota.county].finance.code;
        Ok(vec![Act::two(Call::Allocation(allocation::Call::CarryOver(carry)), finance)])
    }

    fn recover(&self, settled: &Settled) -> anyhow::Result<Thread> {
        let take = TakeBack {
            line: settled.quota.line.clone(),
            to: settled.quota.above.clone(),
            amount: settled.left,
            basis: basis(&self.document(91)?)?,
            occurred_on: self.on,
        };
        let finance = self.bodies.counties[settled.quota.county].finance.code;
        Ok(vec![Act::two(Call::Allocation(allocation::Call::Recover(take)), finance)])
    }

    fn transfer_out(&self, line: &LineName) -> anyhow::Result<Thread> {
        let transfer = TransferOut {
            line: line.clone(),
            to_fund: Text::new("一般公共预算（演示）")?,
            amount: Fen::new(TRANSFERRED_FEN)?,
            basis: basis(&self.document(92)?)?,
            occurred_on: self.on,
        };
        let call = Call::Allocation(allocation::Call::TransferOut(transfer));
        Ok(vec![Act::two(call, self.bodies.finance.code)])
    }

    /// Money of the year before is spent by the end of this one or it lapses, and not a day sooner.
    fn lapse(&self) -> anyhow::Result<Thread> {
        let line = self.old_line()?;
        let to = LineName {
            year: self.year + 1, line: Text::new("演示结余收回")?, ..line.clone()
        };
        let take = TakeBack {
            line,
            to,
            amount: Fen::new(OLD_FEN)?,
            basis: basis(&self.document(93)?)?,
            occurred_on: self.on,
        };
        let early =
            TakeBack { occurred_on: self.on.add_days(-1).unwrap_or(self.on), ..take.clone() };
        let finance = self.bodies.finance.code;
        let lapse = |take| Act::two(Call::Allocation(allocation::Call::Lapse(take)), finance);
        Ok(vec![lapse(early).refused(Code::LapseTooEarly), lapse(take)])
    }
}
