//! The shell around a side's health: one task per side and process.

use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex, PoisonError};

use finesse_model::SystemInfo;
use finesse_rest::{ErrorKind, SideApi};
use futures_util::FutureExt;
use tokio::sync::{mpsc, watch};

use super::SideHealth;
use super::core::{Evidence, HealthCore, Input, Output, ProbeFailure};
use super::turns::Turns;
use crate::clock::Clock;
use crate::params::Params;
use crate::side::{Generation, Side};

/// A side's health, shared by all sessions of a process. Clones are the same monitor; it ends with the last of them.
#[derive(Clone)]
pub struct HealthMonitor {
    inputs: mpsc::UnboundedSender<Input>,
    health: watch::Receiver<SideHealth>,
    side: Side,
    turns: Arc<Mutex<Turns>>,
    clock: Clock,
}

impl std::fmt::Debug for HealthMonitor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("HealthMonitor").field("side", &self.side).finish_non_exhaustive()
    }
}

impl HealthMonitor {
    /// Starts to probe a side. The client should carry no agent's credentials: a probe must never count against a password.
    #[must_use]
    pub fn spawn(
        side: Side,
        rest: Arc<dyn SideApi>,
        params: Params,
        clock: Clock,
        random: fastrand::Rng,
    ) -> Self {
        let core = HealthCore::new(side, params.clone(), random);
        let (inputs, receiver) = mpsc::unbounded_channel();
        let (sender, health) = watch::channel(core.health().clone());
        let turns = Arc::new(Mutex::new(Turns::new(params.claim_rate)));
        tokio::spawn(run(core, rest, params, clock, receiver, sender));
        Self { inputs, health, side, turns, clock }
    }

    /// Which side it watches.
    #[must_use]
    pub fn side(&self) -> Side {
        self.side
    }

    /// The health, as it changes.
    #[must_use]
    pub fn health(&self) -> watch::Receiver<SideHealth> {
        self.health.clone()
    }

    /// Asks for a probe as soon as the smallest distance between two allows.
    pub fn check_now(&self) {
        self.send(Input::CheckNow);
    }

    /// Says that one session more, or one less, uses this side. A side that nobody uses is probed less often.
    pub fn in_use(&self, in_use: bool) {
        self.send(Input::InUse(in_use));
    }

    /// Waits for this session's turn to open a link and claim its agent.
    pub(crate) async fn turn(&self) {
        let now = self.clock.now();
        let wait = self.turns.lock().unwrap_or_else(PoisonError::into_inner).take(now);
        if !wait.is_zero() {
            self.clock.sleep_until(Some(now + wait)).await;
        }
    }

    pub(crate) fn generation(&self) -> Generation {
        self.health.borrow().generation
    }

    pub(crate) fn seen(&self, generation: Generation, evidence: Evidence) {
        self.send(Input::Seen { generation, evidence });
    }

    fn send(&self, input: Input) {
        // The task ends only with the runtime.
        let _ = self.inputs.send(input);
    }
}

async fn run(
    mut core: HealthCore,
    rest: Arc<dyn SideApi>,
    params: Params,
    clock: Clock,
    mut inputs: mpsc::UnboundedReceiver<Input>,
    health: watch::Sender<SideHealth>,
) {
    let mut probe: Option<std::pin::Pin<Box<dyn Future<Output = Input> + Send>>> = None;
    loop {
        let input = tokio::select! {
            biased;
            input = inputs.recv() => match input {
                Some(input) => input,
                None => return,
            },
            done = async {
                match probe.as_mut() {
                    Some(probe) => probe.await,
                    None => std::future::pending().await,
                }
            } => {
                probe = None;
                done
            }
            () = clock.sleep_until(core.wake_at()) => Input::Tick,
        };
        for output in core.step(clock.now(), input) {
            match output {
                Output::Changed => {
                    health.send_replace(core.health().clone());
                }
                Output::Probe(generation) => {
                    let rest = Arc::clone(&rest);
                    let timeout = params.probe_timeout;
                    probe = Some(Box::pin(async move {
                        let started = clock.now();
                        let failed = |kind, why| Err(ProbeFailure { kind, why, trust: None });
                        // The monitor outlives a transport of somebody else's that panics.
                        let answer = AssertUnwindSafe(rest.system_info()).catch_unwind();
                        let result = match tokio::time::timeout(timeout, answer).await {
                            Ok(Ok(result)) => result.map(Box::new).map_err(|error| failure(&error)),
                            Ok(Err(_)) => failed(
                                ErrorKind::Reset,
                                String::from(
                                    "the transport panicked when SystemInfo was read; this is its defect",
                                ),
                            ),
                            Err(_) => failed(
                                ErrorKind::Timeout,
                                format!("SystemInfo was not answered within {timeout:?}"),
                            ),
                        };
                        Input::ProbeDone { generation, started, result }
                    }));
                }
            }
        }
    }
}

fn failure(error: &finesse_rest::Error) -> ProbeFailure {
    ProbeFailure {
        kind: error.kind(),
        why: error.to_string(),
        trust: error.trust_failure().map(ToString::to_string),
    }
}

/// What a session's request says about the side.
pub(super) fn outcome<T>(result: &Result<T, finesse_rest::Error>) -> Evidence {
    Evidence::Rest(result.as_ref().err().map(finesse_rest::Error::kind))
}

/// What a notification says about the side, if anything.
pub(super) fn push(info: &SystemInfo) -> Evidence {
    Evidence::Push(Box::new(info.clone()))
}
