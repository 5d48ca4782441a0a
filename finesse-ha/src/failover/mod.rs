//! When to stay, wait or move; and moving both channels together.
//!
//! [`FailoverLayer`] wraps a [`Pair`] of services that open links and whose health is watched, and yields a service that opens a
//! [`Line`](crate::line::Line): one continuous sequence of epochs over both sides. A [`Policy`] is a pure function that says when
//! to leave a side; the engine (`core`) keeps these rules whatever the policy says:
//!
//! * no move to a side that has not passed its target test with probes begun after the trigger;
//! * no move within a hold-down, and none away from a side that is whole again;
//! * refused credentials are never tried a second time, and nobody fights another program for the agent.

mod core;
mod layer;
mod pair;
mod policies;
pub mod policy;
mod service;

pub use self::layer::FailoverLayer;
pub use self::pair::Pair;
pub use self::policies::{Hybrid, Immediate, WaitAndRetry};
pub use self::policy::{Confirmations, Context, Decision, Health, Policy, Trigger};
pub use self::service::FailoverService;
