//! One simulated run: the whole client, from XML to policy, against the simulated pair in memory, under one paused clock and one seed.
//!
//! The same seed gives the same feed, byte for byte: nothing here or below reads the system's clock or randomness.

mod invariants;
mod run;
mod schedule;
mod setup;

/// The seams and the listener that the cases of `finesse-ha` use too.
#[allow(dead_code, reason = "the cases use parts of it that no schedule needs")]
#[path = "../../../finesse-ha/tests/common/mod.rs"]
mod memory;

pub(crate) use run::{Report, run};
pub(crate) use setup::Setup;
