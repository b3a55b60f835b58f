//! Following several sources: which of them is asked for blocks, and how each of them stands.
//!
//! All sources are asked for their tips at once from time to time and compared with what was
//! verified. One that is dead, hangs, lags or gives what does not verify is left for the next. A
//! certified block other than the verified one is an alarm, whoever gives it and whatever the
//! others say: nothing above it is taken then.

use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::future::join_all;
use minglian_client::wire::CertifiedBlock;
use minglian_contracts::replica::ReplicaError;
use minglian_ledger::block::Header;
use minglian_ledger::certificate::Certificate;
use minglian_ledger::height::TimeMs;

use super::known::Known;
use super::level::{Level, Patience};
use super::progress::Progress;
use super::{FollowError, Follower};
use crate::source::{Look, Source};
use crate::status::{Following, SourceStatus, Standing, Status, now_ms};

/// How often what is done, and when a chain counts as standing still.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    /// How long to wait for new blocks.
    pub poll: Duration,
    /// How long to wait before asking again after something went wrong.
    pub retry: Duration,
    /// How often every source is asked for its tip.
    pub survey: Duration,
    /// How old the newest block may be; without it nothing is too old.
    pub stale_after: Option<Duration>,
    /// What is borne before names of donors are hidden.
    pub patience: Patience,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            poll: Duration::from_millis(500),
            retry: Duration::from_secs(3),
            survey: Duration::from_secs(5),
            stale_after: None,
            patience: Patience::default(),
        }
    }
}

impl Follower {
    /// Follows the sources for ever. Blocks the thread while it verifies.
    pub async fn follow(mut self, mut sources: Vec<Source>, status: Status, pace: Pace) {
        let progress = Progress::new(self.height(), self.replica().header().log_size);
        let mut known = Known::new(&sources, progress);
        self.names.level = Level::new(pace.patience);
        if !self.report_alarm(&status) {
            status.set(Following::CatchingUp { verified: self.height(), target: None });
        }
        loop {
            let outcome = self.round(&mut sources, &mut known, &status, &pace).await;
            status.set_sources(known.status.clone());
            let rested = match outcome {
                Ok(wait) => self.while_waiting(tokio::time::sleep(wait)).await,
                Err(error) => Err(error),
            };
            if let Err(error) = rested {
                tracing::error!(%error, "following stopped");
                let (verified, reason) = (self.height(), error.to_string());
                status.set(Following::Stopped { verified, reason });
                tokio::time::sleep(pace.retry).await;
            }
        }
    }

    /// Whether an alarm stands, which is then what the status says.
    fn report_alarm(&self, status: &Status) -> bool {
        let Some(alarm) = &self.alarm else { return false };
        let alarm = Arc::new(alarm.clone());
        status.set(Following::Forked { verified: self.height(), alarm });
        true
    }

    /// Whether the next block may be taken: below an alarm what was verified is verified again.
    fn may_go_on(&self) -> bool {
        self.alarm.as_ref().is_none_or(|alarm| self.height() < alarm.verified)
    }

    /// One look at the sources and one page of blocks; how long to wait then.
    async fn round(
        &mut self,
        sources: &mut [Source],
        known: &mut Known,
        status: &Status,
        pace: &Pace,
    ) -> Result<Duration, FollowError> {
        if known.surveyed.is_none_or(|last| last.elapsed() >= pace.survey) {
            self.survey(sources, known).await?;
            known.surveyed = Some(Instant::now());
        }
        self.hide_names_when_cut_off()?;
        let is_alarmed = self.report_alarm(status);
        if !self.may_go_on() {
            return Ok(pace.retry);
        }
        let chosen = known.choose(self.height());
        let Some((number, source)) = chosen.and_then(|it| Some((it, sources.get_mut(it)?))) else {
            if !is_alarmed {
                let (verified, reason) = (self.height(), unreachable(&known.status));
                status.set(Following::Unreachable { verified, reason });
            }
            known.surveyed = None;
            return Ok(pace.retry);
        };
        let taken = self.pull(source, number, known, status).await?;
        if self.report_alarm(status) {
            return Ok(if taken { Duration::ZERO } else { pace.retry });
        }
        match &known.status.get(number).map(|it| it.standing.clone()) {
            Some(Standing::Invalid(_, reason)) => {
                let has_other = known.status.iter().any(|it| it.standing == Standing::Agrees);
                if !has_other {
                    let (verified, reason) = (self.height(), reason.clone());
                    status.set(Following::Refused { verified, reason });
                }
                return Ok(if has_other { pace.poll } else { pace.retry });
            }
            Some(Standing::Unreachable(_)) => {
                if known.has_other_than(number) {
                    return Ok(Duration::ZERO);
                }
                known.surveyed = None;
                return Ok(pace.poll);
            }
            _ => {}
        }
        if !taken {
            if let Err(error) = self.keep() {
                tracing::error!(%error, "what was verified is not kept");
                self.recover(error)?;
                return Ok(Duration::ZERO);
            }
            status.set(self.at_rest(known, pace));
            // Names are asked for by whoever writes the index.
            if !self.writer.only_watches() && self.is_level(known) {
                self.ask_for_names(source).await?;
            }
        }
        Ok(if taken { Duration::ZERO } else { pace.poll })
    }

