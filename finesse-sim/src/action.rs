//! What happens in the world outside the pair: calls, phones, supervisors, other desktops.
//!
//! In JSON an action is an object with its name under `action`: `{"action": "call_begin", "agent": "1001", "from": "5550142"}`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// One thing that happens in the world.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "action", rename_all = "snake_case", deny_unknown_fields)]
#[non_exhaustive]
pub enum WorldAction {
    /// A call from outside rings at an agent.
    CallBegin {
        /// The agent it rings at; must be signed in.
        agent: String,
        /// The caller's number.
        from: String,
        /// The number dialled; a number of the site if left out.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        to: Option<String>,
        /// Call variables to begin with.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        variables: BTreeMap<String, String>,
    },
    /// A campaign offers a customer to an agent, who may accept, reject or close the offer.
    PreviewOffer {
        /// The agent; must be ready.
        agent: String,
        /// The customer's number.
        customer: String,
        /// Whether the agent's own phone calls the customer, rather than the dialler.
        #[serde(default)]
        direct: bool,
        /// Call variables to begin with.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        variables: BTreeMap<String, String>,
    },
    /// A task of a digital channel is offered to an agent.
    TaskOffer {
        /// The agent; must be signed in to the domain, ready and routable.
        agent: String,
        /// Id of the media routing domain.
        #[serde(default = "chat")]
        domain: u32,
        /// Call variables to begin with.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        variables: BTreeMap<String, String>,
    },
    /// The ringing party answers at the phone.
    CallAnswer {
        /// The dialog.
        call: String,
    },
    /// An agent holds the call at the phone.
    CallHold {
        /// The dialog.
        call: String,
        /// Which agent; the only one on the call if left out.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        agent: Option<String>,
    },
    /// An agent takes the call back at the phone.
    CallRetrieve {
        /// The dialog.
        call: String,
        /// Which agent; the only one on the call if left out.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        agent: Option<String>,
    },
    /// The outside party hangs up; without one, everybody does.
    CallEnd {
        /// The dialog.
        call: String,
    },
    /// The call leaves one agent for another under a new id, with the old id in `secondaryId`.
    CallTransfer {
        /// The dialog that is replaced.
        call: String,
        /// The agent who receives it, or an outside number.
        to: String,
    },
    /// Another dialog id takes over the same call, without any party changing; the old one goes to `secondaryId`.
    CallReplace {
        /// The dialog that is replaced.
        call: String,
    },
    /// Call variables change.
    CallVariables {
        /// The dialog.
        call: String,
        /// New values; other variables stay.
        variables: BTreeMap<String, String>,
    },
    /// The agent changes state at the phone.
    AgentState {
        /// Who.
        agent: String,
        /// `READY`, `NOT_READY`, `WORK`, `WORK_READY` or `LOGOUT`.
        state: String,
        /// Database id of a reason code.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<i64>,
    },
    /// A supervisor sets the agent not ready (reason 999).
    SupervisorNotReady {
        /// Who.
        agent: String,
    },
    /// A supervisor signs the agent out (reason 999).
    SupervisorLogout {
        /// Who.
        agent: String,
    },
    /// The agent signs in elsewhere with another extension.
    LoginElsewhere {
        /// Who.
        agent: String,
        /// The other extension.
        extension: String,
    },
    /// The agent's phone is unregistered: signed out with 50003.
    PhoneUnregister {
        /// Who.
        agent: String,
    },
}

/// The domain of chats in the configuration a pair begins with.
fn chat() -> u32 {
    5000
}

/// What came of an action.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct WorldReply {
    /// The dialog that began or replaced another.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub call: Option<String>,
    /// Why nothing happened.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refused: Option<String>,
}
