//! How the explorer stands to its node: shared by the follower, which writes it, and the pages.

use std::sync::{Arc, PoisonError, RwLock};

use minglian_ledger::height::Height;

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
    /// The node does not answer.
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
            | Self::Unreachable { verified, .. }
            | Self::Refused { verified, .. }
            | Self::Stopped { verified, .. } => *verified,
        }
    }

    /// One word for programs.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::CatchingUp { .. } => "catching_up",
            Self::Current { .. } => "current",
            Self::Unreachable { .. } => "unreachable",
            Self::Refused { .. } => "refused",
            Self::Stopped { .. } => "stopped",
        }
    }
}

/// The present [`Following`].
#[derive(Debug, Clone)]
pub struct Status(Arc<RwLock<Following>>);

impl Default for Status {
    fn default() -> Self {
        let start = Following::CatchingUp { verified: Height::GENESIS, target: None };
        Self(Arc::new(RwLock::new(start)))
    }
}

impl Status {
    /// What the follower is doing now.
    pub fn get(&self) -> Following {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Says what the follower is doing.
    pub fn set(&self, following: Following) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = following;
    }
}