    /// What the follower does when the source has no more blocks.
    fn at_rest(&self, known: &Known, pace: &Pace) -> Following {
        let verified = self.height();
        let target = known.target().filter(|target| *target > verified.next());
        if target.is_some() {
            return Following::CatchingUp { verified, target };
        }
        let time = self.replica().header().time_ms;
        let limit = pace.stale_after.map(|limit| limit.as_secs());
        match limit {
            Some(limit_seconds) if is_old(time, limit_seconds) => {
                Following::Stale { verified, time, limit_seconds }
            }
            _ => Following::Current { verified },
        }
    }

    /// Whether what the sources tell proves that nothing newer than what is verified is there.
    fn is_level(&mut self, known: &Known) -> bool {
        let (verified, time) = (self.height(), self.replica().header().time_ms);
        let level = &mut self.names.level;
        let mut is_level = false;
        // All of them are looked at: each keeps its own time.
        for number in known.level_with(verified) {
            is_level |= level.agreed(number, time);
        }
        is_level
    }

    /// Asks all sources for their tips at once, and compares them with what was verified.
    async fn survey(
        &mut self,
        sources: &mut [Source],
        known: &mut Known,
    ) -> Result<(), FollowError> {
        let own = self.height();
        let looks = join_all(sources.iter_mut().map(|source| source.look(own)));
        let looks = self.while_waiting(looks).await?;
        for (number, (source, look)) in sources.iter().zip(looks).enumerate() {
            match look {
                Ok(look) => self.weigh(source, number, look, known)?,
                Err(error) => known.set(number, Standing::Unreachable(error.to_string())),
            }
        }
        Ok(())
    }

    /// Weighs what a source said of itself.
    fn weigh(
        &mut self,
        source: &Source,
        number: usize,
        look: Look,
        known: &mut Known,
    ) -> Result<(), FollowError> {
        let (own, height) = (self.height(), look.height);
        if source.is_node() {
            self.names.level.answered(number);
        }
        if let Some(status) = known.status.get_mut(number) {
            status.height = Some(height);
        }
        let refused = match look.compared {
            None => None,
            Some((header, certificate)) => {
                self.compare(source.name(), &header, certificate.as_ref())?
            }
        };
        let standing = known.status.get(number).map(|status| status.standing.clone());
        match (refused, standing) {
            (Some(standing), _) => known.set(number, standing),
            // It gave a bad block above what is verified: it is well when it gives a good one.
            (None, Some(Standing::Invalid(bad, _))) if bad > own && height >= bad => {}
            (None, _) => known.set(number, Standing::Agrees),
        }
        Ok(())
    }

    /// Compares a header with the verified one of its height; how its source stands, if it is
    /// another.
    fn compare(
        &mut self,
        source: &str,
        header: &Header,
        certificate: Option<&Certificate>,
    ) -> Result<Option<Standing>, FollowError> {
        let height = header.height;
        if height > self.height() || self.writer.block_id(height)? == Some(header.id().to_string())
        {
            return Ok(None);
        }
        let Some(certificate) = certificate else {
            let reason = FollowError::Uncertified(height).to_string();
            return Ok(Some(Standing::Invalid(height, reason)));
        };
        if let Err(error) = self.check_certificate(header, certificate) {
            return Ok(Some(Standing::Invalid(height, error.to_string())));
        }
        self.raise(source, header, certificate)?;
        Ok(Some(Standing::Forked(height)))
    }

