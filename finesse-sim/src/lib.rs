//! A simulated pair of Cisco Finesse servers, with faults on request.
//!
//! The crate is cut in two. The [`core`] is a pure state machine under one virtual clock: a world of agents and
//! calls, a CTI link to each of two sides, and each side's own copy, status, request queues, sessions,
//! subscriptions and forced-logout timers. It knows neither sockets nor tokio nor the system clock, so a run is
//! decided by its [`Profile`], its seed and its inputs. The front ends only carry HTTP requests and XMPP stanzas to
//! it and back.
//!
//! What Finesse does where its documentation is silent is a named field of [`Profile`], never a guess in the code.
//! The crate uses none of the client crates, so that it cannot share their mistakes.

pub mod action;
pub mod control;
pub mod core;
pub mod fault;
pub mod log;
pub mod profile;
pub mod side;
pub mod truth;

mod ca;
mod compare;
mod duration_text;
mod front;
mod handle;
mod percent;
mod rest_profile;
mod tap;

pub use action::{WorldAction, WorldReply};
pub use core::{
    Input, ListenerState, NodeAddress, Output, Port, Publication, SimCore, StreamEnd, Transport, operations,
};
pub use fault::{Fault, Lie};
pub use handle::{Addresses, HttpFault, Sim};
pub use log::{LogEntry, LogKind};
pub use profile::Profile;
pub use rest_profile::{AuthMode, DropParticipantFor, RestProfile};
pub use side::Side;
pub use tap::Publications;
pub use truth::{AgentSpec, DialogTruth, ParticipantTruth, Truth};
