//! What is known of the sources, beside them: which is asked, and what they tell.

use std::time::Instant;

use minglian_ledger::height::Height;

use super::progress::Progress;
use crate::source::Source;
use crate::status::{SourceStatus, Standing, now_ms};

/// What is known of the sources.
pub(super) struct Known {
    pub(super) status: Vec<SourceStatus>,
    asked: usize,
    pub(super) surveyed: Option<Instant>,
    pub(super) progress: Progress,
}

impl Known {
    /// Nothing is known of these sources yet.
    pub(super) fn new(sources: &[Source], progress: Progress) -> Self {
        let unasked = |source: &Source| SourceStatus {
            name: source.name().to_owned(),
            height: None,
            standing: Standing::Unasked,
            since_ms: now_ms(),
        };
        let status = sources.iter().map(unasked).collect();
        Self { status, asked: 0, surveyed: None, progress }
    }

    pub(super) fn set(&mut self, source: usize, standing: Standing) {
        let Some(status) = self.status.get_mut(source) else { return };
        if status.standing.word() != standing.word() {
            tracing::warn!(source = status.name, standing = ?standing, "a source changed");
            status.since_ms = now_ms();
        }
        status.standing = standing;
    }

    /// What a source gave, it has; what it told of and does not give, it has not.
    pub(super) fn gave(&mut self, source: usize, verified: Height, has_more: bool) {
        let Some(status) = self.status.get_mut(source) else { return };
        let told = status.height.unwrap_or_default();
        status.height = Some(if has_more { told.max(verified) } else { told.min(verified) });
    }

    /// The newest height of those that agree.
    pub(super) fn target(&self) -> Option<Height> {
        let usable = self.status.iter().filter(|it| it.standing == Standing::Agrees);
        usable.filter_map(|it| it.height).max()
    }

    pub(super) fn has_other_than(&self, source: usize) -> bool {
        let mut others = self.status.iter().enumerate().filter(|(number, _)| *number != source);
        others.any(|(_, it)| it.standing == Standing::Agrees)
    }

    /// Those that agree and whose newest height is the verified one, if no source told of a newer
    /// one, not even one that does not answer any more.
    pub(super) fn level_with(&self, verified: Height) -> Vec<usize> {
        let is_ahead = |it: &SourceStatus| {
            let is_believed = matches!(it.standing, Standing::Agrees | Standing::Unreachable(_));
            is_believed && it.height > Some(verified)
        };
        if self.status.iter().any(is_ahead) {
            return Vec::new();
        }
        let all = self.status.iter().enumerate();
        let level =
            all.filter(|(_, it)| it.standing == Standing::Agrees && it.height == Some(verified));
        level.map(|(number, _)| number).collect()
    }

    /// The source to ask: the one that was asked, unless it has no more than is verified and
    /// another has. One that gave what does not verify is asked again when no other is left: it
    /// may be repaired.
    pub(super) fn choose(&mut self, verified: Height) -> Option<usize> {
        let height = |status: &SourceStatus| status.height.unwrap_or_default();
        let well = |status: &SourceStatus| status.standing == Standing::Agrees;
        let best = (0..self.status.len())
            .filter(|it| self.status.get(*it).is_some_and(well))
            .max_by_key(|it| (self.status.get(*it).map(height), std::cmp::Reverse(*it)));
        let Some(best) = best else {
            let mut all = self.status.iter();
            return all.position(|it| matches!(it.standing, Standing::Invalid(..)));
        };
        let asked = self.status.get(self.asked).filter(|asked| well(asked)).map(height);
        let farthest = self.status.get(best).map_or(Height::GENESIS, height);
        if asked.is_none_or(|asked| asked <= verified && verified < farthest) {
            self.asked = best;
        }
        Some(self.asked)
    }
}