    /// Takes a page of blocks; whether there were any that verified.
    async fn pull(
        &mut self,
        source: &mut Source,
        number: usize,
        known: &mut Known,
        status: &Status,
    ) -> Result<bool, FollowError> {
        self.writer.expect(known.target().unwrap_or_default());
        let asked = source.blocks(self.height().next());
        let blocks = match self.while_waiting(asked).await? {
            Ok(blocks) => blocks,
            Err(error) => {
                known.set(number, Standing::Unreachable(error.to_string()));
                return Ok(false);
            }
        };
        let taken = self.take(&blocks, (source.name(), number), known, status);
        match self.writer.commit() {
            Ok(()) => taken,
            Err(error) => self.begin_again(error.into(), status),
        }
    }

    /// Takes blocks that a source gave; whether there were any that verified.
    fn take(
        &mut self,
        blocks: &[CertifiedBlock],
        (source, number): (&str, usize),
        known: &mut Known,
        status: &Status,
    ) -> Result<bool, FollowError> {
        let last = blocks.last().map(|last| last.block.header.height);
        let mut taken = false;
        for block in blocks {
            if !self.may_go_on() {
                break;
            }
            let height = Some(block.block.header.height);
            // Whoever is level sees each block at once.
            self.writer.go_on(height < last && height < known.target());
            let (header, height) = (&block.block.header, self.height().next());
            match self.apply(block) {
                Ok(()) => taken = true,
                Err(FollowError::Forked(_)) => {
                    if let Some(certificate) = &block.certificate {
                        self.raise(source, header, certificate)?;
                    }
                    known.set(number, Standing::Forked(height));
                    return Ok(taken);
                }
                Err(FollowError::Refused(error)) => {
                    let standing = self.refused(source, block, error)?;
                    known.set(number, standing);
                    return Ok(taken);
                }
                Err(error @ FollowError::Uncertified(_)) => {
                    known.set(number, Standing::Invalid(height, error.to_string()));
                    return Ok(taken);
                }
                Err(FollowError::Awaited(_)) => return Ok(taken),
                Err(error) => return self.begin_again(error, status),
            }
            self.report(known, status);
            self.hide_names_when_cut_off()?;
        }
        if taken {
            known.set(number, Standing::Agrees);
        }
        known.gave(number, self.height(), taken);
        Ok(taken)
    }

    /// Begins again after blocks that were verified and not indexed.
    fn begin_again(&mut self, error: FollowError, status: &Status) -> Result<bool, FollowError> {
        tracing::error!(%error, "verifying begins again where nothing is doubted");
        let reason = error.to_string();
        status.set(Following::Stopped { verified: self.height(), reason });
        self.recover(error)?;
        Ok(true)
    }

    /// How a source stands whose block was refused: a certified one that does not follow ours
    /// follows another that was certified.
    fn refused(
        &mut self,
        source: &str,
        block: &CertifiedBlock,
        error: ReplicaError,
    ) -> Result<Standing, FollowError> {
        let header = &block.block.header;
        let follows_other =
            header.height == self.height().next() && header.parent != self.replica().header().id();
        match &block.certificate {
            Some(certificate)
                if follows_other && self.check_certificate(header, certificate).is_ok() =>
            {
                self.raise(source, header, certificate)?;
                Ok(Standing::Forked(header.height))
            }
            _ => Ok(Standing::Invalid(self.height().next(), error.to_string())),
        }
    }

    fn report(&self, known: &mut Known, status: &Status) {
        if self.report_alarm(status) {
            return;
        }
        let (verified, target) = (self.height(), known.target());
        match target.filter(|target| *target > verified) {
            Some(farthest) => {
                status.set(Following::CatchingUp { verified, target });
                known.progress.say(verified, self.replica().header().log_size, farthest);
            }
            None => status.set(Following::Current { verified }),
        }
    }
}

fn is_old(time: TimeMs, limit_seconds: u64) -> bool {
    now_ms().saturating_sub(time.0) / 1000 > limit_seconds
}

/// Why no source can be asked.
fn unreachable(sources: &[SourceStatus]) -> String {
    let reasons = sources.iter().map(|source| match &source.standing {
        Standing::Unreachable(reason) => format!("{}: {reason}", source.name),
        other => format!("{}: {}", source.name, other.word()),
    });
    reasons.collect::<Vec<_>>().join("; ")
}
