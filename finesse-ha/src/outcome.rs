//! What became of a command: exactly one outcome each. None is ever sent again by itself.
//!
//! A 202 of Finesse is an entry in a queue, not a result. When the side fails, the queue may die with it or may still
//! drain. So "unknown" is an honest result, and it is reported as such.

use serde::Serialize;

/// How a command ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "outcome", rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Outcome {
    /// The wanted condition holds. Who brought it about cannot be known.
    Applied,
    /// The wanted condition does not hold: a read after it does not show it. A queue of the old side that still drains may yet bring it about.
    NotApplied {
        /// What showed it.
        why: String,
    },
    /// The server said no.
    Refused {
        /// What it said.
        why: String,
    },
    /// Not a byte of it was written. It is safe to send it again.
    NotSent {
        /// Why it was not.
        why: String,
    },
    /// It was sent and nobody can say what became of it.
    Unknown {
        /// Why nobody can say.
        why: String,
    },
}

impl Outcome {
    /// The word used for it on the command line and in logs.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Applied => "applied",
            Self::NotApplied { .. } => "not-applied",
            Self::Refused { .. } => "refused",
            Self::NotSent { .. } => "not-sent",
            Self::Unknown { .. } => "unknown",
        }
    }

    /// The evidence in words; empty for [`Outcome::Applied`].
    #[must_use]
    pub fn why(&self) -> &str {
        match self {
            Self::Applied => "",
            Self::NotApplied { why }
            | Self::Refused { why }
            | Self::NotSent { why }
            | Self::Unknown { why } => why,
        }
    }
}
