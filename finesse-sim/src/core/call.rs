//! Calls and their legs, as the telephony world knows them.

use std::collections::BTreeMap;

/// States of legs and calls, in the words of the REST API.
pub(crate) mod leg {
    /// A call is being set up.
    pub(crate) const INITIATING: &str = "INITIATING";
    /// The far end has been reached.
    pub(crate) const INITIATED: &str = "INITIATED";
    /// Ringing.
    pub(crate) const ALERTING: &str = "ALERTING";
    /// Talking.
    pub(crate) const ACTIVE: &str = "ACTIVE";
    /// On hold.
    pub(crate) const HELD: &str = "HELD";
    /// After-call work.
    pub(crate) const WRAP_UP: &str = "WRAP_UP";
    /// Gone.
    pub(crate) const DROPPED: &str = "DROPPED";
}

/// One party of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Leg {
    /// Its number.
    pub(crate) address: String,
    /// The agent behind it.
    pub(crate) agent: Option<String>,
    /// One of the constants of [`leg`].
    pub(crate) state: &'static str,
    /// `stateCause`.
    pub(crate) cause: &'static str,
    /// Only listened to: the leg of the agent in a silent monitoring. It says nothing about his state or his phone.
    pub(crate) monitored: bool,
}

impl Leg {
    /// A leg of an agent or of an outside party.
    pub(crate) fn new(address: &str, agent: Option<&str>, state: &'static str) -> Self {
        Self {
            address: address.to_owned(),
            agent: agent.map(str::to_owned),
            state,
            cause: "",
            monitored: false,
        }
    }

    /// Part of the call in some way, wrap-up included.
    pub(crate) fn is_present(&self) -> bool {
        self.state != leg::DROPPED
    }

    /// Part of the voice path or about to be.
    pub(crate) fn is_live(&self) -> bool {
        self.is_present() && self.state != leg::WRAP_UP
    }

    /// Connected to the voice path.
    pub(crate) fn is_connected(&self) -> bool {
        matches!(self.state, leg::ACTIVE | leg::HELD)
    }

    /// In this state on his own phone.
    pub(crate) fn is_own(&self, state: &str) -> bool {
        self.state == state && !self.monitored
    }

    /// Drops the leg for a reason the other parties see as `OTHER`.
    pub(crate) fn drop_now(&mut self) {
        if self.is_present() {
            self.state = leg::DROPPED;
            self.cause = "OTHER";
        }
    }
}

/// `callType` of a silent monitoring.
pub(crate) const SUPERVISOR_MONITOR: &str = "SUPERVISOR_MONITOR";
/// `callType` of a reservation for a preview call.
pub(crate) const OUTBOUND_PREVIEW: &str = "OUTBOUND_PREVIEW";
/// `callType` of a reservation for a direct preview call.
pub(crate) const OUTBOUND_DIRECT_PREVIEW: &str = "OUTBOUND_DIRECT_PREVIEW";
/// `callType` of a call to a customer of a campaign.
pub(crate) const OUTBOUND: &str = "OUTBOUND";

/// One call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Call {
    /// Dialog id.
    pub(crate) id: u64,
    /// Number of the caller.
    pub(crate) from: String,
    /// Number dialled.
    pub(crate) to: String,
    /// `callType`.
    pub(crate) call_type: &'static str,
    /// Parties by order of joining.
    pub(crate) legs: Vec<Leg>,
    /// Call variables.
    pub(crate) vars: BTreeMap<String, String>,
    /// Wrap-up reason, once chosen.
    pub(crate) wrap_up_reason: Option<String>,
    /// Wrap-up reasons where there can be several (CCX).
    pub(crate) wrap_up_items: Vec<String>,
    /// What the customer of a campaign turned out to be.
    pub(crate) classification: String,
    /// When and at which number the customer of a campaign wants to be called.
    pub(crate) callback: Option<(String, String)>,
    /// The dialog this one replaced.
    pub(crate) secondary: Option<u64>,
    /// The dialog this one consults about.
    pub(crate) associated: Option<u64>,
}

impl Call {
    /// The present leg of an agent.
    pub(crate) fn leg_of(&self, agent: &str) -> Option<&Leg> {
        self.legs.iter().find(|leg| leg.is_present() && leg.agent.as_deref() == Some(agent))
    }

    /// The same, to change it.
    pub(crate) fn leg_of_mut(&mut self, agent: &str) -> Option<&mut Leg> {
        self.legs.iter_mut().find(|leg| leg.is_present() && leg.agent.as_deref() == Some(agent))
    }

    /// Nobody is left.
    pub(crate) fn is_over(&self) -> bool {
        !self.legs.iter().any(Leg::is_present)
    }

    /// Dialog state that follows from the legs. During wrap-up a dialog still says ACTIVE, as on real servers.
    pub(crate) fn state(&self) -> &'static str {
        let has = |state| self.legs.iter().any(|leg| leg.state == state);
        let connected = self.legs.iter().filter(|leg| leg.is_connected()).count();
        if self.is_over() {
            leg::DROPPED
        } else if has(leg::INITIATING) {
            leg::INITIATING
        } else if has(leg::ALERTING) && connected < 2 {
            leg::ALERTING
        } else {
            leg::ACTIVE
        }
    }

    /// Brought to an agent by the contact centre, rather than dialled by him.
    pub(crate) fn is_routed(&self) -> bool {
        !matches!(self.call_type, "OUT" | "AGENT_INSIDE" | "CONSULT" | SUPERVISOR_MONITOR)
    }

    /// A customer of a campaign is offered and not called yet.
    pub(crate) fn is_reservation(&self) -> bool {
        matches!(self.call_type, OUTBOUND_PREVIEW | OUTBOUND_DIRECT_PREVIEW)
    }

    /// What a party may do, in the order seen on the wire. `other_active`: he has another call that is active.
    pub(crate) fn actions(&self, leg: &Leg, other_active: bool) -> Vec<&'static str> {
        if leg.monitored {
            return Vec::new();
        }
        match leg.state {
            leg::INITIATING | leg::INITIATED => vec!["DROP", "UPDATE_CALL_DATA"],
            leg::ALERTING if self.is_reservation() => vec!["ACCEPT", "REJECT", "CLOSE"],
            leg::ALERTING => vec!["ANSWER"],
            leg::ACTIVE if self.call_type == SUPERVISOR_MONITOR => vec!["BARGE_CALL", "DROP"],
            leg::ACTIVE => {
                let mut actions =
                    vec!["TRANSFER_SST", "CONSULT_CALL", "HOLD", "UPDATE_CALL_DATA", "SEND_DTMF", "DROP"];
                actions.extend(self.campaign_actions());
                actions
            }
            leg::HELD if other_active => {
                vec!["RETRIEVE", "UPDATE_CALL_DATA", "TRANSFER", "CONFERENCE", "DROP"]
            }
            leg::HELD => vec!["RETRIEVE", "UPDATE_CALL_DATA", "DROP"],
            leg::WRAP_UP => {
                let mut actions = vec!["UPDATE_CALL_DATA"];
                actions.extend(self.campaign_actions());
                actions
            }
            _ => Vec::new(),
        }
    }

    fn campaign_actions(&self) -> &'static [&'static str] {
        match self.call_type {
            OUTBOUND => &["RECLASSIFY", "UPDATE_SCHEDULED_CALLBACK", "CANCEL_SCHEDULED_CALLBACK"],
            _ => &[],
        }
    }
}
