//! How the explorer stands to its sources: shared by the follower, which writes it, and the pages.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::{SystemTime, UNIX_EPOCH};

use minglian_ledger::height::{Height, TimeMs};

use crate::alarm::Alarm;

/// What the follower is doing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Following {
    /// Verifying blocks that the node has had for a while; the indexed height may be higher, from
    /// an earlier run, while everything is verified again.
    CatchingUp {
        /// The last verified height.
        verified: Height,
        /// The node's height, where it told one.
        target: Option<Height>,
    },
    /// Up to date.
    Current {
        /// The last verified height.
        verified: Height,
    },
    /// Up to date with nodes that stand still: the newest block is older than it may be.
    Stale {
        /// The last verified height.
        verified: Height,
        /// The time of its block.
        time: TimeMs,
        /// How old it may be, in seconds.
        limit_seconds: u64,
    },
    /// No node answers.
    Unreachable {
        /// The last verified height.
        verified: Height,
        /// What went wrong.
        reason: String,
    },
    /// The node gave a block that does not verify. What was verified before it stands.
    Refused {
        /// The last verified height.
        verified: Height,
        /// What is wrong with the block.
        reason: String,
    },
    /// The validators certified two histories. Nothing more is taken.
    Forked {
        /// The last verified height.
        verified: Height,
        /// Both histories.
        alarm: Arc<Alarm>,
    },
    /// The index cannot be written.
    Stopped {
        /// The last verified height.
        verified: Height,
        /// What went wrong.
        reason: String,
    },
}

impl Following {
    /// The last height that this process has verified.
    pub fn verified(&self) -> Height {
        match self {
            Self::CatchingUp { verified, .. }
            | Self::Current { verified }
            | Self::Stale { verified, .. }
            | Self::Unreachable { verified, .. }
            | Self::Refused { verified, .. }
            | Self::Forked { verified, .. }
            | Self::Stopped { verified, .. } => *verified,
        }
    }

    /// One word for programs.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::CatchingUp { .. } => "catching_up",
            Self::Current { .. } => "current",
            Self::Stale { .. } => "stale",
            Self::Unreachable { .. } => "unreachable",
            Self::Refused { .. } => "refused",
            Self::Forked { .. } => "forked",
            Self::Stopped { .. } => "stopped",
        }
    }

    /// Whether nothing is wrong.
    pub const fn is_well(&self) -> bool {
        matches!(self, Self::CatchingUp { .. } | Self::Current { .. })
    }

    /// What went wrong, as the program says it.
    pub fn reason(&self) -> Option<String> {
        match self {
            Self::CatchingUp { .. } | Self::Current { .. } => None,
            Self::Stale { limit_seconds, .. } => {
                Some(format!("the newest block is older than {limit_seconds} seconds"))
            }
            Self::Unreachable { reason, .. }
            | Self::Refused { reason, .. }
            | Self::Stopped { reason, .. } => Some(reason.clone()),
            Self::Forked { alarm, .. } => Some(format!(
                "two certified histories at height {}, one of them from {}",
                alarm.theirs.header.height, alarm.source
            )),
        }
    }
}

/// How one source stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// It was not asked yet.
    Unasked,
    /// Its blocks are ours.
    Agrees,
    /// It does not answer.
    Unreachable(String),
    /// It gave what does not verify, at this height.
    Invalid(Height, String),
    /// It gave another certified history, at this height.
    Forked(Height),
}

impl Standing {
    /// One word for programs.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Unasked => "unasked",
            Self::Agrees => "agrees",
            Self::Unreachable(_) => "unreachable",
            Self::Invalid(..) => "invalid",
            Self::Forked(_) => "forked",
        }
    }
}

/// A source as pages show it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceStatus {
    /// What it is called.
    pub name: String,
    /// Its newest height, if it told one.
    pub height: Option<Height>,
    /// How it stands.
    pub standing: Standing,
    /// Since when it stands so, in milliseconds since 1970.
    pub since_ms: u64,
}

/// Milliseconds since 1970 by this machine's clock.
#[expect(
    clippy::disallowed_methods,
    reason = "since when a source stands so; no block depends on it"
)]
pub fn now_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

#[derive(Debug)]
struct Present {
    following: Following,
    since_ms: u64,
    sources: Vec<SourceStatus>,
}

/// The present [`Following`] and how each source stands.
#[derive(Debug, Clone)]
pub struct Status(Arc<RwLock<Present>>);

impl Default for Status {
    fn default() -> Self {
        let following = Following::CatchingUp { verified: Height::GENESIS, target: None };
        let present = Present { following, since_ms: now_ms(), sources: Vec::new() };
        Self(Arc::new(RwLock::new(present)))
    }
}

impl Status {
    /// What the follower is doing now.
    pub fn get(&self) -> Following {
        self.0.read().unwrap_or_else(PoisonError::into_inner).following.clone()
    }

    /// What the follower is doing now, and since when, in milliseconds since 1970.
    pub fn since(&self) -> (Following, u64) {
        let present = self.0.read().unwrap_or_else(PoisonError::into_inner);
        (present.following.clone(), present.since_ms)
    }

    /// Says what the follower is doing. It has done so since the word changed; a fork stands since
    /// it was seen.
    pub fn set(&self, following: Following) {
        let mut present = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if let Following::Forked { alarm, .. } = &following {
            present.since_ms = alarm.seen_at_ms;
        } else if present.following.word() != following.word() {
            present.since_ms = now_ms();
        }
        present.following = following;
    }

    /// How the sources stand, in the order in which they were given.
    pub fn sources(&self) -> Vec<SourceStatus> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).sources.clone()
    }

    /// Says how the sources stand.
    pub fn set_sources(&self, sources: Vec<SourceStatus>) {
        self.0.write().unwrap_or_else(PoisonError::into_inner).sources = sources;
    }
}
