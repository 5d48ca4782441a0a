//! What happens in one simulated run: faults, calls and clicks, at times drawn from one seed.
//!
//! A run has three parts: the disturbed part, in which everything here happens; then everything is mended; then a quiet part that is
//! long enough for every recovery and audit.

use std::time::Duration;

use finesse_sim::{Fault, Lie, Side};

/// How long the disturbed part lasts.
pub(crate) const DISTURBED: Duration = Duration::from_secs(240);
/// How long the quiet part lasts: the slowest recovery of a side (75 s after CTI is back, or a restart), the longest back-off, the
/// forced logout (180 s) and one whole audit period (300 s).
pub(crate) const QUIET: Duration = Duration::from_secs(660);

/// One thing that happens.
#[derive(Debug, Clone)]
pub(crate) enum Step {
    /// A fault begins or ends.
    Fault(Fault),
    /// A call rings at the agent.
    CallBegins,
    /// A ringing call is answered at the phone.
    CallAnswered,
    /// A call ends.
    CallEnds,
    /// A call is held or taken back at the phone.
    CallHeld,
    /// A call goes on under another id.
    CallReplaced,
    /// A call variable changes.
    VariableChanges,
    /// The agent changes state at the phone.
    StateAtPhone(&'static str),
    /// The application gives a command.
    Click(Click),
}

impl Step {
    /// True for faults by which the servers keep events from their clients or publish them late, while everything else looks well. A web application
    /// that is away publishes nothing; only where its presence is sent do clients see that.
    pub(crate) fn hides_events(&self, presence_is_sent: bool) -> bool {
        let Self::Fault(fault) = self else { return false };
        match fault {
            Fault::DropEvents { .. } | Fault::DelayEvents { .. } | Fault::HalfOpen { .. } => true,
            Fault::CrashWebapp { .. } | Fault::StopTomcat { .. } => !presence_is_sent,
            _ => false,
        }
    }

    /// By what factor it makes a side slow.
    pub(crate) fn slows(&self) -> f64 {
        if let Self::Fault(Fault::Slow { factor, .. }) = self { *factor } else { 1.0 }
    }
}

/// What the application asks for.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Click {
    Ready,
    NotReady,
    MakeCall,
    Answer,
    Hold,
    Retrieve,
    Drop,
    UpdateData,
    BlindTransfer,
    Consult,
    Tones,
}

impl Click {
    /// True for what is asked for on a call.
    pub(crate) fn needs_a_call(self) -> bool {
        !matches!(self, Self::Ready | Self::NotReady | Self::MakeCall)
    }
}

/// A seed's schedule: times from the start of the disturbed part, in order.
pub(crate) fn schedule(random: &mut fastrand::Rng) -> Vec<(Duration, Step)> {
    let mut steps = Vec::new();
    for _ in 0..random.usize(1..=5) {
        let begins = moment(random, DISTURBED);
        let lasts = Duration::from_millis(random.u64(50..60_000));
        let side = if random.u8(0..3) == 0 { Side::B } else { Side::A };
        let (fault, mended) = fault(random, side);
        steps.push((begins, Step::Fault(fault)));
        if let Some(mended) = mended {
            steps.push(((begins + lasts).min(DISTURBED), Step::Fault(mended)));
        }
    }
    for _ in 0..random.usize(2..=12) {
        steps.push((moment(random, DISTURBED), world(random)));
    }
    for _ in 0..random.usize(0..=8) {
        steps.push((moment(random, DISTURBED), Step::Click(click(random))));
    }
    steps.sort_by_key(|(at, _)| *at);
    steps
}

