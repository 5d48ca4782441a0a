//! Sessions with a pair of Cisco Finesse servers that survive a failing side.
//!
//! The crate composes one side's REST API (`finesse-rest`) and notifications (`finesse-notify`) into a session
//! of one agent with a *pair* of sides. Three layers do it, each a pure core and a thin shell:
//!
//! | Layer | Wraps the opening of | Decides |
//! |---|---|---|
//! | [`health`] | one [`link::Link`] of one side | whether that side can be used, by the three criteria in order |
//! | [`failover`] | one [`line::Line`] over both sides | when to stay, wait or move, and moves both channels together |
//! | [`resync`] | one [`session::Session`] | what was missed, what changed, what became of each command |
//!
//! It knows transports and REST only by their traits. The cores take the time as an argument and contain neither
//! a runtime nor a clock; every number that can be random comes from one seeded generator.
//!
//! All times in this crate are [`std::time::Duration`]s since the start of the process's [`clock::Clock`], on a
//! monotonic clock. They are never compared with a server's clock.

pub mod clock;
pub mod event;
pub mod failover;
pub mod health;
pub mod line;
pub mod link;
pub mod outcome;
pub mod params;
pub mod resync;
pub mod session;
pub mod side;

/// The code in the README compiles too.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;
