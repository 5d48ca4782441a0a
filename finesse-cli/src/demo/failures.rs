//! The failures that the demo plays, each as the steps that break and mend side A (or both).

use finesse_sim::{Fault, Side};

use crate::args::PolicyName;

/// How a failure is expected to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ending {
    /// The session is on side B.
    Moved,
    /// The session is on side A, without a switch.
    Stayed,
}

/// One failure.
pub(super) struct Failure {
    /// Its short name, for `--only`.
    pub(super) name: &'static str,
    /// What happens, in words.
    pub(super) story: &'static str,
    /// What breaks it.
    pub(super) faults: fn() -> Vec<Fault>,
    /// What mends side A, where the session has to wait for it.
    pub(super) mend: fn() -> Vec<Fault>,
    /// True when no side can be used while it lasts, so that every policy has to wait.
    pub(super) everywhere: bool,
    /// True when side A goes on serving, so that leaving it is wrong.
    pub(super) healthy: bool,
}

impl Failure {
    /// How it ends under a policy.
    pub(super) fn ending(&self, policy: PolicyName) -> Ending {
        if self.everywhere || self.healthy || policy == PolicyName::Wait {
            Ending::Stayed
        } else {
            Ending::Moved
        }
    }

    /// True when side A has to be mended before the session can be live again.
    pub(super) fn needs_mending(&self, policy: PolicyName) -> bool {
        !self.healthy && self.ending(policy) == Ending::Stayed
    }
}

/// All of them, in the order in which they are told.
pub(super) const FAILURES: &[Failure] = &[
    Failure {
        name: "notification-service-down",
        story: "the notification service of side A stops",
        faults: || vec![Fault::StopNotification { side: Side::A }],
        mend: || vec![Fault::StartNotification { side: Side::A }],
        everywhere: false,
        healthy: false,
    },
    Failure {
        name: "tomcat-down",
        story: "Tomcat of side A stops: no REST, and the user finesse becomes unavailable",
        faults: || vec![Fault::StopTomcat { side: Side::A }],
        mend: || vec![Fault::StartTomcat { side: Side::A }],
        everywhere: false,
        healthy: false,
    },
    Failure {
        name: "cti-lost-on-a",
        story: "side A alone loses its CTI connection",
        faults: || vec![Fault::CtiCut { side: Some(Side::A) }],
        mend: || vec![Fault::CtiRestore { side: Some(Side::A) }],
        everywhere: false,
        healthy: false,
    },
    Failure {
        name: "cti-lost-on-both",
        story: "both sides lose CTI; side A gets it back first",
        faults: || vec![Fault::CtiCut { side: Some(Side::A) }, Fault::CtiCut { side: Some(Side::B) }],
        mend: || vec![Fault::CtiRestore { side: Some(Side::A) }],
        everywhere: true,
        healthy: false,
    },
    Failure {
        name: "stream-reset",
        story: "the stream is reset while side A is healthy",
        faults: || vec![Fault::StreamReset { side: Side::A, user: None }],
        mend: Vec::new,
        everywhere: false,
        healthy: true,
    },
    Failure {
        name: "host-killed",
        story: "the host of side A dies silently: nothing is closed, nothing answers",
        faults: || vec![Fault::KillHost { side: Side::A }],
        mend: || vec![Fault::Boot { side: Side::A }],
        everywhere: false,
        healthy: false,
    },
];