/// What ends every fault that a schedule may have begun. No host boots here: each that was killed has booted by now, and on a side that
/// runs a boot is a loss of power, after which every picture is read anew and a wrong one would never be seen.
pub(crate) fn mend_everything() -> Vec<Fault> {
    let mut mends = Vec::new();
    for side in [Side::A, Side::B] {
        mends.extend([
            Fault::StartNotification { side },
            Fault::StartTomcat { side },
            Fault::RestoreWebapp { side },
            Fault::RestHang { side, on: false, path: None },
            Fault::User500 { side, probability: 0.0 },
            Fault::DropEvents { side, node: None, probability: 0.0 },
            Fault::DupEvents { side, node: None, probability: 0.0 },
            Fault::RepeatEvents { side, node: None, probability: 0.0 },
            Fault::DelayEvents { side, node: None, min: Duration::ZERO, max: Duration::ZERO },
            Fault::SiLies { side, lie: None },
            Fault::Lose202 { side, probability: 0.0 },
            Fault::Slow { side, factor: 1.0 },
        ]);
    }
    mends.push(Fault::CtiRestore { side: None });
    mends
}

fn moment(random: &mut fastrand::Rng, end: Duration) -> Duration {
    Duration::from_millis(random.u64(0..u64::try_from(end.as_millis()).unwrap_or(u64::MAX)))
}

fn fault(random: &mut fastrand::Rng, side: Side) -> (Fault, Option<Fault>) {
    let both = random.u8(0..3) == 0;
    let where_ = if both { None } else { Some(side) };
    match random.u8(0..18) {
        0 => (Fault::StopNotification { side }, Some(Fault::StartNotification { side })),
        1 => (Fault::StopTomcat { side }, Some(Fault::StartTomcat { side })),
        2 => (Fault::CrashWebapp { side }, Some(Fault::RestoreWebapp { side })),
        3 => (Fault::CtiCut { side: where_ }, Some(Fault::CtiRestore { side: where_ })),
        4 => (Fault::CtiSilent { side: where_ }, Some(Fault::CtiRestore { side: where_ })),
        5 => (Fault::KillHost { side }, Some(Fault::Boot { side })),
        6 | 7 => (Fault::StreamReset { side, user: None }, None),
        8 => (Fault::HalfOpen { side, user: None }, None),
        9 => (
            Fault::RestHang { side, on: true, path: None },
            Some(Fault::RestHang { side, on: false, path: None }),
        ),
        10 => (Fault::User500 { side, probability: 0.7 }, Some(Fault::User500 { side, probability: 0.0 })),
        11 => (
            Fault::DropEvents { side, node: None, probability: 0.3 },
            Some(Fault::DropEvents { side, node: None, probability: 0.0 }),
        ),
        12 => (
            Fault::DupEvents { side, node: None, probability: 0.5 },
            Some(Fault::DupEvents { side, node: None, probability: 0.0 }),
        ),
        13 => (
            Fault::DelayEvents { side, node: None, min: Duration::ZERO, max: Duration::from_secs(15) },
            Some(Fault::DelayEvents { side, node: None, min: Duration::ZERO, max: Duration::ZERO }),
        ),
        14 => {
            (Fault::SiLies { side, lie: Some(Lie::StaleHeartbeat) }, Some(Fault::SiLies { side, lie: None }))
        }
        15 => (
            Fault::RepeatEvents { side, node: None, probability: 0.5 },
            Some(Fault::RepeatEvents { side, node: None, probability: 0.0 }),
        ),
        16 => (Fault::Lose202 { side, probability: 0.5 }, Some(Fault::Lose202 { side, probability: 0.0 })),
        _ => (Fault::Slow { side, factor: 50.0 }, Some(Fault::Slow { side, factor: 1.0 })),
    }
}

/// Something that happens in the world.
pub(crate) fn world(random: &mut fastrand::Rng) -> Step {
    match random.u8(0..12) {
        0..=3 => Step::CallBegins,
        4 | 5 => Step::CallAnswered,
        6 | 7 => Step::CallEnds,
        8 => Step::CallHeld,
        9 => Step::CallReplaced,
        10 => Step::VariableChanges,
        _ => Step::StateAtPhone(if random.bool() { "READY" } else { "NOT_READY" }),
    }
}

fn click(random: &mut fastrand::Rng) -> Click {
    const ALL: [Click; 11] = [
        Click::Ready,
        Click::NotReady,
        Click::MakeCall,
        Click::Answer,
        Click::Hold,
        Click::Retrieve,
        Click::Drop,
        Click::UpdateData,
        Click::BlindTransfer,
        Click::Consult,
        Click::Tones,
    ];
    ALL[random.usize(0..ALL.len())]
}
