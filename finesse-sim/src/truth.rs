//! Plain pictures of an agent, easy to compare with a client's model.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// An agent as configured. The default [`AgentSpec::new`] is an ordinary agent of one team; in JSON too, everything but `id`,
/// `password` and `extension` may be left out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Draft")]
pub struct AgentSpec {
    /// loginId.
    pub id: String,
    /// loginName.
    pub login_name: String,
    /// Password of both REST and notifications.
    pub password: String,
    /// Access token accepted in place of the password, as with single sign-on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
    /// First name.
    pub first_name: String,
    /// Last name.
    pub last_name: String,
    /// Extension the agent may use; other agents may not sign in with it while it is used.
    pub extension: String,
    /// Team id.
    pub team: String,
    /// True for a supervisor of the team.
    pub supervisor: bool,
    /// True if calls end in wrap-up.
    pub wrap_up: bool,
}

impl AgentSpec {
    /// An agent with this loginId, password and extension.
    #[must_use]
    pub fn new(id: impl Into<String>, password: impl Into<String>, extension: impl Into<String>) -> Self {
        let id = id.into();
        Self {
            login_name: format!("agent{id}"),
            password: password.into(),
            token: None,
            first_name: "Maj".to_owned(),
            last_name: format!("Lindqvist{id}"),
            extension: extension.into(),
            team: "512".to_owned(),
            supervisor: false,
            wrap_up: false,
            id,
        }
    }

    /// The people of the configuration a pair begins with: 1001 (7301), 1002 (7302) and supervisor 1009 (7309) of team 512,
    /// and 1003 (7303) of team 513, all with this password.
    #[must_use]
    pub fn lab(password: &str) -> [Self; 4] {
        let agent = |id: &str, extension: &str| Self::new(id, password, extension);
        [
            agent("1001", "7301"),
            agent("1002", "7302"),
            Self { team: "513".to_owned(), ..agent("1003", "7303") },
            Self { supervisor: true, ..agent("1009", "7309") },
        ]
    }
}

/// An agent as written down: with gaps that [`AgentSpec::new`] fills.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Draft {
    id: String,
    password: String,
    extension: String,
    login_name: Option<String>,
    token: Option<String>,
    first_name: Option<String>,
    last_name: Option<String>,
    team: Option<String>,
    supervisor: Option<bool>,
    wrap_up: Option<bool>,
}

impl From<Draft> for AgentSpec {
    fn from(draft: Draft) -> Self {
        let plain = Self::new(draft.id, draft.password, draft.extension);
        Self {
            login_name: draft.login_name.unwrap_or(plain.login_name),
            token: draft.token,
            first_name: draft.first_name.unwrap_or(plain.first_name),
            last_name: draft.last_name.unwrap_or(plain.last_name),
            team: draft.team.unwrap_or(plain.team),
            supervisor: draft.supervisor.unwrap_or(plain.supervisor),
            wrap_up: draft.wrap_up.unwrap_or(plain.wrap_up),
            ..plain
        }
    }
}

/// One agent and his dialogs, in the world (`truth`) or in one side's copy (`view`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Truth {
    /// loginId.
    pub user: String,
    /// State as in the REST API.
    pub state: String,
    /// Extension, empty when signed out.
    pub extension: String,
    /// State that follows the present call, empty if none is pending.
    pub pending_state: String,
    /// `reasonCodeId` as in the REST API; none where the element is absent.
    pub reason_code_id: Option<i64>,
    /// Number of the reason (`reasonCode/code`), if one applies.
    pub reason_code: Option<i64>,
    /// Dialogs of the agent by id.
    pub dialogs: BTreeMap<String, DialogTruth>,
}

/// One dialog.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DialogTruth {
    /// Dialog id.
    pub id: String,
    /// Dialog state.
    pub state: String,
    /// `secondaryId`, if another dialog was replaced.
    pub secondary_id: Option<String>,
    /// Participants by order of joining.
    pub participants: Vec<ParticipantTruth>,
    /// Call variables.
    pub call_variables: BTreeMap<String, String>,
    /// Wrap-up reason, if set.
    pub wrap_up_reason: Option<String>,
}

/// One participant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ParticipantTruth {
    /// Number.
    pub media_address: String,
    /// Participant state.
    pub state: String,
}
